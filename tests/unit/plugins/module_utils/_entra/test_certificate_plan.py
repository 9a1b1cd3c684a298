# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._entra import certificate_plan
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Application
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import pairs
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Conflict,
    FederationError,
    InvalidInput,
    NotFound,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import Certificate
from ansible_collections.openccp.federation.plugins.module_utils._saml.signing_certificate import SigningCertificate

NOW: t.Final = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
PARAMS: t.Final[dict[str, t.Any]] = {
    "state": "staged",
    "thumbprint": None,
    "which": None,
    "common_name": "Sign-in",
    "validity_days": 1095,
    "trusted_thumbprints": None,
    "adopt": False,
    "force": False,
}


def signing_certificate(
    letter: str,
    begins: int,
    ends: int,
    *,
    active: bool = False,
    noted: bool = False,
    signs: bool = True,
    managed: bool = True,
) -> SigningCertificate:
    """A certificate whose thumbprint is forty times a letter."""
    dates = (NOW + dt.timedelta(days=begins), NOW + dt.timedelta(days=ends))
    certificate = Certificate(letter.encode(), letter * 40, letter * 64, "CN=Sign-in", *dates, 2048)
    return SigningCertificate(certificate, f"id-{letter}", active, signs, dates[0] if noted else None, managed)


def app(monkeypatch: pytest.MonkeyPatch, *certificates: SigningCertificate) -> Application:
    """An application with these certificates, in the order in which they are listed."""
    listed = tuple(sorted(certificates, key=lambda each: each.certificate.not_after, reverse=True))
    monkeypatch.setattr(Application, "certificates", property(lambda _self: listed))
    return Application({"id": "o", "appId": "a", "displayName": "Centre"}, {"id": "p"})


A: t.Final = signing_certificate("A", -1000, 40, active=True, noted=True)
B: t.Final = signing_certificate("B", 0, 1095)
OLD: t.Final = signing_certificate("C", -2000, -900)
SHORT: t.Final = signing_certificate("D", -1, 10)
FOREIGN: t.Final = signing_certificate("E", -1, 2000, signs=False)
FUTURE: t.Final = signing_certificate("F", 1, 1096)
EXPIRED: t.Final = signing_certificate("A", -1100, -5, active=True, noted=True)
ENDED: t.Final = signing_certificate("B", -400, -1)
OTHERS: t.Final = signing_certificate("E", -1, 1500, managed=False)
NAMELESS: t.Final = dataclasses.replace(FOREIGN, key_identifier=None)
UNNOTED: t.Final = signing_certificate("A", -1000, 40, active=True)

