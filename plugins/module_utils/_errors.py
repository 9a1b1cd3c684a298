# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The errors that the collection raises; only the engine turns one into a module's failure.

FederationError
├── InvalidInput   what the user gave cannot work; raised before the first write
├── NotFound       the cloud has no such object
├── Denied         the caller's credentials or permissions do not suffice
├── Conflict       the object exists already, is somebody else's, or is ambiguous
├── Throttled      the cloud's rate limit outlasted the retries
└── TimedOut       a named wait met its deadline
"""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._printable import message_text


class FederationError(Exception):
    """What was tried, on which object, what the cloud answered and what to do about it.

    message: one sentence that names the attempt and the object.
    code: the cloud's error code. request_id: the cloud's identifier of the request.
    hint: what the user can do. details: further return values of the failed task.
    None of them may hold a secret. Names and a cloud's words are in them as they can be shown.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        request_id: str | None = None,
        hint: str | None = None,
        **details: t.Any,
    ) -> None:
        self.message = message_text(message)
        super().__init__(self.message)
        self.code = code
        self.request_id = request_id
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return message_text(f"{self.message} {self.hint}") if self.hint else self.message

    def as_result(self) -> dict[str, t.Any]:
        """The keys that a failed task returns beside C(msg)."""
        hint = message_text(self.hint) if self.hint else None
        known = {"error_code": self.code, "request_id": self.request_id, "hint": hint}
        return {key: value for key, value in (known | self.details).items() if value is not None}


class InvalidInput(FederationError):
    """What the user gave cannot work."""


class NotFound(FederationError):
    """The cloud has no such object, or does not show it yet."""


class Denied(FederationError):
    """The credentials were refused or lack a permission."""


class Conflict(FederationError):
    """The object exists already, belongs to somebody else, or more than one matches."""


class Throttled(FederationError):
    """The rate limit outlasted the retries."""


class TimedOut(FederationError):
    """A named wait met its deadline."""
