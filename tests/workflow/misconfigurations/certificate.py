# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The signing certificate, in Entra ID and in IAM."""

from __future__ import annotations

import typing as t

from live_federation import LiveFederation

from misconfigurations.misconfiguration import Misconfiguration


def _remove_certificates(live: LiveFederation) -> None:
    live.change_principal(keyCredentials=[], passwordCredentials=[], preferredTokenSigningKeyThumbprint=None)


def _trap(live: LiveFederation) -> None:
    """An active certificate that ends, and another that nobody activated."""
    live.expire_certificate()
    live.add_certificate()


def _renew(live: LiveFederation) -> None:
    live.have_application()
    live.have_provider()


def _other_metadata(live: LiveFederation) -> None:
    other = live.graph(
        "POST", "/applicationTemplates/8b1025e4-1dd2-430b-a150-2ef79cd700f5/instantiate", displayName="Other"
    )
    path = f"/servicePrincipals/{other['servicePrincipal']['id']}"
    live.graph("PATCH", path, preferredSingleSignOnMode="saml")
    certificate = live.graph("POST", f"{path}/addTokenSigningCertificate", displayName="CN=Other")
    live.graph("PATCH", path, preferredTokenSigningKeyThumbprint=certificate["thumbprint"])
    live.replace_provider(live.metadata(app_id=other["application"]["appId"]))


def _add_certificate_and_activate(live: LiveFederation) -> None:
    live.activate(live.add_certificate())


CERTIFICATE: t.Final = (
    Misconfiguration("no-certificate", "certificate", _remove_certificates, "azure_saml_app", mends=_renew),
    Misconfiguration("certificate-not-active", "certificate", lambda p: p.activate("0" * 40), "azure_saml_app"),
    Misconfiguration("certificate-not-in-iam", "certificate", _add_certificate_and_activate, "iam_saml_provider"),
    Misconfiguration("metadata-of-another-application", "certificate", _other_metadata, "iam_saml_provider"),
    Misconfiguration(
        "certificate-expired", "certificate", lambda p: p.expire_certificate(), "azure_saml_app", mends=_renew
    ),
    Misconfiguration("certificate-expired-and-another-signs", "certificate", _trap, "iam_saml_provider"),
)
