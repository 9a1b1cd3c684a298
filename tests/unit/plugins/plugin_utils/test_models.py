# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that runs in a fork parses no description of a service that was parsed before, and still takes its user's
own.
"""

from __future__ import annotations

import collections.abc
import json
from pathlib import Path

import boto3
import botocore
import botocore.session
import pytest
from ansible_collections.openccp.federation.plugins.plugin_utils import _models as models
from botocore.loaders import JSONFileLoader


@pytest.fixture
def parsed_files(monkeypatch: pytest.MonkeyPatch) -> collections.abc.Iterator[list[str]]:
    """The files that are parsed from now on, in a process that took what was parsed before."""
    models.parsed()
    models.hand_over()
    files: list[str] = []
    load = JSONFileLoader.load_file

    def load_and_note(self: JSONFileLoader, path: str) -> object:
        content = load(self, path)
        files.extend([Path(path).name] if content is not None else [])
        return content

    monkeypatch.setattr(JSONFileLoader, "load_file", load_and_note)
    yield files
    botocore.unregister_initializer(models.share)


@pytest.mark.parametrize(
    ("service", "operation"), [("connect", "search_users"), ("iam", "list_role_policies"), ("sts", None)]
)
def test_nothing_is_parsed_again(parsed_files: list[str], service: str, operation: str | None) -> None:
    client = boto3.Session(aws_access_key_id="-", aws_secret_access_key="-", region_name="eu-central-1").client(service)
    if operation:
        client.get_paginator(operation)
    assert parsed_files == []


def test_descriptions_of_the_user_s_own_come_first(
    parsed_files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_DATA_PATH is botocore's way to have others than its own."""
    folder = tmp_path / "iam" / "2010-05-08"
    folder.mkdir(parents=True)
    metadata = {
        "endpointPrefix": "iam",
        "protocol": "query",
        "protocols": ["query"],
        "serviceId": "IAM",
        "signatureVersion": "v4",
    }
    own = {"version": "2.0", "metadata": {**metadata, "apiVersion": "2010-05-08"}, "operations": {}, "shapes": {}}
    (folder / "service-2.json").write_text(json.dumps(own), encoding="utf-8")
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    model = botocore.session.Session().get_service_model("iam")
    assert list(model.operation_names) == []
    assert "service-2" in parsed_files


def test_a_profile_s_descriptions_come_first(
    parsed_files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting data_path of a profile is another way, and boto3 sets the profile after the session is made."""
    file = tmp_path / "config"
    file.write_text(f"[profile agents]\ndata_path = {tmp_path}\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    boto3.Session(profile_name="agents").client("iam", region_name="eu-central-1")
    assert "service-2" in parsed_files


def test_a_session_is_as_it_was_without_a_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was read before, as in a process of Ansible's that has not loaded botocore"""
    models.parsed.cache_clear()
    monkeypatch.setattr(botocore, "register_initializer", lambda share: pytest.fail("registered"))
    models.hand_over()
