# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_rotation
short_description: What the rotation of a signing certificate does next
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Tells how far a rotation is, from what both clouds show, and what comes next so that no sign-in fails.
options:
  _input:
    description: The application, as M(openccp.federation.azure_saml_app_info) returns it.
    type: dict
    required: true
  providers:
    description: The IAM SAML providers that trust it, as M(openccp.federation.iam_saml_provider_info) returns them.
    type: list
    elements: dict
    required: true
  now:
    description: The time, as M(openccp.federation.azure_saml_app_info) returns it.
    type: str
    required: true
  renew_when_days_left:
    description: A rotation begins when fewer days than these are left of the active certificate.
    type: int
    default: 45
  settle_seconds:
    description: How long a certificate is left to settle in AWS before it is activated.
    type: int
    default: 300
  retire_after_days:
    description: How long the old certificate stays after the activation.
    type: int
    default: 7
  resume:
    description: Whether to go on after a rollback.
    type: bool
    default: false
seealso:
  - module: openccp.federation.azure_saml_certificate
"""

EXAMPLES = r"""
- name: Say what comes next
  ansible.builtin.debug:
    msg: "{{ (found.applications[0] | openccp.federation.certificate_rotation(trusting.saml_providers, found.now)).says }}"
"""

RETURN = r"""
_value:
  description: The decision.
  type: dict
  contains:
    stage:
      description:
        - What comes next, V(watch) (nothing), V(stage), V(publish), V(settle), V(activate), V(retire), or V(held) after a rollback.
      type: str
    says:
      description: The same in a sentence.
      type: str
    thumbprint:
      description: The certificate that is published or activated.
      type: str
    retired:
      description: The thumbprints of the certificates that are retired.
      type: list
      elements: str
    wait_seconds:
      description: The seconds until the certificate has settled.
      type: int
    failing_since:
      description: When sign-ins began to fail, null when they do not.
      type: str
    unproven:
      description: Whether a new certificate signs while the old one is still there to go back to.
      type: bool
    trusted:
      description: The thumbprints that every provider holds.
      type: list
      elements: str
"""

import dataclasses
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml.rotation import Rules, certificates_of, decide, moment, provider_of


def certificate_rotation(application: dict[str, t.Any], providers: list[dict[str, t.Any]], now: str, **rules: t.Any) -> dict[str, t.Any]:
    """The decision as a dictionary of plain values."""
    trusting = [provider_of(one) for one in providers]
    try:
        decision = decide(certificates_of(application), trusting, moment(now), Rules(**rules))
    except InvalidInput as error:
        raise AnsibleFilterError(f"{application['name']}: {error}") from error
    since = decision.failing_since
    return dataclasses.asdict(decision) | {
        "retired": list(decision.retired),
        "failing_since": since.strftime("%Y-%m-%dT%H:%M:%SZ") if since else None,
        "trusted": sorted(frozenset.intersection(*(one.thumbprints for one in trusting))),
    }


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"certificate_rotation": certificate_rotation}
