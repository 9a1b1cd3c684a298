# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection's files say in two places is the same in both."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.openccp.federation.plugins.doc_fragments.attributes import ModuleDocFragment
from ansible_collections.openccp.federation.plugins.module_utils import _module

from support import CHECKOUT, written_in

RUNTIME = yaml.safe_load((CHECKOUT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
MODULES = sorted(path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py"))


def test_the_requirements_are_what_is_checked_at_run_time() -> None:
    lines = (CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert dict(line.split(">=") for line in lines if line and not line.startswith("#")) == _module.FLOORS


@pytest.mark.parametrize("library", _module.FLOORS)
def test_what_is_required_is_installed_under_the_name_it_is_imported_by(library: str) -> None:
    assert importlib.import_module(library)


def test_the_makefile_s_oldest_ansible_is_the_oldest_that_is_supported() -> None:
    oldest = RUNTIME["requires_ansible"].removeprefix(">=").removesuffix(".0")
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"sanity-([0-9.]+)", makefile)[0] == oldest


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_in_the_action_groups_whose_options_it_takes(module: str) -> None:
    fragments = written_in(module)["extends_documentation_fragment"]
    takes = {"aws": "amazon.aws.common.modules", "entra": "openccp.federation.entra"}
    groups = {group for group, fragment in takes.items() if fragment in fragments}
    assert groups == {group for group, modules in RUNTIME["action_groups"].items() if module in modules}
    assert {fragment.rpartition("_")[2] for fragment in fragments if ".actiongroup_" in fragment} == groups


def test_the_action_groups_name_modules_that_exist() -> None:
    assert {module for modules in RUNTIME["action_groups"].values() for module in modules} <= set(MODULES)


def required(file: str) -> set[str]:
    """The packages that a requirements file names, with those of the files that it includes, as pip spells them."""
    names: set[str] = set()
    for line in (CHECKOUT / file).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            names |= required(line.removeprefix("-r "))
        elif line and not line.startswith(("#", "-")):
            names.add(re.sub(r"[-_.]+", "-", re.split(r"[\[<>=! ]", line)[0]).lower())
    return names


@pytest.mark.parametrize(
    ("environment", "requirements"),
    [("main", "dev"), ("floor", "floor"), ("newest", "test"), ("conformance", "conformance")],
)
def test_every_requirement_is_pinned(environment: str, requirements: str) -> None:
    """So that a release elsewhere turns nothing red here; `make constraints` renews the files."""
    lines = (CHECKOUT / "constraints" / f"{environment}.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!-]+", pin) for pin in pins)
    pinned = {re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower() for pin in pins}
    assert required(f"requirements-{requirements}.txt") <= pinned


SHARED = sorted([*CHECKOUT.glob("plugins/module_utils/**/*.py"), *CHECKOUT.glob("plugins/plugin_utils/**/*.py")])


@pytest.mark.parametrize("file", SHARED, ids=lambda path: str(path.relative_to(CHECKOUT / "plugins")))
def test_shared_code_is_private_and_says_so(file: Path) -> None:
    """The community's requirements for module_utils that are not for other collections."""
    below = file.relative_to(CHECKOUT / "plugins").parts[1:]
    assert any(part.startswith("_") for part in below)
    text = file.read_text(encoding="utf-8")
    assert not text or re.search(r"^# (Internal to openccp|This file is private)", text, re.MULTILINE)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_documents_the_python_that_it_needs(module: str) -> None:
    """It supports fewer releases of Python than ansible-core does, so each module has to say so."""
    oldest = re.findall(r"^PYTHONS_floor := (\S+)", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    parts = {
        "openccp.federation.attributes": "DOCUMENTATION",
        "openccp.federation.attributes.info_module": "INFO_MODULE",
    }
    fragments = [parts[name] for name in written_in(module)["extends_documentation_fragment"] if name in parts]
    documents = [yaml.safe_load(getattr(ModuleDocFragment, fragment)) for fragment in fragments]
    assert [document["requirements"] for document in documents] == [[f"python >= {oldest[0]}"]]


def test_no_changelog_fragment_is_taken_for_a_playbook() -> None:
    """ansible-lint, and with it Galaxy's importer, judges by a file's name."""
    names = [file.name for file in (CHECKOUT / "changelogs" / "fragments").iterdir()]
    assert [name for name in names if "playbook" in name] == []
