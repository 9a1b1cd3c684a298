# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check is right: it names what is broken, with what the agent sees, blames nothing else, and what it advises
helps.
"""

from __future__ import annotations

import collections.abc
import datetime as dt
import functools
import json
import re
import threading
import typing as t
from pathlib import Path

import botocore.loaders
import botocore.session
import prescriptions
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from live_federation import (
    ACCOUNT,
    APPLICATIONS_READER,
    AWS,
    ENVIRONMENT,
    GROUP,
    JANE,
    READER,
    READING,
    REPLY_URL,
    ROLE,
    SECRET,
    LiveFederation,
    run_module,
)
from misconfigurations import FALSE_ALARMS, MISCONFIGURATIONS, Misconfiguration

from federation_sandbox import clouds, http_sign_in
from federation_sandbox.aws.connect.store import Connect
from federation_sandbox.entra import certificates
from federation_sandbox.testing import Sandbox, running_sandbox
from support import CHECKOUT

#: where a sign-in ends without a message of the clouds, or with one whose words no source has, and how the check tells
#: it
PLACES: t.Final = {
    "console-home": "The agent lands on the home page of the AWS console.",
    "role-picker": "The agent is asked to choose a role.",
    "agent-home": "The agent lands on another page of the instance.",
    "elsewhere": "The agent ends at an address that is not AWS's sign-in.",
    "You do not have permission to view this page. Ask an administrator to change your security profile.": (
        "The Contact Control Panel does not open for the agent."
    ),
    "not-approved": "The embedding page stays without the Contact Control Panel; the browser refuses to frame it.",
    "not-signed-in": "The embedding page asks to sign in again and again, and its frame stays empty.",
    "The page that you are looking for does not exist.": "The Contact Control Panel does not open for the agent.",
    (
        "The address that you are to be sent to is not among the approved origins."
    ): "The agent is not sent on to the page.",
}

#: hops that are unknown whatever is read
UNSEEN: t.Final = ("tenant", "organization")

GLOBAL_URL: t.Final = "https://signin.aws.amazon.com/saml"
#: other federations that are right as well: options of azure_saml_app, and of connect_federation_role
VARIANTS: t.Final[dict[str, tuple[dict[str, t.Any], dict[str, t.Any]]]] = {
    "the hand-made guide's": (
        {"identifiers": ["urn:amazon:webservices"], "reply_urls": [GLOBAL_URL]},
        {"reply_urls": [GLOBAL_URL]},
    ),
    "two reply URLs": ({"reply_urls": [REPLY_URL, GLOBAL_URL]}, {"reply_urls": [GLOBAL_URL, REPLY_URL]}),
    "a role that trusts more than it needs": ({}, {"reply_urls": [GLOBAL_URL, REPLY_URL]}),
    "by mail": ({"session_name_source": "mail"}, {}),
    "open to everybody": ({"assignment_required": False, "assignments": {"groups": {"set": []}}}, {}),
    "a short session": ({"session_duration": 900}, {"max_session_duration": 3600}),
    "session tags": ({"extra_claims": [{"name": f"{AWS}PrincipalTag:Team", "value": "Sales"}]}, {"tag_session": True}),
    "a source identity": (
        {"extra_claims": [{"name": f"{AWS}SourceIdentity", "id": "mail"}]},
        {"set_source_identity": True},
    ),
    "an issuer and an audience of its own": (
        {
            "identifiers": ["urn:example:contact-centre"],
            "audience_override": "urn:amazon:webservices",
            "issuer_with_application_id": True,
            "template": "non_gallery",
        },
        {},
    ),
    "permission by the instance's id": ({}, {"permission_form": "instance_id"}),
}

#: for a whole centre of ten thousand agents
MOST_REQUESTS: t.Final = 60


@pytest.fixture(scope="module")
def federations() -> collections.abc.Iterator[Federations]:
    """A sandbox with its environment, where patients are treated one after the other."""
    with pytest.MonkeyPatch.context() as patch, running_sandbox() as sandbox:
        keys = Keys(certificates.new_key)
        patch.setattr(certificates, "new_key", keys.next)
        # Every client reads AWS's models anew, which is most of the time that these tests would take.
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.loaders.create_loader))
        for name, value in {**sandbox.environment, **ENVIRONMENT}.items():
            patch.setenv(name, value)
        yield Federations(sandbox, keys)


class Keys:
    """Hands out private keys in one order that can be gone back in: one federation never has a key twice, many make
    few.
    """

    def __init__(self, make: t.Callable[[], rsa.RSAPrivateKey]) -> None:
        self._make = make
        self._made: list[rsa.RSAPrivateKey] = []
        self.position = 0

    def next(self) -> rsa.RSAPrivateKey:
        if self.position == len(self._made):
            self._made.append(self._make())
        self.position += 1
        return self._made[self.position - 1]


class Federations:
    """Gives a healthy federation, in which nobody has signed in yet: made once for each set of options, then gone back
    to.
    """

    def __init__(self, sandbox: Sandbox, keys: Keys) -> None:
        self.sandbox = sandbox
        self._keys = keys
        self._healthy: dict[str, tuple[dict[str, t.Any], LiveFederation, t.Callable[[], None], int]] = {}

    def healthy(self, **application: t.Any) -> LiveFederation:
        """A healthy federation whose application has these options."""
        key = json.dumps(application, sort_keys=True)
        if key in self._healthy:
            known, live, restore, self._keys.position = self._healthy[key]
            restore()
            vars(live).update(known)
        else:
            self.sandbox.world.reset()
            self.sandbox.world.settings.limits = False
            self._keys.position = 0
            live = LiveFederation(self.sandbox, **application)
            self._healthy[key] = (dict(vars(live)), live, self.sandbox.world.snapshot(), self._keys.position)
        return live


def failing(report: dict[str, t.Any], status: str = "fail") -> dict[str, dict[str, t.Any]]:
    """The findings of a status, by hop."""
    return {finding["hop"]: finding for finding in report["findings"] if finding["status"] == status}


def shows(seen: http_sign_in.SignIn, symptom: str) -> bool:
    """Whether the page at which a sign-in ended is the one that the check foretold."""
    code = re.match(r"AADSTS\d+", symptom)
    if code:
        return f"{code[0]}:" in seen.text
    place = PLACES.get(seen.text) or PLACES.get(seen.outcome)
    if seen.outcome == "elsewhere":
        return symptom in (place, "The agent is sent to the sign-on URL and not to AWS.")
    return symptom == place if place else bool(symptom) and symptom in seen.text


def check_answer(live: LiveFederation, user: str, text: str) -> None:
    """That saml_response_info tells AWS's answer from the response alone, which it never repeats."""
    response = http_sign_in.saml_response(live.sandbox.environment, str(live.application["user_access_url"]), user)
    answer = live.have("saml_response_info", response=response)
    assert answer["accepted"] is not True
    assert answer["answer"] in text, answer["table"]
    assert answer["answer"] or answer["accepted"] is None, answer["table"]
    assert response[:60] not in json.dumps(answer)


