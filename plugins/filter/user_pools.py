# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: user_pools
short_description: The Amazon Cognito user pools of a federation, by the application that they have
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Separates the user pools with an enterprise application of their own from those that share the application of AWS's
    sign-in, which then has their identifiers and reply URLs as well.
  - A user pool that cannot share it is an error.
options:
  _input:
    description: The user pools, as they stand in C(federation_user_pools).
    type: list
    elements: dict
    required: true
  audience_override:
    description: The audience that the application sends in place of its identifiers.
    type: str
  issuer_with_application_id:
    description: Whether the issuer of the application's responses ends in its ID.
    type: bool
seealso:
  - plugin: openccp.federation.shared_pool_clashes
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the identifiers that the application needs for user pools
  ansible.builtin.debug:
    msg: "{{ (federation_user_pools | openccp.federation.user_pools).identifiers }}"
"""

RETURN = r"""
_value:
  description: The user pools.
  type: dict
  contains:
    own:
      description: The user pools with an application of their own.
      type: list
      elements: dict
    shared:
      description: The user pools that share the application of AWS's sign-in.
      type: list
      elements: dict
    identifiers:
      description: The identifiers that the application needs for the latter.
      type: list
      elements: str
    reply_urls:
      description: The reply URLs that it needs for them.
      type: list
      elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.openccp.federation.plugins.module_utils._cognito import shared_application


def user_pools(
    pools: list[dict[str, t.Any]],
    *,
    audience_override: str | None = None,
    issuer_with_application_id: bool | str | None = None,
) -> dict[str, t.Any]:
    """The user pools by their application."""
    is_by_application = boolean(issuer_with_application_id or False, strict=False)
    clashes = shared_application.shared_clashes(pools, audience_override, is_by_application)
    if clashes:
        raise AnsibleFilterError(" ".join(clashes))
    shared = [pool for pool in pools if shared_application.is_shared(pool)]
    return {
        "own": [pool for pool in pools if not shared_application.is_shared(pool)],
        "shared": shared,
        "identifiers": [shared_application.identifier(pool) for pool in shared],
        "reply_urls": [shared_application.reply_url(pool) for pool in shared],
    }


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"user_pools": user_pools}
