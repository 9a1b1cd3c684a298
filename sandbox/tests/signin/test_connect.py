# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a role session in Amazon Connect, and the messages of facts/aws.md 4.4."""

from __future__ import annotations

import json
import typing as t

import botocore.exceptions
import pytest
from federation import ACCOUNT, ANN, JANE, PROVIDER, REGION, ROLE, Federation

from federation_sandbox import clouds, http_sign_in

DENIED = "Access denied, Please contact your AWS account administrator for assistance."
NOT_ONBOARDED = "Access Denied. Your account has been authenticated, but has not been onboarded to this application."


def message(signed_in: http_sign_in.SignIn) -> str:
    """What Amazon Connect says."""
    assert (signed_in.outcome, signed_in.hop) == ("connect-message", "connect"), signed_in
    return signed_in.text


# --- may the role? ---


def instance_arn(federation: Federation) -> str:
    return str(federation.instance["arn"])


@pytest.mark.parametrize(
    "change",
    [
        {"Action": "connect:GetFederationTokens"},
        {"Action": "connect:Describe*"},
        {
            "Resource": "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-000000000000"
            "/user/${aws:userid}"
        },
        {"Resource": "arn:aws:connect:us-west-2:*"},
        {"Resource": "arn:aws:connect:us-east-1:999900001111:*"},
        {
            "Resource": "*",
            "Condition": {"StringEquals": {"connect:InstanceId": "00000000-0000-4000-8000-000000000000"}},
        },
        {"Resource": "*", "Condition": {"StringEquals": {"aws:userid": "somebody"}}},
        {"Resource": "*", "Condition": {"StringEquals": {"connect:NoSuchKey": "x"}}},
        {"Effect": "Deny", "Resource": "*"},
    ],
    ids=lambda change: json.dumps(change)[:60],
)
def test_a_role_that_may_not(federation: Federation, change: dict[str, t.Any]) -> None:
    """facts/aws.md 4.3"""
    federation.permit(federation.statement(**change))
    assert message(federation.sign_in()) == DENIED


@pytest.mark.parametrize(
    "change",
    [
        {"Action": ["connect:DescribeUser", "connect:GetFederationToken"]},
        {"Action": "connect:Get*"},
        {"Action": "*"},
        {"Resource": "*"},
        {"Resource": "arn:aws:connect:*:*:instance/*/user/${aws:userid}"},
    ],
    ids=lambda change: json.dumps(change)[:60],
)
def test_a_role_that_may(federation: Federation, change: dict[str, t.Any]) -> None:
    """facts/aws.md 4.3"""
    federation.permit(federation.statement(**change))
    assert federation.sign_in().ok


def test_a_condition_on_the_instance(federation: Federation) -> None:
    """facts/aws.md 4.3: the second and third of the documented policies"""
    own = federation.instance["id"]
    for ids in (own, ["00000000-0000-4000-8000-000000000000", own]):
        federation.permit(federation.statement(Resource="*", Condition={"StringEquals": {"connect:InstanceId": ids}}))
        assert federation.sign_in().ok


def test_the_resource_is_the_user_of_the_session(federation: Federation) -> None:
    """facts/aws.md 4.3: /user/, not /agent/, and the id of the session, not its name"""
    for resource in (
        instance_arn(federation),
        f"{instance_arn(federation)}/agent/${{aws:userid}}",
        f"{instance_arn(federation)}/user/{JANE}",
    ):
        federation.permit(federation.statement(Resource=resource))
        assert message(federation.sign_in()) == DENIED
    role_id = federation.iam.get_role(RoleName="Federation")["Role"]["RoleId"]
    federation.permit(federation.statement(Resource=f"{instance_arn(federation)}/user/{role_id}:{JANE}"))
    assert federation.sign_in().ok
    assert message(federation.sign_in(ANN)) == DENIED


def test_an_explicit_deny_wins(federation: Federation) -> None:
    condition = {"StringLike": {"aws:userid": f"*:{JANE}"}}
    federation.permit(federation.statement(), federation.statement(Effect="Deny", Resource="*", Condition=condition))
    assert message(federation.sign_in()) == DENIED
    assert federation.sign_in(ANN).ok


def test_a_boundary_must_allow_too(federation: Federation) -> None:
    def bounded_by(name: str, action: str) -> None:
        document = json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
        )
        arn = federation.iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
        federation.iam.put_role_permissions_boundary(RoleName="Federation", PermissionsBoundary=arn)

    bounded_by("Narrow", "connect:Describe*")
    assert message(federation.sign_in()) == DENIED
    bounded_by("Wide", "connect:*")
    assert federation.sign_in().ok


