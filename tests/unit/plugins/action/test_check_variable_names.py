# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t

import pytest
import yaml
from ansible_collections.openccp.federation.plugins.action import check_variable_names as names

from support import CHECKOUT

ROLES: t.Final = sorted(path.name for path in (CHECKOUT / "roles").iterdir())


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_of_a_role_is_known(role: str) -> None:
    specification = yaml.safe_load(
        (CHECKOUT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    )
    for entry in specification["argument_specs"].values():
        assert names.unknown_names(entry.get("options", {})) == []


def test_every_variable_of_a_playbook_is_known() -> None:
    # What roles define from their options is no option: to set it has no effect.
    files = (CHECKOUT / "roles").glob("*/vars/main.yml")
    defined = {name for file in files for name in yaml.safe_load(file.read_text(encoding="utf-8"))}
    named = re.compile(rf"(?<![\w.])(?:{'|'.join(ROLES)})_[a-z_]+\b(?!\.yml)")
    for playbook in (CHECKOUT / "playbooks").rglob("*.yml"):
        words = {word for word in named.findall(playbook.read_text(encoding="utf-8")) if word not in ROLES}
        filters = {path.stem for path in (CHECKOUT / "plugins" / "filter").glob("*.py")}
        assert names.unknown_names(words - filters - defined - {"federation_is_planning"}) == [], playbook.name


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("federation_regoin", "federation_region"),
        ("connect_users_leaver", "connect_users_leavers"),
        ("federation_chek_people", "federation_check_people"),
        ("certificate_rotation_setle_seconds", "certificate_rotation_settle_seconds"),
    ],
)
def test_a_misspelt_one_is_reported_with_the_one_that_was_meant(misspelt: str, meant: str) -> None:
    assert names.unknown_names([misspelt, "federation_region", "ansible_user", "federation", "__federation_plan"]) == [
        misspelt
    ]
    assert f"has a variable {misspelt}, so it has no effect. Did you mean {meant}" in names.warning(misspelt)


def test_what_is_like_none_gets_no_guess() -> None:
    assert names.warning("handover_xyz").endswith("It is misspelt or belongs to another release.")


def test_what_roles_leave_behind_is_no_mistake() -> None:
    assert names.unknown_names(["azure_saml_app_result", "certificate_rotation_report"]) == []
