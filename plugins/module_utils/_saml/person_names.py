# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What stands in for a first or last name that the directory does not have. Pure."""

from __future__ import annotations

import typing as t

FALLBACKS: t.Final = ("display_name", "mail", "username")
NAMES: t.Final = ("first_name", "last_name")

Person = t.Mapping[str, t.Any]


def completed(person: Person, fallbacks: t.Iterable[str]) -> dict[str, str]:
    """The missing names of a person, each from the first fallback that has one; the names that are there are not among
    them.
    """
    missing = [number for number, name in enumerate(NAMES) if not person[name]]
    text = next((fallback for fallback in fallbacks if _text(person, fallback)), None)
    if text is None:
        return {}
    halves = _halves(_text(person, text), is_display_name=text == "display_name")
    return {NAMES[number]: halves[number] for number in missing}


def _text(person: Person, fallback: str) -> str:
    return (
        str(person[fallback]).partition("@")[0].strip()
        if fallback != "display_name"
        else " ".join(str(person[fallback]).split())
    )


def _halves(text: str, *, is_display_name: bool) -> tuple[str, str]:
    """First and last name: "Jane van Dam", "van Dam, Jane" or "jane.vandam"; a single word is both."""
    if is_display_name and "," in text:
        last, first = (part.strip() for part in text.split(",", 1))
    else:
        first, last = (part.strip() for part in text.partition(" " if is_display_name else ".")[::2])
    return first or last or text, last or first or text
