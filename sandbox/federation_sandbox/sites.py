# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Web sites on hosts of the reserved domain `example`, as needed by a page that embeds the Contact Control Panel."""

from __future__ import annotations

import dataclasses
import mimetypes
import pathlib
import typing as t

from werkzeug import Request, Response
from werkzeug.security import safe_join

from federation_sandbox.service import Call, CloudError, Service
from federation_sandbox.world import World


@dataclasses.dataclass(frozen=True)
class Site:
    """A host. folder: the folder that it serves. headers: sent with each file."""

    folder: pathlib.Path
    headers: dict[str, str]


class Sites:
    """Every site, by host."""

    def __init__(self, _world: World) -> None:
        self.by_host: dict[str, Site] = {}


def seed(world: World, content: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Serve folders: host → {folder, headers}. Returns the address of each host."""
    for host, site in content.items():
        if not SERVICE.answers_for(host):
            raise ValueError(f"a site's host ends with .example, and {host!r} does not")
        unknown = sorted(set(site) - {"folder", "headers"})
        if unknown:
            raise ValueError(f"a site takes folder and headers, not {', '.join(unknown)}")
        folder = pathlib.Path(site["folder"])
        if not folder.is_dir():
            raise ValueError(f"there is no folder {folder}")
        world.state(Sites).by_host[host] = Site(folder, dict(site.get("headers") or {}))
    return {host: f"https://{host}/" for host in content}


def _serve(request: Request, call: Call) -> Response:
    call.operation = "file"
    call.admit()
    site = call.world.state(Sites).by_host.get(request.host)
    if site is None:
        raise CloudError(404, "NoSuchSite", f"No folder is served at {request.host}: seed the section sites.")
    name = safe_join(str(site.folder), request.path.lstrip("/") or "index.html")
    path = pathlib.Path(name) if name else None
    if path is None or not path.is_file():
        raise CloudError(404, "NoSuchFile", f"{request.host} has no file {request.path}.")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Response(path.read_bytes(), headers=site.headers, content_type=kind)


def _render(_request: Request, error: CloudError) -> Response:
    return Response(f"{error.message}\n", error.status)


SERVICE: t.Final = Service("site", r"(?:[a-z0-9-]+\.)+example", _serve, _render)
