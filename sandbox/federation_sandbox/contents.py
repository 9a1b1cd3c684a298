# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contents of both clouds, without what differs from run to run: two worlds in the same state have equal
contents.
"""

from __future__ import annotations

import base64
import binascii
import collections
import collections.abc
import dataclasses
import datetime as dt
import hashlib
import json
import re
import typing as t

from lxml import etree

from federation_sandbox.aws.cognito.store import Cognito
from federation_sandbox.aws.connect.store import Connect
from federation_sandbox.aws.iam.store import Iam, Provider
from federation_sandbox.aws.s3 import Buckets
from federation_sandbox.entra.state import Record, Tenant, directory
from federation_sandbox.world import EventuallyConsistent, World

Contents = dict[str, t.Any]

#: what clouds invent and nothing refers to, or what says when something happened
_VOLATILE: t.Final = frozenset(
    {"id", "Id", "keyId", "key", "uuid", "created", "modified", "active_at", "fetched", "valid_until", "metadata"}
)
_TIME: t.Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_ID: t.Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: where an object has its name, best first
_NAMES: t.Final = ("userPrincipalName", "displayName", "Username", "alias", "name", "Name", "SecurityProfileName")
_SAML: t.Final = {"md": "urn:oasis:names:tc:SAML:2.0:metadata", "ds": "http://www.w3.org/2000/09/xmldsig#"}


def contents(world: World) -> Contents:
    """Tenants, IAM, Amazon Connect, Amazon Cognito and S3, as they were last written. Generated identifiers are
    replaced by the name of the object, and certificates by whether they sign. Times, key material and the order of
    lists are left out.
    """
    with world.lock:
        tenants = directory(world).tenants.values()
        entra = {tenant.id: _tenant(tenant) for tenant in tenants}
        iam = world.state(Iam)
        whole = {
            "entra": entra,
            "iam": {"providers": _plain(iam.providers), "roles": _plain(iam.roles)},
            "connect": _plain(list(world.state(Connect).instances.values())),
            "cognito": _plain(list(world.state(Cognito).pools.values())),
            "s3": _plain(list(world.state(Buckets).by_name.values())),
        }
        names = {**_names(whole), **_certificates(world), **{each.id: _tenant_name(each) for each in tenants}}
    return t.cast("Contents", _settled(_renamed(whole, names)))


def _tenant_name(tenant: Tenant) -> str:
    """The tenant's identifier, which the seed sets, in a form that no generated identifier has."""
    return f"tenant {tenant.id.replace('-', '')}"


def _tenant(tenant: Tenant) -> Contents:
    held = {name: list(map(_plain, collection.current())) for name, collection in tenant.collections.items()}
    return {**held, "certificates ever made": len(tenant.signing_keys), "logos": len(tenant.logos)}


def _plain(value: t.Any) -> t.Any:
    """A value as JSON represents it."""
    if isinstance(value, EventuallyConsistent):
        value = list(value.all_latest().values())
    elif isinstance(value, Provider):
        value = {**_fields(value), "document": _described(value.document), "keys": len(value.keys)}
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = _fields(value)
    if isinstance(value, collections.abc.Mapping):
        return _mapping(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str | int | float | bool | None) else type(value).__name__


def _mapping(value: t.Mapping[t.Any, t.Any]) -> t.Any:
    """A mapping; of one by invented identifiers, what is in it."""
    if value and all(_ID.fullmatch(str(key)) for key in value):
        return [_plain(each) for each in value.values()]
    return {str(key): _described(each) if key == "MetadataFile" else _plain(each) for key, each in value.items()}


