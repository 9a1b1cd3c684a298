# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How every Entra module signs in."""

    DOCUMENTATION = r"""
options:
  tenant_id:
    description:
      - The tenant's id, or one of its domains.
      - Read from E(AZURE_TENANT_ID) or E(AZURE_TENANT) when omitted. Not needed with O(managed_identity=true).
    type: str
  client_id:
    description:
      - The (client) id of the application that signs in; with O(managed_identity=true) the id of a user-assigned
        identity.
      - Read from E(AZURE_CLIENT_ID) when omitted.
    type: str
  client_secret:
    description:
      - The value of a secret of the application.
      - When no credential is given at all, E(AZURE_CLIENT_SECRET) or E(AZURE_SECRET) is read first.
    type: str
  certificate_path:
    description:
      - A file with a certificate of the application and its private key, in PEM or PFX.
      - When no credential is given at all and the environment has no secret, E(AZURE_CLIENT_CERTIFICATE_PATH) or
        E(AZURE_X509_CERTIFICATE_PATH) is read.
    type: path
  certificate_password:
    description:
      - The password of O(certificate_path).
      - Read from E(AZURE_CLIENT_CERTIFICATE_PASSWORD) when the certificate is named by the environment.
    type: str
  federated_token_file:
    description:
      - A file with a token of another identity provider that the application trusts, such as that of a Kubernetes
        service account.
      - When no credential is given at all and the environment has neither secret nor certificate,
        E(AZURE_FEDERATED_TOKEN_FILE) is read.
    type: path
  managed_identity:
    description:
      - V(true) signs in as the managed identity of the Azure machine that the task runs on.
    type: bool
  cloud:
    description:
      - The Microsoft cloud of the tenant.
      - Read from E(AZURE_CLOUD_ENVIRONMENT) when omitted, which may also hold V(AzureCloud), V(AzureUSGovernment) or
        V(AzureChinaCloud).
    type: str
    choices: [public, usgov, usgov_dod, china]
    default: public
  graph_url:
    description:
      - The address of Microsoft Graph, when it is not that of O(cloud).
    type: str
  authority_url:
    description:
      - The address of the sign-in service, when it is not that of O(cloud).
      - Read from E(AZURE_AUTHORITY_HOST) when omitted.
    type: str
requirements:
  - msal >= 1.31.0
  - requests >= 2.31.0
  - cryptography >= 42.0.0
notes:
  - Proxies and certificate authorities are taken from the environment, such as E(HTTPS_PROXY) and
    E(REQUESTS_CA_BUNDLE).
"""
