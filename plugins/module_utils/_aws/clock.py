# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""AWS's clock, by which certificates and notes are judged."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class AwsClock:
    """The time by AWS's clock once it has answered; this machine's may be wrong. client: the boto3 client whose answers
    tell it; service: its name in botocore's events.
    """

    def __init__(self, client: t.Any, service: str) -> None:
        self._date: datetime | None = None
        client.meta.events.register(f"after-call.{service}", self._note)

    @property
    def now(self) -> datetime:
        """The time of the last answer."""
        return self._date or datetime.now(UTC)

    def _note(self, http_response: t.Any, **_more: t.Any) -> None:
        date = http_response.headers.get("Date")
        self._date = parsedate_to_datetime(date) if date else self._date
