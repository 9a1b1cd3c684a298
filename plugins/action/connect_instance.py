# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module connect_instance directly, where that is possible."""

from __future__ import annotations

from ansible_collections.openccp.federation.plugins.plugin_utils._direct import DirectAction, load


class ActionModule(DirectAction):
    """Runs the module that this file is named after."""

    definition = load(__name__)
