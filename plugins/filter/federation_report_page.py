# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: federation_report_page
short_description: Render a report as an HTML page
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Renders a report with Jinja2. All values from the clouds are escaped, so that they cannot inject markup.
positional: template
options:
  _input:
    description: The report, as returned by P(openccp.federation.federation_report#filter).
    type: dict
    required: true
  template:
    description:
      - The contents of the template. The role P(openccp.federation.federation_report#role) contains one.
      - The template can use the variable C(report), and the functions C(sign_in_path) and C(certificate_timeline),
        which return the positions of the elements in the drawings.
    type: str
    required: true
seealso:
  - plugin: openccp.federation.federation_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the page
  ansible.builtin.copy:
    content: >-
      {{ report
      | openccp.federation.federation_report_page(lookup('ansible.builtin.file', 'report.html.j2')) }}
    dest: report.html
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The page, a single file without scripts or external references.
  type: str
"""

import typing as t

import jinja2
from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.module_utils._printable import printable
from ansible_collections.openccp.federation.plugins.module_utils._report import drawings


def federation_report_page(report: t.Mapping[str, t.Any], template: str) -> str:
    """The page as text."""
    environment = jinja2.Environment(
        autoescape=True,
        finalize=_printable_text,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    functions = {"sign_in_path": drawings.sign_in_path, "certificate_timeline": drawings.certificate_timeline}
    try:
        return environment.from_string(template).render(report=report, **functions)
    except jinja2.TemplateError as error:
        raise AnsibleFilterError(f"The template of the report cannot be rendered: {error}") from error


def _printable_text(value: t.Any) -> t.Any:
    """Names without what a browser would obey; what the template itself has made is no such text."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"federation_report_page": federation_report_page}
