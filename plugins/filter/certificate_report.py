# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_report
short_description: All signing certificates of several federations
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Brings what both clouds hold of each federation together, for people, for programs and for monitoring.
options:
  _input:
    description:
      - The federations, each with C(host), C(application) as M(openccp.federation.azure_saml_app_info) returns it, and C(providers) as
        M(openccp.federation.iam_saml_provider_info) returns them.
    type: list
    elements: dict
    required: true
  unread:
    description: Why other federations could not be looked at, by host.
    type: dict
    default: {}
  warn_days:
    description: An active certificate with fewer days left than these is a problem.
    type: int
    default: 30
"""

EXAMPLES = r"""
- name: Show the certificates of one federation
  ansible.builtin.debug:
    msg: "{{ ([seen] | openccp.federation.certificate_report).table }}"
  vars:
    seen:
      host: support
      application: "{{ found.applications[0] }}"
      providers: "{{ trusting.saml_providers }}"
"""

RETURN = r"""
_value:
  description: The report.
  type: dict
  contains:
    certificates:
      description:
        - The certificates, each with C(host), C(application), C(app_id), C(thumbprint), C(not_after), C(days_left), C(active), C(usable)
          (whether Entra ID can sign with it now), C(in_entra), C(providers) (the ARNs that hold it) and C(trusted) (whether all do).
      type: list
      elements: dict
    unread:
      description: Why other federations could not be looked at, by host.
      type: dict
    table:
      description: The same as lines of equal columns.
      type: list
      elements: str
    prometheus:
      description: The same in the text format of Prometheus.
      type: str
    problems:
      description: What endangers sign-ins.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._saml import certificate_report as report


def certificate_report(federations: list[dict[str, t.Any]], unread: dict[str, str] | None = None, warn_days: int = 30) -> dict[str, t.Any]:
    """The report as plain values."""
    unread = dict(sorted((unread or {}).items()))
    found = {one["host"]: report.rows(one["host"], one["application"], one["providers"]) for one in federations}
    rows = [row for each in found.values() for row in each]
    problems = [problem for host, each in found.items() for problem in report.problems(host, each, warn_days)]
    return {
        "certificates": rows,
        "unread": unread,
        "table": report.table(rows),
        "prometheus": report.prometheus(rows, found, unread),
        "problems": [*problems, *(f"{host}: {reason}" for host, reason in unread.items())],
    }


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"certificate_report": certificate_report}
