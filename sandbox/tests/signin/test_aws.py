# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom AWS sign-in refuses, in which words: facts/aws.md 5.4, 5.5."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from federation import AUDIENCE, AWS, JANE, PROVIDER, REPLY_URL, ROLE, TENANT, Federation
from forge import attribute, build, new_signer, sign, text_of

from federation_sandbox import clouds, http_sign_in

INVALID = "Your request included an invalid SAML response. To logout, click here."
NOT_AUTHORIZED = (
    "Not authorized to perform sts:AssumeRoleWithSAML (service: AWSSecurityTokenService; status code: "
    "403; error code: AccessDenied)"
)
OTHER_ROLE = ROLE.replace("Federation", "Other")


def by(text: str, code: str = "InvalidIdentityToken", service: str = "AWSSecurityTokenService") -> str:
    return f"{text} (service: {service}; status code: 400; error code: {code})"


def forged(
    federation: Federation,
    attributes: str = "",
    signer: t.Any = None,
    after: dt.timedelta = dt.timedelta(),
    **values: t.Any,
) -> bytes:
    """A response that the federation's own certificate signed; values replace parts of it."""
    statement = attributes or attribute(f"{AWS}Role", federation.pair()) + attribute(f"{AWS}RoleSessionName", JANE)
    parts = {"issuer": f"https://sts.windows.net/{TENANT}/", "name_id": f"<NameID>{JANE}</NameID>", **values}
    return text_of(
        sign(build(federation.sandbox.world.clock.now() + after, statement, **parts), signer or federation.signer)
    )


def message(signed_in: http_sign_in.SignIn) -> str:
    """What AWS says."""
    assert (signed_in.outcome, signed_in.hop) == ("aws-error", "aws"), signed_in
    return signed_in.text


def test_a_response_made_by_hand_is_as_good_as_entra_s(federation: Federation) -> None:
    assert federation.post(forged(federation)).outcome == "console-home"
    assert federation.post(forged(federation, id="_second"), federation.relay_state()).ok


# --- the response itself ---


@pytest.mark.parametrize("response", ["", "no base64", "PHgvPg==", "PCFET0NUWVBFIHg+PHgvPg=="])
def test_what_is_no_response(federation: Federation, response: str) -> None:
    assert message(federation.post(response)) == INVALID


def test_no_role(federation: Federation) -> None:
    federation.set_claims(*federation.claims(Role=None))
    assert message(federation.sign_in()) == INVALID


@pytest.mark.parametrize("form", ["{}, {}", "{} ,{}", " {},\n{} "])
def test_white_space_beside_the_arns_is_taken_for_not_there(federation: Federation, form: str) -> None:
    """docs/not-verified.md: no source says what AWS makes of it"""
    federation.set_claims(*federation.claims(Role={"Value": form.format(ROLE, PROVIDER)}))
    assert federation.sign_in().ok


@pytest.mark.parametrize("value", [ROLE, f"{ROLE};{PROVIDER}", f"{ROLE},{ROLE}", f"{ROLE}, {PROVIDER} ,x", "agent"])
def test_a_role_that_is_no_pair(federation: Federation, value: str) -> None:
    federation.set_claims(*federation.claims(Role={"Value": value}))
    assert message(federation.sign_in()) == INVALID


def test_the_name_of_a_claim_is_case_sensitive(federation: Federation) -> None:
    """facts/entra.md 4.3"""
    federation.set_claims(*federation.claims(Role=None, role={"Value": federation.pair()}))
    assert message(federation.sign_in()) == INVALID


def test_a_pair_in_either_order(federation: Federation) -> None:
    federation.set_claims(*federation.claims(Role={"Value": f"{PROVIDER},{ROLE}"}))
    assert federation.sign_in().ok


def test_a_provider_that_is_not_there(federation: Federation) -> None:
    federation.set_claims(*federation.claims(Role={"Value": f"{ROLE},{PROVIDER}2"}))
    assert message(federation.sign_in()) == by(
        "Specified provider doesn't exist", "AuthSamlManifestNotFoundException", "AWSOpenIdDiscoveryService"
    )


