# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""site.yml takes two empty clouds to a federation, foretells what it does, and does it once."""

from __future__ import annotations

import json
import typing as t

import pytest
from playbooks import Playbooks, Run
from seeds import ACCOUNTS, SECRET, account, credentials, tenant

from federation_sandbox import clouds, http_sign_in
from federation_sandbox.testing import Sandbox
from support import CHECKOUT

ONE: t.Final = "sandbox/hosts.yml"
#: the requests that an unchanged federation may take, with the check that ends the run and without it
BUDGET: t.Final = 34
BUDGET_WITHOUT_CHECK: t.Final = 20
#: those of a new federation, with its plan, its check, and one for each of the nine other Regions, in which its alias
#: may be taken
BUDGET_NEW: t.Final = 64


def check_classic(run: Run, sandbox: Sandbox) -> None:
    """The hand-made guide's values, to the letter."""
    instance, application, federation = (
        run.result(role) for role in ("connect_instance", "azure_saml_app", "aws_federation")
    )
    assert application["identifiers"] == ["urn:amazon:webservices"]
    assert application["reply_urls"] == ["https://signin.aws.amazon.com/saml"]
    federate = f"https://us-east-1.console.aws.amazon.com/connect/federate/{instance['id']}"
    assert application["relay_state"] == f"{federate}?destination=%2Fconnect%2Fccp-v2"
    claims = {
        claim["name"].rpartition("/")[2]: claim.get("value") or claim.get("source") for claim in application["claims"]
    }
    assert claims["Role"] == f"{federation['role']['arn']},{federation['saml_provider']['arn']}"
    assert claims["RoleSessionName"] == "user.userprincipalname"
    statement = federation["role"]["permission_policy"]["Statement"][0]
    assert statement["Action"] == "connect:GetFederationToken"
    assert statement["Resource"] == f"{instance['arn']}/user/${{aws:userid}}"
    assert [change["username"] for change in run.result("connect_users")["changes"]] == ["jane.doe@example.com"]


def check_two(run: Run, sandbox: Sandbox) -> None:
    """Two applications of one tenant, each with a role of its own."""
    applications = [run.result("azure_saml_app", host) for host in ("sales", "support")]
    assert applications[0]["app_id"] != applications[1]["app_id"]
    assert [application["identifiers"][0].partition("#")[2] for application in applications] == [
        "example-sales",
        "example-support",
    ]
    assert applications[0]["entity_id"] == applications[1]["entity_id"]
    roles = [run.result("aws_federation", host)["role"]["arn"] for host in ("sales", "support")]
    assert roles[0] != roles[1]


def check_regional(run: Run, sandbox: Sandbox) -> None:
    """Entra posts to the Region's address; the role trusts both."""
    trust = run.result("aws_federation")["role"]["trust_policy"]["Statement"][0]["Condition"]["StringEquals"][
        "SAML:aud"
    ]
    assert sorted(trust) == ["https://eu-west-2.signin.aws.amazon.com/saml", "https://signin.aws.amazon.com/saml"]
    assert run.result("azure_saml_app")["reply_urls"] == ["https://eu-west-2.signin.aws.amazon.com/saml"]


def check_govcloud(run: Run, sandbox: Sandbox) -> None:
    """Partition, addresses, audience and Graph are GovCloud's."""
    application, federation = run.result("azure_saml_app"), run.result("aws_federation")
    assert federation["role"]["arn"].startswith(f"arn:aws-us-gov:iam::{ACCOUNTS['aws-us-gov']}:role/")
    assert application["identifiers"] == ["urn:amazon:webservices:govcloud"]
    assert application["reply_urls"] == ["https://signin.amazonaws-us-gov.com/saml"]
    assert application["relay_state"].startswith("https://console.amazonaws-us-gov.com/connect/federate/")
    assert {entry["host"] for entry in sandbox.world.traffic.entries("graph")} == {"graph.microsoft.us"}


def check_default(run: Run, sandbox: Sandbox) -> None:
    """The defaults fit together."""
    application = run.result("azure_saml_app")
    assert application["user_access_url"] in run.output
    assert application["reply_urls"] == ["https://eu-central-1.signin.aws.amazon.com/saml"]
    assert (
        run.result("aws_federation")["saml_provider"]["certificates"][0]["thumbprint"]
        == application["active_thumbprint"]
    )


