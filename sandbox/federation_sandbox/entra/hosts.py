# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clouds of Microsoft Entra ID with their login and Microsoft Graph hosts. Clouds share nothing."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class Cloud:
    """A cloud. Its documents name the first login host."""

    name: str
    login: tuple[str, ...]
    graph: str

    @property
    def authority(self) -> str:
        """The login host that discovery and metadata name."""
        return self.login[0]


CLOUDS: t.Final[dict[str, Cloud]] = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            "public",
            ("login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net"),
            "graph.microsoft.com",
        ),
        Cloud("usgov", ("login.microsoftonline.us", "login.usgovcloudapi.net"), "graph.microsoft.us"),
        Cloud("usgov_dod", ("login.microsoftonline.us", "login.usgovcloudapi.net"), "dod-graph.microsoft.us"),
        Cloud(
            "china", ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"), "microsoftgraph.chinacloudapi.cn"
        ),
    )
}

LOGIN_HOSTS: t.Final[tuple[str, ...]] = tuple(dict.fromkeys(host for cloud in CLOUDS.values() for host in cloud.login))
GRAPH_HOSTS: t.Final[tuple[str, ...]] = tuple(cloud.graph for cloud in CLOUDS.values())

#: where a virtual machine asks for the tokens of its managed identity
METADATA_SERVICE: t.Final[str] = "169.254.169.254"