def test_a_managed_policy_that_allows_every_read(federation: Federation) -> None:
    """facts/aws.md 4.3: AmazonConnectReadOnlyAccess has connect:Get*"""
    federation.iam.delete_role_policy(RoleName="Federation", PolicyName="Connect")
    assert message(federation.sign_in()) == DENIED
    federation.iam.attach_role_policy(
        RoleName="Federation", PolicyArn="arn:aws:iam::aws:policy/AmazonConnectReadOnlyAccess"
    )
    assert federation.sign_in().ok


def test_a_condition_on_a_tag_of_the_session(federation: Federation) -> None:
    """facts/aws.md 5.4: PrincipalTag"""
    federation.set_claims(*federation.claims(**{"PrincipalTag:Team": {"Value": "blue"}}))
    federation.set_trust(federation.trust(actions=["sts:AssumeRoleWithSAML", "sts:TagSession"]))
    federation.permit(federation.statement(Condition={"StringEquals": {"aws:PrincipalTag/Team": "red"}}))
    assert message(federation.sign_in()) == DENIED
    federation.permit(federation.statement(Condition={"StringEquals": {"aws:PrincipalTag/Team": "blue"}}))
    assert federation.sign_in().ok


# --- the relay state ---


@pytest.mark.parametrize("resource", ["*", None])
def test_an_instance_that_is_not_there(federation: Federation, resource: str | None) -> None:
    """facts/aws.md 4.4: which message depends on whether the policy names the instance"""
    federation.permit(federation.statement(**({"Resource": resource} if resource else {})))
    federation.set_relay_state(federation.relay_state(instance="00000000-0000-4000-8000-000000000000"))
    assert message(federation.sign_in()) == (NOT_ONBOARDED if resource else DENIED)


@pytest.mark.parametrize("resource", ["*", None])
def test_the_wrong_region(federation: Federation, resource: str | None) -> None:
    federation.permit(federation.statement(**({"Resource": resource} if resource else {})))
    federation.set_relay_state(federation.relay_state(region="us-west-2"))
    assert message(federation.sign_in()) == (NOT_ONBOARDED if resource else DENIED)


def test_a_region_without_amazon_connect(federation: Federation) -> None:
    """facts/aws.md 1.4"""
    federation.set_relay_state(federation.relay_state(region="eu-north-1"))
    assert message(federation.sign_in()) == "Amazon Connect is not in the Region eu-north-1."


def test_opening_the_instance_directly(federation: Federation) -> None:
    """facts/aws.md 4.1, 4.4"""
    for path in ("/", "/ccp-v2/", "/home", "/auth/sign-in?code=made-up"):
        assert (
            message(http_sign_in.visit(federation.sandbox.environment, f"https://acme.my.connect.aws{path}"))
            == "Session expired"
        )


def test_an_address_without_an_instance(federation: Federation) -> None:
    assert http_sign_in.visit(federation.sandbox.environment, "https://nobody.my.connect.aws/").status == 404


# --- the agent ---


def test_nobody_of_that_name(federation: Federation) -> None:
    federation.change_principal(appRoleAssignmentRequired=False)
    assert message(federation.sign_in("nobody@contoso.com")) == NOT_ONBOARDED


def test_a_name_in_another_case(federation: Federation) -> None:
    """facts/aws.md 3.1: usernames are case-sensitive"""
    federation.set_claims(*federation.claims(RoleSessionName={"Value": "Jane@contoso.com"}))
    assert message(federation.sign_in()) == NOT_ONBOARDED


def test_an_agent_who_was_deleted(federation: Federation) -> None:
    federation.connect.delete_user(InstanceId=federation.instance["id"], UserId=federation.instance["users"][JANE])
    assert message(federation.sign_in()) == NOT_ONBOARDED


def test_an_instance_that_does_not_sign_in_with_saml(federation: Federation) -> None:
    seeded = clouds.seed(
        federation.sandbox.world,
        {
            "aws": {
                "instances": [
                    {
                        "account": ACCOUNT,
                        "region": REGION,
                        "alias": "own",
                        "identity_management_type": "CONNECT_MANAGED",
                    }
                ]
            }
        },
    )
    federation.permit(federation.statement(Resource="*"))
    federation.set_relay_state(federation.relay_state(instance=seeded["aws"]["instances"][0]["id"]))
    assert message(federation.sign_in()) == NOT_ONBOARDED


def test_a_security_profile_without_the_contact_control_panel(federation: Federation) -> None:
    """facts/aws.md 4.1: the security profile must grant the page"""
    profile = federation.instance["security_profiles"]["QualityAnalyst"]
    user = {"InstanceId": federation.instance["id"], "UserId": federation.instance["users"][JANE]}
    federation.connect.update_user_security_profiles(**user, SecurityProfileIds=[profile])
    assert message(federation.sign_in()).startswith("You do not have permission to view this page.")
    federation.set_relay_state(federation.relay_state(destination=""))
    assert federation.sign_in().outcome == "agent-home"


