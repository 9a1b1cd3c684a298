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

import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._aws import saml_providers as providers
from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client, may_hide_success
from ansible_collections.openccp.federation.plugins.module_utils._aws.metadata_source import read_file, read_metadata
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    check_saml_provider_name,
    saml_provider_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Conflict,
    FederationError,
    InvalidInput,
    Throttled,
    TimedOut,
)
from ansible_collections.openccp.federation.plugins.module_utils._module import converge, require
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import canonical_thumbprint
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata, check_expected, renamed
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

METADATA_OPTIONS = ("metadata", "metadata_file", "metadata_url")
#: Seconds for which a private key is looked for that may have been added, before it is added once more.
KEY_SHOWN_WITHIN = 15.0
ENCRYPTION_OPTIONS = ("assertion_encryption_mode", "private_key", "private_key_file", "remove_private_keys")


class SamlProviderResource:
    """One SAML provider, as the options want it."""

    def __init__(self, module: AnsibleAWSModule) -> None:
        self.module = module
        self.params = module.params
        self.name = module.params["name"]
        self.iam = providers.SamlProviders(client(module, "iam"))
        self.waiter = Waiter(timeout=module.params["wait_timeout"])
        self.arn = ""
        self.key: str | None = None
        self.wanted: providers.Wanted | None = None
        self.warnings: list[str] = []
        self.actual: providers.SamlProvider | None = None

    def read(self) -> providers.SamlProvider | None:
        check_saml_provider_name(self.name)
        metadata = self._given_metadata() if self.params["state"] == "present" else None
        account = account_of(self.module)
        self.arn = saml_provider_arn(account.partition, account.id, self.name)
        if metadata:
            self.wanted = self._wanted(metadata)
        self.actual = self._get()
        if metadata and metadata.certificates:
            self._check_expected(metadata)
        return self.actual

    def plan(self, actual: providers.SamlProvider | None) -> Plan:
        if self.wanted is None:
            return providers.plan_absent(actual)
        plan = providers.plan(self.wanted, actual)
        return Plan(plan.before, plan.after, plan.steps, (*self.warnings, *plan.warnings))

    def result(self, plan: Plan) -> dict[str, t.Any]:
        if self.wanted is None:
            return {}
        if self.module.check_mode:
            shown: providers.SamlProvider = providers.target(self.wanted, self.actual)
        elif plan.steps or self.actual is None:
            shown = self.waiter.until(
                f"IAM to show the SAML provider {self.name!r} as it was written", self._as_wanted, steady=1
            )
        else:
            shown = self.actual
        return providers.describe(shown, self.iam.now, self.module.region)

    def create(self) -> None:
        wanted = t.cast("providers.Wanted", self.wanted)
        target = providers.target(wanted, None)
        document = t.cast("Metadata", target.metadata).document
        try:
            self.iam.create(
                self.name, document, target.tags, **self._encryption(target.encryption_mode, bool(self.key))
            )
        except Conflict:
            # It exists, and IAM did not show it: an earlier run that was stopped, or an answer that was lost, made it.
            existing = self.waiter.until(
                f"IAM to show the SAML provider {self.name!r}, which exists already", self._get
            )
            for step in providers.plan(wanted, existing).steps:
                getattr(self, step.do)(**step.args)

    def update(
        self, document: str | None = None, encryption_mode: str | None = None, add_private_key: bool = False
    ) -> None:
        changes = {"SAMLMetadataDocument": document} if document else {}
        changes |= self._encryption(encryption_mode, add_private_key)
        if add_private_key:
            self._add_private_key(changes)
        else:
            self.iam.update(self.arn, **changes)

    def remove_private_key(self, key_id: str) -> None:
        self.iam.update(self.arn, RemovePrivateKey=key_id)

    def tag(self, tags: dict[str, str]) -> None:
        self.iam.tag(self.arn, tags)

    def untag(self, keys: list[str]) -> None:
        self.iam.untag(self.arn, keys)

    def delete(self) -> None:
        self.iam.delete(self.arn)
        self.waiter.until(
            f"IAM to show the SAML provider {self.name!r} no longer", lambda: None if self._get() else True, steady=1
        )

    def _given_metadata(self) -> Metadata:
        self.key = self._given_key()
        given = [self.params[option] for option in METADATA_OPTIONS]
        if not any(given):
            if self.module.check_mode and self.params["expected_entity_id"]:
                return providers.announced(self.params["expected_entity_id"])
            raise InvalidInput(
                f"The SAML provider {self.name!r} needs metadata.", hint=f"Give one of {', '.join(METADATA_OPTIONS)}."
            )
        metadata = read_metadata(*given)
        return renamed(metadata, self.params["entity_id"] or metadata.entity_id)

    def _check_expected(self, metadata: Metadata) -> None:
        self.warnings = check_expected(
            metadata,
            now=self.iam.now,
            entity_id=self.params["expected_entity_id"],
            thumbprints=self.params["expected_thumbprints"] or (),
            warn_days=self.params["warn_days"],
        )

    def _given_key(self) -> str | None:
        if any(self.params[option] for option in ENCRYPTION_OPTIONS) and not self.module.botocore_at_least(
            providers.ENCRYPTION_BOTOCORE
        ):
            raise InvalidInput(
                f"Assertion encryption needs botocore {providers.ENCRYPTION_BOTOCORE} or newer; the one here is older."
            )
        if self.params["private_key"]:
            return providers.check_private_key(self.params["private_key"], "private_key")
        if self.params["private_key_file"]:
            content = read_file(self.params["private_key_file"], "private_key_file")
            return providers.check_private_key(
                content.decode("ascii", "replace"), f"private_key_file {self.params['private_key_file']}"
            )
        return None

    def _wanted(self, metadata: Metadata) -> providers.Wanted:
        mode = self.params["assertion_encryption_mode"]
        return providers.Wanted(
            arn=self.arn,
            metadata=metadata,
            merge=self.params["certificates"] == "merge",
            removed_thumbprints=tuple(map(canonical_thumbprint, self.params["remove_thumbprints"] or ())),
            tags=self.params["tags"],
            purge_tags=self.params["purge_tags"],
            encryption_mode=mode.capitalize() if mode else None,
            private_key=self.params["private_key_update"] if self.key else "never",
            removed_keys=tuple(self.params["remove_private_keys"] or ()),
            adopt=self.params["adopt"],
        )

    def _add_private_key(self, changes: dict[str, str]) -> None:
        """Update with a new private key. IAM adds one each time that it is asked, so it is asked again only when none
        has appeared.
        """
        once = providers.SamlProviders(client(self.module, "iam", retries=0))
        before = {key.key_id for key in self.actual.private_keys} if self.actual else set()

        def update() -> bool:
            once.update(self.arn, **changes)
            return True

        def appeared() -> bool | None:
            shown = self._get()
            return True if shown and any(key.key_id not in before for key in shown.private_keys) else None

        def ask() -> None:
            self.waiter.until(
                f"IAM to take the private key of {self.name!r}",
                update,
                passes=lambda error: isinstance(error, Throttled),
            )

        try:
            ask()
        except FederationError as error:
            if not may_hide_success(error):
                raise
            try:
                self.waiter.until(f"the private key of {self.name!r} to appear", appeared, timeout=KEY_SHOWN_WITHIN)
            except TimedOut:
                ask()

    def _encryption(self, mode: str | None, add_key: bool) -> dict[str, str]:
        given = {"AssertionEncryptionMode": mode, "AddPrivateKey": self.key if add_key else None}
        return {name: value for name, value in given.items() if value}

    def _get(self) -> providers.SamlProvider | None:
        return self.iam.get(self.arn)

    def _as_wanted(self) -> providers.SamlProvider | None:
        found, wanted = self._get(), t.cast("providers.Wanted", self.wanted)
        return found if found and not providers.plan(wanted.once_done, found).steps else None


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
