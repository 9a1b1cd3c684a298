# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._rotation.decision import (
    Certificate,
    Decision,
    Federation,
    Provider,
    Rules,
    certificates_of,
    claimed_providers,
    former,
    provider_of,
)
from ansible_collections.openccp.federation.plugins.module_utils._rotation.decision import decide as decide_in

NOW: t.Final = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def after(days: float) -> dt.datetime:
    return NOW + dt.timedelta(days=days)


def certificate(
    name: str,
    begins: float,
    ends: float,
    *,
    active: bool = False,
    since: float | None = None,
    signs: bool = True,
    managed: bool = True,
) -> Certificate:
    return Certificate(
        name,
        after(begins),
        after(ends),
        active,
        None if since is None else after(since),
        signs,
        managed,
    )


def decide(
    certificates: t.Sequence[Certificate], providers: t.Sequence[Provider], now: dt.datetime, rules: Rules
) -> Decision:
    """Where this collection made A, B and Z, whether they are still in Entra ID or not, and what is managed."""
    managed = {"A", "B", "X", "Z"} - {certificate.thumbprint for certificate in certificates if not certificate.managed}
    return decide_in(Federation(certificates, providers, now, frozenset(managed)), rules)


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
    "settled in one of two": (
        [NEW, DUE],
        [SETTLED, provider("A", "B", published=("B", 0), name="two")],
        "settle",
        "B",
        (),
    ),
    "settled": ([NEW, DUE], [SETTLED], "activate", "B", ()),
    "settled, not yet valid": ([certificate("B", 1, 1095), DUE], [SETTLED], "settle", "B", ()),
    "active, the old one kept": ([JUST, OLD], [SETTLED], "watch", "B", ()),
    "active, the old one due to go": ([SIGNS, OLD], [SETTLED], "retire", "B", ("A",)),
    "two old ones": ([SIGNS, OLD, certificate("Z", -2000, -900)], [SETTLED], "retire", "B", ("Z", "A")),
    "old one gone from Entra only": ([SIGNS], [SETTLED], "retire", "B", ("A",)),
    "all gone": ([SIGNS], [provider("B", published=("B", 9e6))], "watch", "B", ()),
    "activated by hand": ([certificate("B", -8, 1087, active=True), OLD], [SETTLED], "activate", "B", ()),
    "activated by hand, not published": ([SIGNS, OLD], [provider("A")], "publish", "B", ()),
    "rolled back": (
        [certificate("B", -8, 1087), certificate("A", -1050, 37, active=True, since=-1)],
        [SETTLED],
        "held",
        "B",
        (),
    ),
    "rolled back by hand": (
        [certificate("B", -8, 1087, since=-7), certificate("A", -1050, 37, active=True)],
        [SETTLED],
        "held",
        "B",
        (),
    ),
    "rolled back and ended since": ([certificate("B", -8, 1087, since=-7), EXPIRED], [SETTLED], "activate", "B", ()),
    "ended": ([EXPIRED], [provider("A")], "stage", None, ()),
    "ended, a new one signs, unknown to AWS": ([NEW, EXPIRED], [provider("A")], "publish", "B", ()),
    "ended, a new one signs": ([NEW, EXPIRED], [provider("A", "B", published=("B", 0))], "activate", "B", ()),
    "ended, the new one not yet valid": ([certificate("B", 1, 1095), EXPIRED], [provider("A")], "stage", None, ()),
    "both ended": ([certificate("B", -400, -1), EXPIRED], [provider("A", "B")], "stage", None, ()),
    "ended, of two new ones one is valid": (
        [NEW, certificate("C", 1, 2000), EXPIRED],
        [provider("A", "B", "C")],
        "activate",
        "B",
        (),
    ),
    "staged, to begin when the active one has ended": ([certificate("B", 50, 1095), DUE], [SETTLED], "stage", None, ()),
    "foreign, without a private key": (
        [FRESH, certificate("X", -1, 2000, signs=False)],
        [provider("A", "X")],
        "watch",
        "A",
        (),
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_what_both_clouds_show_decides_the_stage(case: str) -> None:
    certificates, providers, stage, thumbprint, retired = TABLE[case]
    decision = decide(certificates, providers, NOW, Rules())
    assert (decision.stage, decision.thumbprint, decision.retired) == (stage, thumbprint, retired), decision.message
    assert decide(certificates[::-1], providers[::-1], NOW, Rules()).stage == stage


@pytest.mark.parametrize(
    ("case", "since"),
    [("ended", -5), ("ended, a new one signs, unknown to AWS", -5), ("activated by hand, not published", -7.5)],
)
def test_failing_sign_ins_are_reported(case: str, since: float) -> None:
    certificates, providers = TABLE[case][:2]
    assert decide(certificates, providers, NOW, Rules()).failing_since == after(since)


@pytest.mark.parametrize("case", TABLE)
def test_a_certificate_that_a_provider_lacks_is_never_activated(case: str) -> None:
    """The promise behind the order, over every state of the table."""
    certificates, providers = TABLE[case][:2]
    for rules in (
        Rules(),
        Rules(resume=True),
        Rules(settle_seconds=0),
        Rules(retire_after_days=0, renew_when_days_left=0),
    ):
        decision = decide(certificates, providers, NOW, rules)
        if decision.stage == "activate":
            assert all(decision.thumbprint in provider.thumbprints for provider in providers)
        assert not {certificate.thumbprint for certificate in certificates if certificate.active} & set(
            decision.retired
        )


def test_a_rotation_that_was_rolled_back_goes_on_if_requested() -> None:
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
                Certificate(
                    certificate.thumbprint,
                    certificate.not_before,
                    certificate.not_after,
                    certificate.thumbprint == "B",
                    now if certificate.thumbprint == "B" else None,
                )
                for certificate in certificates
            ]
        elif decision.stage == "retire":
            certificates = [
                certificate for certificate in certificates if certificate.thumbprint not in decision.retired
            ]
            trusting = Provider(trusting.arn, trusting.thumbprints - set(decision.retired), trusting.published)
        elif len(certificates) == 1:
            break
        else:
            now += dt.timedelta(days=1)
    assert seen == ["stage", "publish", "settle", "activate", *["watch"] * 7, "retire", "watch"]


