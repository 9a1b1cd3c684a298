# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application itself."""

from __future__ import annotations

import base64
import datetime as dt
import json
import typing as t
import uuid

from patient import GRAPH, Patient

from federation_sandbox.entra import certificates
from illnesses.illness import Illness


def _delete_application(patient: Patient) -> None:
    patient.graph("DELETE", patient.principal)
    patient.graph("DELETE", f"/applications/{patient.application['object_id']}")


def _restore_application(patient: Patient) -> None:
    patient.graph("POST", f"/directory/deletedItems/{patient.application['object_id']}/restore")
    deleted = patient.graph("GET", "/directory/deletedItems/microsoft.graph.servicePrincipal")["value"]
    for one in deleted:
        patient.graph("POST", f"/directory/deletedItems/{one['id']}/restore")


def _issue_saml_1(patient: Patient) -> None:
    definition = json.dumps({"TokenIssuancePolicy": {"Version": 1, "SamlTokenVersion": "1.1"}})
    policy = patient.graph("POST", "/policies/tokenIssuancePolicies", displayName="Old tokens", definition=[definition])
    reference = {"@odata.id": f"{GRAPH}/policies/tokenIssuancePolicies/{policy['id']}"}
    patient.graph("POST", f"/applications/{patient.application['object_id']}/tokenIssuancePolicies/$ref", **reference)


def _issue_saml_2(patient: Patient) -> None:
    path = f"/applications/{patient.application['object_id']}/tokenIssuancePolicies"
    for policy in patient.graph("GET", path)["value"]:
        patient.graph("DELETE", f"{path}/{policy['id']}/$ref")


def _encrypt_tokens(patient: Patient) -> None:
    now = patient.sandbox.world.clock.now()
    certificate = certificates.self_signed("Encryption", now, now + dt.timedelta(days=365))[1]
    own = {"type": "AsymmetricX509Cert", "usage": "Encrypt", "keyId": str(uuid.uuid4()), "customKeyIdentifier": "RW5jcnlwdGlvbg=="}
    key = {**own, "key": base64.b64encode(certificates.der(certificate)).decode()}
    known = patient.graph("GET", f"{patient.principal}?$select=keyCredentials")["keyCredentials"]
    patient.change_principal(keyCredentials=[*({**one, "key": None} for one in known), key])
    patient.change_principal(tokenEncryptionKeyId=key["keyId"])


APPLICATION: t.Final = (
    Illness(
        "application-disabled",
        "application",
        lambda p: p.change_principal(accountEnabled=False),
        "accountEnabled",
        mends=lambda p: p.change_principal(accountEnabled=True),
    ),
    Illness(
        "application-deactivated",
        "application",
        lambda p: p.change_application(isDisabled=True),
        "Enable it in Entra ID",
        mends=lambda p: p.change_application(isDisabled=False),
    ),
    Illness(
        "application-not-saml",
        "application",
        lambda p: p.change_principal(preferredSingleSignOnMode="password"),
        "azure_saml_app",
    ),
    Illness(
        "application-sign-on-url",
        "application",
        lambda p: p.change_principal(loginUrl="https://desk.example.com/"),
        "azure_saml_app",
    ),
    Illness("application-deleted", "application", _delete_application, "restore it", mends=_restore_application),
    Illness("tokens-of-saml-1.1", "response", _issue_saml_1, "SamlTokenVersion to 2.0", mends=_issue_saml_2),
    Illness(
        "tokens-encrypted-for-nobody",
        "provider",
        _encrypt_tokens,
        "Take the token encryption off",
        mends=lambda p: p.change_principal(tokenEncryptionKeyId=None),
    ),
)
