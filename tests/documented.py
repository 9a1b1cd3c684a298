# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands and the data in the pages of the documentation, as a reader copies them."""

from __future__ import annotations

import re
import shlex
import textwrap
import typing as t
from pathlib import Path

import yaml

from support import CHECKOUT

PAGES: t.Final = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), *CHECKOUT.glob("docs/docsite/rst/*")])
#: blocks that are run in the order of their page: <!-- commands: NAME -->, or <!-- commands that fail: NAME -->
_NAMED: t.Final = re.compile(
    r"^ *<!-- commands(?P<fails> that fail)?: (?P<name>[^\n]+) -->\n(?P<indent> *)```console\n(?P<text>.*?)^ *```",
    re.MULTILINE | re.DOTALL,
)
_MARKDOWN: t.Final = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_RST: t.Final = re.compile(r"^\.\. code-block:: (\w+)\n\n((?:   [^\n]*\n|\n)+)", re.MULTILINE)
#: in the running text, where the words of no other command stand
_INLINE: t.Final = re.compile(r"`(ansible-playbook openccp\.[^`]* --inventory [^`]*)`")


class Block(t.NamedTuple):
    """A block of commands. fails: whether the page says that its last command fails."""

    name: str
    text: str
    fails: bool


def named_blocks(page: Path) -> list[Block]:
    """The blocks of a page that have a name, in their order."""
    matches = _NAMED.finditer(page.read_text(encoding="utf-8"))
    return [Block(block["name"], textwrap.dedent(block["text"]), bool(block["fails"])) for block in matches]


def blocks(page: Path, *languages: str) -> list[str]:
    """The blocks of a page that are in one of the languages."""
    text = page.read_text(encoding="utf-8")
    pattern = _RST if page.suffix == ".rst" else _MARKDOWN
    return [textwrap.dedent(block) for language, block in pattern.findall(text) if language in languages]


def playbook_commands(page: Path) -> list[list[str]]:
    """Each command of a page that runs a playbook of the collection, as words."""
    consoles = [re.sub(r"^\$ ", "", block, flags=re.MULTILINE) for block in blocks(page, "console", "bash")]
    lines = [line for block in consoles for line in block.replace("\\\n", " ").splitlines()]
    every = [*lines, *_INLINE.findall(page.read_text(encoding="utf-8"))]
    ours = [line for line in every if line.startswith("ansible-playbook") and "openccp.federation." in line]
    return [shlex.split(line, comments=True) for line in ours]


def mappings(page: Path) -> list[dict[str, t.Any]]:
    """The YAML of a page that is one mapping."""
    read = [yaml.safe_load(block) for block in blocks(page, "yaml", "yml")]
    return [data for data in read if isinstance(data, dict)]
