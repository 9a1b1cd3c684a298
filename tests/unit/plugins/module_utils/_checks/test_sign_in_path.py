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
    Group,
    Instance,
    Person,
)
from ansible_collections.openccp.federation.plugins.module_utils._checks.hops import OF_APPLICATION
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path
from ansible_collections.openccp.federation.plugins.module_utils._checks.sign_in_path import check
from ansible_collections.openccp.federation.plugins.module_utils._domain import policies
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import PrivateKey, SamlProvider

import check_factory as m
from saml_factory import NOW

OTHER_INSTANCE = "99999999-8888-4777-8666-555555555555"
OTHER_ROLE, OTHER_PROVIDER = m.ROLE + "-Admin", m.PROVIDER + "-Old"


def trust(**changes: t.Any) -> Facts:
    policy = policies.trust_policy([m.PROVIDER], [m.REPLY_URL])
    policy["Statement"][0].update(changes)
    return m.with_role(trust=policy)


def permission(**changes: t.Any) -> dict[str, t.Any]:
    policy = policies.permission_policy([m.INSTANCE])
    policy["Statement"][0].update(changes)
    return {"Connect": policy}


def claimed(role: str = m.ROLE, provider: str = m.PROVIDER, **known: t.Any) -> Facts:
    """A pair that is not the federation's, and what IAM knows of it."""
    facts = m.with_policy(Role=f"{role},{provider}")
    return dataclasses.replace(
        facts,
        roles={**facts.roles, **known.get("roles", {})},
        providers={**facts.providers, **known.get("providers", {})},
    )


def relay(text: str | None, **changes: t.Any) -> Facts:
    return dataclasses.replace(m.with_application(relay_state=text), **changes)


def people(*persons: Person, **changes: t.Any) -> Facts:
    return m.facts(people=persons, **changes)


def guest(**changes: t.Any) -> Facts:
    name = "alice_fabrikam.com#EXT#@example.onmicrosoft.com"
    return people(m.person(name=name, guest=True, attributes={"userprincipalname": name}, **changes))


#: facts/entra.md E7
ISSUER_OF_APPLICATION: t.Final = f"{m.ENTITY_ID}an-app-id"

POOL_IDENTIFIER: t.Final = "urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI"
POOL_REPLY_URL: t.Final = "https://desk.auth.eu-central-1.amazoncognito.com/saml2/idpresponse"

