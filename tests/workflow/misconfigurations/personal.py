# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Claims whose value comes from the person: attributes of the user, roles of the application, and transformations."""

from __future__ import annotations

import json
import typing as t
import uuid

from live_federation import AWS, HEALTHY, JANE, PROVIDER_ARN, REPLY_URL, ROLE_ARN, LiveFederation

from misconfigurations.misconfiguration import Act, Misconfiguration, set_claim
from misconfigurations.people import person

#: the application's options under which a claim that was set by hand stays as it is
KEPT: t.Final = {"extra_claims": None, "keep_unknown_claims": True}


def from_attribute(name: str, attribute: str, **values: t.Any) -> Act:
    """Send a claim from an attribute of the user, which has this value."""

    def act(live: LiveFederation) -> None:
        live.person(**values)
        live.set_claim(name, {"Source": "user", "ID": attribute})

    return act


def transformed(
    method: str, source: str, input_name: str = "mail", name: str = "RoleSessionName", **parameters: str
) -> Act:
    """Send a claim that a transformation makes of an attribute of the user."""
    transformation = {
        "ID": "Made",
        "TransformationMethod": method,
        "InputClaims": [{"ClaimTypeReferenceId": source, "TransformationClaimType": input_name}],
        "InputParameters": [{"ID": each, "Value": value} for each, value in parameters.items()],
        "OutputClaims": [{"ClaimTypeReferenceId": "made", "TransformationClaimType": "outputClaim"}],
    }

    def act(live: LiveFederation) -> None:
        (policy,) = live.policies()
        content = json.loads(policy["definition"][0])
        own = content["ClaimsMappingPolicy"]
        own["ClaimsSchema"] = [
            *(entry for entry in own["ClaimsSchema"] if entry["SamlClaimType"] != AWS + name),
            {"Source": "user", "ID": source},
            {"Source": "transformation", "ID": "made", "TransformationId": "Made", "SamlClaimType": AWS + name},
        ]
        own["ClaimsTransformations"] = [transformation]
        live.graph("PATCH", f"/policies/claimsMappingPolicies/{policy['id']}", definition=[json.dumps(content)])

    return act


def both(*acts: Act) -> Act:
    def act(live: LiveFederation) -> None:
        for step in acts:
            step(live)

    return act


def role(**params: t.Any) -> Act:
    return lambda live: live.have_role(**params)


def trust_when(**condition: t.Any) -> Act:
    """Make the trust depend on something more."""

    def act(live: LiveFederation) -> None:
        equals = {"SAML:aud": REPLY_URL, **condition.get("StringEquals", {})}
        live.set_trust(Condition={**condition, "StringEquals": equals})

    return act


def permit_when(**condition: t.Any) -> Act:
    return lambda live: live.permit(Condition=condition)


def app_role(value: str) -> Act:
    """Assign the group to a role of the application that has this value, and claim the roles of people."""

    def act(live: LiveFederation) -> None:
        path = f"/applications/{live.application['object_id']}"
        known = live.graph("GET", path)["appRoles"]
        for existing in known:
            existing.pop("origin", None)
        app_role = {
            "id": str(uuid.uuid4()),
            "displayName": "Agent",
            "description": "Agent",
            "value": value,
            "isEnabled": True,
        }
        live.graph("PATCH", path, appRoles=[*known, {**app_role, "allowedMemberTypes": ["User"]}])
        assigned = live.graph("GET", f"{live.principal}/appRoleAssignedTo")["value"][0]
        ids = {
            "principalId": assigned["principalId"],
            "resourceId": assigned["resourceId"],
            "appRoleId": app_role["id"],
        }
        live.graph("POST", f"{live.principal}/appRoleAssignedTo", **ids)
        live.set_claim("Role", ASSIGNED)

    return act


ASSIGNED: t.Final = {"Source": "user", "ID": "assignedroles"}
TEAM: t.Final = from_attribute("PrincipalTag:Team", "department", department="Service")
LOWERED: t.Final = transformed("ToLowercase()", "mail", "sourceClaim")

