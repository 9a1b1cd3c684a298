# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t
from datetime import timedelta

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._checks import response as response_check
from ansible_collections.openccp.federation.plugins.module_utils._checks import symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding
from ansible_collections.openccp.federation.plugins.module_utils._domain import policies
from ansible_collections.openccp.federation.plugins.module_utils._saml import metadata
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import SamlProvider
from ansible_collections.openccp.federation.plugins.module_utils._saml.responses import read

import check_factory as m
import response_factory as material
from saml_factory import make_metadata


def checked(
    now: timedelta = timedelta(),
    *,
    signed: bool = True,
    document: bytes | None = None,
    known: dict[str, t.Any] | None = None,
    **content: t.Any,
) -> list[Finding]:
    """What is found about a response, checked against a healthy provider and role, but for what is given."""
    signed_document, der = material.signed_response(**content)
    if not signed:
        signed_document = material.make_response(**content)
    provider = SamlProvider(material.PROVIDER, metadata.parse(make_metadata(der)))
    role = m.role(
        arn=material.ROLE,
        trust=policies.trust_policy([material.PROVIDER], [material.RECIPIENT]),
        max_session_duration=3600,
    )
    trust_config = response_check.TrustConfig(
        material.NOW + now, {material.PROVIDER: provider}, {material.ROLE: role}, {}
    )
    return response_check.check(read(document or signed_document), dataclasses.replace(trust_config, **(known or {})))


def bad(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.hop: finding for finding in findings if finding.status != "pass"}


def test_a_healthy_response_is_taken() -> None:
    findings = checked()
    assert bad(findings) == {}
    assert response_check.answer(findings) == ""
    assert [finding.hop for finding in findings][:3] == ["response", "claims", "role_claim"]


