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
  - Creates, updates and deletes a SAML identity provider of an existing user pool, and offers it in the pool's app
    clients.
  - Metadata is compared by meaning, that is by entity ID, signing certificates and endpoints. A byte order mark, white
    space, and the ID and the signature that an identity provider renews with each download are no change.
  - What Amazon Cognito would refuse, at once or when people sign in, is refused before the first write, with the
    reason.
  - An app client is read, changed and written back whole, because Amazon Cognito resets what an update leaves out.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
  - cryptography >= 42.0.0
  - lxml >= 5.0.0
  - requests >= 2.31.0
options:
  user_pool_id:
    description: The ID of the user pool, in whose Region the task then works.
    type: str
  user_pool_name:
    description: The name of the user pool, which must be the only one of that name in the Region.
    type: str
  provider_name:
    description:
      - The provider's name, by which it is found. Amazon Cognito cannot change it, and each username begins with it.
      - It has 3 to 32 letters, digits, full stops, colons, slashes, hyphens, and the signs C(=), C(+) and C(@).
    type: str
    required: true
    aliases: [name]
  state:
    description:
      - V(present) creates the provider or updates it in place.
      - V(absent) takes it from all app clients of the pool and deletes it. The people that signed in with it stay in
        the pool.
    type: str
    choices: [present, absent]
    default: present
  metadata:
    description:
      - The federation metadata as text. Amazon Cognito never learns of a certificate that is not in it.
      - One of O(metadata), O(metadata_file) and O(metadata_url) is needed to create a provider. When omitted, the
        metadata stays as it is.
      - In check mode none is needed with O(expected_entity_id), because an earlier task may be the one that makes the
        metadata.
      - Certificates that have expired are left out, since Amazon Cognito refuses them.
    type: str
  metadata_file:
    description: A file that holds the federation metadata, on the host that runs the module.
    type: path
  metadata_url:
    description:
      - An https address from which Amazon Cognito fetches the metadata, now and again within six hours.
      - It is read by the module as well, when something depends on what it serves.
    type: str
  certificates:
    description:
      - V(replace) makes the provider trust exactly the signing certificates of O(metadata) or O(metadata_file).
      - V(merge) keeps those that it trusts already beside them, which lets a certificate change without a failed
        sign-in.
      - It means nothing with O(metadata_url), whose document Amazon Cognito takes as it is.
    type: str
    choices: [replace, merge]
    default: replace
  remove_thumbprints:
    description:
      - The SHA-1 thumbprints of signing certificates that the provider shall no longer trust. The last certificate is
        never removed.
      - With an address, Amazon Cognito is made to fetch it again once it serves none of them any more.
    type: list
    elements: str
  expected_entity_id:
    description: Refuse metadata of any other entity ID, such as another tenant's.
    type: str
  expected_thumbprints:
    description:
      - Refuse metadata that lacks a signing certificate with one of these SHA-1 thumbprints.
      - With an address, Amazon Cognito is made to fetch it again once it serves all of them, when it is not known to
        trust them.
    type: list
    elements: str
  warn_days:
    description: Warn about each signing certificate that ends within so many days.
    type: int
    default: 30
  attribute_mapping:
    description:
      - The claim that each attribute of the pool is taken from at every sign-in, all of them. Attributes of the pool's
        own begin with C(custom:).
      - Each must exist in the pool, be mutable, and be writable by the app clients that offer the provider.
      - When this and O(attribute_presets) are omitted, the mapping is left as it is.
    type: dict
  attribute_presets:
    description: Attributes that are mapped to the claims that Entra ID sends without being told to, beside
      O(attribute_mapping).
    type: list
    elements: str
    choices: [email, given_name, family_name, name]
  idp_identifiers:
    description:
      - Identifiers by which a request for a sign-in may name the provider, all of them, up to 50.
      - One that is a domain also stands for the e-mail addresses of that domain.
    type: list
    elements: str
  sign_out:
    description: Whether a sign-out from the pool signs people out of the identity provider as well, at its logout
      address.
    type: bool
  request_signing:
    description:
      - Whether requests for a sign-in are signed, with RSA-SHA256.
      - The identity provider verifies them with RV(saml_provider.signing_certificate).
    type: bool
  encrypted_responses:
    description:
      - Whether responses must be encrypted, for RV(saml_provider.signing_certificate).
      - Sign-ins fail from the moment that this is set until the identity provider encrypts.
    type: bool
  idp_initiated:
    description: Whether the identity provider may begin a sign-in, which no request then vouches for.
    type: bool
  clients:
    description:
      - The app clients, by ID or name, that offer the provider. They must exist.
      - Only their list of identity providers changes.
    type: dict
    suboptions:
      add:
        description: Those that offer it if they do not.
        type: list
        elements: str
      remove:
        description: Those that no longer offer it.
        type: list
        elements: str
      set:
        description: Those that offer it, and no others.
        type: list
        elements: str
  tags:
    description:
      - Tags of the provider. Amazon Cognito has none for providers, so they are kept as tags of the pool, each key with
        a slash and the provider's name behind it.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description: Whether tags of the provider that O(tags) does not name are removed. Other tags of the pool are never
      touched.
    type: bool
    default: true
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
  wait_timeout:
    description: How many seconds to wait until the address serves what is expected of it.
    type: int
    default: 600
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
notes:
  - A token of the user pool does not open the Contact Control Panel, into which people sign in through IAM alone.