@pytest.mark.parametrize("misconfiguration", MISCONFIGURATIONS, ids=lambda misconfiguration: misconfiguration.name)
def test_the_cause_is_named_and_the_advice_helps(misconfiguration: Misconfiguration, federations: Federations) -> None:
    live = federations.healthy(**misconfiguration.application)
    misconfiguration.breaks(live)
    seen = misconfiguration.seen(live)
    assert not seen.ok, seen
    if seen.outcome == "aws-error":
        check_answer(live, misconfiguration.user, seen.text)
    report = misconfiguration.report(live)
    named = failing(report, misconfiguration.status).get(misconfiguration.hop)
    assert named, f"{misconfiguration.hop} is not named; the agent sees {seen.text!r}\n" + "\n".join(report["table"])
    assert shows(seen, named["symptom"]), f"{named['symptom']!r} is not what the agent sees: {seen}"
    others = set(failing(report)) - {misconfiguration.hop, *misconfiguration.follows}
    assert not others, f"{others} are blamed as well\n" + "\n".join(report["table"])
    assert misconfiguration.advice in named["fix"], named["fix"]
    assert not re.search(r"\bNone\b", "\n".join(report["table"]))
    if misconfiguration.mends:
        misconfiguration.mends(live)
    else:
        for finding in failing(report, misconfiguration.status).values():
            prescriptions.follow(finding["fix"])
    seen = misconfiguration.seen(live)
    assert seen.ok or seen.url.startswith("https://desk.example.com"), f"still {seen}"
    after = misconfiguration.report(live)
    assert not failing(after), "\n".join(after["table"])


