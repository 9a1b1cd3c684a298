# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""App management policies: the restrictions that apply to an application, and the callers that are exempt. Each
restriction of a policy that is assigned to the application overrides that of the tenant's policy.
"""

from __future__ import annotations

import collections.abc
import datetime as dt
import re
import typing as t

from federation_sandbox.entra.graph.errors import bad_request
from federation_sandbox.entra.state import Record, Tenant, moment

Rule = collections.abc.Mapping[str, t.Any]

_DURATION: t.Final = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


def identifier_rule(tenant: Tenant, application: Record, name: str) -> Rule:
    """The restriction of identifiers with this name that applies; empty when there is none."""
    for configuration in (_own(tenant, application), _default(tenant)):
        rules = (configuration.get("applicationRestrictions") or {}).get("identifierUris") or {}
        if rules.get(name):
            return t.cast("Rule", rules[name])
    return {}


def check_key_lifetime(
    tenant: Tenant, application: Record, caller_id: str, start: dt.datetime, end: dt.datetime
) -> None:
    """400 for a certificate that is valid longer than a policy allows."""
    for rule in _key_rules(tenant, application):
        if applies(tenant, rule, application, caller_id) and end - start > _duration(rule["maxLifetime"]):
            raise bad_request(
                "Credential lifetime exceeds the max value allowed as per assigned policy.",
                target="endDateTime",
                detail="CredentialInvalidLifetimeAsPerAppPolicy",
            )


def _key_rules(tenant: Tenant, application: Record) -> list[Rule]:
    own, default = _own(tenant, application), _default(tenant)
    assigned = _lifetimes(own)
    if assigned:
        return assigned
    parts = ("applicationRestrictions", "servicePrincipalRestrictions")
    return [rule for part in parts for rule in _lifetimes(default.get(part) or {})]


def _lifetimes(configuration: Rule) -> list[Rule]:
    every = configuration.get("keyCredentials") or ()
    lifetimes = [rule for rule in every if rule.get("restrictionType") == "asymmetricKeyLifetime"]
    return [{"state": "enabled", **rule} for rule in lifetimes]  # Microsoft's examples leave the state out


def _default(tenant: Tenant) -> Rule:
    policy = tenant.app_management_policy
    return policy if policy["isEnabled"] else {}


def _own(tenant: Tenant, application: Record) -> Rule:
    """The restrictions of the policy that is assigned to an application; none when the policy is disabled."""
    held = (tenant["appManagementPolicies"].latest(key) for key in application.get("_appManagementPolicies", ()))
    policy = next((each for each in held if each is not None and each.get("isEnabled")), {})
    return t.cast("Rule", policy.get("restrictions") or {})


def applies(tenant: Tenant, rule: Rule, application: Record, caller_id: str) -> bool:
    """Whether a restriction applies to what this caller does to an application."""
    if rule.get("state") != "enabled":
        return False
    since = rule.get("restrictForAppsCreatedAfterDateTime")
    if since and moment(application["createdDateTime"]) <= moment(since):
        return False
    version = (application.get("api") or {}).get("requestedAccessTokenVersion")
    if rule.get("excludeAppsReceivingV2Tokens") and version == 2:
        return False
    return not _is_exempt(tenant, rule, caller_id)


def _is_exempt(tenant: Tenant, rule: Rule, caller_id: str) -> bool:
    """Whether a caller has a custom security attribute that exempts it from a restriction. Values are
    case-sensitive.
    """
    caller = tenant["servicePrincipals"].latest(caller_id) or {}
    attributes = caller.get("customSecurityAttributes") or {}
    held = {f"{group}_{name}": value for group, values in attributes.items() for name, value in values.items()}
    exemptions = (rule.get("excludeActors") or {}).get("customSecurityAttributes") or ()
    return any(each["id"] in held and held[each["id"]] == each.get("value") for each in exemptions)


def _duration(text: str) -> dt.timedelta:
    """A duration in ISO 8601. A year has 365 days, a month 30."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise bad_request(f"Cannot convert the literal '{text}' to the expected type 'Edm.Duration'.")
    parts = {name: int(value or 0) for name, value in match.groupdict().items()}
    days = parts.pop("years") * 365 + parts.pop("months") * 30 + parts.pop("days")
    return dt.timedelta(days=days, **parts)