#: inventory → the clouds that it is for, and what is right about the result
INVENTORIES: t.Final[dict[str, tuple[str, str, t.Callable[[Run, Sandbox], None]]]] = {
    ONE: ("public", "aws", check_default),
    "variants/classic.yml": ("public", "aws", check_classic),
    "variants/two_federations.yml": ("public", "aws", check_two),
    "variants/regional.yml": ("public", "aws", check_regional),
    "variants/govcloud.yml": ("usgov", "aws-us-gov", check_govcloud),
}


@pytest.mark.parametrize(
    "inventory",
    [ONE, *(pytest.param(inventory, marks=pytest.mark.soak) for inventory in INVENTORIES if inventory != ONE)],
)
def test_check_mode_predicts_the_run_and_the_second_run_changes_nothing(
    inventory: str, sandbox: Sandbox, playbooks: Playbooks
) -> None:
    cloud, partition, check = INVENTORIES[inventory]
    playbooks.environment |= credentials(cloud, partition)
    sandbox.world.settings.refuse_writes = True
    predicted = playbooks.succeed("site", inventory, "--check", "--diff")
    assert sandbox.world.traffic.writes() == []
    assert all(diff["after"] and diff["after"] != diff["before"] for diff in predicted.diffs())
    sandbox.world.settings.refuse_writes = False
    sandbox.world.traffic.clear()
    run = playbooks.succeed("site", inventory, "-vvvv")
    if inventory == ONE:
        check_budget(sandbox, BUDGET_NEW)
    assert predicted.planned() == run.planned() == run.done() != []
    assert predicted.changed() == run.changed() > 0
    check(run, sandbox)
    assert SECRET not in run.output
    assert "eyJ" not in run.output, "a token"
    sandbox.world.traffic.clear()
    again = playbooks.succeed("site", inventory)
    assert (again.changed(), again.planned(), again.done()) == (0, [], [])
    assert sandbox.world.traffic.writes() == []
    check_budget(sandbox, BUDGET * len(again.events[-1]["stats"]))
    check_health(again, sandbox)


def check_health(run: Run, sandbox: Sandbox) -> None:
    """The agent of every federation gets in, and the check finds nothing."""
    for host in run.events[-1]["stats"]:
        counts = run.result("federation_check", host)["counts"]
        assert (counts["fail"], counts["warning"]) == (0, 0), run.output
        assert http_sign_in.sign_in(
            sandbox.environment, run.result("azure_saml_app", host)["user_access_url"], "jane.doe@example.com"
        ).ok


def check_budget(sandbox: Sandbox, budget: int) -> None:
    """Hold the requests since the log was cleared against what is allowed."""
    requests = [f"{entry['service']} {entry['operation']}" for entry in sandbox.world.traffic.requests()]
    assert len(requests) <= budget, requests


def test_what_the_application_claims_reaches_the_trust_policy(sandbox: Sandbox, playbooks: Playbooks) -> None:
    """A role below a path, session tags, a source identity, an issuer and an audience of its own: AWS takes the
    sign-in.
    """
    key = {"id": "AKIAEVERYTHING000000", "secret": SECRET}  # the README's policy names roles without a path
    clouds.seed(sandbox.world, {"aws": {"accounts": [{"id": ACCOUNTS["aws"], "access_keys": [key]}]}})
    playbooks.environment |= {"AWS_ACCESS_KEY_ID": key["id"]}
    attributes = "https://aws.amazon.com/SAML/Attributes"
    claims = [
        {"name": f"{attributes}/PrincipalTag:Team", "value": "Sales"},
        {"name": f"{attributes}/SourceIdentity", "id": "mailnickname"},
    ]
    own = {
        "azure_saml_app_audience_override": "urn:amazon:webservices",
        "azure_saml_app_issuer_with_application_id": True,
    }
    run = playbooks.succeed(
        "site", ONE, variables={"federation_role_path": "/connect/", "azure_saml_app_extra_claims": claims, **own}
    )
    application = run.result("azure_saml_app")
    assert application["entity_id"].endswith(f"/{application['app_id']}")
    role = run.result("aws_federation")["role"]
    assert ":role/connect/ConnectFederation-" in role["arn"]
    actions = role["trust_policy"]["Statement"][0]["Action"]
    assert set(actions) == {"sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"}
    check_health(run, sandbox)


