# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""All the reads of a plan that AWS denies, in one message."""

from __future__ import annotations

import json
import typing as t
from types import SimpleNamespace

import botocore.session
import pytest
import yaml
from ansible_collections.openccp.federation.plugins.module_utils._aws import denied_reads
from botocore import xform_name
from botocore.exceptions import ClientError, ConnectTimeoutError

from support import CHECKOUT

ROLE: t.Final = "arn:aws:iam::111122223333:role/team/Agents"
INSTANCE: t.Final = "arn:aws:connect:us-west-2:111122223333:instance/11111111-2222-3333-4444-555555555555"
KNOWN: t.Final[dict[str, str | None]] = {
    "partition": "aws",
    "account": "111122223333",
    "region": "us-west-2",
    "instance_id": INSTANCE.rpartition("/")[2],
    "provider_name": "Entra",
    "role_name": "Agents",
    "role_path": "/team/",
}
POOLS: t.Final = ["us-west-2_one", "us-west-2_two"]


def _refused(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "x")


def _clients(answers: dict[str, Exception]) -> t.Callable[[str], t.Any]:
    """Clients that answer each operation as told, and the others with nothing."""

    def client(service: str) -> t.Any:
        model = botocore.session.get_session().get_service_model(service)
        names = {xform_name(name): name for name in model.operation_names}

        def method(operation: str) -> t.Callable[..., dict[str, t.Any]]:
            def call(**params: t.Any) -> dict[str, t.Any]:
                unknown = set(params) - set(model.operation_model(operation).input_shape.members)
                missing = set(model.operation_model(operation).input_shape.required_members) - set(params)
                assert unknown | missing == set()
                error = answers.get(f"{service}:{operation}")
                if error:
                    raise error
                return {}

            return call

        return SimpleNamespace(**{name: method(operation) for name, operation in names.items()})

    return client


@pytest.mark.parametrize("playbook", denied_reads.READS)
def test_nothing_is_reported_where_nothing_is_denied(playbook: str) -> None:
    result = denied_reads.find(playbook, _clients({"iam:GetRole": _refused("NoSuchEntity")}), KNOWN, POOLS)
    assert result == {"denied": [], "untried": [], "statements": [], "message": ""}


class Names:
    """A client whose methods are their own names."""

    def __getattr__(self, name: str) -> str:
        return name


@pytest.mark.parametrize(
    "read", [read for reads in denied_reads.READS.values() for read in reads], ids=lambda read: read.action
)
def test_what_is_tried_is_what_is_named(read: denied_reads.Read) -> None:
    assert read.method(Names()) == xform_name(read.action.partition(":")[2])


def test_one_denial_hides_no_other() -> None:
    denied = {
        "iam:GetRole": _refused("AccessDenied"),
        "iam:GetRolePolicy": _refused("AccessDenied"),
        "connect:ListUsers": _refused("AccessDeniedException"),
        "connect:ListInstances": _refused("AccessDeniedException"),
    }
    result = denied_reads.find("site", _clients(denied), KNOWN, POOLS)
    assert {each["action"] for each in result["denied"]} == set(denied)
    assert result["statements"] == [
        {"Effect": "Allow", "Action": ["connect:ListInstances"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["iam:GetRole", "iam:GetRolePolicy"], "Resource": ROLE},
        {"Effect": "Allow", "Action": ["connect:ListUsers"], "Resource": INSTANCE},
    ]
    for name in denied:
        assert name in result["message"]
    assert json.dumps(result["statements"]) in result["message"]


def test_what_stands_above_the_caller_is_not_promised() -> None:
    above = "... is not authorized to perform: iam:GetRole with an explicit deny in a service control policy"
    result = denied_reads.find("site", _clients({"iam:GetRole": _refused("AccessDenied", above)}), KNOWN, [])
    assert [(each["action"], each["by"]) for each in result["denied"]] == [("iam:GetRole", "above")]
    assert result["statements"] == []
    assert "No policy of the caller allows iam:GetRole" in result["message"]


def test_what_could_not_be_tried_is_reported() -> None:
    answers: dict[str, Exception] = {
        "iam:GetRole": _refused("AccessDenied"),
        "iam:GetSAMLProvider": ConnectTimeoutError(endpoint_url="https://iam.amazonaws.com"),
        "iam:GetRolePolicy": _refused("ExpiredToken"),
    }
    result = denied_reads.find("teardown", _clients(answers), {**KNOWN, "instance_id": None}, [])
    assert result["untried"] == ["connect:DescribeInstance", "iam:GetSAMLProvider", "iam:GetRolePolicy"]
    assert "Not tried: connect:DescribeInstance, iam:GetSAMLProvider, iam:GetRolePolicy." in result["message"]


def test_each_user_pool_is_tried() -> None:
    result = denied_reads.find(
        "cognito", _clients({"cognito-idp:DescribeUserPool": _refused("AccessDeniedException")}), KNOWN, POOLS
    )
    assert [each["resource"].rpartition("/")[2] for each in result["denied"]] == POOLS


def test_every_playbook_that_plans_has_its_reads_and_its_policy_allows_them() -> None:
    plans = [file for file in CHECKOUT.glob("playbooks/*.yml") if "plan_first.yml" in file.read_text("utf-8")]
    assert {file.stem for file in plans} == set(denied_reads.READS)
    for playbook, reads in denied_reads.READS.items():
        jobs = list(CHECKOUT.glob(f"docs/permissions/jobs/{playbook.replace('_', '-')}*.json"))
        statements = [each for job in jobs for each in json.loads(job.read_text("utf-8"))["Statement"]]
        allowed = {action for each in statements for action in _listed(each["Action"])}
        assert {read.action for read in reads} <= allowed, playbook


def test_the_playbooks_ask_with_the_codes_of_a_missing_permission() -> None:
    tasks = yaml.safe_load((CHECKOUT / "playbooks" / "includes" / "keep_error.yml").read_text("utf-8"))
    condition = tasks[0]["block"][0]["when"]
    assert {code for code in ("AccessDenied", "AccessDeniedException") if f"'{code}'" in condition} == {
        "AccessDenied",
        "AccessDeniedException",
    }


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions
