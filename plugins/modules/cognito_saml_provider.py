#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cognito_saml_provider
short_description: Manage a SAML identity provider of an Amazon Cognito user pool
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Creates, updates and deletes a SAML identity provider of an existing user pool, and enables it in app clients of the
    pool.
  - Metadata is compared semantically, by entity ID, signing certificates and endpoints. Differences in the byte order
    mark, whitespace, document ID and signature are ignored, because an identity provider renews the document ID and the
    signature with each download.
  - Values that Amazon Cognito would reject, either immediately or during sign-in, are rejected before the first write,
    with the reason.
  - App clients are read, changed and written back completely, because Amazon Cognito resets settings that an update
    omits.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
  - cryptography >= 42.0.0
  - lxml >= 5.0.0
  - requests >= 2.31.0
options:
  user_pool_id:
    description: The ID of the user pool. The module then uses the Region in the ID.
    type: str
  user_pool_name:
    description: The name of the user pool. It must be unique in the Region.
    type: str
  provider_name:
    description:
      - The name of the provider. The name cannot be changed later, and the usernames of the provider's users begin with
        it.
      - It consists of 3 to 32 letters, digits and the characters C(.), C(:), C(/), C(-), C(=), C(+) and C(@).
    type: str
    required: true
    aliases: [name]
  state:
    description:
      - V(present) creates the provider or updates it in place.
      - V(absent) removes the provider from all app clients of the pool and deletes it. The users who signed in through
        it remain in the pool.
    type: str
    choices: [present, absent]
    default: present
  metadata:
    description:
      - The federation metadata document. Amazon Cognito trusts only the certificates in this document.
      - One of O(metadata), O(metadata_file) and O(metadata_url) is required when creating a provider. If all are
        omitted, the current metadata is left unchanged.
      - In check mode, O(expected_entity_id) is sufficient, because the metadata may be the result of an earlier task
        that has not run.
      - Expired certificates are omitted, because Amazon Cognito rejects them.
    type: str
  metadata_file:
    description: The path to a file that contains the federation metadata, on the host that runs the module.
    type: path
  metadata_url:
    description:
      - The HTTPS URL from which Amazon Cognito fetches the metadata, immediately and then at least every six hours.
      - The module also reads the document if its contents are needed.
    type: str
  certificates:
    description:
      - V(replace) configures the provider to trust exactly the signing certificates in O(metadata) or O(metadata_file).
      - V(merge) also keeps the certificates that are already trusted, so that certificates can be rotated without
        failed sign-ins.
      - Ignored with O(metadata_url), because Amazon Cognito uses the document as it is served.
    type: str
    choices: [replace, merge]
    default: replace
  remove_thumbprints:
    description:
      - The SHA-1 thumbprints of signing certificates that the provider must no longer trust. The last certificate is
        never removed.
      - With a metadata URL, the module makes Amazon Cognito fetch the document again as soon as it no longer contains
        any of these certificates.
    type: list
    elements: str
  expected_entity_id:
    description: Fail if the metadata has a different entity ID, such as that of another tenant.
    type: str
  expected_thumbprints:
    description:
      - Fail if the metadata does not contain the signing certificates with these SHA-1 thumbprints.
      - With a metadata URL, the module makes Amazon Cognito fetch the document again as soon as it contains all of
        these certificates, unless they are known to be trusted already.
    type: list
    elements: str
  warn_days:
    description: Warn about each signing certificate that expires within this number of days.
    type: int
    default: 30
  attribute_mapping:
    description:
      - The complete mapping from user pool attributes to the claims that set them at every sign-in. The names of custom
        attributes begin with C(custom:).
      - Each attribute must exist in the pool, be mutable, and be writable by the app clients in which the provider is
        enabled.
      - If O(attribute_mapping) and O(attribute_presets) are omitted, the current mapping is left unchanged.
    type: dict
  attribute_presets:
    description: Attributes to map to the claims that Entra ID sends by default, in addition to O(attribute_mapping).
    type: list
    elements: str
    choices: [email, given_name, family_name, name]
  idp_identifiers:
    description:
      - The complete list of identifiers by which sign-in requests can select the provider, at most 50.
      - A domain name as an identifier also selects the provider for e-mail addresses of that domain.
    type: list
    elements: str
  sign_out:
    description: Whether signing out of the pool also signs users out of the identity provider, at its logout URL.
    type: bool
  request_signing:
    description:
      - Whether sign-in requests are signed with RSA-SHA256.
      - The identity provider verifies the signatures with RV(saml_provider.signing_certificate).
    type: bool
  encrypted_responses:
    description:
      - Whether responses must be encrypted with RV(saml_provider.encryption_certificate).
      - After this setting is enabled, sign-ins fail until the identity provider encrypts its responses.
    type: bool
  idp_initiated:
    description: Whether sign-ins that are initiated by the identity provider, without a sign-in request, are accepted.
    type: bool
  clients:
    description:
      - The app clients, by ID or name, in which the provider is enabled. The app clients must exist.
      - Only the list of identity providers of an app client is changed.
    type: dict
    suboptions:
      add:
        description: App clients in which to enable the provider.
        type: list
        elements: str
      remove:
        description: App clients in which to disable the provider.
        type: list
        elements: str
      set:
        description: The complete list of app clients in which the provider is enabled. It is disabled in all others.
        type: list
        elements: str
  tags:
    description:
      - Tags of the provider. Because Amazon Cognito does not support tags for identity providers, they are stored as
        tags of the user pool, with a slash and the provider's name appended to each key.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description: Whether to remove tags of the provider that are not listed in O(tags). Other tags of the pool are never
      changed.
    type: bool
    default: true
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
  wait_timeout:
    description: The maximum time, in seconds, to wait until the metadata URL serves the expected document.
    type: int
    default: 600
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
notes:
  - A token of the user pool does not give access to the Contact Control Panel. Agents can sign in to it only through
    IAM.
