# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: shared_pool_clashes
short_description: Check whether an Amazon Cognito user pool can share the application for the AWS sign-in
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - An enterprise application has one claims policy, one C(NameID), one list of assignments and one signing certificate.
    A user pool that shares the application for the AWS sign-in cannot have its own.
options:
  _input:
    description: The user pool, in the format of C(federation_user_pools).
    type: dict
    required: true
  audience_override:
    description: The audience that the application sends instead of its identifiers.
    type: str
  issuer_with_application_id:
    description: Whether the issuer of the application's responses ends with its ID.
    type: bool
seealso:
  - module: openccp.federation.cognito_saml_provider
"""

EXAMPLES = r"""
- name: Check that all user pools can share the application
  ansible.builtin.assert:
    that: federation_user_pools | map('openccp.federation.shared_pool_clashes') | flatten | length == 0
"""

RETURN = r"""
_value:
  description: One sentence for each reason why the pool cannot share the application. Empty if it can.
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