def test_a_provider_that_was_deleted(federation: Federation) -> None:
    federation.iam.delete_saml_provider(SAMLProviderArn=PROVIDER)
    assert message(federation.sign_in()).startswith("Specified provider doesn't exist")


def test_the_issuer_of_another_tenant(federation: Federation) -> None:
    text = "Failed to assume role: Issuer not present in specified provider"
    expected = by(text, "AuthSamlInvalidSamlResponseException", "AWSOpenIdDiscoveryService")
    other = federation.metadata().replace(f"https://sts.windows.net/{TENANT}/", "https://sts.windows.net/other/")
    federation.iam.update_saml_provider(SAMLProviderArn=PROVIDER, SAMLMetadataDocument=other)
    assert message(federation.sign_in()) == expected


def test_signed_by_a_certificate_that_iam_does_not_know(federation: Federation) -> None:
    assert message(federation.post(forged(federation, signer=new_signer()))) == by("Response signature invalid")


def test_a_certificate_that_was_activated_before_iam_knew_it(federation: Federation) -> None:
    """the rotation that locks everybody out"""
    federation.activate(federation.add_certificate())
    assert message(federation.sign_in()) == by("Response signature invalid")


def test_unsigned(federation: Federation) -> None:
    claims = attribute(f"{AWS}Role", federation.pair()) + attribute(f"{AWS}RoleSessionName", JANE)
    unsigned = build(federation.sandbox.world.clock.now(), claims, issuer=f"https://sts.windows.net/{TENANT}/")
    assert message(federation.post(text_of(unsigned))) == by("Response signature invalid")


# --- times ---


def test_too_late_for_the_conditions(federation: Federation) -> None:
    now = federation.sandbox.world.clock.now()
    response = forged(federation, end=(now - dt.timedelta(seconds=1)).isoformat())
    assert message(federation.post(response)) == by("Response has expired", "ExpiredTokenException")


def test_too_late_after_it_was_issued(federation: Federation) -> None:
    """ExpiredTokenException of facts/aws.md 5.5, in the words of github.com/Nike-Inc/gimme-aws-creds/issues/251"""
    response = federation.saml_response()
    federation.later(minutes=5, seconds=1)
    assert message(federation.post(response)) == by(
        "Token must be redeemed within 5 minutes of issuance", "ExpiredTokenException"
    )


def test_too_early(federation: Federation) -> None:
    assert message(federation.post(forged(federation, after=dt.timedelta(minutes=6)))) == INVALID


def test_a_response_opens_one_console_session(federation: Federation) -> None:
    response = federation.saml_response()
    assert federation.post(response).outcome == "console-home"
    assert message(federation.post(response)) == INVALID


def test_a_refused_response_is_not_used_up(federation: Federation) -> None:
    response = federation.saml_response()
    federation.set_trust(federation.trust("https://us-west-2.signin.aws.amazon.com/saml"))
    assert message(federation.post(response)) == NOT_AUTHORIZED
    federation.set_trust(federation.trust())
    assert federation.post(response).outcome == "console-home"


# --- audience and recipient ---


def test_an_audience_that_is_not_aws(federation: Federation) -> None:
    federation.change_application(identifierUris=["urn:amazon:connect"])
    assert message(federation.sign_in()) == by("Response does not contain the required audience.")


@pytest.mark.parametrize("identifier", [AUDIENCE, "urn:amazon:webservices", f"{AUDIENCE}#acme"])
def test_both_audiences_of_aws(federation: Federation, identifier: str) -> None:
    federation.change_application(identifierUris=[identifier])
    assert federation.sign_in().ok


def test_the_audience_of_govcloud_is_for_govcloud(federation: Federation) -> None:
    federation.change_application(identifierUris=["urn:amazon:webservices:govcloud"])
    assert message(federation.sign_in()) == by("Response does not contain the required audience.")


@pytest.mark.parametrize(
    "recipient",
    [
        "https://sp.example.com/saml",
        "https://signin.aws.amazon.com/other",
        "https://signin.amazonaws-us-gov.com/saml",
        "",
    ],
)
def test_a_recipient_that_is_not_aws(federation: Federation, recipient: str) -> None:
    """facts/aws.md 5.4: even where the trust policy does not look"""
    trust = federation.trust()
    del trust["Statement"][0]["Condition"]
    federation.set_trust(trust)
    assert message(federation.post(forged(federation, recipient=recipient))) == INVALID