seealso:
  - module: openccp.federation.cognito_saml_provider_info
  - module: openccp.federation.azure_saml_app
"""

EXAMPLES = r"""
- name: Add an Entra application as an identity provider and enable it in an app client
  openccp.federation.cognito_saml_provider:
    user_pool_name: desk
    provider_name: Entra
    metadata: "{{ desk.application.metadata_xml }}"
    attribute_presets: [email, given_name, family_name]
    idp_identifiers: [example.com]
    clients:
      add: [web]
  register: entra

- name: Show the values to configure in the Entra application
  ansible.builtin.debug:
    msg: "{{ entra.saml_provider.sp_entity_id }} {{ entra.saml_provider.reply_urls }}"

- name: Show what would change if the metadata were fetched from its URL
  openccp.federation.cognito_saml_provider:
    user_pool_id: eu-central-1_AbCdEfGhI
    provider_name: Entra
    metadata_url: "{{ desk.application.metadata_url }}"
    attribute_mapping:
      email: http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress
      custom:department: department
  check_mode: true
  diff: true

- name: Add a new signing certificate and keep the old one during the rotation
  openccp.federation.cognito_saml_provider:
    user_pool_id: eu-central-1_AbCdEfGhI
    provider_name: Entra
    metadata_file: federationmetadata.xml
    certificates: merge

- name: Delete the provider
  openccp.federation.cognito_saml_provider:
    user_pool_id: eu-central-1_AbCdEfGhI
    provider_name: Entra
    state: absent
