#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_saml_provider_info
short_description: Read IAM SAML providers, their certificates and the days that these are still valid
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Reads one IAM SAML provider, or every one of the account, with what its metadata says.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
  - cryptography >= 42.0.0
  - lxml >= 5.0.0
options:
  name:
    description: The name of one provider. When omitted, every provider of the account is read, with one request each.
    type: str
  account_id:
    description:
      - The ID of the AWS account, with O(name). It saves the request that otherwise asks STS whose credentials these
        are.
      - The partition is then the one of O(region), or C(aws).
    type: str
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: openccp.federation.iam_saml_provider
"""

EXAMPLES = r"""
- name: Read every SAML provider
  openccp.federation.iam_saml_provider_info:
  register: found

- name: Show those whose certificates all end within 45 days
  ansible.builtin.debug:
    msg: >-
      {{ found.saml_providers | selectattr('days_left', 'defined') | selectattr('days_left', 'lt', 45)
      | map(attribute='name') }}

- name: Read one
  openccp.federation.iam_saml_provider_info:
    name: Entra
"""

RETURN = r"""
saml_providers:
  description: The providers, by name; empty when there is none.
  returned: success
  type: list
  elements: dict
  contains:
    arn:
      description: The ARN.
      returned: always
      type: str
      sample: arn:aws:iam::123456789012:saml-provider/Entra
    name:
      description: The name.
      returned: always
      type: str
      sample: Entra
    uuid:
      description: The unique ID.
      returned: when botocore is 1.36.13 or newer
      type: str
      sample: SAMLABCDEFGHIJKLMNOP
    create_date:
      description: When the provider was created.
      returned: always
      type: str
      sample: "2026-01-31T12:00:00Z"
    entity_id:
      description: The identity provider that is trusted.
      returned: when the metadata can be read
      type: str
      sample: https://sts.windows.net/11111111-2222-3333-4444-555555555555/
    certificates:
      description: The signing certificates that are trusted.
      returned: when the metadata can be read
      type: list
      elements: dict
      contains:
        thumbprint:
          description: SHA-1, upper-case hexadecimal digits.
          type: str
          returned: always
          sample: 0123456789ABCDEF0123456789ABCDEF01234567
        sha256:
          description: SHA-256, upper-case hexadecimal digits.
          type: str
          returned: always
        subject:
          description: Whom the certificate names.
          type: str
          returned: always
          sample: CN=Microsoft Azure Federated SSO Certificate
        not_before:
          description: When it begins.
          type: str
          returned: always
          sample: "2026-01-31T12:00:00Z"
        not_after:
          description: When it ends.
          type: str
          returned: always
          sample: "2029-01-31T12:00:00Z"
        days_left:
          description: The whole days until then; negative afterwards.
          type: int
          returned: always
          sample: 1095
        usable:
          description: Whether it has begun and not ended.
          type: bool
          returned: always
        key_bits:
          description: The length of its key.
          type: int
          returned: always
          sample: 2048
    expires_at:
      description: When the last of the certificates ends. (IAM's own C(ValidUntil) has nothing to do with the
        certificates.)
      returned: when the metadata can be read
      type: str
      sample: "2029-01-31T12:00:00Z"
    days_left:
      description: The whole days until then.
      returned: when the metadata can be read
      type: int
      sample: 1095
    sso_locations:
      description: Where the identity provider takes requests, as C(binding) and C(location).
      returned: when the metadata can be read
      type: list
      elements: dict
    slo_locations:
      description: Where the identity provider takes sign-outs, as C(binding) and C(location).
      returned: when the metadata can be read
      type: list
      elements: dict
    metadata_problem:
      description: Why the metadata cannot be read.
      returned: when it cannot be read
      type: str
    sign_in_url:
      description: The reply URL to enter at the identity provider.
      returned: when it is known
      type: str
      sample: https://signin.aws.amazon.com/saml
    assertion_encryption_mode:
      description: V(allowed) or V(required).
      returned: when it was ever set
      type: str
    private_keys:
      description: The private keys that IAM holds, by C(key_id), with the time when each was C(added).
      returned: always
      type: list
      elements: dict
    tags:
      description: The tags.
      returned: always
      type: dict
"""

import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_providers import SamlProviders, describe
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import saml_provider_arn
from ansible_collections.openccp.federation.plugins.module_utils._module import inform, require


def read(module: AnsibleAWSModule) -> list[dict[str, t.Any]]:
    """The provider of that name, or all."""
    iam = SamlProviders(client(module, "iam"))
    if module.params["name"] is None:
        found = iam.all()
    else:
        account = account_of(module)
        provider = iam.get(saml_provider_arn(account.partition, account.id, module.params["name"]))
        found = [provider] if provider else []
    return [describe(provider, iam.now, module.region) for provider in found]


def main() -> None:
    module = AnsibleAWSModule(
        check_boto3=False,  # require names all that is missing at once
        argument_spec={"name": {"type": "str"}, "account_id": {"type": "str"}},
        required_by={"account_id": ["name"]},
        supports_check_mode=True,
    )
    require(module, "boto3", "botocore", "cryptography", "lxml")
    inform(module, lambda: read(module), "saml_providers")


if __name__ == "__main__":
    main()