def test_a_regional_reply_url_that_the_trust_policy_does_not_name(federation: Federation) -> None:
    regional = "https://us-west-2.signin.aws.amazon.com/saml"
    federation.change_application(web={"redirectUris": [regional]})
    assert message(federation.sign_in()) == NOT_AUTHORIZED
    federation.set_trust(federation.trust(REPLY_URL, regional))
    assert federation.sign_in().ok


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("signin.aws.amazon.com", True),
        ("eu-central-1.signin.aws.amazon.com", True),
        ("us-east-1.signin.aws.amazon.com", False),
        ("eu-central-9.signin.aws.amazon.com", False),
        ("us-gov-west-1.signin.aws.amazon.com", False),
        ("any-where-1.signin.aws.amazon.com", False),
    ],
)
def test_sign_in_hosts_are_those_of_the_table(federation: Federation, host: str, known: bool) -> None:
    """facts/aws.md A1: a label for each Region of the partition, and none for us-east-1"""
    url = f"https://{host}/saml"
    federation.set_trust(federation.trust(url))
    assert (federation.post(forged(federation, recipient=url)).outcome == "console-home") is known


def test_the_host_that_others_use_answers_if_requested(federation: Federation) -> None:
    """facts/aws.md A1: third parties use it as if it worked"""
    url = "https://us-east-1.signin.aws.amazon.com/saml"
    federation.set_trust(federation.trust(url))
    federation.change_application(web={"redirectUris": [url]})
    assert not federation.sign_in().ok
    federation.sandbox.world.settings.undocumented_signin_host = True
    assert federation.sign_in().ok


def test_a_reply_url_with_a_number_sign(federation: Federation) -> None:
    """facts/aws.md 5.4: do not put #n in the reply URL"""
    federation.change_application(web={"redirectUris": [f"{REPLY_URL}#2"]})
    assert message(federation.sign_in()) == INVALID


def test_a_reply_url_elsewhere(federation: Federation) -> None:
    federation.change_application(web={"redirectUris": ["https://sp.example.com/saml"]})
    assert federation.sign_in().outcome == "elsewhere"


def test_the_reply_url_of_one_provider_takes_its_responses_only(federation: Federation) -> None:
    """facts/aws.md 5.3"""
    own = f"https://signin.aws.amazon.com/saml/acs/{federation.iam.get_saml_provider(SAMLProviderArn=PROVIDER)['SAMLProviderUUID']}"
    federation.set_trust(federation.trust(own, f"{own}X"))
    federation.change_application(web={"redirectUris": [own]})
    assert federation.sign_in().ok
    federation.change_application(web={"redirectUris": [f"{own}X"]})
    assert message(federation.sign_in()) == INVALID


def test_a_provider_that_wants_encryption_takes_nothing_plain(federation: Federation, private_key: str) -> None:
    """facts/aws.md 5.3"""
    federation.iam.update_saml_provider(
        SAMLProviderArn=PROVIDER, AddPrivateKey=private_key, AssertionEncryptionMode="Required"
    )
    assert message(federation.sign_in()) == INVALID


# --- the session's name, its source and its length ---


def test_no_session_name(federation: Federation) -> None:
    """facts/aws.md 3.2"""
    federation.set_claims(*federation.claims(RoleSessionName={"Source": "user", "ID": "employeeid"}))
    assert message(federation.sign_in()) == by("RoleSessionName is required in AuthnResponse")


@pytest.mark.parametrize("name", ["x", "jane doe", "jane#1", "o'brien@contoso.com", "a" * 65, "jäne"])
def test_a_session_name_that_is_none(federation: Federation, name: str) -> None:
    """facts/aws.md 3.1, 3.2"""
    federation.set_claims(*federation.claims(RoleSessionName={"Value": name}))
    assert message(federation.sign_in()) == by("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")


