# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The recorder: one line of JSON for each request of a run, with the shapes of what was sent and answered and nobody's
values.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError

#: The variable that names the file; without it nothing is recorded.
VARIABLE: t.Final = "FEDERATION_RECORD"

#: Values that Microsoft Graph's reference enumerates, by the property that takes them.
DOCUMENTED: t.Final[dict[str, frozenset[str]]] = {
    "preferredSingleSignOnMode": frozenset({"saml", "password", "oidc", "notSupported"}),
    "principalType": frozenset({"User", "Group", "ServicePrincipal"}),
    "signInAudience": frozenset({"AzureADMyOrg", "AzureADMultipleOrgs"}),
    "type": frozenset({"AsymmetricX509Cert", "X509CertAndPassword"}),
    "usage": frozenset({"Sign", "Verify", "Encrypt"}),
    "userType": frozenset({"Member", "Guest"}),
}
_TYPE: t.Final = re.compile(r"#?microsoft\.graph\.\w+")
_WORD: t.Final = re.compile(
    r"[A-Za-z$]+|v1\.0|v2\.0|beta|oauth2|saml2|2007-06|federationmetadata\.xml|microsoft\.graph\.\w+"
)
_KEY: t.Final = re.compile(r"[A-Za-z@$#._-]{1,64}")
#: Where what is sent is a secret, whose length is not recorded either.
_SIGN_IN: t.Final = "sign-in"


def is_on() -> bool:
    """Whether a run is recorded."""
    return bool(os.environ.get(VARIABLE))


def write(line: t.Mapping[str, t.Any]) -> None:
    """Append one complete line to the recording, whatever other processes write to it."""
    file = os.environ[VARIABLE]
    try:
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, (json.dumps(line, sort_keys=True) + "\n").encode())
        finally:
            os.close(handle)
    except OSError as error:
        raise FederationError(
            f"Could not record a request to {file}: {error.strerror}.", hint="Check federation_record."
        ) from error


def shape(value: t.Any, key: str = "", *, lengths: bool = True) -> t.Any:
    """What a JSON value is: its keys, types and lengths, and the values that the reference enumerates."""
    if isinstance(value, dict):
        return {_key_pattern(name): shape(inner, str(name), lengths=lengths) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return elements([shape(inner, key, lengths=False) for inner in value])
    if isinstance(value, str):
        if value in DOCUMENTED.get(key, ()) or (key == "@odata.type" and _TYPE.fullmatch(value)):
            return f"text: {value}"
        return f"text({len(value)})" if lengths else "text"
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def elements(shapes: t.Sequence[t.Any]) -> dict[str, t.Any]:
    """What a list is: how many elements, and each of their shapes once."""
    return {"list": len(shapes), "of": [each for number, each in enumerate(shapes) if each not in shapes[:number]]}


def path_template(path: str) -> str:
    """A path with {} for what is no word of the interface."""
    return "/".join(part if not part or _WORD.fullmatch(part) else "{}" for part in path.split("/"))


def of_http(
    method: str, address: str, body: t.Any, *, status: int | None, answer: t.Any, seconds: float, retries: int
) -> None:
    """Record one request over HTTP, and each of a batch. answer: its JSON, or None; status: None when there was
    none.
    """
    line = _line(method, address, _content(body), status, answer)
    write(line | {"seconds": round(seconds, 3), "retries": retries})
    if not urlsplit(address).path.endswith("/$batch") or not isinstance(answer, dict):
        return
    answers = {part.get("id"): part for part in answer.get("responses", ()) if isinstance(part, dict)}
    for request in json.loads(body)["requests"]:
        part = answers.get(request["id"], {})
        address_of = f"/v1.0/{request['url'].lstrip('/')}"
        write(
            {
                **_line(request["method"], address_of, request.get("body"), part.get("status"), part.get("body")),
                "in_batch": True,
            }
        )


def _line(method: str, address: str, body: t.Any, status: t.Any, answer: t.Any) -> dict[str, t.Any]:
    """A request as it is recorded. body: as JSON."""
    parts = urlsplit(address)
    path = path_template(parts.path)
    service = _service(path)
    lengths = service != _SIGN_IN
    error = answer.get("error") if isinstance(answer, dict) else None
    code = error.get("code") if isinstance(error, dict) else error
    return {
        "service": service,
        "operation": f"{method} {path}",
        "query": sorted({_key_pattern(name) for name, dummy in parse_qsl(parts.query, keep_blank_values=True)}),
        "body": shape(body, lengths=lengths),
        "status": status,
        "error": code if isinstance(code, str) and _KEY.fullmatch(code) else None,
        "answer": shape(answer, lengths=lengths),
    }


def _content(body: t.Any) -> t.Any:
    """What was sent, as JSON or as a form."""
    if not body:
        return None
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
    try:
        return json.loads(text)
    except ValueError:
        fields = dict(parse_qsl(text))
        return fields or "text"


def _service(path: str) -> str:
    if path.startswith(("/v1.0/", "/beta/")):
        return "graph"
    return _SIGN_IN if "/oauth2/" in path else "metadata"


def _key_pattern(name: t.Any) -> str:
    """A key; those that hold an id, such as an extension attribute's, are somebody's own."""
    return str(name) if _KEY.fullmatch(str(name)) else "{}"
