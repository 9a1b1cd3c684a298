# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs in requests, which may be any text."""

from __future__ import annotations

import urllib.parse


def split_url(text: str) -> urllib.parse.SplitResult:
    """The parts of a URL, all of them empty where the text is none."""
    try:
        return urllib.parse.urlsplit(text)
    except ValueError:
        return urllib.parse.SplitResult("", "", "", "", "")
