# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws what a terminal has shown, as SVG."""

from __future__ import annotations

import html
import typing as t

#: stands for each blank, of which SVG keeps one in a row
NO_BREAK: t.Final = "\N{NO-BREAK SPACE}"
_LINE: t.Final = 18
_CHARACTER: t.Final = 7.83
_MARGIN: t.Final = 20
_COLOURS: t.Final = {"━━": "#6fd3c7", "$ ": "#f2cc60"}
_HEAD: t.Final = """\
<!--
SPDX-FileCopyrightText: openccp.federation contributors
SPDX-License-Identifier: GPL-3.0-or-later
-->
"""


def draw(lines: t.Sequence[str], columns: int) -> str:
    """The picture of these lines."""
    width, height = round(columns * _CHARACTER) + 2 * _MARGIN, len(lines) * _LINE + 2 * _MARGIN
    rows = "".join(_row(number, line) for number, line in enumerate(lines) if line.strip())
    return (
        f'{_HEAD}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img">\n'
        f"<title>A terminal after make demo</title>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#12181e"/>\n'
        f'<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13" fill="#e8edf2">\n'
        f"{rows}</g>\n</svg>\n"
    )


def _row(number: int, line: str) -> str:
    colour = next((f' fill="{value}"' for start, value in _COLOURS.items() if line.startswith(start)), "")
    # The width is given, so that no font makes a line longer than the picture.
    length = f' textLength="{len(line) * _CHARACTER:.1f}" lengthAdjust="spacingAndGlyphs"'
    top = _MARGIN + (number + 1) * _LINE - 4
    return f'<text x="{_MARGIN}" y="{top}"{colour}{length}>{html.escape(line).replace(" ", NO_BREAK)}</text>\n'
