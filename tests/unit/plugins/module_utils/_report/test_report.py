# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report from checks alone: states, headlines, commands, and what changed."""

from __future__ import annotations

import copy
import json
import shlex
import typing as t

import pytest
from ansible.parsing.splitter import parse_kv
from ansible_collections.openccp.federation.plugins.module_utils._checks import facts as f
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._report import report
from ansible_collections.openccp.federation.plugins.module_utils._report.commands import command
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import SamlProvider

import check_factory as m
import report_factory as r
import schemas

CHECKS: t.Final = [r.check("sales", r.healthy()), r.check("support", r.in_trouble())]


def build(*checks: dict[str, t.Any], **options: t.Any) -> dict[str, t.Any]:
    return report.build(checks, now=r.NOW, **options)


def federation(facts: f.Facts) -> dict[str, t.Any]:
    """The one federation of a report."""
    (report_entry,) = build(r.check("demo", facts))["federations"]
    return t.cast("dict[str, t.Any]", report_entry)


@pytest.mark.parametrize(
    "content",
    [
        build(),
        build(*CHECKS, hosts=["sales", "support", "lost"]),
        build(*CHECKS, previous=build(*CHECKS)),
        build(r.check("demo", m.facts(application=None))),
        build(r.check("demo", m.facts(instance=None, users=f.Users()))),
    ],
    ids=["empty", "fleet", "with the last", "no application", "no instance"],
)
def test_the_published_schema_describes_every_report(content: dict[str, t.Any]) -> None:
    assert schemas.violations("federation-report", content) == []


def test_the_schema_refuses_what_is_no_report() -> None:
    content = copy.deepcopy(build(*CHECKS))
    content["federations"][0]["state"] = "fine"
    content["federations"][1]["certificates"][0]["signs"] = "yes"
    del content["changes"]
    assert len(schemas.violations("federation-report", content)) == 3


def test_the_worst_federation_stands_first_and_none_is_forgotten() -> None:
    content = build(
        *CHECKS, {"host": "closed", "not_readable": "Denied."}, hosts=["sales", "support", "closed", "lost"]
    )
    assert [entry["host"] for entry in content["federations"]] == ["support", "sales"]
    assert {entry["host"]: entry["reason"] for entry in content["not_readable"]} == {
        "closed": "Denied.",
        "lost": report.LOST,
    }
    assert content["counts"] == {"fail": 1, "warning": 0, "unknown": 0, "pass": 1, "not_readable": 2}


def ending() -> f.Facts:
    """The certificate expires in five days."""
    provider = SamlProvider(m.PROVIDER, m.metadata_of("active", -10, 5))
    return m.facts(application=m.application(keys=(m.key(ends=5),)), providers={m.PROVIDER: provider})


@pytest.mark.parametrize(
    ("facts", "state", "headline"),
    [
        (m.facts(), "pass", "No problem was found."),
        (m.facts(people=()), "unknown", "No problem was found, but nobody was checked."),
        (m.facts(people=(m.person(id=None),)), "fail", "1 person cannot sign in."),
        (ending(), "warning", "Agents can sign in, with 1 warning."),
        (
            m.facts(providers={m.PROVIDER: None}),
            "fail",
            "The sign-in path fails for everybody: certificate, provider.",
        ),
        (
            m.facts(roles={}, not_readable={m.ROLE: "Denied."}),
            "unknown",
            "No problem was found, but not everything could be read.",
        ),
    ],
    ids=["healthy", "nobody asked about", "a person", "a warning", "the path", "a role that may not be read"],
)
def test_a_federation_in_a_word_and_in_a_sentence(facts: f.Facts, state: str, headline: str) -> None:
    entry = federation(facts)
    if "certificate, provider" in headline:
        assert entry["headline"].startswith("The sign-in path fails for everybody: ")
        assert "provider" in entry["headline"]
    else:
        assert entry["headline"] == headline
    assert entry["state"] == state


