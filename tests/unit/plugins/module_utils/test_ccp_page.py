# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import json
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils import _ccp_page as pages
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

LOGIN: t.Final = "https://launcher.myapps.microsoft.com/api/signin/x?tenantId=y"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://desk.example.com", "https://desk.example.com"),
        ("https://Desk.example.com:443/panel/index.html", "https://desk.example.com"),
        ("https://desk.example.com:8443/", "https://desk.example.com:8443"),
    ],
)
def test_origins(url: str, origin: str) -> None:
    assert pages.page_origin(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "desk.example.com",
        "http://desk.example.com",
        "https://",
        "https://a b/",
        "https://x@y/",
        "https://y/?q",
        "https://y/#f",
    ],
)
def test_what_is_no_address_of_a_page(url: str) -> None:
    with pytest.raises(InvalidInput, match="not a plain https address"):
        pages.page_origin(url)


@pytest.mark.parametrize(
    ("ccp_url", "logout_url"),
    [
        ("https://acme.my.connect.aws/ccp-v2/", "https://acme.my.connect.aws/logout"),
        ("https://acme.my.connect.aws/ccp-v2", "https://acme.my.connect.aws/logout"),
        ("https://acme.awsapps.com/connect/ccp-v2/", "https://acme.awsapps.com/connect/logout"),
    ],
)
def test_the_configuration_leads_to_the_panel_and_out_of_it(ccp_url: str, logout_url: str) -> None:
    config = json.loads(pages.configuration(ccp_url, LOGIN, "eu-central-1", {"title": "Grüß Gott"}, 5000))
    assert config["ccp_url"] == ccp_url.rstrip("/") + "/"
    assert config["logout_url"] == logout_url
    assert (config["login_url"], config["load_timeout"], config["texts"]) == (LOGIN, 5000, {"title": "Grüß Gott"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"login_url": "http://launcher.example"}, "user access URL"),
        ({"ccp_url": "acme"}, "panel's address"),
        ({"load_timeout": 999}, "1000 to 60000"),
        ({"texts": {"title": ""}}, "no text for title"),
    ],
)
def test_a_wrong_configuration_is_refused(change: dict[str, t.Any], message: str) -> None:
    right = {
        "ccp_url": "https://acme.my.connect.aws/ccp-v2/",
        "login_url": LOGIN,
        "region": "eu-central-1",
        "texts": {},
        "load_timeout": 5000,
    }
    with pytest.raises(InvalidInput, match=message):
        pages.configuration(**(right | change))


def test_integrity_is_that_of_the_files() -> None:
    digest = hashlib.sha256(b"text")
    expected = "sha256-" + base64.b64encode(digest.digest()).decode()
    assert pages.integrity({"ccp.js": "text"}, {"library.js": digest.hexdigest().upper()}) == {
        "ccp.js": expected,
        "library.js": expected,
    }
    with pytest.raises(InvalidInput, match="not a SHA-256 checksum"):
        pages.integrity({}, {"library.js": "abc"})


def test_the_servers_send_the_same() -> None:
    sent = pages.headers("https://acme.my.connect.aws/ccp-v2/")
    snippets = pages.snippets(sent)
    assert "unsafe" not in sent["Content-Security-Policy"]
    assert "frame-src https://acme.my.connect.aws;" in sent["Content-Security-Policy"]
    assert 'microphone=(self "https://acme.my.connect.aws")' in sent["Permissions-Policy"]
    for name, value in sent.items():
        quoted = '"' + value.replace('"', '\\"') + '"'
        assert f"add_header {name} {quoted} always;" in snippets["nginx"].splitlines()
        assert f"    {name} {quoted}" in snippets["caddy"].splitlines()
    policy = json.loads(snippets["cloudfront"])
    assert (
        policy["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        == sent["Content-Security-Policy"]
    )
    assert policy["CustomHeadersConfig"]["Items"][0]["Value"] == sent["Permissions-Policy"]