@pytest.mark.parametrize(
    ("destination", "outcome"),
    [
        ("/ccp-v2", "ccp"),
        ("/ccp-v2/chat", "ccp"),
        ("/agent-app-v2", "ccp"),
        ("/users", "agent-home"),
        ("/ccp-v3", "connect-message"),
        ("%2Fccp-v2", "ccp"),
        ("/agent-app", "connect-message"),
        ("/home/../nowhere", "connect-message"),
    ],
)
def test_a_page_that_does_not_exist(federation: Federation, destination: str, outcome: str) -> None:
    """A path of no page answers as a missing page, where a known one greets the agent"""
    federation.set_relay_state(federation.relay_state(destination=destination))
    signed_in = federation.sign_in()
    assert signed_in.outcome == outcome
    if outcome == "connect-message":
        assert (signed_in.status, signed_in.text) == (404, "The page that you are looking for does not exist.")


def test_the_old_domain(federation: Federation) -> None:
    """facts/aws.md 4.1: everything is below /connect there, and new_domain=true leads to the new one"""
    old = {"account": ACCOUNT, "region": REGION, "alias": "older", "old_domain": True, "users": [{"username": JANE}]}
    seeded = clouds.seed(federation.sandbox.world, {"aws": {"instances": [old]}})["aws"]["instances"][0]
    federation.permit(federation.statement(Resource="*"))
    federation.set_relay_state(federation.relay_state(destination="/connect/ccp-v2", instance=seeded["id"]))
    signed_in = federation.sign_in()
    assert (signed_in.ok, signed_in.url) == (True, "https://older.awsapps.com/connect/ccp-v2")
    federation.set_relay_state(federation.relay_state(destination="/ccp-v2", instance=seeded["id"]))
    assert federation.sign_in().status == 404
    federation.set_relay_state(
        federation.relay_state(destination="/ccp-v2", instance=seeded["id"]) + "&new_domain=true"
    )
    signed_in = federation.sign_in()
    assert (signed_in.ok, signed_in.url) == (True, "https://older.my.connect.aws/ccp-v2")


def test_the_routing_profile_is_the_agent_s(federation: Federation) -> None:
    profiles = federation.connect.list_routing_profiles(InstanceId=federation.instance["id"])[
        "RoutingProfileSummaryList"
    ]
    assert federation.sign_in(ANN).routing_profile == "Sales"
    basic = next(each["Id"] for each in profiles if each["Name"] == "Basic Routing Profile")
    user = {"InstanceId": federation.instance["id"], "UserId": federation.instance["users"][ANN]}
    federation.connect.update_user_routing_profile(**user, RoutingProfileId=basic)
    assert federation.sign_in(ANN).routing_profile == "Basic Routing Profile"


# --- the role binding ---


def anew(federation: Federation) -> None:
    """The role, deleted and made again with the same name: what a careless tool does to change it."""
    federation.iam.delete_role_policy(RoleName="Federation", PolicyName="Connect")
    federation.iam.delete_role(RoleName="Federation")
    federation.iam.create_role(
        RoleName="Federation", AssumeRolePolicyDocument=federation.trust_text(), MaxSessionDuration=43200
    )
    federation.permit(federation.statement())


def test_an_agent_is_tied_to_the_role_of_the_first_sign_in(federation: Federation) -> None:
    """facts/aws.md 3.3"""
    assert federation.sign_in().ok
    anew(federation)
    assert message(federation.sign_in()) == NOT_ONBOARDED
    assert federation.sign_in(ANN).ok, "who never signed in is tied to no role"


def test_a_new_user_of_the_same_name_is_tied_to_nothing(federation: Federation) -> None:
    assert federation.sign_in().ok
    anew(federation)
    old = federation.connect.describe_user(
        InstanceId=federation.instance["id"], UserId=federation.instance["users"][JANE]
    )["User"]
    federation.connect.delete_user(InstanceId=federation.instance["id"], UserId=old["Id"])
    kept = {
        name: old[name]
        for name in ("Username", "IdentityInfo", "PhoneConfig", "SecurityProfileIds", "RoutingProfileId")
    }
    federation.connect.create_user(InstanceId=federation.instance["id"], **kept)
    assert federation.sign_in().ok


# --- the API behind it ---


def assumed(federation: Federation, response: str, **more: t.Any) -> t.Any:
    sts = federation.client("sts")
    return sts.assume_role_with_saml(RoleArn=ROLE, PrincipalArn=PROVIDER, SAMLAssertion=response, **more)


