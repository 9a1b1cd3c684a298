# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as people see it: on a screen, light and dark, wide and narrow, and on paper."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.openccp.federation.plugins.filter.federation_report import federation_report
from ansible_collections.openccp.federation.plugins.filter.federation_report_page import federation_report_page

import check_factory as m
import report_factory as r
from support import CHECKOUT

NewContext = t.Callable[[], t.Any]
TEMPLATE: t.Final = CHECKOUT / "roles" / "federation_report" / "templates" / "report.html.j2"
HOSTILE: t.Final = (
    "<img src=https://outside.example.com/x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
)
#: in how many lines the text of an element is
LINES: t.Final = """element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size;
}"""
DARK, LIGHT = "rgb(18, 23, 28)", "rgb(255, 255, 255)"


def write(folder: Path, host: str = "support") -> str:
    """The page on a fleet, as a file; its address."""
    last = federation_report([r.check(host, r.healthy())], "2026-01-30T12:00:00Z")
    checks = [r.check("sales", r.healthy()), r.check(host, r.in_trouble())]
    report = federation_report(checks, r.NOW, hosts=["sales", host, "lost"], previous=last, inventories=["hosts.yml"])
    file = folder / "federation-report.html"
    file.write_text(federation_report_page(report, TEMPLATE.read_text(encoding="utf-8")), encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def page(new_context: NewContext) -> t.Any:
    """A tab that notes what it asks for and what goes wrong."""
    tab = new_context().new_page()
    tab.set_viewport_size({"width": 1160, "height": 1500})
    tab.requests, tab.complaints = [], []
    tab.on("request", lambda request: tab.requests.append(request.url))
    tab.on("console", lambda message: tab.complaints.append(message.text))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    return tab


def background(page: t.Any) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_report_in_light_and_dark(page: t.Any, tmp_path: Path, picture: t.Callable[[str], Path]) -> None:
    url = write(tmp_path)
    page.emulate_media(color_scheme="dark")
    page.goto(url)
    assert background(page) == DARK
    page.emulate_media(color_scheme="light")
    assert background(page) == LIGHT
    assert (page.requests, page.complaints) == ([url], [])
    section = page.locator("#federation-1")
    assert section.get_by_role("heading", level=2).inner_text() == "support"
    path = section.get_by_role("img", name="The sign-in path, hop by hop")
    assert path.locator("g.node.fail").count() == 4
    for node in path.locator("g.node").all():
        box, frame = node.bounding_box(), path.bounding_box()
        assert frame["x"] <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert box["y"] + box["height"] <= frame["y"] + frame["height"]
    labels = [label.bounding_box() for label in path.locator("text.label").all()]
    overlaps = [
        (label, other) for index, label in enumerate(labels) for other in labels[:index] if _overlap(label, other)
    ]
    assert overlaps == []
    first = path.locator("g.node circle").first.bounding_box()
    for name in path.locator("text.lane-name").all():
        assert name.bounding_box()["x"] > first["x"] + first["width"], "no line between the lanes crosses it"
    words = page.locator("td.neutral, td.worse, h2").all()
    assert [word.inner_text() for word in words if word.evaluate(LINES) > 1] == []
    kept = picture("report.png")
    section.screenshot(path=kept)
    assert kept.stat().st_size > 50_000


def _overlap(first: dict[str, float], other: dict[str, float]) -> bool:
    apart = first["x"] + first["width"] <= other["x"] or other["x"] + other["width"] <= first["x"]
    above = first["y"] + first["height"] - 3 <= other["y"] or other["y"] + other["height"] - 3 <= first["y"]
    return not apart and not above


@pytest.mark.parametrize("width", [360, 768, 1160])
def test_no_width_makes_the_page_scroll_sideways(page: t.Any, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(write(tmp_path))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_report_on_paper(page: t.Any, tmp_path: Path) -> None:
    """Light, with nothing cut off, whatever the screen prefers."""
    page.goto(write(tmp_path))
    page.emulate_media(media="print", color_scheme="dark")
    assert background(page) == LIGHT
    page.set_viewport_size({"width": 720, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= 720
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF-")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") >= 3


def test_paper_has_everybody_who_cannot_sign_in(page: t.Any, tmp_path: Path) -> None:
    """Those whom the screen folds as well."""
    people = tuple(m.person(name=f"p{number}@example.com", id=None) for number in range(30))
    report = federation_report([r.check("crowd", m.facts(people=people))], r.NOW)
    file = tmp_path / "crowd.html"
    file.write_text(federation_report_page(report, TEMPLATE.read_text(encoding="utf-8")), encoding="utf-8")
    page.goto(file.as_uri())
    last = page.get_by_role("cell", name="p29@example.com", exact=True)
    assert not last.is_visible()
    page.emulate_media(media="print")
    assert last.is_visible()
    assert last.bounding_box()["height"] > 10


def test_a_hostile_name_is_shown_and_does_nothing(page: t.Any, tmp_path: Path) -> None:
    url = write(tmp_path, HOSTILE)
    page.goto(url)
    assert page.title().startswith("Federation report")
    assert (page.requests, page.complaints) == ([url], [])
    assert page.locator("#federation-1").get_by_role("heading", level=2).inner_text() == HOSTILE
