# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: from_here
short_description: A path as the user means it
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Makes a relative path absolute, beginning at the folder in which Ansible was started.
  - Ansible itself takes a relative path from the folder of the playbook, which may be that of an installed collection.
options:
  _input:
    description: The path. C(~) at its beginning is the user's home folder.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write a file where the user stands
  ansible.builtin.copy:
    content: "Hello\n"
    dest: "{{ 'report.txt' | openccp.federation.from_here }}"
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The absolute path.
  type: str
"""

import typing as t
from pathlib import Path


def from_here(path: str) -> str:
    """The path from the folder in which this process was started."""
    return str(Path.cwd() / Path(path).expanduser())


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"from_here": from_here}
