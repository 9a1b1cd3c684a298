# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application itself."""

from __future__ import annotations

import typing as t

from patient import Patient

from illnesses.illness import Illness


def _delete_application(patient: Patient) -> None:
    patient.graph("DELETE", patient.principal)
    patient.graph("DELETE", f"/applications/{patient.application['object_id']}")


def _restore_application(patient: Patient) -> None:
    patient.graph("POST", f"/directory/deletedItems/{patient.application['object_id']}/restore")
    deleted = patient.graph("GET", "/directory/deletedItems/microsoft.graph.servicePrincipal")["value"]
    for one in deleted:
        patient.graph("POST", f"/directory/deletedItems/{one['id']}/restore")


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
)
