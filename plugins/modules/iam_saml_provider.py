#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_saml_provider
short_description: Manage an IAM SAML provider from federation metadata
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Creates, updates and deletes a SAML provider in AWS IAM.
  - Metadata is compared semantically, by entity ID, signing certificates and endpoints. Differences in the byte order
    mark, whitespace, document ID and signature are ignored, because an identity provider renews the document ID and the
    signature with each download.
  - Values that AWS would reject are rejected before the first write, with the reason.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
  - cryptography >= 42.0.0
  - lxml >= 5.0.0
  - requests >= 2.31.0
options:
  name:
    description: The name of the provider. It cannot be changed later.
    type: str
    required: true
  state:
    description:
      - V(present) creates the provider or updates it in place.
      - V(absent) deletes the provider. Roles that trust it are left unchanged, but can no longer be assumed through it.
    type: str
    choices: [present, absent]
    default: present
  metadata:
    description:
      - The federation metadata document.
      - Exactly one of O(metadata), O(metadata_file) and O(metadata_url) is required if O(state=present).
      - In check mode, O(expected_entity_id) is sufficient, because the metadata may be the result of an earlier task
        that has not run. A change is then predicted.
    type: str
    aliases: [saml_metadata_document]
  metadata_file:
    description: The path to a file that contains the federation metadata, on the host that runs the module.
    type: path
  metadata_url:
    description:
      - The HTTPS URL of the federation metadata.
      - The server's certificate is always verified. HTML pages and documents of more than ten million characters are
        rejected.
    type: str
  entity_id:
    description:
      - The entity ID that replaces the one in the metadata, if the issuer of the responses differs from it. See
        O(openccp.federation.azure_saml_app#module:issuer_with_application_id).
    type: str
  certificates:
    description:
      - V(replace) configures the provider to trust exactly the signing certificates in the metadata.
      - V(merge) also keeps the certificates that are already trusted, so that certificates can be rotated without
        failed sign-ins.
    type: str
    choices: [replace, merge]
    default: replace
  remove_thumbprints:
    description:
      - The SHA-1 thumbprints of signing certificates that the provider must no longer trust.
      - With O(certificates=merge), all other certificates are kept. The last certificate is never removed.
    type: list
    elements: str
  expected_entity_id:
    description: Fail if the metadata has a different entity ID, such as that of another tenant.
    type: str
  expected_thumbprints:
    description: Fail if the metadata does not contain the signing certificates with these SHA-1 thumbprints.
    type: list
    elements: str
  warn_days:
    description: Warn about each signing certificate that expires within this number of days.
    type: int
    default: 30
  assertion_encryption_mode:
    description:
      - Whether assertions can be (V(allowed)) or must be (V(required)) encrypted. If omitted, the current setting is
        left unchanged.
      - V(required) requires a private key and changes the URL to which responses are posted. See
        RV(saml_provider.sign_in_url).
      - Requires botocore 1.36.13 or newer, like the options for private keys.
    type: str
    choices: [allowed, required]
  private_key:
    description: An RSA private key in PEM format, without a passphrase, for decrypting assertions. IAM never returns
      the key.
    type: str
  private_key_file:
    description: The path to a file that contains the private key, on the host that runs the module.
    type: path
  private_key_update:
    description:
      - When to add the given private key. IAM does not return its private keys, so the given key cannot be compared
        with them.
      - V(when_missing) adds the key only if the provider has no private key.
      - V(always) adds the key on each run.
    type: str
    choices: [when_missing, always]
    default: when_missing
  remove_private_keys:
    description: The IDs of private keys to remove from the provider.
    type: list
    elements: str
  adopt:
    description: Whether to take over an existing provider whose tag C(managed-by) differs from the one in O(tags).
      Ignored if O(tags) does not contain C(managed-by).
    type: bool
    default: false
  only_managed:
    description:
      - Whether O(state=absent) deletes the provider only if it carries the tag C(managed-by=openccp.federation), which
        the roles of this collection set. A provider without this tag is left unchanged.
    type: bool
    default: false
  account_id:
    description:
      - The ID of the AWS account. Saves a request to STS for the account of the credentials.
      - The partition is then derived from O(region) and defaults to C(aws).
    type: str
  wait_timeout:
    description: The maximum time, in seconds, to wait until IAM returns the written values.
    type: int
    default: 120
attributes:
  idempotent:
    support: partial
    details: With O(private_key_update=always), each run adds a key.
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
seealso:
  - module: openccp.federation.iam_saml_provider_info
  - module: openccp.federation.connect_federation_role
"""

EXAMPLES = r"""
- name: Create a provider from the metadata URL of an Entra application
  openccp.federation.iam_saml_provider:
    name: Entra
    metadata_url: >-
      https://login.microsoftonline.com/{{ tenant_id }}/federationmetadata/2007-06/federationmetadata.xml?appid={{
      app_id }}

