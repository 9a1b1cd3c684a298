# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection.

"""The action of the collection's modules: Ansible's own, unless FEDERATION_DIRECT asks for direct execution.

Only public API is used here; what direct execution needs beyond that is loaded when it is asked for.
"""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.utils.display import Display
from ansible_collections.openccp.federation.plugins.plugin_utils import _internals
from ansible_collections.openccp.federation.plugins.plugin_utils._recorded import RecordedAction


def is_possible() -> bool:
    """Whether modules are to run in forks of Ansible's own process, and can."""
    if not boolean(os.environ.get("FEDERATION_DIRECT", "false"), strict=False):
        return False
    obstacle = _internals.obstacle()
    if obstacle is not None:
        Display().warning(f"FEDERATION_DIRECT is ignored, because {obstacle}.")
    return obstacle is None


if t.TYPE_CHECKING or is_possible():
    from ansible_collections.openccp.federation.plugins.plugin_utils._direct_action import DirectAction, load
else:

    class DirectAction(RecordedAction):
        """Runs a module as Ansible runs every module."""

        module = None

    def load(name: str) -> None:
        """Load nothing: the module's own interpreter does."""


__all__ = ["DirectAction", "load"]
