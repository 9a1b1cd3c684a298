# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federations in which one fact is changed, and the hop of the check that fails for it."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks import symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import (
    Facts,
    Instance,
    Person,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain import policies
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import PrivateKey

import check_factory as m
from saml_factory import ENTITY_ID

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


def transformed(**changes: t.Any) -> Facts:
    """A policy whose session name is to come from a transformation, which is changed."""
    entry = {"Source": "transformation", "ID": "x", "TransformationId": "T"}
    definition = json.loads(m.policy(RoleSessionName=entry)[0])
    definition["ClaimsMappingPolicy"]["ClaimsTransformation"] = [
        {
            "ID": "T",
            "TransformationMethod": "CreateStringClaim",
            "InputParameters": [{"ID": "value", "Value": m.JANE}],
            "OutputClaims": [{"ClaimTypeReferenceId": "x", "TransformationClaimType": "createdClaim"}],
            **changes,
        }
    ]
    return m.with_application(definitions=([json.dumps(definition)],))


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
ISSUER_OF_APPLICATION: t.Final = f"{ENTITY_ID}an-app-id"

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
    "role under another name": (
        m.with_application(
            definitions=(m.policy({"Value": f"{m.ROLE},{m.PROVIDER}", "SamlClaimType": f"{claims.ROLE}/ "}, Role=None),)
        ),
        "claims",
        symptoms.INVALID_RESPONSE,
        "it takes no other name",
    ),
    "session name of no transformation": (
        transformed(ID="Missing"),
        "session_name",
        symptoms.NAME_REQUIRED,
        "transformation.x (which the policy does not define) is empty",
    ),
    "session name of another output": (
        transformed(OutputClaims=[{"ClaimTypeReferenceId": "y", "TransformationClaimType": "createdClaim"}]),
        "session_name",
        symptoms.NAME_REQUIRED,
        "CreateStringClaim, whose output is another",
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
    "relay state, ARN": (
        relay(m.RELAY_STATE.replace(m.INSTANCE_ID, m.INSTANCE)),
        "relay_state",
        symptoms.CONSOLE_HOME,
        "does not lead",
    ),
    "relay state, slash behind the id": (
        relay(m.RELAY_STATE.replace("?", "/?")),
        "relay_state",
        symptoms.CONSOLE_HOME,
        "does not lead",
    ),
    "relay state, no Region": (
        relay(m.RELAY_STATE.replace("eu-central-1.", "")),
        "relay_state",
        symptoms.DENIED,
        "names no Region",
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