def test_nothing_is_found_where_nothing_is_wrong(federations: Federations) -> None:
    live = federations.healthy()
    assert live.sign_in().ok
    for people in ((), (JANE,)):
        report = live.check(*people)
        assert not failing(report), "\n".join(report["table"])
        assert not failing(report, "warning"), "\n".join(report["table"])
    assert live.check(everyone_assigned=True)["ok"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_is_found_on_other_federations_that_are_right(variant: str, federations: Federations) -> None:
    application, role = VARIANTS[variant]
    live = federations.healthy(**application)
    live.have_role(**role)
    assert live.sign_in().ok
    report = live.check(JANE)
    assert not failing(report) | failing(report, "warning"), "\n".join(report["table"])
    assert "unknown" not in {finding["status"] for finding in report["findings"] if finding["hop"] not in UNSEEN}, (
        "\n".join(report["table"])
    )


@pytest.mark.parametrize("name", FALSE_ALARMS)
def test_nothing_is_found_on_what_only_looks_odd(name: str, federations: Federations) -> None:
    live = federations.healthy()
    FALSE_ALARMS[name](live)
    seen = live.sign_in()
    assert seen.ok, seen
    report = live.check(JANE)
    hops = {
        finding["hop"] for finding in report["findings"] if finding["status"] != "pass" and finding["hop"] not in UNSEEN
    }
    assert not hops, "\n".join(report["table"])


def test_two_people_with_one_session_name(federations: Federations) -> None:
    """Neither is refused: one of them works as the other."""
    live = federations.healthy(session_name_source="mail")
    john = "john.roe@example.com"
    live.person(john, mail=JANE, displayName="John Roe")
    assert live.sign_in(john).agent == live.sign_in(JANE).agent
    for people in ((JANE,), (john,), (JANE, john)):
        findings = failing(live.check(*people))
        assert set(findings) == {"unique_name"}, findings
        assert (
            findings["unique_name"]["symptom"] == "Nothing is refused: the person works as the agent of somebody else."
        )
    assert set(failing(live.check(everyone_assigned=True))) == {"unique_name"}
    prescriptions.follow(findings["unique_name"]["fix"])
    assert "unique_name" not in failing(live.check(JANE, john))
    live.person(john, mail="john.roe@example.com")
    assert live.sign_in(JANE).agent


@pytest.mark.parametrize(
    ("kind", "action"), [("service", "connect:GetFederationToken"), ("resource", "sts:AssumeRoleWithSAML")]
)
def test_a_denial_of_the_organization_is_reported_as_not_readable(
    kind: str, action: str, federations: Federations
) -> None:
    live = federations.healthy()
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"} | (
        {"Principal": "*"} if kind == "resource" else {}
    )
    denial = {"Version": "2012-10-17", "Statement": [statement]}
    clouds.seed(
        federations.sandbox.world, {"aws": {"accounts": [{"id": ACCOUNT, f"{kind}_control_policies": [denial]}]}}
    )
    assert not live.sign_in().ok
    report = live.check(JANE)
    assert not failing(report), "\n".join(report["table"])
    finding = failing(report, "unknown")["organization"]
    assert action in finding["reason"]
    assert f"--target-id {ACCOUNT}" in finding["fix"]


