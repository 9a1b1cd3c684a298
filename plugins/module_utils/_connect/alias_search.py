# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Before an instance is created: whether its alias is a slip of the keyboard, or that of an instance in another Region.

An alias is unique in all of AWS, so a wrong Region would be refused at the first write only. Other accounts cannot be
looked into.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client
from ansible_collections.openccp.federation.plugins.module_utils._connect.instances import list_instances, with_alias
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import (
    CONNECT_REGIONS,
    partition_of_region,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, Denied, FederationError
from ansible_collections.openccp.federation.plugins.module_utils._plan import close_matches

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule

#: As alike as two words of which one is misspelt.
ALIKE: t.Final = 0.85


def check_elsewhere(module: AwsModule, alias: str, region: str) -> list[str]:
    """Conflict when an instance of the account in another Region has the alias. Returned: a warning of Regions that
    could not be read.
    """
    not_readable: dict[str, FederationError] = {}
    for other in _other_regions(region):
        try:
            listed = list_instances(client(module, "connect", region=other))
        except FederationError as error:
            not_readable[other] = error
            continue
        if with_alias(listed, alias):
            raise Conflict(
                (
                    f"The Amazon Connect instance {alias!r} is not in {region} but in {other}, and an alias is "
                    f"unique in "
                    f"all of AWS."
                ),
                hint=f"Set region (federation_region in an inventory) to {other}, or choose another alias.",
            )
    # Where an account is confined to its Regions, nothing of its own can be in the others.
    return [
        f"Whether {alias!r} is the alias of an instance in {other} is not known: {error.message}"
        for other, error in not_readable.items()
        if not isinstance(error, Denied)
    ]


def misspelt(alias: str, aliases: t.Iterable[str]) -> list[str]:
    """A warning when an instance is about to be created whose alias nearly is that of another; numbers that differ are
    meant to.
    """
    close = [
        name for name in close_matches(alias, aliases, cutoff=ALIKE) if _without_digits(name) != _without_digits(alias)
    ]
    if not close:
        return []
    return [
        (
            f"There is no Amazon Connect instance {alias!r} yet, so it is to be created. Did you mean "
            f"{' or '.join(map(repr, close))}?"
        )
    ]


def _other_regions(region: str) -> list[str]:
    partition = partition_of_region(region)
    return [other for other in CONNECT_REGIONS if other != region and partition_of_region(other) is partition]


def _without_digits(name: str) -> str:
    return re.sub(r"\d+", "", name.lower())
