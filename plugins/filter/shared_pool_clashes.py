# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: shared_pool_clashes
short_description: Why an Amazon Cognito user pool cannot share the application of AWS's sign-in
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - An enterprise application has one claims policy, one C(NameID), one list of assignments and one signing certificate.
    A user pool that shares that of AWS's sign-in can have none of its own.
options:
  _input:
    description: The user pool, as it stands in C(federation_user_pools).
    type: dict
    required: true
  audience_override:
    description: The audience that the application sends in place of its identifiers.
    type: str
  issuer_with_application_id:
    description: Whether the issuer of the application's responses ends in its ID.
    type: bool
seealso:
  - module: openccp.federation.cognito_saml_provider
"""

EXAMPLES = r"""
- name: See that every user pool can share it
  ansible.builtin.assert:
    that: federation_user_pools | map('openccp.federation.shared_pool_clashes') | flatten | length == 0
"""

RETURN = r"""
_value:
  description: One sentence for each reason; empty when it can.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._cognito.shared_application import clashes


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"shared_pool_clashes": clashes}
