# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rotation_consumers
short_description: The application of a rotation, and who trusts it by its own account
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Reads the ARNs of IAM SAML providers from the values of the Role claims, in which role and provider stand in either
    order, and the IDs of Amazon Cognito user pools from the identifiers.
options:
  _input:
    description: The result of M(openccp.federation.azure_saml_app_info).
    type: dict
    required: true
  app_id:
    description: The application ID that was asked for. Without it, the application was asked for by its name.
    type: str
  name:
    description: The name of the application, for the message.
    type: str
    default: ""
seealso:
  - plugin: openccp.federation.rotation_state
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show which providers trust the application
  ansible.builtin.debug:
    msg: "{{ (found | openccp.federation.rotation_consumers(name='Amazon Connect support')).providers }}"
"""

RETURN = r"""
_value:
  description: The application and its consumers.
  type: dict
  contains:
    problem:
      description: Why it is not one application that this collection made; empty when it is.
      type: str
    application:
      description: The first application; empty without any.
      type: dict
    providers:
      description: The ARNs of the providers in IAM, sorted, each once.
      type: list
      elements: str
    user_pools:
      description: The IDs of the user pools.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._rotation import state


def rotation_consumers(
    applications: list[dict[str, t.Any]], *, app_id: str | None = None, name: str = ""
) -> dict[str, t.Any]:
    """The application and its consumers as plain values."""
    return state.consumers(applications, app_id or None, name)


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"rotation_consumers": rotation_consumers}