#: the certificates and the options → the one that is meant, and the step that is taken
TABLE: t.Final[dict[str, tuple[tuple[SigningCertificate, ...], dict[str, t.Any], str | None, str | None]]] = {
    "one: stage makes a second": ((A,), {}, None, "stage"),
    "staged already": ((A, B), {}, "B", None),
    "older ones are not staged ones": ((A, OLD, SHORT), {}, None, "stage"),
    "a foreign one is not a staged one": ((A, FOREIGN), {}, None, "stage"),
    "none at all": ((), {}, None, "stage"),
    "one of others is not a staged one": ((A, OTHERS), {}, None, "stage"),
    "one of others beside a staged one": ((A, B, OTHERS), {}, "B", None),
    "one of others, to be adopted": ((A, OTHERS), {"adopt": True}, "E", None),
    "one of others is not activated": ((A, OTHERS), {"state": "active", "force": True}, "A", None),
    "one of others is activated by name": (
        (A, OTHERS),
        {"state": "active", "thumbprint": "E" * 40, "force": True},
        "E",
        "activate",
    ),
    "one of others is adopted": ((A, OTHERS), {"state": "active", "adopt": True, "force": True}, "E", "activate"),
    "staged by name": ((A, SHORT), {"thumbprint": "D" * 40}, "D", None),
    "active already": ((A,), {"state": "active"}, "A", None),
    "active, not noted": ((UNNOTED,), {"state": "active"}, "A", "activate"),
    "active, not noted, a newer one staged": ((UNNOTED, B), {"state": "active", "which": "active"}, "A", None),
    "activate the staged one": ((A, B), {"state": "active", "trusted_thumbprints": ["B" * 40]}, "B", "activate"),
    "activate by force": ((A, B), {"state": "active", "force": True}, "B", "activate"),
    "activate the newest": ((A, SHORT), {"state": "active", "which": "newest", "force": True}, "D", "activate"),
    "remove the oldest of three": ((A, B, OLD), {"state": "absent", "which": "oldest"}, "C", "remove"),
    "remove the newest": ((A, B), {"state": "absent", "which": "newest"}, "B", "remove"),
    "remove a foreign one by name": ((A, FOREIGN), {"state": "absent", "thumbprint": "e" * 40}, "E", "remove"),
    "remove what is gone": ((A,), {"state": "absent", "thumbprint": "9" * 40}, None, None),
    "remove from none": ((), {"state": "absent", "which": "oldest"}, None, None),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_certificate_that_is_meant_and_its_step(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    certificates, options, letter, step = TABLE[case]
    application = app(monkeypatch, *certificates)
    chosen = certificate_plan.chosen({**PARAMS, **options}, application, NOW)
    assert (chosen.thumbprint if chosen else None) == (letter * 40 if letter else None)
    plan = certificate_plan.plan({**PARAMS, **options}, application, NOW)
    assert [each.operation for each in plan.steps] == ([step] if step else [])
    assert (plan.before != plan.after) is bool(step)
    if step in ("activate", "remove"):
        assert plan.steps[0].args == {"thumbprint": str(letter) * 40}


@pytest.mark.parametrize(
    ("certificates", "step"),
    [
        ((EXPIRED, ENDED), "stage"),
        ((EXPIRED, FUTURE), "stage"),
        ((EXPIRED, ENDED, FUTURE), "stage"),
        ((ENDED,), "stage"),
        ((A, signing_certificate("F", 50, 1096)), "stage"),
        ((A, FUTURE), None),
        ((EXPIRED, B), None),
        ((EXPIRED, B, FUTURE), None),
        ((EXPIRED, signing_certificate("B", -1, 10)), None),
    ],
)
def test_one_that_cannot_take_over_is_no_staged_one(
    certificates: tuple[SigningCertificate, ...], step: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rotation makes a new one when it finds none that can sign by the time it is needed."""
    plan = certificate_plan.plan(PARAMS, app(monkeypatch, *certificates), NOW)
    assert [each.operation for each in plan.steps] == ([step] if step else [])


@pytest.mark.parametrize(
    ("certificates", "options", "kind", "message"),
    [
        ((A,), {"which": "active"}, Conflict, "is active, so it cannot be staged"),
        ((), {"which": "newest"}, NotFound, "has no newest signing certificate"),
        ((A,), {"thumbprint": "9" * 40}, NotFound, "has no signing certificate 9999"),
        ((), {"state": "active"}, NotFound, "has no signing certificate to activate"),
        ((A, B), {"state": "active"}, InvalidInput, "Give trusted_thumbprints"),
        ((A, B), {"state": "active", "trusted_thumbprints": ["A" * 40]}, Conflict, "not in the IAM SAML provider"),
        ((A, B), {"state": "active", "trusted_thumbprints": []}, Conflict, "not in the IAM SAML provider"),
        ((A, OLD), {"state": "active", "which": "oldest", "force": True}, InvalidInput, "expired at"),
        ((A, FUTURE), {"state": "active", "which": "newest", "force": True}, InvalidInput, "is not valid before"),
        ((EXPIRED, ENDED), {"state": "active", "force": True}, InvalidInput, "Create a new one"),
        ((A, FOREIGN), {"state": "active", "thumbprint": "E" * 40, "force": True}, InvalidInput, "has no private key"),
        ((A,), {"state": "absent"}, InvalidInput, "select it"),
        ((A, NAMELESS), {"state": "absent", "thumbprint": "E" * 40}, Conflict, "has no customKeyIdentifier"),
        ((A,), {"state": "absent", "which": "newest"}, Conflict, "without it no agent could sign in"),
        ((A, B), {"state": "absent", "thumbprint": "A" * 40}, Conflict, "without it no agent could sign in"),
    ],
)
def test_refusals(
    certificates: tuple[SigningCertificate, ...],
    options: dict[str, t.Any],
    kind: type[FederationError],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(kind) as refused:
        certificate_plan.plan({**PARAMS, **options}, app(monkeypatch, *certificates), NOW)
    assert message in str(refused.value)


def test_a_note_that_is_no_time_is_none() -> None:
    """What somebody else wrote into our tag does not break the reading."""
    assert pairs({"keyCredentials": [], "tags": ["openccp.federation.activated:nonsense"]}) == ()
