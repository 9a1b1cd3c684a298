# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients that were written for the real AWS: boto3's own paginators, waiters and retries, the modules of amazon.aws
and community.aws.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import botocore.config
import pytest
from aws_client import ACCOUNT, KEY, REGION, SECRET

from saml_factory import make_certificate, make_metadata

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
ANYBODY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "connect:GetFederationToken",
            "Resource": f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/0a1b2c3d-0000-4000-8000-000000000000"
            "/user/${aws:userid}",
        }
    ],
}


@pytest.fixture
def environment(sandbox, tmp_path):
    keys = {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    settings = {
        "ANSIBLE_LOCAL_TEMP": str(tmp_path),
        "ANSIBLE_HOME": str(tmp_path),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
    }
    return {**os.environ, **sandbox.environment, **keys, **settings}


@pytest.fixture
def module(environment):
    """Run a module as its users do; what it returned."""
    ansible = Path(sys.executable).with_name("ansible")
    if not ansible.exists():
        pytest.skip("needs the ansible package beside this Python")

    def run(name, /, **options):
        command = [
            ansible,
            "localhost",
            "-i",
            "localhost,",
            "-c",
            "local",
            "-e",
            f"ansible_python_interpreter={sys.executable}",
        ]
        arguments = ["-a", json.dumps(options)] if options else []
        done = subprocess.run(
            [*command, "-m", name, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        head, _, body = done.stdout.partition(" => ")
        if "couldn't resolve module" in done.stdout + done.stderr:
            pytest.skip(f"needs {name.rpartition('.')[0]}")
        assert done.returncode == 0, done.stdout + done.stderr
        assert head.split(" | ")[1] in ("CHANGED", "SUCCESS")
        return json.loads(body)

    return run


def twice(module, name, /, **options):
    """The first run changes something, the second nothing."""
    first = module(name, **options)
    assert first["changed"]
    assert not module(name, **options)["changed"]
    return first


def test_provider_role_and_policy(sandbox, module, iam):
    document = make_metadata(make_certificate())
    created = twice(module, "community.aws.iam_saml_federation", name="Entra", saml_metadata_document=document)
    assert created["saml_provider"]["arn"] == f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra"
    tags = {"team": "voice"}
    options = {"name": "Federation", "assume_role_policy_document": TRUST, "max_session_duration": 43200, "tags": tags}
    role = twice(module, "amazon.aws.iam_role", **options)["iam_role"]
    assert role["arn"] == f"arn:aws:iam::{ACCOUNT}:role/Federation"
    assert role["tags"] == tags
    assert iam.get_role(RoleName="Federation")["Role"]["MaxSessionDuration"] == 43200
    twice(
        module,
        "amazon.aws.iam_role",
        **{**options, "managed_policies": ["AmazonConnectReadOnlyAccess"], "tags": {"team": "agents"}},
    )
    inline = {"iam_type": "role", "iam_name": "Federation", "policy_name": "sign-in"}
    twice(module, "amazon.aws.iam_policy", **inline, policy_json=json.dumps(POLICY))
    assert iam.get_role_policy(RoleName="Federation", PolicyName="sign-in")["PolicyDocument"] == POLICY
    twice(module, "amazon.aws.iam_policy", **inline, state="absent")
    twice(module, "amazon.aws.iam_role", name="Federation", state="absent", delete_instance_profile=True)
    twice(module, "community.aws.iam_saml_federation", name="Entra", state="absent")
    assert sandbox.world.traffic.entries("iam")


def test_the_caller(module):
    assert module("amazon.aws.aws_caller_info")["account"] == ACCOUNT


ROLE = {"RoleName": "Federation", "AssumeRolePolicyDocument": json.dumps({**TRUST, "Statement": [ANYBODY]})}


def by_page(client, operation, **parameters):
    """What a paginator finds at once, and what each page of one holds."""
    pages = client.get_paginator(operation)
    (key,) = (each.expression for each in pages.result_keys if each.expression != "ApproximateTotalCount")
    single = pages.paginate(**parameters, PaginationConfig={"PageSize": 1})
    return pages.paginate(**parameters).build_full_result()[key], [page[key] for page in single if page[key]]


def test_paginators_of_boto3_find_all_of_iam_whatever_the_page(iam):
    """facts/aws.md 6: moto is looser"""
    iam.create_role(**ROLE, Tags=[{"Key": key, "Value": "x"} for key in "abc"])
    iam.create_role(**{**ROLE, "RoleName": "Another"})
    for name in ("one", "two", "three"):
        iam.put_role_policy(RoleName="Federation", PolicyName=name, PolicyDocument=json.dumps(POLICY))
    for name in ("AmazonConnectReadOnlyAccess", "ReadOnlyAccess"):
        iam.attach_role_policy(RoleName="Federation", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    where = {"RoleName": "Federation"}
    for operation, parameters, count in (
        ("list_role_policies", where, 3),
        ("list_attached_role_policies", where, 2),
        ("list_role_tags", where, 3),
        ("list_roles", {}, 2),
    ):
        whole, pages = by_page(iam, operation, **parameters)
        assert len(whole) == count
        assert pages == [[item] for item in whole], operation


@pytest.mark.parametrize("what", ["users", "security_profiles", "routing_profiles", "user_hierarchy_groups"])
def test_paginators_of_boto3_find_all_of_connect_whatever_the_page(connect, instance, what):
    """facts/aws.md 1.3"""
    for name in ("jane", "john", "mary"):
        connect.create_user(
            InstanceId=instance["id"],
            Username=name,
            IdentityInfo={"FirstName": name, "LastName": "Doe"},
            SecurityProfileIds=[instance["security_profiles"]["Agent"]],
            RoutingProfileId=instance["routing_profiles"]["Basic Routing Profile"],
        )
    for verb in ("list", "search"):
        whole, pages = by_page(connect, f"{verb}_{what}", InstanceId=instance["id"])
        assert pages == [[item] for item in whole]
        assert whole


def test_a_waiter_of_boto3_sees_a_role_appear(sandbox, iam):
    """facts/aws.md 2: IAM is eventually consistent"""
    sandbox.world.settings.change({"iam_replication": 1.5})
    sandbox.world.clock.hold(1.0)
    iam.create_role(**ROLE)
    sandbox.world.traffic.clear()
    iam.get_waiter("role_exists").wait(RoleName="Federation", WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    statuses = [entry["status"] for entry in sandbox.world.traffic.entries("iam", "GetRole")]
    assert statuses[0] == 404
    assert statuses[-1] == 200


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_boto3_s_own_retries_outlast_the_limits(sandbox, instance, mode):
    """facts/aws.md 1.3: two a second, bursts of five"""
    connect = boto3.client(
        "connect",
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=botocore.config.Config(retries={"mode": mode, "total_max_attempts": 8}),
    )
    sandbox.world.settings.limits = True
    sandbox.world.clock.hold(0.1)
    for _ in range(8):
        connect.describe_instance(InstanceId=instance["id"])
    statuses = [entry["status"] for entry in sandbox.world.traffic.entries("connect", "DescribeInstance")]
    assert statuses.count(200) == 8
    assert 429 in statuses