def test_a_response_that_aws_takes(federations: Federations, tmp_path: Path) -> None:
    live = federations.healthy()
    response = http_sign_in.saml_response(live.sandbox.environment, str(live.application["user_access_url"]), JANE)
    posted = {
        "url": REPLY_URL,
        "postData": {
            "params": [{"name": "SAMLResponse", "value": response}, {"name": "RelayState", "value": "https://x"}]
        },
    }
    recorded = tmp_path / "sign-in.har"
    recorded.write_text(json.dumps({"log": {"entries": [{"request": posted}]}}), encoding="utf-8")
    metadata, trust = tmp_path / "metadata.xml", tmp_path / "trust.json"
    metadata.write_text(live.metadata(), encoding="utf-8")
    trust.write_text(json.dumps(live.iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]), encoding="utf-8")
    files = {"metadata_file": str(metadata), "trust_policy_file": str(trust), "max_session_duration": 43200}
    live.sandbox.world.traffic.clear()
    offline = live.have("saml_response_info", file=str(recorded), **files)
    assert live.sandbox.world.traffic.requests() == []
    for answer in (
        offline,
        live.have("saml_response_info", file=str(recorded)),
        live.have("saml_response_info", response=response),
    ):
        assert (answer["accepted"], answer["answer"]) == (True, ""), answer["table"]
        assert response[:60] not in json.dumps(answer)
    assert (offline["saml_response"]["relay_state"], offline["saml_response"]["posted_to"]) == ("https://x", REPLY_URL)
    assert live.have("saml_response_info", file=str(recorded), metadata_file=str(metadata))["accepted"] is None
    assert live.have("saml_response_info", file=str(recorded), **{**files, "metadata_file": None})["accepted"] is None
    shorter = live.have("saml_response_info", file=str(recorded), **{**files, "max_session_duration": 3600})
    assert shorter["answer"] == "Requested DurationSeconds exceeds MaxSessionDuration set for this role"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"file": "/nowhere/response.txt"}, "cannot be read: No such file"),
        ({"response": "cut off"}, "neither base64 nor XML"),
        ({"response": "<html/>"}, "is a page, not a SAML 2.0 response"),
        ({}, "one of the following is required: response, file"),
        ({"response": "a response", "file": "y"}, "mutually exclusive"),
    ],
)
def test_what_is_no_response(options: dict[str, str], message: str, federations: Federations) -> None:
    result = run_module("saml_response_info", options)
    assert result["failed"]
    assert message in result["msg"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the following is required: app_id, name, identifier"),
        ({"name": "x", "instance_id": "nonsense"}, "no Amazon Connect instance with the alias 'nonsense'"),
        ({"name": "x", "instance_id": "i", "region": "eu-north-1"}, "eu-north-1"),
        ({"name": "x", "instance_id": "i", "role": "a b"}, "'a b' is not a name for an IAM role"),
        (
            {"name": "x", "instance_id": "i", "saml_provider": "arn:aws:iam::1:role/x"},
            "not the ARN of an IAM SAML provider",
        ),
    ],
)
def test_what_cannot_be_checked(options: dict[str, str], message: str, federations: Federations) -> None:
    live = federations.healthy()
    known = {"instance_id": live.instance["id"]} if options.get("instance_id") == "i" else {}
    result = run_module("federation_check", {**({"instance_id": "x"} if not options else {}), **options, **known})
    assert result["failed"]
    assert message in result["msg"]


def test_the_task_fails_when_it_is_configured_to(federations: Federations) -> None:
    live = federations.healthy()
    live.change_principal(accountEnabled=False)
    options = {"identifier": "https://signin.aws.amazon.com/saml#example", "instance_id": "example"}
    failed = run_module("federation_check", options)
    assert failed["failed"]
    assert "application" in failed["msg"]
    assert not failed["ok"]
    assert not run_module("federation_check", {**options, "fail_on": "never"}).get("failed")
    live.change_principal(accountEnabled=True)
    healthy = run_module(
        "federation_check", {"name": "Amazon Connect example", "instance_id": live.instance["arn"], "warn_days": 2000}
    )
    assert (healthy["ok"], healthy["counts"]["warning"]) == (True, 1)
    assert run_module("federation_check", {**options, "warn_days": 2000, "fail_on": "warning"})["failed"]


def test_the_check_waits_for_what_was_just_changed(federations: Federations) -> None:
    live = federations.healthy()
    live.delete_user()
    federations.sandbox.world.clock.advance(dt.timedelta(hours=2))  # reads that are behind show the instance
    settings = federations.sandbox.world.settings
    settings.connect_replication = 3600.0
    live.have_user()
    assert "user" in failing(live.check(JANE))
    timer = threading.Timer(2.0, settings.change, [{"connect_replication": 0.0}])
    timer.start()
    assert live.check(JANE, wait_timeout=100)["ok"]
    timer.join()


