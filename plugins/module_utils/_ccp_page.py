# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""A page that embeds the Contact Control Panel: its configuration, and what its web server must send with it. Pure.

The library is amazon-connect-streams. What a page may load and what its frame may use follow from that library's
documentation (Documentation.md, version 2.28.2); the policy was tried with it, and it runs without `unsafe-eval` and
`unsafe-inline`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

#: What the panel's frame may use, which the page must hand on to it.
FRAME_FEATURES: t.Final = ("microphone", "camera", "autoplay", "clipboard-write")
_SHA256: t.Final = re.compile(r"[0-9a-fA-F]{64}")


def page_origin(url: str) -> str:
    """The origin of a page's address, which Amazon Connect has to approve; InvalidInput when it is no https address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    is_plain = parts.username is None and not parts.query and not parts.fragment and not re.search(r"\s", url)
    if parts.scheme != "https" or not parts.hostname or not is_plain:
        raise InvalidInput(
            f"The page's address {url!r} is not a plain https address.",
            hint="Give it as agents open it, such as https://desk.example.com/.",
        )
    return f"https://{parts.netloc.lower().removesuffix(':443')}"


def configuration(ccp_url: str, login_url: str, region: str, texts: t.Mapping[str, str], load_timeout: int) -> str:
    """The content of config.json.

    ccp_url: the panel in the instance. login_url: the user access URL. load_timeout: milliseconds that each of ten
    attempts takes.
    """
    for what, url in (("panel's address", ccp_url), ("user access URL", login_url)):
        if urlsplit(url).scheme != "https":
            raise InvalidInput(f"The {what} {url!r} is not an https address.")
    if not 1000 <= load_timeout <= 60000:
        raise InvalidInput(f"An attempt to load the panel takes 1000 to 60000 milliseconds, not {load_timeout}.")
    empty = sorted(name for name, text in texts.items() if not str(text).strip())
    if empty:
        raise InvalidInput(f"The page has no text for {', '.join(empty)}.")
    base = ccp_url.rstrip("/").rpartition("/")[0]
    values = {
        "ccp_url": f"{ccp_url.rstrip('/')}/",
        "login_url": login_url,
        "logout_url": f"{base}/logout",
        "region": region,
        "load_timeout": load_timeout,
        "texts": dict(texts),
    }
    return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def integrity(sources: t.Mapping[str, str], checksums: t.Mapping[str, str]) -> dict[str, str]:
    """The `integrity` attribute of each file that the page loads.

    sources: the texts of files by name. checksums: the SHA-256 checksums of others by name, in hexadecimal digits.
    """
    wrong = sorted(checksum for checksum in checksums.values() if not _SHA256.fullmatch(checksum))
    if wrong:
        raise InvalidInput(
            f"{wrong[0]!r} is not a SHA-256 checksum.", hint="It has 64 hexadecimal digits, as sha256sum prints them."
        )
    digests = {name: hashlib.sha256(text.encode("utf-8")).digest() for name, text in sources.items()}
    digests |= {name: bytes.fromhex(checksum) for name, checksum in checksums.items()}
    return {name: f"sha256-{base64.b64encode(digest).decode('ascii')}" for name, digest in digests.items()}


def headers(ccp_url: str) -> dict[str, str]:
    """What the web server sends with every file of the page."""
    instance = page_origin(ccp_url)
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": f"'self' {instance}",
        "frame-src": instance,
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{directive} {sources}" for directive, sources in policy.items()),
        "Permissions-Policy": ", ".join(f'{feature}=(self "{instance}")' for feature in FRAME_FEATURES),
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
    }


def snippets(sent: t.Mapping[str, str]) -> dict[str, str]:
    """The same for nginx, Caddy, and as a response headers policy of CloudFront."""
    nginx = [f"add_header {name} {_quoted(value)} always;" for name, value in sent.items()]
    caddy = ["header {", *(f"    {name} {_quoted(value)}" for name, value in sent.items()), "}"]
    cloudfront = {
        "Name": "contact-control-panel",
        "SecurityHeadersConfig": {
            "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": sent["Content-Security-Policy"]},
            "ReferrerPolicy": {"Override": True, "ReferrerPolicy": sent["Referrer-Policy"]},
            "ContentTypeOptions": {"Override": True},
        },
        "CustomHeadersConfig": {
            "Quantity": 1,
            "Items": [{"Header": "Permissions-Policy", "Value": sent["Permissions-Policy"], "Override": True}],
        },
    }
    return {"nginx": "\n".join(nginx), "caddy": "\n".join(caddy), "cloudfront": json.dumps(cloudfront, indent=1)}


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
