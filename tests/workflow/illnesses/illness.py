# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a way to break a federation is, and what several of them share."""

from __future__ import annotations

import dataclasses
import typing as t

from patient import JANE, Patient

Act = t.Callable[[Patient], t.Any]


@dataclasses.dataclass(frozen=True)
class Illness:
    """One way to break it.

    advice: words of the fix that mend then follows. user: who signs in. status: of the finding. follows: hops that fail as a direct
    consequence. destination: of the agents, as the federation is meant to be. fresh: whether it takes clouds of its own, in which
    nobody signed in before and nobody is treated afterwards. application: options that the healthy one has.
    """

    name: str
    hop: str
    breaks: Act
    mends: Act
    advice: str
    user: str = JANE
    status: str = "fail"
    follows: tuple[str, ...] = ()
    destination: str = "/ccp-v2"
    fresh: bool = False
    application: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)


def have_application(patient: Patient) -> None:
    patient.have_application()


def have_provider(patient: Patient) -> None:
    patient.have_provider()


def have_role(patient: Patient) -> None:
    patient.have_role()


def have_user(patient: Patient) -> None:
    patient.have_user()


def set_claim(name: str, *entries: dict[str, str]) -> Act:
    return lambda patient: patient.set_claim(name, *entries)
