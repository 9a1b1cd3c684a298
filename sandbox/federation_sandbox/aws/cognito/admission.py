# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides who can sign in to a user pool with a SAML response, by all checks of Amazon Cognito (facts/aws.md 8, K3,
K4). The error messages are those that users have reported; where none is known, the sandbox has its own.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t
import uuid

import xmlsec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from federation_sandbox.aws.cognito import clients
from federation_sandbox.aws.cognito.identity_providers import current_metadata
from federation_sandbox.aws.cognito.store import Item, Person, Pool, Provider, own_key
from federation_sandbox.aws.signin.assertions import Assertion, BadSignature, Malformed, decode, verified
from federation_sandbox.world import World

_SAML: t.Final = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_ENCRYPTED: t.Final = "{http://www.w3.org/2001/04/xmlenc#}EncryptedData"


class NotAdmitted(Exception):
    """The reason why a response is refused."""


class Assertions:
    """The assertions that have been used. Each is accepted once (facts/aws.md 8)."""

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._used: dict[tuple[str, str], dt.datetime] = {}

    def use(self, pool: Pool, assertion: Assertion) -> None:
        """Record the use of an assertion; NotAdmitted when it has been used before."""
        now = self._clock.now()
        self._used = {key: end for key, end in self._used.items() if end > now}
        if (pool.id, assertion.id) in self._used:
            raise NotAdmitted("Invalid SAML response received: SAML assertion was used before.")
        self._used[pool.id, assertion.id] = assertion.end


def admit(world: World, pool: Pool, provider: Provider, response: str, request_id: str) -> Assertion:
    """The verified content of a response. request_id: the ID of the request that the response must answer, empty for
    none.
    """
    known = current_metadata(world, provider)
    try:
        document = decode(response)
        if provider.has("EncryptedResponses"):
            document = _decrypted(document, own_key(provider.key_number))
        assertion = verified(document, known.signing)
    except BadSignature:
        raise NotAdmitted("Invalid SAML response received: SAML Response signature is invalid.") from None
    except Malformed as reason:
        raise NotAdmitted(f"Invalid SAML response received: {reason}.") from None
    now = world.clock.now()
    if assertion.issuer != known.signing.entity_id:
        raise NotAdmitted("Invalid SAML response received: Response Issuer doesn't match idp entityId.")
    if pool.entity_id not in assertion.audiences:
        raise NotAdmitted("Invalid SAML response received: Audience restriction is invalid.")
    if assertion.recipient not in [f"https://{name}/saml2/idpresponse" for name in pool.hosts]:
        raise NotAdmitted("Invalid SAML response received: Recipient is invalid.")
    if assertion.in_response_to != request_id:
        raise NotAdmitted("Invalid SAML response received: InResponseTo is invalid.")
    if (assertion.start and now < assertion.start) or now >= assertion.end:
        raise NotAdmitted("Invalid SAML response received: Assertion is expired or not yet valid.")
    if not assertion.name_id:
        raise NotAdmitted("Invalid SAML response received: NameID is missing.")
    world.state(Assertions).use(pool, assertion)
    return assertion


def enrol(world: World, pool: Pool, provider: Provider, client: Item, assertion: Assertion) -> Person:
    """The person that an assertion names, created or updated from its claims."""
    username, now = f"{provider.name}_{assertion.name_id}", world.clock.now().replace(microsecond=0)
    person = pool.people.get(username)
    claimed = {
        attribute: _value(assertion.attributes[claim])
        for attribute, claim in provider.mapping.items()
        if claim in assertion.attributes
    }
    claimed.pop("username", None)
    for attribute in claimed:
        if not clients.writes(client, attribute):
            raise NotAdmitted(
                f"Invalid user attributes: {attribute}: A client attempted to write unauthorized attribute."
            )
        if person is not None and not pool.schema[attribute]["Mutable"]:
            raise NotAdmitted(f"Invalid user attributes: user.{attribute}: Attribute cannot be updated.")
    attributes = {**(person.attributes if person else {}), **claimed}
    lacking = [
        name for name, each in pool.schema.items() if each["Required"] and name != "sub" and not attributes.get(name)
    ]
    if lacking:
        raise NotAdmitted(f"Invalid user attributes: {lacking[0]}: The attribute is required.")
    if person is None:
        person = Person(username, str(uuid.uuid4()), {}, provider.name, assertion.name_id, assertion.issuer, now, now)
        pool.people[username] = person
    person.attributes, person.modified = attributes, now
    return person


def _value(values: t.Sequence[str]) -> str:
    """Join several values into one text."""
    return values[0] if len(values) == 1 else f"[{', '.join(values)}]"


def _decrypted(document: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """The response with its assertion decrypted. A provider that is configured for encrypted responses accepts no
    others.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as reason:
        raise Malformed(str(reason)) from None
    place = root.find(f"{_SAML}EncryptedAssertion")
    data = place.find(_ENCRYPTED) if place is not None else None
    if place is None or data is None:
        raise Malformed("the assertion is not encrypted")
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(key.private_bytes(*form), xmlsec.constants.KeyDataFormatPem))
    try:
        assertion = xmlsec.EncryptionContext(manager).decrypt(data)
    except xmlsec.Error:
        raise Malformed("the assertion cannot be decrypted") from None
    # As text, since moving the element would rename its prefixes, over which it was signed.
    plain, mark = etree.tostring(assertion, with_tail=False), uuid.uuid4().hex
    place.clear()
    place.text = mark
    wrapper = rf"<[^<>]+>{mark}</[^<>]+>"
    return re.sub(wrapper.encode(), lambda _: plain, etree.tostring(root))
