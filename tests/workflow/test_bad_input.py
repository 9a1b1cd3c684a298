# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is wrong is told in one clear message before anything is written to either cloud."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import requests
import yaml
from playbooks import INVENTORIES, Playbooks
from seeds import ACCOUNTS, PERMISSIONS, TENANTS, fill, tenant
from strangers import application

from federation_sandbox import clouds
from federation_sandbox.aws.connect.store import Connect
from federation_sandbox.testing import Sandbox
from saml_factory import make_certificate, make_metadata

INVENTORY: t.Final = "sandbox/hosts.yml"
NAME: t.Final = "Amazon Connect example-demo"


def refused(sandbox: Sandbox, playbooks: Playbooks, *messages: str, tags: str | None = None, **variables: t.Any) -> str:
    """Run site.yml, which must fail with these pieces of a message and without a write."""
    sandbox.world.traffic.clear()
    run = playbooks.fail("site", INVENTORY, *(["--tags", tags] if tags else []), variables=variables)
    message = run.message()
    for piece in messages:
        assert piece in message, message
    assert sandbox.world.traffic.writes() == []
    return message


Cases = t.Mapping[str, tuple[t.Mapping[str, t.Any], t.Sequence[str]]]


def all_refused(sandbox: Sandbox, playbooks: Playbooks, folder: Path, cases: Cases, tags: str | None = None) -> None:
    """Run site.yml over a host for each case, with its variables: each fails with its pieces of a message, and none
    writes.
    """
    common = yaml.safe_load((INVENTORIES / INVENTORY).read_text(encoding="utf-8"))["all"]["hosts"]["demo"]
    inventory = folder / "hosts.json"
    hosts = {f"case-{number}": {**common, **variables} for number, (variables, dummy) in enumerate(cases.values())}
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    sandbox.world.traffic.clear()
    run = playbooks.fail("site", inventory, *(["--tags", tags] if tags else []))
    for host, (name, case) in zip(hosts, cases.items(), strict=True):
        pieces, message = case[1], run.message(host)
        assert [piece for piece in pieces if piece not in message] == [], f"{name}: {message}"
    assert sandbox.world.traffic.writes() == []


def instance(sandbox: Sandbox, **content: t.Any) -> None:
    """Have an instance before the run."""
    entry = {"account": ACCOUNTS["aws"], "region": "eu-central-1", "alias": "example-demo", **content}
    clouds.seed(sandbox.world, {"aws": {"instances": [entry]}})


# --- signing in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"AZURE_CLIENT_SECRET": "wrong"}, "the client secret is wrong (AADSTS7000215)"),
        ({"AZURE_CLIENT_SECRET": "the-secret-of-last-year"}, "the client secret has expired (AADSTS7000222)"),
        ({"AZURE_TENANT_ID": "99999999-9999-4999-8999-999999999999"}, "there is no such tenant"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "Could not list the Amazon Connect instances"),
    ],
)
def test_credentials(change: dict[str, str], message: str, sandbox: Sandbox, playbooks: Playbooks) -> None:
    playbooks.environment |= change
    refused(sandbox, playbooks, message)


@pytest.mark.parametrize("missing", PERMISSIONS[:2])
def test_a_missing_graph_permission_is_named(missing: str, sandbox: Sandbox, playbooks: Playbooks) -> None:
    sandbox.world.reset()
    fill(sandbox, [permission for permission in PERMISSIONS if permission != missing])
    refused(sandbox, playbooks, missing)


# --- the instance -----------------------------------------------------------------------------------------------------


def test_an_instance_without_saml(sandbox: Sandbox, playbooks: Playbooks) -> None:
    instance(sandbox, identity_management_type="CONNECT_MANAGED")
    refused(sandbox, playbooks, "CONNECT_MANAGED", "SAML")


def test_an_instance_that_is_not_there(sandbox: Sandbox, playbooks: Playbooks) -> None:
    missing = "99999999-8888-4777-8666-555555555555"
    refused(sandbox, playbooks, f"There is no Amazon Connect instance {missing}", federation_instance_id=missing)


