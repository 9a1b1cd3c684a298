# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every wrong value of every variable of every role is refused, before any role or module takes one; and right ones are
not.
"""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.amazon.aws.plugins.module_utils.modules import aws_argument_spec
from ansible_collections.openccp.federation.plugins.action import check_variable_values as values
from ansible_collections.openccp.federation.plugins.module_utils import _variables
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC

from support import CHECKOUT
from wrong_values import WRONG

ROLES: t.Final = sorted(path.name for path in (CHECKOUT / "roles").iterdir())
VARIABLES: t.Final = sorted({name for role in ROLES for name in values.options_of(role)})
#: As users write them.
RIGHT: t.Final[dict[str, t.Any]] = {
    "aws_federation_metadata_file": str(CHECKOUT / "README.md"),
    "aws_federation_role_description": "For agents",
    "certificate_rotation_providers": ",".join(f"arn:aws:iam::111122223333:saml-provider/{name}" for name in "PQ"),
    "connect_users_hierarchy_group": "",
    "connect_users_max_removals": 20,
    "connect_users_name_fallbacks": "display_name,mail",
    "connect_users_rate": "0.5",
    "connect_users_tags": {"team": "R&D"},
    "certificate_rotation_aws_options": {"111122223333": {"profile": "sales", "aws_region": "eu-central-1"}},
    "federation_account_id": 111122223333,
    "federation_aws_options": {"profile": "sales"},
    "federation_check_people": "jane.doe@example.com,Jane Doe",
    "federation_check_provider": "arn:aws:iam::111122223333:saml-provider/P",
    "federation_check_role": "/federation/ConnectFederation",
    "federation_destination": "https://desk.example.com/start?a=b",
    "federation_entra_options": {"certificate_path": "app.pem", "certificate_password": None},
    "federation_pages": [
        {"url": "https://desk.example.com/", "ccp_url": "https://example-demo.my.connect.aws/ccp-v2/"}
    ],
    "federation_region": "us-gov-west-1",
    "federation_session_duration": "43200",
    "federation_tags": {"cost centre": 4711, "team": "Agents é"},
    "federation_tenant_id": "contoso.onmicrosoft.com",
}


def problems(name: str, value: t.Any) -> list[str]:
    return _variables.problems({name: value}, values.options_of(str(values.role_of(name))))


def test_every_variable_has_a_wrong_value() -> None:
    """Whoever adds a variable adds one, or a rule would never be thought of."""
    assert sorted(WRONG) == VARIABLES
    assert [name for name, wrong in WRONG.items() if not wrong] == []
    assert set(_variables.RULES) <= set(VARIABLES)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused(name: str) -> None:
    passed = [value for value in WRONG[name] if not problems(name, value)]
    assert passed == []


@pytest.mark.parametrize("name", WRONG)
def test_each_problem_is_a_sentence_on_one_variable(name: str) -> None:
    for value in WRONG[name]:
        for problem in problems(name, value):
            assert problem.startswith(f"{name}: ")
            assert problem.endswith((".", "?"))
            assert "None" not in problem


def test_the_options_of_the_action_groups_are_known() -> None:
    """With those of the oldest and the newest amazon.aws, on their environments."""
    options = aws_argument_spec()
    aliases = {alias for option in options.values() for alias in option.get("aliases", ())}
    assert set(options) <= set(_variables.AWS_OPTIONS) <= set(options) | aliases
    assert set(_variables.ENTRA_OPTIONS) == set(ENTRA_ARGUMENT_SPEC)


def test_a_misspelt_option_is_refused_without_its_value() -> None:
    """ansible-playbook -vvv prints the arguments of a task, and masks the options that a module knows."""
    (problem,) = problems("federation_entra_options", {"client_secrets": "hunter2"})
    assert problem == (
        "federation_entra_options: the modules have no option 'client_secrets'. Did you mean client_secret?"
    )
    (problem,) = problems("certificate_rotation_aws_options", {"111122223333": {"secret": "hunter2"}})
    assert "hunter2" not in problem


def test_words_that_belong_to_no_variable_are_not_repeated() -> None:
    """They may be part of a password."""
    (problem,) = values._stray_words("horse battery")
    assert "(2 words) belongs to no variable" in problem
    assert "horse" not in problem
    assert values._stray_words(None) == []


@pytest.mark.parametrize(("name", "value"), RIGHT.items())
def test_a_right_value_is_not(name: str, value: t.Any) -> None:
    assert problems(name, value) == []


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, ""),
        ({"azure_saml_app_audience_override": "urn:example"}, "the audience urn:example would be sent"),
        ({"azure_saml_app_issuer_with_application_id": "false"}, ""),
        ({"azure_saml_app_issuer_with_application_id": "true"}, "metadata_source must be text"),
    ],
)
def test_values_that_clash_are_refused(more: dict[str, str], reason: str) -> None:
    pool = {
        "user_pool_id": "eu-central-1_AbCdEfGhI",
        "domain": "desk.auth.eu-central-1.amazoncognito.com",
        "application": "shared",
        "metadata_source": "url",
    }
    variables = {"federation_user_pools": [pool], **more}
    options = {name: values.options_of(str(values.role_of(name)))[name] for name in variables}
    message = " ".join(_variables.problems(variables, options))
    assert reason in message
    assert bool(message) == bool(reason)
    assert message.startswith("federation_user_pools: The user pool eu-central-1_AbCdEfGhI cannot share") == bool(
        reason
    )


@pytest.mark.parametrize("role", ROLES)
def test_no_default_is_wrong(role: str) -> None:
    defaults = values.defaults_of(role)
    plain = {name: value for name, value in defaults.items() if "{{" not in str(value)}
    known = {name: option for name, option in values.options_of(role).items() if name in plain}
    assert _variables.problems({name: plain[name] for name in known}, known) == []
    assert {str(values.role_of(name)) for name in known} <= {role}


def test_every_playbook_begins_with_it() -> None:
    includes = CHECKOUT / "playbooks" / "includes"
    (task,) = yaml.safe_load((includes / "variable_values.yml").read_text(encoding="utf-8"))
    assert "openccp.federation.check_variable_values" in task
    assert "variable_values.yml" in (includes / "variables.yml").read_text(encoding="utf-8")
    plan_first = yaml.safe_load((CHECKOUT / "playbooks" / "includes" / "plan_first.yml").read_text(encoding="utf-8"))
    assert plan_first[0]["ansible.builtin.import_tasks"] == "variables.yml"
    for playbook in (CHECKOUT / "playbooks").glob("*.yml"):
        text = playbook.read_text(encoding="utf-8")
        begins = ("includes/plan_first.yml", "includes/variables.yml", "includes/variable_values.yml")
        assert any(beginning in text for beginning in begins), playbook.name
