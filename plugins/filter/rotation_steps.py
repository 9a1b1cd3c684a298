# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rotation_steps
short_description: What one run of the rotation of a signing certificate takes on
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Tells the steps of a run before it begins, from the decision on what comes next.
options:
  _input:
    description: The decision, as P(openccp.federation.certificate_rotation#filter) returns it.
    type: dict
    required: true
  application:
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
  tags:
    description: The stages that the run is limited to; all of them when it is empty.
    type: list
    elements: str
    default: []
  wait:
    description: Whether the run waits until a certificate has settled.
    type: bool
    default: true
  compromised:
    description: Whether the old certificate goes at once.
    type: bool
    default: false
  notification_emails:
    description: Whom Entra ID is to tell before a certificate ends. When omitted, it is left alone.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Say what a run would do
  ansible.builtin.debug:
    msg: >-
      {{ next | openccp.federation.rotation_steps(found.applications[0], trusting.saml_providers)
      | map(attribute='action') }}
  vars:
    next: "{{ found.applications[0] | openccp.federation.certificate_rotation(trusting.saml_providers, found.now) }}"
"""

RETURN = r"""
_value:
  description: The steps, each with C(action), C(object), C(before), C(after) and C(reason).
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._rotation import steps
from ansible_collections.openccp.federation.plugins.module_utils._rotation.decision import consumer_id, held_thumbprints


def rotation_steps(
    decision: dict[str, t.Any],
    application: dict[str, t.Any],
    providers: list[dict[str, t.Any]],
    *,
    tags: t.Sequence[str] = (),
    wait: bool = True,
    compromised: bool = False,
    notification_emails: list[str] | None = None,
) -> list[dict[str, t.Any]]:
    """The steps as plain values."""
    held = {consumer_id(provider): held_thumbprints(provider) for provider in providers}
    name, active = application["name"], application["active_thumbprint"]
    stages = (
        [tag for tag in tags if tag not in ("all", "always", "tagged", "untagged")]
        if "all" not in tags or "rollback" in tags
        else []
    )
    planned = steps.steps_of(steps.CurrentState(decision, name, active, held, tuple(stages), wait, compromised))
    return planned + steps.notify(name, application["notification_emails"], notification_emails, decision, stages)


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"rotation_steps": rotation_steps}