@pytest.mark.parametrize(
    ("certificates", "providers", "message"), [([NEW], [SETTLED], "no active"), ([FRESH], [], "No SAML provider")]
)
def test_what_is_no_federation_is_refused(
    certificates: list[Certificate], providers: list[Provider], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        decide(certificates, providers, NOW, Rules())


def test_what_the_modules_return_is_understood() -> None:
    dates = {"not_before": "2026-01-01T00:00:00Z", "not_after": "2029-01-01T00:00:00Z"}
    values = {
        "thumbprint": "A",
        **dates,
        "active": True,
        "can_sign": True,
        "managed": False,
        "activated_at": "2026-01-02T00:00:00Z",
    }
    (certificate,) = certificates_of({"certificates": [values]})
    begins, ends, since = (dt.datetime(*date, tzinfo=dt.UTC) for date in ((2026, 1, 1), (2029, 1, 1), (2026, 1, 2)))
    assert certificate == Certificate("A", begins, ends, True, since, managed=False)
    provider = provider_of(
        {
            "arn": "arn:one",
            "certificates": [{"thumbprint": "A"}],
            "tags": {"certificate-published": "A@2026-06-01T00:00:00Z"},
        }
    )
    assert provider == Provider("arn:one", frozenset({"A"}), ("A", NOW))
    assert provider_of({"arn": "arn:one", "tags": {"certificate-published": "nonsense"}}) == Provider(
        "arn:one", frozenset()
    )


#: whether a rotation is due, who made the certificate X, where X stands, whether IAM holds it → the stage, its
#: certificate, those retired
OWNERS: t.Final[dict[tuple[str, str, str, str], tuple[str, str | None, tuple[str, ...]]]] = {
    ("not due", "managed", "inactive, ends later", "in IAM"): ("activate", "X", ()),
    ("not due", "managed", "inactive, ends later", "not in IAM"): ("publish", "X", ()),
    ("not due", "managed", "inactive, ends earlier", "in IAM"): ("retire", "A", ("X",)),
    ("not due", "managed", "inactive, ends earlier", "not in IAM"): ("retire", "A", ("X",)),
    ("not due", "managed", "active", "in IAM"): ("retire", "X", ("Z",)),
    ("not due", "managed", "active", "not in IAM"): ("publish", "X", ()),
    ("not due", "managed", "gone from Entra ID", "in IAM"): ("retire", "A", ("X",)),
    ("not due", "foreign", "inactive, ends later", "in IAM"): ("watch", "A", ()),
    ("not due", "foreign", "inactive, ends later", "not in IAM"): ("watch", "A", ()),
    ("not due", "foreign", "inactive, ends earlier", "in IAM"): ("watch", "A", ()),
    ("not due", "foreign", "inactive, ends earlier", "not in IAM"): ("watch", "A", ()),
    ("not due", "foreign", "active", "in IAM"): ("watch", "X", ()),
    ("not due", "foreign", "active", "not in IAM"): ("publish", "X", ()),
    ("not due", "foreign", "gone from Entra ID", "in IAM"): ("watch", "A", ()),
    ("due", "managed", "inactive, ends later", "in IAM"): ("activate", "X", ()),
    ("due", "managed", "inactive, ends later", "not in IAM"): ("publish", "X", ()),
    ("due", "managed", "inactive, ends earlier", "in IAM"): ("stage", None, ()),
    ("due", "managed", "inactive, ends earlier", "not in IAM"): ("stage", None, ()),
    ("due", "managed", "active", "in IAM"): ("stage", None, ()),
    ("due", "managed", "active", "not in IAM"): ("publish", "X", ()),
    ("due", "managed", "gone from Entra ID", "in IAM"): ("stage", None, ()),
    ("due", "foreign", "inactive, ends later", "in IAM"): ("stage", None, ()),
    ("due", "foreign", "inactive, ends later", "not in IAM"): ("stage", None, ()),
    ("due", "foreign", "inactive, ends earlier", "in IAM"): ("stage", None, ()),
    ("due", "foreign", "inactive, ends earlier", "not in IAM"): ("stage", None, ()),
    ("due", "foreign", "active", "in IAM"): ("stage", None, ()),
    ("due", "foreign", "active", "not in IAM"): ("publish", "X", ()),
    ("due", "foreign", "gone from Entra ID", "in IAM"): ("stage", None, ()),
    ("ended", "managed", "inactive, ends later", "in IAM"): ("activate", "X", ()),
    ("ended", "managed", "inactive, ends later", "not in IAM"): ("publish", "X", ()),
    ("ended", "foreign", "inactive, ends later", "in IAM"): ("watch", "X", ()),
    ("ended", "foreign", "inactive, ends later", "not in IAM"): ("publish", "X", ()),
}
LEFT: t.Final = {"not due": 900, "due": 40, "ended": -1}


def federation(due: str, owner: str, place: str, held: str) -> Federation:
    """A is active and ours, and X stands beside it; or X is active and Z, an old one of ours, is still there."""
    left, managed = LEFT[due], owner == "managed"
    active = certificate("A", -100, left, active=True, since=-100)
    certificates = {
        "inactive, ends later": [active, certificate("X", -1, 1095, managed=managed)],
        "inactive, ends earlier": [active, certificate("X", -50, left - 1, managed=managed)],
        "active": [
            certificate("X", -50, left, active=True, since=-50 if managed else None, managed=managed),
            certificate("Z", -1000, 30),
        ],
        "gone from Entra ID": [active],
    }[place]
    names = {certificate.thumbprint for certificate in certificates} - {"X"} | ({"X"} if held == "in IAM" else set())
    managed = frozenset({"A", "Z", *(("X",) if managed else ())})
    return Federation(
        certificates, [provider(*names, published=("X", 301) if held == "in IAM" else None)], NOW, managed
    )


@pytest.mark.parametrize("case", OWNERS, ids=", ".join)
def test_only_what_was_made_here_is_activated_or_retired(case: tuple[str, str, str, str]) -> None:
    decision = decide_in(federation(*case), Rules())
    assert (decision.stage, decision.thumbprint, decision.retired) == OWNERS[case], decision.message
    assert ("X" in decision.unmanaged) is (case[1] == "foreign" and not (case[0] == "ended" or decision.retired))
    assert ("X (" in decision.notice) is ("X" in decision.unmanaged)


@pytest.mark.parametrize("case", [case for case in OWNERS if case[1] == "foreign"], ids=", ".join)
def test_what_others_made_is_taken_over_if_requested(case: tuple[str, str, str, str]) -> None:
    """With both options a certificate of others is what one of ours would be."""
    due, _owner, place, held = case
    decision = decide_in(federation(*case), Rules(adopt_unmanaged=True, remove_unmanaged=True))
    same = OWNERS[due, "managed", place, held]
    if place == "active" and same[0] == "retire":
        same = ("activate", "X", ())  # since when it is active is noted first
    assert (decision.stage, decision.thumbprint, decision.retired) == same, decision.message


def test_what_others_made_is_removed_when_told_and_nothing_is_activated() -> None:
    for place, held in (
        ("inactive, ends later", "in IAM"),
        ("inactive, ends earlier", "not in IAM"),
        ("gone from Entra ID", "in IAM"),
    ):
        decision = decide_in(federation("not due", "foreign", place, held), Rules(remove_unmanaged=True))
        assert (decision.stage, decision.retired) == ("retire", ("X",)), place


@pytest.mark.parametrize("case", TABLE)
def test_no_certificate_of_others_is_ever_touched_unless_requested(case: str) -> None:
    """Every state of the table, with every choice of the certificates that others made."""
    certificates, providers = TABLE[case][:2]
    for foreign in itertools.product((True, False), repeat=len(certificates)):
        mixed = [
            dataclasses.replace(certificate, managed=not other)
            for certificate, other in zip(certificates, foreign, strict=True)
        ]
        theirs = {certificate.thumbprint for certificate in mixed if not certificate.managed}
        for rules in (
            Rules(),
            Rules(resume=True, settle_seconds=0, retire_after_days=0),
            Rules(replaced="B", compromised=False),
        ):
            decision = decide(mixed, providers, NOW, rules)
            assert decision.stage != "activate" or decision.thumbprint not in theirs, decision.message
            assert theirs.isdisjoint(decision.retired), decision.message


def test_a_certificate_of_others_that_signs_is_replaced_before_it_ends() -> None:
    """Entra ID signs with it, because ours has ended; nothing but a new one of ours keeps agents in once that has ended
    as well.
    """
    certificates = [EXPIRED, certificate("X", -1, 40, managed=False)]
    decision = decide(certificates, [provider("A", "X")], NOW, Rules())
    assert decision.stage == "stage"
    assert "X" in decision.message


REPLACED: t.Final = Rules(replaced="A")
COMPROMISED: t.Final = Rules(replaced="A", compromised=True)


def test_a_certificate_is_replaced_at_once_if_requested() -> None:
    """The active one that is named, once; what takes its place is not replaced in turn."""
    young = certificate("A", -2, 1093, active=True, since=-2)
    assert decide([young], [provider("A")], NOW, REPLACED).stage == "stage"
    assert decide([young, NEW], [SETTLED], NOW, REPLACED).stage == "activate"
    just = certificate("B", -0.01, 1095, active=True, since=-0.01)
    kept = decide([just, certificate("A", -2, 1093)], [SETTLED], NOW, REPLACED)
    assert (kept.stage, kept.unproven) == ("watch", True)


@pytest.mark.parametrize("managed", [True, False])
def test_a_compromised_certificate_goes_at_once(managed: bool) -> None:
    young = certificate("A", -2, 1093, active=True, since=-2, managed=managed)
    first = decide([young], [provider("A")], NOW, COMPROMISED)
    assert first.stage == "stage"
    assert "no rollback" in first.message
    just = certificate("B", -0.01, 1095, active=True, since=-0.01)
    decision = decide([just, certificate("A", -2, 1093, managed=managed)], [SETTLED], NOW, COMPROMISED)
    assert (decision.stage, decision.retired) == ("retire", ("A",))


def test_a_compromised_certificate_still_goes_at_once_in_a_second_run() -> None:
    """The first run was stopped after the activation, so the second one does not know what the first one replaced."""
    just = certificate("B", -0.01, 1095, active=True, since=-0.01)
    assert decide([just, certificate("A", -2, 1093)], [SETTLED], NOW, Rules(compromised=True)).retired == ("A",)
    idle = decide([just], [provider("B")], NOW, Rules(compromised=True))
    assert idle.stage == "watch"
    assert "certificate_rotation_now" in idle.message


def test_what_would_end_before_what_it_replaces_is_refused() -> None:
    young = certificate("A", -2, 1093, active=True, since=-2)
    with pytest.raises(InvalidInput, match="365 days would expire before A"):
        decide([young], [provider("A")], NOW, Rules(replaced="A", validity_days=365))


def test_the_way_back_is_the_last_to_end_of_those_that_can_sign_everywhere() -> None:
    certificates = [
        SIGNS,
        certificate("A", -1050, 37),
        certificate("Z", -1050, 36),
        certificate("C", -1050, 38),
        certificate("D", -9, -1),
    ]
    trusting = provider("A", "B", "D", "Z")
    assert former(Federation(certificates, [trusting], NOW)) == "A"
    assert former(Federation([SIGNS], [trusting], NOW)) is None


def test_the_providers_that_role_claims_name() -> None:
    """In either order, of several claims, each once; other claims and Role claims that come from an attribute name
    none.
    """
    role, provider_arn = "arn:aws:iam::111122223333:role/A", "arn:aws:iam::111122223333:saml-provider/Entra"
    other = "arn:aws-us-gov:iam::444455556666:saml-provider/Entra"
    name = "https://aws.amazon.com/SAML/Attributes/Role"
    claims = [
        {"name": name, "value": f"{role}, {provider_arn}"},
        {"name": name, "value": f"{provider_arn},{role}"},
        {"name": name, "value": f"{role},{other}"},
        {"name": name, "source": "user.extensionattribute1"},
        {"name": f"{name}SessionName", "value": "arn:aws:iam::999999999999:saml-provider/No"},
    ]
    assert claimed_providers(claims) == sorted([provider_arn, other])
    assert claimed_providers([]) == []