def test_an_alias_of_two_instances(sandbox: Sandbox, playbooks: Playbooks) -> None:
    instance(sandbox)
    instance(sandbox, alias="example-other")
    for duplicate in sandbox.world.state(Connect).instances.values():
        duplicate.alias = "example-demo"
    refused(sandbox, playbooks, "2 Amazon Connect instances have the alias 'example-demo'")


def test_a_region_without_connect(sandbox: Sandbox, playbooks: Playbooks) -> None:
    refused(sandbox, playbooks, "eu-north-1", federation_region="eu-north-1")


def test_another_account(sandbox: Sandbox, playbooks: Playbooks) -> None:
    instance(sandbox)
    refused(sandbox, playbooks, "999988887777", ACCOUNTS["aws"], federation_account_id="999988887777")


# --- the application --------------------------------------------------------------------------------------------------


def test_an_identifier_that_is_taken(sandbox: Sandbox, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch) -> None:
    application(sandbox, monkeypatch, "Theirs", "urn:amazon:webservices")
    message = refused(
        sandbox, playbooks, "urn:amazon:webservices is held by 'Theirs'", federation_identifier="urn:amazon:webservices"
    )
    assert "https://signin.aws.amazon.com/saml#" in message, "what to use instead"


@pytest.mark.parametrize(
    ("rule", "identifier"),
    [
        ("nonDefaultUriAddition", None),
        ("uriAdditionWithoutUniqueTenantIdentifier", None),
        ("uriAdditionWithoutUniqueTenantIdentifier", "https://agents.example.net/saml"),
    ],
)
def test_a_tenant_policy_against_the_identifier(
    rule: str, identifier: str | None, sandbox: Sandbox, playbooks: Playbooks
) -> None:
    sandbox.world.reset()
    policy = {
        "isEnabled": True,
        "applicationRestrictions": {"identifierUris": {rule: {"state": "enabled", "excludeSaml": False}}},
    }
    seeded = tenant("public", (*PERMISSIONS, "Organization.Read.All"))
    clouds.seed(sandbox.world, {"entra": {"tenants": [{**seeded, "app_management_policy": policy}]}})
    known = {"federation_account_id": ACCOUNTS["aws"], "federation_instance_id": "99999999-8888-4777-8666-555555555555"}
    options = {"federation_identifier": identifier} if identifier else {}
    message = refused(
        sandbox, playbooks, f"The tenant's policy {rule} refuses the identifier", tags="entra", **known, **options
    )
    assert (
        rule == "nonDefaultUriAddition"
        or "it is not on a verified domain of the tenant (example.onmicrosoft.com, example.com)" in message
    )


def test_somebody_elses_application_of_that_name(
    sandbox: Sandbox, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    application(sandbox, monkeypatch, NAME)
    refused(sandbox, playbooks, NAME, "adopt")


@pytest.mark.parametrize("kind", ["SAML provider", "role"])
def test_somebody_elses_provider_or_role_of_that_name(kind: str, sandbox: Sandbox, playbooks: Playbooks) -> None:
    name = "ConnectFederation-theirs" if kind == "role" else "Entra-theirs"
    entry = {"account": ACCOUNTS["aws"], "name": name}
    if kind == "role":
        root = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNTS['aws']}:root"},
            "Action": "sts:AssumeRole",
        }
        clouds.seed(
            sandbox.world, {"aws": {"roles": [{**entry, "trust": {"Version": "2012-10-17", "Statement": [root]}}]}}
        )
        refused(
            sandbox,
            playbooks,
            f"The role {name!r} exists and was created by somebody else",
            "adopt",
            federation_role_name=name,
        )
    else:
        clouds.seed(sandbox.world, {"aws": {"providers": [{**entry, "metadata": make_metadata(make_certificate())}]}})
        refused(
            sandbox,
            playbooks,
            f"The SAML provider {name!r} exists and was created by somebody else",
            "adopt",
            federation_provider_name=name,
        )


