# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._domain import arns
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

ACCOUNT = "123456789012"
INSTANCE = "11111111-2222-3333-4444-555555555555"
INSTANCE_ARN = f"arn:aws:connect:eu-central-1:{ACCOUNT}:instance/{INSTANCE}"


@pytest.mark.parametrize(
    ("built", "expected", "parse"),
    [
        (
            arns.role_arn("aws", ACCOUNT, "Connect.Agent"),
            f"arn:aws:iam::{ACCOUNT}:role/Connect.Agent",
            arns.parse_role_arn,
        ),
        (
            arns.role_arn("aws", ACCOUNT, "Agent", "/a/b/"),
            f"arn:aws:iam::{ACCOUNT}:role/a/b/Agent",
            arns.parse_role_arn,
        ),
        (
            arns.saml_provider_arn("aws-us-gov", ACCOUNT, "Entra"),
            f"arn:aws-us-gov:iam::{ACCOUNT}:saml-provider/Entra",
            arns.parse_saml_provider_arn,
        ),
        (
            arns.connect_instance_arn("aws", "eu-central-1", ACCOUNT, INSTANCE),
            INSTANCE_ARN,
            arns.parse_connect_instance_arn,
        ),
        (arns.connect_user_arn(INSTANCE_ARN, "u-1"), f"{INSTANCE_ARN}/agent/u-1", arns.parse_connect_user_arn),
    ],
)
def test_what_is_built_is_parsed_again(built: str, expected: str, parse: t.Callable[[str], arns.Arn]) -> None:
    assert built == expected
    assert str(parse(built)) == built


def test_the_parts_of_a_role() -> None:
    role = arns.parse_role_arn(f"arn:aws:iam::{ACCOUNT}:role/team/a/Agent")
    assert (role.kind, role.path, role.name, role.account, role.partition) == (
        "role",
        "/team/a/",
        "Agent",
        ACCOUNT,
        "aws",
    )
    assert arns.parse_role_arn(f"arn:aws:iam::{ACCOUNT}:role/Agent").path == "/"


def test_the_parts_of_a_user() -> None:
    user = arns.parse_connect_user_arn(f"{INSTANCE_ARN}/agent/u-1")
    assert (user.kind, user.instance_id, user.name, user.region) == ("agent", INSTANCE, "u-1", "eu-central-1")


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (arns.parse_arn, "Agent", "is not an ARN"),
        (arns.parse_arn, "arn:aws:iam", "is not an ARN"),
        (arns.parse_arn, f"arn:aws:iam::{ACCOUNT}:", "is not an ARN"),
        (arns.parse_arn, f"arn:aws-iso:iam::{ACCOUNT}:role/A", "names the partition 'aws-iso'"),
        (arns.parse_role_arn, f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra", "not the ARN of an IAM role"),
        (arns.parse_role_arn, f"arn:aws:iam::{ACCOUNT}:role", "not the ARN of an IAM role"),
        (arns.parse_role_arn, f"arn:aws:iam:eu-west-1:{ACCOUNT}:role/A", "not the ARN of an IAM role"),
        (arns.parse_role_arn, "arn:aws:iam::1234:role/A", "not the id of an AWS account"),
        (arns.parse_role_arn, f"arn:aws:iam::{ACCOUNT}:role/a b", "not a name for an IAM role"),
        (arns.parse_role_arn, f"arn:aws:iam::{ACCOUNT}:role/", "not a name for an IAM role"),
        (arns.parse_saml_provider_arn, f"arn:aws:iam::{ACCOUNT}:role/A", "not the ARN of an IAM SAML provider"),
        (
            arns.parse_saml_provider_arn,
            f"arn:aws:iam::{ACCOUNT}:saml-provider/a/b",
            "not a name for an IAM SAML provider",
        ),
        (arns.parse_connect_instance_arn, f"{INSTANCE_ARN}/agent/u-1", "not the ARN of an Amazon Connect instance"),
        (
            arns.parse_connect_instance_arn,
            f"arn:aws:connect:eu-central-1:{ACCOUNT}:instance/x",
            "not the id of an Amazon Connect instance",
        ),
        (
            arns.parse_connect_instance_arn,
            f"arn:aws:connect::{ACCOUNT}:instance/{INSTANCE}",
            "not the ARN of an Amazon Connect instance",
        ),
        (arns.parse_connect_user_arn, INSTANCE_ARN, "not the ARN of an Amazon Connect user"),
    ],
)
def test_what_is_not_the_arn(parse: t.Callable[[str], arns.Arn], text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse(text)


@pytest.mark.parametrize("path", ["", "team/", "/team", "/a b/", "/" + "a" * 511 + "/"])
def test_a_path_that_iam_refuses(path: str) -> None:
    with pytest.raises(InvalidInput, match="path of an IAM role"):
        arns.role_arn("aws", ACCOUNT, "Agent", path)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (arns.check_role_name, "a" * 64, "a" * 65),
        (arns.check_saml_provider_name, "a" * 128, "a" * 129),
        (arns.check_saml_provider_name, "Entra_1.x-y", "En tra"),
        (arns.check_account, "000000000001", "1"),
        (arns.check_account, ACCOUNT, ACCOUNT + "\n"),
        (arns.check_instance_id, INSTANCE.upper(), INSTANCE[:-1]),
    ],
)
def test_names(check: t.Callable[[str], str], good: str, bad: str) -> None:
    assert check(good) == good
    with pytest.raises(InvalidInput):
        check(bad)


def test_the_home_of_an_arn() -> None:
    role = arns.parse_role_arn(f"arn:aws:iam::{ACCOUNT}:role/Agent")
    assert arns.check_home(role) is role
    assert arns.check_home(role, partition="aws", account=ACCOUNT) is role
    with pytest.raises(InvalidInput, match="names the account 123456789012, but the federation's is 210987654321"):
        arns.check_home(role, account="210987654321")
    with pytest.raises(InvalidInput, match="names the partition aws, but the federation's is aws-us-gov"):
        arns.check_home(role, partition="aws-us-gov")
    with pytest.raises(InvalidInput, match="names the Region eu-central-1, but the federation's is us-east-1"):
        arns.check_home(arns.parse_connect_instance_arn(INSTANCE_ARN), region="us-east-1")