def as_session(federation: Federation, credentials: dict[str, t.Any]) -> t.Any:
    keys = {
        "AccessKeyId": "aws_access_key_id",
        "SecretAccessKey": "aws_secret_access_key",
        "SessionToken": "aws_session_token",
    }
    return federation.client("connect", **{ours: credentials[theirs] for theirs, ours in keys.items()})


def code_of(call: t.Callable[..., t.Any], **parameters: t.Any) -> tuple[str, str]:
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**parameters)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_assume_role_with_saml_and_get_federation_token(federation: Federation) -> None:
    """facts/aws.md 1.5, 5.5: the sign-in without a browser"""
    session = assumed(federation, federation.saml_response())
    role_id = federation.iam.get_role(RoleName="Federation")["Role"]["RoleId"]
    assert session["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role_id}:{JANE}",
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Federation/{JANE}",
    }
    assert (session["Subject"], session["Audience"]) == (JANE, "https://signin.aws.amazon.com/saml")
    token = as_session(federation, session["Credentials"]).get_federation_token(InstanceId=federation.instance["id"])
    assert token["UserId"] == federation.instance["users"][JANE]
    assert http_sign_in.visit(federation.sandbox.environment, f"{token['SignInUrl']}&destination=%2Fccp-v2").ok


def test_the_api_takes_a_response_more_than_once(federation: Federation) -> None:
    response = federation.saml_response()
    assert assumed(federation, response)["Credentials"]
    assert assumed(federation, response)["Credentials"]


@pytest.mark.parametrize(
    ("parameters", "code", "message"),
    [
        ({"PrincipalArn": f"{PROVIDER}2"}, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"),
        ({"RoleArn": f"{ROLE}2"}, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"),
        (
            {"DurationSeconds": 43200},
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ),
        (
            {"SAMLAssertion": "QUJD"},
            "InvalidIdentityToken",
            "Your request included an invalid SAML response. To logout, click here.",
        ),
    ],
)
def test_what_the_api_refuses(federation: Federation, parameters: dict[str, t.Any], code: str, message: str) -> None:
    federation.iam.update_role(RoleName="Federation", MaxSessionDuration=3600)
    options = {"RoleArn": ROLE, "PrincipalArn": PROVIDER, "SAMLAssertion": federation.saml_response(), **parameters}
    assert code_of(federation.client("sts").assume_role_with_saml, **options) == (code, message)


def test_the_session_duration_claim_is_for_the_console(federation: Federation) -> None:
    """facts/aws.md 5.4"""
    federation.iam.update_role(RoleName="Federation", MaxSessionDuration=3600)
    assert federation.sign_in().text.startswith("Requested DurationSeconds exceeds MaxSessionDuration")
    assert assumed(federation, federation.saml_response())["Credentials"]


def test_what_get_federation_token_refuses(federation: Federation) -> None:
    """facts/aws.md 1.5, 3.3"""
    instance = {"InstanceId": federation.instance["id"]}
    code, text = code_of(federation.connect.get_federation_token, **instance)
    assert code == "InvalidRequestException"
    assert "cannot be used for federation with Amazon Connect" in text
    session = as_session(federation, assumed(federation, federation.saml_response())["Credentials"])
    federation.sign_in()
    anew(federation)
    new = as_session(federation, assumed(federation, federation.saml_response())["Credentials"])
    expected = f"The user {JANE} is already associated with the Amazon Connect instance {instance['InstanceId']}"
    assert code_of(new.get_federation_token, **instance) == ("DuplicateResourceException", expected)
    assert code_of(session.get_federation_token, **instance)[0] == "AccessDeniedException", "its role is gone"
    federation.set_claims(*federation.claims(RoleSessionName={"Value": "nobody"}))
    nobody = as_session(federation, assumed(federation, federation.saml_response())["Credentials"])
    assert code_of(nobody.get_federation_token, **instance)[0] == "UserNotFoundException"


def test_a_storm_of_sign_ins_is_throttled(federation: Federation) -> None:
    """facts/aws.md 2.1: two a second, five in a burst"""
    federation.sandbox.world.settings.limits = True
    *outcomes, late = [federation.sign_in() for _ in range(6)]
    assert all(outcome.ok for outcome in outcomes)
    assert (late.status, late.title, late.text) == (429, "Too many requests", "Rate exceeded")


def test_the_claim_of_the_session_name_is_what_counts(federation: Federation) -> None:
    """facts/aws.md 3.1: not the name identifier"""
    federation.set_claims(*federation.claims(RoleSessionName={"Value": ANN}))
    assert federation.sign_in(JANE).agent == ANN
