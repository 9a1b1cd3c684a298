# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: connect_instances
short_description: Amazon Connect inventory source for multiple accounts and Regions
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Discovers Amazon Connect instances. Each host is one instance, and therefore one federation.
  - Every host gets C(federation_instance_alias), C(federation_instance_id), C(federation_region),
    C(federation_account_id) and, if a role was assumed, C(federation_assume_role_arn) and
    C(federation_assume_role_external_id), so that the playbook C(openccp.federation.site) and the roles can be used
    without further variables for the instance.
  - The variable C(connect) contains all properties of the instance, in a dictionary with the keys V(arn), V(id),
    V(alias), V(region), V(account_id), V(partition), V(identity_management_type), V(status), V(access_url), V(tags) and
    V(federated).
  - V(federated) is V(true) if a federation of this collection exists, that is, if the role O(role_name) exists in the
    account, carries the tag C(managed-by=openccp.federation) and trusts a SAML provider. It does not show whether
    sign-ins succeed.
  - V(federated) is V(none), with a warning, if the credentials are not allowed to read the role (C(iam:GetRole)). Use
    C(connect.federated is false) to test for it, because C(not connect.federated) is also true for unknown instances.
  - Uses a YAML configuration file that ends with C(connect_instances.yml) or C(connect_instances.yaml).
options:
  plugin:
    description: The name of this plugin.
    required: true
    choices: [openccp.federation.connect_instances, connect_instances]
  regions:
    description:
      - The Regions to search. If omitted, O(region) is used.
      - If neither option is set, all Regions of O(partition) that offer Amazon Connect are searched.
      - Regions that do not offer Amazon Connect are rejected.
    type: list
    elements: str
    default: []
  region:
    description:
      - The only Region to search if O(regions) is omitted. O(assume_role_arn) is also assumed in this Region.
      - A warning is printed if the environment variable E(AWS_REGION) limits the search to one Region.
  partition:
    description: The partition whose Regions are searched if neither O(regions) nor O(region) is set.
    choices: [aws, aws-us-gov]
    default: aws
  accounts:
    description: The accounts to search, each with a role to assume in it. If omitted, the account of the credentials is
      searched.
    type: list
    elements: dict
    default: []
    suboptions:
      role_arn:
        description: The ARN of the role to assume.
        type: str
        required: true
      external_id:
        description: The external ID that the trust policy of the role requires.
        type: str
      session_name:
        description: The name of the session.
        type: str
        default: openccp.federation
  filters:
    description: Filters for the instances. An instance must match all filters. If omitted, all instances are returned.
    type: dict
    default: {}
    suboptions:
      alias:
        description: Shell-style patterns. The alias must match one of them.
        type: list
        elements: str
      identity_management_type:
        description: The identity management types to include.
        type: list
        elements: str
        choices: [SAML, CONNECT_MANAGED, EXISTING_DIRECTORY]
      status:
        description: The instance states to include.
        type: list
        elements: str
        choices: [ACTIVE, CREATION_IN_PROGRESS, CREATION_FAILED]
      tags:
        description: Tags, with their values, that the instance must have.
        type: dict
      federated:
        description: Whether a federation must or must not exist. An instance for which this is unknown matches neither
          value, and a warning is printed.
        type: bool
  hostnames:
    description:
      - The host name, as a list in order of preference. The first value that is not empty is used.
      - The inventory fails if two instances have the same host name.
      - Each is a key of C(connect), such as V(alias), or a Jinja2 expression over the host's variables.
    type: list
    elements: str
    default: [alias, id]
  role_name:
    description: The name of the federation role of an instance. V({alias}) is replaced with the alias.
    type: str
    default: ConnectFederation-{alias}
  strict_permissions:
    description:
      - Whether the inventory fails if the credentials have no access to an account or Region.
      - If V(false), a warning with the account, the Region and the reason is printed instead, and the other instances
        are returned. The warnings are cached with the instances and repeated.
      - Any other error, such as an outage or missing, wrong or expired credentials, always makes the inventory fail, so
        that no hosts are missing by accident.
    type: bool
    default: true
  workers:
    description: The number of accounts and Regions that are read in parallel.
    type: int
    default: 8
extends_documentation_fragment:
  - ansible.builtin.inventory_cache
  - ansible.builtin.constructed
  - amazon.aws.boto3
  - amazon.aws.common.plugins
  - amazon.aws.region.plugins
  - amazon.aws.assume_role.plugins