def test_five_hundred_agents_stay_within_the_same_budget(sandbox: Sandbox, playbooks: Playbooks) -> None:
    names = [f"agent.{number}@example.com" for number in range(500)]
    people = [{"userPrincipalName": name, "givenName": "Agent", "surname": name.partition("@")[0]} for name in names]
    agents = [
        {"username": person["userPrincipalName"], "first_name": person["givenName"], "last_name": person["surname"]}
        for person in people
    ]
    groups = [{"displayName": "Contact centre agents", "members": names}]
    users = [{**agent, "tags": {"managed-by": "openccp.federation"}} for agent in agents]
    instance = {"account": ACCOUNTS["aws"], "region": "eu-central-1", "alias": "example-demo", "users": users}
    sandbox.world.reset()
    entra = {"tenants": [{**tenant("public"), "users": people, "groups": groups}]}
    clouds.seed(sandbox.world, {"entra": entra, "aws": {"accounts": [account("aws")], "instances": [instance]}})
    variables = {"federation_agents": agents}
    playbooks.succeed("site", ONE, variables=variables)
    sandbox.world.traffic.clear()
    again = playbooks.succeed("site", ONE, variables=variables)
    assert again.result("connect_users")["unchanged"] == len(agents)
    check_budget(sandbox, BUDGET)
    sandbox.world.traffic.clear()
    playbooks.succeed("site", ONE, "--skip-tags", "check", variables=variables)
    check_budget(sandbox, BUDGET_WITHOUT_CHECK)


def test_the_entra_half_runs_alone_when_the_instance_is_given(sandbox: Sandbox, playbooks: Playbooks) -> None:
    variables = {
        "federation_account_id": ACCOUNTS["aws"],
        "federation_instance_id": "99999999-8888-4777-8666-555555555555",
    }
    run = playbooks.succeed("site", ONE, "--tags", "entra", variables=variables)
    assert variables["federation_instance_id"] in run.result("azure_saml_app")["relay_state"]
    assert {entry["service"] for entry in sandbox.world.traffic.entries()}.isdisjoint({"iam", "sts", "connect"})


def test_a_half_that_runs_alone_says_what_it_lacks(sandbox: Sandbox, playbooks: Playbooks) -> None:
    for tag, piece in (
        ("entra", "give federation_account_id and federation_instance_id"),
        ("agents", "Run openccp.federation.site first"),
    ):
        assert piece in playbooks.fail("site", ONE, "--tags", tag).message()
    assert sandbox.world.traffic.writes() == []


def test_the_agents_alone(sandbox: Sandbox, playbooks: Playbooks) -> None:
    instance = {"account": ACCOUNTS["aws"], "region": "eu-central-1", "alias": "example-demo"}
    clouds.seed(sandbox.world, {"aws": {"instances": [instance]}})
    run = playbooks.succeed("site", ONE, "--tags", "agents")
    assert [change["username"] for change in run.result("connect_users")["changes"]] == ["jane.doe@example.com"]
    assert playbooks.succeed("site", ONE, "--tags", "agents").changed() == 0


@pytest.mark.soak
def test_replication_delays_are_waited_out(sandbox: Sandbox, playbooks: Playbooks) -> None:
    delays = (
        "graph_replication",
        "graph_index_lag",
        "metadata_lag",
        "iam_replication",
        "instance_creation",
        "connect_replication",
    )
    sandbox.world.settings.change(dict.fromkeys(delays, 2.0))
    playbooks.succeed("site", ONE)
    sandbox.world.settings.change(dict.fromkeys(delays, 0.0))
    assert playbooks.succeed("site", ONE).changed() == 0


