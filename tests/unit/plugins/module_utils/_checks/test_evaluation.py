# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._checks.evaluation import Request, evaluate

INSTANCE: t.Final = "arn:aws:connect:eu-central-1:111122223333:instance/i"
USER: t.Final = "AROA:jane@example.com"
REQUEST: t.Final = Request(
    "connect:GetFederationToken",
    f"{INSTANCE}/user/{USER}",
    {
        "aws:userid": (USER,),
        "aws:username": (),
        "aws:securetransport": ("true",),
        "connect:instanceid": ("i",),
        "aws:tagkeys": ("Team", "Site"),
        "aws:currenttime": ("2026-11-26T12:00:00Z",),
        "aws:epochtime": ("1795694400",),
        "aws:multifactorauthage": (),
        "aws:principaltag/site": ("Berlin",),
    },
    complete=("aws:principaltag/",),
)


def statement(**elements: t.Any) -> dict[str, t.Any]:
    """One that allows, but for what is given."""
    healthy = {
        "Effect": "Allow",
        "Action": "connect:GetFederationToken",
        "Resource": f"{INSTANCE}/user/${{aws:userid}}",
    }
    return {name: value for name, value in {**healthy, **elements}.items() if value is not None}


def verdict(*statements: dict[str, t.Any], version: str | None = "2012-10-17", request: Request = REQUEST) -> str:
    policy = {"Statement": list(statements)} | ({"Version": version} if version else {})
    return evaluate({"policy": policy}, request).effect


def when(operator: str, key: str, *values: t.Any) -> dict[str, t.Any]:
    return statement(Resource="*", Condition={operator: {key: list(values)}})


@pytest.mark.parametrize(
    ("elements", "effect"),
    [
        ({}, "allow"),
        ({"Action": "Connect:getfederationtoken"}, "allow"),
        ({"Action": ["s3:*", "connect:Get*"]}, "allow"),
        ({"Action": "connect:Get?ederationToken"}, "allow"),
        ({"Action": "connect:GetFederationTokens"}, "silent"),
        ({"Action": None, "NotAction": "iam:*"}, "allow"),
        ({"Action": None, "NotAction": "connect:*"}, "silent"),
        ({"Action": None}, "silent"),
        ({"Resource": "*"}, "allow"),
        ({"Resource": [INSTANCE, f"{INSTANCE}/user/*:jane@example.com"]}, "allow"),
        ({"Resource": f"{INSTANCE}/agent/${{aws:userid}}"}, "silent"),
        ({"Resource": f"{INSTANCE}/USER/${{aws:userid}}"}, "silent"),
        ({"Resource": f"{INSTANCE}/user/${{aws:username}}"}, "silent"),
        ({"Resource": f"{INSTANCE}/user/${{aws:PrincipalTag/Agent}}"}, "silent"),
        ({"Resource": f"{INSTANCE}/user/${{aws:SourceVpc}}"}, "unknown"),
        ({"Resource": f"{INSTANCE}/user/${{*}}"}, "silent"),
        ({"Resource": None, "NotResource": "arn:aws:s3:::*"}, "allow"),
        ({"Resource": None, "NotResource": f"{INSTANCE}/*"}, "silent"),
        ({"Effect": "Deny"}, "deny"),
        ({"Effect": "allow"}, "silent"),
        ({"Sid": "One", "Tomorrow": True}, "unknown"),
    ],
)
def test_a_statement(elements: dict[str, t.Any], effect: str) -> None:
    assert verdict(statement(**elements)) == effect