- name: Show what would change, and accept only the metadata of this tenant
  openccp.federation.iam_saml_provider:
    name: Entra
    metadata_file: federationmetadata.xml
    expected_entity_id: "https://sts.windows.net/{{ tenant_id }}/"
    tags:
      service: contact-centre
  check_mode: true
  diff: true

- name: Add a new signing certificate and keep the old one during the rotation
  openccp.federation.iam_saml_provider:
    name: Entra
    metadata_file: federationmetadata.xml
    certificates: merge

- name: Require encrypted assertions
  openccp.federation.iam_saml_provider:
    name: Entra
    metadata_file: federationmetadata.xml
    assertion_encryption_mode: required
    private_key_file: assertions.pem

- name: Delete the provider
  openccp.federation.iam_saml_provider:
    name: Entra
    state: absent
"""

RETURN = r"""
actions:
  description: The actions that were performed or, in check mode, would be performed, one sentence per action.
  returned: always
  type: list
  elements: str
  sample: ["Delete the SAML provider 'Entra'"]
steps:
  description: The actions as structured data, one entry per action.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: The action, as in RV(actions).
      returned: always
      type: str
    object:
      description: The object that the action changes.
      returned: always
      type: str
    before:
      description: The values that change, before the action. Empty if the object did not exist.
      returned: always
      type: dict
    after:
      description: The same values after the action. Empty if the object was deleted.
      returned: always
      type: dict
    reason:
      description: The reason for the action. Empty if RV(steps[].before) and RV(steps[].after) are self-explanatory.
      returned: always
      type: str
saml_provider:
  description: The provider. Empty if it does not exist.
  returned: success
  type: dict
  contains:
    arn:
      description: The ARN. It is computed from the account and the name, so it is known before the provider exists.
      returned: when O(state=present)
      type: str
      sample: arn:aws:iam::123456789012:saml-provider/Entra
    name:
      description: The name.
      returned: when O(state=present)
      type: str
      sample: Entra
    uuid:
      description: The unique ID, which is part of RV(saml_provider.sign_in_url) if encryption is required.
      returned: when the provider exists and botocore is 1.36.13 or newer
      type: str
      sample: SAMLABCDEFGHIJKLMNOP
    create_date:
      description: When the provider was created.
      returned: when the provider exists
      type: str
      sample: "2026-01-31T12:00:00Z"
    entity_id:
      description: The entity ID of the trusted identity provider.
      returned: when O(state=present)
      type: str
      sample: https://sts.windows.net/11111111-2222-3333-4444-555555555555/
    certificates:
      description: The trusted signing certificates.
      returned: when O(state=present)
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
      returned: when O(state=present)
      type: str
      sample: "2029-01-31T12:00:00Z"
    days_left:
      description: The number of whole days until the last of the certificates expires.
      returned: when O(state=present)
      type: int
      sample: 1095
    sso_locations:
      description: The endpoints at which the identity provider accepts sign-in requests, each with C(binding) and
        C(location).
      returned: when O(state=present)
      type: list
      elements: dict
    slo_locations:
      description: The endpoints at which the identity provider accepts sign-out requests, each with C(binding) and
        C(location).
      returned: when O(state=present)
      type: list
      elements: dict
    sign_in_url:
      description:
        - The reply URL to configure at the identity provider.
        - If encryption is required, the URL is regional and contains RV(saml_provider.uuid).
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
      returned: when O(state=present)
      type: list
      elements: dict
    tags:
      description: The tags.
      returned: when O(state=present)
      type: dict
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_provider_resource import (
    METADATA_OPTIONS,
    SamlProviderResource,
)
from ansible_collections.openccp.federation.plugins.module_utils._module import converge

MODULE: t.Final = AwsDefinition(
    options={
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "metadata": {"type": "str", "aliases": ["saml_metadata_document"]},
        "metadata_file": {"type": "path"},
        "metadata_url": {"type": "str"},
        "certificates": {"type": "str", "choices": ["replace", "merge"], "default": "replace"},
        "remove_thumbprints": {"type": "list", "elements": "str"},
        "entity_id": {"type": "str"},
        "expected_entity_id": {"type": "str"},
        "expected_thumbprints": {"type": "list", "elements": "str"},
        "warn_days": {"type": "int", "default": 30},
        "assertion_encryption_mode": {"type": "str", "choices": ["allowed", "required"]},
        "private_key": {"type": "str", "no_log": True},
        "private_key_file": {"type": "path", "no_log": False},
        "private_key_update": {
            "type": "str",
            "choices": ["when_missing", "always"],
            "default": "when_missing",
            "no_log": False,
        },
        "remove_private_keys": {"type": "list", "elements": "str", "no_log": False},
        "adopt": {"type": "bool", "default": False},
        "only_managed": {"type": "bool", "default": False},
        "account_id": {"type": "str"},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        "purge_tags": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 120},
    },
    rules={"mutually_exclusive": [METADATA_OPTIONS, ("private_key", "private_key_file")]},
    libraries=("boto3", "botocore", "cryptography", "lxml", "requests"),
    work=lambda module: converge(module, SamlProviderResource(module), "saml_provider"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
