# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml.rotation import (
    Certificate,
    Decision,
    Provider,
    Rules,
    certificates_of,
    decide,
    provider_of,
)

NOW: t.Final = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def at(days: float) -> dt.datetime:
    return NOW + dt.timedelta(days=days)


def certificate(
    name: str, begins: float, ends: float, *, active: bool = False, since: float | None = None, signs: bool = True
) -> Certificate:
    return Certificate(name, at(begins), at(ends), active, None if since is None else at(since), signs)


def provider(*names: str, published: tuple[str, float] | None = None, name: str = "one") -> Provider:
    """published: which certificate, and how many seconds ago."""
    noted = (published[0], NOW - dt.timedelta(seconds=published[1])) if published else None
    return Provider(f"arn:{name}", frozenset(names), noted)


FRESH: t.Final = certificate("A", -100, 900, active=True, since=-100)
DUE: t.Final = certificate("A", -1050, 44.5, active=True, since=-1050)
NEW: t.Final = certificate("B", -0.01, 1095)
SIGNS: t.Final = certificate("B", -8, 1087, active=True, since=-7.5)
JUST: t.Final = certificate("B", -8, 1087, active=True, since=-6.9)
OLD: t.Final = certificate("A", -1050, 37)
EXPIRED: t.Final = certificate("A", -1100, -5, active=True, since=-1100)
SETTLED: t.Final = provider("A", "B", published=("B", 301))

#: what both clouds show → the stage, its certificate, and those that are retired
TABLE: t.Final[dict[str, tuple[list[Certificate], list[Provider], str, str | None, tuple[str, ...]]]] = {
    "far from its end": ([FRESH], [provider("A")], "watch", "A", ()),
    "46 days left": ([certificate("A", -1, 46, active=True)], [provider("A")], "watch", "A", ()),
    "45 days left": ([certificate("A", -1, 45, active=True)], [provider("A")], "watch", "A", ()),
    "44 days left": ([DUE], [provider("A")], "stage", None, ()),
    "staged": ([NEW, DUE], [provider("A")], "publish", "B", ()),
    "staged early by hand": ([NEW, FRESH], [provider("A")], "publish", "B", ()),
    "published to one of two": ([NEW, DUE], [SETTLED, provider("A", name="two")], "publish", "B", ()),
    "published, not noted": ([NEW, DUE], [provider("A", "B")], "publish", "B", ()),
    "an earlier note": ([NEW, DUE], [provider("A", "B", published=("A", 9e6))], "publish", "B", ()),
    "just published": ([NEW, DUE], [provider("A", "B", published=("B", 10))], "settle", "B", ()),
    "settled in one of two": ([NEW, DUE], [SETTLED, provider("A", "B", published=("B", 0), name="two")], "settle", "B", ()),
    "settled": ([NEW, DUE], [SETTLED], "activate", "B", ()),
    "settled, not yet valid": ([certificate("B", 1, 1095), DUE], [SETTLED], "settle", "B", ()),
    "active, the old one kept": ([JUST, OLD], [SETTLED], "watch", "B", ()),
    "active, the old one due to go": ([SIGNS, OLD], [SETTLED], "retire", "B", ("A",)),
    "two old ones": ([SIGNS, OLD, certificate("Z", -2000, -900)], [SETTLED], "retire", "B", ("Z", "A")),
    "old one gone from Entra only": ([SIGNS], [SETTLED], "retire", "B", ("A",)),
    "all gone": ([SIGNS], [provider("B", published=("B", 9e6))], "watch", "B", ()),
    "activated by hand": ([certificate("B", -8, 1087, active=True), OLD], [SETTLED], "activate", "B", ()),
    "activated by hand, not published": ([SIGNS, OLD], [provider("A")], "publish", "B", ()),
    "rolled back": ([certificate("B", -8, 1087), certificate("A", -1050, 37, active=True, since=-1)], [SETTLED], "held", "B", ()),
    "rolled back by hand": ([certificate("B", -8, 1087, since=-7), certificate("A", -1050, 37, active=True)], [SETTLED], "held", "B", ()),
    "rolled back and ended since": ([certificate("B", -8, 1087, since=-7), EXPIRED], [SETTLED], "activate", "B", ()),
    "ended": ([EXPIRED], [provider("A")], "stage", None, ()),
    "ended, a new one signs, unknown to AWS": ([NEW, EXPIRED], [provider("A")], "publish", "B", ()),
    "ended, a new one signs": ([NEW, EXPIRED], [provider("A", "B", published=("B", 0))], "activate", "B", ()),
    "ended, the new one not yet valid": ([certificate("B", 1, 1095), EXPIRED], [provider("A")], "stage", None, ()),
    "both ended": ([certificate("B", -400, -1), EXPIRED], [provider("A", "B")], "stage", None, ()),
    "ended, of two new ones one is valid": ([NEW, certificate("C", 1, 2000), EXPIRED], [provider("A", "B", "C")], "activate", "B", ()),
    "staged, to begin when the active one has ended": ([certificate("B", 50, 1095), DUE], [SETTLED], "stage", None, ()),
    "foreign, without a private key": ([FRESH, certificate("X", -1, 2000, signs=False)], [provider("A", "X")], "watch", "A", ()),
}


