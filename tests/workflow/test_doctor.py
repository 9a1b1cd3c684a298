# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doctor is right: it names what is broken, with what the agent sees, blames nothing else, and what it advises helps."""

from __future__ import annotations

import collections.abc
import functools
import itertools
import re
import typing as t

import botocore.loaders
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from illnesses import ILLNESSES, Illness
from patient import ENVIRONMENT, JANE, Patient

from federation_sandbox import walk
from federation_sandbox.entra import certificates
from federation_sandbox.testing import Sandbox, running_sandbox

#: where a sign-in ends without a message of the clouds, or with one whose words no source has, and how the doctor tells it
PLACES: t.Final = {
    "console-home": "The agent lands on the home page of the AWS console.",
    "role-picker": "The agent is asked to choose a role.",
    "agent-home": "The agent lands on another page of the instance.",
    "elsewhere": "The agent ends at an address that is not AWS's sign-in.",
    "You do not have permission to view this page. Ask an administrator to change your security profile.": (
        "The Contact Control Panel does not open for the agent."
    ),
    "The address that you are to be sent to is not among the approved origins.": "The agent is not sent on to the page.",
}


@pytest.fixture(scope="module")
def ward() -> collections.abc.Iterator[Ward]:
    """A sandbox with its environment, where patients are treated one after the other."""
    with pytest.MonkeyPatch.context() as patch, running_sandbox() as sandbox:
        keys = itertools.cycle([certificates.new_key() for dummy in range(4)])
        patch.setattr(certificates, "new_key", lambda: t.cast(rsa.RSAPrivateKey, next(keys)))
        # Every client reads AWS's models anew, which is most of the time that these tests would take.
        patch.setattr(botocore.loaders.JSONFileLoader, "load_file", functools.cache(botocore.loaders.JSONFileLoader.load_file))
        patch.setattr(botocore.loaders, "JSONFileLoader", functools.cache(botocore.loaders.JSONFileLoader))
        for name, value in {**sandbox.environment, **ENVIRONMENT}.items():
            patch.setenv(name, value)
        yield Ward(sandbox)


class Ward:
    """Gives a healthy federation: the last one, when it was mended, else a new one."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.healthy: Patient | None = None

    def admit(self, *, fresh: bool = False, **application: t.Any) -> Patient:
        """A healthy federation whose application has these options; a new one, in which nobody has signed in yet, when it must be fresh."""
        patient = self.healthy
        self.healthy = None
        if patient is None or fresh or application:
            self.sandbox.world.reset()
            self.sandbox.world.settings.limits = False
            patient = Patient(self.sandbox, **application)
        return patient


def failing(report: dict[str, t.Any], status: str = "fail") -> dict[str, dict[str, t.Any]]:
    """The findings of a status, by hop."""
    return {finding["hop"]: finding for finding in report["findings"] if finding["status"] == status}


def shows(seen: walk.SignIn, symptom: str) -> bool:
    """Whether the page at which a sign-in ended is the one that the doctor foretold."""
    code = re.match(r"AADSTS\d+", symptom)
    if code:
        return f"{code[0]}:" in seen.text
    place = PLACES.get(seen.text) or PLACES.get(seen.outcome)
    if seen.outcome == "elsewhere":
        return symptom in (place, "The agent is sent to the sign-on URL and not to AWS.")
    return symptom == place if place else bool(symptom) and symptom in seen.text


@pytest.mark.parametrize("illness", ILLNESSES, ids=lambda illness: illness.name)
def test_the_cause_is_named_and_the_advice_helps(illness: Illness, ward: Ward) -> None:
    patient = ward.admit(fresh=illness.fresh, **illness.application)
    illness.breaks(patient)
    seen = patient.sign_in(illness.user)
    assert not seen.ok, seen
    report = patient.check(illness.user, destination=illness.destination)
    found = failing(report, illness.status).get(illness.hop)
    assert found, f"{illness.hop} is not named; the agent sees {seen.text!r}\n" + "\n".join(report["table"])
    assert shows(seen, found["symptom"]), f"{found['symptom']!r} is not what the agent sees: {seen}"
    others = set(failing(report)) - {illness.hop, *illness.follows}
    assert not others, f"{others} are blamed as well\n" + "\n".join(report["table"])
    assert illness.advice in found["fix"], found["fix"]
    illness.mends(patient)
    seen = patient.sign_in(illness.user)
    assert seen.ok or seen.url.startswith("https://desk.example.com"), f"still {seen}"
    after = patient.check(illness.user, destination=illness.destination)
    assert not failing(after), "\n".join(after["table"])
    if not illness.fresh and not illness.application and illness.user == JANE:
        ward.healthy = patient


def test_nothing_is_found_where_nothing_is_wrong(ward: Ward) -> None:
    patient = ward.admit(fresh=True)
    assert patient.sign_in().ok
    for people in ((), (JANE,)):
        report = patient.check(*people)
        assert not failing(report), "\n".join(report["table"])
        assert not failing(report, "warning"), "\n".join(report["table"])
    assert patient.check(everyone_assigned=True)["ok"]


def test_the_table_is_long_enough() -> None:
    assert len(ILLNESSES) >= 40
    assert len({illness.name for illness in ILLNESSES}) == len(ILLNESSES)
