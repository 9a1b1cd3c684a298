# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import botocore.session
import pytest
from ansible_collections.openccp.federation.plugins.module_utils._domain import clouds, urls
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import (
    AWS,
    CHINA,
    GOVCLOUD,
    SIGN_IN_REGIONS,
    WITHOUT_LABEL,
    Partition,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

INSTANCE = "11111111-2222-3333-4444-555555555555"
TENANT = "aaaaaaaa-0000-0000-0000-000000000001"
APP = "bbbbbbbb-0000-0000-0000-000000000002"


@pytest.mark.parametrize(
    ("partition", "region", "acs_id", "expected"),
    [
        (AWS, None, None, "https://signin.aws.amazon.com/saml"),
        (AWS, "eu-central-1", None, "https://eu-central-1.signin.aws.amazon.com/saml"),
        (AWS, "eu-central-1", "SAMLSPX1", "https://eu-central-1.signin.aws.amazon.com/saml/acs/SAMLSPX1"),
        (AWS, "us-east-1", None, "https://signin.aws.amazon.com/saml"),
        (AWS, "us-east-1", "SAMLSPX1", "https://signin.aws.amazon.com/saml/acs/SAMLSPX1"),
        (GOVCLOUD, None, None, "https://signin.amazonaws-us-gov.com/saml"),
        (GOVCLOUD, "us-gov-west-1", None, "https://us-gov-west-1.signin.amazonaws-us-gov.com/saml"),
        (CHINA, None, None, "https://signin.amazonaws.cn/saml"),
    ],
)
def test_reply_urls(partition: Partition, region: str | None, acs_id: str | None, expected: str) -> None:
    assert urls.reply_url(partition, region, acs_id) == expected
    assert urls.check_reply_url(expected, partition) == expected


@pytest.mark.parametrize(
    ("url", "documented"),
    [
        ("https://signin.aws.amazon.com/saml", True),
        ("https://eu-central-1.signin.aws.amazon.com/saml", True),
        ("https://us-east-1.signin.aws.amazon.com/saml", False),
        ("https://eu-central-9.signin.aws.amazon.com/saml", False),
        ("https://signin.eu-central-1.signin.aws.amazon.com/saml", False),
        (f"https://{INSTANCE}.us-east-1.sign-in.connect.aws/saml", True),
    ],
)
def test_hosts_of_the_table(url: str, documented: bool) -> None:
    assert urls.in_sign_in_table(url, AWS) is documented


def test_the_table_has_every_region() -> None:
    """AWS's table of sign-in endpoints: each Region's own label, and none for us-east-1."""
    data = botocore.session.get_session().get_component("data_loader").load_data("partitions")
    known = next(each for each in data["partitions"] if each["id"] == "aws")["regions"]
    assert {region for region in known if region != "aws-global"} <= {*SIGN_IN_REGIONS, WITHOUT_LABEL}


def test_an_encrypted_reply_url_needs_a_region() -> None:
    with pytest.raises(InvalidInput, match="needs a Region"):
        urls.reply_url(AWS, acs_id="SAMLSPX1")


@pytest.mark.parametrize("tail", ["/saml*", "/saml?&instanceId=1&accountId=2&role=R&idp=P"])
def test_reply_urls_of_global_resiliency(tail: str) -> None:
    url = f"https://{INSTANCE}.us-east-1.sign-in.connect.aws{tail}"
    assert urls.check_reply_url(url, AWS) == url
    with pytest.raises(InvalidInput, match="is not AWS's sign-in"):
        urls.check_reply_url(url, GOVCLOUD)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("signin.aws.amazon.com/saml", "is not a plain https address"),
        ("http://signin.aws.amazon.com/saml", "is not a plain https address"),
        ("https://[signin/saml", "is not an address"),
        ("https:///saml", "is not a plain https address"),
        (" https://signin.aws.amazon.com/saml", "is not a plain https address"),
        ("https://signin.aws.amazon.com/saml\n", "is not a plain https address"),
        ("https://SIGNIN.aws.amazon.com/saml", "is not a plain https address"),
        ("https://signin.aws.amazon.com:443/saml", "is not a plain https address"),
        ("https://user@signin.aws.amazon.com/saml", "is not a plain https address"),
        ("https://signin.amazonaws-us-gov.com/saml", "belongs to AWS GovCloud"),
        ("https://evilsignin.aws.amazon.com/saml", "is not AWS's sign-in"),
        ("https://signin.aws.amazon.com.example/saml", "is not AWS's sign-in"),
        ("https://signin.aws.amazon.com/", "not one that AWS's sign-in answers"),
        ("https://signin.aws.amazon.com/saml/", "not one that AWS's sign-in answers"),
        ("https://signin.aws.amazon.com/saml?", "is not a plain https address"),
        ("https://signin.aws.amazon.com/saml?x=1", "not one that AWS's sign-in answers"),
        ("https://signin.aws.amazon.com/saml#1", "not one that AWS's sign-in answers"),
    ],
)
def test_reply_urls_that_aws_does_not_answer(url: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        urls.check_reply_url(url, AWS)


def test_audiences_and_identifiers() -> None:
    assert urls.accepted_audiences(AWS) == ("urn:amazon:webservices", "https://signin.aws.amazon.com/saml")
    assert urls.accepted_audiences(GOVCLOUD) == ("urn:amazon:webservices:govcloud",)
    for partition in (AWS, GOVCLOUD):
        identifier = urls.unique_identifier(partition, "berlin")
        assert identifier.endswith("#berlin")
        assert urls.audience_of(identifier) in urls.accepted_audiences(partition)
    assert urls.unique_identifier(AWS, "2") == "https://signin.aws.amazon.com/saml#2"


@pytest.mark.parametrize(
    ("region", "destination", "new_domain", "expected"),
    [
        ("eu-central-1", None, False, f"https://eu-central-1.console.aws.amazon.com/connect/federate/{INSTANCE}"),
        (
            "us-east-1",
            "/connect/ccp-v2",
            False,
            f"https://us-east-1.console.aws.amazon.com/connect/federate/{INSTANCE}?destination=%2Fconnect%2Fccp-v2",
        ),
        (
            "us-west-2",
            "/ccp-v2/chat",
            True,
            f"https://us-west-2.console.aws.amazon.com/connect/federate/{INSTANCE}?destination=%2Fccp-v2%2Fchat&new_domain=true",
        ),
        (
            "eu-west-2",
            "https://desk.example.com/a?b=c d&e",
            False,
            f"https://eu-west-2.console.aws.amazon.com/connect/federate/{INSTANCE}?destination=https%3A%2F%2Fdesk.example.com%2Fa%3Fb%3Dc%20d%26e",
        ),
        (
            "us-gov-west-1",
            "/ccp-v2",
            False,
            f"https://console.amazonaws-us-gov.com/connect/federate/{INSTANCE}?destination=%2Fccp-v2",
        ),
    ],
)
def test_relay_states_are_built_and_parsed(
    region: str, destination: str | None, new_domain: bool, expected: str
) -> None:
    assert urls.relay_state(region, INSTANCE, destination, new_domain=new_domain) == expected
    parsed = urls.parse_relay_state(expected)
    assert (parsed.instance_id, parsed.destination, parsed.new_domain) == (INSTANCE, destination, new_domain)
    assert (parsed.partition, parsed.region) == (
        ("aws-us-gov", None) if region.startswith("us-gov") else ("aws", region)
    )


@pytest.mark.parametrize(
    ("region", "instance", "destination", "message"),
    [
        ("eu-central-2", INSTANCE, None, "not offered in the Region"),
        ("eu-central-1", "my-instance", None, "not the id of an Amazon Connect instance"),
        ("eu-central-1", INSTANCE, "%2Fccp-v2", "holds %2F, so it is percent-encoded already"),
        ("eu-central-1", INSTANCE, "/ccp-v2%3fa=b", "holds %3f, so it is percent-encoded already"),
        ("eu-central-1", INSTANCE, "https%3A%2F%2Fdesk.example.com", "percent-encoded already"),
        ("eu-central-1", INSTANCE, "//desk.example.com", "neither a path nor an https address"),
        ("eu-central-1", INSTANCE, " /ccp-v2", "neither a path nor an https address"),
        ("eu-central-1", INSTANCE, "/ccp-v2 ", "ends with white space"),
        ("eu-central-1", INSTANCE, "/ccp\n-v2", "control character"),
        ("eu-central-1", INSTANCE, "/ccp\\v2", "backslash"),
        ("eu-central-1", INSTANCE, "https://", "neither a path nor an https address"),
        ("eu-central-1", INSTANCE, "http://desk.example.com", "neither a path nor an https address"),
    ],
)
def test_relay_states_that_lead_nowhere(region: str, instance: str, destination: str | None, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        urls.relay_state(region, instance, destination)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/connect/federate/" + INSTANCE,
        f"http://eu-central-1.console.aws.amazon.com/connect/federate/{INSTANCE}",
        "https://eu-central-1.console.aws.amazon.com/console/home",
        f"https://console.example.com/connect/federate/{INSTANCE}",
        f"https://eu-central-1.console.aws.amazon.com/connect/federate/{INSTANCE}/extra",
        f"https://eu-central-1.console.aws.amazon.com/connect/federate/{INSTANCE}/",
    ],
)
def test_what_is_no_relay_state(text: str) -> None:
    with pytest.raises(InvalidInput, match="does not lead to an Amazon Connect instance"):
        urls.parse_relay_state(text)


