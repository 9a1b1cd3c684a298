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
class SignInOptions:
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


def sign_in_values(settings: SignInOptions) -> dict[str, str]:
    """Partition, identifier and reply URL; with an account the ARNs of role and provider; with an instance the relay
    state, and its ARN. What is known of account and instance is repeated.

    InvalidInput names the first value that cannot work.
    """
    partition = partition_of_region(settings.region)
    urls.check_destination(settings.destination)
    is_new_domain = {"": None, "true": True, "false": False}[settings.new_domain]
    new_domain = urls.leads_to_new_domain(settings.access_url, settings.destination, is_new_domain)
    values = {
        "partition": partition.name,
        "identifier": _identifier(partition, settings.instance_alias),
        "reply_url": urls.default_reply_url(settings.region),
    }
    arns.check_role_path(settings.role_path)
    arns.check_role_name(settings.role_name)
    arns.check_saml_provider_name(settings.provider_name)
    if settings.account_id:
        values["account_id"] = settings.account_id
        values["role_arn"] = arns.role_arn(partition.name, settings.account_id, settings.role_name, settings.role_path)
        values["provider_arn"] = arns.saml_provider_arn(partition.name, settings.account_id, settings.provider_name)
    if settings.instance_id:
        values["instance_id"] = settings.instance_id
        values["relay_state"] = urls.relay_state(
            settings.region, settings.instance_id, settings.destination or None, new_domain=new_domain
        )
    if settings.account_id and settings.instance_id:
        values["instance_arn"] = arns.connect_instance_arn(
            partition.name, settings.region, settings.account_id, settings.instance_id
        )
    return values


def _identifier(partition: Partition, alias: str) -> str:
    """The default identifier of the application; empty while no instance is named."""
    if partition is GOVCLOUD:
        return partition.audience
    return urls.unique_identifier(partition, alias) if alias else ""
