# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rotation_state
short_description: How far the rotation of a signing certificate is, and what comes next
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Tells how far a rotation is, from what both clouds show, what comes next so that no sign-in fails, and which steps a
    run would take.
options:
  _input:
    description: The application, as M(openccp.federation.azure_saml_app_info) returns it.
    type: dict
    required: true
  iam:
    description: The providers that trust it, each as a result of M(openccp.federation.iam_saml_provider_info).
    type: list
    elements: dict
    required: true
  cognito:
    description:
      - The providers of the user pools that trust it, each pool as a result of
        M(openccp.federation.cognito_saml_provider_info).
      - Providers of other directories are ignored.
    type: list
    elements: dict
    default: []
  now:
    description: The time, as M(openccp.federation.azure_saml_app_info) returns it.
    type: str
    required: true
  listed:
    description: The ARNs of the providers in IAM that must exist.
    type: list
    elements: str
    default: []
  rules:
    description:
      - When a rotation begins, and how long its stages last at least.
      - C(renew_when_days_left) (45), a rotation begins when fewer days than these are left of the active certificate;
        C(settle_seconds) (300), how long a certificate is left to settle in AWS before it is activated;
        C(retire_after_days) (7), how long the old certificate stays after the activation; C(validity_days) (1095), for
        how many days a new certificate is valid.
      - C(resume), whether to go on after a rollback; C(replaced), the thumbprint of a certificate that is replaced as
        long as it is active, although it is not near its end; C(compromised), whether what was replaced is retired
        without delay; C(adopt_unmanaged), whether a certificate that this collection did not make, and that ends after
        the active one, is published and activated; C(remove_unmanaged), whether certificates that this collection did
        not make, and that are not active, are retired.
    type: dict
    default: {}
  tags:
    description: The tags of the run, which limit it to single stages.
    type: list
    elements: str
    default: []
  wait:
    description: Whether the run waits until a certificate has settled.
    type: bool
    default: true
  notification_emails:
    description: Whom Entra ID is to tell before a certificate ends. When omitted, it is left alone.
    type: list
    elements: str
seealso:
  - module: openccp.federation.azure_saml_certificate
  - plugin: openccp.federation.rotation_consumers
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Say what comes next
  ansible.builtin.debug:
    msg: "{{ (found.applications[0] | openccp.federation.rotation_state(iam=[trusting], now=found.now)).next.message }}"
"""

RETURN = r"""
_value:
  description: The state.
  type: dict
  contains:
    providers:
      description: The providers that trust the application, in IAM and in Amazon Cognito.
      type: list
      elements: dict
    pool_providers:
      description: Those of them in Amazon Cognito.
      type: list
      elements: dict
    problem:
      description: Why what was read is not enough, because a provider is missing or not readable; else empty.
      type: str
    undecided:
      description: Why there is no rotation to speak of; else empty.
      type: str
    next:
      description:
        - What comes next. Like the keys below, it is missing when there is a problem, or no rotation to speak of.
      type: dict
      contains:
        app_id:
          description: The application ID.
          type: str
        days_left:
          description: The days that are left of the active certificate.
          type: int
        certificates:
          description: The certificates of the application.
          type: list
          elements: dict
        stage:
          description:
            - What comes next, V(watch) (nothing), V(stage), V(publish), V(settle), V(activate), V(retire), or V(held)
              after a rollback.
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
    steps:
      description: What a run takes on, each with C(action), C(object), C(before), C(after) and C(reason).
      type: list
      elements: dict
    way_back:
      description: How to go back to the former certificate, in a sentence.
      type: str
"""

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.openccp.federation.plugins.module_utils._rotation import state
from ansible_collections.openccp.federation.plugins.module_utils._rotation.decision import Rules

Results = t.Sequence[t.Mapping[str, t.Any]]

_NUMBERS: t.Final = ("renew_when_days_left", "settle_seconds", "retire_after_days", "validity_days")
_SWITCHES: t.Final = ("resume", "compromised", "adopt_unmanaged", "remove_unmanaged")


def rotation_state(
    application: t.Mapping[str, t.Any],
    *,
    iam: Results,
    now: str,
    cognito: Results = (),
    listed: t.Sequence[str] = (),
    rules: t.Mapping[str, t.Any] | None = None,
    tags: t.Sequence[str] = (),
    wait: bool = True,
    notification_emails: list[str] | None = None,
) -> dict[str, t.Any]:
    """The state as plain values."""
    look = state.Look(iam=_providers(iam), cognito=_providers(cognito), listed=listed)
    emails = notification_emails if isinstance(notification_emails, list) else None  # 2.18 makes a text of none
    run = state.Run(tags, boolean(wait), emails)
    return state.state(application, look, now, _rules(rules or {}), run)


def _providers(results: Results) -> list[t.Mapping[str, t.Any]]:
    """Those of all results of a task; a task without a turn returned none."""
    return [provider for result in results for provider in result.get("saml_providers", ())]


def _rules(options: t.Mapping[str, t.Any]) -> Rules:
    rules: dict[str, t.Any] = {name: int(options[name]) for name in _NUMBERS if name in options}
    rules |= {name: boolean(options[name]) for name in _SWITCHES if name in options}
    return Rules(**rules, replaced=options.get("replaced") or None)


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"rotation_state": rotation_state}
