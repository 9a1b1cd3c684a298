# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: checked_pages
short_description: Convert the pages that embed the Contact Control Panel for federation_check
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Removes the settings for publishing a page, and resolves a relative folder from the directory in which Ansible was
    started.
options:
  _input:
    description: The pages, in the format of C(federation_pages) of the role P(openccp.federation.federation#role).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Check the pages
  openccp.federation.federation_check:
    identifier: https://signin.aws.amazon.com/saml#example-service
    region: eu-central-1
    instance_id: example-service
    pages: >-
      {{ [{'url': 'https://desk.example.com/', 'folder': 'desk', 'language': 'de'}]
      | openccp.federation.checked_pages }}
"""

RETURN = r"""
_value:
  description: The pages, in the format of the module's option C(pages).
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.openccp.federation.plugins.filter.user_path import user_path

TAKEN: t.Final = ("url", "ccp_url", "login_url", "folder")


def checked_pages(pages: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The pages for the module."""
    return [_checked_page(page) for page in pages]


def _checked_page(page: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    taken = {name: value for name, value in page.items() if name in TAKEN}
    return taken | ({"folder": user_path(taken["folder"])} if "folder" in taken else {})


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"checked_pages": checked_pages}
