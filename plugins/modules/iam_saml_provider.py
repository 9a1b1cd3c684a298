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
  - Creates, updates and deletes an AWS IAM SAML provider.
  - Metadata is compared by meaning, that is by entity ID, signing certificates and endpoints. A byte order mark, white
    space, and the ID and the signature that an identity provider renews with each download are no change.
  - What AWS would refuse is refused before the first write, with the reason.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
  - cryptography >= 42.0.0
  - lxml >= 5.0.0
  - requests >= 2.31.0
options:
  name:
    description: The provider's name, by which it is found. IAM cannot change it.
    type: str
    required: true
  state:
    description:
      - V(present) creates the provider or updates it in place.
      - V(absent) deletes it. Roles that trust it stay as they are, and nobody can take them through it any more.
    type: str
    choices: [present, absent]
    default: present
  metadata:
    description:
      - The federation metadata as text.
      - Exactly one of O(metadata), O(metadata_file) and O(metadata_url) is needed when O(state=present).
      - In check mode none is needed with O(expected_entity_id), because an earlier task may be the one that makes the
        metadata; a write is then predicted.
    type: str
    aliases: [saml_metadata_document]
  metadata_file:
    description: A file that holds the federation metadata, on the host that runs the module.
    type: path
  metadata_url:
    description:
      - An https address that serves the federation metadata.
      - The server's certificate is always verified. An HTML page and more than ten million characters are refused.
    type: str
  entity_id:
    description:
      - What stands in the metadata in place of its own entity ID, where responses have another issuer than the metadata
        that is served. See O(openccp.federation.azure_saml_app#module:issuer_with_application_id).
    type: str
  certificates:
    description:
      - V(replace) makes the provider trust exactly the signing certificates of the metadata.
      - V(merge) keeps the certificates that it trusts already beside them, which lets a certificate change without a
        failed sign-in.
    type: str
    choices: [replace, merge]
    default: replace
  remove_thumbprints:
    description:
      - The SHA-1 thumbprints of signing certificates that the provider shall no longer trust.
      - With O(certificates=merge) everything else that it trusts stays. The last certificate is never removed.
    type: list
    elements: str
  expected_entity_id:
    description: Refuse metadata of any other entity ID, such as another tenant's.
    type: str
  expected_thumbprints:
    description: Refuse metadata that lacks a signing certificate with one of these SHA-1 thumbprints.
    type: list
    elements: str
  warn_days:
    description: Warn about each signing certificate that ends within so many days.
    type: int
    default: 30
  assertion_encryption_mode:
    description:
      - Whether the provider's assertions may (V(allowed)) or must (V(required)) be encrypted. When omitted, it is left
        as it is.
      - V(required) needs a private key, and changes the address that responses are posted to, see
        RV(saml_provider.sign_in_url).
      - Needs botocore 1.36.13 or newer, as do the other options for private keys.
    type: str
    choices: [allowed, required]
  private_key:
    description: An RSA private key in PEM, without passphrase, that decrypts assertions. IAM never shows it again.
    type: str
  private_key_file:
    description: A file that holds such a key, on the host that runs the module.
    type: path
  private_key_update:
    description:
      - IAM does not tell which key it holds, so the given one cannot be compared.
      - V(when_missing) adds it only to a provider that has none.
      - V(always) adds it on each run.
    type: str
    choices: [when_missing, always]
    default: when_missing
  remove_private_keys:
    description: The IDs of private keys that the provider shall not have.
    type: list
    elements: str
  adopt:
    description: Take over an existing provider that does not carry the tag C(managed-by) as O(tags) has it, if that has
      one.
    type: bool
    default: false
  only_managed:
    description:
      - Whether O(state=absent) removes the provider only when it carries the tag C(managed-by=openccp.federation). The
        roles of this collection set this tag. A provider without it is left as it is.
    type: bool
    default: false
  account_id:
    description:
      - The ID of the AWS account. It saves the request that otherwise asks STS whose credentials these are.
      - The partition is then the one of O(region), or C(aws).
    type: str
  wait_timeout:
    description: How many seconds to wait until IAM shows what was written.
    type: int
    default: 120
attributes:
  idempotent:
    support: partial
    details: With O(private_key_update=always) each run adds a key.
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
- name: Trust an Entra application, by the address of its metadata
  openccp.federation.iam_saml_provider:
    name: Entra
    metadata_url: >-
      https://login.microsoftonline.com/{{ tenant_id }}/federationmetadata/2007-06/federationmetadata.xml?appid={{
      app_id }}

