# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An AWS account in the sandbox with a contact centre: what the modules are given, and boto3 to look behind them."""

from __future__ import annotations

import dataclasses
import typing as t

import boto3
from botocore.config import Config

from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox
from support import ModuleResult, run_module

ACCOUNT: t.Final = "111122223333"
KEY: t.Final = {"id": "AKIACONTACTCENTRE", "secret": "a-secret-of-the-sandbox"}


def person(settings: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A user for the seed, or an option of a module, with what every agent has."""
    return {
        "first_name": "Jane",
        "last_name": "Doe",
        "security_profiles": ["Agent"],
        "routing_profile": "Basic Routing Profile",
        **settings,
    }


@dataclasses.dataclass
class Centre:
    """One instance, in an account of its own."""

    sandbox: Sandbox
    region: str
    seeded: dict[str, t.Any]

    @property
    def environment(self) -> dict[str, str]:
        """What a module's process needs to reach the account."""
        keys = {"AWS_ACCESS_KEY_ID": KEY["id"], "AWS_SECRET_ACCESS_KEY": KEY["secret"], "AWS_REGION": self.region}
        return {**self.sandbox.environment, **keys}

    @property
    def id(self) -> str:
        """The instance's id."""
        return str(self.seeded["id"])

    def run(self, module: str, params: t.Mapping[str, t.Any], *, check: bool = False) -> ModuleResult:
        """Run a module on the instance; in check mode the sandbox refuses every write, and none is even tried."""
        self.sandbox.world.traffic.clear()
        self.sandbox.world.settings.change({"refuse_writes": check})
        try:
            result = run_module(module, params, self.environment, check=check)
        finally:
            self.sandbox.world.settings.change({"refuse_writes": False})
        if check:
            assert self.sandbox.world.traffic.writes() == []
        assert KEY["secret"] not in result.raw
        return result

    def requests(self) -> list[str]:
        """The operations that the last module called."""
        return [entry["operation"] for entry in self.sandbox.world.traffic.requests()]

    def writes(self) -> list[str]:
        """The writes among them."""
        return [entry["operation"] for entry in self.sandbox.world.traffic.writes()]

    def connect(self) -> t.Any:
        """boto3's own client."""
        return boto3.client(
            "connect",
            region_name=self.region,
            aws_access_key_id=KEY["id"],
            aws_secret_access_key=KEY["secret"],
            verify=self.sandbox.environment["AWS_CA_BUNDLE"],
            config=Config(proxies={"https": self.sandbox.url}, retries={"mode": "standard", "max_attempts": 10}),
        )

    def user(self, username: str) -> dict[str, t.Any] | None:
        """A user as boto3 reads it."""
        connect = self.connect()
        listed = connect.get_paginator("list_users").paginate(InstanceId=self.id).build_full_result()["UserSummaryList"]
        ids = [user["Id"] for user in listed if user["Username"] == username]
        return connect.describe_user(InstanceId=self.id, UserId=ids[0])["User"] if ids else None


def seed_centre(
    sandbox: Sandbox, *, region: str = "us-west-2", partition: str = "aws", limits: bool = False, **instance: t.Any
) -> Centre:
    """Seed an account with one instance."""
    quotas = instance.pop("quotas", {"instances": 50, "users": 20_000})
    account = {"id": ACCOUNT, "partition": partition, "access_keys": [KEY], "quotas": quotas}
    place = {"account": ACCOUNT, "region": region, "alias": "example-service"}
    seeded = clouds.seed(sandbox.world, {"aws": {"accounts": [account], "instances": [{**place, **instance}]}})
    sandbox.world.settings.change({"limits": limits})
    return Centre(sandbox, region, seeded["aws"]["instances"][0])
