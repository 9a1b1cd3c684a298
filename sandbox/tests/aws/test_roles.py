# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles and policies: moto's, made as strict as AWS (facts/aws.md 5.4, 6.2), and what has taken effect."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from aws_client import ACCOUNT, GOVERNMENT, GOVERNMENT_KEY, client, loose, seed

from saml_factory import make_certificate, make_metadata

PERMISSION = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "connect:GetFederationToken", "Resource": "*"}],
}


@pytest.fixture
def provider(iam):
    return iam.create_saml_provider(Name="Entra", SAMLMetadataDocument=make_metadata(make_certificate()))[
        "SAMLProviderArn"
    ]


def trust(provider: object, **changes: object) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        **changes,
    }
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{key: value for key, value in statement.items() if value is not None}]}
    )


@pytest.fixture
def role(iam, provider):
    return iam.create_role(RoleName="Federation", AssumeRolePolicyDocument=trust(provider), Description="Agents")[
        "Role"
    ]


def test_names_do_not_differ_in_case_alone(iam, provider, role, refused):
    """The model of CreateRole: names are not distinguished by case; but a role is found by its exact name."""
    refused(
        iam.create_role,
        "EntityAlreadyExists",
        "federation",
        409,
        RoleName="federation",
        AssumeRolePolicyDocument=trust(provider),
    )
    refused(iam.get_role, "NoSuchEntity", status=404, RoleName="federation")


def test_what_no_federation_needs_is_not_offered(iam, role, refused):
    """moto has it, but nobody has held it to AWS's rules."""
    refused(iam.list_access_keys, "NotImplemented", status=501)
    refused(iam.create_user, "NotImplemented", status=501, UserName="joe")
    refused(iam.list_policies, "ValidationError", "Marker", Marker="forged")
    profile = iam.create_instance_profile(InstanceProfileName="Desk")["InstanceProfile"]["InstanceProfileName"]
    membership = {"InstanceProfileName": profile, "RoleName": "Federation"}
    refused(iam.remove_role_from_instance_profile, "NoSuchEntity", status=404, **membership)
    iam.add_role_to_instance_profile(**membership)
    iam.remove_role_from_instance_profile(**membership)


def test_create_read_change_delete(iam, provider, role, refused):
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/Federation"
    assert role["RoleId"].startswith("AROA")
    got = iam.get_role(RoleName="Federation")["Role"]
    assert got["AssumeRolePolicyDocument"] == json.loads(trust(provider))
    assert got["MaxSessionDuration"] == 3600
    iam.update_role(RoleName="Federation", MaxSessionDuration=43200)
    got = iam.get_role(RoleName="Federation")["Role"]
    assert (got["MaxSessionDuration"], got["Description"]) == (43200, "Agents")
    iam.put_role_policy(RoleName="Federation", PolicyName="sign-in", PolicyDocument=json.dumps(PERMISSION))
    assert iam.list_role_policies(RoleName="Federation")["PolicyNames"] == ["sign-in"]
    assert iam.get_role_policy(RoleName="Federation", PolicyName="sign-in")["PolicyDocument"] == PERMISSION
    refused(iam.get_role_policy, "NoSuchEntity", "cannot be found", 404, RoleName="Federation", PolicyName="other")
    iam.tag_role(RoleName="Federation", Tags=[{"Key": "team", "Value": "voice"}])
    assert iam.list_role_tags(RoleName="Federation")["Tags"] == [{"Key": "team", "Value": "voice"}]
    iam.untag_role(RoleName="Federation", TagKeys=["team"])
    refused(iam.delete_role, "DeleteConflict", "must delete policies first", 409, RoleName="Federation")
    iam.delete_role_policy(RoleName="Federation", PolicyName="sign-in")
    iam.delete_role(RoleName="Federation")
    refused(iam.get_role, "NoSuchEntity", "The role with name Federation cannot be found.", 404, RoleName="Federation")


