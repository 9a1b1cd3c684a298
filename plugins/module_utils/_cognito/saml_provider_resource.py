# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The SAML provider of a user pool as the resource of the module cognito_saml_provider."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.metadata_source import read_metadata
from ansible_collections.openccp.federation.plugins.module_utils._aws.ownership import is_managed
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_provider_plan import announced_metadata
from ansible_collections.openccp.federation.plugins.module_utils._cognito import (
    provider_views,
    saml_provider_plan,
    user_pools,
)
from ansible_collections.openccp.federation.plugins.module_utils._cognito import saml_providers as providers
from ansible_collections.openccp.federation.plugins.module_utils._cognito.provider_tags import provider_tags
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, membership
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import canonical_thumbprint
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata, check_expected
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule


class CognitoSamlProvider(Resource["providers.CognitoProvider | None", providers.CognitoProviderWriter]):
    """One SAML provider of a pool, as defined by the options."""

    cognito: t.Any
    pools: user_pools.UserPools
    pool: user_pools.UserPool
    desired: saml_provider_plan.Desired
    actual: providers.CognitoProvider | None = None
    served: Metadata | None = None
    #: whether a provider that is to be absent stays, because it is not ours
    left = False

    def __init__(self, module: AwsModule) -> None:
        self.module = module
        self.params = module.params
        self.check_mode = module.check_mode
        self.name = module.params["provider_name"]
        self.waiter = Waiter(timeout=module.params["wait_timeout"])
        self.warnings: list[str] = []
        self.clients: tuple[user_pools.AppClient, ...] = ()

    def read(self) -> providers.CognitoProvider | None:
        """The provider, after its desired metadata, or the metadata at its address, has been read."""
        providers.check_name(self.name)
        metadata = self._metadata_option()
        self.cognito = user_pools.pool_client(self.module)
        self.pools = user_pools.UserPools(self.cognito)
        self.pool = user_pools.pool_of(self.pools, self.params)
        self.api = providers.CognitoProviderWriter(self.cognito, self.pools, self.pool, self.waiter)
        self.actual = self.api.get(self.name)
        if self.params["state"] == "absent":
            if self.params["only_managed"] and not is_managed(provider_tags(self.pool.tags, self.name)):
                self.left = True
            elif self.actual:
                self.clients = tuple(self._described(self.pools.client_names(self.pool)))
            return self.actual
        self.desired = self._desired(metadata)
        self.served = self._served()
        for checked in (self.served, metadata if metadata and metadata.certificates else None):
            self.warnings += self._check_expected(checked) if checked else []
        return self.actual

    def plan(self, actual: providers.CognitoProvider | None) -> Plan[providers.CognitoProviderWriter]:
        """The steps that change the provider, create it or delete it."""
        if self.left:
            return Plan()
        if self.params["state"] == "absent":
            return saml_provider_plan.plan_absent(self.pool, self.name, actual, self.clients)
        plan = saml_provider_plan.plan(self.desired, actual, self.served)
        return Plan(plan.before, plan.after, plan.steps, (*self.warnings, *plan.warnings))

    def result(self, plan: Plan[providers.CognitoProviderWriter]) -> dict[str, t.Any]:
        """The provider, with the app clients that offer it."""
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
        view = provider_views.describe(provider, pool, self.served, self.pools.now) | provider_views.pool_facts(pool)
        if view["request_signing"]:
            view["signing_certificate"] = self.pools.signing_certificate(pool)
        offering = [each for each, names in self.desired.clients if self.name in names]
        return {**view, "clients": [provider_views.describe_client(each, pool, self.name) for each in offering]}

    def _metadata_option(self) -> Metadata | None:
        if self.params["metadata"] or self.params["metadata_file"]:
            return read_metadata(self.params["metadata"], self.params["metadata_file"])
        if self.check_mode and self.params["expected_entity_id"] and not self.params["metadata_url"]:
            return announced_metadata(self.params["expected_entity_id"])
        return None

    def _desired(self, metadata: Metadata | None) -> saml_provider_plan.Desired:
        params = self.params
        if metadata and not metadata.certificates and self.actual:
            metadata = None
        flags = {providers.FLAGS[option]: params[option] for option in providers.FLAGS if params[option] is not None}
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
            flags=flags,
            signing=params["request_signing"],
            clients=clients,
            offering=self._others_that_offer(mapping, [client.id for client, dummy in clients]),
            tags=params["tags"],
            purge_tags=params["purge_tags"],
            adopt=params["adopt"],
            now=self.pools.now,
        )

    def _mapping(self) -> dict[str, str] | None:
        mapping, presets = self.params["attribute_mapping"], self.params["attribute_presets"]
        if mapping is None and presets is None:
            return None
        return {
            **{name: saml_provider_plan.PRESETS[name] for name in presets or ()},
            **{name: str(claim) for name, claim in (mapping or {}).items()},
        }

    def _clients(self) -> tuple[tuple[user_pools.AppClient, tuple[str, ...]], ...]:
        """The clients that the option names, or all when it sets them, each with its desired providers."""
        clients = self.params["clients"]
        change = {key: value for key, value in (clients or {}).items() if value is not None}
        if not change:
            return ()
        listed = "set" in change or any(
            not user_pools.is_client_id(each) for references in change.values() for each in references
        )
        known = {each: each for references in change.values() for each in references}
        names = self.pools.client_names(self.pool) if listed else known
        by_id = {key: user_pools.client_ids(names, references) for key, references in change.items()}
        mentioned = set().union(*by_id.values())
        touched = [each for each in names if "set" in by_id or each in mentioned]
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
