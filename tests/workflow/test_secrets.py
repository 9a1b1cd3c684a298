# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""No run shows a secret: not on the screen, in a log, cache, report or temporary file, nor in a command line; neither
where it succeeds nor where it fails, at the loudest that Ansible can be.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from pathlib import Path

import pytest
from secret_hunt import KEY_SECRET, REGION, WAYS, Hunt
from seeds import ACCOUNTS, SECRET, TENANTS

from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox
from support import ansible_command

GROUP: t.Final = "Contact centre agents"
JANE: t.Final = {"username": "jane.doe@example.com", "first_name": "Jane", "last_name": "Doe"}
LIBRARY: t.Final = b"// stands for the library, which no test here runs\n"


@pytest.fixture
def hunt(_one_sandbox: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Hunt:
    way, direct = request.param
    return Hunt(_one_sandbox, way, tmp_path, direct=direct)


def demo(hunt: Hunt) -> dict[str, t.Any]:
    """One federation with all that a playbook may be about."""
    library = hunt.folder / "connect-streams-min.js"
    library.write_bytes(LIBRARY)
    site = {
        "federation_region": REGION,
        "federation_instance_alias": "example-demo",
        "federation_assigned_groups": [GROUP],
        "federation_agents": [JANE],
        "connect_instance_approved_origins": {"add": ["https://desk.example.com"]},
        "certificate_rotation_settle_seconds": 0,
        "ccp_page_library": str(library),
        "ccp_page_library_sha256": hashlib.sha256(LIBRARY).hexdigest(),
        "federation_plan_file": str(hunt.folder / "plan.json"),
        "federation_check_file": str(hunt.folder / "check.json"),
        "certificate_rotation_report_json": str(hunt.folder / "certificates.json"),
        "certificate_rotation_report_prometheus": str(hunt.folder / "certificates.prom"),
    }
    pool = {"user_pool_name": "desk", "clients": ["web"], "domain": f"desk.auth.{REGION}.amazoncognito.com"}
    page = {"url": "https://desk.example.com/support/", "bucket": "example-desk", "prefix": "support/"}
    return {"demo": {**site, "federation_pages": [page], "federation_user_pools": [pool]}}


#: every playbook, with its arguments and variables, in the order in which a federation lives
LIFE: t.Final[tuple[tuple[str, tuple[str, ...], dict[str, t.Any]], ...]] = (
    ("site", (), {}),
    ("users", (), {"federation_agent_groups": [{"group": GROUP}], "federation_agents": []}),
    ("cognito", (), {}),
    ("ccp_page", (), {}),
    ("check", (), {}),
    ("report", (), {}),
    ("certificates", (), {}),
    ("rotate_certificate", (), {"certificate_rotation_now": True}),
    ("live_probe", (), {"live_probe_confirm": f"{TENANTS['public']}/{ACCOUNTS['aws']}", "live_probe_wait_timeout": 10}),
    ("site", ("--check",), {"federation_session_duration": 3600}),
    ("teardown", (), {"federation_remove_agents": True, "federation_confirm_instance_alias": "example-demo"}),
)
#: what goes wrong → whom it meets, and how
FAILURES: t.Final[dict[str, tuple[tuple[str, str], dict[str, t.Any]]]] = {
    "Microsoft Graph refuses": (("graph", "*"), {"status": 403, "code": "Authorization_RequestDenied"}),
    "the sign-in service refuses": (("login", "*"), {"status": 401, "code": "invalid_client"}),
    "Microsoft Graph is broken": (("graph", "*"), {"status": 400, "code": "BadRequest", "message": "{'a': [}"}),
}


@pytest.mark.soak
@pytest.mark.parametrize(
    "hunt", [(way, direct) for way in WAYS for direct in (True, False)], indirect=True, ids=lambda each: f"{each}"
)
def test_the_whole_life_of_a_federation(hunt: Hunt) -> None:
    """Every playbook with every kind of credential, modules in processes of their own and not"""
    hosts = demo(hunt)
    for playbook, arguments, variables in LIFE:
        hunt.run(playbook, hosts, *arguments, **variables)
    source = hunt.folder / "connect_instances.yml"
    source.write_text(json.dumps({"plugin": "openccp.federation.connect_instances", "regions": [REGION]}), "utf-8")
    if "AWS_SECRET_ACCESS_KEY" in hunt.environment:
        hunt.watch(ansible_command("ansible-inventory", "-i", source, "--list", "-vvvv"))


@pytest.mark.soak
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(
    "hunt", [("secret", True), ("certificate", False)], indirect=True, ids=["secret", "certificate"]
)
def test_every_playbook_that_fails(hunt: Hunt, failure: str) -> None:
    """What a cloud refuses, and how it says so, tells nothing of who asked"""
    (service, operation), error = FAILURES[failure]
    hosts = demo(hunt)
    hunt.run("site", hosts)
    for playbook, arguments, variables in LIFE:
        hunt.sandbox.world.faults.clear()
        hunt.sandbox.world.faults.add(Fault(service, operation, times=100_000, **error))
        hunt.run(playbook, hosts, *arguments, fails=True, **variables)


@pytest.mark.parametrize("hunt", [("secret in variables", False)], indirect=True, ids=["secret in variables"])
def test_secrets_in_variables_and_the_session_of_a_role(hunt: Hunt) -> None:
    """The way in which most could be shown: secrets are arguments of every task, and a task returns a session"""
    hosts = demo(hunt)
    output = hunt.run("site", hosts)
    assert "EXEC" in output, "not as loud as it can be"
    assert hunt.sandbox.world.traffic.entries("sts", "AssumeRole")
    wrong = f"{SECRET}-of-last-year"
    hunt.words.append(wrong)
    refused = hunt.run("check", hosts, fails=True, federation_entra_options={"client_secret": wrong})
    assert "AADSTS7000215" in refused


@pytest.mark.parametrize("hunt", [("certificate", True)], indirect=True, ids=["certificate"])
def test_a_certificate_whose_password_is_wrong(hunt: Hunt) -> None:
    hunt.words.append("another-password")
    hunt.environment["AZURE_CLIENT_CERTIFICATE_PASSWORD"] = "another-password"
    assert "does not hold a certificate with its private key" in hunt.run("certificates", demo(hunt), fails=True)


@pytest.mark.parametrize("hunt", [("secret", True)], indirect=True, ids=["secret"])
def test_the_search_finds_what_it_looks_for(hunt: Hunt) -> None:
    for text in (
        f"-u operator:{KEY_SECRET}",
        f"client_secret={SECRET}&grant_type=client_credentials",
        "Authorization: Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2dyYXBoIn0.c2ln",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----",
        "PHNhbWxwOlJlc3BvbnNl",
        '<samlp:Response ID="_1"',
    ):
        assert hunt.leaks("there", text), text
    assert hunt.leaks("there", "client_secret: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER") == []