"""

EXAMPLES = r"""
# All instances of the account that the credentials belong to
plugin: openccp.federation.connect_instances

---
# Those of two accounts that sign in through SAML, grouped by Region and by environment
plugin: openccp.federation.connect_instances
regions: [eu-central-1, eu-west-2]
accounts:
  - role_arn: arn:aws:iam::111122223333:role/Automation
  - role_arn: arn:aws:iam::444455556666:role/Automation
    external_id: contact-centre
filters:
  identity_management_type: [SAML]
  status: [ACTIVE]
keyed_groups:
  - key: connect.region
    prefix: region
  - key: connect.tags.environment | default('')
    prefix: environment
    default_value: unknown
groups:
  to_federate: connect.federated is false
compose:
  federation_assigned_groups: '["Agents " ~ connect.alias]'
"""

import fnmatch
import typing as t
from dataclasses import asdict

from ansible.errors import AnsibleParserError
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.amazon.aws.plugins.plugin_utils.botocore import get_aws_connection_info
from ansible_collections.amazon.aws.plugins.plugin_utils.inventory import AWSInventoryBase
from ansible_collections.openccp.federation.plugins.module_utils._connect.discovery import (
    Account,
    Discovered,
    Discovery,
    Gap,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import parse_role_arn
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import (
    CONNECT_REGIONS,
    check_connect_region,
    partition_of_region,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._printable import message_text

ROLE_VARIABLES = {
    "federation_instance_alias": "alias",
    "federation_instance_id": "id",
    "federation_region": "region",
    "federation_account_id": "account_id",
    "federation_assume_role_arn": "assumed_role_arn",
    "federation_assume_role_external_id": "external_id",
}
KINDS = ("SAML", "CONNECT_MANAGED", "EXISTING_DIRECTORY")
STATES = ("ACTIVE", "CREATION_IN_PROGRESS", "CREATION_FAILED")


class InventoryModule(AWSInventoryBase):
    NAME = "openccp.federation.connect_instances"
    INVENTORY_FILE_SUFFIXES = ("connect_instances.yml", "connect_instances.yaml")

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:  # type: ignore[override]
        """Discover the instances, or take them from the cache, and add each that matches the filters as a host."""
        super().parse(inventory, loader, path, cache=cache)
        self._check_options()
        accounts, regions = self._accounts(), self._regions()
        cached, kept = self.get_cached_result(path, cache)
        fits = cached and kept["regions"] == regions  # which AWS_REGION may set
        discovery = (
            Discovered(kept["instances"], [Gap(**gap) for gap in kept["gaps"]])
            if fits
            else self._discover(accounts, regions)
        )
        self._report_gaps(discovery)
        names: dict[str, str] = {}
        for instance in self._filtered(discovery.instances):
            host = self._add(instance)
            if host in names:
                raise AnsibleParserError(
                    f"hostnames gives the name {message_text(host)} to two instances, {names[host]} and "
                    f"{instance['arn']}."
                )
            names[host] = instance["arn"]
        self.update_cached_result(path, fits, {"regions": regions, **asdict(discovery)})

    def _discover(self, accounts: list[Account], regions: list[str]) -> Discovered:
        endpoint_url, connection = get_aws_connection_info(self)[1:]
        if self._frozen_credentials:
            connection = {**connection, **self._frozen_credentials}
        names = ("profile_name", "aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        discovery = Discovery(
            credentials={name: connection[name] for name in names if connection.get(name)},
            role_name=lambda alias: self.get_option("role_name").replace("{alias}", alias),
            workers=self.get_option("workers"),
            endpoint_url=endpoint_url,
            verify=connection.get("verify"),
        )
        return discovery.run(accounts, regions)

    def _accounts(self) -> list[Account]:
        accounts = self.get_option("accounts")
        unknown = sorted({key for account in accounts for key in account} - {"role_arn", "external_id", "session_name"})
        if unknown or not all(account.get("role_arn") for account in accounts):
            raise AnsibleParserError(
                "Each entry of accounts takes role_arn, and beside it external_id and session_name"
                + (f"; there is no {', '.join(unknown)}." if unknown else ".")
            )
        try:
            numbers = [parse_role_arn(account["role_arn"]).account for account in accounts]
        except InvalidInput as error:
            raise AnsibleParserError(str(error)) from error
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        if twice:
            raise AnsibleParserError(f"accounts names {', '.join(twice)} twice; its instances would be found twice.")
        return [Account(**account) for account in accounts] or [Account(entered_by=self.get_option("assume_role_arn"))]

    def _regions(self) -> list[str]:
        regions, region = self.get_option("regions"), self.get_option("region")
        if not regions and region:
            if self.get_option_and_origin("region")[1].startswith("env:"):
                self.display.warning(
                    f"Only {region} is searched, because regions is not set and the environment sets this Region."
                )
            regions = [region]
        regions = regions or [
            name for name in CONNECT_REGIONS if partition_of_region(name).name == self.get_option("partition")
        ]
        try:
            for region in regions:
                check_connect_region(region)
        except InvalidInput as error:
            raise AnsibleParserError(str(error)) from error
        return regions

    def _report_gaps(self, discovery: Discovered) -> None:
        fatal = [gap for gap in discovery.gaps if self.get_option("strict_permissions") or not gap.denied]
        if fatal:
            reasons = " ".join(f"{gap.where}: {gap.reason}" for gap in fatal)
            message = f"{len(fatal)} of the accounts and Regions could not be read. {reasons}"
            if all(gap.denied for gap in fatal):
                message += " Set strict_permissions to false to continue without them."
            raise AnsibleParserError(message)
        for gap in discovery.gaps:
            self.display.warning(f"Skipped {gap.where}: {gap.reason}")

    def _check_options(self) -> None:
        filters = self.get_option("filters")
        unknown = sorted(set(filters) - {"alias", "identity_management_type", "status", "tags", "federated"})
        if unknown:
            raise AnsibleParserError(
                f"There is no filter {', '.join(unknown)}; there are alias, identity_management_type, status, tags "
                f"and federated."
            )
        for name, known in (("identity_management_type", KINDS), ("status", STATES)):
            strange = sorted(set(filters.get(name, [])) - set(known))
            if strange:
                raise AnsibleParserError(f"The filter {name} takes {', '.join(known)}, not {', '.join(strange)}.")
        if self.get_option("workers") < 1:
            raise AnsibleParserError("workers must be at least 1.")

    def _filtered(self, instances: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
        """The instances that meet every filter. A warning names an unknown federation, since it counts as neither."""
        filters = dict(self.get_option("filters"))
        federated = {bool(filters.pop("federated"))} if "federated" in filters else {True, False, None}
        matches = [instance for instance in instances if _meets(instance, filters)]
        unknown = [instance for instance in matches if instance["federated"] is None]
        for account in sorted({instance["account_id"] for instance in unknown}):
            names = ", ".join(
                instance["alias"] or instance["id"] for instance in unknown if instance["account_id"] == account
            )
            self.display.warning(
                f"It is unknown whether these instances of the account {account} are federated: {names}."
                " The credentials may not read their roles; allow iam:GetRole."
                + ("" if None in federated else " The filter federated leaves them out.")
            )
        return [instance for instance in matches if instance["federated"] in federated]

    def _add(self, instance: dict[str, t.Any]) -> str:
        # ansible-core 2.18 and older would take a tag that looks like a template for one, and run what it says.
        instance = wrap_var(instance)
        connect = {key: value for key, value in instance.items() if key not in ("assumed_role_arn", "external_id")}
        variables = {name: instance[key] for name, key in ROLE_VARIABLES.items() if instance[key]} | {
            "connect": connect
        }
        host: str = wrap_var(self._hostname(variables))
        inventory: t.Any = self.inventory
        inventory.add_host(host)
        for name, value in variables.items():
            inventory.set_variable(host, name, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)
        return host

    def _hostname(self, variables: dict[str, t.Any]) -> str:
        for preference in self.get_option("hostnames"):
            known = variables["connect"]
            name = known[preference] if preference in known else self._compose(preference, variables)
            if name:
                return str(name)
        raise AnsibleParserError(f"None of hostnames gives a name to the instance {variables['connect']['arn']}.")


def _meets(instance: dict[str, t.Any], filters: dict[str, t.Any]) -> bool:
    met = {
        "alias": lambda patterns: any(fnmatch.fnmatchcase(instance["alias"] or "", pattern) for pattern in patterns),
        "identity_management_type": lambda kinds: instance["identity_management_type"] in kinds,
        "status": lambda states: instance["status"] in states,
        "tags": lambda tags: all(instance["tags"].get(key) == str(value) for key, value in tags.items()),
    }
    return all(met[name](value) for name, value in filters.items())
