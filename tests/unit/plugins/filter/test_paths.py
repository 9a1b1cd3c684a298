# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.openccp.federation.plugins.filter.checked_pages import checked_pages
from ansible_collections.openccp.federation.plugins.filter.user_path import user_path

from support import CHECKOUT


def test_a_relative_path_begins_where_the_user_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path.resolve()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder / "home"))
    assert user_path("a/../b") == str(folder / "b")
    assert user_path("~/b") == str(folder / "home" / "b")
    assert user_path("~nobody-of-that-name/b") == str(folder / "~nobody-of-that-name" / "b")
    assert user_path("/a/b") == "/a/b"
    assert user_path("") == ""
    assert user_path(None) is None


def _paths() -> list[str]:
    """The variables of the roles that are paths; of the pages' own folder the filter above takes care."""
    paths = []
    for file in sorted(CHECKOUT.glob("roles/*/meta/argument_specs.yml")):
        specs = yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"].values()
        paths += [
            name for spec in specs for name, option in spec.get("options", {}).items() if option["type"] == "path"
        ]
    return sorted(set(paths))


#: written by tasks that are given the path
WRITTEN: t.Final = "__federation_file_path"


@pytest.mark.parametrize("name", _paths())
def test_every_path_of_the_roles_begins_where_the_user_stands(name: str) -> None:
    texts = [
        file.read_text(encoding="utf-8")
        for part in ("roles", "playbooks")
        for file in CHECKOUT.glob(f"{part}/**/*.yml")
    ]
    uses = [line for text in texts for line in text.splitlines() if "{{" in line and name in line]
    assert any("user_path" in line or WRITTEN in line for line in uses), uses


def test_the_check_takes_of_a_page_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own = {"url": "https://crm.example.com", "ccp_url": "https://x", "login_url": "https://y"}
    pages = [
        {"url": "https://desk.example.com", "folder": "desk", "language": "de", "texts": {}},
        {**own, "bucket": "b"},
    ]
    assert checked_pages(pages) == [
        {"url": "https://desk.example.com", "folder": str((tmp_path / "desk").resolve())},
        own,
    ]
