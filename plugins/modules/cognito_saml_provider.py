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

import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._aws.metadata_source import read_metadata
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_provider_plan import announced
from ansible_collections.openccp.federation.plugins.module_utils._cognito import (
    provider_views,
    saml_provider_plan,
    user_pools,
)
from ansible_collections.openccp.federation.plugins.module_utils._cognito import saml_providers as providers
from ansible_collections.openccp.federation.plugins.module_utils._module import converge, require
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, membership
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import canonical_thumbprint
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata, check_expected
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter


class CognitoSamlProvider(Resource["providers.CognitoProvider | None", providers.CognitoProviderWriter]):
    """One SAML provider of a pool, as the options want it."""

    cognito: t.Any
    pools: user_pools.UserPools
    pool: user_pools.UserPool
    desired: saml_provider_plan.Desired
    actual: providers.CognitoProvider | None = None
    served: Metadata | None = None

    def __init__(self, module: AnsibleAWSModule) -> None:
        self.module = module
        self.params = module.params
        self.check_mode = module.check_mode
        self.name = module.params["provider_name"]
        self.waiter = Waiter(timeout=module.params["wait_timeout"])
        self.warnings: list[str] = []
        self.clients: tuple[user_pools.AppClient, ...] = ()

    def read(self) -> providers.CognitoProvider | None:
        providers.check_name(self.name)
        metadata = self._given_metadata()
        self.cognito = user_pools.pool_client(self.module)
        self.pools = user_pools.UserPools(self.cognito)
        self.pool = user_pools.pool_of(self.pools, self.params)
        self.api = providers.CognitoProviderWriter(self.cognito, self.pools, self.pool, self.waiter)
        self.actual = self.api.get(self.name)
        if self.params["state"] == "absent":
            self.clients = tuple(self._described(self.pools.client_names(self.pool))) if self.actual else ()
            return self.actual
        self.desired = self._desired(metadata)
        self.served = self._served()
        for checked in (self.served, metadata if metadata and metadata.certificates else None):
            self.warnings += self._check_expected(checked) if checked else []
        return self.actual

    def plan(self, actual: providers.CognitoProvider | None) -> Plan[providers.CognitoProviderWriter]:
        if self.params["state"] == "absent":
            return saml_provider_plan.plan_absent(self.pool, self.name, actual, self.clients)
        plan = saml_provider_plan.plan(self.desired, actual, self.served)
        return Plan(plan.before, plan.after, plan.steps, (*self.warnings, *plan.warnings))

    def result(self, plan: Plan[providers.CognitoProviderWriter]) -> dict[str, t.Any]:
        if self.params["state"] == "absent":
            return {}
        pool = self.pool
        if plan.steps and not self.check_mode:
            pool = self.pools.get(self.pool.id)
            provider = providers.CognitoProviders(self.cognito, pool).get(self.name) or saml_provider_plan.target(
                self.desired, self.actual
            )
        else:
            provider = saml_provider_plan.target(self.desired, self.actual)
        shown = provider_views.describe(provider, pool, self.served, self.pools.now) | provider_views.pool_facts(pool)
        if shown["request_signing"] or shown["encrypted_responses"]:
            shown["signing_certificate"] = self.pools.signing_certificate(pool)
        offering = [each for each, names in self.desired.clients if self.name in names]
        return {**shown, "clients": [provider_views.describe_client(each, pool, self.name) for each in offering]}

    def _given_metadata(self) -> Metadata | None:
        if self.params["metadata"] or self.params["metadata_file"]:
            return read_metadata(self.params["metadata"], self.params["metadata_file"])
        if self.check_mode and self.params["expected_entity_id"] and not self.params["metadata_url"]:
            return announced(self.params["expected_entity_id"])
        return None

    def _desired(self, metadata: Metadata | None) -> saml_provider_plan.Desired:
        params = self.params
        if metadata and not metadata.certificates and self.actual:
            metadata = None
        given = {providers.FLAGS[option]: params[option] for option in providers.FLAGS if params[option] is not None}
        identifiers, mapping, clients = params["idp_identifiers"], self._mapping(), self._clients()
        return saml_provider_plan.Desired(
            name=self.name,
            pool=self.pool,
            metadata=metadata,
            url=params["metadata_url"],
            merge=params["certificates"] == "merge",
            removed_thumbprints=tuple(map(canonical_thumbprint, params["remove_thumbprints"] or ())),
            required_thumbprints=tuple(map(canonical_thumbprint, params["expected_thumbprints"] or ())),
            mapping=mapping,
            identifiers=None if identifiers is None else tuple(identifiers),
            flags=given,
            signing=params["request_signing"],
            clients=clients,
            offering=self._others_that_offer(mapping, [client.id for client, dummy in clients]),
            tags=params["tags"],
            purge_tags=params["purge_tags"],
            adopt=params["adopt"],
            now=self.pools.now,
        )

    def _mapping(self) -> dict[str, str] | None:
        given, presets = self.params["attribute_mapping"], self.params["attribute_presets"]
        if given is None and presets is None:
            return None
        return {
            **{name: saml_provider_plan.PRESETS[name] for name in presets or ()},
            **{name: str(claim) for name, claim in (given or {}).items()},
        }

    def _clients(self) -> tuple[tuple[user_pools.AppClient, tuple[str, ...]], ...]:
        """The clients that the option names, or all when it sets them, each with the providers that it shall offer."""
        wish = self.params["clients"]
        given = {key: value for key, value in (wish or {}).items() if value is not None}
        if not given:
            return ()
        listed = "set" in given or any(
            not user_pools.is_client_id(each) for references in given.values() for each in references
        )
        known = {each: each for references in given.values() for each in references}
        names = self.pools.client_names(self.pool) if listed else known
        by_id = {key: user_pools.client_ids(names, references) for key, references in given.items()}
        touched = (
            list(names) if "set" in by_id else [each for each in names if any(each in ids for ids in by_id.values())]
        )
        described = self._described(touched)
        offering = membership([each.id for each in described if self.name in each.providers], by_id).result
        return tuple((each, each.providers_with(self.name, offered=each.id in offering)) for each in described)

    def _others_that_offer(
        self, mapping: t.Mapping[str, str] | None, named: t.Collection[str]
    ) -> tuple[user_pools.AppClient, ...]:
        """The clients that offer the provider and that the option does not name, when the mapping changes for them."""
        if mapping is None or self.actual is None or mapping == self.actual.mapping:
            return ()
        others = self._described(each for each in self.pools.client_names(self.pool) if each not in named)
        return tuple(client for client in others if self.name in client.providers)

    def _described(self, client_ids: t.Iterable[str]) -> list[user_pools.AppClient]:
        return [self.pools.client(self.pool, client_id) for client_id in client_ids]

    def _served(self) -> Metadata | None:
        """What the address serves, when something depends on it; waits until that is what is expected of it."""
        current = self.actual.url if self.actual and not self.desired.metadata else ""
        url = self.desired.url or current
        thumbprints = {*self.desired.required_thumbprints, *self.desired.removed_thumbprints}
        if not url or not (thumbprints or self.params["expected_entity_id"] or url != current):
            return None
        if self.check_mode:
            return read_metadata(url=url)

        def probe() -> Metadata | None:
            served = read_metadata(url=url)
            lacking = set(self.desired.required_thumbprints) - set(served.thumbprints)
            return None if lacking or set(served.thumbprints) & set(self.desired.removed_thumbprints) else served

        return self.waiter.until(f"the metadata at {url} to serve the certificates that are expected", probe, steady=1)

    def _check_expected(self, metadata: Metadata) -> list[str]:
        return check_expected(
            metadata,
            now=self.pools.now,
            entity_id=self.params["expected_entity_id"],
            thumbprints=() if self.check_mode and self.desired.url else self.desired.required_thumbprints,
            warn_days=self.params["warn_days"],
        )


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
            "attribute_presets": {"type": "list", "elements": "str", "choices": list(saml_provider_plan.PRESETS)},
            "idp_identifiers": {"type": "list", "elements": "str"},
            "sign_out": {"type": "bool"},
            "request_signing": {"type": "bool"},
            "encrypted_responses": {"type": "bool"},
            "idp_initiated": {"type": "bool"},
            "clients": {"type": "dict", "options": {"add": names, "remove": names, "set": names}},
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
            "adopt": {"type": "bool", "default": False},
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
