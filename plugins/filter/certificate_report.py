# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_report
short_description: Report the signing certificates of several federations
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Combines the certificates in both clouds for each federation into a report for people, programs and monitoring.
options:
  _input:
    description:
      - The federations, each with C(host), C(application) as returned by M(openccp.federation.azure_saml_app_info), and
        C(providers) as returned by M(openccp.federation.iam_saml_provider_info).
    type: list
    elements: dict
    required: true
  not_readable:
    description: The reasons why other federations could not be read, by host.
    type: dict
    default: {}
  not_federated:
    description: A sentence for each federation that has no application, by host.
    type: dict
    default: {}
  limits:
    description:
      - What is a problem, by host.
      - With C(warn_days), an active certificate that expires in fewer than this number of days. If omitted, 30.
      - With C(fail_on_not_federated), whether a federation without an application. If omitted, it is none.
    type: dict
    default: {}
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
          C(active), C(usable) (whether Entra ID can sign with it now), C(in_entra), C(providers) (the ARNs of the
          providers that trust it), C(trusted) (whether all providers trust it) and C(managed) (whether this collection
          created it).
      type: list
      elements: dict
    not_readable:
      description: The reasons why other federations could not be read, by host.
      type: dict
    not_federated:
      description: The federations that have no application, by host.
      type: dict
    hosts:
      description:
        - For each host, its C(state), V(ok), V(endangered), V(not_readable) or V(not_federated), and its C(problems).
      type: dict
    table:
      description: The certificates as a table, one line per certificate.
      type: list
      elements: str
    prometheus:
      description: The certificates in the Prometheus text format.
      type: str
    problems:
      description: The problems that endanger sign-ins.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._rotation import certificate_report as report

WARN_DAYS: t.Final = 30


def certificate_report(
    federations: list[dict[str, t.Any]],
    not_readable: dict[str, str] | None = None,
    not_federated: dict[str, str] | None = None,
    limits: dict[str, dict[str, t.Any]] | None = None,
) -> dict[str, t.Any]:
    """The report as plain values."""
    not_readable, not_federated = (
        dict(sorted((not_readable or {}).items())),
        dict(sorted((not_federated or {}).items())),
    )
    limits = limits or {}
    by_host: dict[str, list[dict[str, t.Any]]] = {}
    reports: dict[str, list[str]] = {}
    for federation in federations:
        rows = report.rows(federation["host"], federation["application"], federation["providers"])
        by_host.setdefault(federation["host"], []).extend(rows)
        warn_days = int(limits.get(federation["host"], {}).get("warn_days", WARN_DAYS))
        reports.setdefault(federation["host"], []).extend(report.problems(federation["host"], rows, warn_days))
    hosts: dict[str, dict[str, t.Any]] = {
        host: {"state": "endangered" if problems else "ok", "problems": problems} for host, problems in reports.items()
    }
    for host, reason in not_readable.items():
        hosts[host] = {"state": "not_readable", "problems": [f"{host}: {reason}"]}
    for host, reason in not_federated.items():
        fails = limits.get(host, {}).get("fail_on_not_federated", False)
        hosts[host] = {"state": "not_federated", "problems": [f"{host}: {reason}"] if fails else []}
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
