# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Application templates, and the applications and service principals that they make."""

from __future__ import annotations

import typing as t

NON_GALLERY: t.Final[str] = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
AWS_SINGLE_ACCOUNT: t.Final[str] = "8b1025e4-1dd2-430b-a150-2ef79cd700f5"
AWS_IDENTITY_CENTER: t.Final[str] = "21ed01d2-ec13-4e9e-86c1-cd546719ebc4"
GALLERY: t.Final[frozenset[str]] = frozenset({AWS_SINGLE_ACCOUNT, AWS_IDENTITY_CENTER})

INTEGRATED: t.Final[str] = "WindowsAzureActiveDirectoryIntegratedApp"
CUSTOM_SAML: t.Final[str] = "WindowsAzureActiveDirectoryCustomSingleSignOnApplication"


def _template(key: str, name: str, publisher: str, home_page: str | None, *modes: str) -> dict[str, t.Any]:
    return {
        "id": key,
        "displayName": name,
        "publisher": publisher,
        "homePageUrl": home_page,
        "supportedSingleSignOnModes": list(modes),
        "supportedProvisioningTypes": [] if key == NON_GALLERY else ["sync"],
        "categories": [] if key == NON_GALLERY else ["developerServices"],
        "description": None,
        "isEntraIntegrated": True,
        "endpoints": [],
    }


TEMPLATES: t.Final[dict[str, dict[str, t.Any]]] = {
    each["id"]: each
    for each in (
        _template(NON_GALLERY, "Custom", "", None, "password", "saml", "external"),
        _template(
            AWS_SINGLE_ACCOUNT,
            "AWS Single-Account Access",
            "Amazon",
            "https://signin.aws.amazon.com/saml?metadata=aws|ISV9.1|primary|z",
            "password",
            "saml",
            "external",
        ),
        _template(
            AWS_IDENTITY_CENTER,
            "AWS IAM Identity Center (successor to AWS Single Sign-On)",
            "Amazon Web Services, Inc.",
            "https://aws.amazon.com/iam/identity-center/",
            "saml",
            "external",
        ),
    )
}

#: what a template writes into the application's reply URLs
REPLY_URLS: t.Final[dict[str, list[str]]] = {AWS_SINGLE_ACCOUNT: ["https://signin.aws.amazon.com/saml"]}
