# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: sign_in_values
short_description: Compute the values that must match in both clouds
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Computes the identifier, reply URL, relay state and ARNs of a federation from the user's values, before any object
    exists.
  - Fails if one of the services would reject a value, so that the error is detected before anything is changed.
positional: _input
options:
  _input:
    description:
      - The values, C(region), C(role_name) and C(provider_name), and optionally C(instance_alias), C(role_path),
        C(destination), C(account_id), C(instance_id), C(access_url) (of the instance) and C(new_domain).
      - If C(instance_alias) is omitted, for example for a host with only user pools, the identifier is empty, except in
        AWS GovCloud (US).
      - For an instance on C(awsapps.com), C(new_domain) determines whether the relay state redirects to its new domain.
      - If C(new_domain) is omitted, the destination determines the domain, because only paths on the old domain begin
        with C(/connect).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the relay state of an instance
  ansible.builtin.debug:
    msg: "{{ (given | openccp.federation.sign_in_values).relay_state }}"
  vars:
    given:
      region: eu-central-1
      instance_alias: example-support
      instance_id: 11111111-2222-4333-8444-555555555555
      role_name: ConnectFederation-example-support
      provider_name: Entra-example-support
      destination: /ccp-v2
"""

RETURN = r"""
_value:
  description: The computed values. Keys that depend on values that are not known yet are omitted.
  type: dict
  contains:
    partition:
      description: The AWS partition of the Region.
      type: str
    identifier:
      description: The identifier (entity ID) of the enterprise application.
      type: str
    reply_url:
      description: The URL to which Microsoft Entra ID posts the SAML response.
      type: str
    account_id:
      description: The account, where it is given.
      type: str
    instance_id:
      description: The ID of the instance, where it is given.
      type: str
    role_arn:
      description: The ARN of the role. Requires C(account_id).
      type: str
    provider_arn:
      description: The ARN of the SAML provider. Requires C(account_id).
      type: str
    relay_state:
      description: The URL in Amazon Connect to which AWS redirects the agent. Requires C(instance_id).
      type: str
    instance_arn:
      description: The ARN of the instance. Requires C(account_id) and C(instance_id).
      type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.openccp.federation.plugins.module_utils._domain import sign_in_values as values
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput


def sign_in_values(variables: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The values that follow from those given."""
    texts = {key: str(value) for key, value in variables.items() if value is not None}
    try:
        if "new_domain" in texts:
            texts["new_domain"] = str(boolean(texts["new_domain"])).lower()
        return values.sign_in_values(values.SignInOptions(**texts))
    except TypeError as error:
        raise AnsibleFilterError(f"sign_in_values: {error}") from error
    except InvalidInput as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"sign_in_values": sign_in_values}