seealso:
  - module: openccp.federation.cognito_saml_provider_info
  - module: openccp.federation.azure_saml_app
"""

EXAMPLES = r"""
- name: Let people of an Entra application into a user pool, and into its app client for the web
  openccp.federation.cognito_saml_provider:
    user_pool_name: desk
    provider_name: Entra
    metadata: "{{ desk.application.metadata_xml }}"
    attribute_presets: [email, given_name, family_name]
    idp_identifiers: [example.com]
    clients:
      add: [web]
  register: entra

- name: Show what the application in Entra ID needs
  ansible.builtin.debug:
    msg: "{{ entra.saml_provider.sp_entity_id }} {{ entra.saml_provider.reply_urls }}"

- name: Say what it would take to feed it from an address
  openccp.federation.cognito_saml_provider:
    user_pool_id: eu-central-1_AbCdEfGhI
    provider_name: Entra
    metadata_url: "{{ desk.application.metadata_url }}"
    attribute_mapping:
      email: http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress
      custom:department: department
  check_mode: true
  diff: true

- name: Add a new signing certificate and keep the old one until the change is over
  openccp.federation.cognito_saml_provider:
    user_pool_id: eu-central-1_AbCdEfGhI
    provider_name: Entra
    metadata_file: federationmetadata.xml
    certificates: merge

- name: Remove the provider
  openccp.federation.cognito_saml_provider:
    user_pool_id: eu-central-1_AbCdEfGhI
    provider_name: Entra
    state: absent
