# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Federation metadata from where the user has it: a text, a file or an address."""

from __future__ import annotations

import typing as t
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import MAX_LENGTH, Metadata, parse

try:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry
except ImportError:
    pass  # The engine reports a missing library before anything here is called.

_TIMEOUT: t.Final = (10, 30)
_CHUNK: t.Final = 65536
_LIMIT: t.Final = MAX_LENGTH + _CHUNK


def read_metadata(text: str | None = None, file: str | None = None, url: str | None = None) -> Metadata:
    """The metadata in whichever of the three is given, held to IAM's rules; InvalidInput says what is wrong with it."""
    if text is not None:
        return parse(text)
    if file is not None:
        return parse(read_file(file, "metadata file"), f"metadata file {file}")
    return parse(_fetch(url or ""), f"metadata at {url}")


def read_file(path: str, what: str) -> bytes:
    """A file's bytes, never more than metadata may have."""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(_LIMIT)
    except OSError as exc:
        raise InvalidInput(f"The {what} {path} cannot be read: {exc.strerror}.") from None


def _fetch(url: str) -> bytes:
    """What an https address answers, its certificate verified, read no further than metadata may be long."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise InvalidInput(
            "The metadata_url is not an https address, or has a user name in it.",
            hint="Metadata decides who may sign in; read it over TLS only.",
        )
    session = requests.Session()
    retry = Retry(total=4, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False)
    session.mount("https://", HTTPAdapter(max_retries=retry))
    del session.adapters["http://"]  # so that no redirect leaves TLS
    try:
        with session.get(url, timeout=_TIMEOUT, stream=True) as response:
            if response.status_code != requests.codes.ok:
                raise FederationError(
                    f"Could not read the metadata at {url}: the server answered {response.status_code} {response.reason}.",
                    code=str(response.status_code),
                    hint="Check the tenant and the application in the address.",
                )
            return _limited(response.iter_content(_CHUNK), url)
    except requests.exceptions.InvalidSchema:
        raise InvalidInput(f"The metadata_url {url} redirects to an address without TLS.") from None
    except requests.RequestException as exc:
        raise FederationError(
            f"Could not read the metadata at {url}: {exc}.", hint="Check the address, the proxy and the trusted authorities."
        ) from None
    finally:
        session.close()


def _limited(chunks: t.Iterable[bytes], url: str) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > _LIMIT:
            raise InvalidInput(f"The metadata at {url} has more than {MAX_LENGTH:,} characters, which is all that AWS IAM takes.")
    return bytes(content)
