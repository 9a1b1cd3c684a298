# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: claimed_providers
short_description: The IAM SAML providers that an application's Role claims name
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Reads the providers' ARNs from the values of the Role claims, in which role and provider stand in either order.
options:
  _input:
    description: The claims of an application, as M(openccp.federation.azure_saml_app_info) returns them.
    type: list
    elements: dict
    required: true
seealso:
  - plugin: openccp.federation.certificate_rotation
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show which providers trust the application
  ansible.builtin.debug:
    msg: "{{ found.applications[0].claims | openccp.federation.claimed_providers }}"
"""

RETURN = r"""
_value:
  description: The ARNs, sorted, each once.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._rotation.decision import claimed_providers


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"claimed_providers": claimed_providers}
