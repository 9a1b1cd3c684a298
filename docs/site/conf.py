# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation site: the guides of docs, and the reference of plugins and roles. It needs no network."""

from __future__ import annotations

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
    "myst.xref_missing",  # files of the repository that are no pages; a test checks that they exist
    "toc.not_included",  # the reference has its own tree
]

html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
html_copy_source = False