@pytest.mark.parametrize("name", ["jd", "a" * 64, "j+d=x,y.z@-_"])
def test_a_session_name_that_sts_takes(federation: Federation, name: str) -> None:
    """facts/aws.md 3.1: some of these are no name in Amazon Connect"""
    federation.set_claims(*federation.claims(RoleSessionName={"Value": name}))
    assert federation.sign_in().hop == "connect"


def test_two_session_names(federation: Federation) -> None:
    """facts/aws.md 3.1: exactly one value"""
    federation.set_claims(*federation.claims(), {"Value": "other", "SamlClaimType": f"{AWS}RoleSessionName"})
    assert message(federation.sign_in()) == INVALID


@pytest.mark.parametrize("source", ["x", "aws:jane", "jane doe"])
def test_a_source_identity_that_is_none(federation: Federation, source: str) -> None:
    federation.set_claims(*federation.claims(SourceIdentity={"Value": source}))
    expected = by('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
    assert message(federation.sign_in()) == expected


@pytest.mark.parametrize(
    ("claim", "action"), [("SourceIdentity", "sts:SetSourceIdentity"), ("PrincipalTag:Team", "sts:TagSession")]
)
def test_a_claim_that_needs_an_action_in_the_trust_policy(federation: Federation, claim: str, action: str) -> None:
    federation.set_claims(*federation.claims(**{claim: {"Value": "blue"}}))
    assert message(federation.sign_in()) == NOT_AUTHORIZED
    federation.set_trust(federation.trust(actions=["sts:AssumeRoleWithSAML", action]))
    assert federation.sign_in().ok


def test_a_session_longer_than_the_role_allows(federation: Federation) -> None:
    federation.iam.update_role(RoleName="Federation", MaxSessionDuration=3600)
    expected = by("Requested DurationSeconds exceeds MaxSessionDuration set for this role", "ValidationError")
    assert message(federation.sign_in()) == expected
    federation.set_claims(*federation.claims(SessionDuration={"Value": "3600"}))
    assert federation.sign_in().ok


@pytest.mark.parametrize("seconds", ["899", "43201", "twelve hours", "-1"])
def test_a_session_duration_that_is_none(federation: Federation, seconds: str) -> None:
    """facts/aws.md 5.4: 900 to 43200 seconds"""
    federation.set_claims(*federation.claims(SessionDuration={"Value": seconds}))
    assert message(federation.sign_in()) == INVALID


def test_no_session_duration(federation: Federation) -> None:
    """facts/aws.md 5.4: one hour"""
    federation.set_claims(*federation.claims(SessionDuration=None))
    assert federation.sign_in().ok


# --- the role and its trust policy ---


def test_a_role_that_is_not_there(federation: Federation) -> None:
    federation.set_claims(*federation.claims(Role={"Value": federation.pair(f"{ROLE}s")}))
    assert message(federation.sign_in()) == NOT_AUTHORIZED


def test_the_name_of_a_role_in_another_case(federation: Federation) -> None:
    federation.set_claims(*federation.claims(Role={"Value": federation.pair(ROLE.replace("Federation", "federation"))}))
    assert message(federation.sign_in()) == NOT_AUTHORIZED


def test_no_name_identifier(federation: Federation) -> None:
    assert message(federation.post(forged(federation, name_id=""))) == NOT_AUTHORIZED


def test_a_trust_policy_that_names_another_provider(federation: Federation) -> None:
    other = f"{PROVIDER}2"
    federation.iam.create_saml_provider(SAMLMetadataDocument=federation.metadata(), Name="Entra2")
    federation.set_trust(federation.trust(provider=other))
    assert message(federation.sign_in()) == NOT_AUTHORIZED


def test_a_trust_policy_with_another_action(federation: Federation) -> None:
    federation.set_trust(federation.trust(actions="sts:TagSession"))
    assert message(federation.sign_in()) == NOT_AUTHORIZED


def test_a_trust_policy_whose_audience_is_the_identifier(federation: Federation) -> None:
    """facts/aws.md 5.4: SAML:aud is the reply URL"""
    federation.change_application(identifierUris=["urn:amazon:webservices"])
    federation.set_trust(federation.trust("urn:amazon:webservices"))
    assert message(federation.sign_in()) == NOT_AUTHORIZED


def test_a_trust_policy_that_denies(federation: Federation) -> None:
    trust = federation.trust()
    denied = {"Effect": "Deny", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithSAML"}
    federation.set_trust(
        {**trust, "Statement": [*trust["Statement"], {**denied, "Condition": {"StringEquals": {"SAML:sub": JANE}}}]}
    )
    assert message(federation.sign_in()) == NOT_AUTHORIZED
    assert federation.sign_in("ann@contoso.com").ok


@pytest.mark.parametrize(
    ("condition", "in_"),
    [
        ({"StringEquals": {"SAML:iss": f"https://sts.windows.net/{TENANT}/"}}, True),
        ({"StringEquals": {"SAML:iss": "https://sts.windows.net/other/"}}, False),
        ({"StringLike": {"saml:aud": "https://*.aws.amazon.com/saml"}}, True),
        ({"StringEquals": {"saml:doc": "111122223333/Entra"}}, True),
        ({"StringLike": {"sts:RoleSessionName": "ann@*"}}, False),
        ({"StringNotLike": {"sts:RoleSessionName": "ann@*"}}, True),
        ({"ForAnyValue:StringEquals": {"saml:eduPersonOrgDN": "x"}}, False),
    ],
)
def test_conditions_of_a_trust_policy(federation: Federation, condition: dict[str, t.Any], in_: bool) -> None:
    trust = federation.trust()
    trust["Statement"][0]["Condition"] = condition
    federation.set_trust(trust)
    assert federation.sign_in().ok == in_


# --- several roles ---


@pytest.fixture
def two_roles(federation: Federation) -> Federation:
    """A federation whose people have two roles."""
    federation.iam.create_role(
        RoleName="Other", AssumeRolePolicyDocument=federation.trust_text(), MaxSessionDuration=43200
    )
    second = {"Value": federation.pair(OTHER_ROLE), "SamlClaimType": f"{AWS}Role"}
    federation.set_claims(*federation.claims(), second)
    return federation


def test_several_roles_make_a_picker(two_roles: Federation) -> None:
    """facts/aws.md 4.4"""
    signed_in = two_roles.sign_in()
    assert (signed_in.outcome, signed_in.hop, signed_in.text) == ("role-picker", "aws", "Select a role")


def test_the_role_that_was_picked(two_roles: Federation) -> None:
    assert two_roles.sign_in(role=ROLE).ok
    assert two_roles.sign_in(role=OTHER_ROLE).outcome == "connect-message"


def test_a_role_that_was_not_offered(two_roles: Federation) -> None:
    two_roles.set_claims()
    admin = ROLE.replace("Federation", "Admin")
    two_roles.iam.create_role(RoleName="Admin", AssumeRolePolicyDocument=two_roles.trust_text())
    assert message(two_roles.post(two_roles.saml_response(), roleIndex=admin)) == INVALID


# --- the other partition ---


def test_a_response_for_another_partition(federation: Federation) -> None:
    key = {"id": "AKIAGOVERNMENT000001", "secret": "secret"}
    clouds.seed(
        federation.sandbox.world,
        {"aws": {"accounts": [{"id": "444455556666", "partition": "aws-us-gov", "access_keys": [key]}]}},
    )
    reply_url = "https://signin.amazonaws-us-gov.com/saml"
    federation.change_application(web={"redirectUris": [reply_url]}, identifierUris=["urn:amazon:webservices:govcloud"])
    assert message(federation.sign_in()).startswith("Specified provider doesn't exist")


def test_pages_that_are_not_there(federation: Federation) -> None:
    with http_sign_in.new_browser(federation.sandbox.environment) as browser:
        assert browser.post("https://signin.aws.amazon.com/elsewhere", data={}, timeout=300).status_code == 404
        assert (
            http_sign_in.visit(browser, "https://console.aws.amazon.com/").text
            == "Your session has expired. Please sign in again."
        )
        assert (
            http_sign_in.visit(browser, "https://signin.aws.amazon.com/oauth?Action=logout&logout=1").text
            == "You have successfully signed out."
        )
