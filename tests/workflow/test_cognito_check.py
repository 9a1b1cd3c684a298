# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A healthy user pool broken in one way after the other: nobody gets in, and the check names the hop where it
breaks.
"""

from __future__ import annotations

import base64
import collections.abc
import dataclasses
import datetime as dt
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.filter.cognito_check import cognito_check
from pools import HOST, NAME, PROVIDER, UserPool, add_pool, operator
from seeds import TENANTS, fill

from federation_sandbox.aws.cognito.store import Cognito, Pool
from federation_sandbox.entra.state import Tenant, directory
from federation_sandbox.testing import Sandbox
from saml_factory import make_certificate, make_metadata
from support import run_module

JANE: t.Final = "jane.doe@example.com"


@dataclasses.dataclass
class Healthy:
    """The pool that cognito.yml has federated."""

    pool: UserPool
    environment: dict[str, str]

    @property
    def state(self) -> Pool:
        """The pool as Amazon Cognito holds it."""
        return self.pool.sandbox.world.state(Cognito).pools[self.pool.id]

    @property
    def client(self) -> dict[str, t.Any]:
        return self.state.clients[self.pool.client_id]

    @property
    def tenant(self) -> Tenant:
        return directory(self.pool.sandbox.world).tenants[TENANTS["public"]]

    def change(self, collection: str, **values: t.Any) -> None:
        """Change the application or its service principal behind everybody's back."""
        record = self.tenant.current(collection, displayName=NAME.format(self.pool.id))
        assert record
        self.tenant[collection].put({**record, **values}, settled=True)

    def module(self, name: str, /, **options: t.Any) -> dict[str, t.Any]:
        result = run_module(name, options, self.environment)
        assert not result.failed, result
        return dict(result)

    def verdict(self) -> dict[str, t.Any]:
        facts = self.module(
            "cognito_saml_provider_info", user_pool_id=self.pool.id, provider_name=PROVIDER, include_clients=True
        )
        identifier = facts["user_pool"]["sp_entity_id"]
        applications = self.module("azure_saml_app_info", identifier=identifier, people=[JANE])["applications"]
        people = applications[0]["people"] if applications else None
        return cognito_check(facts, applications, PROVIDER, [self.pool.client_id], domain=HOST, people=people)


