# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documents name is there: files that they link to, and targets of the Makefile that they and the workflows
call.
"""

from __future__ import annotations

import collections.abc
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.openccp.federation.plugins.action.check_variable_names import unknown_names

from support import CHECKOUT

DOCUMENTS: t.Final = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])
WORKFLOWS: t.Final = sorted(CHECKOUT.glob(".github/workflows/*.yml"))
LINK: t.Final = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
OWN_URL: t.Final = re.compile(
    r"https://(?:github\.com/openccp/federation/blob|raw\.githubusercontent\.com/openccp/federation)/main/([^)#\s\">]+)"
)
TARGET: t.Final = re.compile(r"^([\w. -]+):(?!=)", re.MULTILINE)
#: a command in backticks, in a block of a console, or in a workflow's step
CALL: t.Final = re.compile(r"(?:^|`|- run: )make ((?:[\w.${}=\" -]+))", re.MULTILINE)

FOLDED: t.Final = (CHECKOUT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
TARGETS: t.Final = {name for names in TARGET.findall(FOLDED) for name in names.split()}
TARGETS.update(f"sanity-2.{minor}" for minor in range(18, 22))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_links_lead_to_files(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = [document.parent / link for link in LINK.findall(text)]
    targets += [CHECKOUT / path for path in OWN_URL.findall(text)]
    assert [str(target) for target in targets if not target.exists()] == []


def called_in(text: str) -> set[str]:
    """The targets that commands call."""
    return {word for call in CALL.findall(text) for word in call.split() if re.fullmatch(r"[a-z][\w.-]*", word)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_targets_of_the_makefile_exist(document: Path) -> None:
    assert called_in(document.read_text(encoding="utf-8")) - TARGETS == set()


def jobs_of(workflow: Path) -> collections.abc.Iterator[str]:
    """The steps of each job as text, once for each value of its matrix."""
    for job in yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {})
        lists = {name: values for name, values in matrix.items() if name != "include"}
        entries = [{name: value} for name, values in lists.items() for value in values]
        for values in [*entries, *matrix.get("include", [])] or [{}]:
            text = "\n".join(f"- run: {step['run']}" for step in job.get("steps", []) if "run" in step)
            for name, value in values.items():
                text = text.replace(f"${{{{ matrix.{name} }}}}", str(value))
            yield text


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_call_targets_that_exist(workflow: Path) -> None:
    called = called_in("\n".join(jobs_of(workflow)))
    assert called
    assert called - TARGETS == set()


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned(workflow: Path) -> None:
    used = re.findall(r"uses: ((?!\./)\S+)", workflow.read_text(encoding="utf-8"))
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in used)


def test_every_guide_is_a_page_of_the_site() -> None:
    index = (CHECKOUT / "docs" / "site" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^pages/([\w/-]+)$", index, re.MULTILINE))
    docs = CHECKOUT / "docs"
    assert {str(page.relative_to(docs).with_suffix("")) for page in docs.rglob("*.md")} - {"site/index"} == listed


BLOCK: t.Final = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
PLAYBOOK: t.Final = re.compile(r"ansible-playbook[^\n]*?openccp\.federation\.(\w+)")
EXTRA: t.Final = re.compile(r"(?:-e|--extra-vars) '?(\w+)=")
KEY: t.Final = re.compile(r"^[ -]*(\w+):", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_commands_name_playbooks_and_variables_that_exist(document: Path) -> None:
    """The examples of every guide: what a reader copies is neither misspelt nor of another release."""
    blocks = [(language, text) for _indent, language, text in BLOCK.findall(document.read_text(encoding="utf-8"))]
    commands = "\n".join(text for language, text in blocks if language in ("console", "shell", "bash"))
    data = "\n".join(text for language, text in blocks if language in ("yaml", "yml"))
    playbooks = {path.stem for path in CHECKOUT.glob("playbooks/*.yml")}
    assert set(PLAYBOOK.findall(commands)) - playbooks == set()
    named = {name for name in [*EXTRA.findall(commands), *KEY.findall(data)] if not name.startswith("__")}
    modules = {path.stem for path in CHECKOUT.glob("plugins/modules/*.py")}
    assert set(unknown_names(named - modules)) == set()
