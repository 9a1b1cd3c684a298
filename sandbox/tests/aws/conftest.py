# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sandbox with two accounts and an instance, called with boto3 through the proxy as a real cloud would be."""

from __future__ import annotations

import collections.abc
import typing as t

import botocore.exceptions
import pytest
from aws_client import ACCOUNT, GOVERNMENT, GOVERNMENT_KEY, KEY, REGION, account, client, seed

from federation_sandbox.testing import Sandbox, running_sandbox

Refused = t.Callable[..., t.Any]


@pytest.fixture(scope="session")
def running() -> collections.abc.Iterator[Sandbox]:
    """One front for all tests; each begins with an empty world."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, empty but for the accounts; limits are off unless a test turns them on, and only tests move the
    clock.
    """
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    for name in (
        "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    running.world.reset()
    running.world.clock.hold()
    running.world.settings.limits = False
    seed(running, accounts=[account(ACCOUNT, "aws", KEY), account(GOVERNMENT, "aws-us-gov", GOVERNMENT_KEY)])
    return running


@pytest.fixture
def iam(sandbox: Sandbox) -> t.Any:
    """IAM."""
    return client("iam")


@pytest.fixture
def connect(sandbox: Sandbox) -> t.Any:
    """Amazon Connect."""
    return client("connect")


@pytest.fixture
def instance(sandbox: Sandbox) -> dict[str, t.Any]:
    """A SAML instance with a hierarchy."""
    groups = ["Berlin", "Berlin/Sales", "Munich", "Munich/Sales"]
    seeded = seed(
        sandbox,
        instances=[
            {
                "account": ACCOUNT,
                "region": REGION,
                "alias": "acme",
                "hierarchy": {"levels": ["Site", "Team"], "groups": groups},
                "predefined_attributes": {"Language": ["German", "English"]},
            }
        ],
    )
    return t.cast("dict[str, t.Any]", seeded["instances"][0])


@pytest.fixture
def refused() -> Refused:
    """Call, be refused, and look at the error: refused(call, code, text, status, **parameters)."""

    def call(
        operation: t.Callable[..., t.Any], code: str, text: str = "", status: int = 400, **parameters: t.Any
    ) -> t.Any:
        with pytest.raises(botocore.exceptions.ClientError) as raised:
            operation(**parameters)
        response = raised.value.response
        assert response["Error"]["Code"] == code, response
        assert text in response["Error"]["Message"], response
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status, response
        assert response["ResponseMetadata"]["RequestId"]
        return response

    return call
