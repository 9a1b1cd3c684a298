# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX's own injection of credentials, as the package awx_plugins.interfaces publishes it, judges the rules of the tests
and the credential type.
"""

from __future__ import annotations

import types
import typing as t
from pathlib import Path

import pytest
import yaml
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import HIDDEN_PASSWORD, inject_credential

from awx_rules import OBJECTS, inject

BOTH: t.Final = {
    "tenant_id": "11111111-1111-4111-8111-111111111111",
    "client_id": "22222222-2222-4222-8222-222222222222",
}
WAYS: t.Final[dict[str, dict[str, str]]] = {
    "secret": {"client_secret": "s3cret"},
    "certificate": {"certificate": "-----BEGIN\nPEM", "certificate_password": "opens it"},
    "token": {"federated_token": "a.b.c", "cloud": "usgov"},
    "empty answers": {"client_secret": "s3cret", "certificate": "", "federated_token": "", "cloud": ""},
}


def by_awx(inputs: dict[str, str], folder: Path) -> tuple[dict[str, str], dict[str, str], dict[str, t.Any]]:
    """The environment of the job, the same as AWX stores it, and the extra variables."""
    credential_type = OBJECTS["awx_credential_types"][0]
    kind: t.Any = types.SimpleNamespace(**credential_type, managed=False, custom_injectors=None)
    environment: dict[str, str] = {}
    stored: dict[str, str] = {}
    arguments: list[str] = []
    inject_credential(
        kind, Credential(dict(inputs)), environment, stored, arguments, str(folder), container_root=folder
    )
    _option, file = arguments
    return environment, stored, yaml.safe_load(Path(file.removeprefix("@")).read_text(encoding="utf-8"))


def without_names(environment: dict[str, str], seen_as: str, folder: Path) -> dict[str, str]:
    """The environment with what a file holds in the place of its name, which is another each time."""
    return {
        name: (folder / Path(value).relative_to(seen_as)).read_text(encoding="utf-8")
        if value.startswith("/")
        else value
        for name, value in environment.items()
    }


@pytest.mark.parametrize("way", WAYS)
def test_the_rules_of_the_tests_are_awx_s(way: str, tmp_path: Path) -> None:
    inputs = {**BOTH, **WAYS[way]}
    (tmp_path / "env").mkdir()
    environment, stored, variables = by_awx(inputs, tmp_path)
    ours, our_variables = inject(OBJECTS["awx_credential_types"][0], inputs, tmp_path / "env")
    assert without_names(ours, str(tmp_path), tmp_path) == without_names(environment, "/runner", tmp_path)
    assert our_variables == variables
    secrets = {value for name, value in WAYS[way].items() if value and name != "cloud"}
    in_plain_text = [secret for value in stored.values() for secret in secrets if secret in value]
    assert in_plain_text == [], "what AWX stores"
    assert HIDDEN_PASSWORD in stored.values() or way == "token"
