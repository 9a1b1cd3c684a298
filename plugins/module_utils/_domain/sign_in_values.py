# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What both clouds must agree on, computed from the few values that a user gives and checked before anything is
written. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._domain import arns, urls
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import (
    GOVCLOUD,
    Partition,
    partition_of_region,
)


@dataclass(frozen=True)
class Given:
    """What a user gives, and what is known of the instance.

    instance_alias: empty where there are user pools alone. account_id, instance_id, access_url: empty while the
    instance does not exist. new_domain: true or false, empty when the destination decides.
    """

    region: str
    role_name: str
    provider_name: str
    instance_alias: str = ""
    role_path: str = "/"
    destination: str = ""
    account_id: str = ""
    instance_id: str = ""
    access_url: str = ""
    new_domain: str = ""


def sign_in_values(given: Given) -> dict[str, str]:
    """Partition, identifier and reply URL; with an account the ARNs of role and provider; with an instance the relay
    state, and its ARN.

    InvalidInput names the first value that cannot work.
    """
    partition = partition_of_region(given.region)
    urls.check_destination(given.destination)
    told = {"": None, "true": True, "false": False}[given.new_domain]
    new_domain = urls.leads_to_new_domain(given.access_url, given.destination, told)
    values = {
        "partition": partition.name,
        "identifier": _identifier(partition, given.instance_alias),
        "reply_url": urls.default_reply_url(given.region),
    }
    arns.check_role_path(given.role_path)
    arns.check_role_name(given.role_name)
    arns.check_saml_provider_name(given.provider_name)
    if given.account_id:
        values["role_arn"] = arns.role_arn(partition.name, given.account_id, given.role_name, given.role_path)
        values["provider_arn"] = arns.saml_provider_arn(partition.name, given.account_id, given.provider_name)
    if given.instance_id:
        values["relay_state"] = urls.relay_state(
            given.region, given.instance_id, given.destination or None, new_domain=new_domain
        )
    if given.account_id and given.instance_id:
        values["instance_arn"] = arns.connect_instance_arn(
            partition.name, given.region, given.account_id, given.instance_id
        )
    return values


def _identifier(partition: Partition, alias: str) -> str:
    """The default identifier of the application; empty while no instance is named."""
    if partition is GOVCLOUD:
        return partition.audience
    return urls.unique_identifier(partition, alias) if alias else ""
