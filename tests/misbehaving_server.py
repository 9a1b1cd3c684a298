# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that answers as a test says, and every call of the collection that reaches it."""

from __future__ import annotations

import base64
import collections.abc
import contextlib
import dataclasses
import http.server
import json
import ssl
import threading
import typing as t
from types import SimpleNamespace

import boto3
import botocore.config
import botocore.loaders
import trustme
from ansible_collections.openccp.federation.plugins.module_utils._aws import clients, metadata_source
from ansible_collections.openccp.federation.plugins.module_utils._connect.discovery import Account, Discovery
from ansible_collections.openccp.federation.plugins.module_utils._entra import graph
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError

TENANT: t.Final = "00112233-4455-6677-8899-aabbccddeeff"
SECRET: t.Final = "client-secret-that-nobody-sees"
TOKEN: t.Final = "x." + base64.urlsafe_b64encode(json.dumps({"tid": TENANT}).encode()).decode().rstrip("=") + ".y"

Raw = tuple[int, dict[str, str], bytes]


def answer(content: t.Any, status: int = 200, **headers: str) -> Raw:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(content).encode()


@dataclasses.dataclass
class Server:
    """A server on TLS. answers: path → what is answered in turn, the last again and again; seen: method, path,
    Authorization.
    """

    url: str
    answers: dict[str, list[Raw]] = dataclasses.field(default_factory=dict)
    seen: list[tuple[str, str, str | None]] = dataclasses.field(default_factory=list)
    connections: int = 0
    closing: threading.Event = dataclasses.field(default_factory=threading.Event)

    def paths(self) -> list[str]:
        return [path for _method, path, _authorization in self.seen]


def _handler(server: Server) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            path = self.path.partition("?")[0]
            server.seen.append((self.command, path, self.headers.get("Authorization")))
            waiting = server.answers.get(path, [answer({"error": {"code": "Missing"}}, 404)])
            status, headers, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers and status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self._write(body, headers)

        def _write(self, body: bytes, headers: dict[str, str]) -> None:
            if "X-Slowly" in headers:
                for number in range(len(body)):
                    self.wfile.write(body[number : number + 1])
                    if server.closing.wait(0.05):
                        return
            self.wfile.write(body)
            self.close_connection = "Content-Length" in headers

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

        def log_message(self, *arguments: t.Any) -> None:
            """Nothing: `seen` tells."""

    return Handler


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None) -> collections.abc.Iterator[Server]:
    server = Server("")

    class Listener(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> t.Any:
            server.connections += 1
            return super().get_request()

        def handle_error(self, *arguments: t.Any) -> None:
            """A client that hangs up is what these tests want."""

    with Listener(("127.0.0.1", 0), _handler(server)) as listener:
        if context:
            listener.socket = context.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
        server.url = f"https://localhost:{listener.server_port}"
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            listener.shutdown()
            thread.join()


def tls(authority: trustme.CA, **options: t.Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(options.pop("name", "localhost"), **options).configure_cert(context)
    return context


def microsoft(server: Server) -> graph.Graph:
    params = {
        "cloud": "public",
        "graph_url": server.url,
        "authority_url": server.url,
        "tenant_id": TENANT,
        "client_id": "the-client",
    }
    return graph.connect({**params, "client_secret": SECRET})


def amazon(server: Server, service: str) -> t.Any:
    session: t.Any = boto3.Session("AKIAEXAMPLE", "not-a-secret", region_name="us-west-2")

    def client(name: str, config: botocore.config.Config) -> t.Any:
        return session.client(name, endpoint_url=server.url, config=config)

    return clients.client(t.cast("t.Any", SimpleNamespace(client=client)), service)


def _aws_call(service: str, operation: str, **params: str) -> t.Callable[[Server], t.Any]:
    """A call of AWS as the modules make it."""

    def make(server: Server) -> t.Any:
        with clients.attempt(f"do {operation}"):
            return getattr(amazon(server, service), operation)(**params)

    return make


def _discovered(server: Server) -> t.Any:
    """What the inventory finds; it has clients of its own, and tells what it could not see as gaps."""
    keys = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "not-a-secret"}
    discovery = Discovery(keys, str, endpoint_url=server.url).run([Account()], ["us-west-2"])
    for gap in discovery.gaps:
        raise FederationError(gap.reason)
    return discovery.instances


#: the call → the path that answers it, and how it is made
CALLS: t.Final[dict[str, tuple[str, t.Callable[[Server], t.Any]]]] = {
    "OpenID configuration": (
        f"/{TENANT}/v2.0/.well-known/openid-configuration",
        lambda server: microsoft(server).get("/x", "read x"),
    ),
    "token": (f"/{TENANT}/oauth2/v2.0/token", lambda server: microsoft(server).get("/x", "read x")),
    "GET": ("/v1.0/x", lambda server: microsoft(server).get("/x", "read x")),
    "POST": ("/v1.0/x", lambda server: microsoft(server).request(graph.Request("POST", "/x", "make x", {}))),
    "PATCH": ("/v1.0/x", lambda server: microsoft(server).request(graph.Request("PATCH", "/x", "change x", {}))),
    "DELETE": ("/v1.0/x", lambda server: microsoft(server).request(graph.Request("DELETE", "/x", "delete x"))),
    "list": ("/v1.0/list", lambda server: list(microsoft(server).pages("/list", "list x"))),
    "batch": ("/v1.0/$batch", lambda server: microsoft(server).batch([graph.Request("GET", "/x", "read x")])[0].get()),
    "Connect": ("/instance/x", _aws_call("connect", "describe_instance", InstanceId="x")),
    "IAM": ("/", _aws_call("iam", "get_role", RoleName="x")),
    "STS": ("/", _aws_call("sts", "get_caller_identity")),
    "Cognito": ("/", _aws_call("cognito-idp", "describe_user_pool", UserPoolId="us-west-2_x")),
    "inventory": ("/instance", _discovered),
}
#: writes of AWS whose answers hold nothing
WRITES: t.Final[dict[str, tuple[str, t.Callable[[Server], t.Any]]]] = {
    "write of Connect": ("/users/x/y", _aws_call("connect", "delete_user", InstanceId="x", UserId="y")),
    "write of IAM": ("/", _aws_call("iam", "delete_role", RoleName="x")),
    "write of Cognito": (
        "/",
        _aws_call("cognito-idp", "delete_identity_provider", UserPoolId="us-west-2_x", ProviderName="x"),
    ),
}
AMAZON: t.Final = ("Connect", "IAM", "STS", "Cognito", "inventory")
DOWNLOADS: t.Final[dict[str, t.Callable[[Server], t.Any]]] = {
    "metadata of an application": lambda server: microsoft(server).public(
        f"{server.url}/metadata", "read the metadata"
    ),
    "metadata_url": lambda server: metadata_source.read_metadata(url=f"{server.url}/metadata"),
}