FAILING: t.Final[dict[str, tuple[Facts, str, str, str]]] = {
    # name: facts, hop, symptom, words of the reason
    "disabled": (m.with_application(enabled=False), "application", symptoms.APPLICATION_DISABLED, "is disabled"),
    "mode": (
        m.with_application(single_sign_on_mode="password"),
        "application",
        symptoms.MISCONFIGURED,
        "password, not saml",
    ),
    "no mode": (m.with_application(single_sign_on_mode=None), "application", symptoms.MISCONFIGURED, "not set"),
    "sign-on URL": (
        m.with_application(login_url="https://x.example", enabled=False),
        "application",
        symptoms.SIGN_IN_ELSEWHERE,
        "https://x.example",
    ),
    "no policy": (m.with_application(definitions=()), "claims", symptoms.INVALID_RESPONSE, "No claims policy"),
    "two policies": (m.with_application(definitions=(m.policy(), m.policy())), "claims", "", "2 claims policies"),
    "broken policy": (m.with_application(definitions=(["{"],)), "claims", symptoms.INVALID_RESPONSE, "cannot be read"),
    "no role": (m.with_policy(Role=None), "claims", symptoms.INVALID_RESPONSE, "Attributes/Role is not sent"),
    "role in another case": (
        m.with_policy(Role=None, role=f"{m.ROLE},{m.PROVIDER}"),
        "claims",
        symptoms.INVALID_RESPONSE,
        "case-sensitive",
    ),
    "no session name": (
        m.with_policy(RoleSessionName=None),
        "claims",
        symptoms.NAME_REQUIRED,
        "RoleSessionName is not sent",
    ),
    "duration": (m.with_policy(SessionDuration="899"), "claims", symptoms.INVALID_RESPONSE, "'899'"),
    "no duration": (m.with_policy(SessionDuration="12h"), "claims", symptoms.INVALID_RESPONSE, "'12h'"),
    "two names": (
        m.with_application(definitions=(m.policy({"Value": "x", "SamlClaimType": claims.ROLE_SESSION_NAME}),)),
        "claims",
        symptoms.INVALID_RESPONSE,
        "several values",
    ),
    "51 claims": (
        m.with_application(
            definitions=(
                m.policy(
                    *({"Value": "x", "SamlClaimType": f"c{n}"} for n in range(48)),
                    {"Value": f"{m.ROLE},{m.PROVIDER}", "SamlClaimType": claims.ROLE},
                    Role=None,
                ),
            )
        ),
        "claims",
        symptoms.INVALID_RESPONSE,
        "ignores those after the first 50",
    ),
    "pair": (m.with_policy(Role=m.ROLE), "role_claim", symptoms.INVALID_RESPONSE, "a comma"),
    "role and role": (m.with_policy(Role=f"{m.ROLE},{m.ROLE}"), "role_claim", symptoms.INVALID_RESPONSE, "a comma"),
    "two pairs": (
        m.with_application(
            definitions=(m.policy({"Value": f"{OTHER_ROLE},{m.PROVIDER}", "SamlClaimType": claims.ROLE}),)
        ),
        "role_claim",
        symptoms.ROLE_PICKER,
        "2 roles",
    ),
    "provider unknown": (claimed(provider=OTHER_PROVIDER), "role_claim", symptoms.NO_SUCH_PROVIDER, OTHER_PROVIDER),
    "provider in another case": (
        claimed(provider=m.PROVIDER[:-1] + "A"),
        "role_claim",
        symptoms.NO_SUCH_PROVIDER,
        "case-sensitive",
    ),
    "provider of another tenant": (
        claimed(provider=OTHER_PROVIDER, providers={OTHER_PROVIDER: m.provider(entity_id="https://other.example/")}),
        "role_claim",
        symptoms.ISSUER,
        OTHER_PROVIDER,
    ),
    "provider with old certificates": (
        claimed(provider=OTHER_PROVIDER, providers={OTHER_PROVIDER: m.provider("old")}),
        "role_claim",
        symptoms.SIGNATURE_INVALID,
        OTHER_PROVIDER,
    ),
    "role unknown": (claimed(role=OTHER_ROLE), "role_claim", symptoms.NOT_AUTHORIZED, OTHER_ROLE),
    "role with other trust": (
        claimed(role=OTHER_ROLE, roles={OTHER_ROLE: m.role(arn=OTHER_ROLE, trust={"Statement": []})}),
        "role_claim",
        symptoms.NOT_AUTHORIZED,
        OTHER_ROLE,
    ),
    "role without permission": (
        claimed(role=OTHER_ROLE, roles={OTHER_ROLE: m.role(arn=OTHER_ROLE, policies={})}),
        "role_claim",
        symptoms.DENIED,
        OTHER_ROLE,
    ),
    "role that would do": (
        claimed(role=OTHER_ROLE, roles={OTHER_ROLE: m.role(arn=OTHER_ROLE)}),
        "role_claim",
        "",
        OTHER_ROLE,
    ),
    "no key": (
        m.with_application(keys=()),
        "certificate",
        symptoms.NO_CUSTOM_SIGNING_KEY,
        "has no signing certificate",
    ),
    "inactive": (
        m.with_application(keys=(m.key(active=False),)),
        "certificate",
        symptoms.NO_CUSTOM_SIGNING_KEY,
        "No signing certificate is active",
    ),
    "no private key": (
        m.with_application(keys=(m.key(can_sign=False),)),
        "certificate",
        symptoms.NO_CUSTOM_SIGNING_KEY,
        "private key",
    ),
    "ended": (
        m.with_application(keys=(m.key(begins=-20, ends=-1),)),
        "certificate",
        symptoms.NO_CUSTOM_SIGNING_KEY,
        "valid from",
    ),
    "yet to begin": (
        m.with_application(keys=(m.key(begins=1, ends=9),)),
        "certificate",
        symptoms.NO_CUSTOM_SIGNING_KEY,
        "valid from",
    ),
    "not in IAM": (
        m.with_application(keys=(m.key("new"),)),
        "certificate",
        symptoms.SIGNATURE_INVALID,
        "does not have",
    ),
    "the trap": (
        m.with_application(
            keys=(m.key(begins=-20, ends=-1), m.key("new", active=False), m.key("newer", begins=-3, active=False))
        ),
        "certificate",
        symptoms.SIGNATURE_INVALID,
        "Nobody activated it",
    ),
    "audience": (
        m.with_application(identifiers=("https://example.com#x",)),
        "identifier",
        symptoms.AUDIENCE,
        "'https://example.com'",
    ),
    "no identifier": (m.with_application(identifiers=()), "identifier", symptoms.AUDIENCE, "no identifier"),
    "no reply URL": (m.with_application(reply_urls=()), "reply_url", symptoms.NO_REPLY_URL, "no reply URL"),
    "reply URL": (
        m.with_application(reply_urls=(m.REPLY_URL + "l",)),
        "reply_url",
        symptoms.ELSEWHERE,
        "not one that AWS's sign-in answers",
    ),
    "reply URL of China": (
        m.with_application(reply_urls=("https://signin.amazonaws.cn/saml",)),
        "reply_url",
        symptoms.NO_SUCH_PROVIDER,
        "AWS China",
    ),
    "reply URL with an id": (
        dataclasses.replace(
            m.with_application(reply_urls=(m.REPLY_URL + "/acs/X",)), providers={m.PROVIDER: m.provider(uuid="Y")}
        ),
        "reply_url",
        symptoms.INVALID_RESPONSE,
        "the id X",
    ),
    "no relay state": (relay(None), "relay_state", symptoms.CONSOLE_HOME, "no relay state"),
    "relay state": (relay("https://desk.example.com/"), "relay_state", symptoms.CONSOLE_HOME, "does not lead"),
    "relay state, no address": (relay("https://[/"), "relay_state", symptoms.CONSOLE_HOME, "not an address"),
    "relay state, no id": (
        relay("https://eu-central-1.console.aws.amazon.com/connect/federate/demo"),
        "relay_state",
        symptoms.DENIED,
        "'demo'",
    ),
    "relay state, another service": (
        relay("https://console.aws.amazon.com/s3"),
        "relay_state",
        symptoms.CONSOLE_HOME,
        "does not lead",
    ),
    "relay state, partition": (
        relay(f"https://console.amazonaws-us-gov.com/connect/federate/{m.INSTANCE_ID}"),
        "relay_state",
        symptoms.CONSOLE_HOME,
        "aws-us-gov",
    ),
    "relay state, Region": (
        relay(m.RELAY_STATE.replace("eu-central-1", "eu-west-2")),
        "relay_state",
        symptoms.DENIED,
        "eu-west-2",
    ),
    "relay state, instance": (
        relay(m.RELAY_STATE.replace(m.INSTANCE_ID, OTHER_INSTANCE)),
        "relay_state",
        symptoms.DENIED,
        OTHER_INSTANCE,
    ),
    "relay state, instance that is allowed": (
        relay(
            m.RELAY_STATE.replace(m.INSTANCE_ID, OTHER_INSTANCE),
            roles={m.ROLE: m.role(policies=permission(Resource="*"))},
        ),
        "relay_state",
        symptoms.NOT_ONBOARDED,
        OTHER_INSTANCE,
    ),
    "relay state, page": (
        relay(m.RELAY_STATE.replace("ccp-v2", "users")),
        "relay_state",
        symptoms.OTHER_PAGE,
        "/users",
    ),
    "relay state, home": (relay(m.RELAY_STATE.partition("?")[0]), "relay_state", symptoms.OTHER_PAGE, "(home)"),
    "no provider": (
        m.facts(providers={m.PROVIDER: None}),
        "provider",
        symptoms.NO_SUCH_PROVIDER,
        "no such SAML provider",
    ),
    "issuer": (
        m.facts(providers={m.PROVIDER: m.provider(entity_id="https://other.example/")}),
        "provider",
        symptoms.ISSUER,
        "other.example",
    ),
    "issuer with the application's id": (
        m.with_application(definitions=(m.policy(issuerWithApplicationId=True),)),
        "provider",
        symptoms.ISSUER,
        "Entra signs as " + ISSUER_OF_APPLICATION,
    ),
    "issuer without the application's id": (
        m.facts(providers={m.PROVIDER: m.provider(entity_id=ISSUER_OF_APPLICATION)}),
        "provider",
        symptoms.ISSUER,
        ISSUER_OF_APPLICATION,
    ),
    "audience that is overridden": (
        m.with_application(definitions=(m.policy(audienceOverride="https://other.example"),)),
        "identifier",
        symptoms.AUDIENCE,
        "sends the audience 'https://other.example'",
    ),
    "encryption": (
        m.facts(providers={m.PROVIDER: m.provider(encryption_mode="Required", private_keys=(PrivateKey("KEY"),))}),
        "provider",
        symptoms.INVALID_RESPONSE,
        "encrypted",
    ),
    "no such role": (m.facts(roles={m.ROLE: None}), "role", symptoms.NOT_AUTHORIZED, "no such role"),
    "trust in another": (
        trust(Principal={"Federated": OTHER_PROVIDER}),
        "role",
        symptoms.NOT_AUTHORIZED,
        "does not allow sts:AssumeRoleWithSAML",
    ),
    "trust for another URL": (
        trust(Condition={"StringEquals": {"SAML:aud": "x"}}),
        "role",
        symptoms.NOT_AUTHORIZED,
        m.REPLY_URL,
    ),
    "trust denies": (
        trust(Effect="Deny"),
        "role",
        symptoms.NOT_AUTHORIZED,
        "denies sts:AssumeRoleWithSAML: trust policy, ConnectFederation",
    ),
    "trust of names": (
        trust(Condition={"StringLike": {"sts:RoleSessionName": "*@other.example"}}),
        "role",
        symptoms.NOT_AUTHORIZED,
        "does not allow",
    ),
    "tags": (m.with_policy(**{"PrincipalTag:Team": "Sales"}), "role", symptoms.NOT_AUTHORIZED, "sts:TagSession"),
    "source identity": (
        m.with_policy(SourceIdentity="agents"),
        "role",
        symptoms.NOT_AUTHORIZED,
        "sts:SetSourceIdentity",
    ),
    "sessions": (
        m.with_role(max_session_duration=3600),
        "session_duration",
        symptoms.DURATION,
        "43200 seconds, the role allows 3600",
    ),
    "no permission": (m.with_role(policies={}), "permissions", symptoms.DENIED, "does not allow it"),
    "denied": (
        m.with_role(policies={**permission(), "Deny": permission(Effect="Deny")["Connect"]}),
        "permissions",
        symptoms.DENIED,
        "denies it (Deny,",
    ),
    "bounded": (
        m.with_role(boundary=permission(Action="s3:*")["Connect"]),
        "permissions",
        symptoms.DENIED,
        "boundary does not allow",
    ),
    "bounded by denial": (
        m.with_role(boundary=permission(Effect="Deny")["Connect"]),
        "permissions",
        symptoms.DENIED,
        "permissions boundary,",
    ),
    "not SAML": (
        m.facts(instance=Instance(m.INSTANCE, "example", "CONNECT_MANAGED")),
        "instance",
        symptoms.NOT_ONBOARDED,
        "CONNECT_MANAGED",
    ),
    "not active": (
        m.facts(instance=Instance(m.INSTANCE, "example", status="CREATION_FAILED", status_reason="Quota")),
        "instance",
        symptoms.NOT_ONBOARDED,
        "CREATION_FAILED: Quota",
    ),
    "unknown person": (people(Person("joe@example.com")), "account", symptoms.NO_SUCH_USER, "no such user"),
    "disabled person": (people(m.person(enabled=False)), "account", symptoms.USER_DISABLED, "disabled"),
    "unassigned": (people(m.person(through=())), "assignment", symptoms.NOT_ASSIGNED, "neither directly"),
    "nested": (people(m.person(through=(), nested=("Team",))), "assignment", symptoms.NOT_ASSIGNED, "only in Team"),
    "name empty": (
        dataclasses.replace(
            m.with_policy(RoleSessionName={"Source": "user", "ID": "employeeid"}), people=(m.person(),)
        ),
        "session_name",
        symptoms.NAME_REQUIRED,
        "employeeid is empty",
    ),
    "all names empty": (people(m.person(attributes={})), "session_name", symptoms.NAME_ID_EMPTY, "source of NameID"),
    "guest": (guest(), "session_name", symptoms.NAME_MUST_MATCH, "#EXT#"),
    "plus": (
        people(m.person(attributes={"userprincipalname": "jane+doe"})),
        "session_name",
        symptoms.NOT_ONBOARDED,
        "'+'",
    ),
    "no user": (m.facts(users=m.users(m.user(username="joe"))), "user", symptoms.NOT_ONBOARDED, "no user"),
    "user in another case": (
        m.facts(users=m.users(m.user(username=m.JANE.title()))),
        "user",
        symptoms.NOT_ONBOARDED,
        "case-sensitive",
    ),
    "user under an older name": (
        m.facts(users=m.users(m.user(username="jane.roe@example.com", person="j"))),
        "user",
        symptoms.NOT_ONBOARDED,
        "The person's user is 'jane.roe@example.com'",
    ),
    "somebody who is not alone with the name": (
        people(Person("Jane Doe", namesakes=("jane@example.com", "jane2@example.com"))),
        "account",
        "",
        "More than one person goes by this name: jane@example.com, jane2@example.com",
    ),
    "profile": (
        m.facts(users=m.users(m.user(profiles=("quality",)))),
        "security_profile",
        symptoms.NO_CCP,
        "QualityAnalyst",
    ),
    "origin": (
        m.facts(
            desired=m.desired(embedding_origins=("https://Desk.example.com:443/",)),
            instance=Instance(m.INSTANCE, origins=("https://x.example",)),
        ),
        "approved_origins",
        symptoms.NO_FRAME,
        "not approved",
    ),
    "destination": (
        m.facts(
            desired=m.desired(destination="https://desk.example.com/ccp"),
            application=m.application(
                relay_state=m.RELAY_STATE.replace("%2Fccp-v2", "https%3A%2F%2Fdesk.example.com%2Fccp")
            ),
            instance=Instance(m.INSTANCE, origins=()),
        ),
        "approved_origins",
        symptoms.NO_DESTINATION,
        "not approved",
    ),
}


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


