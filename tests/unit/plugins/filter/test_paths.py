# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.openccp.federation.plugins.filter.checked_pages import checked_pages
from ansible_collections.openccp.federation.plugins.filter.user_path import user_path


def test_a_relative_path_begins_where_the_user_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path.resolve()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(here / "home"))
    assert user_path("a/../b") == str(here / "b")
    assert user_path("~/b") == str(here / "home" / "b")
    assert user_path("~nobody-of-that-name/b") == str(here / "~nobody-of-that-name" / "b")
    assert user_path("/a/b") == "/a/b"
    assert user_path("") == ""
    assert user_path(None) is None


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
