# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleUndefinedVariable
from ansible_collections.openccp.federation.plugins.filter.hosts_by_file import hosts_by_file

VARIABLE: t.Final = "federation_plan_file"


def saved(path: str | None) -> dict[str, t.Any]:
    return {"federation_file_result": {VARIABLE: path}}


class Untemplatable(collections.UserDict[str, t.Any]):
    """Variables of a host of which one refers to another that does not exist."""

    def __getitem__(self, key: str) -> t.Any:
        if key == VARIABLE:
            raise AnsibleUndefinedVariable("'nothing' is undefined")
        return super().__getitem__(key)


def test_hosts_that_name_one_file_share_it() -> None:
    hosts = {"b": saved("/x/own"), "a": saved("/x/shared"), "none": saved(None), "d": saved("/x/shared")}
    assert hosts_by_file(hosts, VARIABLE) == [
        {"path": "/x/own", "hosts": ["b"]},
        {"path": "/x/shared", "hosts": ["a", "d"]},
    ]
    assert hosts_by_file(hosts, "federation_check_file") == []


def test_a_host_that_failed_before_has_its_record_in_a_file_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shared = str((tmp_path / "shared").resolve())
    failed: dict[str, t.Mapping[str, t.Any]] = {
        "early": {VARIABLE: "shared"},
        "elsewhere": {VARIABLE: "other"},
        "list": {VARIABLE: ["no", "path"]},
        "without": {},
        "untemplatable": Untemplatable({VARIABLE: "{{ nothing }}"}),
    }
    well = {VARIABLE: "shared", **saved(shared)}
    assert hosts_by_file({**failed, "well": well}, VARIABLE) == [{"path": shared, "hosts": ["early", "well"]}]
    assert hosts_by_file(failed, VARIABLE) == []


def test_a_host_that_failed_before_and_names_no_file_has_the_default_one() -> None:
    hosts: dict[str, t.Mapping[str, t.Any]] = {
        "early": {},
        "own": {VARIABLE: "/x/own", **saved("/x/own")},
        "well": saved("/x/default"),
    }
    assert hosts_by_file(hosts, VARIABLE) == [
        {"path": "/x/own", "hosts": ["own"]},
        {"path": "/x/default", "hosts": ["early", "well"]},
    ]