HEALTHY: t.Final[dict[str, Facts]] = {
    "role first or provider first": m.with_policy(Role=f"{m.PROVIDER},{m.ROLE}"),
    "no session duration": m.with_policy(SessionDuration=None),
    "anybody may": people(m.person(through=()), application=m.application(assignment_required=False)),
    "directly": people(m.person(through=("directly",))),
    "another form of the audience": m.with_application(identifiers=("urn:amazon:webservices",)),
    "shared with a user pool": m.with_application(
        identifiers=("https://signin.aws.amazon.com/saml", POOL_IDENTIFIER),
        reply_urls=(m.REPLY_URL, POOL_REPLY_URL),
        has_default=True,
    ),
    "the old reply URL": dataclasses.replace(
        m.with_application(reply_urls=("https://signin.aws.amazon.com/static/saml",)),
        roles={
            m.ROLE: m.role(
                trust=policies.trust_policy([m.PROVIDER], ["https://signin.aws.amazon.com/saml*"])
                | {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:*"}]}
            )
        },
    ),
    "a reply URL with the provider's id": dataclasses.replace(
        m.with_application(reply_urls=(m.REPLY_URL + "/acs/X",), encrypts=True),
        providers={m.PROVIDER: m.provider(uuid="X", encryption_mode="Required", private_keys=(PrivateKey("KEY"),))},
        roles={m.ROLE: m.role(trust=policies.trust_policy([m.PROVIDER], [m.REPLY_URL + "/acs/X"]))},
    ),
    "names that the trust lets in": trust(Condition={"StringLike": {"sts:RoleSessionName": "*@example.com"}}),
    "permission by instance id": m.with_role(
        policies={"P": policies.permission_policy_by_instance_id([m.INSTANCE_ID])}
    ),
    "a wide boundary": m.with_role(boundary=permission(Action="*", Resource="*")["Connect"]),
    "approved": m.facts(
        desired=m.desired(embedding_origins=("https://desk.example.com",)),
        instance=Instance(m.INSTANCE, origins=("https://desk.example.com/",)),
    ),
    "a fixed name": dataclasses.replace(
        m.with_policy(RoleSessionName="shared"), users=m.users(m.user(username="shared"))
    ),
    "a second key": m.with_application(keys=(m.key(), m.key("next", active=False))),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_healthy_as_well(name: str) -> None:
    assert m.problems(HEALTHY[name]) == {}


WARNINGS: t.Final[dict[str, tuple[Facts, str, str]]] = {
    "ends soon": (
        dataclasses.replace(
            m.with_application(keys=(m.key(ends=20),)),
            providers={
                m.PROVIDER: SamlProvider(
                    m.PROVIDER, m.metadata.Metadata(m.ENTITY_ID, (m.certificate(ends=20),), (), (), "")
                )
            },
        ),
        "certificate",
        "expires in 20 days",
    ),
    "the trap, in IAM": (
        m.with_application(keys=(m.key("old", -20, -1), m.key(active=False))),
        "certificate",
        "nobody activated",
    ),
    "two identifiers": (
        m.with_application(identifiers=("urn:amazon:webservices", "https://example.com")),
        "identifier",
        "https://example.com",
    ),
    "no gallery": (m.with_application(gallery=False), "identifier", "gallery"),
    "shared with a user pool, without a default": (
        m.with_application(reply_urls=(m.REPLY_URL, POOL_REPLY_URL)),
        "reply_url",
        POOL_REPLY_URL,
    ),
    "two reply URLs": (
        m.with_application(reply_urls=(m.REPLY_URL, "https://example.com/saml")),
        "reply_url",
        "https://example.com/saml",
    ),
    "a second reply URL that the role does not know": (
        m.with_application(reply_urls=(m.REPLY_URL, "https://us-west-2.signin.aws.amazon.com/saml")),
        "role",
        "not to https://us-west-2.signin.aws.amazon.com/saml",
    ),
    "nested group": (m.with_application(groups=(Group("g", "Agents", ("Team",)),)), "assignment", "Team"),
    "disabled among everyone": (
        people(m.person(enabled=False, through=()), desired=m.desired(everyone=True)),
        "account",
        "disabled",
    ),
    "young role": (m.with_role(created=NOW), "role_binding", "older than the role"),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_what_deserves_a_warning(name: str) -> None:
    known, hop, words = WARNINGS[name]
    problems = m.problems(known)
    assert {finding.hop: finding.status for finding in problems.values()} == {hop: "warning"}
    assert words in problems[hop].reason


UNKNOWN: t.Final[dict[str, tuple[Facts, set[str], str]]] = {
    "claims unread": (
        m.with_application(definitions=(), not_readable={"policies": "No permission."}),
        {"claims", "role_claim", "session_name", "user"},
        "No permission.",
    ),
    "claims of the portal": (
        m.with_application(definitions=(), managed=False),
        {"claims", "role_claim", "session_name", "user"},
        "portal",
    ),
    "app roles": (m.with_policy(Role={"Source": "user", "ID": "assignedroles"}), {"role_claim"}, "was not read"),
    "a source that is no user's": (
        m.with_policy(RoleSessionName={"Source": "application", "ID": "displayname"}),
        {"session_name", "user"},
        "application.displayname",
    ),
    "guest of another tenant": (guest(home="ExternalAzureAD"), {"session_name", "user"}, "two names"),
    "an issuer that the portal chooses": (
        m.facts(
            application=m.application(definitions=(), managed=False),
            providers={m.PROVIDER: m.provider(entity_id=ISSUER_OF_APPLICATION)},
        ),
        {"claims", "role_claim", "session_name", "user", "provider", "certificate"},
        "not shown",
    ),
    "metadata unread": (m.with_application(issuer=None), {"provider", "certificate"}, "metadata"),
    "provider unreadable": (
        m.facts(providers={m.PROVIDER: SamlProvider(m.PROVIDER, unreadable="Not XML.")}),
        {"provider", "certificate"},
        "Not XML.",
    ),
    "provider unread": (
        m.facts(providers={}, not_readable={m.PROVIDER: "No permission."}),
        {"provider", "certificate"},
        "No permission.",
    ),
    "role unread": (
        m.facts(roles={}, not_readable={m.ROLE: "No permission."}),
        {"role", "role_binding"},
        "No permission.",
    ),
    "policies unread": (
        m.with_role(policies={}, not_readable={"policies": "No permission."}),
        {"permissions"},
        "No permission.",
    ),
    "boundary unread": (m.with_role(not_readable={"boundary": "No permission."}), {"permissions"}, "No permission."),
    "a condition": (
        m.with_role(policies=permission(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})),
        {"permissions"},
        "IpAddress",
    ),
    "a condition of trust": (trust(Condition={"StringEquals": {"aws:SourceVpc": "x"}}), {"role"}, "aws:SourceVpc"),
    "instance unread": (
        m.facts(instance=None, not_readable={"instance": "No permission."}),
        {"instance", "user"},
        "No permission.",
    ),
    "users unread": (m.facts(users=m.f.Users(not_readable={"users": "No permission."})), {"user"}, "No permission."),
    "profiles unread": (
        m.facts(users=m.users(not_readable={"profiles": "No permission."})),
        {"security_profile"},
        "No permission.",
    ),
    "profiles not shown": (m.facts(users=m.users(m.user(profiles=None))), {"security_profile"}, "not show"),
    "origins unread": (
        m.facts(
            desired=m.desired(embedding_origins=("https://x.example",)),
            instance=Instance(m.INSTANCE, not_readable={"origins": "No permission."}),
        ),
        {"approved_origins"},
        "No permission.",
    ),
    "accounts unread": (people(m.person(enabled=None)), {"account"}, "User.Read.All"),
    "assignments unread": (
        people(m.person(through=()), application=m.application(not_readable={"assignments": "No permission."})),
        {"assignment"},
        "No permission.",
    ),
    "no dates": (m.facts(users=m.users(m.user(modified=None))), {"role_binding"}, "age"),
    "Global Resiliency": (
        dataclasses.replace(
            m.with_application(
                reply_urls=(f"https://{m.INSTANCE_ID}.eu-central-1.sign-in.connect.aws/saml",), relay_state=None
            ),
            roles={
                m.ROLE: m.role(
                    trust=policies.trust_policy(
                        [m.PROVIDER], [f"https://{m.INSTANCE_ID}.eu-central-1.sign-in.connect.aws/saml*"]
                    )
                )
            },
        ),
        {"relay_state"},
        "Global Resiliency",
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_told(name: str) -> None:
    known, hops, words = UNKNOWN[name]
    problems = m.problems(known)
    assert {hop: finding.status for hop, finding in problems.items()} == dict.fromkeys(hops, "unknown")
    assert any(words in finding.reason for finding in problems.values())


#: the person who has Jane's user principal name as well, by another attribute
JOHN: t.Final = m.person(
    name="john@example.com", id="h", attributes={"userprincipalname": m.JANE, "mail": "john@example.com"}
)
#: broken federations that tests of their own look at
MORE_FAILING: t.Final[dict[str, Facts]] = {
    "no application": m.facts(application=None, people=(), desired=m.desired(label="'Agents'")),
    "no instance": m.facts(instance=None),
    "source identity": m.with_policy(SourceIdentity="Jane Doe"),
    "no signing key": m.with_application(definitions=(), managed=False, keys=()),
    "tokens of SAML 1.1": m.with_application(token_version="1.1"),
    "two people of one name": m.facts(assigned=(m.person(), JOHN)),
}


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
