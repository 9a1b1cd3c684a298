#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: check_variable_values
short_description: Refuses values of variables that cannot work
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Holds the variables of a host that belong to the roles of this collection to their types and choices, and to the
    narrowest rule of all services that they go to, such as IAM's for tags and names.
  - It fails with every value that cannot work. A value that depends on what is not known yet is left to the role that
    takes it.
  - The playbooks of the collection do this first, before anything is read or written. It runs where Ansible runs.
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
options: {}
"""

EXAMPLES = r"""
- name: See that every value can be used
  openccp.federation.check_variable_values:
"""

RETURN = r"""
problems:
  description: What is wrong, a sentence for each value.
  returned: always
  type: list
  elements: str
  sample: ["federation_session_duration: 300 is not from 3600 to 43200 seconds."]
"""
