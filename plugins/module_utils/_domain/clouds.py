# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The Microsoft clouds: where each signs people in, serves Microsoft Graph and launches applications."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput


@dataclass(frozen=True)
class Cloud:
    """One Microsoft cloud. The addresses have no slash at the end."""

    name: str
    authority_url: str
    graph_url: str
    launcher_url: str


# The launchers of the national clouds follow the hosts of their My Apps portals; no source states them.
CLOUDS: t.Mapping[str, Cloud] = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            "public",
            "https://login.microsoftonline.com",
            "https://graph.microsoft.com",
            "https://launcher.myapps.microsoft.com",
        ),
        Cloud(
            "usgov",
            "https://login.microsoftonline.us",
            "https://graph.microsoft.us",
            "https://launcher.myapps.microsoft.us",
        ),
        Cloud(
            "usgov_dod",
            "https://login.microsoftonline.us",
            "https://dod-graph.microsoft.us",
            "https://launcher.myapps.microsoft.us",
        ),
        Cloud(
            "china",
            "https://login.partner.microsoftonline.cn",
            "https://microsoftgraph.chinacloudapi.cn",
            "https://launcher.myapps.windowsazure.cn",
        ),
    )
}


def cloud_named(name: str) -> Cloud:
    """The cloud of that name."""
    try:
        return CLOUDS[name]
    except KeyError:
        raise InvalidInput(f"{name!r} is not a Microsoft cloud that is known here: {', '.join(CLOUDS)}.") from None
