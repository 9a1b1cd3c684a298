# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors in the wording of Microsoft Graph."""

from __future__ import annotations

import typing as t

from federation_sandbox.service import CloudError


def bad_request(message: str, *, code: str = "Request_BadRequest", target: str = "", detail: str = "") -> CloudError:
    """400. target and detail: the property and the code of the details entry."""
    details = [{"code": detail, "message": message, "target": target}] if detail else []
    return CloudError(400, code, message, details=details)


def not_found(key: str) -> CloudError:
    """404 for an object that does not exist or is not replicated yet."""
    return CloudError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects are not present.",
    )


def denied(message: str = "Insufficient privileges to complete the operation.") -> CloudError:
    """403 for a caller without the permission."""
    return CloudError(403, "Authorization_RequestDenied", message)


def conflict(name: str, kind: str = "property") -> CloudError:
    """400 for a value that another object has."""
    message = f"Another object with the same value for {kind} {name} already exists."
    return bad_request(message, target=name, detail="ObjectConflict")


def invalid_value(name: str, resource: str) -> CloudError:
    """400 for an invalid value of a property."""
    message = f"Invalid value specified for property '{name}' of resource '{resource}'."
    return bad_request(message, target=name, detail="InvalidValue")


def missing_value(name: str, resource: str) -> CloudError:
    """400 for a missing property of a new object."""
    return bad_request(
        f"A value is required for property '{name}' of resource '{resource}'.", target=name, detail="MissingValue"
    )


def unknown_parameter(name: str, operation: str) -> CloudError:
    """400 for a parameter that an action does not have."""
    message = f"The parameter '{name}' in the request payload is not a valid parameter for the operation '{operation}'."
    return bad_request(message, code="BadRequest")


def already_referenced(name: str) -> CloudError:
    """400 for a reference that exists already."""
    return bad_request(
        f"One or more added object references already exist for the following modified properties: '{name}'."
    )


def unsupported_query(message: str) -> CloudError:
    """400 for an unsupported query."""
    return bad_request(message, code="Request_UnsupportedQuery")


def no_segment(segment: str) -> CloudError:
    """400 for an unknown path."""
    return bad_request(f"Resource not found for the segment '{segment}'.", code="BadRequest")


def odata_error(error: CloudError, request_id: str, client_request_id: str, date: str) -> dict[str, t.Any]:
    """The body of an error response."""
    body: dict[str, t.Any] = {"code": error.code, "message": error.message}
    if error.more.get("details"):
        body["details"] = error.more["details"]
    body["innerError"] = {"date": date, "request-id": request_id, "client-request-id": client_request_id}
    return {"error": body}