@pytest.mark.parametrize("case", TABLE)
def test_what_both_clouds_show_decides_the_stage(case: str) -> None:
    certificates, providers, stage, thumbprint, retired = TABLE[case]
    decision = decide(certificates, providers, NOW, Rules())
    assert (decision.stage, decision.thumbprint, decision.retired) == (stage, thumbprint, retired), decision.says
    assert decide(certificates[::-1], providers[::-1], NOW, Rules()).stage == stage


@pytest.mark.parametrize(
    ("case", "since"), [("ended", -5), ("ended, a new one signs, unknown to AWS", -5), ("activated by hand, not published", -7.5)]
)
def test_failing_sign_ins_are_told_of(case: str, since: float) -> None:
    certificates, providers = TABLE[case][:2]
    assert decide(certificates, providers, NOW, Rules()).failing_since == at(since)


@pytest.mark.parametrize("case", TABLE)
def test_a_certificate_that_a_provider_lacks_is_never_activated(case: str) -> None:
    """The promise behind the order, over every state of the table."""
    certificates, providers = TABLE[case][:2]
    for rules in (Rules(), Rules(resume=True), Rules(settle_seconds=0), Rules(retire_after_days=0, renew_when_days_left=0)):
        decision = decide(certificates, providers, NOW, rules)
        if decision.stage == "activate":
            assert all(decision.thumbprint in one.thumbprints for one in providers)
        assert not {one.thumbprint for one in certificates if one.active} & set(decision.retired)


def test_a_rotation_that_was_rolled_back_goes_on_when_told() -> None:
    certificates, providers = TABLE["rolled back"][:2]
    assert decide(certificates, providers, NOW, Rules(resume=True)).stage == "activate"


def test_the_wait_is_what_is_left_of_it() -> None:
    certificates, providers = TABLE["just published"][:2]
    assert decide(certificates, providers, NOW, Rules()).wait_seconds == 290
    assert decide(certificates, providers, NOW, Rules(settle_seconds=10)).stage == "activate"


def test_a_run_through_the_stages_ends_in_watch() -> None:
    """Doing what is decided, from a certificate that is due: each state leads to the next, and the last one rests."""
    certificates, trusting = [DUE], provider("A")
    now, seen = NOW, []
    while True:
        decision: Decision = decide(certificates, [trusting], now, Rules())
        seen.append(decision.stage)
        if decision.stage == "stage":
            certificates = [*certificates, Certificate("B", now, now + dt.timedelta(days=1095))]
        elif decision.stage == "publish":
            trusting = Provider(trusting.arn, trusting.thumbprints | {"B"}, ("B", now))
        elif decision.stage == "settle":
            now += dt.timedelta(seconds=decision.wait_seconds)
        elif decision.stage == "activate":
            certificates = [
                Certificate(one.thumbprint, one.not_before, one.not_after, one.thumbprint == "B", now if one.thumbprint == "B" else None)
                for one in certificates
            ]
        elif decision.stage == "retire":
            certificates = [one for one in certificates if one.thumbprint not in decision.retired]
            trusting = Provider(trusting.arn, trusting.thumbprints - set(decision.retired), trusting.published)
        elif len(certificates) == 1:
            break
        else:
            now += dt.timedelta(days=1)
    assert seen == ["stage", "publish", "settle", "activate", *["watch"] * 7, "retire", "watch"]


@pytest.mark.parametrize(("certificates", "providers", "told"), [([NEW], [SETTLED], "no active"), ([FRESH], [], "No IAM SAML provider")])
def test_what_is_no_federation_is_refused(certificates: list[Certificate], providers: list[Provider], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        decide(certificates, providers, NOW, Rules())


def test_what_the_modules_return_is_understood() -> None:
    dates = {"not_before": "2026-01-01T00:00:00Z", "not_after": "2029-01-01T00:00:00Z"}
    shown = {"thumbprint": "A", **dates, "active": True, "can_sign": True, "activated_at": "2026-01-02T00:00:00Z"}
    (one,) = certificates_of({"certificates": [shown]})
    assert one == Certificate(
        "A", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2029, 1, 1, tzinfo=dt.UTC), True, dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    )
    found = provider_of(
        {"arn": "arn:one", "certificates": [{"thumbprint": "A"}], "tags": {"certificate-published": "A@2026-06-01T00:00:00Z"}}
    )
    assert found == Provider("arn:one", frozenset({"A"}), ("A", NOW))
    assert provider_of({"arn": "arn:one", "tags": {"certificate-published": "nonsense"}}) == Provider("arn:one", frozenset())
