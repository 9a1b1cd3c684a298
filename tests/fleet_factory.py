# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federations by the dozen: accounts that an operator enters by a role, Regions, tenants, and the hosts of an
inventory.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from entra_factory import PERMISSIONS
from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox

REGIONS: t.Final = ("eu-central-1", "us-east-1", "eu-west-2", "ap-southeast-2")
HUB: t.Final = "999900000000"
CLIENT: t.Final = "22222222-2222-4222-8222-222222222222"
SECRET: t.Final = "the-secret-of-the-fleet"
GROUP: t.Final = "Contact centre agents"
AGENT: t.Final = {"username": "jane.doe@example.com", "first_name": "Jane", "last_name": "Doe"}


@dataclass(frozen=True)
class Fleet:
    """The hosts with their variables, the environment of the operator, and each account's own keys for whoever does
    without roles.
    """

    hosts: dict[str, dict[str, t.Any]]
    environment: dict[str, str]
    keys: dict[str, dict[str, str]]


def tenant_id(number: int) -> str:
    """The ID of a tenant."""
    return f"11111111-1111-4111-8111-{number:012}"


def make_fleet(sandbox: Sandbox, federations: int, accounts: int = 5, regions: int = 4, tenants: int = 2) -> Fleet:
    """Seed both clouds with everything but the federations themselves."""
    numbers = [f"1111{account:08}" for account in range(accounts)]
    quotas = {"instances": federations, "instance_changes": 2 * federations, "saml_providers": 2 * federations}
    seed: dict[str, t.Any] = {
        "entra": {"tenants": [_tenant(number) for number in range(tenants)]},
        "aws": {
            "accounts": [
                {"id": HUB, "access_keys": [{"id": "AKIAHUB", "secret": SECRET, "policy": _allow("sts:AssumeRole")}]},
                *({"id": number, "access_keys": [_key(number)], "quotas": quotas} for number in numbers),
            ],
            "roles": [_automation(number) for number in numbers],
        },
    }
    clouds.seed(sandbox.world, seed)
    hosts = {
        f"site-{number:03}": {
            "federation_instance_alias": f"example-{number:03}",
            "federation_region": REGIONS[number % regions],
            "federation_assume_role_arn": f"arn:aws:iam::{numbers[number % accounts]}:role/Automation",
            "federation_tenant_id": tenant_id(number % tenants),
            "federation_client_id": CLIENT,
            "federation_assigned_groups": [GROUP],
            "federation_agents": [AGENT],
        }
        for number in range(federations)
    }
    environment = {"AWS_ACCESS_KEY_ID": "AKIAHUB", "AWS_SECRET_ACCESS_KEY": SECRET, "AZURE_CLIENT_SECRET": SECRET}
    return Fleet(
        hosts, environment, {number: {"access_key": f"AKIA{number}", "secret_key": SECRET} for number in numbers}
    )


def _key(account: str) -> dict[str, str]:
    return {"id": f"AKIA{account}", "secret": SECRET}


def _allow(*actions: str) -> dict[str, t.Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def _automation(account: str) -> dict[str, t.Any]:
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"}, "Action": "sts:AssumeRole"}
    policies = {"all": _allow("connect:*", "ds:*", "iam:*", "sts:GetCallerIdentity")}
    return {
        "account": account,
        "name": "Automation",
        "trust": {"Version": "2012-10-17", "Statement": [trust]},
        "policies": policies,
    }


def _tenant(number: int) -> dict[str, t.Any]:
    client = {
        "client_id": CLIENT,
        "name": "automation",
        "secrets": [{"text": SECRET, "end": "2099-01-01T00:00:00Z"}],
        "permissions": list(PERMISSIONS),
    }
    return {
        "id": tenant_id(number),
        "cloud": "public",
        "domains": ["example.com"],
        "clients": [client],
        "users": [
            {"userPrincipalName": AGENT["username"], "givenName": AGENT["first_name"], "surname": AGENT["last_name"]}
        ],
        "groups": [{"displayName": GROUP, "members": [AGENT["username"]]}],
    }
