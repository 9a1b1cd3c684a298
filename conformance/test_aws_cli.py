# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The AWS CLI, by the commands of the field's hand-made guides (facts/aws.md 1 and 2)."""

from __future__ import annotations

import collections.abc
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from contact_centre import ACCOUNT, KEY, Centre, seed_centre
from federation_sandbox.testing import Sandbox
from saml_factory import make_certificate, make_metadata

Aws = collections.abc.Callable[..., t.Any]

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra"},
            "Action": "sts:AssumeRoleWithSAML",
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        }
    ],
}


@pytest.fixture
def contact_centre(sandbox: Sandbox) -> Centre:
    """An account with one instance, limited as AWS limits it."""
    return seed_centre(sandbox, limits=True)


@pytest.fixture
def aws(contact_centre: Centre) -> Aws:
    """Run a command: what it printed, or, with refused=, the error that it names."""
    command = Path(sys.executable).with_name("aws")
    environment = {
        **os.environ,
        **contact_centre.environment,
        "AWS_DEFAULT_REGION": contact_centre.region,
        "AWS_PAGER": "",
    }

    def run(*arguments: str, refused: str = "") -> t.Any:
        words = [sys.executable, command, *arguments, "--output", "json"]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=600, check=False)
        assert KEY["secret"] not in done.stdout + done.stderr
        if refused:
            assert done.returncode
            assert f"({refused})" in done.stderr
            return None
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    return run


def test_a_provider_and_a_role(aws: Aws, sandbox: Sandbox, tmp_path: Path) -> None:
    """2: what is missing and what is doubled is refused by name; the waiter outlasts replication"""
    assert aws("sts", "get-caller-identity")["Account"] == ACCOUNT
    (tmp_path / "metadata.xml").write_text(make_metadata(make_certificate()), encoding="utf-8")
    provider = ("--name", "Entra", "--saml-metadata-document", f"file://{tmp_path}/metadata.xml")
    role = ("--role-name", "Federation")
    aws(
        "iam",
        "create-role",
        *role,
        "--assume-role-policy-document",
        json.dumps(TRUST),
        refused="MalformedPolicyDocument",
    )
    arn = aws("iam", "create-saml-provider", *provider)["SAMLProviderArn"]
    aws("iam", "create-saml-provider", *provider, refused="EntityAlreadyExists")
    assert aws("iam", "list-saml-providers")["SAMLProviderList"][0]["Arn"] == arn
    sandbox.world.settings.change({"iam_replication": 1.0})
    aws("iam", "create-role", *role, "--assume-role-policy-document", json.dumps(TRUST))
    aws("iam", "wait", "role-exists", *role)
    assert aws("iam", "get-role", *role)["Role"]["AssumeRolePolicyDocument"] == TRUST
    aws("iam", "get-role", "--role-name", "Nobody", refused="NoSuchEntity")


def test_agents(aws: Aws, contact_centre: Centre) -> None:
    """1.3, 1.5"""
    instance = contact_centre.seeded
    where = ("--instance-id", instance["id"])
    described = aws("connect", "describe-instance", *where)["Instance"]
    assert (described["InstanceAlias"], described["IdentityManagementType"]) == ("example-service", "SAML")
    agent = (
        *("--phone-config", "PhoneType=SOFT_PHONE,AutoAccept=false,AfterContactWorkTimeLimit=0"),
        *("--security-profile-ids", instance["security_profiles"]["Agent"]),
        *("--routing-profile-id", instance["routing_profiles"]["Basic Routing Profile"]),
    )
    for name in ("jane@example.com", "john@example.com", "mary@example.com"):
        aws(
            "connect",
            "create-user",
            *where,
            "--username",
            name,
            "--identity-info",
            "FirstName=Jane,LastName=Doe",
            *agent,
        )
    email = "FirstName=Jane,LastName=Doe,Email=jane@example.com"
    aws(
        "connect",
        "create-user",
        *where,
        "--username",
        "x",
        "--identity-info",
        email,
        *agent,
        refused="InvalidParameterException",
    )
    aws(
        *(
            "connect",
            "create-user",
            *where,
            "--username",
            "jane@example.com",
            "--identity-info",
            "FirstName=Jane,LastName=Doe",
        ),
        *agent,
        refused="DuplicateResourceException",
    )
    listed = aws("connect", "list-users", *where, "--page-size", "1")["UserSummaryList"]
    assert [user["Username"] for user in listed] == ["jane@example.com", "john@example.com", "mary@example.com"]
    first_page = aws("connect", "list-users", *where, "--max-items", "2")
    rest = aws("connect", "list-users", *where, "--starting-token", first_page["NextToken"])
    assert first_page["UserSummaryList"] + rest["UserSummaryList"] == listed
    searched = aws("connect", "search-users", *where)["Users"]
    assert {user["Username"] for user in searched} == {user["Username"] for user in listed}
    user_option = ("--user-id", listed[0]["Id"])
    user_read = aws("connect", "describe-user", *where, *user_option)["User"]
    assert user_read["IdentityInfo"] == {"FirstName": "Jane", "LastName": "Doe"}
    aws("connect", "delete-user", *where, *user_option)
    aws("connect", "describe-user", *where, *user_option, refused="ResourceNotFoundException")
