#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cognito_saml_provider_info
short_description: Read SAML identity providers of an Amazon Cognito user pool, and the certificates that they trust
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Reads one SAML identity provider of a user pool, or every one, with what its metadata says.
  - The metadata of a provider that is fed from an address is read there.
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
    description: The name of one provider. When omitted, every SAML provider of the pool is read, with one request each.
    type: str
    aliases: [name]
  include_clients:
    description: Whether the app clients that offer each provider are returned, which takes one request for each client
      of the pool.
    type: bool
    default: false
  include_signing_certificate:
    description: Whether the certificate of the pool's key is returned, which takes one request.
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
- name: Read every SAML provider of a user pool
  openccp.federation.cognito_saml_provider_info:
    user_pool_name: desk
  register: pool

- name: Show what the application in Entra ID needs
  ansible.builtin.debug:
    msg: "{{ pool.user_pool.sp_entity_id }} {{ pool.user_pool.reply_urls }}"

- name: Read one, with its app clients
  openccp.federation.cognito_saml_provider_info:
    user_pool_id: eu-central-1_AbCdEfGhI
    provider_name: Entra
    include_clients: true
"""

RETURN = r"""
user_pool:
  description: The pool.
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
      description: The attributes of the pool, each with whether it can be changed.
      returned: always
      type: dict
    required_attributes:
      description: The attributes that everybody in the pool must have.
      returned: always
      type: list
      elements: str
    signing_certificate:
      description: The certificate of the pool's key, in base64, with which Entra ID verifies requests and encrypts
        responses.
      returned: when O(include_signing_certificate=true)
      type: str
    sp_entity_id:
      description: The identifier of the application in Entra ID.
      returned: always
      type: str
      sample: urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI
    domains:
      description: The hosts where people sign in, the custom domain first.
      returned: always
      type: list
      elements: str
    reply_urls:
      description: The reply URLs of the application in Entra ID, one for each domain.
      returned: always
      type: list
      elements: str
    reply_url:
      description: The first of them.
      returned: when the pool has a domain
      type: str
    logout_urls:
      description: The logout URLs, one for each domain.
      returned: always
      type: list
      elements: str
    logout_url:
      description: The first of them.
      returned: when the pool has a domain
      type: str
saml_providers:
  description: The providers, by name; empty when there is none.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The ID of the pool and the name of the provider, which no other provider has.
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
      description: Why RV(saml_providers[].metadata_url) does not tell the metadata.
      returned: when it does not
      type: str
    metadata_url:
      description: The address that Amazon Cognito fetches the metadata from; empty when it was given a document.
      returned: always
      type: str
    entity_id:
      description: The identity provider that is trusted.
      returned: when the metadata is known
      type: str
      sample: https://sts.windows.net/11111111-2222-3333-4444-555555555555/
    certificates:
      description:
        - The signing certificates of the metadata.
        - Those that Amazon Cognito trusts are in RV(saml_providers[].trusted_thumbprints).
      returned: always
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
      returned: always
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
      returned: always
      type: dict
    idp_identifiers:
      description: The identifiers.
      returned: always
      type: list
      elements: str
    sign_out:
      description: Whether a sign-out goes on to the identity provider.
      returned: always
      type: bool
    request_signing:
      description: Whether requests are signed.
      returned: always
      type: bool
    encrypted_responses:
      description: Whether responses must be encrypted.
      returned: always
      type: bool
    idp_initiated:
      description: Whether the identity provider may begin a sign-in.
      returned: always
      type: bool
    tags:
      description: The tags of the provider.
      returned: always
      type: dict
    clients:
      description:
        - The app clients that offer the provider, each with C(id), C(name), C(callback_urls), C(oauth) (whether it may
          use the authorization code flow), C(write_attributes), and C(sign_in_url), the address of a sign-in that leads
          past the choice of providers.
      returned: when O(include_clients=true)
      type: list
      elements: dict
    sp_entity_id:
      description: The identifier of the application in Entra ID.
      returned: always
      type: str
      sample: urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI
    domains:
      description: The hosts where people sign in, the custom domain first.
      returned: always
      type: list
      elements: str
    reply_urls:
      description: The reply URLs of the application in Entra ID, one for each domain.
      returned: always
      type: list
      elements: str
      sample: [https://desk.auth.eu-central-1.amazoncognito.com/saml2/idpresponse]
    reply_url:
      description: The first of them.
      returned: when the pool has a domain
      type: str
    logout_urls:
      description: The logout URLs, one for each domain. The application in Entra ID has one.
      returned: always
      type: list
      elements: str
    logout_url:
      description: The first of them.
      returned: when the pool has a domain
      type: str
"""

import typing as t
from datetime import datetime

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._aws.metadata_source import read_metadata
from ansible_collections.openccp.federation.plugins.module_utils._cognito import provider_views, user_pools
from ansible_collections.openccp.federation.plugins.module_utils._cognito import saml_providers as providers
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._module import inform, require
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata


def read(module: AnsibleAWSModule) -> dict[str, t.Any]:
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
    shown = [_described(provider, pool, facts, clients, pools.now) for provider in every if provider is not None]
    schema = {"attributes": dict(pool.mutable), "required_attributes": sorted(pool.required - {"sub"})}
    certificate = (
        {"signing_certificate": pools.signing_certificate(pool)} if module.params["include_signing_certificate"] else {}
    )
    return {
        "user_pool": {"id": pool.id, "name": pool.name, **schema, **facts, **certificate},
        "saml_providers": shown,
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


def main() -> None:
    module = AnsibleAWSModule(
        check_boto3=False,  # require names all that is missing at once
        argument_spec={
            "user_pool_id": {"type": "str"},
            "user_pool_name": {"type": "str"},
            "provider_name": {"type": "str", "aliases": ["name"]},
            "include_clients": {"type": "bool", "default": False},
            "include_signing_certificate": {"type": "bool", "default": False},
        },
        required_one_of=[("user_pool_id", "user_pool_name")],
        mutually_exclusive=[("user_pool_id", "user_pool_name")],
        supports_check_mode=True,
    )
    require(module, "boto3", "botocore", "cryptography", "lxml", "requests")
    inform(module, lambda: read(module))


if __name__ == "__main__":
    main()
