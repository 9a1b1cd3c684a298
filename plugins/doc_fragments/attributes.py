# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What every module of the collection says of check mode, diff and repetition."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Says exactly what would be done, and changes nothing.
  diff_mode:
    support: full
    description: Shows the object before and after on create, update and delete.
  idempotent:
    support: full
    description: Run again with the same options, it changes nothing.
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Only reads, so check mode is the same as any run.
  diff_mode:
    support: N/A
    description: Nothing changes, so there is no diff.
  idempotent:
    support: full
    description: Only reads.
"""

    ACTIONGROUP_AWS = r"""
options: {}
attributes:
  action_group:
    support: full
    description: Use C(group/openccp.federation.aws) in C(module_defaults) to give the credentials once.
    membership:
      - openccp.federation.aws
"""

    ACTIONGROUP_ENTRA = r"""
options: {}
attributes:
  action_group:
    support: full
    description: Use C(group/openccp.federation.entra) in C(module_defaults) to give the credentials once.
    membership:
      - openccp.federation.entra
"""