def test_two_applications_match(sandbox: Sandbox, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch) -> None:
    application(sandbox, monkeypatch, NAME)
    application(sandbox, monkeypatch, NAME)
    refused(sandbox, playbooks, NAME, "app_id", azure_saml_app_adopt=True)


def test_an_unknown_group(sandbox: Sandbox, playbooks: Playbooks) -> None:
    refused(
        sandbox,
        playbooks,
        "Contact center agents",
        "Contact centre agents",
        federation_assigned_groups=["Contact center agents"],
    )


def test_role_claims_outside_the_federation(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    homes = {
        "another account": ("arn:aws:iam::999988887777", ["999988887777", f"the federation's is {ACCOUNTS['aws']}"]),
        "another partition": (
            f"arn:aws-us-gov:iam::{ACCOUNTS['aws']}",
            ["eu-central-1.signin.aws.amazon.com", "partition aws-us-gov"],
        ),
    }
    cases = {
        case: (
            {
                "azure_saml_app_role_claims": [
                    {"role_arn": f"{home}:role/Theirs", "provider_arn": f"{home}:saml-provider/Theirs"}
                ]
            },
            message,
        )
        for case, (home, message) in homes.items()
    }
    all_refused(sandbox, playbooks, tmp_path, cases)


LIMITS: t.Final[Cases] = {
    "beyond the role's session": (
        {"azure_saml_app_session_duration": 43200, "aws_federation_session_duration": 3600},
        ["claims sessions of 43200 seconds"],
    ),
    "beyond AWS's session": ({"federation_session_duration": 50000}, ["50000"]),
    "too many claims": (
        {"azure_saml_app_extra_claims": [{"name": f"urn:example:{number}", "value": "x"} for number in range(50)]},
        ["50"],
    ),
    "a destination that is encoded already": (
        {"federation_destination": "%2Fagent-app-v2"},
        ["percent-encoded already"],
    ),
    "a role's name": ({"federation_role_name": "R&D"}, ["'R&D' is not a name for an IAM role"]),
    "a role's path": ({"federation_role_path": "federation"}, ["'federation' is not the path of an IAM role"]),
    "a provider's name": (
        {"federation_provider_name": "Entra ID"},
        ["'Entra ID' is not a name for an IAM SAML provider"],
    ),
    "beyond three years": ({"azure_saml_app_signing_certificate": {"validity_days": 1200}}, ["1095"]),
}


def test_limits(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    all_refused(sandbox, playbooks, tmp_path, LIMITS)


# --- the agents -------------------------------------------------------------------------------------------------------


def agent(username: str = "jane.doe@example.com", **settings: t.Any) -> dict[str, t.Any]:
    """The variables for one agent."""
    return {"federation_agents": [{"username": username, "first_name": "Jane", "last_name": "Doe", **settings}]}


USERNAMES: t.Final = {
    "jane_partner.com#EXT#@example.onmicrosoft.com": "guest",
    "jane+doe@example.com": "'+'",
    "jane doe": "space",
    f"{'j' * 60}@example.com": "at most 64",
    "Jane.Doe@example.com": "differs in upper and lower case only",
}
PROFILES: t.Final = {
    "security profile": (
        {"security_profiles": ["Agnet"]},
        ("There is no security profile 'Agnet'", "Did you mean 'Agent'?"),
    ),
    "routing profile": (
        {"routing_profile": "Basic Routing"},
        ("There is no routing profile 'Basic Routing'", "Did you mean 'Basic Routing Profile'?"),
    ),
}


def test_agents(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    instance(sandbox, users=[{"username": "jane.doe@example.com"}])
    names = {username: (agent(username), (username, message)) for username, message in USERNAMES.items()}
    profiles = {what: (agent(**settings), pieces) for what, (settings, pieces) in PROFILES.items()}
    all_refused(sandbox, playbooks, tmp_path, {**names, **profiles})


# --- the metadata -----------------------------------------------------------------------------------------------------

ENTITIES: t.Final = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
BOMB: t.Final = f'<!DOCTYPE b [<!ENTITY e0 "x">{ENTITIES}]><b>&e9;</b>'
METADATA: t.Final = {
    "an HTML page": ("<!DOCTYPE html><html><body>Sign in</body></html>", "is an HTML page"),
    "truncated": ('<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"><IDPSSO', "well-formed"),
    "an external entity": (
        '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/hostname">]><x>&x;</x>',
        "document type declaration",
    ),
    "an entity bomb": (BOMB, "document type declaration"),
    "eleven megabytes": ("<x>" + "x" * 11_000_000 + "</x>", "10,000,000"),
    "no identity provider": (
        '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://x"/>',
        "IDPSSODescriptor",
    ),
}


def test_metadata(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    instance(sandbox)
    cases = {}
    for number, (kind, (document, message)) in enumerate(METADATA.items()):
        file = tmp_path / f"metadata-{number}.xml"
        file.write_text(document, encoding="utf-8")
        variables = {
            "aws_federation_metadata": "",
            "aws_federation_metadata_file": str(file),
            "aws_federation_entity_id": "",
        }
        cases[kind] = (variables, (str(file), message))
    all_refused(sandbox, playbooks, tmp_path, cases, tags="aws")


def test_metadata_of_another_tenant(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in sandbox.environment.items():
        monkeypatch.setenv(variable, value)
    url = f"https://login.microsoftonline.us/{TENANTS['usgov']}/federationmetadata/2007-06/federationmetadata.xml"
    file = tmp_path / "metadata.xml"
    file.write_bytes(requests.get(url, timeout=300).content)
    ours = f"https://sts.windows.net/{TENANTS['public']}/"
    variables = {
        "aws_federation_metadata": "",
        "aws_federation_metadata_file": str(file),
        "aws_federation_entity_id": ours,
    }
    instance(sandbox)
    refused(sandbox, playbooks, TENANTS["usgov"], TENANTS["public"], tags="aws", **variables)


@pytest.mark.parametrize(
    "playbook", ["site", "users", "check", "report", "certificates", "rotate_certificate", "teardown"]
)
def test_the_inventory_s_way_to_a_host_means_nothing(
    playbook: str, sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    """These are jobs of the controller: nothing is reached by SSH, and nobody becomes another user."""
    elsewhere = {
        "ansible_connection": "ssh",
        "ansible_host": "192.0.2.1",
        "ansible_become": True,
        "ansible_become_user": "nobody-there",
    }
    variables = {
        "federation_region": "eu-central-1",
        "federation_instance_alias": "example-demo",
        "ansible_python_interpreter": "/nowhere",
    }
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"demo": {**elsewhere, **variables}}}}), encoding="utf-8")
    run = playbooks.run(playbook, inventory, "--check")
    assert [event for event in run.events if event.get("status") == "unreachable"] == []
    assert sandbox.world.traffic.requests(), run.output


def test_misspelt_variables_are_warned_of_and_stray_words_stop(sandbox: Sandbox, playbooks: Playbooks) -> None:
    run = playbooks.run(
        "site", INVENTORY, "--check", variables={"federation_regoin": "eu-west-2", "connect_users_leaver": "delete"}
    )
    output = " ".join(run.output.split())
    assert "a variable federation_regoin, so it has no effect. Did you mean federation_region" in output
    assert "a variable connect_users_leaver, so it has no effect. Did you mean connect_users_leavers" in output
    well = playbooks.run("site", INVENTORY, "--check")
    assert "so it has no effect" not in " ".join(well.output.split())
    sandbox.world.traffic.clear()
    stray = playbooks.fail("check", INVENTORY, "-e", "federation_check_people=Jane Doe")
    assert "(1 word) belongs to no variable" in stray.message()
    assert "Doe" not in stray.message().replace("Jane Doe", "")
    assert sandbox.world.traffic.requests() == []
