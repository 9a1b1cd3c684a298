# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application itself."""

from __future__ import annotations

import base64
import datetime as dt
import json
import typing as t
import uuid

from live_federation import GRAPH, LiveFederation

from federation_sandbox.entra import certificates
from misconfigurations.misconfiguration import Misconfiguration


def _delete_application(live: LiveFederation) -> None:
    live.graph("DELETE", live.principal)
    live.graph("DELETE", f"/applications/{live.application['object_id']}")


def _restore_application(live: LiveFederation) -> None:
    live.graph("POST", f"/directory/deletedItems/{live.application['object_id']}/restore")
    deleted = live.graph("GET", "/directory/deletedItems/microsoft.graph.servicePrincipal")["value"]
    for record in deleted:
        live.graph("POST", f"/directory/deletedItems/{record['id']}/restore")


def _issue_saml_1(live: LiveFederation) -> None:
    definition = json.dumps({"TokenIssuancePolicy": {"Version": 1, "SamlTokenVersion": "1.1"}})
    policy = live.graph("POST", "/policies/tokenIssuancePolicies", displayName="Old tokens", definition=[definition])
    reference = {"@odata.id": f"{GRAPH}/policies/tokenIssuancePolicies/{policy['id']}"}
    live.graph("POST", f"/applications/{live.application['object_id']}/tokenIssuancePolicies/$ref", **reference)


def _issue_saml_2(live: LiveFederation) -> None:
    path = f"/applications/{live.application['object_id']}/tokenIssuancePolicies"
    for policy in live.graph("GET", path)["value"]:
        live.graph("DELETE", f"{path}/{policy['id']}/$ref")


def _encrypt_tokens(live: LiveFederation) -> None:
    now = live.sandbox.world.clock.now()
    certificate = certificates.self_signed("Encryption", now, now + dt.timedelta(days=365))[1]
    own = {
        "type": "AsymmetricX509Cert",
        "usage": "Encrypt",
        "keyId": str(uuid.uuid4()),
        "customKeyIdentifier": "RW5jcnlwdGlvbg==",
    }
    key = {**own, "key": base64.b64encode(certificates.der(certificate)).decode()}
    known = live.graph("GET", f"{live.principal}?$select=keyCredentials")["keyCredentials"]
    live.change_principal(keyCredentials=[*({**credential, "key": None} for credential in known), key])
    live.change_principal(tokenEncryptionKeyId=key["keyId"])


APPLICATION: t.Final = (
    Misconfiguration(
        "application-disabled",
        "application",
        lambda p: p.change_principal(accountEnabled=False),
        "accountEnabled",
        mends=lambda p: p.change_principal(accountEnabled=True),
    ),
    Misconfiguration(
        "application-deactivated",
        "application",
        lambda p: p.change_application(isDisabled=True),
        "Enable it in Entra ID",
        mends=lambda p: p.change_application(isDisabled=False),
    ),
    Misconfiguration(
        "application-not-saml",
        "application",
        lambda p: p.change_principal(preferredSingleSignOnMode="password"),
        "azure_saml_app",
    ),
    Misconfiguration(
        "application-sign-on-url",
        "application",
        lambda p: p.change_principal(loginUrl="https://desk.example.com/"),
        "azure_saml_app",
    ),
    Misconfiguration(
        "application-deleted", "application", _delete_application, "restore it", mends=_restore_application
    ),
    Misconfiguration("tokens-of-saml-1.1", "response", _issue_saml_1, "SamlTokenVersion to 2.0", mends=_issue_saml_2),
    Misconfiguration(
        "tokens-encrypted-for-nobody",
        "provider",
        _encrypt_tokens,
        "Disable token encryption",
        mends=lambda p: p.change_principal(tokenEncryptionKeyId=None),
    ),
)
