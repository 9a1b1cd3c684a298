# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The authentication options of the Entra modules."""

    DOCUMENTATION = r"""
options:
  tenant_id:
    description:
      - The ID of the tenant, or one of its domains.
      - If omitted, the value of E(AZURE_TENANT_ID) or E(AZURE_TENANT) is used. Not required with
        O(managed_identity=true).
    type: str
  client_id:
    description:
      - The (client) ID of the application used for authentication. With O(managed_identity=true), the client ID of a
        user-assigned managed identity.
      - If omitted, the value of E(AZURE_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - A client secret of the application.
      - If no credential option is given, the value of E(AZURE_CLIENT_SECRET) or E(AZURE_SECRET) is tried first.
    type: str
  certificate_path:
    description:
      - The path to a file with a certificate of the application and its private key, in PEM or PFX format.
      - If no credential option is given and the environment contains no secret, the value of
        E(AZURE_CLIENT_CERTIFICATE_PATH) or E(AZURE_X509_CERTIFICATE_PATH) is used.
    type: path
  certificate_password:
    description:
      - The password of the file in O(certificate_path).
      - If the certificate is given by the environment, the value of E(AZURE_CLIENT_CERTIFICATE_PASSWORD) is used.
    type: str
  federated_token_file:
    description:
      - The path to a file with a token of another identity provider that the application trusts, such as the token of a
        Kubernetes service account.
      - If no credential option is given and the environment contains neither a secret nor a certificate, the value of
        E(AZURE_FEDERATED_TOKEN_FILE) is used.
    type: path
  managed_identity:
    description:
      - Whether to authenticate with the managed identity of the Azure resource on which the task runs.
    type: bool
  cloud:
    description:
      - The Microsoft cloud of the tenant.
      - If omitted, the value of E(AZURE_CLOUD_ENVIRONMENT) is used, which can also be V(AzureCloud),
        V(AzureUSGovernment) or V(AzureChinaCloud).
    type: str
    choices: [public, usgov, usgov_dod, china]
    default: public
  graph_url:
    description:
      - The URL of Microsoft Graph, if it differs from the default of O(cloud).
    type: str
  authority_url:
    description:
      - The URL of the Microsoft identity platform, if it differs from the default of O(cloud).
      - If omitted, the value of E(AZURE_AUTHORITY_HOST) is used.
    type: str
requirements:
  - msal >= 1.31.0
  - requests >= 2.31.0
  - cryptography >= 42.0.0
notes:
  - Proxies and certificate authorities are configured with environment variables such as E(HTTPS_PROXY) and
    E(REQUESTS_CA_BUNDLE).
"""