"""

RETURN = r"""
actions:
  description: What was done or, in check mode, would be done, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["Delete the SAML provider 'Entra' of the user pool 'desk'"]
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
    id:
      description: The ID of the pool and the name of the provider, which no other provider has.
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
      description: The address that Amazon Cognito fetches the metadata from; empty when it was given a document.
      returned: when O(state=present)
      type: str
    entity_id:
      description: The identity provider that is trusted.
      returned: when the metadata is known
      type: str
      sample: https://sts.windows.net/11111111-2222-3333-4444-555555555555/
    certificates:
      description: The signing certificates of the metadata. Those that Amazon Cognito trusts are in
        RV(saml_provider.trusted_thumbprints).
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
    trusted_thumbprints:
      description:
        - The thumbprints of the certificates that Amazon Cognito is known to trust.
        - Of an address, those that it served when Amazon Cognito was last made to fetch it, and those that it has
          served long enough.
      returned: when O(state=present)
      type: list
      elements: str
    expires_at:
      description: When the last of the certificates ends.
      returned: when the metadata is known
      type: str
      sample: "2029-01-31T12:00:00Z"
    days_left:
      description: The whole days until then.
      returned: when the metadata is known
      type: int
      sample: 1095
    sso_locations:
      description: Where the identity provider takes requests, as C(binding) and C(location).
      returned: when the metadata is known
      type: list
      elements: dict
    slo_locations:
      description: Where the identity provider takes sign-outs, as C(binding) and C(location).
      returned: when the metadata is known
      type: list
      elements: dict
    attribute_mapping:
      description: The claim of each attribute of the pool that is mapped.
      returned: when O(state=present)
      type: dict
    idp_identifiers:
      description: The identifiers.
      returned: when O(state=present)
      type: list
      elements: str
    sign_out:
      description: Whether a sign-out goes on to the identity provider.
      returned: when O(state=present)
      type: bool
    request_signing:
      description: Whether requests are signed.
      returned: when O(state=present)
      type: bool
    encrypted_responses:
      description: Whether responses must be encrypted.
      returned: when O(state=present)
      type: bool
    idp_initiated:
      description: Whether the identity provider may begin a sign-in.
      returned: when O(state=present)
      type: bool
    tags:
      description: The tags of the provider.
      returned: when O(state=present)
      type: dict
    clients:
      description:
        - The app clients of O(clients) that offer the provider, each with C(id), C(name), C(callback_urls), C(oauth)
          (whether it may use the authorization code flow), C(write_attributes), and C(sign_in_url), the address of a
          sign-in that leads past the choice of providers.
      returned: when O(state=present)
      type: list
      elements: dict
    sp_entity_id:
      description: The identifier of the application in Entra ID.
      returned: when O(state=present)
      type: str
      sample: urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI
    domains:
      description: The hosts where people sign in, the custom domain first.
      returned: when O(state=present)
      type: list
      elements: str
    reply_urls:
      description: The reply URLs of the application in Entra ID, one for each domain.
      returned: when O(state=present)
      type: list
      elements: str
      sample: [https://desk.auth.eu-central-1.amazoncognito.com/saml2/idpresponse]
    reply_url:
      description: The first of them.
      returned: when the pool has a domain
      type: str
    logout_urls:
      description: The logout URLs, one for each domain. The application in Entra ID has one.
      returned: when O(state=present)
      type: list
      elements: str
    logout_url:
      description: The first of them.
      returned: when the pool has a domain
      type: str
    signing_certificate:
      description: The certificate of the pool's key, in base64, with which Entra ID verifies requests and encrypts
        responses.
      returned: when requests are signed or responses encrypted
      type: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._cognito.saml_provider_plan import PRESETS
from ansible_collections.openccp.federation.plugins.module_utils._cognito.saml_provider_resource import (
    CognitoSamlProvider,
)
from ansible_collections.openccp.federation.plugins.module_utils._module import converge, require


def main() -> None:
    names = {"type": "list", "elements": "str"}
    module = AnsibleAWSModule(
        check_boto3=False,  # require names all that is missing at once
        argument_spec={
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
            "clients": {"type": "dict", "options": {"add": names, "remove": names, "set": names}},
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
            "adopt": {"type": "bool", "default": False},
            "only_managed": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 600},
        },
        required_one_of=[("user_pool_id", "user_pool_name")],
        mutually_exclusive=[("user_pool_id", "user_pool_name"), ("metadata", "metadata_file", "metadata_url")],
        supports_check_mode=True,
    )
    require(module, "boto3", "botocore", "cryptography", "lxml", "requests")
    converge(module, CognitoSamlProvider(module), "saml_provider")


if __name__ == "__main__":
    main()
