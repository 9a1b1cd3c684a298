# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ccp_page
short_description: Compute the configuration of a page that embeds the Contact Control Panel
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Computes the configuration of the page that the role P(openccp.federation.ccp_page#role) publishes, the integrity of
    its files, and the headers that its web server must send.
options:
  _input:
    description: The URL of the panel in the instance, as returned by M(openccp.federation.connect_instance_info) in
      C(ccp_url).
    type: str
    required: true
  region:
    description: The Region of the instance.
    type: str
    required: true
  texts:
    description: The texts of the page.
    type: dict
    default: {}
  sources:
    description: The contents of the page's own script and style sheet, by file name.
    type: dict
    default: {}
  checksums:
    description: The SHA-256 checksums of other files that the page loads, by file name.
    type: dict
    default: {}
  login_url:
    description: The user access URL, as returned by M(openccp.federation.azure_saml_app_info).
    type: str
  load_timeout:
    description: The timeout, in milliseconds, of each of ten attempts to load the panel.
    type: int
    default: 5000
  relay_state:
    description:
      - The relay state of the application. For an instance that is also available on C(awsapps.com), it determines the
        domain of the session.
      - If omitted, the domain of the instance URL is used.
    type: str
"""

EXAMPLES = r"""
- name: Show the headers that the web server must send
  ansible.builtin.debug:
    msg: "{{ ('https://example.my.connect.aws/ccp-v2/' | openccp.federation.ccp_page('eu-central-1')).snippets.nginx }}"
"""

RETURN = r"""
_value:
  description: The configuration of the page and its web server.
  type: dict
  contains:
    config:
      description: The contents of C(config.json). Empty without O(login_url).
      type: str
    integrity:
      description: The value of the C(integrity) attribute for each file that the page loads.
      type: dict
    headers:
      description: The headers that the web server must send.
      type: dict
    snippets:
      description: The headers as configuration of C(nginx), C(caddy) and C(cloudfront) (a response headers policy).
      type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.module_utils import _ccp_page as pages
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import panel_url
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

Texts = t.Mapping[str, str]


def ccp_page(
    ccp_url: str,
    region: str,
    *,
    texts: Texts | None = None,
    sources: Texts | None = None,
    checksums: Texts | None = None,
    login_url: str | None = None,
    load_timeout: int = 5000,
    relay_state: str | None = None,
) -> dict[str, t.Any]:
    """What a page and its web server need."""
    try:
        ccp_url = panel_url(ccp_url, relay_state or "")
        sent = pages.headers(ccp_url)
        return {
            "config": pages.configuration(ccp_url, login_url, region, texts or {}, load_timeout) if login_url else "",
            "integrity": pages.integrity(sources or {}, checksums or {}),
            "headers": sent,
            "snippets": pages.snippets(sent),
        }
    except InvalidInput as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"ccp_page": ccp_page}
