# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The tag that tells without a DescribeUser whether an agent's contact details are up to date. Pure.

SearchUsers returns 500 users a request, but neither secondary e-mail nor mobile number; to ask for each user takes
hours for thousands. So a write of these details leaves a tag: a short digest of each, and the time. On the next run
they are known to be right when the digests are those of the desired values and ListUsers shows no later modification.

What it sees: every change of the desired values, and every change that anybody makes later than SLACK seconds after
ours, since that moves the user's modification time. What it cannot see: a change by somebody else within SLACK seconds
of ours, and a change that does not move the modification time. A user without the tag, or modified since, is read with
DescribeUser.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import typing as t

MARK: t.Final = "openccp.federation/contact"
SLACK: t.Final = dt.timedelta(seconds=300)

_SECONDS: t.Final = re.compile("[0-9]{10}")
_FIELDS: t.Final = {"secondary_email": "email", "mobile": "mobile"}


def mark(username: str, contact: t.Mapping[str, t.Any], now: dt.datetime) -> str:
    """The tag's value for contact details as they are from now on."""
    digests = [f"{short}={_digest(username, contact.get(option))}" for option, short in _FIELDS.items()]
    return " ".join([*digests, f"at={int(now.timestamp())}"])


def vouches(value: str | None, username: str, desired: t.Mapping[str, t.Any], modified: dt.datetime | None) -> bool:
    """Whether the tag shows that the desired contact details are there.

    desired: an option that is None is not managed. modified: the user's modification time; None when AWS states none.
    """
    parts = dict(part.split("=", 1) for part in (value or "").split() if "=" in part)
    for option, short in _FIELDS.items():
        if desired.get(option) is not None and parts.get(short) != _digest(username, desired[option]):
            return False
    if not _SECONDS.fullmatch(parts.get("at", "")):
        return False
    return modified is None or modified.timestamp() <= int(parts["at"]) + SLACK.total_seconds()


def restamped(tags: t.Mapping[str, str], now: dt.datetime) -> dict[str, str]:
    """The tags with the mark's time set to now: a write may come long after it was planned."""
    if MARK not in tags:
        return dict(tags)
    return {**tags, MARK: f"{tags[MARK].rpartition(' ')[0]} at={int(now.timestamp())}"}


def _digest(username: str, value: str | None) -> str:
    return hashlib.sha256(f"{username}\0{value or ''}".encode()).hexdigest()[:12]
