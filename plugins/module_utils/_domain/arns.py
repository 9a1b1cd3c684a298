# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""ARNs are computed before anything exists, so each cloud is visited once and nobody notes one down."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import PARTITIONS
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_ALIAS = re.compile(r"(?!d-)[0-9A-Za-z]+(?:-*[0-9A-Za-z])*")
_ACCOUNT = re.compile(r"[0-9]{12}")
_ROLE_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}")
_ROLE_PATH = re.compile(r"/(?:[!-~]{1,510}/)?")
_PROVIDER_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")


@dataclass(frozen=True)
class Arn:
    """`arn:partition:service:region:account:resource`."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def kind(self) -> str:
        """The resource's type: role, saml-provider, instance, agent…"""
        parts = self.resource.split("/")
        return "agent" if parts[0] == "instance" and parts[2:3] == ["agent"] else parts[0]

    @property
    def name(self) -> str:
        """The last part of the resource: a role's or provider's name, an instance's or user's id."""
        return self.resource.rpartition("/")[2]

    @property
    def path(self) -> str:
        """A role's path with both slashes; `/` without one."""
        return "/" + "".join(part + "/" for part in self.resource.split("/")[1:-1])

    @property
    def instance_id(self) -> str:
        """The Connect instance that an instance's or a user's ARN names."""
        return self.resource.split("/")[1]


def parse_arn(text: str) -> Arn:
    """Any ARN, in parts; InvalidInput for anything else."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[2] or not parts[5]:
        raise InvalidInput(
            f"{text!r} is not an ARN.", hint="An ARN has the form arn:partition:service:region:account:resource."
        )
    if parts[1] not in PARTITIONS:
        raise InvalidInput(
            f"The ARN {text} names the partition {parts[1]!r}, which is not one of {', '.join(PARTITIONS)}."
        )
    return Arn(*parts[1:])


def parse_role_arn(text: str) -> Arn:
    """The ARN of an IAM role."""
    arn = _of_kind(text, "iam", "role", "an IAM role (arn:aws:iam::ACCOUNT:role/NAME)")
    check_role_name(arn.name)
    return arn


def parse_saml_provider_arn(text: str) -> Arn:
    """The ARN of an IAM SAML provider."""
    arn = _of_kind(text, "iam", "saml-provider", "an IAM SAML provider (arn:aws:iam::ACCOUNT:saml-provider/NAME)")
    check_saml_provider_name(arn.resource.partition("/")[2])
    return arn


def parse_connect_instance_arn(text: str) -> Arn:
    """The ARN of an Amazon Connect instance."""
    arn = _of_kind(
        text, "connect", "instance", "an Amazon Connect instance (arn:aws:connect:REGION:ACCOUNT:instance/ID)"
    )
    check_instance_id(arn.resource.partition("/")[2])
    return arn


def parse_connect_user_arn(text: str) -> Arn:
    """The ARN of an Amazon Connect user, whose resource is `instance/ID/agent/ID`."""
    arn = _of_kind(
        text, "connect", "agent", "an Amazon Connect user (arn:aws:connect:REGION:ACCOUNT:instance/ID/agent/ID)"
    )
    check_instance_id(arn.instance_id)
    return arn


def role_arn(partition: str, account: str, name: str, path: str = "/") -> str:
    """The ARN that a role of this name and path has or will have."""
    check_role_name(name)
    check_role_path(path)
    return str(Arn(partition, "iam", "", check_account(account), f"role{path}{name}"))


def saml_provider_arn(partition: str, account: str, name: str) -> str:
    """The ARN that a SAML provider of this name has or will have."""
    check_saml_provider_name(name)
    return str(Arn(partition, "iam", "", check_account(account), f"saml-provider/{name}"))


def connect_instance_arn(partition: str, region: str, account: str, instance_id: str) -> str:
    """The ARN of an instance."""
    return str(Arn(partition, "connect", region, check_account(account), f"instance/{check_instance_id(instance_id)}"))


def connect_user_arn(instance_arn: str, user_id: str) -> str:
    """The ARN of a user of an instance. (The permission to federate names the same user `user/…`, not `agent/…`.)"""
    return f"{parse_connect_instance_arn(instance_arn)}/agent/{user_id}"


def check_account(account: str) -> str:
    """An AWS account's id, as given."""
    if not _ACCOUNT.fullmatch(account):
        raise InvalidInput(
            f"{account!r} is not the id of an AWS account.",
            hint="It has twelve digits; quote it in YAML to keep leading zeros.",
        )
    return account


def check_instance_id(instance_id: str) -> str:
    """An Amazon Connect instance's id, as given."""
    if not UUID.fullmatch(instance_id):
        raise InvalidInput(
            f"{instance_id!r} is not the id of an Amazon Connect instance.",
            hint="It is a UUID, the last part of the instance's ARN.",
        )
    return instance_id


def check_alias(alias: str) -> str:
    """An alias that AWS takes: 1–45 letters, digits and hyphens."""
    if len(alias) > 45 or not _ALIAS.fullmatch(alias):
        raise InvalidInput(
            f"{alias!r} is not an alias for an Amazon Connect instance.",
            hint="Use 1 to 45 letters, digits and hyphens; it begins and ends with a letter or digit and not with d-.",
        )
    return alias


def check_role_name(name: str) -> str:
    """A name that IAM accepts for a role: 1–64 of letters, digits and `_+=,.@-`."""
    if not _ROLE_NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is not a name for an IAM role.", hint="Use 1 to 64 letters, digits and _+=,.@- only."
        )
    return name


def check_role_path(path: str) -> str:
    """A path that IAM accepts for a role: up to 512 printable characters between slashes."""
    if len(path) > 512 or not _ROLE_PATH.fullmatch(path):
        raise InvalidInput(
            f"{path!r} is not the path of an IAM role.",
            hint="A path begins and ends with a slash, such as /federation/.",
        )
    return path


def check_saml_provider_name(name: str) -> str:
    """A name that IAM accepts for a SAML provider: 1–128 of letters, digits and `._-`."""
    if not _PROVIDER_NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is not a name for an IAM SAML provider.", hint="Use 1 to 128 letters, digits and ._- only."
        )
    return name


def check_home(arn: Arn, *, partition: str | None = None, account: str | None = None, region: str | None = None) -> Arn:
    """The ARN, when it lies in the federation's partition, account and Region (those that are given)."""
    expected: tuple[tuple[str, str, str | None], ...] = (
        ("partition", arn.partition, partition),
        ("account", arn.account, account),
        ("Region", arn.region, region),
    )
    for what, actual, home in expected:
        if home is not None and actual != home:
            raise InvalidInput(f"{arn} names the {what} {actual}, but the federation's is {home}.")
    return arn


def _of_kind(text: str, service: str, kind: str, description: str) -> Arn:
    arn = parse_arn(text)
    named: t.Final = (arn.service, arn.kind, bool(arn.region))
    if named != (service, kind, service == "connect") or "/" not in arn.resource:
        raise InvalidInput(f"{text} is not the ARN of {description}.")
    check_account(arn.account)
    return arn
