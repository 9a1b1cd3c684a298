# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hops: one fact is changed, and one hop says so."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from datetime import timedelta

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._checks import aws_hops, symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import (
    ConnectUser,
    Facts,
)
from ansible_collections.openccp.federation.plugins.module_utils._checks.hops import OF_APPLICATION
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path
from ansible_collections.openccp.federation.plugins.module_utils._checks.sign_in_path import check
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import PrivateKey, SamlProvider

import check_factory as m
from broken_federations import (
    FAILING,
    JOHN,
    MORE_FAILING,
    OTHER_INSTANCE,
    OTHER_PROVIDER,
    OTHER_ROLE,
    claimed,
    people,
    permission,
    relay,
)
from saml_factory import NOW
from unbroken_federations import HEALTHY, UNKNOWN, WARNINGS


@pytest.mark.parametrize("name", FAILING)
def test_what_fails(name: str) -> None:
    known, hop, symptom, words = FAILING[name]
    problems = m.problems(known)
    failed = {finding.hop: finding for finding in problems.values() if finding.status == "fail"}
    assert set(failed) == {hop}, failed
    assert failed[hop].symptom == symptom
    assert words in failed[hop].reason
    assert failed[hop].fix
    assert hop in {finding.hop for finding in check(known)}


def test_nothing_is_found_on_a_healthy_path() -> None:
    assert m.problems(m.facts()) == {}
    assert m.problems(m.facts(people=(), users=m.f.Users())) == {}
    assert m.problems(m.facts(desired=m.desired(role_arn=None, provider_arn=None, destination=None))) == {}


@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_healthy_as_well(name: str) -> None:
    assert m.problems(HEALTHY[name]) == {}


@pytest.mark.parametrize("name", WARNINGS)
def test_what_deserves_a_warning(name: str) -> None:
    known, hop, words = WARNINGS[name]
    problems = m.problems(known)
    assert {finding.hop: finding.status for finding in problems.values()} == {hop: "warning"}
    assert words in problems[hop].reason


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_told(name: str) -> None:
    known, hops, words = UNKNOWN[name]
    problems = m.problems(known)
    assert {hop: finding.status for hop, finding in problems.items()} == dict.fromkeys(hops, "unknown")
    assert any(words in finding.reason for finding in problems.values())


def test_without_an_application_nothing_of_it_is_judged() -> None:
    problems = m.problems(MORE_FAILING["no application"])
    assert problems.pop("application").symptom == symptoms.NO_SUCH_APPLICATION
    assert {hop: finding.status for hop, finding in problems.items()} == dict.fromkeys(
        (*OF_APPLICATION, "provider", "role"), "unknown"
    )
    with pytest.raises(InvalidInput):
        Path(m.facts(application=None)).application  # noqa: B018


def test_without_a_claim_and_an_option_there_is_no_role_to_judge() -> None:
    known = m.facts(
        application=m.application(definitions=(m.policy(Role=None),)),
        desired=m.desired(role_arn=None, provider_arn=None),
    )
    problems = m.problems(known)
    assert problems["claims"].status == "fail"
    assert problems["provider"].status == problems["role"].status == "unknown"
    assert "permissions" not in problems


def test_an_instance_that_is_gone() -> None:
    problems = m.problems(MORE_FAILING["no instance"])
    assert problems["instance"].symptom == symptoms.NOT_ONBOARDED
    assert problems["user"].status == "unknown"


def test_a_source_identity_that_aws_refuses() -> None:
    assert m.problems(MORE_FAILING["source identity"])["claims"].symptom == symptoms.SOURCE_IDENTITY_MUST_MATCH


def test_another_account_s_role() -> None:
    role, provider = (arn.replace("111122223333", "999988887777") for arn in (m.ROLE, m.PROVIDER))
    known = m.facts(
        desired=m.desired(role_arn=None, provider_arn=None),
        application=m.application(definitions=(m.policy(Role=f"{role},{provider}"),)),
        roles={role: m.role(arn=role)},
        providers={provider: m.provider()},
    )
    assert m.problems(known)["role_claim"].symptom == symptoms.DENIED


def test_permissions_of_several_people() -> None:
    john = m.person(name="john.roe@example.com", id="h", attributes={"userprincipalname": "john.roe@example.com"})
    resource = f"{m.INSTANCE}/user/*:{m.JANE}"
    known = people(
        m.person(),
        john,
        users=m.users(m.user(), ConnectUser("john.roe@example.com", NOW, ("agent",))),
        roles={m.ROLE: m.role(policies=permission(Resource=resource))},
    )
    finding = m.problems(known)["permissions"]
    assert finding.evidence["session_names"] == ["john.roe@example.com"]
    nobody = dataclasses.replace(known, roles={m.ROLE: m.role(policies={})})
    assert "2 people" in m.problems(nobody)["permissions"].reason


