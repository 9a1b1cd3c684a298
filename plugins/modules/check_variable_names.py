#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: check_variable_names
short_description: Warns of misspelt variables
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Ansible ignores a variable that nothing reads. This warns of each that begins with the name of a role of this
    collection and is a variable of none, with the name that was probably meant.
  - It fails when words of C(--extra-vars) belong to no variable, because the value before them has a space and no
    quotation marks of its own.
  - The playbooks of the collection do this first. It runs where Ansible runs.
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
options:
  names:
    description: The names of all variables.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Look for misspelt variables
  openccp.federation.check_variable_names:
    names: "{{ query('ansible.builtin.varnames', '.+') }}"
"""

RETURN = r"""
unknown:
  description: The variables that no role and no playbook of the collection has.
  returned: success
  type: list
  elements: str
"""
