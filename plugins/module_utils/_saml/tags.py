# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Tags that every service takes: the pattern of IAM, which is the narrowest. Pure."""

from __future__ import annotations

import typing as t
import unicodedata

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

LONGEST_KEY: t.Final = 128
LONGEST_VALUE: t.Final = 256
MOST: t.Final = 50
#: The signs that IAM takes beside letters, digits and white space of every script.
SIGNS: t.Final = frozenset("_.:/=+-@")


def is_text(text: str, longest: int) -> bool:
    """Whether IAM and STS take a text as the key or the value of a tag."""
    return len(text) <= longest and all(sign in SIGNS or unicodedata.category(sign)[0] in "LZN" for sign in text)


def check_tags(tags: t.Mapping[t.Any, t.Any] | None, *, any_value: bool = False) -> None:
    """InvalidInput for tags that IAM does not take. any_value: the service takes every sign in a value, as Amazon
    Connect does.
    """
    problems = []
    for key, value in (tags or {}).items():
        if isinstance(value, (dict, list)):
            problems.append(f"the value of {key!r} is not a text")
        elif not key or not is_text(str(key), LONGEST_KEY) or str(key).lower().startswith("aws:"):
            problems.append(f"{str(key)!r} is no key for a tag")
        elif len(str(value)) > LONGEST_VALUE or not (any_value or is_text(str(value), LONGEST_VALUE)):
            problems.append(f"{str(value)!r} is no value for the tag {str(key)!r}")
    if len(tags or {}) > MOST:
        problems.append(f"there are {len(tags or {})}, and AWS accepts {MOST}")
    if problems:
        raise InvalidInput(
            f"AWS does not take these tags: {'; '.join(problems)}.",
            hint=(
                "IAM accepts letters, digits, spaces and _.:/=+-@, 128 of them in a key that does not begin with "
                "aws:, and 256 in a value."
            ),
        )
