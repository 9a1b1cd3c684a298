#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: show_check
short_description: Print the result of a federation check for the helpdesk
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Prints the result of M(openccp.federation.federation_check) as plain text, in the width and colours of the terminal.
  - Failures come first, with one cause and one command for each person. Everything else is summarised in one line.
  - The module runs on the controller.
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
options:
  check:
    description: The result of M(openccp.federation.federation_check).
    type: dict
    required: true
  inventories:
    description: The inventories to use in the printed commands.
    type: list
    elements: str
    default: []
  fail_if_not_ok:
    description:
      - Whether the module fails with the summary if RV(openccp.federation.federation_check#module:ok) is false.
      - The result is printed first.
    type: bool
    default: false
seealso:
  - module: openccp.federation.federation_check
"""

EXAMPLES = r"""
- name: Check the sign-in path of one person
  openccp.federation.federation_check:
    identifier: https://signin.aws.amazon.com/saml#example-service
    instance_id: example-service
    people: [jane.doe@example.com]
    fail_on: never
  register: checked

- name: Print the result
  openccp.federation.show_check:
    check: "{{ checked }}"
    inventories: "{{ ansible_inventory_sources }}"
"""

RETURN = r"""
lines:
  description: The printed lines, without colours.
  returned: success
  type: list
  elements: str
"""