@pytest.mark.parametrize(
    ("operator", "key", "values", "effect"),
    [
        ("StringEquals", "connect:InstanceId", ("i",), "allow"),
        ("StringEquals", "CONNECT:instanceid", ("h", "i"), "allow"),
        ("StringEquals", "connect:InstanceId", ("I",), "silent"),
        ("StringEquals", "connect:InstanceId", ("*",), "silent"),
        ("StringEqualsIgnoreCase", "connect:InstanceId", ("I",), "allow"),
        ("StringNotEquals", "connect:InstanceId", ("i",), "silent"),
        ("StringNotEquals", "connect:InstanceId", ("h",), "allow"),
        ("StringLike", "aws:userid", ("AROA:*",), "allow"),
        ("StringNotLike", "aws:userid", ("AROA:*",), "silent"),
        ("StringLike", "aws:userid", ("${aws:userid}",), "allow"),
        ("ArnLike", "aws:userid", ("*:jane@*",), "allow"),
        ("Bool", "aws:SecureTransport", (True,), "allow"),
        ("Bool", "aws:SecureTransport", ("False",), "silent"),
        ("Null", "aws:username", ("true",), "allow"),
        ("Null", "aws:userid", (True,), "silent"),
        ("Null", "aws:userid", ("false",), "allow"),
        ("StringEquals", "aws:username", ("jane",), "silent"),
        ("StringNotEquals", "aws:username", ("jane",), "allow"),
        ("StringEqualsIfExists", "aws:username", ("jane",), "allow"),
        ("StringEqualsIfExists", "connect:InstanceId", ("h",), "silent"),
        ("ForAllValues:StringEquals", "aws:TagKeys", ("Team", "Site"), "allow"),
        ("ForAllValues:StringEquals", "aws:TagKeys", ("Team",), "silent"),
        ("ForAllValues:StringEquals", "aws:username", ("jane",), "allow"),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ("Team",), "allow"),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ("Floor",), "silent"),
        ("ForAnyValue:StringEquals", "aws:username", ("jane",), "silent"),
        ("StringEquals", "aws:SourceIp", ("192.0.2.1",), "unknown"),
        ("StringEquals", "connect:InstanceId", ("${aws:SourceVpc}",), "unknown"),
        ("StringNotEquals", "connect:InstanceId", ("${aws:SourceVpc}",), "unknown"),
        ("IpAddress", "aws:SourceIp", ("192.0.2.0/24",), "unknown"),
        ("DateLessThan", "aws:CurrentTime", ("2030-01-01",), "allow"),
        ("DateLessThan", "aws:CurrentTime", ("2026-01-01T00:00:00Z",), "silent"),
        ("DateGreaterThanEquals", "aws:CurrentTime", ("2026-11-26T12:00:00+00:00",), "allow"),
        ("DateNotEquals", "aws:CurrentTime", ("2026-11-26T12:00:00Z",), "silent"),
        ("DateLessThan", "aws:EpochTime", (1900000000,), "allow"),
        ("DateLessThan", "aws:CurrentTime", ("tomorrow",), "unknown"),
        ("DateLessThan", "aws:CurrentTime", ("٢٠٣٠",), "unknown"),
        ("NumericLessThan", "aws:MultiFactorAuthAge", (3600,), "silent"),
        ("NumericLessThanIfExists", "aws:MultiFactorAuthAge", (3600,), "allow"),
        ("NumericGreaterThan", "aws:EpochTime", ("5.5",), "allow"),
        ("NumericEquals", "aws:CurrentTime", (5,), "unknown"),
        ("stringequals", "connect:InstanceId", ("i",), "allow"),
        ("STRINGNOTEQUALSIFEXISTS", "connect:InstanceId", ("i",), "silent"),
        ("forallvalues:stringequals", "aws:TagKeys", ("Team", "Site"), "allow"),
        ("ForAnyValue:StringNotEquals", "aws:username", ("jane",), "silent"),
        ("ForAnyValue:StringEqualsIfExists", "aws:username", ("jane",), "silent"),
        ("BinaryEquals", "aws:userid", ("QQ==",), "unknown"),
        ("StringEquals", "aws:PrincipalTag/Site", ("Berlin",), "allow"),
        ("StringEquals", "aws:principaltag/team", ("Sales",), "silent"),
        ("Null", "aws:PrincipalTag/Team", ("true",), "allow"),
        ("StringEquals", "aws:PrincipalTag/Site", ("${aws:PrincipalTag/Team, 'Berlin'}",), "allow"),
        ("StringEquals", "aws:PrincipalTag/Site", ("${aws:PrincipalTag/Team}",), "silent"),
    ],
)
def test_a_condition(operator: str, key: str, values: tuple[t.Any, ...], effect: str) -> None:
    assert verdict(when(operator, key, *values)) == effect


def test_statements_together() -> None:
    allow, deny, doubt = (
        statement(),
        statement(Effect="Deny", Resource="*"),
        when("IpAddress", "aws:SourceIp", "192.0.2.0/24"),
    )
    silent = statement(Action="s3:*")
    assert verdict(allow, deny) == "deny"
    assert verdict(allow, {**doubt, "Effect": "Deny"}) == "unknown"
    assert verdict(deny, {**doubt, "Effect": "Deny"}) == "deny"
    assert verdict(doubt, allow) == "allow"
    assert verdict(doubt, silent) == "unknown"
    assert verdict(silent) == "silent"
    assert verdict() == "silent"
    assert evaluate({"one": {"Version": "2012-10-17", "Statement": statement()}}, REQUEST).effect == "allow"


@pytest.mark.parametrize(
    "policy",
    [
        {"Statement": "Allow"},
        {"Statement": [["Allow"]]},
        {"Statement": [None]},
        {"Statement": statement(Condition="aws:userid")},
        {"Statement": statement(Condition={"StringEquals": "aws:userid"})},
        {"Statement": statement(Condition={"StringEquals": None})},
    ],
)
def test_what_has_no_form_of_iam_is_unknown(policy: dict[str, t.Any]) -> None:
    verdict = evaluate({"policy": {"Version": "2012-10-17", **policy}}, REQUEST)
    assert verdict.effect == "unknown"
    assert "not an object" in verdict.why


def test_what_it_rests_on_is_named() -> None:
    policy = {"Version": "2012-10-17", "Statement": [statement(Action="s3:*"), statement(Sid="Stop", Effect="Deny")]}
    assert evaluate({"one": policy}, REQUEST).why == "one, Stop"
    assert evaluate({"one": {"Version": "2012-10-17", "Statement": [statement()]}}, REQUEST).why == "one, statement 1"
    assert "aws:SourceIp" in evaluate({"one": {"Statement": [when("StringEquals", "aws:SourceIp", "x")]}}, REQUEST).why


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_old_policies_have_no_variables(version: str | None) -> None:
    assert verdict(statement(), version=version) == "silent"
    assert verdict(statement(Resource="*"), version=version) == "allow"


@pytest.mark.parametrize(
    ("principal", "effect"),
    [
        ({"Principal": {"Federated": "provider"}}, "allow"),
        ({"Principal": {"Federated": ["other", "provider"]}}, "allow"),
        ({"Principal": {"Federated": "Provider"}}, "silent"),
        ({"Principal": "*"}, "allow"),
        ({"Principal": {"AWS": "*"}}, "allow"),
        ({"Principal": {"AWS": "111122223333"}}, "silent"),
        ({"NotPrincipal": {"Federated": "provider"}}, "silent"),
        ({"NotPrincipal": {"AWS": "111122223333"}}, "allow"),
        ({"Principal": ["provider"]}, "unknown"),
        ({"NotPrincipal": "provider"}, "unknown"),
        ({}, "silent"),
    ],
)
def test_whom_a_trust_policy_names(principal: dict[str, t.Any], effect: str) -> None:
    request = Request("sts:AssumeRoleWithSAML", facts={}, principal="provider")
    assert verdict({"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", **principal}, request=request) == effect