- name: Trust exactly this tenant, and say what changes
  openccp.federation.iam_saml_provider:
    name: Entra
    metadata_file: federationmetadata.xml
    expected_entity_id: "https://sts.windows.net/{{ tenant_id }}/"
    tags:
      service: contact-centre
  check_mode: true
  diff: true

- name: Add a new signing certificate and keep the old one until the change is over
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

- name: Remove the provider
  openccp.federation.iam_saml_provider:
    name: Entra
    state: absent
"""

RETURN = r"""
actions:
  description: What was done or, in check mode, would be done, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["Delete the SAML provider 'Entra'"]
steps:
  description: The same as data, one entry for each action.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: The action, as in RV(actions).
      returned: always
      type: str
    object:
      description: The object that it changes.
      returned: always
      type: str
    before:
      description: What differs, as it was. Empty for an object that did not exist.
      returned: always
      type: dict
    after:
      description: The same as it is then. Empty for an object that is gone.
      returned: always
      type: dict
    reason:
      description: Why it is done; empty where RV(steps[].before) and RV(steps[].after) say it all.
      returned: always
      type: str
saml_provider:
  description: The provider; empty when it does not exist.
  returned: success
  type: dict
  contains:
    arn:
      description: The ARN. It is computed from account and name, so it is known before the provider exists.
      returned: when O(state=present)
      type: str
      sample: arn:aws:iam::123456789012:saml-provider/Entra
    name:
      description: The name.
      returned: when O(state=present)
      type: str
      sample: Entra
    uuid:
      description: The unique ID, which is part of RV(saml_provider.sign_in_url) when encryption is required.
      returned: when the provider exists and botocore is 1.36.13 or newer
      type: str
      sample: SAMLABCDEFGHIJKLMNOP
    create_date:
      description: When the provider was created.
      returned: when the provider exists
      type: str
      sample: "2026-01-31T12:00:00Z"
    entity_id:
      description: The identity provider that is trusted.
      returned: when O(state=present)
      type: str
      sample: https://sts.windows.net/11111111-2222-3333-4444-555555555555/
    certificates:
      description: The signing certificates that are trusted.
      returned: when O(state=present)
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
      returned: when O(state=present)
      type: str
      sample: "2029-01-31T12:00:00Z"
    days_left:
      description: The whole days until then.
      returned: when O(state=present)
      type: int
      sample: 1095
    sso_locations:
      description: Where the identity provider takes requests, as C(binding) and C(location).
      returned: when O(state=present)
      type: list
      elements: dict
    slo_locations:
      description: Where the identity provider takes sign-outs, as C(binding) and C(location).
      returned: when O(state=present)
      type: list
      elements: dict
    sign_in_url:
      description:
        - The reply URL to enter at the identity provider.
        - With encryption required it is a Region's, and holds RV(saml_provider.uuid).
      returned: when it is known
      type: str
      sample: https://signin.aws.amazon.com/saml
    assertion_encryption_mode:
      description: V(allowed) or V(required).
      returned: when it was ever set
      type: str
    private_keys:
      description: The private keys that IAM holds, by C(key_id), with the time when each was C(added).
      returned: when O(state=present)
      type: list
      elements: dict
    tags:
      description: The tags.
      returned: when O(state=present)
      type: dict
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_provider_resource import (
    METADATA_OPTIONS,
    SamlProviderResource,
)
from ansible_collections.openccp.federation.plugins.module_utils._module import converge, require


def main() -> None:
    module = AnsibleAWSModule(
        check_boto3=False,  # require names all that is missing at once
        argument_spec={
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
        supports_check_mode=True,
        mutually_exclusive=[METADATA_OPTIONS, ("private_key", "private_key_file")],
    )
    require(module, "boto3", "botocore", "cryptography", "lxml", "requests")
    converge(module, SamlProviderResource(module), "saml_provider")


if __name__ == "__main__":
    main()
