# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The IAM SAML provider as a resource of the module iam_saml_provider."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws import saml_provider_plan as planning
from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client, was_repeated
from ansible_collections.openccp.federation.plugins.module_utils._aws.metadata_source import read_file, read_metadata
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_provider_plan import DesiredProvider
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_providers import SamlProviderWriter, describe
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    check_saml_provider_name,
    saml_provider_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import canonical_thumbprint
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata, check_expected, renamed
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import SamlProvider
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule

METADATA_OPTIONS: t.Final = ("metadata", "metadata_file", "metadata_url")
ENCRYPTION_OPTIONS: t.Final = ("assertion_encryption_mode", "private_key", "private_key_file", "remove_private_keys")


class SamlProviderResource(Resource["SamlProvider | None", SamlProviderWriter]):
    """One SAML provider, as defined by the options."""

    def __init__(self, module: AwsModule) -> None:
        self.module = module
        self.params = module.params
        self.name: str = module.params["name"]
        self.waiter = Waiter(timeout=module.params["wait_timeout"])
        self.api = SamlProviderWriter(
            client(module, "iam"), self.waiter, functools.partial(client, module, "iam", retries=0)
        )
        self.arn = ""
        self.desired: DesiredProvider | None = None
        self.warnings: list[str] = []
        self.actual: SamlProvider | None = None

    def read(self) -> SamlProvider | None:
        """The provider, once the metadata is read."""
        check_saml_provider_name(self.name)
        pem = self._private_key() if self.params["state"] == "present" else ""
        metadata = self._metadata() if self.params["state"] == "present" else None
        account = account_of(self.module)
        self.arn = saml_provider_arn(account.partition, account.id, self.name)
        if metadata:
            self.desired = self._desired(metadata, pem)
        self.actual = self._get()
        if metadata and metadata.certificates:
            self._check_expected(metadata)
        return self.actual

    def plan(self, actual: SamlProvider | None) -> Plan[SamlProviderWriter]:
        """The steps that change the provider, create it or delete it."""
        if self.desired is None:
            return planning.plan_absent(actual, only_managed=self.params["only_managed"])
        plan = planning.plan(self.desired, actual)
        return dataclasses.replace(plan, warnings=(*self.warnings, *plan.warnings))

    def carry_out(self, step: Step[SamlProviderWriter]) -> Plan[SamlProviderWriter] | None:
        """A provider that exists though IAM did not show it, as after a run that was stopped or an answer that was
        lost, is brought to the desired state.
        """
        try:
            return super().carry_out(step)
        except Conflict as error:
            if step.run is not SamlProviderWriter.create or self.desired is None:
                raise
            if was_repeated(error):  # the request whose answer was lost made it, and gave it its private key
                self.desired = self.desired.once_done
        existing = self.waiter.until(f"IAM to show the SAML provider {self.name!r}, which exists already", self._get)
        return self.plan(existing)

    def result(self, plan: Plan[SamlProviderWriter]) -> dict[str, t.Any]:
        """The provider, after IAM returns it as written."""
        if self.desired is None:
            return {}
        if self.module.check_mode:
            provider: SamlProvider = planning.target(self.desired, self.actual)
        elif plan.steps or self.actual is None:
            provider = self.waiter.until(
                f"IAM to show the SAML provider {self.name!r} as it was written", self._updated, steady=1
            )
        else:
            provider = self.actual
        return describe(provider, self.api.now, self.module.region)

    def _metadata(self) -> Metadata:
        sources = [self.params[option] for option in METADATA_OPTIONS]
        if not any(sources):
            if self.module.check_mode and self.params["expected_entity_id"]:
                return planning.announced_metadata(self.params["expected_entity_id"])
            raise InvalidInput(
                f"The SAML provider {self.name!r} needs metadata.",
                hint=f"Give one of {', '.join(METADATA_OPTIONS)}. If the AWS half of a playbook runs alone, set "
                "handover_folder, aws_federation_metadata_file or aws_federation_metadata.",
            )
        metadata = read_metadata(*sources)
        return renamed(metadata, self.params["entity_id"] or metadata.entity_id)

    def _check_expected(self, metadata: Metadata) -> None:
        self.warnings = check_expected(
            metadata,
            now=self.api.now,
            entity_id=self.params["expected_entity_id"],
            thumbprints=self.params["expected_thumbprints"] or (),
            warn_days=self.params["warn_days"],
        )

    def _private_key(self) -> str:
        if any(self.params[option] for option in ENCRYPTION_OPTIONS) and not self.module.botocore_at_least(
            planning.ENCRYPTION_BOTOCORE
        ):
            raise InvalidInput(
                f"Assertion encryption needs botocore {planning.ENCRYPTION_BOTOCORE} or newer; the installed version "
                "is older."
            )
        if self.params["private_key"]:
            return planning.check_private_key(self.params["private_key"], "private_key")
        if self.params["private_key_file"]:
            content = read_file(self.params["private_key_file"], "private_key_file")
            return planning.check_private_key(
                content.decode("ascii", "replace"), f"private_key_file {self.params['private_key_file']}"
            )
        return ""

    def _desired(self, metadata: Metadata, pem: str) -> DesiredProvider:
        mode = self.params["assertion_encryption_mode"]
        return DesiredProvider(
            arn=self.arn,
            metadata=metadata,
            merge=self.params["certificates"] == "merge",
            removed_thumbprints=tuple(map(canonical_thumbprint, self.params["remove_thumbprints"] or ())),
            tags=self.params["tags"],
            purge_tags=self.params["purge_tags"],
            encryption_mode=mode.capitalize() if mode else None,
            private_key=self.params["private_key_update"] if pem else "never",
            removed_keys=tuple(self.params["remove_private_keys"] or ()),
            adopt=self.params["adopt"],
            pem=pem,
        )

    def _get(self) -> SamlProvider | None:
        return self.api.get(self.arn)

    def _updated(self) -> SamlProvider | None:
        provider, desired = self._get(), t.cast("DesiredProvider", self.desired)
        return provider if provider and not planning.plan(desired.once_done, provider).steps else None
