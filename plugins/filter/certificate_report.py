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
      - The federations, each with C(host), C(application) as M(openccp.federation.azure_saml_app_info) returns it, and
        C(providers) as M(openccp.federation.iam_saml_provider_info) returns them.
    type: list
    elements: dict
    required: true
  not_readable:
    description: Why other federations could not be looked at, by host.
    type: dict
    default: {}
  not_federated:
    description: Which federations have no application, and that in a sentence, by host.
    type: dict
    default: {}
  fail_on_not_federated:
    description: Whether it is a problem that a federation has no application.
    type: bool
    default: false
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
        - The certificates, each with C(host), C(application), C(app_id), C(thumbprint), C(not_after), C(days_left),
          C(active), C(usable) (whether Entra ID can sign with it now), C(in_entra), C(providers) (the ARNs that hold
          it), C(trusted) (whether all do) and C(managed) (whether this collection made it).
      type: list
      elements: dict
    not_readable:
      description: Why other federations could not be looked at, by host.
      type: dict
    not_federated:
      description: Which federations have no application, by host.
      type: dict
    hosts:
      description:
        - By host, its C(state), V(ok), V(endangered), V(not_readable) or V(not_federated), and its C(problems).
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

from ansible_collections.openccp.federation.plugins.module_utils._rotation import certificate_report as report


def certificate_report(
    federations: list[dict[str, t.Any]],
    not_readable: dict[str, str] | None = None,
    not_federated: dict[str, str] | None = None,
    fail_on_not_federated: bool = False,
    warn_days: int = 30,
) -> dict[str, t.Any]:
    """The report as plain values."""
    not_readable, not_federated = (
        dict(sorted((not_readable or {}).items())),
        dict(sorted((not_federated or {}).items())),
    )
    by_host: dict[str, list[dict[str, t.Any]]] = {}
    reports: dict[str, list[str]] = {}
    for federation in federations:
        rows = report.rows(federation["host"], federation["application"], federation["providers"])
        by_host.setdefault(federation["host"], []).extend(rows)
        reports.setdefault(federation["host"], []).extend(report.problems(federation["host"], rows, warn_days))
    hosts: dict[str, dict[str, t.Any]] = {
        host: {"state": "endangered" if problems else "ok", "problems": problems} for host, problems in reports.items()
    }
    for host, reason in not_readable.items():
        hosts[host] = {"state": "not_readable", "problems": [f"{host}: {reason}"]}
    for host, reason in not_federated.items():
        hosts[host] = {"state": "not_federated", "problems": [f"{host}: {reason}"] if fail_on_not_federated else []}
    certificates = [row for rows in by_host.values() for row in rows]
    without = dict.fromkeys(not_readable, "not looked at") | dict.fromkeys(not_federated, "not federated")
    return {
        "certificates": certificates,
        "not_readable": not_readable,
        "not_federated": not_federated,
        "hosts": hosts,
        "table": report.table(certificates, without),
        "prometheus": report.prometheus(certificates, by_host, not_readable, not_federated),
        "problems": [problem for host in hosts.values() for problem in host["problems"]],
    }


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"certificate_report": certificate_report}
