#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: azure_saml_certificate
short_description: Stage, activate or remove one SAML signing certificate of an Entra ID application
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Works on one certificate with which Microsoft Entra ID signs an application's SAML responses, and leaves every other
    credential as it is.
  - Of a certificate Entra ID keeps three credentials, the private key, its password and the public certificate. They
    are told by the identifier that they share, and removed together.
  - For a rotation without a failed sign-in, stage a certificate, publish the application's metadata with
    M(openccp.federation.iam_saml_provider), then activate it. P(openccp.federation.certificate_rotation#role) does all
    that.
requirements:
  - lxml >= 5.0.0
options:
  app_id:
    description: The (client) id of the application.
    type: str
  name:
    description: The display name of an application that M(openccp.federation.azure_saml_app) made or adopted.
    type: str
  identifier:
    description: An identifier (entity id) of such an application.
    type: str
  thumbprint:
    description: The SHA-1 thumbprint of the certificate that is meant, with or without colons.
    type: str
  which:
    description:
      - The certificate that is meant, by its role. V(newest) and V(oldest) go by the date on which it was made.
      - When neither this nor O(thumbprint) is given, the certificate is meant that this collection made (see O(adopt)),
        that is not active and ends after the active one; with O(state=staged), only if it has begun by the time it is
        needed.
    type: str
    choices: [newest, oldest, active]
  state:
    description:
      - V(staged) means that the certificate exists and is not active. When neither O(thumbprint) nor O(which) is given
        and there is none that can take over from the active one (it ends later, and has begun by the time it is
        needed), it is made.
      - V(active) means that Entra ID signs with it, and that a tag of the service principal tells since when. When
        neither O(thumbprint) nor O(which) is given and none is staged, the active one stays.
      - V(absent) means that it does not exist. It takes O(thumbprint) or O(which). The active certificate is never
        removed.
    type: str
    choices: [staged, active, absent]
    default: staged
  common_name:
    description: The common name of a certificate that is made, without C(CN=).
    type: str
    default: Microsoft Azure Federated SSO Certificate
  validity_days:
    description: For how many days a certificate that is made is valid, at most 1095.
    type: int
    default: 1095
  trusted_thumbprints:
    description:
      - The thumbprints of the certificates that every IAM SAML provider of the application holds, as
        M(openccp.federation.iam_saml_provider_info) returns them.
      - A certificate that is not among them is not activated.
    type: list
    elements: str
  adopt:
    description:
      - Whether a certificate that this collection did not make may be the one that is meant when neither O(thumbprint)
        nor O(which) is given.
      - By default somebody else's certificate is neither taken for a staged one nor activated, unless it is named.
    type: bool
    default: false
  force:
    description: Whether to activate a certificate although it is not known that the IAM SAML providers hold it.
    type: bool
    default: false
  wait_timeout:
    description: How many seconds to wait, at most, until Microsoft Graph and the metadata show what was written.
    type: int
    default: 600
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_entra
  - openccp.federation.entra
attributes:
  idempotent:
    support: partial
    description: With O(state=absent) and O(which), each run removes one certificate more, until the active one is all
      that is left.
notes:
  - Needs the Microsoft Graph application permission C(Application.ReadWrite.All).
seealso:
  - module: openccp.federation.azure_saml_app
  - module: openccp.federation.iam_saml_provider
"""

EXAMPLES = r"""
- name: Stage a new certificate
  openccp.federation.azure_saml_certificate:
    name: Contact centre
  register: staged

- name: Let AWS trust the old and the new one
  openccp.federation.iam_saml_provider:
    name: Entra
    metadata: "{{ staged.certificate.metadata_xml }}"
  register: provider

- name: Sign with the new one
  openccp.federation.azure_saml_certificate:
    name: Contact centre
    thumbprint: "{{ staged.certificate.thumbprint }}"
    state: active
    trusted_thumbprints: "{{ provider.saml_provider.certificates | map(attribute='thumbprint') }}"

- name: Remove the old one
  openccp.federation.azure_saml_certificate:
    name: Contact centre
    which: oldest
    state: absent
"""

RETURN = r"""
certificate:
  description: The certificate that was meant, and those that the application has.
  returned: success
  type: dict
  contains:
    app_id:
      description: The (client) id of the application.
      returned: always
      type: str
    thumbprint:
      description: The SHA-1 thumbprint.
      returned: unless it does not exist
      type: str
    sha256:
      description: The SHA-256 fingerprint.
      returned: unless it does not exist
      type: str
    subject:
      description: The subject.
      returned: unless it does not exist
      type: str
    not_before:
      description: When it begins.
      returned: unless it does not exist
      type: str
    not_after:
      description: When it ends.
      returned: unless it does not exist
      type: str
    days_left:
      description: Whole days until it ends, by the clock of Entra ID.
      returned: unless it does not exist
      type: int
    usable:
      description: Whether it has begun and not ended.
      returned: unless it does not exist
      type: bool
    key_bits:
      description: The size of the key.
      returned: unless it does not exist
      type: int
    active:
      description: Whether Entra ID signs with it.
      returned: unless it does not exist
      type: bool
    can_sign:
      description: Whether Entra ID holds its private key.
      returned: unless it does not exist
      type: bool
    activated_at:
      description: When it was last made the active one, null when that was not noted. A tag of the service principal
        keeps it.
      returned: unless it does not exist
      type: str
    managed:
      description: Whether this collection made it. A tag of the service principal keeps that.
      returned: unless it does not exist
      type: bool
    certificates:
      description: All signing certificates of the application, the one that ends last first, with the same keys.
      returned: always
      type: list
      elements: dict
    metadata_xml:
      description:
        - The federation metadata, which holds the certificate, or with O(state=absent) no longer holds it.
        - In check mode, with O(state=absent), it is what the metadata will say, without a signature.
      returned: unless the certificate would be made in check mode
      type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import (
    ENTRA_ARGUMENT_SPEC,
    ENTRA_CONSTRAINTS,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.certificate_resource import SamlCertificate
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import (
    COMMON_NAME,
    LONGEST_DAYS,
)
from ansible_collections.openccp.federation.plugins.module_utils._module import converge, require


def main() -> None:
    spec = {
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
    constraints = {
        **ENTRA_CONSTRAINTS,
        "mutually_exclusive": [
            *ENTRA_CONSTRAINTS["mutually_exclusive"],
            ("app_id", "name", "identifier"),
            ("thumbprint", "which"),
        ],
    }
    module = AnsibleModule(
        argument_spec=spec | ENTRA_ARGUMENT_SPEC,
        required_one_of=[("app_id", "name", "identifier")],
        supports_check_mode=True,
        **constraints,
    )
    require(module, "msal", "requests", "cryptography", "lxml")
    converge(module, SamlCertificate(module), "certificate")


if __name__ == "__main__":
    main()
