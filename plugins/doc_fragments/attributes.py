# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes that the modules of the collection have in common: check mode, diff mode and idempotency."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - python >= 3.11
attributes:
  check_mode:
    support: full
    description: Predicts the exact changes without making them.
  diff_mode:
    support: full
    description: Returns the object before and after it is created, updated or deleted.
  idempotent:
    support: full
    description: A second run with the same options changes nothing.
"""

    INFO_MODULE = r"""
options: {}
requirements:
  - python >= 3.11
attributes:
  check_mode:
    support: full
    description: The module only reads, so it behaves the same in check mode.
  diff_mode:
    support: N/A
    description: The module changes nothing, so there is no diff.
  idempotent:
    support: full
    description: The module only reads.
"""

    ACTIONGROUP_AWS = r"""
options: {}
attributes:
  action_group:
    support: full
    description: Use C(group/openccp.federation.aws) in C(module_defaults) to set the credentials once for all modules
      of the group.
    membership:
      - openccp.federation.aws
"""

    ACTIONGROUP_ENTRA = r"""
options: {}
attributes:
  action_group:
    support: full
    description: Use C(group/openccp.federation.entra) in C(module_defaults) to set the credentials once for all modules
      of the group.
    membership:
      - openccp.federation.entra
"""
