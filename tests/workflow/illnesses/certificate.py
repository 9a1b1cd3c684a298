# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The signing certificate, in Entra ID and in IAM."""

from __future__ import annotations

import typing as t

from patient import Patient

from illnesses.illness import Illness


def _remove_certificates(patient: Patient) -> None:
    patient.change_principal(keyCredentials=[], passwordCredentials=[], preferredTokenSigningKeyThumbprint=None)


def _trap(patient: Patient) -> None:
    """An active certificate that ends, and another that nobody activated."""
    patient.expire_certificate()
    patient.add_certificate()


def _renew(patient: Patient) -> None:
    patient.have_application()
    patient.have_provider()


def _other_metadata(patient: Patient) -> None:
    other = patient.graph("POST", "/applicationTemplates/8b1025e4-1dd2-430b-a150-2ef79cd700f5/instantiate", displayName="Other")
    path = f"/servicePrincipals/{other['servicePrincipal']['id']}"
    patient.graph("PATCH", path, preferredSingleSignOnMode="saml")
    made = patient.graph("POST", f"{path}/addTokenSigningCertificate", displayName="CN=Other")
    patient.graph("PATCH", path, preferredTokenSigningKeyThumbprint=made["thumbprint"])
    patient.replace_provider(patient.metadata(app_id=other["application"]["appId"]))


def _add_certificate_and_activate(patient: Patient) -> None:
    patient.activate(patient.add_certificate())


CERTIFICATE: t.Final = (
    Illness("no-certificate", "certificate", _remove_certificates, "azure_saml_app", mends=_renew),
    Illness("certificate-not-active", "certificate", lambda p: p.activate("0" * 40), "azure_saml_app"),
    Illness("certificate-not-in-iam", "certificate", _add_certificate_and_activate, "iam_saml_provider"),
    Illness("metadata-of-another-application", "certificate", _other_metadata, "iam_saml_provider"),
    Illness("certificate-expired", "certificate", lambda p: p.expire_certificate(), "azure_saml_app", mends=_renew),
    Illness("certificate-expired-and-another-signs", "certificate", _trap, "iam_saml_provider"),
)
