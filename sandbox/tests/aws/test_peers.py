# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients that were written for the real AWS: the AWS CLI, and the modules of amazon.aws and community.aws."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from aws_client import ACCOUNT, KEY, REGION, SECRET

from saml_material import make_certificate, make_metadata

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
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "connect:GetFederationToken",
            "Resource": f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/0a1b2c3d-0000-4000-8000-000000000000/user/${{aws:userid}}",
        }
    ],
}


@pytest.fixture
def environment(sandbox, tmp_path):
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    settings = {
        "ANSIBLE_LOCAL_TEMP": str(tmp_path),
        "ANSIBLE_HOME": str(tmp_path),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "AWS_PAGER": "",
    }
    return {**os.environ, **sandbox.environment, **keys, **settings}


@pytest.fixture
def module(environment):
    """Run a module as its users do; what it returned."""
    ansible = Path(sys.executable).with_name("ansible")
    if not ansible.exists():
        pytest.skip("needs the ansible package beside this Python")

    def run(name, /, **options):
        command = [ansible, "localhost", "-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}"]
        arguments = ["-a", json.dumps(options)] if options else []
        done = subprocess.run([*command, "-m", name, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False)
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
    made = twice(module, "community.aws.iam_saml_federation", name="Entra", saml_metadata_document=document)
    assert made["saml_provider"]["arn"] == f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra"
    tags = {"team": "voice"}
    options = {"name": "Federation", "assume_role_policy_document": TRUST, "max_session_duration": 43200, "tags": tags}
    role = twice(module, "amazon.aws.iam_role", **options)["iam_role"]
    assert role["arn"] == f"arn:aws:iam::{ACCOUNT}:role/Federation"
    assert role["tags"] == tags
    assert iam.get_role(RoleName="Federation")["Role"]["MaxSessionDuration"] == 43200
    twice(module, "amazon.aws.iam_role", **{**options, "managed_policies": ["AmazonConnectReadOnlyAccess"], "tags": {"team": "agents"}})
    inline = {"iam_type": "role", "iam_name": "Federation", "policy_name": "sign-in"}
    twice(module, "amazon.aws.iam_policy", **inline, policy_json=json.dumps(POLICY))
    assert iam.get_role_policy(RoleName="Federation", PolicyName="sign-in")["PolicyDocument"] == POLICY
    twice(module, "amazon.aws.iam_policy", **inline, state="absent")
    twice(module, "amazon.aws.iam_role", name="Federation", state="absent", delete_instance_profile=True)
    twice(module, "community.aws.iam_saml_federation", name="Entra", state="absent")
    assert sandbox.world.traffic.entries("iam")


def test_the_caller(module):
    assert module("amazon.aws.aws_caller_info")["account"] == ACCOUNT


def test_the_command_line(sandbox, environment, instance, tmp_path):
    command = shutil.which("aws")
    if command is None or subprocess.run([command, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("needs the AWS CLI")

    def aws(*arguments):
        done = subprocess.run([command, *arguments, "--output", "json"], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    assert aws("sts", "get-caller-identity")["Account"] == ACCOUNT
    (tmp_path / "metadata.xml").write_text(make_metadata(make_certificate()), encoding="utf-8")
    document = f"file://{tmp_path}/metadata.xml"
    arn = aws("iam", "create-saml-provider", "--name", "Entra", "--saml-metadata-document", document)["SAMLProviderArn"]
    assert aws("iam", "list-saml-providers")["SAMLProviderList"][0]["Arn"] == arn
    agent, routing = instance["security_profiles"]["Agent"], instance["routing_profiles"]["Basic Routing Profile"]
    where = ("--instance-id", instance["id"])
    aws(
        *("connect", "create-user", *where, "--username", "jane", "--identity-info", "FirstName=Jane,LastName=Doe"),
        *("--phone-config", "PhoneType=SOFT_PHONE,AutoAccept=false,AfterContactWorkTimeLimit=0"),
        *("--security-profile-ids", agent, "--routing-profile-id", routing),
    )
    assert [user["Username"] for user in aws("connect", "list-users", *where)["UserSummaryList"]] == ["jane"]
    assert aws("connect", "search-users", *where)["Users"][0]["IdentityInfo"] == {"FirstName": "Jane", "LastName": "Doe"}
    assert aws("connect", "describe-instance", *where)["Instance"]["InstanceAlias"] == "acme"
