#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cognito_saml_provider_info
short_description: Get information about SAML identity providers of an Amazon Cognito user pool
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Returns one or all SAML identity providers of a user pool, including the contents of their metadata and the
    certificates that they trust.
  - If a provider fetches its metadata from a URL, the module reads the metadata from the same URL.
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
    description: The name of a provider. If omitted, all SAML providers of the pool are returned, which takes one
      request for each provider.
    type: str
    aliases: [name]
  include_clients:
    description: Whether to return the app clients in which each provider is enabled, which takes one request for each
      app client of the pool.
    type: bool
    default: false
  include_signing_certificate:
    description: Whether to return the certificate of the pool's key, which takes one request.
    type: bool
    default: false
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: openccp.federation.cognito_saml_provider
"""

EXAMPLES = r"""
- name: Get all SAML providers of a user pool
  openccp.federation.cognito_saml_provider_info:
    user_pool_name: desk
  register: pool

- name: Show the values to configure in the Entra application
  ansible.builtin.debug:
    msg: "{{ pool.user_pool.sp_entity_id }} {{ pool.user_pool.reply_urls }}"

- name: Get one SAML provider with its app clients
  openccp.federation.cognito_saml_provider_info:
    user_pool_id: eu-central-1_AbCdEfGhI
    provider_name: Entra
    include_clients: true
"""

RETURN = r"""
user_pool:
  description: The user pool.
  returned: success
  type: dict
  contains:
    id:
      description: The ID.
      returned: always
      type: str
      sample: eu-central-1_AbCdEfGhI
    name:
      description: The name.
      returned: always
      type: str
      sample: desk
    attributes:
      description: The attributes of the pool, each with a boolean that tells whether it is mutable.
      returned: always
      type: dict
    required_attributes:
      description: The attributes that every user of the pool must have.
      returned: always
      type: list
      elements: str
    signing_certificate:
      description: The certificate of the pool's key, in base64, with which Entra ID verifies the signatures of
        requests.
      returned: when O(include_signing_certificate=true)
      type: str
    sp_entity_id:
      description: The identifier to configure in the Entra application.
      returned: always
      type: str
      sample: urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI
    domains:
      description: The host names at which users sign in, with the custom domain first.
      returned: always
      type: list
      elements: str
    reply_urls:
      description: The reply URLs to configure in the Entra application, one for each domain.
      returned: always
      type: list
      elements: str
    reply_url:
      description: The first of the reply URLs.
      returned: when the pool has a domain
      type: str
    logout_urls:
      description: The logout URLs, one for each domain.
      returned: always
      type: list
      elements: str
    logout_url:
      description: The first of the logout URLs.
      returned: when the pool has a domain
      type: str
