#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: azure_saml_certificate
short_description: Stage, activate or remove a SAML signing certificate of a Microsoft Entra ID application
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Manages a single certificate with which Microsoft Entra ID signs the SAML responses of an application. All other
    credentials of the application are left unchanged.
  - Entra ID stores three credentials for a certificate, the private key, its password and the public certificate. The
    module matches them by their shared identifier and removes them together.
  - To rotate the certificate without failed sign-ins, stage a new certificate, publish the metadata of the application
    with M(openccp.federation.iam_saml_provider), and then activate the certificate. The role
    P(openccp.federation.certificate_rotation#role) performs all these steps.
requirements:
  - lxml >= 5.0.0
options:
  app_id:
    description: The (client) ID of the application.
    type: str
  name:
    description: The display name of an application that M(openccp.federation.azure_saml_app) created or adopted.
    type: str
  identifier:
    description: An identifier (entity ID) of an application that M(openccp.federation.azure_saml_app) created or
      adopted.
    type: str
  thumbprint:
    description: The SHA-1 thumbprint of the certificate, with or without colons.
    type: str
  which:
    description:
      - Selects the certificate without its thumbprint. V(newest) and V(oldest) refer to the start of the validity
        period.
      - If neither O(which) nor O(thumbprint) is given, the module selects an inactive certificate that was created by
        this collection (see O(adopt)) and that expires after the active one. With O(state=staged), the certificate must
        also become valid before it is needed.
    type: str
    choices: [newest, oldest, active]
  state:
    description:
      - V(staged) ensures that the certificate exists and is not active. If neither O(thumbprint) nor O(which) is given
        and no existing certificate can replace the active one, a new certificate is created. A certificate can replace
        the active one if it expires later and becomes valid before it is needed.
      - V(active) ensures that Entra ID signs with the certificate, and records the activation time in a tag of the
        service principal. If neither O(thumbprint) nor O(which) is given and no certificate is staged, the active
        certificate stays active.
      - V(absent) removes the certificate. Requires O(thumbprint) or O(which). The active certificate is never removed.
    type: str
    choices: [staged, active, absent]
    default: staged
  common_name:
    description: The common name of a new certificate, without C(CN=).
    type: str
    default: Microsoft Azure Federated SSO Certificate
  validity_days:
    description: The validity period of a new certificate in days, at most 1095.
    type: int
    default: 1095
  trusted_thumbprints:
    description:
      - The thumbprints of the certificates that all IAM SAML providers of the application trust, as returned by
        M(openccp.federation.iam_saml_provider_info).
      - A certificate that is not listed is not activated.
    type: list
    elements: str
  adopt:
    description:
      - Whether the module can select a certificate that was not created by this collection if neither O(thumbprint) nor
        O(which) is given.
      - By default, such a certificate is neither treated as staged nor activated unless O(thumbprint) or O(which)
        selects it.
    type: bool
    default: false
  force:
    description: Whether to activate the certificate even if it is unknown whether the IAM SAML providers trust it.
    type: bool
    default: false
  wait_timeout:
    description: The maximum time, in seconds, to wait until Microsoft Graph and the federation metadata reflect the
      change.
    type: int
    default: 600
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_entra
  - openccp.federation.entra
attributes:
  idempotent:
    support: partial
    description: With O(state=absent) and O(which), each run removes another certificate until only the active one is
      left.
notes:
  - Requires the Microsoft Graph application permission C(Application.ReadWrite.All).
seealso:
  - module: openccp.federation.azure_saml_app
  - module: openccp.federation.iam_saml_provider
"""

EXAMPLES = r"""
- name: Stage a new certificate
  openccp.federation.azure_saml_certificate:
    name: Contact centre
  register: staged

- name: Publish the old and the new certificate to AWS
  openccp.federation.iam_saml_provider:
    name: Entra
    metadata: "{{ staged.certificate.metadata_xml }}"
  register: provider

- name: Activate the new certificate
  openccp.federation.azure_saml_certificate:
    name: Contact centre
    thumbprint: "{{ staged.certificate.thumbprint }}"
    state: active
    trusted_thumbprints: "{{ provider.saml_provider.certificates | map(attribute='thumbprint') }}"

- name: Remove the old certificate
  openccp.federation.azure_saml_certificate:
    name: Contact centre
    which: oldest
    state: absent
"""

RETURN = r"""
certificate:
  description: The selected certificate and all signing certificates of the application.
  returned: success
  type: dict
  contains:
    app_id:
      description: The (client) ID of the application.
      returned: always
      type: str
    thumbprint:
      description: The SHA-1 thumbprint.
      returned: when the certificate exists
      type: str
    sha256:
      description: The SHA-256 fingerprint.
      returned: when the certificate exists
      type: str
    subject:
      description: The subject.
      returned: when the certificate exists
      type: str
    not_before:
      description: When the certificate becomes valid.
      returned: when the certificate exists
      type: str
    not_after:
      description: When the certificate expires.
      returned: when the certificate exists
      type: str
    days_left:
      description: The number of whole days until the certificate expires, according to the clock of Entra ID.
      returned: when the certificate exists
      type: int
    usable:
      description: Whether the certificate is within its validity period.
      returned: when the certificate exists
      type: bool
    key_bits:
      description: The size of the key in bits.
      returned: when the certificate exists
      type: int
    active:
      description: Whether Entra ID signs with this certificate.
      returned: when the certificate exists
      type: bool
    can_sign:
      description: Whether Entra ID holds the private key of the certificate.
      returned: when the certificate exists
      type: bool
    activated_at:
      description: When the certificate was last activated, as recorded in a tag of the service principal. Null if no
        activation was recorded.
      returned: when the certificate exists
      type: str
    managed:
      description: Whether the certificate was created by this collection, as recorded in a tag of the service
        principal.
      returned: when the certificate exists
      type: bool
    certificates:
      description: All signing certificates of the application with the same keys, sorted by expiry date with the latest
        first.
      returned: always
      type: list
      elements: dict
    metadata_xml:
      description:
        - The federation metadata, which contains the certificate or, with O(state=absent), no longer contains it.
        - In check mode with O(state=absent), the predicted metadata without a signature.
      returned: always, except in check mode if a certificate would be created
      type: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._definition import Definition
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC, entra_rules
from ansible_collections.openccp.federation.plugins.module_utils._entra.certificate_resource import SamlCertificate
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import (
    COMMON_NAME,
    LONGEST_DAYS,
)
from ansible_collections.openccp.federation.plugins.module_utils._module import converge

OPTIONS: t.Final[dict[str, t.Any]] = {
    "app_id": {"type": "str"},
    "name": {"type": "str"},
    "identifier": {"type": "str"},
    "thumbprint": {"type": "str"},
    "which": {"type": "str", "choices": ["newest", "oldest", "active"]},
    "state": {"type": "str", "choices": ["staged", "active", "absent"], "default": "staged"},
    "common_name": {"type": "str", "default": COMMON_NAME},
    "validity_days": {"type": "int", "default": LONGEST_DAYS},
    "trusted_thumbprints": {"type": "list", "elements": "str"},
    "adopt": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 600},
}

NAMED: t.Final = ("app_id", "name", "identifier")
MODULE: t.Final = Definition(
    options=OPTIONS | ENTRA_ARGUMENT_SPEC,
    rules=entra_rules(mutually_exclusive=[NAMED, ("thumbprint", "which")], required_one_of=[NAMED]),
    libraries=("msal", "requests", "cryptography", "lxml"),
    work=lambda module: converge(module, SamlCertificate(module), "certificate"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
