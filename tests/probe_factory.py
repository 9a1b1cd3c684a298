# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant and an account whose every name, id and secret tells where it comes from, for the live probe to be tried
on.
"""

from __future__ import annotations

import typing as t

from federation_sandbox import clouds
from federation_sandbox.aws.connect.store import Connect
from federation_sandbox.aws.iam.store import Iam
from federation_sandbox.entra.state import directory
from federation_sandbox.testing import Sandbox

TENANT: t.Final = "e11e7a1e-0000-4000-8000-00000000e11e"
ACCOUNT: t.Final = "707070707070"
REGION: t.Final = "eu-central-1"
INSTANCE: t.Final = "e11e7a1e-1111-4000-8000-00000000e11e"
SECRET: t.Final = "telltale-secret-9f8e7d6c5b4a"
KEY: t.Final = f"AKIATELLTALE{ACCOUNT[:4]}"
#: each client → its permissions
CLIENTS: t.Final = {
    "e11e7a1e-aaaa-4000-8000-00000000e11e": (
        "Application.ReadWrite.All",
        "Policy.ReadWrite.ApplicationConfiguration",
        "Policy.Read.All",
        "GroupMember.Read.All",
        "User.Read.All",
    ),
    "e11e7a1e-bbbb-4000-8000-00000000e11e": ("Application.ReadWrite.OwnedBy",),
}
ALL, OWNED = CLIENTS
#: what an inventory says of them
HOST: t.Final = {
    "federation_region": REGION,
    "federation_instance_alias": "telltale-support",
    "live_probe_instance_id": INSTANCE,
    "live_probe_wait_timeout": 10,
}
#: what botocore has known for less time than the oldest release that is supported → the member that it takes
RECENT: t.Final = {
    "iam_update_keeps": ("iam", "CreateSAMLProvider", "AssertionEncryptionMode"),
    "channel_time_limit_unit": ("connect", "CreateUser", "AfterContactWorkConfigs"),
}
#: what may appear nowhere in a report
TELLTALES: t.Final = ("e11e7a1e", "telltale", ACCOUNT, SECRET, KEY, REGION)


def fill(sandbox: Sandbox) -> None:
    """Seed both clouds."""
    clients = [
        {"client_id": client, "name": f"telltale-{client[9:13]}", "secrets": [SECRET], "permissions": list(permissions)}
        for client, permissions in CLIENTS.items()
    ]
    tenant = {
        "id": TENANT,
        "display_name": "Telltale Industries",
        "domains": ["telltale.onmicrosoft.com", "telltale.example"],
        "clients": clients,
        "users": [
            {
                "userPrincipalName": "tilda.telltale@telltale.example",
                "givenName": "Tilda",
                "surname": "Telltale",
                "proxyAddresses": ["SMTP:Tilda.Telltale@telltale.example"],
            }
        ],
        "groups": [{"displayName": "Telltale agents", "members": ["tilda.telltale@telltale.example"]}],
    }
    aws = {
        "accounts": [{"id": ACCOUNT, "access_keys": [{"id": KEY, "secret": SECRET}]}],
        "instances": [{"account": ACCOUNT, "region": REGION, "alias": "telltale-support", "id": INSTANCE}],
    }
    clouds.seed(sandbox.world, {"entra": {"tenants": [tenant]}, "aws": aws})


def credentials(client: str = ALL) -> dict[str, str]:
    """The environment of whoever probes."""
    return {
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": client,
        "AZURE_CLIENT_SECRET": SECRET,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
    }


def left_behind(sandbox: Sandbox) -> list[str]:
    """The names of all that is in the clouds and was not there before."""
    world = sandbox.world
    (tenant,) = directory(world).tenants.values()
    collections = ("applications", "servicePrincipals", "claimsMappingPolicies", "deletedItems")
    names = [str(each.get("displayName")) for name in collections for each in tenant[name].current()]
    names += list(world.state(Iam).providers.all_latest())
    for instance in world.state(Connect).instances.values():
        names += [instance.alias, *instance.usernames]
    known = ("telltale", "Telltale", "Microsoft Graph")
    return [name for name in names if not name.startswith(known)]
