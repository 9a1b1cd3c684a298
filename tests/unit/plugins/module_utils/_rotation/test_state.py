# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role certificate_rotation knows after a look at both clouds."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.filter.rotation_consumers import rotation_consumers
from ansible_collections.openccp.federation.plugins.filter.rotation_fleet import rotation_fleet
from ansible_collections.openccp.federation.plugins.filter.rotation_state import rotation_state

TENANT: t.Final = "11111111-1111-4111-8111-111111111111"
NOW: t.Final = "2026-06-01T00:00:00+00:00"
ARN: t.Final = "arn:aws:iam::111122223333:saml-provider/Entra"
OTHER_ARN: t.Final = "arn:aws:iam::444455556666:saml-provider/Entra"
CERTIFICATE: t.Final = {
    "thumbprint": "OLD",
    "not_before": "2026-01-01T00:00:00+00:00",
    "not_after": "2027-01-01T00:00:00+00:00",
    "active": True,
    "activated_at": None,
    "can_sign": True,
    "managed": True,
}
APPLICATION: t.Final[dict[str, t.Any]] = {
    "app_id": "an app",
    "name": "App",
    "managed": True,
    "tenant_id": TENANT,
    "identifiers": ["urn:amazon:webservices", "urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI"],
    "claims": [
        {"name": "https://aws.amazon.com/SAML/Attributes/Role", "value": f"arn:aws:iam::111122223333:role/A,{ARN}"}
    ],
    "certificates": [CERTIFICATE],
    "managed_thumbprints": ["OLD"],
    "active_thumbprint": "OLD",
    "days_left": 214,
    "notification_emails": [],
}
PROVIDER: t.Final = {"arn": ARN, "certificates": [{"thumbprint": "OLD"}], "tags": {}}
POOL_PROVIDER: t.Final[dict[str, t.Any]] = {
    "id": "eu-central-1_AbCdEfGhI/Entra",
    "entity_id": f"https://sts.windows.net/{TENANT}/",
    "metadata_url": f"https://login.microsoftonline.com/{TENANT}/federationmetadata/2007-06/federationmetadata.xml",
    "certificates": [{"thumbprint": "OLD"}],
    "tags": {},
}
STRANGER: t.Final = POOL_PROVIDER | {
    "id": "x",
    "entity_id": "https://idp.example",
    "metadata_url": "https://idp.example",
}


def looked(**more: t.Any) -> dict[str, t.Any]:
    """The state with one provider in IAM, unless it is said otherwise."""
    arguments: dict[str, t.Any] = {"iam": [{"saml_providers": [PROVIDER]}], "now": NOW, "listed": [ARN]} | more
    return rotation_state(arguments.pop("application", APPLICATION), **arguments)


def test_an_application_names_those_who_trust_it() -> None:
    consumers = rotation_consumers([APPLICATION], name="App")
    assert consumers == {
        "problem": "",
        "application": APPLICATION,
        "providers": [ARN],
        "user_pools": ["eu-central-1_AbCdEfGhI"],
    }


@pytest.mark.parametrize(
    ("applications", "app_id", "problem"),
    [
        (
            [],
            None,
            "It is not federated: no application that was created by openccp.federation has the name 'App'. Set it up",
        ),
        ([], "an app", "No application an app is there. Set it up"),
        (
            [{"app_id": "a"}, {"app_id": "b"}],
            None,
            "2 applications that openccp.federation may have created have the name 'App'",
        ),
        (
            [APPLICATION | {"managed": False}],
            None,
            "1 applications that openccp.federation may have created have the name",
        ),
        ([APPLICATION | {"managed": False}], "an app", ""),
    ],
)
def test_what_is_not_the_one_application_is_reported(
    applications: list[dict[str, t.Any]], app_id: str | None, problem: str
) -> None:
    consumers = rotation_consumers(applications, app_id=app_id, name="App")
    assert consumers["problem"].startswith(problem)
    assert bool(consumers["problem"]) == bool(problem)
    assert consumers["application"] == (applications or [{}])[0]


def test_a_rotation_knows_its_providers_and_what_comes_next() -> None:
    state = looked(cognito=[{"saml_providers": [POOL_PROVIDER, STRANGER]}, {"skipped": True}])
    assert state["pool_providers"] == [POOL_PROVIDER]
    assert state["providers"] == [PROVIDER, POOL_PROVIDER]
    assert (state["problem"], state["undecided"]) == ("", "")
    assert state["next"]["stage"] == "watch"
    assert (state["next"]["app_id"], state["next"]["days_left"]) == ("an app", 214)
    assert state["steps"] == []
    assert "the former certificate (there is none)." in state["way_back"]


