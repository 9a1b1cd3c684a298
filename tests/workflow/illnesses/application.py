# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application itself."""

from __future__ import annotations

import typing as t

from patient import Patient

from illnesses.illness import Illness, have_application


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
        lambda p: p.change_principal(accountEnabled=True),
        "accountEnabled",
    ),
    Illness(
        "application-deactivated",
        "application",
        lambda p: p.change_application(isDisabled=True),
        lambda p: p.change_application(isDisabled=False),
        "Enable it in Entra ID",
    ),
    Illness(
        "application-not-saml",
        "application",
        lambda p: p.change_principal(preferredSingleSignOnMode="password"),
        have_application,
        "azure_saml_app",
    ),
    Illness(
        "application-sign-on-url",
        "application",
        lambda p: p.change_principal(loginUrl="https://desk.example.com/"),
        have_application,
        "azure_saml_app",
    ),
    Illness("application-deleted", "application", _delete_application, _restore_application, "restore it", fresh=True),
)
