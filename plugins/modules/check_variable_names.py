#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: check_variable_names
short_description: Warn about misspelt variable names
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Ansible ignores variables that nothing reads. This module warns about every variable whose name begins with the name
    of a role of this collection but that no role or playbook uses, and suggests the name that was probably intended.
  - The module fails if C(--extra-vars) contains words that do not belong to any variable, because a value with a space
    was not quoted.
  - The playbooks of the collection run this module first. It runs on the controller.
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
- name: Check for misspelt variable names
  openccp.federation.check_variable_names:
    names: "{{ query('ansible.builtin.varnames', '.+') }}"
"""

RETURN = r"""
unknown:
  description: The variables that no role or playbook of the collection uses.
  returned: success
  type: list
  elements: str
"""
