# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom Entra ID refuses, with which code: facts/entra.md 10.4; and what its response looks like."""

from __future__ import annotations

import base64
import datetime as dt
import typing as t

import pytest
from federation import AUDIENCE, CLIENT, JANE, PROVIDER, REPLY_URL, TENANT, Federation
from lxml import etree

from federation_sandbox import clouds, http_sign_in

SAML = {
    "a": "urn:oasis:names:tc:SAML:2.0:assertion",
    "p": "urn:oasis:names:tc:SAML:2.0:protocol",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
ISSUER = f"https://sts.windows.net/{TENANT}/"


def refused(federation: Federation, user: str = JANE, url: str = "") -> str:
    """The code and the text of a refusal by Entra ID."""
    signed_in = http_sign_in.sign_in(federation.sandbox.environment, url or federation.url, user)
    assert (signed_in.outcome, signed_in.hop) == ("entra-error", "entra"), signed_in
    return signed_in.text


def test_50105_a_user_who_is_not_assigned(federation: Federation) -> None:
    text = refused(federation, "nobody@contoso.com")
    assert text.startswith("AADSTS50105: Your administrator has configured the application Connect (")
    assert "'nobody@contoso.com' is blocked because they are not a direct member of a group with access" in text


def test_50105_a_user_in_a_nested_group(federation: Federation) -> None:
    """facts/entra.md 5.4"""
    assert refused(federation, "nested@contoso.com").startswith("AADSTS50105: ")


def test_50105_a_user_whose_assignment_was_removed(federation: Federation) -> None:
    for assignment in federation.graph("GET", f"{federation.principal_path}/appRoleAssignedTo")["value"]:
        federation.graph("DELETE", f"{federation.principal_path}/appRoleAssignedTo/{assignment['id']}")
    assert refused(federation).startswith("AADSTS50105: ")


def test_everybody_may_when_no_assignment_is_required(federation: Federation) -> None:
    """facts/entra.md 2.6"""
    federation.change_principal(appRoleAssignmentRequired=False)
    assert federation.sign_in("nobody@contoso.com").hop == "connect"


def test_50057_a_disabled_account(federation: Federation) -> None:
    assert refused(federation, "gone@contoso.com") == "AADSTS50057: The user account is disabled."


def test_50034_an_account_that_is_not_there(federation: Federation) -> None:
    assert refused(federation, "ghost@contoso.com").startswith(
        "AADSTS50034: The user account ghost@contoso.com does not exist in the Contoso directory."
    )


def test_700016_an_application_that_is_not_there(federation: Federation) -> None:
    unknown = federation.url.replace(federation.application["appId"], CLIENT.replace("b", "d"))
    assert refused(federation, url=unknown).startswith("AADSTS700016: Application with identifier 'dddddddd-")


def test_700016_an_application_that_was_deleted(federation: Federation) -> None:
    federation.graph("DELETE", federation.application_path)
    assert refused(federation).startswith("AADSTS700016: ")


def test_700016_the_wrong_tenant(federation: Federation) -> None:
    clouds.seed(
        federation.sandbox.world,
        {"entra": {"tenants": [{"display_name": "Fabrikam", "domains": ["fabrikam.onmicrosoft.com"]}]}},
    )
    text = refused(federation, url=federation.url.replace(TENANT, "fabrikam.onmicrosoft.com"))
    assert text.startswith("AADSTS700016: ")
    assert "'Fabrikam'" in text


def test_90002_a_tenant_that_is_not_there(federation: Federation) -> None:
    assert refused(federation, url=federation.url.replace(TENANT, "nowhere.example.com")).startswith(
        "AADSTS90002: Tenant 'nowhere.example.com' not found."
    )


def test_90002_a_tenant_of_another_cloud(federation: Federation) -> None:
    """facts/entra.md 6.8: tenants are of one cloud"""
    assert refused(federation, url=federation.url.replace("microsoft.com", "microsoft.us")).startswith("AADSTS90002: ")


def test_90019_a_launch_url_without_a_tenant(federation: Federation) -> None:
    """facts/entra.md 7.2"""
    assert refused(federation, url=federation.url.partition("?")[0]).startswith("AADSTS90019: ")


def test_7000112_a_disabled_application(federation: Federation) -> None:
    federation.change_principal(accountEnabled=False)
    assert refused(federation).startswith(
        f"AADSTS7000112: Application '{federation.application['appId']}'(Connect) is disabled."
    )


def test_650056_an_application_that_does_not_sign_in_with_saml(federation: Federation) -> None:
    federation.change_principal(preferredSingleSignOnMode=None)
    assert refused(federation).startswith("AADSTS650056: Misconfigured application.")


def test_900971_no_reply_url(federation: Federation) -> None:
    federation.change_application(web={"redirectUris": []})
    assert refused(federation) == "AADSTS900971: No reply address provided."


def test_50003_no_active_certificate(federation: Federation) -> None:
    federation.remove_claims()
    federation.activate(None)
    assert refused(federation).startswith("AADSTS50003: ")


def test_50146_no_active_certificate_for_mapped_claims(federation: Federation) -> None:
    federation.activate(None)
    assert refused(federation).startswith(
        "AADSTS50146: This application is required to be configured with an application-specific signing key."
    )


def test_50146_the_only_certificate_is_expired(federation: Federation) -> None:
    federation.later(days=3 * 365 + 2)
    assert refused(federation).startswith("AADSTS50146: ")


def test_an_expired_active_certificate_makes_another_sign_at_once(federation: Federation) -> None:
    """facts/entra.md 3.7: the trap; IAM does not know the new one"""
    federation.later(days=3 * 365 + 2)
    federation.refresh()
    federation.add_certificate()
    signed_in = federation.sign_in()
    assert signed_in.outcome == "aws-error"
    assert signed_in.text.startswith("Response signature invalid")
    federation.iam.update_saml_provider(SAMLProviderArn=federation.provider, SAMLMetadataDocument=federation.metadata())
    assert federation.sign_in().ok


def test_a_rotation_in_the_right_order_locks_nobody_out(federation: Federation) -> None:
    """facts/entra.md 3.8"""
    new = federation.add_certificate()
    assert federation.sign_in().ok
    federation.iam.update_saml_provider(SAMLProviderArn=federation.provider, SAMLMetadataDocument=federation.metadata())
    assert federation.sign_in().ok
    federation.activate(new)
    assert federation.sign_in().ok


def test_a_sign_on_url_sends_people_there_instead(federation: Federation) -> None:
    """facts/entra.md 2.3, facts/aws.md 4.1"""
    federation.change_principal(loginUrl="https://acme.my.connect.aws/")
    signed_in = federation.sign_in()
    assert (signed_in.outcome, signed_in.text) == ("connect-message", "Session expired")


@pytest.mark.parametrize(
    ("reply_urls", "settings", "default"),
    [
        ([REPLY_URL, "https://other.example.com/saml"], [], REPLY_URL),
        (
            [REPLY_URL, "https://other.example.com/saml"],
            [{"uri": "https://other.example.com/saml", "index": 0}],
            "https://other.example.com/saml",
        ),
    ],
)
def test_the_response_goes_to_the_default_reply_url(
    federation: Federation, reply_urls: list[str], settings: t.Any, default: str
) -> None:
    """facts/entra.md 2.10"""
    federation.change_application(web={"redirectUris": reply_urls, "redirectUriSettings": settings})
    root = parsed(federation.saml_response())
    assert root.get("Destination") == default


@pytest.mark.parametrize(
    ("identifiers", "audience"),
    [
        ([AUDIENCE], AUDIENCE),
        ([f"{AUDIENCE}#2"], AUDIENCE),
        (["urn:amazon:webservices"], "urn:amazon:webservices"),
        (["urn:amazon:webservices#acme"], "urn:amazon:webservices"),
        ([], None),
    ],
)
def test_the_audience_is_the_identifier_without_what_follows_its_number_sign(
    federation: Federation, identifiers: list[str], audience: str | None
) -> None:
    """facts/entra.md 2.9, 10.2"""
    federation.change_application(identifierUris=identifiers)
    actual = parsed(federation.saml_response()).xpath("string(//a:Audience)", namespaces=SAML)
    assert actual == (audience or f"spn:{federation.application['appId']}")


def test_the_response_is_as_entra_issues_it(federation: Federation) -> None:
    """facts/entra.md 10.1"""
    root = parsed(federation.saml_response())
    now = federation.sandbox.world.clock.now()

    def value(path: str) -> str:
        return str(root.xpath(f"string({path})", namespaces=SAML))

    def moment(path: str) -> dt.timedelta:
        return dt.datetime.fromisoformat(value(path)) - now

    assert [etree.QName(child).localname for child in root] == ["Issuer", "Status", "Assertion"]
    assert value("/p:Response/a:Issuer") == value("//a:Assertion/a:Issuer") == ISSUER
    assert value("//p:StatusCode/@Value") == "urn:oasis:names:tc:SAML:2.0:status:Success"
    assert value("/p:Response/@Destination") == value("//a:SubjectConfirmationData/@Recipient") == REPLY_URL
    assert not value("/p:Response/@InResponseTo")
    assert not value("//a:AuthnStatement/@SessionNotOnOrAfter")
    assert dt.timedelta(minutes=69) < moment("//a:Conditions/@NotOnOrAfter") <= dt.timedelta(minutes=70)
    assert moment("//a:Conditions/@NotBefore") < dt.timedelta(0)
    assert value("//a:Subject/a:NameID") == JANE
    assert value("//a:NameID/@Format") == "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    assert [etree.QName(child).localname for child in root[2]][:2] == ["Issuer", "Signature"]
    assert value("//ds:SignatureMethod/@Algorithm") == "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    assert value("//ds:CanonicalizationMethod/@Algorithm") == "http://www.w3.org/2001/10/xml-exc-c14n#"
    assert value("//ds:Reference/@URI") == "#" + value("//a:Assertion/@ID")


@pytest.mark.parametrize(
    ("parts", "signed"),
    [("TokenOnly", ["Assertion"]), ("ResponseOnly", ["Response"]), ("ResponseAndToken", ["Response", "Assertion"])],
)
def test_a_token_issuance_policy_says_what_is_signed(federation: Federation, parts: str, signed: list[str]) -> None:
    """facts/entra.md 3.12: all three are signatures that AWS verifies"""
    federation.set_issuance(TokenResponseSigningPolicy=parts)
    root = parsed(federation.saml_response())
    assert [etree.QName(each.getparent()).localname for each in root.iter(f"{{{SAML['ds']}}}Signature")] == signed
    assert federation.sign_in().ok


def test_a_token_issuance_policy_can_ask_for_sha_1(federation: Federation) -> None:
    """facts/entra.md 3.12"""
    federation.set_issuance(SigningAlgorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1")
    root = parsed(federation.saml_response())
    assert root.xpath("string(//ds:SignatureMethod/@Algorithm)", namespaces=SAML).endswith("#rsa-sha1")
    assert federation.sign_in().ok


def parsed(response: str) -> etree._Element:
    return etree.fromstring(base64.b64decode(response))


@pytest.mark.parametrize("value", [True, "True"])
def test_the_issuer_with_the_application_id(federation: Federation, value: bool | str) -> None:
    """facts/entra.md E7: AWS then knows the provider by an entity id that no metadata document has"""
    federation.set_claims(*federation.claims(), issuerWithApplicationId=value)
    issuer = f"{ISSUER}{federation.application['appId']}"
    root = etree.fromstring(base64.b64decode(federation.saml_response(JANE)))
    assert {each.text for each in root.iter(f"{{{SAML['a']}}}Issuer")} == {issuer}
    assert f'entityID="{ISSUER}"' in federation.metadata()
    assert federation.sign_in(JANE).hop == "aws"
    federation.iam.update_saml_provider(
        SAMLProviderArn=PROVIDER,
        SAMLMetadataDocument=federation.metadata().replace(f'entityID="{ISSUER}"', f'entityID="{issuer}"'),
    )
    assert federation.sign_in(JANE).hop == "connect"


@pytest.mark.parametrize(("audience", "hop"), [("urn:amazon:webservices", "connect"), ("https://other.example", "aws")])
def test_the_audience_that_is_overridden(federation: Federation, audience: str, hop: str) -> None:
    """facts/entra.md E7"""
    federation.set_claims(*federation.claims(), audienceOverride=audience)
    root = etree.fromstring(base64.b64decode(federation.saml_response(JANE)))
    assert [each.text for each in root.iter(f"{{{SAML['a']}}}Audience")] == [audience]
    assert federation.sign_in(JANE).hop == hop
