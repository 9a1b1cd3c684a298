# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to hosts outside the sandbox: refused with a message, or passed through unread. Requests to real clouds are
always refused.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import typing as t
import urllib.parse
import urllib.request

#: Domains of both clouds. What is theirs is answered here or not at all, so that nothing that is tried here reaches a
#: real account.
CLOUD_DOMAINS: t.Final = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws-us-gov.com",
    "api.aws",
    "aws.amazon.com",
    "awsapps.com",
    "connect.aws",
    "amazoncognito.com",
    "azure.cn",
    "azure.com",
    "azure.us",
    "chinacloudapi.cn",
    "graph.microsoft.com",
    "login.microsoft.com",
    "microsoft.us",
    "microsoftonline.com",
    "microsoftonline.us",
    "microsoftonline.cn",
    "myapps.microsoft.com",
    "windows.net",
)
_SECONDS: t.Final = 20.0
_CHUNK: t.Final = 65536


class Refused(Exception):
    """The reason why a host cannot be reached, on one line."""


class Passage:
    """Access to hosts outside the sandbox. open_to_others: whether it is allowed; otherwise every host outside the
    sandbox is refused.
    """

    def __init__(self, *, open_to_others: bool) -> None:
        self._open = open_to_others
        self._proxy = urllib.request.getproxies().get("https")

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to a host outside the sandbox, through the proxy of this process if it has one. Raises Refused."""
        if is_cloud(host):
            raise Refused(f"The sandbox has no host {_status_text(host)}, and lets nothing through to the real clouds")
        if not self._open:
            raise Refused(f"The sandbox has no host {_status_text(host)}; deactivate_sandbox leads out of it")
        try:
            if self._proxy is None or urllib.request.proxy_bypass(host):
                return socket.create_connection((host, port), timeout=_SECONDS)
            return self._through_proxy(self._proxy, host, port)
        except OSError as error:
            raise Refused(f"The sandbox could not reach {_status_text(host)}: {_status_text(str(error))}") from error

    @staticmethod
    def _through_proxy(proxy: str, host: str, port: int) -> socket.socket:
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        upstream = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=_SECONDS)
        upstream.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode("ascii"))
        answer = b""
        while b"\r\n\r\n" not in answer:
            received = upstream.recv(1)
            if not received:
                break
            answer += received
        if not re.match(rb"HTTP/1\.\d 2\d\d", answer):
            upstream.close()
            raise OSError(f"the proxy {parts.hostname} answered {answer.splitlines()[:1]}")
        return upstream


def is_cloud(host: str) -> bool:
    """Whether a host belongs to one of the clouds."""
    name = host.lower().rstrip(".")
    return any(name == domain or name.endswith(f".{domain}") for domain in CLOUD_DOMAINS)


def relay(client: socket.socket, upstream: socket.socket) -> None:
    """Copy bytes in both directions until one side closes the connection."""
    client.settimeout(None)
    upstream.settimeout(None)
    others = {client: upstream, upstream: client}
    with contextlib.suppress(ConnectionError), upstream:
        while True:
            for ready in select.select(list(others), [], [])[0]:
                data = ready.recv(_CHUNK)
                if not data:
                    return
                others[ready].sendall(data)


def _status_text(text: str) -> str:
    """Text in a form that the status line of a response may contain."""
    return re.sub(r"[^ -~]", "?", text)[:200]
