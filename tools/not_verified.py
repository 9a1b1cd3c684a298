# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes docs/not-verified.md, and the table in docs/live-probe.md, from the open questions:
roles/live_probe/files/questions.yml.
"""

from __future__ import annotations

import collections.abc
import pathlib
import typing as t

import yaml

CHECKOUT: t.Final = pathlib.Path(__file__).resolve().parents[1]
QUESTIONS: t.Final = CHECKOUT / "roles" / "live_probe" / "files" / "questions.yml"
PAGE: t.Final = CHECKOUT / "docs" / "not-verified.md"
PROBE_PAGE: t.Final = CHECKOUT / "docs" / "live-probe.md"
#: between which the table of experiments stands
MARKS: t.Final = ("<!-- questions -->\n", "<!-- /questions -->\n")

HEAD: t.Final = """\
<!--
SPDX-FileCopyrightText: openccp.federation contributors
SPDX-License-Identifier: GPL-3.0-or-later

tools/not_verified.py generates this page from roles/live_probe/files/questions.yml. Change that file and run the tool.
-->

# Not verified against the live clouds

The collection is developed and tested against its sandbox, which follows the documentation and service models of
Microsoft and AWS. No test runs against the live services. This page lists the questions that the documentation does not
answer or answers in contradictory ways. For each question, it shows what the collection assumes, what happens if the
assumption is wrong, and how to find the answer in your own tenant or account. Please
[report](https://github.com/openccp/federation/issues) what you find.

If the last column contains *Probe*, the [playbook `live_probe`](live-probe.md) can find the answer. To ask only this
question, use `--tags` with the name in the first column.
"""

SANDBOX: t.Final = """\
The sandbox simulates the sign-in, so that you can try a federation without the clouds. It uses the documented messages
and rules. For the following questions, no source describes the behaviour of the clouds.
"""

#: the parts of the page → the clouds whose questions they hold
PARTS: t.Final = {"Microsoft Entra ID": ("entra",), "Amazon Web Services": ("iam", "connect", "cognito", "sign_in")}

Question = dict[str, t.Any]


def questions() -> list[Question]:
    """The open questions."""
    return t.cast("list[Question]", yaml.safe_load(QUESTIONS.read_text(encoding="utf-8")))


def page(every: collections.abc.Sequence[Question]) -> str:
    """The page."""
    parts = [HEAD]
    for title, clouds in PARTS.items():
        head = ("Name", "Question", "What the collection does", "If the assumption is wrong", "How to find out")
        rows = (
            (f"`{each['id']}`", each["question"], each["assumption"], each.get("otherwise", ""), way(each))
            for each in every
            if each["cloud"] in clouds
        )
        parts.append(f"## {title}\n\n{table(head, rows)}")
    rest = ((each["question"], each["assumption"]) for each in every if each["cloud"] == "sandbox")
    parts.append(f"## Signing in to the sandbox\n\n{SANDBOX}\n{table(('Question', 'What the sandbox does'), rest)}")
    reports = [(each["id"], report) for each in every for report in each.get("reported", ())]
    if reports:
        seen = ((f"`{name}`", str(report["date"]), report["cloud"], report["fact"]) for name, report in reports)
        parts.append(f"## Reported\n\n{table(('Question', 'Date', 'Cloud', 'Seen'), seen)}")
    return "\n".join(parts)


def probe_page(every: collections.abc.Sequence[Question], old: str) -> str:
    """The page of the probe with its table of experiments."""
    before, rest = old.split(MARKS[0])
    rows = ((f"`{each['id']}`", *experiment(each)) for each in every if "experiment" in each)
    return (
        f"{before}{MARKS[0]}{table(('Question', 'Makes', 'Needs', 'Costs'), rows)}{MARKS[1]}{rest.split(MARKS[1])[1]}"
    )


def experiment(question: Question) -> tuple[str, str, str]:
    """What an experiment makes, needs and costs."""
    description = question["experiment"]
    named = ", *by name*" if description.get("named") else ""
    return description["makes"], description["needs"], description["costs"] + named


def way(question: Question) -> str:
    """How to find out."""
    return " ".join(filter(None, ["*Probe.*" if "experiment" in question else "", question.get("by_hand", "")]))


def escaped(cell: str) -> str:
    """The text of a cell of Markdown."""
    return cell.replace("|", r"\|")


def table(head: collections.abc.Sequence[str], rows: collections.abc.Iterable[collections.abc.Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(map(escaped, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(questions()), encoding="utf-8")
    PROBE_PAGE.write_text(probe_page(questions(), PROBE_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