def test_what_may_not_be_read_is_unknown(federations: Federations) -> None:
    live = federations.healthy()
    much = {*UNSEEN, "provider", "certificate", "permissions", "security_profile", "approved_origins"}
    all_of_it = {*UNSEEN, "provider", "certificate", "role", "instance", "user"}
    for number, (allowed, expected) in enumerate(
        (
            (["connect:Describe*", "connect:ListUsers", "ds:DescribeDirectories", "iam:GetRole", "sts:*"], much),
            (["sts:*"], all_of_it),
        )
    ):
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": allowed, "Resource": "*"}]}
        key = {"id": f"AKIAREADER000000000{number}", "secret": SECRET, "user": "reader", "policy": policy}
        clouds.seed(federations.sandbox.world, {"aws": {"accounts": [{"id": ACCOUNT, "access_keys": [key]}]}})
        report = live.check(
            JANE, access_key=key["id"], secret_key=SECRET, embedding_origins=["https://desk.example.com"]
        )
        assert report["ok"], report["table"]
        assert set(failing(report, "unknown")) == expected


def test_the_permissions_for_reading_alone_show_everything(federations: Federations) -> None:
    """facts/entra.md E6: Application.Read.All does not show a policy where it is assigned; the list of policies and
    appliesTo do.
    """
    live = federations.healthy()
    content = {"TokenIssuancePolicy": {"Version": 1, "SamlTokenVersion": "1.1"}}
    path = f"/applications/{live.application['object_id']}/tokenIssuancePolicies/$ref"
    whole, reading = (live.check(JANE, client_id=client) for client in (None, READER))
    assert reading["ok"], reading["table"]
    assert reading["findings"] == whole["findings"]
    policy = live.graph("POST", "/policies/tokenIssuancePolicies", displayName="Old", definition=[json.dumps(content)])
    live.graph(
        "POST", path, **{"@odata.id": f"https://graph.microsoft.com/v1.0/policies/tokenIssuancePolicies/{policy['id']}"}
    )
    live.set_claim("SessionDuration", {"Value": "7"})
    assert {"response", "role_claim"} & set(failing(live.check(JANE, client_id=READER)))
    assert failing(live.check(JANE, client_id=READER)).keys() == failing(live.check(JANE)).keys()
    documented = (CHECKOUT / "docs" / "permissions.md").read_text(encoding="utf-8").partition("The check by itself")[2]
    assert all(f"`{name}`" in documented for name in READING)


def test_a_missing_permission_for_claims_policies_is_named(federations: Federations) -> None:
    report = federations.healthy().check(JANE, client_id=APPLICATIONS_READER)
    reasons = failing(report, "unknown").values()
    assert any("Policy.Read.All" in json.dumps(reason) for reason in reasons), report["table"]


def test_ten_thousand_agents_take_sixty_requests_at_most(federations: Federations) -> None:
    live = federations.healthy()
    world = federations.sandbox.world
    names = [f"agent.{number}@example.com" for number in range(10_000)]
    live.directory(
        users=[{"userPrincipalName": name} for name in names], groups=[{"displayName": GROUP, "members": names}]
    )
    instance = world.state(Connect).instances[live.instance["id"]]
    jane = instance.users.latest(live.user_id())
    assert jane
    for number, name in enumerate(names[:-1]):
        user_id = f"{number:08}-0000-4000-8000-000000000000"
        instance.users.put(user_id, {**jane, "Id": user_id, "Username": name}, settled=True)
        instance.usernames[name] = user_id
    world.traffic.clear()
    report = live.check(everyone_assigned=True)
    calls = [f"{entry['service']} {entry['operation']}" for entry in world.traffic.requests()]
    assert len(calls) <= MOST_REQUESTS, calls
    assert [(finding["hop"], finding["subject"]) for finding in report["findings"] if finding["status"] == "fail"] == [
        ("user", names[-1])
    ]
    assert "9,999 people" in {finding["subject"] for finding in report["findings"] if finding["hop"] == "user"}


def test_the_readme_states_the_score() -> None:
    assert len({misconfiguration.name for misconfiguration in MISCONFIGURATIONS}) == len(MISCONFIGURATIONS) >= 40
    readme = " ".join((CHECKOUT / "README.md").read_text(encoding="utf-8").split())
    assert f"in {len(MISCONFIGURATIONS)} ways, one at a time" in readme
    assert f"{len(MISCONFIGURATIONS)} of {len(MISCONFIGURATIONS)} faults are named" in readme
    assert f"{len(FALSE_ALARMS)} unusual but valid federations" in readme
    assert [misconfiguration.status for misconfiguration in MISCONFIGURATIONS if misconfiguration.status != "fail"] == [
        "warning"
    ]