REFUSED: t.Final[dict[str, tuple[dict[str, t.Any], str, str]]] = {
    "no role": ({"Role": None}, "claims", symptoms.INVALID_RESPONSE),
    "broken pair": ({"Role": material.ROLE}, "role_claim", symptoms.INVALID_RESPONSE),
    "no name": ({"RoleSessionName": None}, "claims", symptoms.NAME_REQUIRED),
    "name": ({"RoleSessionName": "Jane Doe"}, "session_name", symptoms.NAME_MUST_MATCH),
    "empty name": ({"RoleSessionName": ""}, "session_name", symptoms.NAME_REQUIRED),
    "no NameID": ({"name_id": "", "RoleSessionName": "jane"}, "response", symptoms.NOT_AUTHORIZED),
    "provider": ({"Role": f"{material.ROLE},{material.PROVIDER}x"}, "provider", symptoms.NO_SUCH_PROVIDER),
    "role": ({"Role": f"{material.ROLE}x,{material.PROVIDER}"}, "role", symptoms.NOT_AUTHORIZED),
    "issuer": ({"issuer": "https://other.example/"}, "provider", symptoms.ISSUER),
    "unsigned": ({"signed": False}, "certificate", symptoms.SIGNATURE_INVALID),
    "audience": ({"audience": "https://example.com"}, "identifier", symptoms.AUDIENCE),
    "recipient": ({"recipient": "https://signin.aws.amazon.com/saml"}, "role", symptoms.NOT_AUTHORIZED),
    "no AWS": ({"recipient": "https://example.com/saml"}, "reply_url", symptoms.ELSEWHERE),
    "duration": ({"SessionDuration": "43200"}, "session_duration", symptoms.DURATION),
    "name with a blank before": ({"RoleSessionName": " jane@example.com"}, "session_name", symptoms.NAME_MUST_MATCH),
    "name with a line break behind": (
        {"RoleSessionName": "jane@example.com\n"},
        "session_name",
        symptoms.NAME_MUST_MATCH,
    ),
    "duration with a blank": ({"SessionDuration": " 3600"}, "claims", symptoms.INVALID_RESPONSE),
    "duration in other digits": ({"SessionDuration": "\u0663\u0666\u0660\u0660"}, "claims", symptoms.INVALID_RESPONSE),
    "role with a blank in it": (
        {"Role": f"{material.ROLE},{material.PROVIDER[:-1]} x"},
        "role_claim",
        symptoms.NO_SUCH_PROVIDER,
    ),
    "role with a blank of other kind": (
        {"Role": f"\u00a0{material.ROLE},{material.PROVIDER}"},
        "role_claim",
        symptoms.INVALID_RESPONSE,
    ),
    "early": ({"now": timedelta(minutes=-6)}, "times", symptoms.INVALID_RESPONSE),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_aws_refuses(name: str) -> None:
    content, hop, symptom = REFUSED[name]
    findings = checked(**content)
    assert {failing for failing, finding in bad(findings).items() if finding.status == "fail"} == {hop}
    assert bad(findings)[hop].symptom == symptom
    assert response_check.answer(findings) == symptom


def test_a_changed_response() -> None:
    document = material.signed_response()[0]
    assert bad(checked(document=document))["certificate"].symptom == symptoms.SIGNATURE_INVALID


def test_the_first_answer_is_the_one_that_aws_gives_first() -> None:
    findings = checked(
        signed=False, audience="https://example.com", SessionDuration="43200", issuer="https://other.example/"
    )
    assert response_check.answer(findings) == symptoms.ISSUER


LATE: t.Final = timedelta(minutes=6)


@pytest.mark.parametrize("late", [LATE, timedelta(hours=2)])
def test_a_response_that_is_over_is_judged_as_of_its_time(late: timedelta) -> None:
    findings = checked(late)
    assert {hop: finding.status for hop, finding in bad(findings).items()} == {"times": "warning"}
    assert bad(findings)["times"].symptom == symptoms.EXPIRED


def test_no_times() -> None:
    document = material.make_response().replace(b"NotOnOrAfter", b"Later")
    assert bad(checked(document=document))["times"].symptom == symptoms.INVALID_RESPONSE


def test_what_is_no_response_to_sign_in_with_is_not_looked_at_further() -> None:
    findings = checked(document=material.make_response(assertions=2))
    assert [(finding.hop, finding.status) for finding in findings] == [("response", "fail")]
    encrypted = material.make_response(assertions=0).replace(
        b"</samlp:Response>", b'<EncryptedAssertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/></samlp:Response>'
    )
    assert [(finding.hop, finding.status) for finding in checked(document=encrypted)] == [("response", "unknown")]


def test_what_was_not_looked_for_is_unknown() -> None:
    not_readable = {material.PROVIDER: "Another account.", material.ROLE: "Another account."}
    findings = bad(checked(known={"providers": {}, "roles": {}, "not_readable": not_readable}))
    assert {hop: finding.status for hop, finding in findings.items()} == {
        "provider": "unknown",
        "certificate": "unknown",
        "role": "unknown",
    }


EMAIL: t.Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
PERSISTENT: t.Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


@pytest.mark.parametrize(
    ("condition", "form", "accepted"),
    [
        ({"StringEquals": {"SAML:sub": "jane.doe@example.com"}}, EMAIL, True),
        ({"StringEquals": {"SAML:sub": "joe.roe@example.com"}}, EMAIL, False),
        ({"StringLike": {"saml:sub": "*@example.com"}}, EMAIL, True),
        ({"StringEquals": {"SAML:sub_type": EMAIL}}, EMAIL, True),
        ({"StringEquals": {"SAML:sub_type": "persistent"}}, EMAIL, False),
        ({"StringEquals": {"SAML:sub_type": "persistent"}}, PERSISTENT, True),
        ({"StringEquals": {"SAML:sub_type": PERSISTENT}}, PERSISTENT, False),
        ({"StringNotEquals": {"SAML:sub_type": "transient"}}, PERSISTENT, True),
    ],
)
def test_conditions_on_the_subject_are_decided(condition: dict[str, t.Any], form: str, accepted: bool) -> None:
    trust = policies.trust_policy([material.PROVIDER], [material.RECIPIENT])
    trust["Statement"][0]["Condition"] |= condition
    role = m.role(arn=material.ROLE, trust=trust, max_session_duration=3600)
    document = material.make_response().replace(EMAIL.encode(), form.encode())
    findings = [
        finding
        for finding in checked(document=document, known={"roles": {material.ROLE: role}})
        if finding.hop == "role"
    ]
    assert response_check.accepted(findings) is accepted, findings


@pytest.mark.parametrize("form", ["{}, {}", "{} ,{}", "{},\n    {}", " {},{}", "{},{}\t"])
def test_white_space_beside_an_arn_of_the_role_claim_is_a_warning(form: str) -> None:
    """docs/not-verified.md: no source says what AWS makes of it; the sandbox, too, takes it for not there"""
    findings = checked(Role=form.format(material.ROLE, material.PROVIDER))
    assert {hop: finding.status for hop, finding in bad(findings).items()} == {"role_claim": "warning"}
    assert "documented nowhere" in bad(findings)["role_claim"].reason
    assert response_check.accepted(findings) is True


SECOND: t.Final = f"{material.ROLE}2"
TWO: t.Final = f"{material.ROLE},{material.PROVIDER}</AttributeValue><AttributeValue>{SECOND},{material.PROVIDER}"


def test_two_roles_are_a_choice_and_no_refusal() -> None:
    """AWS shows its page with the roles; the one that can be taken is enough."""
    findings = checked(Role=TWO)
    chosen = bad(findings)["role_claim"]
    assert (chosen.status, chosen.symptom) == ("warning", symptoms.ROLE_PICKER)
    assert {(finding.evidence["choice"], finding.status) for finding in findings if finding.hop == "role"} == {
        (material.ROLE, "pass"),
        (SECOND, "fail"),
    }
    assert response_check.accepted(findings) is True
    assert response_check.answer(findings) == ""


def test_two_roles_of_which_none_can_be_taken_are_a_refusal() -> None:
    findings = checked(Role=TWO, known={"roles": {}})
    assert response_check.accepted(findings) is False
    assert response_check.answer(findings) == symptoms.NOT_AUTHORIZED


def test_a_status_other_than_success_shows_what_entra_says() -> None:
    message = b"<samlp:StatusMessage>AADSTS50105: Not assigned.</samlp:StatusMessage></samlp:Status>"
    document = (
        material.make_response(assertions=0)
        .replace(b"status:Success", b"status:Responder")
        .replace(b"</samlp:Status>", message)
    )
    (finding,) = checked(document=document)
    assert "AADSTS50105: Not assigned." in finding.reason
    assert "code=50105" in finding.fix
    assert "Nothing in Entra ID" not in finding.fix


@pytest.mark.parametrize(
    ("change", "words", "blamed"),
    [
        ((b"jane.doe", b"john.doe"), "was changed after Entra ID had signed it", False),
        ((b"\n<Issuer>", b"\n  <Issuer>"), "was changed after Entra ID had signed it", False),
        ((b"SignatureValue>", b"SignatureValue>!", 1), "is damaged", False),
    ],
)
def test_only_what_is_proven_is_blamed(change: tuple[t.Any, ...], words: str, blamed: bool) -> None:
    """A response that was altered is not signed by another key, and what mends it is not in IAM."""
    document, der = material.signed_response()
    provider = SamlProvider(material.PROVIDER, metadata.parse(make_metadata(der)))
    finding = bad(checked(document=document.replace(*change), known={"providers": {material.PROVIDER: provider}}))[
        "certificate"
    ]
    assert words in finding.reason
    assert ("iam_saml_provider" in finding.fix) is blamed


def test_another_certificate_is_named_when_it_is_proven() -> None:
    finding = bad(checked(document=material.signed_response()[0]))["certificate"]
    assert "which the SAML provider does not hold" in finding.reason
    assert "iam_saml_provider" in finding.fix


def test_no_text_of_a_problem_holds_none() -> None:
    for content in (content for content, dummy, dummy2 in REFUSED.values()):
        for finding in checked(**content):
            assert "None" not in f"{finding.reason} {finding.fix}".replace("'", " ").split()
