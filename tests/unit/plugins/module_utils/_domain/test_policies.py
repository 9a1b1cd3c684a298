# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import typing as t
from urllib.parse import quote

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._domain import policies
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

PROVIDER = "arn:aws:iam::123456789012:saml-provider/Entra"
OTHER_PROVIDER = "arn:aws:iam::123456789012:saml-provider/EntraNew"
GLOBAL = "https://signin.aws.amazon.com/saml"
REGIONAL = "https://eu-central-1.signin.aws.amazon.com/saml"
INSTANCE = "11111111-2222-3333-4444-555555555555"
INSTANCE_ARN = f"arn:aws:connect:eu-central-1:123456789012:instance/{INSTANCE}"
OTHER_ARN = INSTANCE_ARN[:-1] + "6"


def test_the_usual_trust_policy() -> None:
    assert policies.trust_policy([PROVIDER], [GLOBAL]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ConnectFederation",
                "Effect": "Allow",
                "Principal": {"Federated": PROVIDER},
                "Action": "sts:AssumeRoleWithSAML",
                "Condition": {"StringEquals": {"SAML:aud": GLOBAL}},
            }
        ],
    }


def test_a_trust_policy_with_everything() -> None:
    policy = policies.trust_policy(
        [PROVIDER, OTHER_PROVIDER, PROVIDER], [GLOBAL, REGIONAL], tag_session=True, set_source_identity=True
    )
    statement = policy["Statement"][0]
    assert statement["Principal"] == {"Federated": [PROVIDER, OTHER_PROVIDER]}
    assert statement["Action"] == ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"]
    assert statement["Condition"] == {"StringEquals": {"SAML:aud": [GLOBAL, REGIONAL]}}


def test_a_pattern_among_the_reply_urls() -> None:
    url = f"https://{INSTANCE}.us-east-1.sign-in.connect.aws/saml*"
    assert policies.trust_policy([PROVIDER], [url])["Statement"][0]["Condition"] == {"StringLike": {"SAML:aud": url}}


@pytest.mark.parametrize(("providers", "urls"), [([], [GLOBAL]), ([PROVIDER], []), (["Entra"], [GLOBAL])])
def test_a_trust_policy_that_cannot_be(providers: list[str], urls: list[str]) -> None:
    with pytest.raises(InvalidInput):
        policies.trust_policy(providers, urls)


def test_the_documented_permission() -> None:
    assert policies.permission_policy([INSTANCE_ARN])["Statement"] == [
        {
            "Sid": "ConnectSignIn",
            "Effect": "Allow",
            "Action": "connect:GetFederationToken",
            "Resource": INSTANCE_ARN + "/user/${aws:userid}",
        }
    ]
    several = policies.permission_policy([INSTANCE_ARN, OTHER_ARN])["Statement"][0]["Resource"]
    assert several == [INSTANCE_ARN + "/user/${aws:userid}", OTHER_ARN + "/user/${aws:userid}"]


def test_the_permission_by_instance_id() -> None:
    assert policies.permission_policy_by_instance_id([INSTANCE])["Statement"][0]["Condition"] == {
        "StringEquals": {"connect:InstanceId": INSTANCE}
    }


@pytest.mark.parametrize(
    ("build", "arguments"),
    [
        (policies.permission_policy, []),
        (policies.permission_policy, [PROVIDER]),
        (policies.permission_policy_by_instance_id, []),
        (policies.permission_policy_by_instance_id, ["agents"]),
    ],
)
def test_a_permission_that_cannot_be(build: t.Callable[[list[str]], t.Any], arguments: list[str]) -> None:
    with pytest.raises(InvalidInput):
        build(arguments)


BASE = policies.trust_policy([PROVIDER, OTHER_PROVIDER], [GLOBAL])


def changed(change: t.Callable[[dict[str, t.Any]], t.Any]) -> dict[str, t.Any]:
    """BASE with one change made to its statement."""
    policy = copy.deepcopy(BASE)
    change(policy["Statement"][0])
    return policy


@pytest.mark.parametrize(
    "other",
    [
        BASE,
        json.dumps(BASE, indent=4),
        quote(json.dumps(BASE)),
        {"Statement": BASE["Statement"][0], "Version": "2012-10-17"},
        BASE | {"Statement": BASE["Statement"] * 2},
        BASE | {"Id": "trust"},
        changed(lambda s: s.pop("Sid")),
        changed(lambda s: s.update(Action=["STS:assumerolewithsaml"])),
        changed(lambda s: s["Principal"]["Federated"].reverse()),
        changed(lambda s: s.update(Condition={"stringequals": {"saml:AUD": [GLOBAL]}})),
        changed(lambda s: s["Condition"].update(Bool={})),
    ],
)
def test_policies_that_mean_the_same(other: t.Any) -> None:
    assert policies.same_meaning(BASE, other)
    assert policies.same_meaning(other, BASE)


@pytest.mark.parametrize(
    "other",
    [
        {"Statement": BASE["Statement"]},
        {"Version": "2012-10-17"},
        changed(lambda s: s.update(Effect="Deny")),
        changed(lambda s: s.update(Action=["sts:AssumeRoleWithSAML", "sts:TagSession"])),
        changed(lambda s: s.update(Principal={"Federated": PROVIDER})),
        changed(lambda s: s.update(Principal="*")),
        changed(lambda s: s.update(Principal={"Federated": [PROVIDER, OTHER_PROVIDER.lower()]})),
        changed(lambda s: s.pop("Condition")),
        changed(lambda s: s.update(Condition={"StringLike": {"SAML:aud": GLOBAL}})),
        changed(lambda s: s.update(Condition={"StringEquals": {"SAML:aud": [GLOBAL, REGIONAL]}})),
        changed(lambda s: s.update(Resource="*")),
    ],
)
def test_policies_that_mean_something_else(other: t.Any) -> None:
    assert not policies.same_meaning(BASE, other)