saml_providers:
  description: The providers, sorted by name. Empty if there are none.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The unique ID, which consists of the ID of the pool and the name of the provider.
      returned: always
      type: str
      sample: eu-central-1_AbCdEfGhI/Entra
    user_pool_id:
      description: The ID of the pool.
      returned: always
      type: str
      sample: eu-central-1_AbCdEfGhI
    user_pool_name:
      description: The name of the pool.
      returned: always
      type: str
      sample: desk
    name:
      description: The name of the provider.
      returned: always
      type: str
      sample: Entra
    create_date:
      description: When the provider was created.
      returned: always
      type: str
      sample: "2026-01-31T12:00:00Z"
    last_modified_date:
      description: When the provider was last changed.
      returned: always
      type: str
      sample: "2026-01-31T12:00:00Z"
    metadata_error:
      description: Why the metadata could not be read from RV(saml_providers[].metadata_url).
      returned: when the metadata could not be read
      type: str
    metadata_url:
      description: The URL from which Amazon Cognito fetches the metadata. Empty if the metadata was uploaded as a
        document.
      returned: always
      type: str
    entity_id:
      description: The entity ID of the trusted identity provider.
      returned: when the metadata is available
      type: str
      sample: https://sts.windows.net/11111111-2222-3333-4444-555555555555/
    certificates:
      description:
        - The signing certificates in the metadata.
        - RV(saml_providers[].trusted_thumbprints) lists those that Amazon Cognito trusts.
      returned: always
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
      returned: always
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
      returned: always
      type: dict
    idp_identifiers:
      description: The identifiers.
      returned: always
      type: list
      elements: str
    sign_out:
      description: Whether signing out of the pool also signs users out of the identity provider.
      returned: always
      type: bool
    request_signing:
      description: Whether sign-in requests are signed.
      returned: always
      type: bool
    encrypted_responses:
      description: Whether responses must be encrypted.
      returned: always
      type: bool
    encryption_certificate:
      description: The certificate of the provider's own key, in base64, with which Entra ID encrypts responses.
      returned: when responses must be encrypted
      type: str
    idp_initiated:
      description: Whether sign-ins that are initiated by the identity provider are accepted.
      returned: always
      type: bool
    tags:
      description: The tags of the provider.
      returned: always
      type: dict
    clients:
      description:
        - The app clients in which the provider is enabled, each with C(id), C(name), C(callback_urls), C(oauth)
          (whether the authorization code flow is allowed), C(write_attributes), and C(sign_in_url), the URL of a
          sign-in that skips the choice of identity providers.
      returned: when O(include_clients=true)
      type: list
      elements: dict
    sp_entity_id:
      description: The identifier to configure in the Entra application.
      returned: always
      type: str
      sample: urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI
    domains:
      description: The host names at which users sign in, with the custom domain first.
      returned: always
      type: list
      elements: str
    reply_urls:
      description: The reply URLs to configure in the Entra application, one for each domain.
      returned: always
      type: list
      elements: str
      sample: [https://desk.auth.eu-central-1.amazoncognito.com/saml2/idpresponse]
    reply_url:
      description: The first of the reply URLs.
      returned: when the pool has a domain
      type: str
    logout_urls:
      description: The logout URLs, one for each domain. An Entra application can have only one logout URL.
      returned: always
      type: list
      elements: str
    logout_url:
      description: The first of the logout URLs.
      returned: when the pool has a domain
      type: str
"""

import typing as t
from datetime import datetime

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._aws.metadata_source import read_metadata
from ansible_collections.openccp.federation.plugins.module_utils._cognito import provider_views, user_pools
from ansible_collections.openccp.federation.plugins.module_utils._cognito import saml_providers as providers
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule, inform
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata


def read(module: AwsModule) -> dict[str, t.Any]:
    """The pool, and the provider of that name or all."""
    cognito = user_pools.pool_client(module)
    pools = user_pools.UserPools(cognito)
    pool = user_pools.pool_of(pools, module.params)
    api, name = providers.CognitoProviders(cognito, pool), module.params["provider_name"]
    every = [api.get(name)] if name else api.all()
    facts = provider_views.pool_facts(pool)
    clients = (
        [pools.client(pool, client_id) for client_id in pools.client_names(pool)]
        if module.params["include_clients"]
        else None
    )
    views = [_described(provider, pool, facts, clients, pools.now) for provider in every if provider is not None]
    schema = {"attributes": dict(pool.mutable), "required_attributes": sorted(pool.required - {"sub"})}
    certificate = (
        {"signing_certificate": pools.signing_certificate(pool)} if module.params["include_signing_certificate"] else {}
    )
    return {
        "user_pool": {"id": pool.id, "name": pool.name, **schema, **facts, **certificate},
        "saml_providers": views,
    }


def _described(
    provider: providers.CognitoProvider,
    pool: user_pools.UserPool,
    facts: dict[str, t.Any],
    clients: list[user_pools.AppClient] | None,
    now: datetime,
) -> dict[str, t.Any]:
    served, error = _served(provider)
    described = provider_views.describe(provider, pool, served, now) | facts | error
    if clients is None:
        return described
    offering = [client for client in clients if provider.name in client.providers]
    return {
        **described,
        "clients": [provider_views.describe_client(client, pool, provider.name) for client in offering],
    }


def _served(provider: providers.CognitoProvider) -> tuple[Metadata | None, dict[str, str]]:
    """What the address of a provider serves, else why that cannot be used: it may be one of others."""
    if not provider.url:
        return None, {}
    try:
        return read_metadata(url=provider.url), {}
    except FederationError as error:
        return None, {"metadata_error": str(error)}


MODULE: t.Final = AwsDefinition(
    options={
        "user_pool_id": {"type": "str"},
        "user_pool_name": {"type": "str"},
        "provider_name": {"type": "str", "aliases": ["name"]},
        "include_clients": {"type": "bool", "default": False},
        "include_signing_certificate": {"type": "bool", "default": False},
    },
    rules={
        "required_one_of": [("user_pool_id", "user_pool_name")],
        "mutually_exclusive": [("user_pool_id", "user_pool_name")],
    },
    libraries=("boto3", "botocore", "cryptography", "lxml", "requests"),
    work=lambda module: inform(module, lambda: read(module)),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