def test_what_entra_assigns_to_no_group_needs_no_licence() -> None:
    assert "tenant" not in {finding.hop for finding in check(m.with_application(groups=()))}


def test_an_ended_certificate_signs_on_without_a_claims_policy() -> None:
    known = m.with_application(definitions=(), managed=False, keys=(m.key("active", -20, -1),))
    metadata = m.metadata.Metadata(m.ENTITY_ID, (m.certificate("active", -20, -1),), (), (), "")
    problems = m.problems(dataclasses.replace(known, providers={m.PROVIDER: SamlProvider(m.PROVIDER, metadata)}))
    assert "expired on" in problems["certificate"].reason
    assert m.problems(MORE_FAILING["no signing key"])["certificate"].symptom == symptoms.NO_SIGNING_KEY


def test_another_instance_without_a_role() -> None:
    known = relay(m.RELAY_STATE.replace(m.INSTANCE_ID, OTHER_INSTANCE), roles={m.ROLE: None})
    assert m.problems(known)["relay_state"].symptom == ""


def test_what_is_to_be_read_of_iam() -> None:
    path = Path(claimed(OTHER_ROLE, OTHER_PROVIDER))
    assert path.role_arns == [m.ROLE, OTHER_ROLE]
    assert path.provider_arns == [m.PROVIDER, OTHER_PROVIDER]
    assert Path(m.facts(application=None, desired=m.desired(role_arn=None, provider_arn=None))).role_arns == []


def test_origins_are_read_when_they_matter() -> None:
    assert not aws_hops.needs_origins(m.application(), ())
    assert not aws_hops.needs_origins(None, ())
    assert not aws_hops.needs_origins(m.application(relay_state="x"), ())
    assert aws_hops.needs_origins(m.application(), ("https://x.example",))
    assert aws_hops.needs_origins(m.application(relay_state=m.RELAY_STATE.replace("%2F", "https%3A%2F%2F")), ())


def test_the_role_s_age_counts_by_the_second() -> None:
    assert m.problems(m.with_role(created=NOW - timedelta(days=8))) == {}


def _least(known: Facts) -> t.Iterator[Facts]:
    """The same fault with less and less beside it."""
    unnamed = dataclasses.replace(known.desired, role_arn=None, provider_arn=None, destination=None, label="")
    bare = known.application and dataclasses.replace(
        known.application, metadata_url=None, groups=(), role_values={}, keys=(), issuer=None
    )
    yield known
    yield dataclasses.replace(known, desired=unnamed)
    yield dataclasses.replace(known, desired=unnamed, application=bare)
    yield dataclasses.replace(known, desired=unnamed, roles={}, providers={})
    yield dataclasses.replace(
        known, desired=unnamed, roles=dict.fromkeys(known.roles), providers=dict.fromkeys(known.providers)
    )
    yield dataclasses.replace(known, people=(), users=m.f.Users(), instance=None)
    yield dataclasses.replace(
        known, people=tuple(dataclasses.replace(person, attributes={}) for person in known.people)
    )
    yield dataclasses.replace(known, people=(m.f.Person("nobody@example.com"),), desired=unnamed, application=None)


@pytest.mark.parametrize("name", [*FAILING, *WARNINGS, *UNKNOWN])
def test_no_text_speaks_of_what_is_not_known(name: str) -> None:
    for known in _least((FAILING | WARNINGS | UNKNOWN)[name][0]):
        for finding in check(known):
            for text in (finding.subject, finding.reason, finding.symptom, finding.fix):
                assert not re.search(r"\bNone\b|\bnull\b|''|\[\]|\{\}|  |: [,.]", text), finding


def test_tokens_that_aws_cannot_read() -> None:
    old = m.problems(MORE_FAILING["tokens of SAML 1.1"])
    assert (old["response"].status, old["response"].symptom) == ("fail", symptoms.INVALID_RESPONSE)
    assert (
        m.problems(m.with_application(not_readable={"token_policies": "No permission."}))["response"].status
        == "unknown"
    )
    encrypted = m.with_application(encrypts=True)
    for keys, hops in (((), {"provider"}), ((PrivateKey("KEY"),), set())):
        provider = m.provider(private_keys=keys)
        assert set(m.problems(dataclasses.replace(encrypted, providers={m.PROVIDER: provider}))) == hops


def test_who_shares_a_session_name() -> None:
    problems = m.problems(MORE_FAILING["two people of one name"])
    assert set(problems) == {"unique_name"}
    assert problems["unique_name"].evidence == {"session_name": m.JANE, "others": ["john@example.com"]}
    assert "session_name_source: mail" in problems["unique_name"].fix
    for harmless in (dataclasses.replace(JOHN, enabled=False), dataclasses.replace(JOHN, through=()), m.person()):
        assert m.problems(m.facts(assigned=(m.person(), harmless))) == {}
