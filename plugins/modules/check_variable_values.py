#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: check_variable_values
short_description: Reject invalid values of role variables
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Validates all variables of a host that belong to the roles of this collection. Each value is checked against the
    type and choices of the variable, and against the strictest rule of the services that receive the value, such as the
    rules of IAM for names and tags.
  - The module fails and reports all invalid values. Values that depend on facts that are not known yet are left to the
    role that uses them.
  - The playbooks of the collection run this module first, before they read or change anything. It runs on the
    controller.
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
options: {}
"""

EXAMPLES = r"""
- name: Validate the variables of the host
  openccp.federation.check_variable_values:
"""

RETURN = r"""
problems:
  description: The problems that were found, one sentence for each value.
  returned: always
  type: list
  elements: str
  sample: ["federation_session_duration: 300 is not in the range from 3600 to 43200 seconds."]
"""
