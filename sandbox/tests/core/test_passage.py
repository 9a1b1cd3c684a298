# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that are not the clouds': refused with a sentence, or passed through; the clouds' own are never let out."""

from __future__ import annotations

import collections.abc
import http.server
import ssl
import threading
import typing as t
from pathlib import Path

import pytest
import requests
import trustme

from federation_sandbox.passage import Passage, Refused, is_cloud
from federation_sandbox.proxy_server import ProxyServer
from federation_sandbox.testing import running_sandbox
from federation_sandbox.world import World
from support import HANGS

AUTHORITY: t.Final = trustme.CA()


class Hello(http.server.BaseHTTPRequestHandler):
    """A site of others."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello from outside " * 10_000)

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def site() -> collections.abc.Iterator[int]:
    """The port of a site at https://localhost."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch) -> collections.abc.Iterator[ProxyServer]:
    """A sandbox that passes others through."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with ProxyServer(World(), passage=Passage(open_to_others=True)) as front:
        threading.Thread(target=front.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield front
        front.shutdown()


def get(url: str, proxy: str, trusted: Path) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, proxies={"https": proxy}, verify=str(trusted), timeout=HANGS)


def test_hosts_of_others_are_passed_through_with_their_own_certificates(
    front: ProxyServer, site: int, tmp_path: Path
) -> None:
    trusted = tmp_path / "authority.pem"
    front.environment(trusted, AUTHORITY.cert_pem.bytes())
    assert get(f"https://localhost:{site}/", front.url, trusted).content == b"hello from outside " * 10_000
    assert get("https://graph.microsoft.com/v1.0/users", front.url, trusted).status_code == 401
    assert [entry["host"] for entry in front.world.traffic] == ["graph.microsoft.com"]


def test_two_sandboxes_in_a_row(front: ProxyServer, site: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has a proxy of its own asks that one."""
    trusted = tmp_path / "authority.pem"
    monkeypatch.setenv("https_proxy", front.url)
    monkeypatch.setenv("no_proxy", "")
    with ProxyServer(World(), passage=Passage(open_to_others=True)) as second:
        threading.Thread(target=second.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        second.environment(trusted, AUTHORITY.cert_pem.bytes())
        assert get(f"https://localhost:{site}/", second.url, trusted).status_code == 200
        second.shutdown()


@pytest.mark.parametrize(
    "host", ["dynamodb.eu-central-1.amazonaws.com", "management.azure.com", "docs.aws.amazon.com", "x.sts.windows.net"]
)
def test_what_is_a_cloud_s_never_leaves(front: ProxyServer, host: str, tmp_path: Path) -> None:
    front.environment(tmp_path / "authority.pem")
    with pytest.raises(requests.exceptions.ProxyError, match="lets nothing through to the real clouds"):
        get(f"https://{host}/", front.url, tmp_path / "authority.pem")


def test_a_closed_sandbox_says_how_to_leave(tmp_path: Path) -> None:
    with (
        running_sandbox() as sandbox,
        pytest.raises(
            requests.exceptions.ProxyError, match=r"has no host packages\.example\.com; deactivate_sandbox leads out"
        ),
    ):
        get("https://packages.example.com/", sandbox.url, Path(sandbox.environment["AWS_CA_BUNDLE"]))


def test_a_host_that_cannot_be_reached_is_reported(front: ProxyServer, tmp_path: Path) -> None:
    front.environment(tmp_path / "authority.pem")
    with pytest.raises(requests.exceptions.ProxyError, match="could not reach localhost"):
        get("https://localhost:1/", front.url, tmp_path / "authority.pem")


def test_nothing_but_text_stands_in_a_status_line() -> None:
    with pytest.raises(Refused, match=r"^The sandbox has no host a\?Set-Cookie: b\?; "):
        Passage(open_to_others=False).connect("a\nSet-Cookie: b\r", 443)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("iam.amazonaws.com", True),
        ("IAM.AmazonAWS.com.", True),
        ("notamazonaws.com", False),
        ("packages.example.com", False),
        ("azure.com.example.org", False),
    ],
)
def test_whose_a_host_is(host: str, expected: bool) -> None:
    assert is_cloud(host) is expected
