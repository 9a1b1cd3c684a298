# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release needs is there before somebody pushes its tag: shell that parses, programs and files that exist, and
fragments of which the changelog can be made.
"""

from __future__ import annotations

import collections.abc
import re
import subprocess
import typing as t

import pytest
import yaml

from support import CHECKOUT

WORKFLOWS: t.Final = sorted(CHECKOUT.glob(".github/workflows/*.yml"))
EXPRESSION: t.Final = re.compile(r"\$\{\{[^}]*\}\}")
#: what the machines of GitHub have
PROGRAMS: t.Final = {"docker", "echo", "gh", "make"}


def steps() -> collections.abc.Iterator[t.Any]:
    """The steps of all workflows that run a shell, each under the workflow's name and its own first line."""
    for workflow in WORKFLOWS:
        for job in yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values():
            for step in job.get("steps", []):
                if "run" in step:
                    yield pytest.param(step["run"], id=f"{workflow.stem}: {step['run'].splitlines()[0]}")


STEPS: t.Final = list(steps())


@pytest.mark.parametrize("script", STEPS)
def test_the_shell_of_a_step_parses(script: str) -> None:
    done = subprocess.run(
        ["bash", "-n"], input=EXPRESSION.sub("value", script), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("script", STEPS)
def test_the_programs_of_a_step_are_there(script: str) -> None:
    """Those of GitHub's machines, and those that the requirements of the main environment bring."""
    lines = [re.sub(r"^\w+=\$\(", "", line) for line in script.splitlines()]
    programs = {line.split()[0] for line in lines if line.strip()}
    ours = {program for program in programs if program.startswith(".venv/bin/")}
    assert programs - ours <= PROGRAMS
    required = (CHECKOUT / "requirements-dev.txt").read_text(encoding="utf-8")
    assert [each for each in ours if not re.search(rf"^{each.rpartition('/')[2]}\b", required, re.MULTILINE)] == []


def test_a_job_that_needs_another_comes_after_it() -> None:
    """Nothing is attested that did not pass the tests, nothing goes to Galaxy that was not attested, and no image is
    made of what is not on Galaxy.
    """
    jobs = yaml.safe_load((CHECKOUT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "tests": None,
        "archive": "tests",
        "galaxy": "archive",
        "image": "galaxy",
    }


def test_one_fragment_summarizes_the_release() -> None:
    """antsibull-changelog refuses to make a release of two summaries."""
    fragments = sorted(CHECKOUT.glob("changelogs/fragments/*.yml"))
    contents = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in fragments}
    version = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert [name for name, content in contents.items() if "release_summary" in content] in ([], [f"{version}.yml"])
