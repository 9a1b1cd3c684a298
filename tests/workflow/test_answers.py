# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks in clouds that answer every open question otherwise than the collection assumes."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from playbooks import Playbooks
from seeds import fill

from entra_factory import PERMISSIONS
from federation_sandbox import http_sign_in
from federation_sandbox.testing import Sandbox
from federation_sandbox.world import Settings
from support import CHECKOUT

ONE: t.Final = "sandbox/hosts.yml"
QUESTIONS: t.Final = yaml.safe_load(
    (CHECKOUT / "roles" / "live_probe" / "files" / "questions.yml").read_text(encoding="utf-8")
)


def turned_round() -> dict[str, t.Any]:
    """The settings of every answer that is not the assumed one."""
    answers = [
        settings
        for question in QUESTIONS
        for answer, settings in question.get("answers", {}).items()
        if answer != question["assumed"]
    ]
    return {name: value for settings in answers for name, value in settings.items()}


@pytest.fixture
def otherwise(sandbox: Sandbox) -> Sandbox:
    """The clouds, turned round."""
    sandbox.world.reset()
    fill(sandbox, [*PERMISSIONS, "AppRoleAssignment.ReadWrite.All"])
    sandbox.world.settings.change(turned_round())
    return sandbox


#: What a user sets where the gallery has no template for AWS, and where an identifier takes no name after its #.
VARIABLES: t.Final = {
    "federation_template": "non_gallery",
    "federation_identifier": "https://signin.aws.amazon.com/saml#1",
}


def test_every_answer_is_turned_round() -> None:
    """Each setting that an answer decides is one of the sandbox's, and is not at its default."""
    turned, defaults = turned_round(), Settings()
    assert len(turned) > 20
    assert [name for name, value in turned.items() if getattr(defaults, name) == value] == []


def test_a_federation_is_made_and_kept_whatever_the_clouds_answer(otherwise: Sandbox, playbooks: Playbooks) -> None:
    run = playbooks.succeed("site", ONE, variables=VARIABLES)
    assert run.result("federation_check")["counts"]["fail"] == 0, run.output
    url = run.result("azure_saml_app")["user_access_url"]
    assert http_sign_in.sign_in(otherwise.environment, url, "jane.doe@example.com").ok
    otherwise.world.traffic.clear()
    assert playbooks.succeed("site", ONE, variables=VARIABLES).changed() == 0
    assert otherwise.world.traffic.writes() == []


def test_what_the_clouds_do_not_do_is_reported_and_the_rest_is_taken_down(
    otherwise: Sandbox, playbooks: Playbooks
) -> None:
    """Where IAM takes only one signing certificate, a rotation stops before it activates, and agents still get in."""
    site = playbooks.succeed("site", ONE, "--tags", "entra,aws,agents", variables=VARIABLES)
    url = site.result("azure_saml_app")["user_access_url"]
    now = VARIABLES | {"certificate_rotation_now": True}
    refused = playbooks.fail("rotate_certificate", ONE, variables=now).output
    assert "Could not update the SAML provider" in refused
    assert "Could not parse metadata" in refused
    assert http_sign_in.sign_in(otherwise.environment, url, "jane.doe@example.com").ok
    playbooks.succeed("teardown", ONE, variables=VARIABLES)
    assert http_sign_in.sign_in(otherwise.environment, url, "jane.doe@example.com").ok is False
