#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_saml_provider_info
short_description: Get information about IAM SAML providers and their certificates
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Returns one or all IAM SAML providers of the account, including the contents of their metadata.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
  - cryptography >= 42.0.0
  - lxml >= 5.0.0
options:
  name:
    description: The name of a provider. If omitted, all SAML providers of the account are returned, which takes one
      request for each provider.
    type: str
  account_id:
    description:
      - The ID of the AWS account. Together with O(name), it saves a request to STS for the account of the credentials.
      - The partition is then derived from O(region) and defaults to C(aws).
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
- name: Get all SAML providers
  openccp.federation.iam_saml_provider_info:
  register: found

- name: Show the providers whose certificates all expire within 45 days
  ansible.builtin.debug:
    msg: >-
      {{ found.saml_providers | selectattr('days_left', 'defined') | selectattr('days_left', 'lt', 45)
      | map(attribute='name') }}

- name: Get one SAML provider
  openccp.federation.iam_saml_provider_info:
    name: Entra
"""

RETURN = r"""
saml_providers:
  description: The providers, sorted by name. Empty if there are none.
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
      description: The entity ID of the trusted identity provider.
      returned: when the metadata could be read
      type: str
      sample: https://sts.windows.net/11111111-2222-3333-4444-555555555555/
    certificates:
      description: The trusted signing certificates.
      returned: when the metadata could be read
      type: list
      elements: dict
      contains:
        thumbprint:
          description: The SHA-1 thumbprint in upper-case hexadecimal digits.
          type: str
          returned: always
          sample: 0123456789ABCDEF0123456789ABCDEF01234567
        sha256:
          description: The SHA-256 fingerprint in upper-case hexadecimal digits.
          type: str
          returned: always
        subject:
          description: The subject of the certificate.
          type: str
          returned: always
          sample: CN=Microsoft Azure Federated SSO Certificate
        not_before:
          description: When the certificate becomes valid.
          type: str
          returned: always
          sample: "2026-01-31T12:00:00Z"
        not_after:
          description: When the certificate expires.
          type: str
          returned: always
          sample: "2029-01-31T12:00:00Z"
        days_left:
          description: The number of whole days until the certificate expires. Negative if it has expired.
          type: int
          returned: always
          sample: 1095
        usable:
          description: Whether the certificate is within its validity period.
          type: bool
          returned: always
        key_bits:
          description: The size of the certificate's key in bits.
          type: int
          returned: always
          sample: 2048
    expires_at:
      description: When the last of the certificates expires. IAM's own C(ValidUntil) is unrelated to the certificates.
      returned: when the metadata could be read
      type: str
      sample: "2029-01-31T12:00:00Z"
    days_left:
      description: The number of whole days until the last of the certificates expires.
      returned: when the metadata could be read
      type: int
      sample: 1095
    sso_locations:
      description: The endpoints at which the identity provider accepts sign-in requests, each with C(binding) and
        C(location).
      returned: when the metadata could be read
      type: list
      elements: dict
    slo_locations:
      description: The endpoints at which the identity provider accepts sign-out requests, each with C(binding) and
        C(location).
      returned: when the metadata could be read
      type: list
      elements: dict
    metadata_problem:
      description: Why the metadata could not be read.
      returned: when the metadata could not be read
      type: str
    sign_in_url:
      description: The reply URL to configure at the identity provider.
      returned: when the URL is known
      type: str
      sample: https://signin.aws.amazon.com/saml
    assertion_encryption_mode:
      description: V(allowed) or V(required).
      returned: when it has been set
      type: str
    private_keys:
      description: The private keys of the provider in IAM, each with its C(key_id) and the time at which it was
        C(added).
      returned: always
      type: list
      elements: dict
    tags:
      description: The tags.
      returned: always
      type: dict
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client
from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_providers import SamlProviders, describe
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import saml_provider_arn
from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule, inform


def read(module: AwsModule) -> list[dict[str, t.Any]]:
    """The provider of that name, or all."""
    iam = SamlProviders(client(module, "iam"))
    if module.params["name"] is None:
        providers = iam.all()
    else:
        account = account_of(module)
        provider = iam.get(saml_provider_arn(account.partition, account.id, module.params["name"]))
        providers = [provider] if provider else []
    return [describe(provider, iam.now, module.region) for provider in providers]


MODULE: t.Final = AwsDefinition(
    options={"name": {"type": "str"}, "account_id": {"type": "str"}},
    rules={"required_by": {"account_id": ["name"]}},
    libraries=("boto3", "botocore", "cryptography", "lxml"),
    work=lambda module: inform(module, lambda: read(module), "saml_providers"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
