# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cognito.yml federates user pools with the same directory, an unchanged one costs little, and teardown.yml removes
what it made.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import typing as t
from pathlib import Path

import pytest
from playbooks import Playbooks
from pools import NAME, PROVIDER, UserPool, add_pool, make_pool, operator
from rotations import VARIABLES, Federation
from seeds import TENANTS

from federation_sandbox import http_sign_in
from federation_sandbox.aws.cognito.store import Cognito
from federation_sandbox.entra.state import directory
from federation_sandbox.testing import Sandbox

INVENTORY: t.Final = "sandbox/hosts.yml"
JANE: t.Final = "jane.doe@example.com"


@pytest.fixture
def pool(sandbox: Sandbox) -> UserPool:
    return add_pool(sandbox)


@pytest.fixture
def playbooks(pool: UserPool, tmp_path: Path) -> Playbooks:
    return operator(pool.sandbox, tmp_path)


def test_the_whole_life(sandbox: Sandbox, playbooks: Playbooks, pool: UserPool) -> None:
    variables = {"federation_user_pools": [pool.variables()]}
    sandbox.world.settings.refuse_writes = True
    predicted = playbooks.succeed("cognito", INVENTORY, "--check", variables=variables)
    sandbox.world.settings.refuse_writes = False
    created = playbooks.succeed("cognito", INVENTORY, variables=variables)
    assert created.plan() == predicted.plan()
    assert f"Create the SAML provider {PROVIDER!r} of the user pool 'desk'" in created.plan()
    assert "Enable 'Entra-example-demo' in the app client 'web'" in created.plan()
    assert pool.sign_in(JANE)["cognito:username"] == f"{PROVIDER}_{JANE}"

    sandbox.world.traffic.clear()
    again = playbooks.succeed("cognito", INVENTORY, variables=variables)
    assert again.changed() == 0
    assert again.plan() == ["Everything is as it should be."]
    requests = [f"{entry['service']}:{entry['operation']}" for entry in sandbox.world.traffic.requests()]
    assert len(requests) <= 8, requests

    state = copy.deepcopy(sandbox.world.state(Cognito).pools[pool.id].clients)
    removal = playbooks.succeed("teardown", INVENTORY, "--tags", "entra,aws", variables=variables)
    assert f"Delete the SAML provider {PROVIDER!r} of the user pool 'desk'" in removal.done()
    pool_state = sandbox.world.state(Cognito).pools[pool.id]
    assert pool_state.providers == {}
    assert pool_state.tags == {}
    applications = directory(sandbox.world).tenants[TENANTS["public"]]["applications"].current()
    assert [each for each in applications if each["displayName"] == NAME.format(pool.id)] == []
    (before,), (after,) = state.values(), pool_state.clients.values()
    differing = {key for key in before if before[key] != after.get(key)} - {"LastModifiedDate"}
    assert differing == {"SupportedIdentityProviders"}


def test_a_pool_by_its_name_and_all_its_domains(playbooks: Playbooks, pool: UserPool) -> None:
    entry = {"user_pool_name": "desk", "clients": ["web"], "metadata_source": "url", "encrypted_responses": True}
    variables = {"federation_user_pools": [entry]}
    created = playbooks.succeed("cognito", INVENTORY, variables=variables)
    saml_provider = created.result("cognito_federation")["pools"][0]["saml_provider"]
    assert saml_provider["metadata_url"].endswith(
        f"?appid={created.result('cognito_federation')['pools'][0]['app_id']}"
    )
    assert pool.sign_in(JANE)["email"] == JANE
    assert playbooks.succeed("cognito", INVENTORY, variables=variables).changed() == 0


def test_encryption_is_changed_when_it_may_interrupt(sandbox: Sandbox, playbooks: Playbooks, pool: UserPool) -> None:
    """facts/aws.md 8: a provider with encrypted responses takes no others, so a change interrupts sign-ins; a new
    certificate of its key does not.
    """
    plain, encrypted = (
        {"federation_user_pools": [pool.variables(encrypted_responses=value)]} for value in (False, True)
    )
    playbooks.succeed("cognito", INVENTORY, variables=plain)
    sandbox.world.settings.refuse_writes = True
    assert (
        "cognito_federation_allow_interruption=true"
        in playbooks.fail("cognito", INVENTORY, variables=encrypted).message()
    )
    sandbox.world.settings.refuse_writes = False
    assert pool.failure(JANE) == ""
    allowed = {**encrypted, "cognito_federation_allow_interruption": True}
    changed = playbooks.succeed("cognito", INVENTORY, variables=allowed)
    words = f"Encrypt the responses of '{NAME.format(pool.id)}' for the key of the provider '{PROVIDER}'"
    assert words in changed.plan()
    assert pool.failure(JANE) == ""
    sandbox.world.clock.advance(dt.timedelta(days=366))
    assert pool.failure(JANE) == "", "the old certificate is of the same key"
    renewed = playbooks.succeed("cognito", INVENTORY, variables=encrypted)
    assert [line for line in renewed.done() if line.startswith("Encrypt the responses")]
    assert pool.failure(JANE) == ""
    assert playbooks.succeed("cognito", INVENTORY, variables=encrypted).changed() == 0


