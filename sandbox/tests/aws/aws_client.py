# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""boto3 clients of the sandbox, and its seeds."""

from __future__ import annotations

import typing as t

import boto3
import botocore.config

from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox

ACCOUNT = "111122223333"
GOVERNMENT = "444455556666"
REGION = "us-west-2"
KEY, SECRET = "AKIASANDBOXTESTS0001", "not-a-real-secret"
GOVERNMENT_KEY = "AKIASANDBOXTESTS0002"


def account(account: str, partition: str, key: str) -> dict[str, t.Any]:
    return {"id": account, "partition": partition, "access_keys": [{"id": key, "secret": SECRET}]}


def seed(sandbox: Sandbox, **content: t.Any) -> dict[str, t.Any]:
    """Fill AWS; what the seed made."""
    return t.cast("dict[str, t.Any]", clouds.seed(sandbox.world, {"aws": content})["aws"])


def client(service: str, *, region: str = REGION, key: str = KEY, secret: str = SECRET, **more: t.Any) -> t.Any:
    """A boto3 client that does not retry, so that a test sees the first answer."""
    config = botocore.config.Config(retries={"total_max_attempts": 1}, **more.pop("config", {}))
    session = boto3.Session(key, secret, more.pop("token", None), region_name=region)
    return session.client(service, config=config, **more)


def loose(service: str, **more: t.Any) -> t.Any:
    """A client that checks nothing itself, so that the sandbox must."""
    return client(service, config={"parameter_validation": False}, **more)
