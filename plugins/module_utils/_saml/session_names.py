# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The rule for a name that is both an AWS role session name and an Amazon Connect username.

AWS STS takes `[a-zA-Z_0-9+=,.@-]{2,64}`. Amazon Connect with SAML takes up to 64 of `[a-zA-Z0-9_-.\\@]`, `@` only as in
an e-mail address. The username must equal the session name byte for byte, so only the intersection can ever sign in.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

MIN_LENGTH = 2
MAX_LENGTH = 64

_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_.@-]")
_EMAIL_FORM = re.compile(r"[^@]+@[^@.]+(?:\.[^@.]+)+")
_GUEST = "#EXT#"
_CONNECT_REFUSES = frozenset("+=,")


def problems(name: str) -> list[str]:
    """Why a name cannot sign in, one sentence each; empty when it can."""
    if not name:
        return ["It is empty."]
    reasons = []
    if len(name) < MIN_LENGTH:
        reasons.append(f"It has {len(name)} character; at least {MIN_LENGTH} are needed.")
    if len(name) > MAX_LENGTH:
        reasons.append(f"It has {len(name)} characters; at most {MAX_LENGTH} are allowed.")
    if _GUEST in name.upper():
        reasons.append(
            "It is the user principal name of a guest (#EXT#); use mail, employeeid or an extension attribute "
            "for guests."
        )
    reasons.extend(_character_problems(name))
    if "@" in name and not _EMAIL_FORM.fullmatch(name):
        reasons.append("It has @, but not the form of an e-mail address.")
    return reasons


def check(name: str, what: str = "session name") -> str:
    """The name, when it can sign in; else InvalidInput with every reason."""
    reasons = problems(name)
    if reasons:
        raise InvalidInput(
            f"The {what} {name!r} cannot sign in to Amazon Connect: {' '.join(reasons)}",
            hint="Use 2 to 64 letters, digits and _.-, with @ only as in an e-mail address.",
        )
    return name


def look_alikes(name: str, names: t.Iterable[str]) -> list[str]:
    """The names that differ from this one in upper and lower case only. Amazon Connect tells them apart."""
    return sorted({other for other in names if other != name and other.lower() == name.lower()})


def _character_problems(name: str) -> t.Iterator[str]:
    reported = set()
    for match in _NOT_ALLOWED.finditer(name):
        character = match.group()
        if character in reported:
            continue
        reported.add(character)
        yield (
            f"The character {_character_name(character)} at position {match.start() + 1} is not allowed"
            f"{_refused_by(character)}."
        )


def _character_name(character: str) -> str:
    if character == " ":
        return "space"
    return repr(character) if character.isprintable() and character.isascii() else f"U+{ord(character):04X}"


def _refused_by(character: str) -> str:
    if character in _CONNECT_REFUSES:
        return " in an Amazon Connect username"
    return " in an AWS role session name" if character == "\\" else ""
