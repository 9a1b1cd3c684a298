# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: user_path
short_description: Resolve a path from the directory in which Ansible was started
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Returns the absolute path. A relative path is resolved from the directory in which the user started Ansible.
  - Modules would resolve it from the directory of the playbook, which belongs to the installed collection.
options:
  _input:
    description: The path. An empty path stays empty.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Write a file relative to the current directory of the user
  ansible.builtin.copy:
    content: "{{ note }}"
    dest: "{{ 'notes/federation.txt' | openccp.federation.user_path }}"
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The absolute path, without symbolic links.
  type: path
"""

import os
import typing as t


def user_path(path: str | None) -> str | None:
    """The absolute path; nothing for nothing."""
    if not path:
        return path
    return os.path.realpath(os.path.expanduser(path))  # noqa: PTH111 - pathlib raises where a user has no home


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"user_path": user_path}
