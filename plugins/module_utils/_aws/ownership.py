# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The owner of an object in AWS, from the tag that identifies what manages it."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

#: The tag by which an object says what manages it, and its value on what this collection manages.
MANAGED_BY: t.Final = "managed-by"
OURS: t.Final = "openccp.federation"


def is_managed(tags: t.Mapping[str, str]) -> bool:
    """Whether an object carries the tag by which this collection knows what it made."""
    return tags.get(MANAGED_BY) == OURS


def check_owner(
    what: str, current: t.Mapping[str, str], tags: t.Mapping[str, str] | None, adopt: bool, option: str
) -> None:
    """Conflict when an existing object would be claimed by the tag `managed-by` and does not carry it yet.

    what: the object with its name. tags: the desired tags; without the tag nothing is claimed. adopt: claim it all the
    same. option: what sets that, as MODULE.OPTION.
    """
    desired, owner = (tags or {}).get(MANAGED_BY), current.get(MANAGED_BY)
    if desired is None or adopt or owner == desired:
        return
    whose = f"is managed by {owner}" if owner else "was created by somebody else"
    raise Conflict(
        f"{what} exists and {whose}: it does not carry the tag {MANAGED_BY}={desired}.",
        hint=f"Choose another name, or set {setting(option)} to true to take it over.",
    )
