# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of federations, healthy and not, as a report is made of them. Imports the collection, so it is for processes
that can.
"""

from __future__ import annotations

import typing as t
from datetime import timedelta

from ansible_collections.openccp.federation.plugins.module_utils._checks import facts as f
from ansible_collections.openccp.federation.plugins.module_utils._checks import findings as report
from ansible_collections.openccp.federation.plugins.module_utils._checks.overview import overview
from ansible_collections.openccp.federation.plugins.module_utils._checks.sign_in_path import every_finding
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import SamlProvider

import check_factory as m
import saml_factory as material

NOW: t.Final = "2026-01-31T12:00:00Z"
JOHN: t.Final = "john.roe@example.com"
ANN: t.Final = "ann.poe@example.com"


def result(facts: f.Facts) -> dict[str, t.Any]:
    """What federation_check returns of these facts, with an overview."""
    every = every_finding(facts)
    findings = report.in_order(every)
    return {
        "version": report.VERSION,
        "ok": report.is_ok(findings, "fail"),
        "summary": report.summary(findings),
        "counts": report.counts(findings),
        "findings": [finding.as_dict() for finding in findings],
        "table": report.table(findings),
        "overview": overview(facts, every),
    }


def check(host: str, facts: f.Facts) -> dict[str, t.Any]:
    """A host that could be checked."""
    return {"host": host, "result": result(facts)}


def healthy() -> f.Facts:
    """Everybody gets in."""
    return m.facts(users=m.users(profile_names={"agent": "Agent", "quality": "QualityAnalyst"}))


def in_trouble() -> f.Facts:
    """The certificate comes near its end, its successor is not in AWS, and three people cannot sign in for three
    reasons.
    """
    others = [
        m.person(name=name, id=name, attributes={"userprincipalname": name, "mail": name}, through=through)
        for name, through in ((JOHN, ("Agents",)), (ANN, ()), ("bob.loe@example.com", ("Agents",)))
    ]
    users = m.users(
        m.user(modified=material.NOW - timedelta(days=30)),
        m.user(username=ANN),
        m.user(username="bob.loe@example.com", profiles=("quality",)),
        m.user(username="former@example.com"),
        profile_names={"agent": "Agent", "quality": "QualityAnalyst"},
    )
    keys = (m.key("active", -1075, 20), m.key("next", -1, 1094, active=False))
    desired = m.desired(everyone=True, embedding_origins=("https://desk.example.com",))
    instance = f.Instance(m.INSTANCE, "example", not_readable={"origins": "Denied."})
    return m.facts(
        desired=desired,
        application=m.application(keys=keys, relay_state=None),
        people=(m.person(), *others),
        providers={m.PROVIDER: SamlProvider(m.PROVIDER, m.metadata_of("active", -1075, 20))},
        users=users,
        instance=instance,
    )
