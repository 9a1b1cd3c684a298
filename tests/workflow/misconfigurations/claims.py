# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the application claims, and the pair of role and provider."""

from __future__ import annotations

import typing as t

from live_federation import ACCOUNT, AWS, PROVIDER_ARN, ROLE, ROLE_ARN, LiveFederation

from misconfigurations.misconfiguration import Act, Misconfiguration, set_claim


def _take_policies_away(live: LiveFederation) -> None:
    for policy in live.policies():
        live.graph("DELETE", f"{live.principal}/claimsMappingPolicies/{policy['id']}/$ref")


def _bury_role_claim(live: LiveFederation) -> None:
    """Fifty other claims in front of it."""
    fillers = [{"Value": "x", "SamlClaimType": f"https://example.com/claims/{number}"} for number in range(50)]

    def bury(schema: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
        roles = [entry for entry in schema if entry["SamlClaimType"].endswith("/Role")]
        return [*(entry for entry in schema if entry not in roles), *fillers, *roles]

    live.change_claims(bury)


def _rename_claim(name: str, other: str) -> Act:
    def change(live: LiveFederation) -> None:
        live.change_claims(
            lambda schema: [
                {**entry, "SamlClaimType": AWS + other} if entry["SamlClaimType"] == AWS + name else entry
                for entry in schema
            ]
        )

    return change


def _claim_pair(role: str = ROLE_ARN, provider: str = PROVIDER_ARN) -> Act:
    return set_claim("Role", {"Value": f"{role},{provider}"})


def _claim_pair_of(prefix: str) -> Act:
    """The pair of another partition. prefix: of its ARNs."""
    return _claim_pair(ROLE_ARN.replace("arn:aws:", prefix), PROVIDER_ARN.replace("arn:aws:", prefix))


CLAIMS: t.Final = (
    Misconfiguration("no-claims-policy", "claims", _take_policies_away, "azure_saml_app"),
    Misconfiguration("no-role-claim", "claims", set_claim("Role"), "azure_saml_app"),
    Misconfiguration("role-claim-in-lower-case", "claims", _rename_claim("Role", "role"), "azure_saml_app"),
    Misconfiguration("role-claim-beyond-the-fiftieth", "claims", _bury_role_claim, "azure_saml_app"),
    Misconfiguration("no-session-name", "claims", set_claim("RoleSessionName"), "azure_saml_app"),
    Misconfiguration(
        "session-name-in-another-case", "claims", _rename_claim("RoleSessionName", "RoleSessionname"), "azure_saml_app"
    ),
    Misconfiguration(
        "session-duration-too-short", "claims", set_claim("SessionDuration", {"Value": "600"}), "session_duration"
    ),
    Misconfiguration(
        "session-duration-no-number", "claims", set_claim("SessionDuration", {"Value": "PT12H"}), "session_duration"
    ),
    Misconfiguration(
        "source-identity-with-a-space",
        "claims",
        set_claim("SourceIdentity", {"Value": "Jane Doe"}),
        "azure_saml_app",
        follows=("role",),
    ),
    Misconfiguration("role-misspelt", "role_claim", _claim_pair(role=ROLE_ARN + "s"), "role_claims"),
    Misconfiguration(
        "role-in-another-case", "role_claim", _claim_pair(role=ROLE_ARN.replace(ROLE, ROLE.lower())), "role_claims"
    ),
    Misconfiguration("provider-misspelt", "role_claim", _claim_pair(provider=PROVIDER_ARN + "-ID"), "role_claims"),
    Misconfiguration("role-without-provider", "role_claim", set_claim("Role", {"Value": ROLE_ARN}), "role_claims"),
    Misconfiguration(
        "two-roles",
        "role_claim",
        set_claim("Role", {"Value": f"{ROLE_ARN},{PROVIDER_ARN}"}, {"Value": f"{ROLE_ARN}-Admin,{PROVIDER_ARN}"}),
        "role_claims",
    ),
    Misconfiguration(
        "role-of-another-account",
        "role_claim",
        _claim_pair(ROLE_ARN.replace(ACCOUNT, "999988887777"), PROVIDER_ARN.replace(ACCOUNT, "999988887777")),
        "role_claims",
    ),
    Misconfiguration(
        "session-duration-twice",
        "claims",
        set_claim("SessionDuration", {"Value": "900"}, {"Value": "3600"}),
        "session_duration",
    ),
    Misconfiguration(
        "session-duration-in-other-digits",
        "claims",
        set_claim("SessionDuration", {"Value": "٣٦٠٠"}),
        "session_duration",
    ),
    Misconfiguration(
        "session-tag-twice",
        "claims",
        lambda p: (
            p.have_role(tag_session=True),
            p.set_claim("PrincipalTag:Team", {"Value": "Sales"}, {"Value": "Service"}),
        ),
        "extra_claims",
    ),
    Misconfiguration(
        "session-name-twice",
        "claims",
        set_claim("RoleSessionName", {"Source": "user", "ID": "mail"}, {"Value": "x2"}),
        "session_name",
    ),
    Misconfiguration("pair-of-govcloud", "role_claim", _claim_pair_of("arn:aws-us-gov:"), "role_claims"),
    Misconfiguration("pair-of-china", "role_claim", _claim_pair_of("arn:aws-cn:"), "role_claims"),
    Misconfiguration("pair-of-a-partition-that-is-secret", "role_claim", _claim_pair_of("arn:aws-iso:"), "role_claims"),
    Misconfiguration(
        "issuer-with-application-id", "provider", lambda p: p.set_policy(issuerWithApplicationId=True), "entity_id"
    ),
    Misconfiguration(
        "audience-overridden",
        "identifier",
        lambda p: p.set_policy(audienceOverride="https://desk.example.com"),
        "audience_override",
    ),
    Misconfiguration(
        "provider-of-another-partition",
        "role_claim",
        _claim_pair(provider=PROVIDER_ARN.replace("arn:aws:", "arn:aws-cn:")),
        "role_claims",
    ),
)

_PAIR: t.Final = {"Value": f"{ROLE_ARN},{PROVIDER_ARN}"}
#: what looks odd, and lets agents in
HARMLESS: t.Final[dict[str, Act]] = {
    "the same role twice": set_claim("Role", _PAIR, _PAIR),
    "the same role in both orders": set_claim("Role", _PAIR, {"Value": f"{PROVIDER_ARN},{ROLE_ARN}"}),
    "the same duration twice": set_claim("SessionDuration", {"Value": "900"}, {"Value": "900"}),
    "a session name from two attributes with one value": set_claim(
        "RoleSessionName", {"Source": "user", "ID": "mail"}, {"Source": "user", "ID": "userprincipalname"}
    ),
}
