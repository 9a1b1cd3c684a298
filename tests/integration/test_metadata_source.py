# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metadata from an address: a server of its own, because no cloud answers as badly as these tests need."""

from __future__ import annotations

import collections.abc
import dataclasses
import http.server
import re
import ssl
import threading
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme

from support import ModuleResult, run_module

MEGABYTE = 1_000_000


@dataclasses.dataclass
class Server:
    """answers: path → (status, headers, body); a list of them is answered one after the other."""

    url: str
    authority: str
    answers: dict[str, list[tuple[int, dict[str, str], bytes]]]
    seen: list[str]


@pytest.fixture
def server(tmp_path: Path) -> collections.abc.Iterator[Server]:
    answers: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            waiting = answers.get(self.path, [(404, {}, b"")])
            status, headers, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                seen.append("cut off")

        def log_message(self, *arguments: t.Any) -> None:
            """Nothing: `seen` tells."""

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield Server(f"https://localhost:{listener.server_port}", str(tmp_path / "authority.pem"), answers, seen)
    listener.shutdown()
    thread.join()
    listener.server_close()


def read(server: Server, path: str, **params: t.Any) -> ModuleResult:
    """Metadata is read before AWS is, so that a refusal of it needs no AWS; a refused account_id shows that it was
    taken.
    """
    environment = {"REQUESTS_CA_BUNDLE": server.authority, "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x"}
    options = {"name": "Entra", "metadata_url": server.url + path, "account_id": "none"} | params
    return run_module("iam_saml_provider", options, environment, check=True)


TAKEN = "'none' is not the id of an AWS account"


def test_a_busy_server_is_asked_again(server: Server, saml: SimpleNamespace) -> None:
    server.answers["/m"] = [
        (503, {"Retry-After": "0"}, b""),
        (200, {}, b"\xef\xbb\xbf" + saml.metadata(saml.certificate()).encode()),
    ]
    assert TAKEN in read(server, "/m")["msg"]
    assert server.seen == ["/m", "/m"]


@pytest.mark.parametrize(
    ("status", "headers", "body", "message"),
    [
        (404, {}, b"nothing", "localhost answered 404"),
        (200, {}, b"<!DOCTYPE html><html>Sign in</html>", "is an HTML page"),
        (200, {}, b"<a>" + b"x" * 11 * MEGABYTE, "more than 10,065,536 bytes"),
        (
            200,
            {},
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
            "document type declaration",
        ),
        (302, {"Location": "http://localhost:1/plain"}, b"", "redirects to an address without TLS"),
    ],
)
def test_what_a_server_should_not_answer(
    server: Server, status: int, headers: dict[str, str], body: bytes, message: str
) -> None:
    server.answers["/m"] = [(status, headers, body)]
    result = read(server, "/m")
    assert result.failed
    assert re.search(message, result["msg"]), result["msg"]


def test_a_certificate_that_nobody_vouches_for(server: Server, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    result = read(dataclasses.replace(server, authority=str(other)), "/m", validate_certs=False)
    assert "certificate of localhost was refused" in result["msg"]
    assert server.seen == []


@pytest.mark.parametrize(
    "url", ["http://localhost/m", "file:///etc/passwd", "https://user:secret@localhost/m", "localhost/m"]
)
def test_addresses_that_are_not_read(server: Server, url: str) -> None:
    result = read(server, "", metadata_url=url)
    assert "not an https address, or has a user name in it" in result["msg"]
    assert "secret" not in result["msg"]
    assert server.seen == []
