# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Application templates, and the applications and service principals that they create. The template of non-gallery
applications has a different ID in each cloud (facts/entra.md E4). No source says whether the templates of AWS do as
well, so they have the public ID in every cloud.
"""

from __future__ import annotations

import typing as t

NON_GALLERY: t.Final[str] = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
_US_GOVERNMENT: t.Final[str] = "4602d0b4-76bb-404b-bca9-2652e1a39c6d"
#: cloud → the id of its template of applications that are not in the gallery
NON_GALLERY_OF: t.Final[dict[str, str]] = {
    "public": NON_GALLERY,
    "usgov": _US_GOVERNMENT,
    "usgov_dod": _US_GOVERNMENT,
    "china": "5a532e38-1581-4918-9658-008dc27c1d68",
}
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
        "supportedProvisioningTypes": ["sync"] if key in GALLERY else [],
        "categories": ["developerServices"] if key in GALLERY else [],
        "description": None,
        "isEntraIntegrated": True,
        "endpoints": [],
    }


_OF_GALLERY: t.Final[tuple[dict[str, t.Any], ...]] = (
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


def templates_of(cloud: str) -> dict[str, dict[str, t.Any]]:
    """The templates of a cloud by their ids."""
    custom = _template(NON_GALLERY_OF[cloud], "Custom", "", None, "password", "saml", "external")
    return {each["id"]: each for each in (custom, *_OF_GALLERY)}


#: what a template writes into the application's reply URLs
REPLY_URLS: t.Final[dict[str, list[str]]] = {AWS_SINGLE_ACCOUNT: ["https://signin.aws.amazon.com/saml"]}
