# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed anywhere is finished by the next one: one application, one active certificate, one provider."""

from __future__ import annotations

import typing as t

import pytest
from playbooks import Playbooks

from federation_sandbox.testing import Sandbox
from processes import kill_whole, wait_for

INVENTORY: t.Final = "sandbox/hosts.yml"

#: what the killed run has just done: the operation as the traffic log names it
STOPS: t.Final = {
    "right after instantiate": ("graph", "instantiate"),
    "after the certificate": ("graph", "addTokenSigningCertificate"),
    "after the provider": ("iam", "CreateSAMLProvider"),
    "after the instance": ("connect", "CreateInstance"),
}


#: of the rest, make soak
SAMPLED: t.Final = ("right after instantiate", "after the provider")


@pytest.mark.parametrize(
    "stop", [pytest.param(stop, marks=[] if stop in SAMPLED else [pytest.mark.soak]) for stop in STOPS]
)
def test_a_killed_run_is_finished_by_the_next(stop: str, sandbox: Sandbox, playbooks: Playbooks) -> None:
    service, operation = STOPS[stop]
    # Every answer takes a moment, so that the kill comes before the next write is answered.
    sandbox.world.settings.latency = 0.2
    process = playbooks.start("site", INVENTORY)[0]
    wait_for(lambda: _done(sandbox, service, operation), operation, process)
    kill_whole(process)
    sandbox.world.settings.latency = 0.0
    finished = playbooks.succeed("site", INVENTORY)
    assert sum(certificate["active"] for certificate in finished.result("azure_saml_app")["certificates"]) == 1
    assert playbooks.succeed("site", INVENTORY, "--check").planned() == []
    assert count(sandbox, "graph", "instantiate") == 1
    assert count(sandbox, "graph", "addTokenSigningCertificate") == 1
    for operation in ("CreateSAMLProvider", "CreateRole"):
        assert count(sandbox, "iam", operation) == 1
    assert count(sandbox, "connect", "CreateInstance") == 1


def _done(sandbox: Sandbox, service: str, operation: str) -> bool:
    return count(sandbox, service, operation) > 0


def count(sandbox: Sandbox, service: str, operation: str) -> int:
    """How many calls of an operation succeeded."""
    return sum(
        1
        for entry in sandbox.world.traffic.entries(service)
        if operation.lower() in entry["operation"].lower() and entry["status"] < 400
    )
