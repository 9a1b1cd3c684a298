# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: page_origin
short_description: Get the origin of a page that embeds the Contact Control Panel
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Returns the origin of a URL, which must be an approved origin in Amazon Connect before the page can embed the panel.
options:
  _input:
    description: The URL of the page.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Approve the origin of a page
  openccp.federation.connect_approved_origin:
    region: eu-central-1
    instance_id: example-service
    origins:
      add: ["{{ 'https://desk.example.com/panel/' | openccp.federation.page_origin }}"]
"""

RETURN = r"""
_value:
  description: The origin, such as V(https://desk.example.com).
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.module_utils import _ccp_page as pages
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput


def page_origin(url: str) -> str:
    """The origin of a page's address."""
    try:
        return pages.page_origin(url)
    except InvalidInput as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"page_origin": page_origin}