@pytest.mark.parametrize(
    ("statement", "other"),
    [
        ({"Resource": "a"}, {"Resource": ["a"]}),
        ({"Principal": "*"}, {"Principal": {"AWS": "*"}}),
        (
            {"Condition": {"Bool": {"aws:SecureTransport": True}}},
            {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        ),
        ({"Condition": {}}, {}),
        ({"NotAction": "A:b"}, {"NotAction": ["a:B"]}),
    ],
)
def test_statements_that_mean_the_same(statement: dict[str, t.Any], other: dict[str, t.Any]) -> None:
    assert policies.same_meaning({"Statement": statement}, {"Statement": [other]})


@pytest.mark.parametrize("text", ["", "{", "%7B", "[]", "3", '{"Statement": ["x"]}'])
def test_what_is_no_policy(text: str) -> None:
    with pytest.raises(InvalidInput):
        policies.same_meaning(text, BASE)


def test_a_plus_in_decoded_json_stays_a_plus() -> None:
    assert policies.parse('{"Statement": [], "a": "b+c%20"}') == {"Statement": [], "a": "b+c%20"}
    assert policies.parse(quote('{"Statement": [], "a": "b+c"}')) == {"Statement": [], "a": "b+c"}


def test_a_policy_as_a_string_within_json() -> None:
    assert policies.parse(json.dumps(json.dumps(BASE))) == BASE


@pytest.mark.parametrize(
    ("answer", "query"),
    [
        ({"Role": {"RoleName": "r", "AssumeRolePolicyDocument": BASE}}, "Role.AssumeRolePolicyDocument"),
        ({"RoleName": "r", "AssumeRolePolicyDocument": BASE}, "AssumeRolePolicyDocument"),
        ({"RoleName": "r", "PolicyName": "p", "PolicyDocument": BASE}, "PolicyDocument"),
        ({"PolicyVersion": {"Document": BASE, "VersionId": "v1"}}, "PolicyVersion.Document"),
        ({"Roles": [{"AssumeRolePolicyDocument": BASE}]}, "Roles[0].AssumeRolePolicyDocument"),
    ],
)
def test_a_whole_answer_is_named_as_one(answer: dict[str, t.Any], query: str) -> None:
    with pytest.raises(InvalidInput, match="whole answer of AWS's command line") as caught:
        policies.parse(json.dumps(answer), "trust policy")
    assert f"--query {query} " in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "an array"),
        ("3", "a number"),
        ("true", "a truth value"),
        ("null", "null"),
        ('"\\"x\\""', "a text"),
        ("{}", "an object with nothing"),
        ('{"Version": "2012-10-17"}', "an object with Version"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_other_json_is_named_as_what_it_is(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        policies.parse(text)


@pytest.mark.parametrize(
    "statement",
    [
        {"Condition": "x"},
        {"Condition": {"StringEquals": "x"}},
        {"Principal": ["x"]},
        {"NotPrincipal": 3},
        ["Effect"],
        None,
    ],
)
def test_a_statement_of_another_form_is_refused(statement: t.Any) -> None:
    with pytest.raises(InvalidInput, match="not an object"):
        policies.same_meaning({"Statement": [statement]}, BASE)


def test_the_limit_of_a_trust_policy() -> None:
    room = policies.TRUST_LIMIT - len(policies.dump(policies.trust_policy([PROVIDER], [GLOBAL])))
    policies.check_trust_size(policies.trust_policy([PROVIDER], [GLOBAL + "x" * room]))
    with pytest.raises(InvalidInput, match="would have 2049 characters; IAM allows 2048"):
        policies.check_trust_size(policies.trust_policy([PROVIDER], [GLOBAL + "x" * (room + 1)]))


GLOBAL = "https://signin.aws.amazon.com/saml"
LABELLED = "https://us-east-1.signin.aws.amazon.com/saml"


@pytest.mark.parametrize(
    ("desired", "trusted", "expected"),
    [
        ([GLOBAL], [LABELLED], [GLOBAL, LABELLED]),
        ([GLOBAL], [GLOBAL, LABELLED], [GLOBAL, LABELLED]),
        ([GLOBAL], [GLOBAL], GLOBAL),
        ([GLOBAL], ["https://eu-west-2.signin.aws.amazon.com/saml"], GLOBAL),
        ([LABELLED], [GLOBAL], LABELLED),
        ([GLOBAL, LABELLED], [LABELLED], [GLOBAL, LABELLED]),
        (["https://eu-west-2.signin.aws.amazon.com/saml"], [LABELLED], "https://eu-west-2.signin.aws.amazon.com/saml"),
    ],
)
def test_the_other_spelling_of_us_east_1_stays_trusted(desired: list[str], trusted: list[str], expected: t.Any) -> None:
    provider = "arn:aws:iam::123456789012:saml-provider/Entra"
    after = policies.with_former_spelling(
        policies.trust_policy([provider], desired), policies.trust_policy([provider], trusted)
    )
    assert after["Statement"][0]["Condition"] == {"StringEquals": {"SAML:aud": expected}}


def test_a_trust_policy_of_any_form_is_looked_at() -> None:
    desired = policies.trust_policy(["arn:aws:iam::123456789012:saml-provider/Entra"], [GLOBAL])
    for other in (
        {},
        {"Statement": None},
        {"Statement": ["x", {"Condition": []}, {"Condition": {"StringEquals": "x"}}]},
    ):
        assert policies.with_former_spelling(desired, other) == desired