@pytest.mark.parametrize("source", ["text", pytest.param("url", marks=pytest.mark.soak)])
def test_halves_hand_over(sandbox: Sandbox, pool: UserPool, playbooks: Playbooks, tmp_path: Path, source: str) -> None:
    entry = pool.variables(metadata_source=source)
    variables = {"federation_user_pools": [entry], "handover_folder": str(tmp_path)}
    waiting = playbooks.succeed("cognito", INVENTORY, "--tags", "aws", variables=variables)
    handed = tmp_path / f"demo.{pool.id}.{'xml' if source == 'text' else 'url'}"
    assert waiting.table()["demo"][2] == f"Wait for {handed}"
    playbooks.succeed("cognito", INVENTORY, "--tags", "entra", variables=variables)
    done = playbooks.succeed("cognito", INVENTORY, "--tags", "aws", variables=variables)
    assert f"Create the SAML provider {PROVIDER!r} of the user pool 'desk'" in done.done()
    assert pool.sign_in(JANE)["email"] == JANE
    removal = playbooks.succeed("teardown", INVENTORY, "--check", "--tags", "entra", variables=variables)
    assert f"does not read the user pool {pool.id}" in " ".join(removal.output.split())
    details = sandbox.world.state(Cognito).pools[pool.id].providers[PROVIDER].details
    assert ("MetadataURL" in details) is (source == "url")


def test_the_check_looks_at_the_pools_of_every_host(playbooks: Playbooks, pool: UserPool, tmp_path: Path) -> None:
    """Of one whose agents' path fails, since it has no instance yet, and of one that has user pools alone."""
    region = {"federation_region": "eu-central-1", "federation_assigned_groups": ["Contact centre agents"]}
    pools = {"federation_user_pools": [pool.variables(provider_name="Entra")]}
    hosts = {"alone": {**region, **pools}, "broken": {**region, **pools, "federation_instance_alias": "example-none"}}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    playbooks.succeed("cognito", inventory, "--limit", "alone")
    checked = playbooks.fail("check", inventory)
    assert checked.failed_hosts() == ["broken"]
    assert "There is no Amazon Connect instance" in checked.message()
    lines_by_host = {
        event["host"]: event["result"]["msg"]
        for event in checked.events
        if str(event.get("task")).endswith("Show the sign-in path of the user pool")
    }
    assert set(lines_by_host) == set(hosts)
    assert not [line for lines in lines_by_host.values() for line in lines if "fail" in line]
    assert len(checked.tasks("federation_check")) == 1, "there is nothing of it to check"


def shared(federation: Federation, folder: Path) -> tuple[UserPool, Playbooks, dict[str, t.Any]]:
    """A pool that shares the application of AWS's sign-in, a terminal, and the variables."""
    pool = add_pool(federation.sandbox)
    variables = {**VARIABLES, "federation_user_pools": [pool.variables(application="shared")]}
    return pool, operator(federation.sandbox, folder), variables


def test_a_pool_that_shares_the_application_of_aws(federation: Federation, tmp_path: Path) -> None:
    """Two identifiers and two reply URLs; a sign-in that begins in Entra ID still goes to AWS."""
    pool, playbooks, variables = shared(federation, tmp_path)
    added = playbooks.succeed("site", INVENTORY, variables=variables)
    assert added.done() == ["Set identifiers, reply URLs and default reply URL of 'Amazon Connect example-demo'"]
    playbooks.succeed("cognito", INVENTORY, variables=variables)
    assert pool.sign_in(JANE)["cognito:username"] == f"{PROVIDER}_{JANE}"
    assert http_sign_in.sign_in(federation.sandbox.environment, federation.url, JANE).ok


