# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages that people see while they sign in, in HTML that works without JavaScript."""

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
    """A page. The data-page attribute of its body names its kind, for the sandbox's own clients."""
    content = _TEMPLATES.get_template(f"{template}.html").render(**values)
    response = Response(content, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Frame-Options"] = "DENY"
    return response
