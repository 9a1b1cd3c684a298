# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way to the network against a server that answers as no cloud should: always one clear error, and no secret goes
astray.
"""

from __future__ import annotations

import collections.abc
import datetime as dt
import functools
import json
import time
import typing as t
from pathlib import Path
from types import SimpleNamespace

import botocore.config
import botocore.loaders
import pytest
import trustme
import urllib3.util.retry
from ansible_collections.openccp.federation.plugins.module_utils import _http
from ansible_collections.openccp.federation.plugins.module_utils._aws import metadata_source
from ansible_collections.openccp.federation.plugins.module_utils._entra import graph
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError

from misbehaving_server import (
    AMAZON,
    CALLS,
    DOWNLOADS,
    SECRET,
    TENANT,
    TOKEN,
    WRITES,
    Raw,
    Server,
    answer,
    microsoft,
    serving,
    tls,
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module", autouse=True)
def descriptions() -> collections.abc.Iterator[None]:
    """What botocore reads of a service, it reads once for all the clients here: half a second of each."""
    load = botocore.loaders.JSONFileLoader.load_file
    with pytest.MonkeyPatch.context() as patch:
        loader = botocore.loaders.JSONFileLoader()
        known = functools.cache(lambda path: load(loader, path))
        patch.setattr(botocore.loaders.JSONFileLoader, "load_file", lambda self, path: known(path))
        yield


@pytest.fixture(autouse=True)
def environment(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Authorities of our own, no proxy, and no pause that is really slept."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    for name in (
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "CURL_CA_BUNDLE",
        "AWS_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    monkeypatch.setattr(urllib3.util.retry, "time", SimpleNamespace(sleep=lambda _seconds: None, time=time.time))
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))


@pytest.fixture
def server(authority: trustme.CA) -> collections.abc.Iterator[Server]:
    """Both of Entra's services and AWS's, well behaved until a test says otherwise."""
    with serving(tls(authority)) as server:
        login = f"{server.url}/{TENANT}"
        configuration = {
            "authorization_endpoint": f"{login}/oauth2/v2.0/authorize",
            "token_endpoint": f"{login}/oauth2/v2.0/token",
            "issuer": f"{login}/v2.0",
        }
        server.answers |= {
            f"/{TENANT}/v2.0/.well-known/openid-configuration": [answer(configuration)],
            f"/{TENANT}/oauth2/v2.0/token": [
                answer({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
            ],
            "/v1.0/$batch": [answer({"responses": [{"id": "0", "status": 200, "body": {"id": "x"}}]})],
            "/v1.0/x": [answer({"id": "x"})],
            "/v1.0/list": [answer({"value": [{"id": "x"}]})],
            "/metadata": [(200, {"Content-Type": "application/xml"}, b"<metadata/>")],
        }
        yield server


HTML: t.Final = b"<!DOCTYPE html><html><body>Please sign in to the network " + SECRET.encode() + b"</body></html>"
BAD: t.Final[dict[str, Raw]] = {
    "HTML with 200": (200, {"Content-Type": "text/html"}, HTML),
    "HTML that claims to be JSON": (200, {"Content-Type": "application/json"}, HTML),
    "empty with 200": (200, {"Content-Type": "application/json"}, b""),
    "cut JSON": (200, {"Content-Type": "application/json"}, b'{"access_token": "' + SECRET.encode()),
    "cut body": (200, {"Content-Type": "application/json", "Content-Length": "500"}, b'{"id": "x"'),
    "a list": answer(["x"]),
    "a number": answer(1),
    "null": answer(None),
    "deep": (200, {"Content-Type": "application/json"}, b"[" * 100_000),
    "no UTF-8": (200, {"Content-Type": "application/json"}, b"\xff\xfe\xff"),
    "HTML with 403": (403, {"Content-Type": "text/html"}, HTML),
    "error that is a text": answer({"error": "denied"}, 400),
    "error that is a list": answer({"error": ["denied"]}, 400),
    "error that is null": answer({"error": None}, 403),
    "error whose members are of other types": answer(
        {"error": {"code": 1, "message": [], "details": {"a": 1}, "innerError": "x"}}, 400
    ),
    "error of odd details": answer(
        {"error": {"code": None, "message": None, "details": ["x", None], "innerError": []}}, 404
    ),
    "empty with 400": (400, {}, b""),
}


#: what is as good as any answer where none is expected; IAM has always one
EMPTY_IS_GOOD: t.Final = {(call, "empty with 200") for call in ("write of Connect", "write of Cognito")}


@pytest.mark.parametrize(
    ("call", "bad"),
    [(call, bad) for call in (*CALLS, *WRITES) for bad in BAD if (call, bad) not in EMPTY_IS_GOOD],
)
def test_an_answer_that_is_none_is_one_clear_error(server: Server, call: str, bad: str) -> None:
    path, make = {**CALLS, **WRITES}[call]
    server.answers[path] = [BAD[bad]]
    with pytest.raises(FederationError) as raised:
        make(server)
    message = str(raised.value)
    assert "Could not" in message
    assert SECRET not in message + json.dumps(raised.value.as_result(), default=str), "the answer is not repeated"
    assert "<html" not in message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", [call for call in CALLS if call not in AMAZON])
def test_no_redirect_is_followed(server: Server, authority: trustme.CA, call: str, status: int) -> None:
    path, make = CALLS[call]
    with serving(tls(authority)) as other:
        for where in (other.url + "/elsewhere", other.url.replace("https", "http") + "/elsewhere"):
            server.answers[path] = [(status, {"Location": where}, b"")]
            with pytest.raises(FederationError, match=f"answered {status}, a redirect"):
                make(server)
        assert other.connections == 0


def test_no_token_endpoint_without_tls(server: Server) -> None:
    path = f"/{TENANT}/v2.0/.well-known/openid-configuration"
    login = {"authorization_endpoint": "https://x/authorize", "issuer": "https://x"}
    for endpoint in ({"token_endpoint": "http://localhost/token"}, {}, {"token_endpoint": None}):
        server.answers[path] = [answer({**login, **endpoint})]
        with pytest.raises(FederationError, match="names no token_endpoint"):
            microsoft(server).get("/x", "read x")


@pytest.mark.parametrize("token", [None, 5, "", "two parts", "line\nbreak", "né", ["x"], {}])
def test_a_token_that_is_none(server: Server, token: t.Any) -> None:
    server.answers[f"/{TENANT}/oauth2/v2.0/token"] = [answer({"access_token": token, "expires_in": 3600})]
    with pytest.raises(FederationError, match="Could not sign in"):
        microsoft(server).get("/x", "read x")


@pytest.mark.parametrize(
    "refusal",
    [
        {"error": {"code": "x"}},
        {"error": "invalid_client", "error_codes": "7000215"},
        {"error": "invalid_client", "error_codes": ["x", None]},
        {"error": "invalid_client", "error_description": 5, "error_codes": {"a": 1}},
    ],
)
def test_a_refused_sign_in_of_odd_form(server: Server, refusal: dict[str, t.Any]) -> None:
    server.answers[f"/{TENANT}/oauth2/v2.0/token"] = [answer(refusal, 401)]
    with pytest.raises(FederationError, match="Could not sign in"):
        microsoft(server).get("/x", "read x")


@pytest.mark.parametrize(
    "responses",
    [
        {},
        {"responses": None},
        {"responses": {"0": {}}},
        {"responses": []},
        {"responses": ["x", None]},
        {"responses": [{"status": 200, "body": {}}]},
        {"responses": [{"id": "7", "status": 200, "body": {}}]},
        {"responses": [{"id": "0", "body": {}}]},
        {"responses": [{"id": "0", "status": "200", "body": {}}]},
        {"responses": [{"id": "0", "status": 200, "body": "<html>"}]},
        {"responses": [{"id": "0", "status": 200}]},
        {"responses": [{"id": "0", "status": 302, "headers": {"Location": "https://x"}}]},
        {"responses": [{"id": "0", "status": 400, "headers": ["x"], "body": "no"}]},
    ],
)
def test_a_batch_without_its_responses(server: Server, responses: dict[str, t.Any]) -> None:
    server.answers["/v1.0/$batch"] = [answer(responses)]
    with pytest.raises(FederationError, match="Could not read x"):
        microsoft(server).batch([graph.Request("GET", "/x", "read x")])[0].get()


def test_a_member_that_every_object_has(server: Server) -> None:
    server.answers["/v1.0/x"] = [answer({})]
    with pytest.raises(FederationError, match="Could not read x: Microsoft Graph's answer has no 'appId'"):
        microsoft(server).get("/x", "read x")["appId"]


@pytest.mark.parametrize(
    "page", [{"value": None}, {"value": {"id": "x"}}, {"value": ["x"]}, {"value": [], "@odata.nextLink": 5}]
)
def test_a_page_that_is_none(server: Server, page: dict[str, t.Any]) -> None:
    server.answers["/v1.0/list"] = [answer(page)]
    with pytest.raises(FederationError, match="Could not list x"):
        list(microsoft(server).pages("/list", "list x"))


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("https://localhost.example.com/v1.0/list", "not Microsoft Graph"),
        ("http://localhost/v1.0/list", "not Microsoft Graph"),
        ("https://user@localhost/v1.0/list", "not Microsoft Graph"),
        ("//localhost.example.com/list", "not Microsoft Graph"),
        (".example.com/list", "not Microsoft Graph"),
        ("{url}/v1.0/list?again", "a second time"),
    ],
)
def test_next_links_that_lead_astray(server: Server, link: str, message: str) -> None:
    server.answers["/v1.0/list"] = [answer({"value": [{"id": "x"}], "@odata.nextLink": link.format(url=server.url)})]
    with pytest.raises(FederationError, match=message):
        list(microsoft(server).pages("/list", "list x"))
    assert server.paths().count("/v1.0/list") <= 2


def test_a_list_without_end(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setattr(graph, "MOST_PAGES", 5)
    pages = [answer({"value": [], "@odata.nextLink": f"{server.url}/v1.0/list?{number}"}) for number in range(50)]
    server.answers["/v1.0/list"] = pages
    with pytest.raises(FederationError, match="does not end within 5 pages"):
        list(microsoft(server).pages("/list", "list x"))


@pytest.mark.parametrize(
    "retry_after", ["soon", "-5", "nan", "inf", "1e9", "9" * 400, "", "Wed, 99 Foo 2026 25:61:00 GMT", "٣", "0.5"]
)
@pytest.mark.parametrize("call", ["OpenID configuration", "token", "GET", "POST", "list", "batch"])
def test_a_retry_after_that_is_no_time(server: Server, call: str, retry_after: str) -> None:
    path, make = CALLS[call]
    header = retry_after.encode().decode("latin-1")
    server.answers[path] = [
        answer({"error": {"code": "TooManyRequests"}}, 429, **{"Retry-After": header}),
        *server.answers[path],
    ]
    if call in ("OpenID configuration", "token"):
        make(server)  # msal reads the header as well
    assert make(server)


@pytest.mark.parametrize(
    "retry_after", ["soon", -5, "nan", float("inf"), None, [], {}, "Wed, 21 Oct 2015 07:28:00 GMT"]
)
def test_a_retry_after_in_a_batch(server: Server, monkeypatch: pytest.MonkeyPatch, retry_after: t.Any) -> None:
    refused = {"responses": [{"id": "0", "status": 429, "headers": {"Retry-After": retry_after}, "body": {}}]}
    server.answers["/v1.0/$batch"] = [answer(refused), *server.answers["/v1.0/$batch"]]
    caller = microsoft(server)
    pauses: list[float] = []
    monkeypatch.setattr(caller, "_sleep", pauses.append)
    assert caller.batch([graph.Request("GET", "/x", "read x")])[0].get() == {"id": "x"}
    assert all(0 <= pause <= 150 for pause in pauses)


def test_a_date_that_is_none(server: Server) -> None:
    for date in ("yesterday", "", "Wed, 99 Foo 2026 25:61:00 GMT", "Wed, 21 Oct 2015 07:28:00 -0000"):
        server.answers["/v1.0/x"] = [answer({"id": "x"}, Date=date)]
        caller = microsoft(server)
        caller.get("/x", "read x")
        assert caller.now().tzinfo is not None


@pytest.mark.parametrize(("method", "tries"), [("GET", 2), ("PATCH", 2), ("PUT", 2), ("DELETE", 2), ("POST", 1)])
def test_one_500_is_repeated_where_that_is_safe(server: Server, method: str, tries: int) -> None:
    server.answers["/v1.0/x"] = [answer({"error": {"code": "InternalServerError"}}, 500), answer({"id": "x"})]
    request = graph.Request(method, "/x", "change x", None if method in ("GET", "DELETE") else {})
    if tries == 1:
        with pytest.raises(FederationError, match="500"):
            microsoft(server).request(request)
    else:
        assert microsoft(server).request(request) == {"id": "x"}
    assert server.paths().count("/v1.0/x") == tries


def test_a_500_that_stays_is_reported_soon(server: Server) -> None:
    server.answers["/v1.0/x"] = [answer({"error": {"code": "InternalServerError"}}, 500)]
    with pytest.raises(FederationError, match="500 InternalServerError"):
        microsoft(server).request(graph.Request("PATCH", "/x", "change x", {}))
    assert server.paths().count("/v1.0/x") == 3


def test_netrc_reaches_nobody(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(
        "machine localhost login john password hunter2\ndefault login john password hunter2\n", encoding="utf-8"
    )
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    for path, make in CALLS.values():
        if path in server.answers:
            make(server)
    server.answers["/metadata"] = [(302, {"Location": "/elsewhere"}, b"")]
    server.answers["/elsewhere"] = [(404, {}, b"")]
    for make in DOWNLOADS.values():
        with pytest.raises(FederationError):
            make(server)
    assert "/elsewhere" in server.paths()
    sent = {path: authorization for dummy, path, authorization in server.seen if authorization}
    assert sent == dict.fromkeys(("/v1.0/x", "/v1.0/list", "/v1.0/$batch"), f"Bearer {TOKEN}")


@pytest.mark.parametrize("call", DOWNLOADS)
def test_downloads_are_limited_in_size(server: Server, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    monkeypatch.setattr(graph, "MOST_BYTES", 1000)
    monkeypatch.setattr(metadata_source, "_LIMIT", 1000)
    server.answers["/metadata"] = [(200, {}, b"x" * 2000)]
    with pytest.raises(FederationError, match="more than 1,000 bytes"):
        DOWNLOADS[call](server)


@pytest.mark.parametrize("call", DOWNLOADS)
def test_downloads_are_limited_in_time(server: Server, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Each byte comes well within the time for a read, and the last one never comes within the time for all."""
    monkeypatch.setattr(graph, "MOST_SECONDS", 0.3)
    monkeypatch.setattr(metadata_source, "_SECONDS", 0.3)
    server.answers["/metadata"] = [(200, {"X-Slowly": "yes", "Content-Length": "100000"}, b"x" * 100_000)]
    with pytest.raises(FederationError, match="did not finish its answer within"):
        DOWNLOADS[call](server)


