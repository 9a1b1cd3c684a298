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
    description:
      - The SAML providers that trust it, as M(openccp.federation.iam_saml_provider_info) and
        M(openccp.federation.cognito_saml_provider_info) return them.
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
  validity_days:
    description: For how many days a new certificate is valid.
    type: int
    default: 1095
  replaced:
    description: The thumbprint of a certificate that is replaced as long as it is active, although it is not near its
      end.
    type: str
  compromised:
    description: Whether what was replaced is retired without delay.
    type: bool
    default: false
  adopt_unmanaged:
    description: Whether a certificate that this collection did not make, and that ends after the active one, is
      published and activated.
    type: bool
    default: false
  remove_unmanaged:
    description: Whether certificates that this collection did not make, and that are not active, are retired.
    type: bool
    default: false
seealso:
  - module: openccp.federation.azure_saml_certificate
"""

EXAMPLES = r"""
- name: Say what comes next
  ansible.builtin.debug:
    msg: >-
      {{ (found.applications[0]
      | openccp.federation.certificate_rotation(trusting.saml_providers, found.now)).message }}
"""

RETURN = r"""
_value:
  description: The decision.
  type: dict
  contains:
    stage:
      description:
        - What comes next, V(watch) (nothing), V(stage), V(publish), V(settle), V(activate), V(retire), or V(held) after
          a rollback.
      type: str
    message:
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
    unmanaged:
      description: The thumbprints of certificates that this collection did not make and leaves as they are.
      type: list
      elements: str
    notice:
      description: The same in a sentence, with what can be done, empty without any.
      type: str
    trusted:
      description: The thumbprints that every provider holds.
      type: list
      elements: str
    former:
      description: The thumbprint that a rollback goes back to, null without one.
      type: str
"""

import dataclasses
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._rotation.decision import (
    Federation,
    Rules,
    certificates_of,
    decide,
    former,
    moment,
    provider_of,
)


def certificate_rotation(
    application: dict[str, t.Any], providers: list[dict[str, t.Any]], now: str, **rules: t.Any
) -> dict[str, t.Any]:
    """The decision as a dictionary of plain values."""
    federation = Federation(
        certificates_of(application),
        [provider_of(provider) for provider in providers],
        moment(now),
        frozenset(application["managed_thumbprints"]),
    )
    try:
        decision = decide(federation, Rules(**rules))
    except InvalidInput as error:
        raise AnsibleFilterError(f"{application['name']}: {error}") from error
    since = decision.failing_since
    return dataclasses.asdict(decision) | {
        "retired": list(decision.retired),
        "unmanaged": list(decision.unmanaged),
        "failing_since": since.strftime("%Y-%m-%dT%H:%M:%SZ") if since else None,
        "trusted": sorted(federation.trusted),
        "former": former(federation),
    }


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"certificate_rotation": certificate_rotation}