def test_managed_policies(iam, role, refused):
    arn = "arn:aws:iam::aws:policy/AmazonConnectReadOnlyAccess"
    iam.attach_role_policy(RoleName="Federation", PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName="Federation")["AttachedPolicies"]
    assert attached == [{"PolicyName": "AmazonConnectReadOnlyAccess", "PolicyArn": arn}]
    refused(iam.delete_role, "DeleteConflict", "must detach all policies first", 409, RoleName="Federation")
    missing = {"RoleName": "Federation", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/Missing"}
    refused(iam.attach_role_policy, "NoSuchEntity", "", 404, **missing)


def test_a_recreated_role_is_another(iam, provider, role):
    """facts/aws.md 3.3: the same name, a new id."""
    iam.delete_role(RoleName="Federation")
    again = iam.create_role(RoleName="Federation", AssumeRolePolicyDocument=trust(provider))["Role"]
    assert again["Arn"] == role["Arn"]
    assert again["RoleId"] != role["RoleId"]


def test_names_and_durations(iam, provider, role, refused):
    """facts/aws.md 5.1: MaxSessionDuration 3600 to 43200."""
    create = loose("iam").create_role
    refused(create, "EntityAlreadyExists", "", 409, RoleName="Federation", AssumeRolePolicyDocument=trust(provider))
    for name in ("with space", "x" * 65, "slash/ed"):
        refused(create, "ValidationError", "'roleName'", RoleName=name, AssumeRolePolicyDocument=trust(provider))
    for seconds in (3599, 43201):
        options = {"RoleName": "Other", "AssumeRolePolicyDocument": trust(provider), "MaxSessionDuration": seconds}
        refused(create, "ValidationError", "'maxSessionDuration'", **options)


def test_trust_policies_that_are_refused(iam, provider, role, refused):
    """facts/aws.md 5.4, 6.2: moto takes all of these at CreateRole."""
    other = provider.replace(ACCOUNT, "999988887777")
    bad = {
        "not JSON": "{",
        "no provider of that name": trust(provider + "Missing"),
        "another account's": trust(other),
        "another partition's": trust(provider.replace("arn:aws:", "arn:aws-us-gov:")),
        "not a provider": trust("https://login.microsoftonline.com/"),
        "a role that does not exist": trust(
            None, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/Missing"}, Action="sts:AssumeRole"
        ),
        "an unknown action": trust(provider, Action="sts:Assume"),
        "an action of another service": trust(provider, Action="connect:GetFederationToken"),
        "a resource": trust(provider, Resource="*"),
        "no principal": trust(provider, Principal=None),
        "no action": trust(provider, Action=None),
        "an unknown kind of principal": trust(None, Principal={"Saml": provider}),
        "an old version": trust(provider).replace("2012-10-17", "2012-10-18"),
    }
    for name, document in bad.items():
        refused(iam.create_role, "MalformedPolicyDocument", RoleName="Bad", AssumeRolePolicyDocument=document), name
        refused(
            iam.update_assume_role_policy, "MalformedPolicyDocument", RoleName="Federation", PolicyDocument=document
        )
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["Federation"]


def test_the_size_of_a_trust_policy(iam, provider, refused):
    """facts/aws.md 5.1: 2048 characters, white space not counted."""
    urls = [f"https://signin.aws.amazon.com/saml/acs/SAMLSP{number:020}" for number in range(40)]
    large = trust(provider, Condition={"StringEquals": {"SAML:aud": urls}})
    refused(
        iam.create_role, "LimitExceeded", "ACLSizePerRole: 2048", 409, RoleName="Large", AssumeRolePolicyDocument=large
    )
    iam.create_role(RoleName="Spaced", AssumeRolePolicyDocument=trust(provider) + " " * 2048)


def test_permission_policies_that_are_refused(iam, role, refused):
    for document in (
        "{",
        json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "connect", "Resource": "*"}]}),
    ):
        options = {"RoleName": "Federation", "PolicyName": "bad", "PolicyDocument": document}
        refused(iam.put_role_policy, "MalformedPolicyDocument", **options)


