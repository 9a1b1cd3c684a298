# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection.

"""The action plugin of every module that needs none of its own: `plugins/action` links to it by the modules' names."""

from __future__ import annotations

from ansible_collections.openccp.federation.plugins.plugin_utils._direct import DirectAction, load


class ActionModule(DirectAction):
    """Runs the module that this file is loaded for."""

    definition = load(__name__)