def test_a_hop_that_nothing_was_asked_about_is_no_pass() -> None:
    states = {hop["hop"]: hop["state"] for hop in federation(m.facts(people=()))["hops"]}
    assert {states[hop] for hop in ("account", "assignment", "user", "approved_origins")} == {"unchecked"}
    assert states["tenant"] == "unknown"
    assert states["claims"] == "pass"
    assert "response" not in states


def test_each_failure_has_a_command_and_each_unknown_a_reason() -> None:
    entry = federation(r.in_trouble())
    problems = [*entry["failures"], *entry["people"], *entry["warnings"]]
    assert {problem["subject"] for problem in entry["people"]} == {r.JOHN, r.ANN, "bob.loe@example.com"}
    assert all(problem["command"].startswith("ansible-playbook openccp.federation.") for problem in problems)
    assert all(unknown["reason"] for unknown in entry["unknown"])


@pytest.mark.parametrize(
    ("hop", "status", "subject", "expected"),
    [
        ("relay_state", "fail", "app", "site --inventory hosts.yml --limit 'a b'"),
        ("a_hop_of_the_future", "fail", "app", "site --inventory hosts.yml --limit 'a b'"),
        ("certificate", "fail", "app", "site --inventory hosts.yml --limit 'a b'"),
        ("certificate", "warning", "app", "rotate_certificate --inventory hosts.yml --limit 'a b'"),
        ("user", "fail", "jane@x.com", "users --inventory hosts.yml --limit 'a b'"),
        (
            "account",
            "fail",
            "jane@x.com",
            "check --inventory hosts.yml --limit 'a b' -e federation_check_people=jane@x.com",
        ),
        (
            "account",
            "fail",
            "o'brien@x.com",
            """check --inventory hosts.yml --limit 'a b' -e '{"federation_check_people": ["o'"'"'brien@x.com"]}'""",
        ),
        (
            "account",
            "fail",
            'Jane "J" Doe',
            """check --inventory hosts.yml --limit 'a b' -e '{"federation_check_people": ["Jane \\"J\\" Doe"]}'""",
        ),
        (
            "account",
            "fail",
            "{{ 7 * 7 }}",
            "check --inventory hosts.yml --limit 'a b' -e federation_check_everyone_assigned=true",
        ),
        (
            "account",
            "fail",
            "$(reboot)",
            """check --inventory hosts.yml --limit 'a b' -e '{"federation_check_people": ["$(reboot)"]}'""",
        ),
        (
            "account",
            "fail",
            "a\nb",
            "check --inventory hosts.yml --limit 'a b' -e federation_check_everyone_assigned=true",
        ),
    ],
)
def test_the_command_of_a_hop_is_safe_in_a_shell_and_in_ansible(
    hop: str, status: str, subject: str, expected: str
) -> None:
    finding = {"hop": hop, "status": status, "subject": subject, "person": hop in ("account", "user")}
    text = command(finding, "a b", ["hosts.yml"])
    assert text == f"ansible-playbook openccp.federation.{expected}"
    assert shlex.split(text)[-1] == shlex.split(expected)[-1]


@pytest.mark.parametrize("name", ["jane@x.com", "o'brien@x.com", 'Jane "J" Doe', "Doe, Jane", "a=b", "#jane", "{jane}"])
def test_ansible_reads_the_name_in_a_command_as_it_is(name: str) -> None:
    """As ansible-playbook reads each -e: JSON, or words that are split at blanks and quotes."""
    text = command({"hop": "account", "status": "fail", "subject": name, "person": True}, "demo", [])
    extra = shlex.split(text)[-1]
    parsed = json.loads(extra) if extra.startswith("{") else parse_kv(extra)
    people = parsed["federation_check_people"]
    assert (people if isinstance(people, list) else people.split(",")) == [name]