def test_a_federation_of_us_east_1_moves_to_the_documented_reply_url(sandbox: Sandbox, playbooks: Playbooks) -> None:
    """AWS has no us-east-1.signin.aws.amazon.com in its table: the role trusts both addresses before Entra posts to the
    new one.
    """
    sandbox.world.settings.undocumented_signin_host = True
    documented, other = "https://signin.aws.amazon.com/saml", "https://us-east-1.signin.aws.amazon.com/saml"
    place = {"federation_region": "us-east-1"}
    first = playbooks.succeed("site", ONE, variables={**place, "federation_reply_url": other})
    findings = {finding["hop"]: finding for finding in first.result("federation_check")["findings"]}
    assert "not in AWS's table" in findings["reply_url"]["reason"]
    url = first.result("azure_saml_app")["user_access_url"]
    assert http_sign_in.sign_in(sandbox.environment, url, "jane.doe@example.com").ok
    predicted = playbooks.succeed("site", ONE, "--check", variables=place)
    sandbox.world.traffic.clear()
    moved = playbooks.succeed("site", ONE, variables=place)
    assert moved.changed() == predicted.changed() > 0
    writes = [entry["operation"] for entry in sandbox.world.traffic.writes()]
    assert writes[0] == "UpdateAssumeRolePolicy", writes
    assert writes.count("UpdateAssumeRolePolicy") == 1
    assert moved.result("azure_saml_app")["reply_urls"] == [documented]
    trusted = moved.result("aws_federation")["role"]["trust_policy"]["Statement"][0]["Condition"]["StringEquals"][
        "SAML:aud"
    ]
    assert trusted == [documented, other]
    sandbox.world.settings.undocumented_signin_host = False
    assert http_sign_in.sign_in(sandbox.environment, url, "jane.doe@example.com").ok
    assert playbooks.succeed("site", ONE, variables=place).changed() == 0


@pytest.mark.soak
def test_an_operator_who_must_set_a_permissions_boundary(sandbox: Sandbox, playbooks: Playbooks) -> None:
    """The documented variant of the policy is enough for everything, and its holder's roles can do nothing but sign
    in.
    """
    folder = CHECKOUT / "docs" / "permissions"
    policy, boundary = (
        json.loads((folder / name).read_text(encoding="utf-8"))
        for name in ("aws-policy-bounded.json", "aws-boundary.json")
    )
    key = {"id": "AKIABOUNDED000000000", "secret": SECRET, "policy": policy}
    account = {"id": ACCOUNTS["aws"], "access_keys": [key], "policies": {"ConnectFederationBoundary": boundary}}
    clouds.seed(sandbox.world, {"aws": {"accounts": [account]}})
    playbooks.succeed("site", ONE)  # by somebody who need not, as an administrator may have done before
    playbooks.environment |= {"AWS_ACCESS_KEY_ID": key["id"]}
    bounded = {"aws_federation_boundary": f"arn:aws:iam::{ACCOUNTS['aws']}:policy/ConnectFederationBoundary"}
    run = playbooks.succeed("site", ONE, variables=bounded)
    assert run.result("aws_federation")["actions"] == [
        (
            f"Set the permissions boundary of the role 'ConnectFederation-example-demo' to "
            f"{bounded['aws_federation_boundary']}"
        )
    ]
    playbooks.succeed("teardown", ONE, variables=bounded)
    again = playbooks.succeed("site", ONE, variables=bounded)
    assert http_sign_in.sign_in(
        sandbox.environment, again.result("azure_saml_app")["user_access_url"], "jane.doe@example.com"
    ).ok


def test_reads_that_go_backwards_are_waited_out(sandbox: Sandbox, playbooks: Playbooks) -> None:
    """The same where three of ten reads of each cloud reach an old replica."""
    delays = ("graph_replication", "iam_replication", "connect_replication", "connect_search_lag")
    shares = ("graph_flapping", "iam_flapping", "connect_flapping")
    sandbox.world.settings.change(dict.fromkeys(delays, 4.0) | dict.fromkeys(shares, 0.3))
    run = playbooks.succeed("site", ONE)
    check_health(run, sandbox)
    sandbox.world.settings.change(dict.fromkeys(delays, 0.0))
    assert playbooks.succeed("site", ONE).changed() == 0
