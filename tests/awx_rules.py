# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX makes of a credential, a survey, a slice and a workflow, by its own rules."""

from __future__ import annotations

import json
import operator
import tempfile
import typing as t
from pathlib import Path
from types import SimpleNamespace

import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from support import CHECKOUT


class _Loader(yaml.SafeLoader):
    """Reads !unsafe, which keeps Ansible from rendering AWX's templates."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(t.cast("yaml.ScalarNode", node)))

OBJECTS: t.Final[dict[str, t.Any]] = yaml.load(
    (CHECKOUT / "awx" / "objects.yml").read_text(encoding="utf-8"), Loader=_Loader
)


#: what leads from a node of a workflow to the next
EDGES: t.Final = ("success_nodes", "failure_nodes", "always_nodes")


def edges_of(node: t.Mapping[str, t.Any]) -> dict[str, list[str]]:
    """The nodes that follow a node, by kind of edge."""
    related = node.get("related", {})
    return {kind: list(map(operator.itemgetter("identifier"), related.get(kind, []))) for kind in EDGES}


def follow(nodes: t.Iterable[t.Mapping[str, t.Any]], failing: t.Collection[str]) -> tuple[list[str], bool]:
    """The nodes of a workflow that run when some of its jobs fail, and whether AWX calls the workflow successful.

    It does unless a job fails that no edge leads on from.
    """
    edges = {node["identifier"]: edges_of(node) for node in nodes}
    later = {name for kinds in edges.values() for names in kinds.values() for name in names}
    waiting = [name for name in edges if name not in later]
    ran: list[str] = []
    successful = True
    while waiting:
        name = waiting.pop(0)
        ran.append(name)
        after = edges[name]["failure_nodes" if name in failing else "success_nodes"] + edges[name]["always_nodes"]
        successful = successful and (name not in failing or bool(after))
        waiting += after
    return ran, successful


def inventory(hosts: t.Mapping[str, t.Any], number: int = 1, count: int = 1) -> str:
    """The inventory of a job, a script that prints it, with the hosts of one slice of several: every count-th, by
    name.
    """
    names = sorted(hosts)[number - 1 :: count]
    listed = {"all": {"hosts": names}, "_meta": {"hostvars": {name: hosts[name] for name in names}}}
    return f"#!/usr/bin/env python3\nprint({json.dumps(listed)!r})\n"


def answers(template: t.Mapping[str, t.Any], replies: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The extra variables of a launch: what was answered, and of the other questions the defaults that are answers.

    A question without answer or default sends nothing, so that the inventory decides. Empty answers are left out by
    AWX's pages; its API refuses them as it refuses any other that is none.
    """
    questions = {question["variable"]: question for question in template.get("survey_spec", {}).get("spec", [])}
    answered = dict(replies)
    refused = {
        name for name, value in answered.items() if name not in questions or not _answers(questions[name], value)
    }
    missing = {name for name, question in questions.items() if question["required"]} - set(answered)
    if refused or missing:
        raise ValueError(
            f"AWX refuses the launch of {template['name']}: answers refused to {refused}, missing to {missing}"
        )
    defaults = {name: question["default"] for name, question in questions.items() if "default" in question}
    return {**{name: value for name, value in defaults.items() if _answers(questions[name], value)}, **answered}


def _answers(question: t.Mapping[str, t.Any], value: t.Any) -> bool:
    """Whether AWX takes a value for an answer to a question."""
    if question["type"] == "multiplechoice":
        return value in question["choices"].split("\n")
    number = question["type"] == "integer"
    if isinstance(value, bool) or not isinstance(value, int if number else str):
        return False
    size = len(value) if isinstance(value, str) else value
    return bool(question["min"] <= size <= question["max"])


def inject(
    credential_type: t.Mapping[str, t.Any], inputs: t.Mapping[str, str], folder: Path, seen_as: Path | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """The environment and the extra variables of a job with a credential of that type; its files are written under the
    folder.

    As AWX does: empty inputs are left out, files are rendered first, and the rest can name them as tower.filename. A
    credential that lacks a required input is saved, and the job that has it is refused. seen_as: where the job finds
    the folder; AWX's jobs see another path.
    """
    fields = {field["id"]: field for field in credential_type["inputs"]["fields"]}
    missing = [name for name in credential_type["inputs"].get("required", []) if not inputs.get(name)]
    if set(inputs) - set(fields) or missing:
        raise ValueError(
            f"AWX refuses the job: its credential has unknown inputs {set(inputs) - set(fields)}, and lacks {missing}"
        )
    values: dict[str, t.Any] = {name: value for name, value in inputs.items() if value}
    environment = ImmutableSandboxedEnvironment()
    injectors = credential_type["injectors"]
    names = SimpleNamespace()
    for label, template in injectors.get("file", {}).items():
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:
            file.write(environment.from_string(template).render(**values))
        setattr(names, label.partition(".")[2], str((seen_as or folder) / Path(file.name).name))
    values["tower"] = SimpleNamespace(filename=names)

    def rendered(kind: str) -> dict[str, str]:
        return {
            name: environment.from_string(template).render(**values)
            for name, template in injectors.get(kind, {}).items()
        }

    return rendered("env"), rendered("extra_vars")
