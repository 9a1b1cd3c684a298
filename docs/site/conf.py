# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation site: the guides of docs, and the reference of plugins and roles. It needs no network."""

from __future__ import annotations

import typing as t

project = "openccp.federation"
author = "openccp.federation contributors"
title = html_short_title = "openccp.federation: Amazon Connect with Microsoft Entra ID"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
default_role = "any"
highlight_language = "YAML+Jinja"
pygments_style = "ansible"

myst_heading_anchors = 3
suppress_warnings = [
    "toc.not_included",  # the reference has its own tree
]

html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
html_copy_source = False


def _link_guides(_app: t.Any, _page: str, source: list[str]) -> None:
    """Guides of the collection are pages of its reference here, and files of docs in the repository."""
    source[0] = source[0].replace("(docsite/rst/", "(../collections/openccp/federation/docsite/")


def setup(app: t.Any) -> None:
    """Sphinx calls this."""
    app.connect("source-read", _link_guides)
