# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags: what may be in a key and a value, and how many there may be."""

from __future__ import annotations

import typing as t
import unicodedata

from federation_sandbox.aws.protocol import refusal

Tags = t.Iterable[tuple[str, str]]

MOST: t.Final = 50
_LONGEST_VALUE: t.Final = 256
_SIGNS: t.Final = frozenset("_.:/=+-@")


def is_text(text: str) -> bool:
    """Whether a key or value is made of letters, separators, numbers and the signs that tags may have."""
    return all(unicodedata.category(sign)[0] in "LZN" or sign in _SIGNS for sign in text)


def as_list(tags: Tags) -> list[dict[str, str]]:
    """Tags as IAM writes them."""
    return [{"Key": key, "Value": value} for key, value in tags]


def iam_tags(current: Tags, added: list[dict[str, str]]) -> dict[str, str]:
    """Tags after the desired tags were added; IAM tells keys apart without regard to case."""
    keys = [tag["Key"].casefold() for tag in added]
    if len(set(keys)) < len(keys):
        raise refusal(
            "iam", "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    for tag in added:
        if tag["Key"].casefold().startswith("aws:") or not is_text(tag["Key"]) or not is_text(tag["Value"]):
            raise refusal(
                "iam", "InvalidInput", f"The tag {tag['Key']!r} has a prefix or a character that tags may not have."
            )
    kept = {key: value for key, value in current if key.casefold() not in keys}
    tags = kept | {tag["Key"]: tag["Value"] for tag in added}
    if len(tags) > MOST:
        raise refusal("iam", "LimitExceeded", f"Cannot exceed quota for TagsPerResource: {MOST}")
    return tags


def connect_tags(
    current: t.Mapping[str, str], added: t.Mapping[str, str], code: str = "InvalidParameterException"
) -> dict[str, str]:
    """Tags after the desired tags were added. The model of Amazon Connect has a pattern for keys alone; IAM's has one
    for values as well. code: the error code of the operation.
    """
    for key, value in added.items():
        if key.casefold().startswith("aws:") or not is_text(key):
            raise refusal(
                "connect",
                code,
                f"The tag {key!r} has a prefix or a character that keys may not have.",
            )
        if len(value) > _LONGEST_VALUE:
            raise refusal(
                "connect",
                code,
                f"The value of the tag {key!r} is longer than {_LONGEST_VALUE} characters.",
            )
    tags = {**current, **added}
    if len(tags) > MOST:
        raise refusal("connect", code, f"A resource has at most {MOST} tags.")
    return tags