PERSONAL: t.Final = (
    Misconfiguration(
        "duration-of-a-person-too-long",
        "session_duration",
        both(from_attribute("SessionDuration", "employeeid", employeeId="43200"), role(max_session_duration=3600)),
        "max_session_duration",
    ),
    Misconfiguration(
        "duration-of-a-person-no-number",
        "claims",
        from_attribute("SessionDuration", "employeeid", employeeId="a day"),
        "Change user.employeeid of the person",
        mends=person(employeeId="3600"),
    ),
    Misconfiguration(
        "duration-of-a-person-in-other-digits",
        "claims",
        from_attribute("SessionDuration", "employeeid", employeeId="٣٦٠٠"),
        "Change user.employeeid of the person",
        mends=person(employeeId="3600"),
    ),
    Misconfiguration(
        "duration-of-a-person-too-short",
        "claims",
        from_attribute("SessionDuration", "employeeid", employeeId="899"),
        "Change user.employeeid of the person",
        mends=person(employeeId="900"),
    ),
    Misconfiguration(
        "source-identity-of-a-person-with-a-space",
        "claims",
        both(role(set_source_identity=True), from_attribute("SourceIdentity", "displayname")),
        "Change user.displayname of the person",
        mends=person(displayName="Jane"),
    ),
    Misconfiguration(
        "source-identity-of-a-person-not-trusted",
        "role",
        from_attribute("SourceIdentity", "mail"),
        "set_source_identity: true",
    ),
    Misconfiguration(
        "tag-of-a-person-with-another-sign",
        "claims",
        both(role(tag_session=True), from_attribute("PrincipalTag:Team", "department", department="R&D")),
        "Change user.department of the person",
        mends=person(department="Research"),
    ),
    Misconfiguration("tag-of-a-person-not-trusted", "role", TEAM, "tag_session: true"),
    Misconfiguration(
        "tag-of-a-person-that-the-trust-refuses",
        "role",
        both(role(tag_session=True), TEAM, trust_when(StringEquals={"aws:RequestTag/Team": "Sales"})),
        "tag_session: true",
    ),
    Misconfiguration(
        "tag-of-a-person-empty-where-the-trust-asks-for-it",
        "role",
        both(
            role(tag_session=True),
            from_attribute("PrincipalTag:Team", "department", department=None),
            trust_when(StringLike={"aws:RequestTag/Team": "*"}),
        ),
        "connect_federation_role",
    ),
    Misconfiguration(
        "tag-of-a-person-that-the-permission-refuses",
        "permissions",
        both(role(tag_session=True), TEAM, permit_when(StringEquals={"aws:PrincipalTag/Team": "Sales"})),
        "connect_federation_role",
    ),
    Misconfiguration(
        "role-of-a-person-empty", "role_claim", from_attribute("Role", "department", department=None), "role_claims"
    ),
    Misconfiguration(
        "role-of-a-person-misspelt",
        "role_claim",
        from_attribute("Role", "department", department=f"{ROLE_ARN}s,{PROVIDER_ARN}"),
        "role_claims",
    ),
    Misconfiguration(
        "role-of-the-application-without-value",
        "role_claim",
        set_claim("Role", {"Source": "user", "ID": "assignedroles"}),
        "role_claims",
    ),
    Misconfiguration(
        "role-of-the-application-misspelt", "role_claim", app_role(f"{ROLE_ARN},{PROVIDER_ARN}-2"), "role_claims"
    ),
    Misconfiguration(
        "session-name-of-a-mail-prefix", "user", transformed("ExtractMailPrefix", "mail"), "connect_users"
    ),
    Misconfiguration(
        "session-name-in-upper-case", "user", transformed("ToUppercase()", "mail", "sourceClaim"), "connect_users"
    ),
    Misconfiguration(
        "session-name-joined-with-a-plus",
        "session_name",
        transformed("Join", "employeeid", "string1", string2="agents", separator="+"),
        "session_name_source",
    ),
    Misconfiguration(
        "transformation-without-input",
        "session_name",
        both(person(employeeId=None), transformed("Join", "employeeid", "string1", string2="agents", separator=".")),
        "session_name_source",
    ),
    Misconfiguration(
        "transformation-of-another-claim-without-input",
        "claims",
        both(
            person(employeeId=None),
            transformed("Join", "employeeid", "string1", "PrincipalTag:Team", string2="agents", separator="."),
        ),
        "Fill the attribute of the person",
        mends=both(person(**HEALTHY), role(tag_session=True)),
        follows=(),
    ),
)

#: what looks odd, and lets agents in
HARMLESS: t.Final[dict[str, Act]] = {
    "a duration from an attribute": from_attribute("SessionDuration", "employeeid", employeeId="3600"),
    "a duration from an empty attribute": from_attribute("SessionDuration", "employeeid", employeeId=None),
    "a tag from an empty attribute": from_attribute("PrincipalTag:Team", "department", department=None),
    "a source identity from an empty attribute": from_attribute("SourceIdentity", "department", department=None),
    "a tag that trust and permission want": both(
        role(tag_session=True),
        TEAM,
        trust_when(
            StringEquals={"aws:RequestTag/Team": "Service"}, **{"ForAllValues:StringEquals": {"aws:TagKeys": ["Team"]}}
        ),
        permit_when(StringEquals={"aws:PrincipalTag/Team": "${aws:PrincipalTag/team}"}),
    ),
    "a role from an attribute": from_attribute("Role", "department", department=f"{ROLE_ARN},{PROVIDER_ARN}"),
    "a role of the application": app_role(f"{ROLE_ARN},{PROVIDER_ARN}"),
    "a session name in lower case": both(person(mail="Jane.Doe@Example.com"), LOWERED),
    "a session name in lower case that people wrote otherwise": both(person(mail=JANE.upper()), LOWERED),
    "a joined session name": both(
        person(employeeId="jane.doe"),
        transformed("Join", "employeeid", "string1", string2="example.com", separator="@"),
    ),
}
