# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: whatever comes from the clouds is data in it."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.filter.federation_report import federation_report
from ansible_collections.openccp.federation.plugins.filter.federation_report_page import federation_report_page
from ansible_collections.openccp.federation.plugins.module_utils._printable import printable
from lxml import html

import report_factory as r
from support import CHECKOUT

TEMPLATE: t.Final = (CHECKOUT / "roles" / "federation_report" / "templates" / "report.html.j2").read_text(
    encoding="utf-8"
)
HOSTILE: t.Final = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title></style></svg><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;&amp;",
    "javascript:alert(1)",
    "a\nb\u202e\u2066\x0b",
    "😀",
)
#: what our own program writes, and no name from the clouds
OURS: t.Final = frozenset({"hop", "state", "status", "kind", "version", "direction"})
TIMES: t.Final = frozenset({"not_before", "not_after", "checked_at", "generated", "time"})


def hostile(value: t.Any, name: str, key: str = "") -> t.Any:
    """The value with the name in each text that is not our own program's."""
    if isinstance(value, dict):
        named = {each: f"{name}{each}" if key == "providers" else each for each in value}
        return {named[each]: hostile(inner, name, each) for each, inner in value.items()}
    if isinstance(value, list):
        return [hostile(inner, name, key) for inner in value]
    return f"{name}{value}" if isinstance(value, str) and value and key not in OURS | TIMES else value


def page_of(report: dict[str, t.Any]) -> str:
    return federation_report_page(report, TEMPLATE)


def tags(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with its attributes' names."""
    return [
        (str(element.tag), tuple(sorted(element.attrib)))
        for element in html.document_fromstring(page).iter()
        if isinstance(element.tag, str)
    ]


def a_report() -> dict[str, t.Any]:
    checks = [r.check("sales", r.healthy()), r.check("support", r.in_trouble())]
    last = federation_report([r.check("support", r.healthy())], "2026-01-30T12:00:00Z")
    return federation_report(
        checks, r.NOW, hosts=["sales", "support", "lost"], previous=last, inventories=["hosts.yml"]
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_adds_an_element_or_an_attribute(name: str) -> None:
    report = a_report()
    page, with_names = page_of(report), page_of(hostile(report, name))
    assert tags(with_names) == tags(page)
    assert len(with_names) > len(page) + 50 * len(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_the_checks_themselves_come_through_as_text(name: str) -> None:
    def page_with(host: str, lost: str, result: dict[str, t.Any]) -> str:
        not_readable = {"host": lost, "not_readable": lost}
        last = federation_report([not_readable], r.NOW)
        return page_of(federation_report([{"host": host, "result": result}, not_readable], r.NOW, previous=last))

    result = r.result(r.in_trouble())
    page = page_with(name, f"{name}2", hostile(result, name))
    assert tags(page) == tags(page_with("support", "lost", result))
    text = html.document_fromstring(page).text_content()
    assert printable(name) in text
    assert text.replace("\n", "").isprintable(), "a character that a browser would obey"


def test_the_page_is_one_file_without_scripts() -> None:
    page = page_of(a_report())
    assert page.startswith("<!doctype html>")
    document = html.document_fromstring(page)
    assert document.xpath("//script | //iframe | //object | //embed | //link | //img | //base | //form") == []
    assert [value for value in document.xpath("//@href | //@src | //@action") if not value.startswith("#")] == []
    assert not [
        name for element in document.iter() for name in element.attrib if name.startswith("on") or name == "style"
    ]
    style = "".join(document.xpath("//style/text()"))
    assert "url(" not in style
    assert "@import" not in style
    assert re.findall(r"https?://", re.sub(r"<(td|pre|p|title)\b.*?</\1>", "", page, flags=re.DOTALL)) == []


def test_the_page_says_all_that_the_report_says() -> None:
    report = a_report()
    visible = re.sub(r"\s+", " ", html.document_fromstring(page_of(report)).text_content())
    for federation in report["federations"]:
        problems = [*federation["failures"], *federation["people"], *federation["warnings"]]
        texts = [
            text
            for problem in problems
            for text in (problem["reason"], problem["symptom"], problem["fix"], problem["command"])
        ]
        texts += [unknown["reason"] for unknown in federation["unknown"]]
        texts += [hop["about"] for hop in federation["hops"]]
        texts += [federation["headline"]]
        texts += [certificate["thumbprint"] for certificate in federation["certificates"]]
        assert [text for text in texts if text not in visible] == []
    assert [change["text"] for change in report["changes"] if change["text"] not in visible] == []
    assert "It failed before it could be checked" in visible


def test_many_people_are_folded_and_none_is_missing() -> None:
    report = a_report()
    federation = report["federations"][0]
    federation["people"] = [
        {**federation["people"][0], "subject": f"agent{number}@example.com"} for number in range(300)
    ]
    document = html.document_fromstring(page_of(report))
    assert "280 more" in "".join(document.xpath("//summary/text()"))
    names = document.xpath("//td[@class='name']/text()")
    assert {f"agent{number}@example.com" for number in range(300)} <= set(names)


def test_a_template_that_cannot_be_rendered_is_reported() -> None:
    with pytest.raises(AnsibleFilterError, match=r"cannot be rendered: .*no_such"):
        federation_report_page(a_report(), "{{ no_such }}")


def test_a_file_that_is_no_report_is_reported() -> None:
    with pytest.raises(AnsibleFilterError, match="The previous report is not a report"):
        federation_report([], r.NOW, previous={"findings": []})


def test_the_report_is_plain_json() -> None:
    report = a_report()
    assert json.loads(json.dumps(report)) == report