def test_a_relay_state_with_another_id_or_broken_address() -> None:
    with pytest.raises(InvalidInput, match="not the id of"):
        urls.parse_relay_state("https://eu-central-1.console.aws.amazon.com/connect/federate/INSTANCE_ID")
    with pytest.raises(InvalidInput, match="is not an address"):
        urls.parse_relay_state("https://[::1/connect")


@pytest.mark.parametrize(
    ("cloud", "launcher", "metadata"),
    [
        ("public", "launcher.myapps.microsoft.com", "login.microsoftonline.com"),
        ("usgov", "launcher.myapps.microsoft.us", "login.microsoftonline.us"),
        ("usgov_dod", "launcher.myapps.microsoft.us", "login.microsoftonline.us"),
        ("china", "launcher.myapps.windowsazure.cn", "login.partner.microsoftonline.cn"),
    ],
)
def test_the_addresses_of_each_cloud(cloud: str, launcher: str, metadata: str) -> None:
    where = clouds.cloud_named(cloud)
    assert urls.user_access_url(where, TENANT, APP) == f"https://{launcher}/api/signin/{APP}?tenantId={TENANT}"
    assert (
        urls.metadata_url(where.authority_url + "/", TENANT, APP)
        == f"https://{metadata}/{TENANT}/federationmetadata/2007-06/federationmetadata.xml?appid={APP}"
    )