def _fields(value: t.Any) -> Contents:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _described(document: str) -> Contents:
    """The meaning of a metadata document: the entity, its signing certificates and its endpoints."""
    root = etree.fromstring(document.encode().lstrip(b"\xef\xbb\xbf"))
    held = t.cast("list[str]", root.xpath("//md:KeyDescriptor//ds:X509Certificate/text()", namespaces=_SAML))
    places = t.cast("list[str]", root.xpath("//md:IDPSSODescriptor//@Location", namespaces=_SAML))
    thumbprints = [hashlib.sha1(base64.b64decode(each)).hexdigest().upper() for each in held]  # noqa: S324
    return {"entity": root.get("entityID"), "certificates": sorted(set(thumbprints)), "places": sorted(set(places))}


def _certificates(world: World) -> dict[str, str]:
    """Each spelling of a certificate's thumbprint, and whether the certificate signs."""
    known: dict[str, str] = {}
    for tenant in directory(world).tenants.values():
        for principal in tenant["servicePrincipals"].current():
            active = str(principal.get("preferredTokenSigningKeyThumbprint") or "").lower()
            for identifier in _identifiers(principal):
                thumbprint = base64.b64decode(identifier).hex()
                name = "the active certificate" if thumbprint == active else "an inactive certificate"
                known |= dict.fromkeys((identifier, thumbprint, thumbprint.upper()), name)
    return known


def _identifiers(principal: Record) -> list[str]:
    identifiers = {str(each.get("customKeyIdentifier") or "") for each in principal.get("keyCredentials") or ()}
    return sorted(identifier for identifier in identifiers if _is_thumbprint(identifier))


def _is_thumbprint(identifier: str) -> bool:
    try:
        return len(base64.b64decode(identifier, validate=True)) == hashlib.sha1().digest_size  # noqa: S324
    except binascii.Error:
        return False


def _names(value: t.Any) -> dict[str, str]:
    """The identifiers of all objects with a name, and the name of each."""
    known: dict[str, str] = {}
    if isinstance(value, dict):
        name = next((str(value[key]) for key in _NAMES if value.get(key)), "")
        ids = [value.get(key) for key in ("id", "Id", "appId")]
        known = {str(member): f"id of {name}" for member in ids if member and name}
    members = value.values() if isinstance(value, dict) else value
    for member in members if isinstance(value, (dict, list)) else ():
        known |= _names(member)
    return known


def _renamed(value: t.Any, names: t.Mapping[str, str]) -> t.Any:
    text = json.dumps(value)
    for identifier in sorted(names, key=len, reverse=True):
        text = text.replace(json.dumps(identifier)[1:-1], json.dumps(names[identifier])[1:-1])
    return json.loads(_ID.sub("an id", _TIME.sub("a time", text)))


def _settled(value: t.Any) -> t.Any:
    """The value without volatile members, and with sorted lists."""
    if isinstance(value, dict):
        return {key: _settled(each) for key, each in sorted(value.items()) if not _is_volatile(key)}
    if isinstance(value, list):
        return sorted((_settled(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


def _is_volatile(key: str) -> bool:
    return key in _VOLATILE or key.endswith("DateTime")


def differences(expected: t.Any, actual: t.Any, place: str = "") -> list[str]:
    """The differences between expected and actual contents, one per line."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        keys = sorted({*expected, *actual})
        pairs = [(expected.get(key), actual.get(key), f"{place}/{key}") for key in keys]
        return [line for pair in pairs for line in differences(*pair)]
    if isinstance(expected, list) and isinstance(actual, list):
        counts = [collections.Counter(map(json.dumps, side)) for side in (expected, actual)]
        lacking, beside = counts[0] - counts[1], counts[1] - counts[0]
        if lacking.total() == beside.total() == 1:  # one thing that was changed
            return differences(json.loads(*lacking), json.loads(*beside), place)
        changes = [("-", each) for each in lacking.elements()]
        changes += [("+", each) for each in beside.elements()]
        return [f"{sign} {place}: {text}" for sign, text in changes]
    if expected == actual:
        return []
    sides = {"-": expected, "+": actual}
    return [f"{sign} {place}: {value!r}" for sign, value in sides.items() if value is not None]