def changes(before: f.Facts, after: f.Facts) -> list[tuple[str, str]]:
    content = build(r.check("demo", after), previous=build(r.check("demo", before)))
    return [(change["direction"], change["text"]) for change in content["changes"]]


NEXT: t.Final = m.certificate("next").thumbprint


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (m.facts(), m.facts(), []),
        (
            m.facts(),
            m.facts(people=(m.person(id=None),)),
            [("worse", "jane.doe@example.com can no longer sign in (account).")],
        ),
        (m.facts(people=(m.person(id=None),)), m.facts(), [("better", "account: fail → pass")]),
        (
            m.facts(people=(m.person(id=None),)),
            m.facts(),
            [("better", "jane.doe@example.com is no longer among those who cannot sign in.")],
        ),
        (m.facts(), m.facts(roles={}, not_readable={m.ROLE: "Denied."}), [("worse", "role: pass → unknown")]),
        (m.facts(), m.facts(people=()), [("neutral", "account: pass → unchecked")]),
        (
            m.facts(),
            m.facts(providers={m.PROVIDER: m.provider("active", "next")}),
            [("neutral", f"The certificate {NEXT} is new; it expires on {m.certificate('next').not_after:%Y-%m-%d}.")],
        ),
        (
            m.facts(providers={m.PROVIDER: m.provider("active", "next")}),
            m.facts(),
            [("neutral", f"The certificate {NEXT} is gone from both clouds.")],
        ),
        (
            m.with_application(keys=(m.key(), m.key("next", active=False))),
            m.with_application(keys=(m.key(active=False), m.key("next"))),
            [("neutral", f"Entra ID signs with the certificate {NEXT} now.")],
        ),
        (
            m.with_application(keys=(m.key(), m.key("next", active=False))),
            m.facts(
                application=m.application(keys=(m.key(), m.key("next", active=False))),
                providers={m.PROVIDER: m.provider("active", "next")},
            ),
            [("neutral", f"{m.PROVIDER} holds the certificate {NEXT}.")],
        ),
        (
            m.facts(),
            m.facts(users=m.users(m.user(), m.user(username="b@x.com"))),
            [("neutral", "Agents not checked: 0 → 1")],
        ),
    ],
)
def test_what_changed_is_reported(before: f.Facts, after: f.Facts, expected: list[tuple[str, str]]) -> None:
    texts = changes(before, after)
    assert set(expected) <= set(texts)
    assert expected or not texts


def test_hosts_that_come_and_go() -> None:
    first, other = r.check("one", r.healthy()), r.check("other", r.healthy())
    lost = {"host": "one", "not_readable": "Denied."}

    def texts(before: t.Any, after: t.Any) -> list[tuple[str, str]]:
        changed = build(after, previous=build(before))["changes"]
        return [(change["host"], change["text"]) for change in changed]

    assert texts(first, other) == [("one", "It is no longer in the report."), ("other", "It is new in the report.")]
    assert texts(first, lost) == [("one", "It can no longer be read.")]
    assert texts(lost, first) == [("one", "It can be read again.")]
    assert texts(lost, lost) == []


@pytest.mark.parametrize(
    ("previous", "message"),
    [
        ([], "its kind is None"),
        ({"findings": []}, "its kind is None"),
        ({"kind": report.KIND, "version": 99}, "has version 99"),
        ({"kind": report.KIND, "version": report.VERSION}, "is damaged"),
        (
            {
                "kind": report.KIND,
                "version": report.VERSION,
                "generated": r.NOW,
                "federations": [{"host": "demo"}],
                "not_readable": [],
            },
            "is damaged",
        ),
        (
            {
                "kind": report.KIND,
                "version": report.VERSION,
                "generated": r.NOW,
                "federations": None,
                "not_readable": [],
            },
            "is damaged",
        ),
    ],
)
def test_what_is_no_report_of_this_kind_is_refused(previous: t.Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        build(r.check("demo", r.healthy()), previous=previous)