@pytest.fixture(scope="module")
def _pool_setup(
    _one_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> tuple[UserPool, dict[str, str], collections.abc.Callable[[], None]]:
    _one_sandbox.world.reset()
    fill(_one_sandbox)
    pool = add_pool(_one_sandbox)
    terminal = operator(_one_sandbox, tmp_path_factory.mktemp("pool"))
    terminal.succeed("cognito", "sandbox/hosts.yml", variables={"federation_user_pools": [pool.variables()]})
    return pool, terminal.environment, _one_sandbox.world.snapshot()


@pytest.fixture
def healthy(_pool_setup: tuple[UserPool, dict[str, str], collections.abc.Callable[[], None]]) -> Healthy:
    pool, environment, restore = _pool_setup
    restore()
    pool.sandbox.world.settings.limits = False
    return Healthy(pool, environment)


def no_domain(healthy: Healthy) -> None:
    healthy.state.domain = ""


def no_provider(healthy: Healthy) -> None:
    healthy.module("cognito_saml_provider", user_pool_id=healthy.pool.id, provider_name=PROVIDER, state="absent")


def another_directory(healthy: Healthy) -> None:
    document = make_metadata(
        make_certificate(), entity_id="https://sts.windows.net/99999999-0000-4000-8000-000000000009/"
    )
    healthy.module("cognito_saml_provider", user_pool_id=healthy.pool.id, provider_name=PROVIDER, metadata=document)


def not_offered(healthy: Healthy) -> None:
    healthy.client["SupportedIdentityProviders"] = ["COGNITO"]


def no_oauth(healthy: Healthy) -> None:
    healthy.client["AllowedOAuthFlowsUserPoolClient"] = False


def no_callback(healthy: Healthy) -> None:
    healthy.client["CallbackURLs"] = []


def no_identifier(healthy: Healthy) -> None:
    healthy.change("applications", identifierUris=[])
    healthy.change("servicePrincipals", servicePrincipalNames=[])


def disabled(healthy: Healthy) -> None:
    healthy.change("servicePrincipals", accountEnabled=False)


def not_saml(healthy: Healthy) -> None:
    healthy.change("servicePrincipals", preferredSingleSignOnMode=None)


def another_reply_url(healthy: Healthy) -> None:
    urls = [f"https://{HOST}/saml2/idpresponse/"]
    application = healthy.tenant.current("applications", displayName=NAME.format(healthy.pool.id)) or {}
    healthy.change("applications", web={**application["web"], "redirectUris": urls})
    healthy.change("servicePrincipals", replyUrls=urls)


def nobody_assigned(healthy: Healthy) -> None:
    principal = healthy.tenant.current("servicePrincipals", displayName=NAME.format(healthy.pool.id)) or {}
    for assignment in list(healthy.tenant["appRoleAssignments"].current()):
        if assignment["resourceId"] == principal["id"]:
            healthy.tenant["appRoleAssignments"].delete(assignment["id"])


def another_certificate(healthy: Healthy) -> None:
    app_id = (healthy.tenant.current("servicePrincipals", displayName=NAME.format(healthy.pool.id)) or {})["appId"]
    created = healthy.module("azure_saml_certificate", app_id=app_id, common_name="Naive")
    healthy.module(
        "azure_saml_certificate",
        app_id=app_id,
        thumbprint=created["certificate"]["thumbprint"],
        state="active",
        force=True,
    )


def an_expired_certificate(healthy: Healthy) -> None:
    healthy.change("servicePrincipals", preferredTokenSigningKeyThumbprint=None)


def a_fixed_attribute(healthy: Healthy) -> None:
    healthy.state.schema["email"]["Mutable"] = False
    healthy.pool.failure(JANE)


def an_attribute_that_is_not_writable(healthy: Healthy) -> None:
    healthy.client["WriteAttributes"] = ["name", "given_name", "family_name"]


def a_required_attribute(healthy: Healthy) -> None:
    healthy.state.schema["phone_number"]["Required"] = True


def another_domain(healthy: Healthy) -> None:
    healthy.state.domain = "panel"


def nothing_to_send(healthy: Healthy) -> None:
    """The pool requires an e-mail address, and hers is empty in the directory."""
    healthy.state.schema["email"]["Required"] = True
    jane = healthy.tenant.current("users", userPrincipalName=JANE)
    healthy.tenant["users"].put({**jane, "mail": None}, settled=True)


def not_encrypted(healthy: Healthy) -> None:
    healthy.state.providers[PROVIDER].details["EncryptedResponses"] = "true"


def encrypted_unasked(healthy: Healthy) -> None:
    certificate = base64.b64encode(make_certificate()).decode()
    key = {"keyId": "cccccccc-0000-4000-8000-000000000003", "usage": "Encrypt", "key": certificate}
    healthy.change("applications", keyCredentials=[key], tokenEncryptionKeyId=key["keyId"])


BREAKAGES: t.Final[dict[collections.abc.Callable[[Healthy], None], str]] = {
    no_domain: "domain",
    no_provider: "provider",
    another_directory: "provider",
    not_offered: "clients",
    no_oauth: "callback",
    no_callback: "callback",
    no_identifier: "application",
    disabled: "application",
    not_saml: "application",
    another_reply_url: "reply_url",
    nobody_assigned: "assignment",
    another_certificate: "trust",
    an_expired_certificate: "certificate",
    a_fixed_attribute: "mapping",
    an_attribute_that_is_not_writable: "mapping",
    a_required_attribute: "claims",
    another_domain: "domain",
    nothing_to_send: "attributes",
    not_encrypted: "trust",
    encrypted_unasked: "trust",
}


def test_the_healthy_pool(healthy: Healthy) -> None:
    assert healthy.pool.failure(JANE) == ""
    verdict = healthy.verdict()
    assert verdict["ok"], verdict["table"]
    assert {finding["status"] for finding in verdict["findings"]} == {"pass"}
    assert len(verdict["findings"]) == 13


def test_what_nobody_looked_at_is_unknown(healthy: Healthy) -> None:
    facts = healthy.module("cognito_saml_provider_info", user_pool_id=healthy.pool.id, include_clients=True)
    applications = healthy.module("azure_saml_app_info", identifier=facts["user_pool"]["sp_entity_id"])["applications"]
    verdict = cognito_check(facts, applications, PROVIDER)
    assert verdict["ok"]
    assert [finding["hop"] for finding in verdict["findings"] if finding["status"] == "unknown"] == ["attributes"]
    assert "were not checked" in verdict["summary"]


def test_encryption_for_another_key_is_a_warning(healthy: Healthy) -> None:
    """facts/aws.md 8: the certificate may be an earlier one of the same key, which works; this one is not."""
    place = {"user_pool_id": healthy.pool.id, "provider_name": PROVIDER}
    own = healthy.module("cognito_saml_provider", **place, encrypted_responses=True)["saml_provider"]
    name = NAME.format(healthy.pool.id)

    def encrypt_for(certificate: str) -> list[dict[str, t.Any]]:
        healthy.module("azure_saml_app", name=name, aws_claims=False, token_encryption_certificate=certificate)
        return [finding for finding in healthy.verdict()["findings"] if finding["status"] != "pass"]

    (warning,) = encrypt_for(base64.b64encode(make_certificate()).decode())
    assert (warning["hop"], warning["status"]) == ("encryption", "warning")
    assert healthy.pool.failure(JANE) != ""
    assert encrypt_for(own["encryption_certificate"]) == []
    assert healthy.pool.failure(JANE) == ""


@pytest.mark.parametrize(("broken", "hop"), BREAKAGES.items(), ids=[each.__name__ for each in BREAKAGES])
def test_a_breakage_is_named(healthy: Healthy, broken: collections.abc.Callable[[Healthy], None], hop: str) -> None:
    broken(healthy)
    assert healthy.pool.failure(JANE) != ""
    verdict = healthy.verdict()
    failed = [finding for finding in verdict["findings"] if finding["status"] == "fail"]
    assert failed[0]["hop"] == hop, verdict["table"]
    assert all(finding["reason"] and finding["fix"] for finding in failed)


def test_time_goes_by(healthy: Healthy) -> None:
    """An active certificate that has ended."""
    healthy.pool.sandbox.world.clock.advance(dt.timedelta(days=1200))
    assert "certificate" in [finding["hop"] for finding in healthy.verdict()["findings"] if finding["status"] == "fail"]
