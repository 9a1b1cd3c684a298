# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cognito_check
short_description: Check whether people of the directory can sign in to an Amazon Cognito user pool
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Follows the sign-in path of a user pool hop by hop, based on the results of the info modules for the pool and its
    application.
  - The hops are V(domain), V(provider), V(clients), V(callback), V(application), V(identifier), V(reply_url),
    V(assignment), V(certificate), V(trust), V(mapping), V(claims) and V(attributes).
  - V(encryption) is a warning if Entra ID encrypts for a certificate other than the newest of the provider.
options:
  _input:
    description: The result of M(openccp.federation.cognito_saml_provider_info) for one provider, with its clients.
    type: dict
    required: true
  applications:
    description: The applications with the pool's identifier, as returned by M(openccp.federation.azure_saml_app_info).
    type: list
    elements: dict
    required: true
  provider_name:
    description: The name of the SAML provider.
    type: str
    required: true
  clients:
    description: The app clients, by ID or name, in which the provider must be enabled.
    type: list
    elements: str
    default: []
  domain:
    description: The host name at which users sign in. If omitted, all domains of the pool must work.
    type: str
    default: ""
  people:
    description:
      - The people whose claims are checked, as returned in
        RV(openccp.federation.azure_saml_app_info#module:applications[].people).
      - If omitted, it is unknown whether Entra ID sends the attributes that the pool requires.
    type: list
    elements: dict
seealso:
  - module: openccp.federation.cognito_saml_provider_info
"""

EXAMPLES = r"""
- name: Show the findings
  ansible.builtin.debug:
    msg: "{{ (pool | openccp.federation.cognito_check(found.applications, 'Entra')).table }}"
"""

RETURN = r"""
_value:
  description: The result of the check.
  type: dict
  contains:
    ok:
      description: Whether no hop fails.
      type: bool
    summary:
      description: A summary in one sentence.
      type: str
    findings:
      description: One finding for each hop, in the same format as returned by M(openccp.federation.federation_check).
      type: list
      elements: dict
    table:
      description: The findings as text lines.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks.cognito_hops import PoolPath, check_pool
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import table
from ansible_collections.openccp.federation.plugins.module_utils._printable import message_text


def cognito_check(
    facts: dict[str, t.Any],
    applications: list[dict[str, t.Any]],
    provider_name: str,
    clients: t.Sequence[str] = (),
    *,
    domain: str = "",
    people: t.Sequence[dict[str, t.Any]] | None = None,
) -> dict[str, t.Any]:
    """The verdict as plain values."""
    named = [provider for provider in facts["saml_providers"] if provider["name"] == provider_name]
    path = PoolPath(
        pool=facts["user_pool"],
        provider_name=provider_name,
        provider=named[0] if named else None,
        application=applications[0] if applications else None,
        clients=tuple(clients),
        domain=domain,
        people=tuple(people or ()),
    )
    findings = check_pool(path)
    failed = [finding for finding in findings if finding.status == "fail"]
    name = facts["user_pool"]["name"]
    if failed:
        hops = ", ".join(finding.hop for finding in failed)
        summary = f"{len(failed)} of {len(findings)} hops to the user pool {name} fail: {hops}. {failed[0].reason}"
    else:
        unknown = [finding for finding in findings if finding.status == "unknown"]
        hops = ", ".join(finding.hop for finding in unknown)
        verdict = (
            f"No hop to the user pool {name} fails, but it is unknown whether people can sign in: {hops}."
            if unknown
            else f"People can sign in to the user pool {name}, as far as can be read."
        )
        summary = " ".join([verdict, *(finding.reason for finding in unknown)])
    return {
        "ok": not failed,
        "summary": message_text(summary),
        "findings": [each.as_dict() for each in findings],
        "table": table(findings),
    }


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"cognito_check": cognito_check}