def test_a_user_access_url_with_an_audience() -> None:
    url = urls.user_access_url(
        clouds.cloud_named("public"), TENANT, APP, audience="https://signin.aws.amazon.com/saml#2"
    )
    assert url.endswith(f"?tenantId={TENANT}&audience=https%3A%2F%2Fsignin.aws.amazon.com%2Fsaml%232")


def test_an_unknown_cloud() -> None:
    with pytest.raises(InvalidInput, match="'germany' is not a Microsoft cloud"):
        clouds.cloud_named("germany")


OLD = "https://example.awsapps.com/connect"
NEW = "https://example.my.connect.aws"


@pytest.mark.parametrize(
    ("access_url", "destination", "new_domain", "expected"),
    [
        (OLD, "/ccp-v2", None, True),
        (OLD, "/ccp-v2/chat?a=b", None, True),
        (OLD, "/connect/ccp-v2", None, False),
        (OLD, "/connect", None, False),
        (OLD, "", None, False),
        (OLD, "", True, True),
        (OLD, "/connect/ccp-v2", False, False),
        (OLD, "https://desk.example.com/", None, False),
        (OLD, "/connections", None, True),
        (NEW, "/ccp-v2", None, False),
        (NEW, "/ccp-v2", True, True),
        ("", "/ccp-v2", None, False),
        ("", "/ccp-v2", True, True),
    ],
)
def test_the_destination_says_which_domain_is_meant(
    access_url: str, destination: str, new_domain: bool | None, expected: bool
) -> None:
    assert urls.leads_to_new_domain(access_url, destination, new_domain) is expected


def test_a_page_that_is_not_on_the_old_domain() -> None:
    with pytest.raises(InvalidInput, match="begin with /connect") as refused:
        urls.leads_to_new_domain(OLD, "/ccp-v2", is_new_domain=False)
    assert "Give /connect/ccp-v2, or" in str(refused.value)


@pytest.mark.parametrize(
    ("destination", "right"),
    [
        ("/ccp-v2&new_domain=true", "Give /ccp-v2, and say federation_new_domain: true"),
        ("/ccp-v2/chat?new_domain=true", "Give /ccp-v2/chat, and"),
        ("https://example.my.connect.aws/ccp-v2", "Give only the path, such as /ccp-v2."),
        ("https://Example.awsapps.com/connect/ccp-v2", "such as /connect/ccp-v2."),
        ("https://example.govcloud.connect.aws", "such as /home."),
    ],
)
def test_a_destination_is_refused_with_the_right_spelling(destination: str, right: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        urls.check_destination(destination)
    assert right in str(refused.value)


@pytest.mark.parametrize(
    "destination", ["/ccp-v2?visual-refresh=true", "/ccp-v2/chat?a=b&c=d%20e", "/agent-app-v2?x=new_domain", "/x#part"]
)
def test_a_destination_with_a_query_arrives_as_it_is(destination: str) -> None:
    assert urls.parse_relay_state(urls.relay_state("eu-central-1", INSTANCE, destination)).destination == destination


@pytest.mark.parametrize(
    ("ccp_url", "relay", "expected"),
    [
        (
            f"{OLD}/ccp-v2/",
            f"https://console.aws.amazon.com/connect/federate/{INSTANCE}?new_domain=true",
            f"{NEW}/ccp-v2/",
        ),
        (f"{OLD}/ccp-v2/", f"https://console.aws.amazon.com/connect/federate/{INSTANCE}", f"{OLD}/ccp-v2/"),
        (f"{OLD}/ccp-v2/", "", f"{OLD}/ccp-v2/"),
        (
            f"{NEW}/ccp-v2/",
            f"https://console.aws.amazon.com/connect/federate/{INSTANCE}?new_domain=true",
            f"{NEW}/ccp-v2/",
        ),
    ],
)
def test_the_panel_is_where_the_session_is(ccp_url: str, relay: str, expected: str) -> None:
    assert urls.panel_url(ccp_url, relay) == expected
