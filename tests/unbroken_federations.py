# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federations that are healthy in another way, that deserve a warning, or of which something cannot be read."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import (
    Facts,
    Group,
    Instance,
    Users,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain import policies
from ansible_collections.openccp.federation.plugins.module_utils._saml import metadata
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import PrivateKey, SamlProvider

import check_factory as m
from broken_federations import (
    ISSUER_OF_APPLICATION,
    POOL_IDENTIFIER,
    POOL_REPLY_URL,
    guest,
    people,
    permission,
    trust,
)
from saml_factory import ENTITY_ID, NOW

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

WARNINGS: t.Final[dict[str, tuple[Facts, str, str]]] = {
    "ends soon": (
        dataclasses.replace(
            m.with_application(keys=(m.key(ends=20),)),
            providers={
                m.PROVIDER: SamlProvider(
                    m.PROVIDER, metadata.Metadata(ENTITY_ID, (m.certificate(ends=20),), (), (), "")
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

UNKNOWN: t.Final[dict[str, tuple[Facts, set[str], str]]] = {
    "claims not readable": (
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
    "metadata not readable": (m.with_application(issuer=None), {"provider", "certificate"}, "metadata"),
    "provider unreadable": (
        m.facts(providers={m.PROVIDER: SamlProvider(m.PROVIDER, unreadable="Not XML.")}),
        {"provider", "certificate"},
        "Not XML.",
    ),
    "provider not readable": (
        m.facts(providers={}, not_readable={m.PROVIDER: "No permission."}),
        {"provider", "certificate"},
        "No permission.",
    ),
    "role not readable": (
        m.facts(roles={}, not_readable={m.ROLE: "No permission."}),
        {"role", "role_binding"},
        "No permission.",
    ),
    "policies not readable": (
        m.with_role(policies={}, not_readable={"policies": "No permission."}),
        {"permissions"},
        "No permission.",
    ),
    "boundary not readable": (
        m.with_role(not_readable={"boundary": "No permission."}),
        {"permissions"},
        "No permission.",
    ),
    "a condition": (
        m.with_role(policies=permission(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})),
        {"permissions"},
        "IpAddress",
    ),
    "a condition of trust": (trust(Condition={"StringEquals": {"aws:SourceVpc": "x"}}), {"role"}, "aws:SourceVpc"),
    "instance not readable": (
        m.facts(instance=None, not_readable={"instance": "No permission."}),
        {"instance", "user"},
        "No permission.",
    ),
    "users not readable": (m.facts(users=Users(not_readable={"users": "No permission."})), {"user"}, "No permission."),
    "profiles not readable": (
        m.facts(users=m.users(not_readable={"profiles": "No permission."})),
        {"security_profile"},
        "No permission.",
    ),
    "profiles not shown": (m.facts(users=m.users(m.user(profiles=None))), {"security_profile"}, "not show"),
    "origins not readable": (
        m.facts(
            desired=m.desired(embedding_origins=("https://x.example",)),
            instance=Instance(m.INSTANCE, not_readable={"origins": "No permission."}),
        ),
        {"approved_origins"},
        "No permission.",
    ),
    "accounts not readable": (people(m.person(enabled=None)), {"account"}, "User.Read.All"),
    "assignments not readable": (
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