def test_the_rules_are_those_of_the_role_as_ansible_hands_them_over() -> None:
    """As texts, as variables from the command line are."""
    rules = {"renew_when_days_left": "300", "resume": "no", "compromised": "false", "replaced": ""}
    state = looked(rules=rules, tags=["all"], wait="yes")
    assert state["next"]["stage"] == "stage"
    assert state["steps"][0]["action"] == "Create a signing certificate for 'App' without activating it"
    replaced = looked(rules={"replaced": "OLD"}, tags=["stage"])
    assert replaced["next"]["stage"] == "stage"
    assert len(replaced["steps"]) == 1


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"listed": [ARN, OTHER_ARN]}, f"IAM has no SAML provider {OTHER_ARN}. Set it up"),
        ({"iam": [{"skipped": True}]}, f"IAM has no SAML provider {ARN}. Set it up"),
        (
            {"cognito": [{"saml_providers": [POOL_PROVIDER | {"metadata_error": "It cannot be read."}]}]},
            "It cannot be read.",
        ),
        (
            {
                "application": APPLICATION | {"claims": [], "not_readable": ["policies"]},
                "listed": [],
                "iam": [],
                "cognito": [{"saml_providers": [POOL_PROVIDER]}],
            },
            "The claims policy of 'App' cannot be read, which names the IAM SAML providers that trust the application. "
            "Grant the permission Policy.Read.All",
        ),
    ],
)
def test_a_look_that_is_not_enough_is_a_problem(more: dict[str, t.Any], problem: str) -> None:
    state = looked(**more)
    assert state["problem"].startswith(problem)
    assert "next" not in state


def test_a_stranger_whose_metadata_cannot_be_read_is_none() -> None:
    assert looked(cognito=[{"saml_providers": [STRANGER | {"metadata_error": "It cannot be read."}]}])["problem"] == ""


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"iam": [], "listed": []}, "App: No SAML provider is known that trusts the application."),
        (
            {"application": APPLICATION | {"certificates": []}},
            "App: The application has no active signing certificate.",
        ),
    ],
)
def test_without_a_rotation_to_speak_of_the_providers_are_known_all_the_same(
    more: dict[str, t.Any], reason: str
) -> None:
    state = looked(**more)
    assert state["undecided"].startswith(reason)
    assert state["problem"] == ""
    assert "next" not in state


A: t.Final = {"__certificate_rotation_app_id": "a"}


@pytest.mark.parametrize(
    ("hosts", "playing", "leader", "failed"),
    [
        ({"one": A, "two": A, "three": {}}, ["one", "two", "three"], "one", []),
        ({"one": {}, "two": A}, ["one", "two"], "two", []),
        ({"one": A, "two": A}, ["two"], "one", ["one"]),
        ({"one": A, "two": A | {"__certificate_rotation_stopped": "no"}}, ["one", "two"], "one", ["two"]),
        ({"one": A, "two": {"__certificate_rotation_stopped": "no"}}, ["one", "two"], "one", []),
        ({"one": {}}, ["one"], "", []),
    ],
)
def test_one_host_does_the_work_for_all_that_share_an_application(
    hosts: dict[str, dict[str, t.Any]], playing: list[str], leader: str, failed: list[str]
) -> None:
    fleet = rotation_fleet(hosts, playing, app_id="a")
    assert (fleet["leader"], fleet["failed"]) == (leader, failed)
    assert rotation_fleet(hosts, playing)["leader"] == ""


def test_what_all_hosts_have_seen() -> None:
    pool = {"host": "one", "application": "its pool's"}
    hosts = {
        "one": {"__certificate_rotation_seen": {"host": "one"}, "__certificate_rotation_seen_pools": [pool]},
        "two": {"__certificate_rotation_not_readable": "Denied."},
        "three": {"__certificate_rotation_not_federated": "It is not federated."},
        "four": {"__certificate_rotation_limits": {"warn_days": 10}},
    }
    fleet = rotation_fleet(hosts, ["one", "two", "three"])
    assert fleet["seen"] == [{"host": "one"}, pool]
    assert fleet["not_readable"] == {"four": "It failed before it could be looked at.", "two": "Denied."}
    assert fleet["not_federated"] == {"three": "It is not federated."}
    assert fleet["limits"] == {"one": {}, "two": {}, "three": {}, "four": {"warn_days": 10}}