"""

RETURN = r"""
actions:
  description: The actions that were performed or, in check mode, would be performed, one sentence per action.
  returned: always
  type: list
  elements: str
  sample: ["Delete the SAML provider 'Entra' of the user pool 'desk'"]
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
    id:
      description: The unique ID, which consists of the ID of the pool and the name of the provider.
      returned: when O(state=present)
      type: str
      sample: eu-central-1_AbCdEfGhI/Entra
    user_pool_id:
      description: The ID of the pool.
      returned: when O(state=present)
      type: str
      sample: eu-central-1_AbCdEfGhI
    user_pool_name:
      description: The name of the pool.
      returned: when O(state=present)
      type: str
      sample: desk
    name:
      description: The name of the provider.
      returned: when O(state=present)
      type: str
      sample: Entra
    create_date:
      description: When the provider was created.
      returned: when the provider exists
      type: str
      sample: "2026-01-31T12:00:00Z"
    last_modified_date:
      description: When the provider was last changed.
      returned: when the provider exists
      type: str
      sample: "2026-01-31T12:00:00Z"
    metadata_url:
      description: The URL from which Amazon Cognito fetches the metadata. Empty if the metadata was uploaded as a
        document.
      returned: when O(state=present)
      type: str
    entity_id:
      description: The entity ID of the trusted identity provider.
      returned: when the metadata is available
      type: str
      sample: https://sts.windows.net/11111111-2222-3333-4444-555555555555/
    certificates:
      description: The signing certificates in the metadata. RV(saml_provider.trusted_thumbprints) lists those that
        Amazon Cognito trusts.
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
    trusted_thumbprints:
      description:
        - The thumbprints of the certificates that Amazon Cognito is known to trust.
        - With a metadata URL, these are the certificates that the URL served when Amazon Cognito was last made to fetch
          it, and those that it has served long enough.
      returned: when O(state=present)
      type: list
      elements: str
    expires_at:
      description: When the last of the certificates expires.
      returned: when the metadata is available
      type: str
      sample: "2029-01-31T12:00:00Z"
    days_left:
      description: The number of whole days until the last of the certificates expires.
      returned: when the metadata is available
      type: int
      sample: 1095
    sso_locations:
      description: The endpoints at which the identity provider accepts sign-in requests, each with C(binding) and
        C(location).
      returned: when the metadata is available
      type: list
      elements: dict
    slo_locations:
      description: The endpoints at which the identity provider accepts sign-out requests, each with C(binding) and
        C(location).
      returned: when the metadata is available
      type: list
      elements: dict
    attribute_mapping:
      description: The mapping from user pool attributes to claims.
      returned: when O(state=present)
      type: dict
    idp_identifiers:
      description: The identifiers.
      returned: when O(state=present)
      type: list
      elements: str
    sign_out:
      description: Whether signing out of the pool also signs users out of the identity provider.
      returned: when O(state=present)
      type: bool
    request_signing:
      description: Whether sign-in requests are signed.
      returned: when O(state=present)
      type: bool
    encrypted_responses:
      description: Whether responses must be encrypted.
      returned: when O(state=present)
      type: bool
    idp_initiated:
      description: Whether sign-ins that are initiated by the identity provider are accepted.
      returned: when O(state=present)
      type: bool
    tags:
      description: The tags of the provider.
      returned: when O(state=present)
      type: dict
    clients:
      description:
        - The app clients of O(clients) in which the provider is enabled, each with C(id), C(name), C(callback_urls),
          C(oauth) (whether the authorization code flow is allowed), C(write_attributes), and C(sign_in_url), the URL of
          a sign-in that skips the choice of identity providers.
      returned: when O(state=present)
      type: list
      elements: dict
    sp_entity_id:
      description: The identifier to configure in the Entra application.
      returned: when O(state=present)
      type: str
      sample: urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI
    domains:
      description: The host names at which users sign in, with the custom domain first.
      returned: when O(state=present)
      type: list
      elements: str
    reply_urls:
      description: The reply URLs to configure in the Entra application, one for each domain.
      returned: when O(state=present)
      type: list
      elements: str
      sample: [https://desk.auth.eu-central-1.amazoncognito.com/saml2/idpresponse]
    reply_url:
      description: The first of the reply URLs.
      returned: when the pool has a domain
      type: str
    logout_urls:
      description: The logout URLs, one for each domain. An Entra application can have only one logout URL.
      returned: when O(state=present)
      type: list
      elements: str
    logout_url:
      description: The first of the logout URLs.
      returned: when the pool has a domain
      type: str
    signing_certificate:
      description: The certificate of the pool's key, in base64, with which Entra ID verifies the signatures of
        requests.
      returned: when requests are signed
      type: str
    encryption_certificate:
      description: The certificate of the provider's own key, in base64, with which Entra ID encrypts responses. It is
        known once the provider requires encrypted responses.
      returned: when responses must be encrypted, except in check mode before they are
      type: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._cognito.saml_provider_plan import PRESETS
from ansible_collections.openccp.federation.plugins.module_utils._cognito.saml_provider_resource import (
    CognitoSamlProvider,
)
from ansible_collections.openccp.federation.plugins.module_utils._module import converge

NAMES: t.Final = {"type": "list", "elements": "str"}
MODULE: t.Final = AwsDefinition(
    options={
        "user_pool_id": {"type": "str"},
        "user_pool_name": {"type": "str"},
        "provider_name": {"type": "str", "required": True, "aliases": ["name"]},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "metadata": {"type": "str"},
        "metadata_file": {"type": "path"},
        "metadata_url": {"type": "str"},
        "certificates": {"type": "str", "choices": ["replace", "merge"], "default": "replace"},
        "remove_thumbprints": {"type": "list", "elements": "str"},
        "expected_entity_id": {"type": "str"},
        "expected_thumbprints": {"type": "list", "elements": "str"},
        "warn_days": {"type": "int", "default": 30},
        "attribute_mapping": {"type": "dict"},
        "attribute_presets": {"type": "list", "elements": "str", "choices": list(PRESETS)},
        "idp_identifiers": {"type": "list", "elements": "str"},
        "sign_out": {"type": "bool"},
        "request_signing": {"type": "bool"},
        "encrypted_responses": {"type": "bool"},
        "idp_initiated": {"type": "bool"},
        "clients": {"type": "dict", "options": {"add": NAMES, "remove": NAMES, "set": NAMES}},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        "purge_tags": {"type": "bool", "default": True},
        "adopt": {"type": "bool", "default": False},
        "only_managed": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 600},
    },
    rules={
        "required_one_of": [("user_pool_id", "user_pool_name")],
        "mutually_exclusive": [("user_pool_id", "user_pool_name"), ("metadata", "metadata_file", "metadata_url")],
    },
    libraries=("boto3", "botocore", "cryptography", "lxml", "requests"),
    work=lambda module: converge(module, CognitoSamlProvider(module), "saml_provider"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
