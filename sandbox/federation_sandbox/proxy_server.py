# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy server: one loopback port with an HTTPS proxy that terminates TLS itself, so that clients use the real host
names of the clouds.
"""

from __future__ import annotations

import contextlib
import http.server
import io
import pathlib
import socket
import socketserver
import ssl
import sys
import threading
import typing as t
import urllib.parse

import trustme
from werkzeug import Request, Response

from federation_sandbox import clouds
from federation_sandbox.aws import s3
from federation_sandbox.control import control
from federation_sandbox.passage import Passage, Refused, relay
from federation_sandbox.service import Dropped, Silent
from federation_sandbox.world import World

#: headers that a request's environment names without HTTP_ before them
_CGI: t.Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class Authority:
    """The sandbox's certificate authority. The server context of a host name is created when it is first needed."""

    def __init__(self) -> None:
        self._authority = trustme.CA()
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def pem(self) -> bytes:
        """The authority's certificate, for clients to trust."""
        return self._authority.cert_pem.bytes()

    def context(self, host: str) -> ssl.SSLContext:
        """The TLS context that serves a host."""
        with self._lock:
            if host not in self._contexts:
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                self._authority.issue_cert(host).configure_cert(context)
                self._contexts[host] = context
            return self._contexts[host]


class ProxyServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """The listening socket, with the world behind it."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, world: World, port: int = 0, authority: Authority | None = None, passage: Passage | None = None
    ) -> None:
        self.world = world
        self.authority = authority or Authority()
        self.passage = passage or Passage(open_to_others=False)
        super().__init__(("127.0.0.1", port), Exchange)

    @property
    def url(self) -> str:
        """The URL of the proxy and of the controls."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def environment(self, authority_file: pathlib.Path, others: bytes = b"") -> dict[str, str]:
        """The environment variables that direct a client to this proxy. The certificate of the authority is written to
        the file. others: certificates of further authorities, for hosts outside the sandbox.
        """
        authority_file.write_bytes(self.authority.pem() + others)
        trusted = dict.fromkeys(
            ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"), str(authority_file)
        )
        proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), self.url)
        return {**trusted, **proxies, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Ignore clients that close the connection. Any other error is a defect of the sandbox and is shown."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError, TimeoutError)):
            super().handle_error(request, client_address)


class Exchange(http.server.BaseHTTPRequestHandler):
    """A connection. CONNECT starts TLS for the named host; plain requests reach the controls."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ProxyServer
    _host: str | None = None

    def do_CONNECT(self) -> None:
        """Open the tunnel and terminate TLS."""
        host, *_colon, port = self.path.rpartition(":")
        if clouds.service_for(host) is None:
            self._pass_on(host, int(port) if port.isdecimal() else 443)
            return
        self.send_response_only(200, "Connection established")
        self.end_headers()
        self.wfile.flush()
        tunnel = self.server.authority.context(host).wrap_socket(
            t.cast("socket.socket", self.connection), server_side=True
        )
        self.connection = tunnel
        self.rfile = tunnel.makefile("rb", -1)
        self.wfile = t.cast("io.BufferedIOBase", tunnel.makefile("wb", -1))
        self._host = host
        self.close_connection = False

    def _pass_on(self, host: str, port: int) -> None:
        """Connect the tunnel to a host outside the sandbox, or state the reason for a refusal in the status line, which
        is all that many clients show.
        """
        self.close_connection = True
        try:
            upstream = self.server.passage.connect(host, port)
        except Refused as reason:
            self._answer(Response(f"{reason}.\n", 502), str(reason))
            return
        self.send_response_only(200, "Connection established")
        self.end_headers()
        self.wfile.flush()
        relay(t.cast("socket.socket", self.connection), upstream)

    def _serve(self) -> None:
        chunked = self.headers.get("Transfer-Encoding", "").lower() == "chunked"
        if chunked and not s3.SERVICE.answers_for(self._host or ""):
            self._answer(Response("Length required.\n", 411))
            return
        self._acknowledge()
        body = self._chunks() if chunked else self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._answer(self._respond(body))
        except Dropped as dropped:
            if isinstance(dropped, Silent):
                self.connection.recv(1)
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def handle_expect_100(self) -> bool:
        """Send 100 Continue at once to a client that waits for it."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def _chunks(self) -> bytes:
        """The content of a chunked body. Each chunk follows its length in hexadecimal digits (RFC 9112, section
        7.1).
        """
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _acknowledge(self) -> None:
        """Acknowledge the headers at once: many clients use Nagle's algorithm towards a proxy, and hold back the body
        until then.
        """
        if hasattr(socket, "TCP_QUICKACK"):
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _respond(self, body: bytes) -> Response:
        target = urllib.parse.urlsplit(self.path)
        host = self._host or target.hostname
        request = self._request(host, target, body)
        if self._host is None and target.path.startswith("/sandbox/") and host in (None, "127.0.0.1", "localhost"):
            return control(self.server.world, request)
        service = clouds.service_for(host) if host else None
        if service is None:
            return Response(f"The sandbox has no host {host}; its controls are under /sandbox/.\n", 502)
        return service.serve(request, self.server.world)

    def _request(self, host: str | None, target: urllib.parse.SplitResult, body: bytes) -> Request:
        environ: dict[str, t.Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": urllib.parse.unquote_to_bytes(target.path or "/").decode("latin-1"),
            "QUERY_STRING": target.query,
            "RAW_URI": self.path,
            "SERVER_NAME": host or "127.0.0.1",
            "SERVER_PORT": "443" if self._host else "80",
            "SERVER_PROTOCOL": self.protocol_version,
            "wsgi.url_scheme": "https" if self._host else "http",
            "wsgi.input": io.BytesIO(body),
        }
        for name, value in self.headers.items():
            if name.lower() == "transfer-encoding":
                continue  # the chunks have been joined already
            key = _CGI.get(name.lower()) or f"HTTP_{name.upper().replace('-', '_')}"
            environ[key] = f"{environ[key]}, {value}" if key.startswith("HTTP_") and key in environ else value
        return Request({**environ, "HTTP_HOST": host or "127.0.0.1", "CONTENT_LENGTH": str(len(body))})

    def _answer(self, response: Response, reason: str | None = None) -> None:
        body = response.get_data()
        self.send_response_only(response.status_code, reason)
        for name, value in response.headers.items():
            if name.lower() not in ("content-length", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing; the traffic log records the requests."""
