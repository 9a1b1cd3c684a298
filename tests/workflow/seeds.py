# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both clouds hold before a playbook runs: tenants, accounts, and an operator with no right too many."""

from __future__ import annotations

import json
import typing as t

from entra_factory import PERMISSIONS
from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox
from support import CHECKOUT

POLICY: t.Final = json.loads((CHECKOUT / "docs" / "permissions" / "aws-policy.json").read_text(encoding="utf-8"))
TENANTS: t.Final = {"public": "11111111-1111-4111-8111-111111111111", "usgov": "33333333-3333-4333-8333-333333333333"}
ACCOUNTS: t.Final = {"aws": "111122223333", "aws-us-gov": "444455556666"}
CLIENT: t.Final = "22222222-2222-4222-8222-222222222222"
SECRET: t.Final = "the-secret-of-the-tests"


def credentials(cloud: str = "public", partition: str = "aws") -> dict[str, str]:
    """The environment of an operator."""
    return {
        "AZURE_TENANT_ID": TENANTS[cloud],
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_CLIENT_SECRET": SECRET,
        "AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNTS[partition]}0000",
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }


def tenant(cloud: str, permissions: t.Sequence[str] = PERMISSIONS) -> dict[str, t.Any]:
    """A tenant whose automation has exactly the permissions that the README asks for."""
    return {
        "id": TENANTS[cloud],
        "cloud": cloud,
        "domains": ["example.onmicrosoft.com", "example.com"],
        "clients": [
            {
                "client_id": CLIENT,
                "name": "automation",
                "secrets": [
                    {"text": SECRET, "end": "2099-01-01T00:00:00Z"},
                    {"text": "the-secret-of-last-year", "end": "2020-01-01T00:00:00Z"},
                ],
                "permissions": list(permissions),
            }
        ],
        "users": [
            {"userPrincipalName": f"{first.lower()}.{last.lower()}@example.com", "givenName": first, "surname": last}
            for first, last in (("Jane", "Doe"), ("John", "Roe"))
        ],
        "groups": [
            {"displayName": "Contact centre agents", "members": ["jane.doe@example.com", "john.roe@example.com"]}
        ],
    }


def account(partition: str) -> dict[str, t.Any]:
    """An account whose operator has exactly the policy that the README asks for."""
    policy = json.loads(json.dumps(POLICY).replace("arn:aws:", f"arn:{partition}:"))
    key = {"id": f"AKIA{ACCOUNTS[partition]}0000", "secret": SECRET, "policy": policy}
    return {"id": ACCOUNTS[partition], "partition": partition, "access_keys": [key]}


def fill(sandbox: Sandbox, permissions: t.Sequence[str] = PERMISSIONS) -> None:
    """Seed both clouds."""
    seed = {
        "entra": {"tenants": [tenant(cloud, permissions) for cloud in TENANTS]},
        "aws": {"accounts": [account(partition) for partition in ACCOUNTS]},
    }
    clouds.seed(sandbox.world, seed)
