# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Federation metadata from its source: a text, a file or a URL."""

from __future__ import annotations

import typing as t
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._http import (
    TROUBLE,
    Persistence,
    PlainSession,
    download,
    what_failed,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import MAX_LENGTH, Metadata, parse

try:
    import requests
    from requests.adapters import HTTPAdapter
except ImportError:
    pass  # The engine reports a missing library before anything here is called.

_TIMEOUT: t.Final = (10, 30)
_LIMIT: t.Final = MAX_LENGTH + 65536
#: for all of an answer, however slowly it comes
_SECONDS: t.Final = 120.0


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
    what = f"read the metadata at {url}"
    session = PlainSession()
    retry = Persistence(total=4, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False)
    session.mount("https://", HTTPAdapter(max_retries=retry))
    del session.adapters["http://"]  # so that no redirect leaves TLS
    try:
        return download(session, url, what, most=_LIMIT, seconds=_SECONDS, timeout=_TIMEOUT)
    except requests.exceptions.InvalidSchema as exc:
        if exc.args and "No connection adapters" in str(exc.args[0]):
            raise InvalidInput(f"The metadata_url {url} redirects to an address without TLS.") from None
        raise FederationError(f"Could not {what}: {exc}", hint="Check HTTPS_PROXY.") from None
    except TROUBLE as exc:
        reason, hint = what_failed(exc, url)
        raise FederationError(f"Could not {what}: {reason}.", hint=hint) from None
    finally:
        session.close()
