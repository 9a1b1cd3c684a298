# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages that people see on their way in, in HTML that works without JavaScript."""

from __future__ import annotations

import typing as t

import jinja2
from werkzeug import Response

_TEMPLATES: t.Final = jinja2.Environment(
    loader=jinja2.PackageLoader("federation_sandbox", "pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, status: int = 200, /, **values: t.Any) -> Response:
    """One page. Each says in its body's data-page what it is, which only the sandbox's own clients read."""
    content = _TEMPLATES.get_template(f"{template}.html").render(**values)
    response = Response(content, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Frame-Options"] = "DENY"
    return response
