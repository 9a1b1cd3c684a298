# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What Entra sends of a person, as the policy conditions of AWS see it; and what is wrong with a value, no matter who
sends it.
"""

from __future__ import annotations

import collections.abc
import functools
import re
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks import symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Person
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Problem
from ansible_collections.openccp.federation.plugins.module_utils._saml import claim_values, claims
from ansible_collections.openccp.federation.plugins.module_utils._saml import tags as tag_rules
from ansible_collections.openccp.federation.plugins.module_utils._saml.claim_values import (
    ASSIGNED_ROLES,
    USER_ATTRIBUTES,
    ClaimValue,
    only,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ClaimsPolicy

#: Condition keys, each with its values; None where they are not known.
Conditions = dict[str, "tuple[str, ...] | None"]

#: The families of condition keys of which conditions() tells all that there are.
COMPLETE: t.Final = ("aws:requesttag/",)

MAX_TAG_VALUE: t.Final = tag_rules.LONGEST_VALUE
MAX_TAG_KEY: t.Final = tag_rules.LONGEST_KEY

_SOURCE_IDENTITY: t.Final = re.compile(r"(?!aws:)[a-zA-Z_0-9+=,.@-]{2,64}")
_DURATION: t.Final = re.compile(r"[0-9]{1,9}")
_NAME_ID_FORMAT: t.Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:"


class Claimed:
    """What Entra sends of one person; of nobody in particular only fixed values are known.

    subject: NameID and its type, where a response tells them.
    """

    def __init__(
        self, policy: ClaimsPolicy | None, person: Person | None = None, subject: tuple[str, str] | None = None
    ) -> None:
        self.is_known = policy is not None
        self._policy = policy or ClaimsPolicy()
        self._look_up = _attributes_of(person)
        self._told_subject = subject

    def value(self, claim_type: str) -> ClaimValue:
        """The values of one claim, those of several entries together, each once."""
        if not self.is_known:
            return ClaimValue(None, unknown="The claims are not known.")
        return claim_values.claim_of(self._policy, claim_type, self._look_up)

    def is_personal(self, claim_type: str) -> bool:
        """Whether the claim depends on the person."""
        return any("value" not in claim for claim in self._policy.as_sent() if claim["name"] == claim_type)

    @functools.cached_property
    def tags(self) -> dict[str, ClaimValue]:
        """The session tags by their keys."""
        names = dict.fromkeys(
            claim["name"] for claim in self._policy.as_sent() if claim["name"].startswith(claims.PRINCIPAL_TAG)
        )
        return {name.removeprefix(claims.PRINCIPAL_TAG): self.value(name) for name in names}

    @property
    def session_name(self) -> str | None:
        """The session name; None where it is not known, or not exactly one."""
        return only(self.value(claims.ROLE_SESSION_NAME))

    def refusals(self) -> list[str]:
        """Why Entra does not let the person in: what it has to compute for other claims than the session name, and
        cannot.
        """
        others = dict.fromkeys(
            claim["name"] for claim in self._policy.as_sent() if claim["name"] != claims.ROLE_SESSION_NAME
        )
        return list(dict.fromkeys(refused for name in others if (refused := self.value(name).refused)))

    def conditions(self) -> Conditions:
        """The condition keys by which a trust policy may judge the claims."""
        known: Conditions = {
            "sts:rolesessionname": self.value(claims.ROLE_SESSION_NAME).values,
            "sts:sourceidentity": self.value(claims.SOURCE_IDENTITY).values,
            "sts:transitivetagkeys": self.value(claims.TRANSITIVE_TAG_KEYS).values,
            "aws:tagkeys": None if any(tag.values is None for tag in self.tags.values()) else tuple(self.sent_tags()),
        }
        known |= {f"aws:requesttag/{key.lower()}": tag.values for key, tag in self.tags.items()}
        return known | self._subject()

    def sent_tags(self) -> dict[str, tuple[str, ...]]:
        """The tags that are sent, as far as they are known: Entra sends none whose source is empty."""
        return {key: tag.values for key, tag in self.tags.items() if tag.values}

    def _subject(self) -> Conditions:
        """The subject and its type. Without a source that Entra takes for it, it is an identifier that tells nobody who
        it is.
        """
        if self._told_subject:
            name_id, form = self._told_subject
            return {"saml:sub": (name_id,), "saml:sub_type": (form,) if form else None}
        entries = self._policy.of_type(claims.NAME_ID)
        value = self.value(claims.NAME_ID)
        if self.is_known and not entries:
            return {"saml:sub": None, "saml:sub_type": ("persistent",)}
        if value.values is None or not entries:
            return {"saml:sub": None, "saml:sub_type": None}
        forms = (f"{_NAME_ID_FORMAT}{'emailAddress' if '@' in name else 'unspecified'}" for name in value.values)
        return {"saml:sub": value.values, "saml:sub_type": tuple(dict.fromkeys(forms))}


def seconds_of(text: str) -> int | None:
    """The seconds of a session duration, when AWS takes it."""
    seconds = int(text) if _DURATION.fullmatch(text) else 0
    return seconds if claims.MIN_SESSION <= seconds <= claims.MAX_SESSION else None


Advice = t.Callable[[str, ClaimValue], str]
"""The fix for a claim, from its name and the values that are sent."""


def value_problems(claimed: Claimed, advice: Advice) -> collections.abc.Iterator[Problem]:
    """What AWS does not take of the values that are known."""
    tags = {claims.PRINCIPAL_TAG + key: tag for key, tag in claimed.tags.items()}
    singles = (claims.ROLE_SESSION_NAME, claims.SESSION_DURATION, claims.SOURCE_IDENTITY)
    for claim_type, value in ({name: claimed.value(name) for name in singles} | tags).items():
        text = only(value)
        if text is None and value.values:
            reason = (
                f"The claim {claim_type} is sent with several values, {' and '.join(map(repr, value.values))}; AWS "
                "accepts only one."
            )
            yield Problem(reason, symptoms.INVALID_RESPONSE, advice(claim_type, value))
        elif text is not None and (problem := _problem(claim_type, text)):
            yield problem._replace(fix=advice(claim_type, value))


def _problem(claim_type: str, text: str) -> Problem | None:
    if claim_type == claims.SOURCE_IDENTITY and not _SOURCE_IDENTITY.fullmatch(text):
        return Problem(f"AWS does not take the source identity {text!r}.", symptoms.SOURCE_IDENTITY_MUST_MATCH)
    if claim_type == claims.SESSION_DURATION and seconds_of(text) is None:
        reason = f"SessionDuration is {text!r}; AWS accepts {claims.MIN_SESSION} to {claims.MAX_SESSION} seconds."
        return Problem(reason, symptoms.INVALID_RESPONSE)
    key = claim_type.removeprefix(claims.PRINCIPAL_TAG)
    if key != claim_type and not _is_tag(key, text):
        return Problem(f"AWS does not take the session tag {key} with the value {text!r}.", symptoms.INVALID_RESPONSE)
    return None


def _is_tag(key: str, value: str) -> bool:
    """Whether STS takes a session tag: letters, digits, white space and a few signs."""
    return tag_rules.is_text(key, MAX_TAG_KEY) and tag_rules.is_text(value, MAX_TAG_VALUE)


def _attributes_of(person: Person | None) -> claim_values.Person:
    def look_up(name: str) -> ClaimValue:
        source = f"user.{name}"
        if person is None:
            return ClaimValue(None, source, f"It comes from {source} of each person.")
        if name == ASSIGNED_ROLES:
            reason = "" if person.roles is not None else "To which roles the person is assigned was not read."
            return ClaimValue(person.roles, source, reason)
        if name not in USER_ATTRIBUTES and name not in person.attributes:
            return ClaimValue(None, source, f"It comes from {source}, which is not evaluated here.")
        if name == "userprincipalname" and person.guest and person.home == "ExternalAzureAD":
            reason = "Of a guest from another Entra tenant Microsoft documents two names, that at home and the mail."
            return ClaimValue(None, source, reason)
        text = person.attributes.get(name)
        return ClaimValue((text,) if text else (), source)

    return look_up
