# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The terminal in the README: how it is drawn, and that it shows what the playbooks print."""

from __future__ import annotations

import re
import sys

import lxml.etree

from support import CHECKOUT

sys.path.insert(0, str(CHECKOUT / "tools"))

from terminal_picture import NO_BREAK, draw

#: what is another in each run
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def texts(picture: str) -> list[str]:
    elements = lxml.etree.fromstring(picture.encode()).iterfind(".//{http://www.w3.org/2000/svg}text")
    return ["".join(text.itertext()).replace(NO_BREAK, " ") for text in elements]


def test_every_line_is_drawn_as_it_was_printed() -> None:
    lines = ["━━ 1/6 A title ━━", "", "$ make demo", "  <b>two  blanks</b> & 'quotes'"]
    picture = draw(lines, 80)
    assert texts(picture) == [lines[0], *lines[2:]]
    assert 'viewBox="0 0 666 112"' in picture


def test_the_picture_shows_the_plan_that_the_first_run_prints() -> None:
    """Another test compares that page with what the playbooks print."""
    page = (CHECKOUT / "docs" / "daily-jobs.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"<!-- output: the first run -->\n```text\n(.*?)\n\n", page, flags=re.DOTALL)
    drawn = _ID.sub(
        "…", " ".join(" ".join(texts((CHECKOUT / "docs/images/demo.svg").read_text(encoding="utf-8"))).split())
    )
    assert [
        sentence
        for sentence in block.splitlines()
        if sentence not in drawn and not sentence.startswith("Create the agent")
    ] == []