def test_replication(sandbox, iam, provider, refused):
    """facts/aws.md 5.1, facts/pains.md 28: the provider is not a principal yet; the role is not there yet, or not a
    principal yet.
    """
    sandbox.world.settings.iam_replication = 30
    options = {"RoleName": "Federation", "AssumeRolePolicyDocument": trust(provider)}
    refused(iam.create_role, "MalformedPolicyDocument", "Invalid principal", **options)
    sandbox.world.clock.advance(dt.timedelta(seconds=31))
    arn = iam.create_role(**options)["Role"]["Arn"]
    refused(iam.get_role, "NoSuchEntity", "", 404, RoleName="Federation")
    assert iam.list_roles()["Roles"] == []
    naming = trust(None, Principal={"AWS": arn}, Action="sts:AssumeRole")
    refused(
        iam.create_role,
        "MalformedPolicyDocument",
        "Invalid principal",
        RoleName="Second",
        AssumeRolePolicyDocument=naming,
    )
    sandbox.world.clock.advance(dt.timedelta(seconds=31))
    assert iam.get_role(RoleName="Federation")["Role"]["Arn"] == arn
    iam.create_role(RoleName="Second", AssumeRolePolicyDocument=naming)


def test_reads_go_backwards(sandbox, iam, provider):
    """facts/entra.md E3, for IAM: a role that was shown is not there in a later read."""
    sandbox.world.settings.change({"iam_replication": 60, "iam_flapping": 0.3})
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    iam.create_role(RoleName="Federation", AssumeRolePolicyDocument=trust(provider))
    counts = [len(iam.list_roles()["Roles"]) for _number in range(40)]
    assert 0 in counts[counts.index(1) :]
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    assert {len(iam.list_roles()["Roles"]) for _number in range(20)} == {1}


def test_an_older_version_comes_back(sandbox, iam, provider):
    """facts/entra.md E3, for IAM: a later read shows what a role was, in each of its parts."""
    name = {"RoleName": "Federation"}
    iam.create_role(**name, AssumeRolePolicyDocument=trust(provider), Description="old")
    allowed = {"Effect": "Allow", "Action": "connect:GetFederationToken", "Resource": "*"}
    iam.put_role_policy(
        **name, PolicyName="sign-in", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    )
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    sandbox.world.settings.change({"iam_replication": 60, "iam_flapping": 0.3})
    changed = trust(
        provider, Condition={"StringEquals": {"SAML:aud": "https://eu-central-1.signin.aws.amazon.com/saml"}}
    )
    iam.update_role(**name, Description="new", MaxSessionDuration=7200)
    iam.update_assume_role_policy(**name, PolicyDocument=changed)
    iam.tag_role(**name, Tags=[{"Key": "team", "Value": "sales"}])
    iam.delete_role_policy(**name, PolicyName="sign-in")

    def parts():
        role = iam.get_role(**name)["Role"]
        condition = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]["SAML:aud"]
        policies = iam.list_role_policies(**name)["PolicyNames"]
        return (
            role["Description"],
            role["MaxSessionDuration"],
            condition.startswith("https://eu"),
            len(role.get("Tags", [])),
            len(policies),
        )

    seen = [parts() for _number in range(60)]
    for part, (old, new) in enumerate([("old", "new"), (3600, 7200), (False, True), (0, 1), (1, 0)]):
        values = [reading[part] for reading in seen]
        assert old in values[values.index(new) :], part
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    assert {parts() for _number in range(20)} == {("new", 7200, True, 1, 0)}


def test_a_changed_permission_takes_effect_late(sandbox, refused):
    root = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
    }
    role = seed(sandbox, roles=[{"account": ACCOUNT, "name": "Reader", "trust": root}])["roles"][0]
    keys = client("sts").assume_role(RoleArn=role["arn"], RoleSessionName="jane")["Credentials"]
    session = client("iam", key=keys["AccessKeyId"], secret=keys["SecretAccessKey"], token=keys["SessionToken"])
    sandbox.world.settings.iam_replication = 30
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}]}
    client("iam").put_role_policy(RoleName="Reader", PolicyName="read", PolicyDocument=json.dumps(allowed))
    refused(session.list_roles, "AccessDenied", "iam:ListRoles", 403)
    sandbox.world.clock.advance(dt.timedelta(seconds=31))
    assert session.list_roles()["Roles"]


def test_government(sandbox):
    iam = client("iam", region="us-gov-west-1", key=GOVERNMENT_KEY)
    arn = iam.create_saml_provider(Name="Entra", SAMLMetadataDocument=make_metadata(make_certificate()))[
        "SAMLProviderArn"
    ]
    role = iam.create_role(RoleName="Federation", AssumeRolePolicyDocument=trust(arn))["Role"]
    assert role["Arn"] == f"arn:aws-us-gov:iam::{GOVERNMENT}:role/Federation"