@pytest.mark.parametrize("call", DOWNLOADS)
@pytest.mark.parametrize("body", [b"", b"<x" * 100, HTML])
def test_downloads_that_end_too_soon(server: Server, call: str, body: bytes) -> None:
    server.answers["/metadata"] = [(404, {}, body)]
    with pytest.raises(FederationError, match="answered 404"):
        DOWNLOADS[call](server)


ANY_CALL: t.Final = {**{call: make for call, (dummy, make) in CALLS.items()}, **DOWNLOADS}
ONE_OF_EACH: t.Final = ("OpenID configuration", *AMAZON, "metadata_url")


def _year(year: int) -> dt.datetime:
    return dt.datetime(year, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited between tries."""
    slept: list[float] = []
    monkeypatch.setattr(urllib3.util.retry, "time", SimpleNamespace(sleep=slept.append, time=time.time))
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=slept.append))
    return slept


@pytest.mark.parametrize(
    ("certificate", "message"),
    [
        (
            {"not_after": _year(2024), "not_before": _year(2023)},
            "certificate has expired",
        ),
        ({"not_before": _year(2120), "not_after": _year(2121)}, "not yet valid"),
        ({"name": "elsewhere.example.com"}, "mismatch"),
        (None, "unable to get local issuer certificate"),
    ],
)
@pytest.mark.parametrize("call", ONE_OF_EACH)
def test_a_certificate_that_is_refused_is_reported_at_once(
    authority: trustme.CA, pauses: list[float], call: str, certificate: dict[str, t.Any] | None, message: str
) -> None:
    context = tls(trustme.CA()) if certificate is None else tls(authority, **certificate)
    with (
        serving(context) as other,
        pytest.raises(FederationError, match=rf"certificate of localhost was refused: .*{message}"),
    ):
        ANY_CALL[call](other)
    assert not pauses
    assert not other.seen


@pytest.mark.parametrize("bundle", ["missing", "garbage", "empty"])
@pytest.mark.parametrize("call", ONE_OF_EACH)
def test_a_file_of_authorities_that_cannot_be_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float], call: str, bundle: str
) -> None:
    path = tmp_path / "bundle.pem"
    if bundle != "missing":
        path.write_text(
            "" if bundle == "empty" else "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n", encoding="utf-8"
        )
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    with pytest.raises(FederationError, match=f"REQUESTS_CA_BUNDLE names {path}, which"):
        ANY_CALL[call](server)
    assert not pauses
    if call in AMAZON:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(path))
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        with pytest.raises(FederationError, match=f"AWS_CA_BUNDLE names {path}, which"):
            ANY_CALL[call](server)


@pytest.mark.parametrize("call", ONE_OF_EACH)
def test_a_server_without_tls_is_reported_at_once(pauses: list[float], call: str) -> None:
    with serving(None) as other, pytest.raises(FederationError, match="does not speak TLS"):
        ANY_CALL[call](other)
    assert not pauses


@pytest.mark.parametrize(
    "proxy", ["http://[::1", "http://proxy example:1", "ftp://x", "socks5://localhost:1", "http://"]
)
@pytest.mark.parametrize("call", ["OpenID configuration", "metadata_url"])
def test_a_proxy_that_is_none(server: Server, monkeypatch: pytest.MonkeyPatch, call: str, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(FederationError, match="Could not"):
        ANY_CALL[call](server)


def test_what_failed_repeats_nothing_that_was_sent() -> None:
    text, hint = _http.what_failed(ValueError(SECRET), f"https://user:{SECRET}@localhost/{SECRET}?{SECRET}")
    assert SECRET not in text + hint
