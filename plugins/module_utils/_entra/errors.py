# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What Microsoft Graph's errors mean: which are real, and which only say that a write is not seen everywhere yet."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Conflict,
    Denied,
    FederationError,
    NotFound,
    Throttled,
    TimedOut,
)
from ansible_collections.openccp.federation.plugins.module_utils._http import is_lasting, what_failed
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

T = t.TypeVar("T")

#: Codes that Graph also hides in details[] or in the message, the telling ones first.
SPECIFIC: t.Final = (
    "HostNameNotOnVerifiedDomain",
    "DeletingSamlSpNotAllowed",
    "ObjectConflict",
    "Directory_ConcurrencyViolation",
    "Request_MultipleObjectsWithSameKeyValue",
    "Directory_QuotaExceeded",
)

#: (HTTP status, code, piece of the message): answers that pass once a recent write is seen everywhere. An empty string
#: matches all.
REPLICATION: t.Final = (
    (404, "", ""),
    (409, "", ""),
    (400, "", "Not a valid reference update"),
    (400, "", "does not reference a valid application object"),
    (400, "", "cannot be deleted or updated unless disabled first"),
    (400, "", "preferredSingleSignOnMode is not a valid propertyName"),
    (400, "HostNameNotOnVerifiedDomain", ""),
    (403, "", "backing application of the service principal"),
)

#: Requests for a new object. Two, so that at most one is made too many, which the run then finds.
MAKING_TRIES: t.Final = 2

#: Seconds for which it is looked for after a busy service's answer, and after one that was lost.
BUSY_TIMEOUT: t.Final = 15.0
LOST_TIMEOUT: t.Final = 60.0

UNSEEN: t.Final = (
    "It is unknown whether it was created. Run the task again in a few minutes: an existing object is found and "
    "completed, not created twice."
)

#: Conflicts that stay.
REAL_CONFLICTS: t.Final = frozenset({"ObjectConflict", "Request_MultipleObjectsWithSameKeyValue"})

HINTS: t.Final = {
    "Authorization_RequestDenied": (
        "The application that signs in lacks a permission, or may only change what it owns (OwnedBy)."
    ),
    "InvalidAuthenticationToken": "Check that cloud, graph_url and authority_url belong together.",
    "HostNameNotOnVerifiedDomain": (
        "Use an identifier on a verified domain of the tenant, or one with the tenant's id in it."
    ),
    "DeletingSamlSpNotAllowed": (
        "Entra ID does not delete an application with SAML single sign-on. Delete it in the portal, or disable single "
        "sign-on there, and run the task again."
    ),
    "Directory_QuotaExceeded": "Delete applications, and those that wait in the recycle bin.",
}


class NoAnswer(FederationError):
    """The request was sent, but whether it was carried out is unknown."""


def no_answer(exc: Exception, what: str, address: str) -> FederationError:
    """A connection that failed: before anything was sent, or with an unknown result."""
    reason, hint = what_failed(exc, address)
    kind = FederationError if is_lasting(exc) else NoAnswer
    return kind(f"Could not {what}: {reason}.", hint=hint)


def translated(
    status: int, body: t.Any, headers: t.Mapping[str, str], what: str, kind: str = "no message"
) -> FederationError:
    """The error that an answer stands for. what: the attempt with its object. kind: what the answer is when it is no
    error of Graph.
    """
    error = _error_of(body)
    message = str(error.get("message") or kind)
    code = _code(error, message) or f"HTTP {status}"
    return _kind(status, code, message)(
        f"Could not {what}: Microsoft Graph answered {status} {code}: {message}",
        code=code,
        request_id=_request_id(error, headers),
        hint=HINTS.get(code),
        http_status=status,
    )


def is_replication(error: FederationError) -> bool:
    """Whether an error resolves itself soon after a write to the same objects."""
    status = error.details.get("http_status")
    return error.code not in REAL_CONFLICTS and any(
        status == known_status and known_code in (error.code or "") and piece.lower() in error.message.lower()
        for known_status, known_code, piece in REPLICATION
    )


def is_collision(error: FederationError) -> bool:
    """Whether Graph refused a request because of others at the same time; nothing was done."""
    return error.details.get("http_status") == 409 and error.code not in REAL_CONFLICTS


def is_busy(error: FederationError) -> bool:
    """Whether the service was busy, or its answer was lost."""
    return isinstance(error, NoAnswer) or error.details.get("http_status", 0) >= 500


def entra_waiter(timeout: float) -> Waiter:
    """Waits as Microsoft advises for what was just written: reads some seconds apart."""
    return Waiter(timeout=timeout, first_pause=1.0, longest_pause=10.0)


def retry_until_replicated(waiter: Waiter, what: str, attempt: t.Callable[[], T], *, timeout: float | None = None) -> T:
    """Attempt something that follows a recent write, again while the answer says that the write is not seen yet.

    what: a clause for the error, such as "the service principal to take the sign-on mode". At the deadline the last
    error is raised.
    """
    return waiter.until(what, lambda: (attempt(),), passes=is_replication, timeout=timeout)[0]


def make(waiter: Waiter, what: str, attempt: t.Callable[[], T], look: t.Callable[[], T | None]) -> T:
    """Create an object by a request that must not be repeated blindly.

    what: the object, such as "the application 'Agents'". An answer that was lost, or that a busy service gave, may hide
    a success: the object is looked for, and only when it does not appear is it asked for once more. After a lost answer
    it is not.
    """
    tries = 0
    while True:
        try:
            return attempt()
        except FederationError as error:
            if not is_busy(error):
                raise
            tries += 1
            lost = isinstance(error, NoAnswer)
            created = appeared(waiter, what, look, LOST_TIMEOUT if lost else BUSY_TIMEOUT)
            if created is not None:
                return created
            if lost or tries == MAKING_TRIES:
                error.hint = UNSEEN
                raise


def appeared(waiter: Waiter, what: str, look: t.Callable[[], T | None], timeout: float) -> T | None:
    """What may have been made unseen, or None when it does not appear within the seconds given."""
    try:
        return waiter.until(f"{what} to appear", look, passes=is_replication, timeout=min(timeout, waiter.timeout))
    except FederationError as error:
        if not (isinstance(error, TimedOut) or is_replication(error)):
            raise
        return None


def _error_of(body: t.Any) -> t.Mapping[str, t.Any]:
    """Graph's error object; one in the form of the sign-in service (a text) is put into the same form."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        return {"code": error, "message": body.get("error_description")}
    return error if isinstance(error, dict) else {}


def _inner(error: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    inner = error.get("innerError") or error.get("innererror")
    return inner if isinstance(inner, dict) else {}


def _code(error: t.Mapping[str, t.Any], message: str) -> str:
    details = error.get("details")
    listed = [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
    pieces = [str(error.get("code") or ""), str(_inner(error).get("code") or ""), message]
    pieces += [str(detail.get("code") or "") for detail in listed]
    text = "\n".join(pieces)
    return next((code for code in SPECIFIC if code in text), pieces[0])


def _kind(status: int, code: str, message: str) -> type[FederationError]:
    if status in (401, 403):
        return Denied
    if status == 404:
        return NotFound
    if status == 429:
        return Throttled
    if status == 409 or code in REAL_CONFLICTS or "already exist" in message:
        return Conflict
    return FederationError


def _request_id(error: t.Mapping[str, t.Any], headers: t.Mapping[str, str]) -> str | None:
    request_id = _inner(error).get("request-id") or {name.lower(): value for name, value in headers.items()}.get(
        "request-id"
    )
    return str(request_id) if request_id else None