@pytest.mark.soak
def test_the_life_of_a_shared_application(federation: Federation, tmp_path: Path) -> None:
    """One rotation serves IAM and the pool; one that does not know of the pool locks its people out."""
    pool, playbooks, variables = shared(federation, tmp_path)
    early = playbooks.fail("cognito", INVENTORY, variables=variables)
    assert "Run openccp.federation.site, which adds them" in early.message()
    clash = {**variables, "federation_user_pools": [pool.variables(application="shared", name_id_source="mail")]}
    assert "it sends one NameID" in playbooks.fail("site", INVENTORY, variables=clash).message()
    for playbook in ("site", "cognito"):
        playbooks.succeed(playbook, INVENTORY, variables=variables)
    for playbook in ("site", "cognito", "check"):
        assert playbooks.succeed(playbook, INVENTORY, variables=variables).changed() == 0
    predicted = playbooks.succeed(
        "rotate_certificate", INVENTORY, "--check", variables=variables | {"certificate_rotation_now": True}
    )
    assert [line for line in predicted.plan() if line.endswith(f"{pool.id}/{PROVIDER}")]
    federation.due()
    unaware = variables | {"certificate_rotation_user_pools": []}
    playbooks.succeed("rotate_certificate", INVENTORY, variables=unaware)
    assert federation.certificates()[0] != federation.first
    federation.settled()
    assert http_sign_in.sign_in(federation.sandbox.environment, federation.url, JANE).ok
    assert pool.failure(JANE) == "Invalid SAML response received: SAML Response signature is invalid.", "the control"
    playbooks.succeed("rotate_certificate", INVENTORY, variables=variables)
    assert pool.failure(JANE) == "", "the rotation that knows of the pool mends it"

    removal = playbooks.succeed("teardown", INVENTORY, "--tags", "aws", variables=variables)
    assert f"Delete the SAML provider {PROVIDER!r} of the user pool 'desk'" in removal.done()
    names = [each["displayName"] for each in federation.tenant["applications"].current()]
    assert "Amazon Connect example-demo" in names, "it is AWS's as well"


@pytest.mark.soak
def test_several_pools_of_several_hosts(sandbox: Sandbox, playbooks: Playbooks, pool: UserPool) -> None:
    """Two federations of one directory have the same two pools: one application for each pool, a provider for each
    host, and an app client offers both, although both change it at once.
    """
    other = make_pool(sandbox, "back")
    variables = {"federation_user_pools": [pool.variables(), other.variables()]}
    inventory = "variants/two_federations.yml"
    created = playbooks.succeed("cognito", inventory, variables=variables)
    assert set(created.table()) == {"sales", "support"}

    def applications(user_pool: UserPool) -> int:
        current = directory(sandbox.world).tenants[TENANTS["public"]]["applications"].current()
        return [application["displayName"] for application in current].count(NAME.format(user_pool.id))

    for user_pool in (pool, other):
        state = sandbox.world.state(Cognito).pools[user_pool.id]
        assert applications(user_pool) == 1
        assert set(state.clients[user_pool.client_id]["SupportedIdentityProviders"]) == set(state.providers)
        assert len(state.providers) == 2
        for provider in state.providers:
            assert user_pool.failure(JANE, provider=provider) == ""
    assert playbooks.succeed("cognito", inventory, variables=variables).changed() == 0
    playbooks.succeed("teardown", inventory, "--tags", "entra,aws", "--limit", "sales", variables=variables)
    for user_pool in (pool, other):
        assert [*sandbox.world.state(Cognito).pools[user_pool.id].providers] == ["Entra-example-support"]
        assert user_pool.failure(JANE, provider="Entra-example-support") == "", "the application is still theirs"
    playbooks.succeed("teardown", inventory, "--tags", "entra,aws", variables=variables)
    for user_pool in (pool, other):
        assert not sandbox.world.state(Cognito).pools[user_pool.id].providers
        assert applications(user_pool) == 0


def test_a_mistake_takes_a_pool_from_nobody(sandbox: Sandbox, playbooks: Playbooks, pool: UserPool) -> None:
    """As of the agents: whoever stays although not listed is told, and what takes too much stops before it writes."""
    playbooks.succeed("cognito", INVENTORY, variables={"federation_user_pools": [pool.variables()]})
    nobody = {"federation_user_pools": [pool.variables(assigned_groups=[])]}
    sandbox.world.settings.refuse_writes = True
    stays = f"Stays assigned to the user pool {pool.id} although not listed: the group Contact centre agents"
    assert stays in playbooks.succeed("cognito", INVENTORY, variables=nobody).table()["demo"][2]
    for variables, piece in (
        (
            {"cognito_federation_unlisted_assignments": "remove"},
            f"2 of 2 people would lose access to the user pool {pool.id}",
        ),
        (
            {"cognito_federation_state": "absent"},
            f"Everybody would lose access: {PROVIDER} would be deleted; {NAME.format(pool.id)} would be deleted.",
        ),
    ):
        message = playbooks.fail("cognito", INVENTORY, variables={**nobody, **variables}).message()
        assert piece in message
        assert "cognito_federation_max_removals" in message
    sandbox.world.settings.refuse_writes = False
    assert pool.failure(JANE) == ""


def test_what_others_made_is_left_alone(sandbox: Sandbox, playbooks: Playbooks, pool: UserPool) -> None:
    variables = {"federation_user_pools": [pool.variables()]}
    playbooks.succeed("cognito", INVENTORY, variables=variables)
    sandbox.world.state(Cognito).pools[pool.id].tags = {}
    assert "was created by somebody else" in playbooks.fail("cognito", INVENTORY, variables=variables).message()
    playbooks.succeed("teardown", INVENTORY, "--tags", "aws", variables=variables)
    assert PROVIDER in sandbox.world.state(Cognito).pools[pool.id].providers
