# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same way in other clouds: AWS GovCloud (facts/aws.md 4.1, 5.4) and Microsoft's national ones (facts/entra.md
6.8).
"""

from __future__ import annotations

import typing as t

import pytest
from federation import JANE, Federation

from federation_sandbox import clouds, http_sign_in

ACCOUNT, REGION = "444455556666", "us-gov-west-1"
PROVIDER = f"arn:aws-us-gov:iam::{ACCOUNT}:saml-provider/Entra"
ROLE = f"arn:aws-us-gov:iam::{ACCOUNT}:role/Federation"


@pytest.fixture
def govcloud(federation: Federation) -> t.Any:
    """An instance in GovCloud beside the one in the commercial Regions, and the application turned towards it."""
    reply_url = "https://signin.amazonaws-us-gov.com/saml"
    instance_id = "cccccccc-0000-4000-8000-000000000003"
    resource = f"arn:aws-us-gov:connect:{REGION}:{ACCOUNT}:instance/{instance_id}/user/${{aws:userid}}"
    permission = {"Version": "2012-10-17", "Statement": [federation.statement(Resource=resource)]}
    trust = federation.trust(reply_url, provider=PROVIDER)
    role = {
        "account": ACCOUNT,
        "name": "Federation",
        "trust": trust,
        "max_session_duration": 43200,
        "policies": {"Connect": permission},
    }
    instance = {
        "account": ACCOUNT,
        "region": REGION,
        "alias": "acme-gov",
        "id": instance_id,
        "users": [{"username": JANE}],
    }
    seed = {
        "accounts": [{"id": ACCOUNT, "partition": "aws-us-gov"}],
        "providers": [{"account": ACCOUNT, "name": "Entra", "metadata": federation.metadata()}],
        "roles": [role],
        "instances": [instance],
    }
    clouds.seed(federation.sandbox.world, {"aws": seed})
    federation.set_claims(*federation.claims(Role={"Value": f"{ROLE},{PROVIDER}"}))
    federation.change_application(web={"redirectUris": [reply_url]}, identifierUris=["urn:amazon:webservices:govcloud"])
    federation.set_relay_state(
        f"https://console.amazonaws-us-gov.com/connect/federate/{instance_id}?destination=%2Fccp-v2"
    )
    return federation


def test_an_agent_gets_in_to_govcloud(govcloud: Federation) -> None:
    signed_in = govcloud.sign_in()
    assert (signed_in.outcome, signed_in.url) == ("ccp", "https://acme-gov.govcloud.connect.aws/ccp-v2")


def test_govcloud_wants_its_own_audience(govcloud: Federation) -> None:
    govcloud.change_application(identifierUris=["https://signin.aws.amazon.com/saml"])
    assert govcloud.sign_in().text.startswith("Response does not contain the required audience.")


def test_the_console_of_another_partition_is_not_followed_from_govcloud(govcloud: Federation) -> None:
    govcloud.set_relay_state(govcloud.relay_state())
    signed_in = govcloud.sign_in()
    assert (signed_in.outcome, signed_in.url) == (
        "console-home",
        f"https://{REGION}.console.amazonaws-us-gov.com/console/home?region={REGION}",
    )


def test_the_console_sessions_of_two_partitions_stand_side_by_side(govcloud: Federation) -> None:
    with http_sign_in.new_browser(govcloud.sandbox.environment) as browser:
        assert govcloud.sign_in(browser=browser).ok
        assert http_sign_in.visit(browser, "https://console.aws.amazon.com/console/home").outcome == "aws-error"
        assert (
            http_sign_in.visit(browser, "https://console.amazonaws-us-gov.com/console/home").outcome == "console-home"
        )


@pytest.mark.parametrize(
    ("cloud", "launcher", "login"),
    [
        ("usgov", "launcher.myapps.microsoft.us", "login.microsoftonline.us"),
        ("usgov_dod", "launcher.myapps.microsoft.us", "login.microsoftonline.us"),
        ("china", "launcher.myapps.windowsazure.cn", "login.partner.microsoftonline.cn"),
    ],
)
def test_the_launchers_of_national_clouds(federation: Federation, cloud: str, launcher: str, login: str) -> None:
    seeded = clouds.seed(
        federation.sandbox.world, {"entra": {"tenants": [{"cloud": cloud, "domains": [f"{cloud}.onmicrosoft.com"]}]}}
    )
    tenant = seeded["entra"]["tenants"][0]["id"]
    app_id = federation.application["appId"]
    signed_in = http_sign_in.visit(
        federation.sandbox.environment, f"https://{launcher}/api/signin/{app_id}?tenantId={tenant}"
    )
    assert signed_in.url.startswith(f"https://{login}/{tenant}/")
    assert signed_in.text.startswith("AADSTS700016: ")
