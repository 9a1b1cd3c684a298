# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What app management policies refuse: sure, doubtful or not at all (facts/entra.md E8)."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._entra.app_management import (
    OWN_DOMAIN,
    ManagementPolicies,
    identifier_warnings,
    lifetime_warnings,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Application
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

URN: t.Final = "urn:amazon:webservices"
NOW: t.Final = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
OFF: t.Final = {"state": "disabled"}
ON: t.Final = {"state": "enabled"}
ACTORS: t.Final = {"excludeActors": {"customSecurityAttributes": [{"id": "A_b", "operator": "equals", "value": "c"}]}}
OLD: t.Final = {"createdDateTime": "2026-01-01T00:00:00Z"}
V2: t.Final = {"api": {"requestedAccessTokenVersion": 2}}
SINCE: t.Final = {"restrictForAppsCreatedAfterDateTime": "2026-05-01T00:00:00Z"}


def _lifetimes(longest: str, **more: t.Any) -> dict[str, t.Any]:
    return {"keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "maxLifetime": longest, **more}]}


def _identifiers(rule: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {"applicationRestrictions": {"identifierUris": {OWN_DOMAIN: rule}}}


#: facts/entra.md E8: what restricts, the application that exists, and whether it is refused, warned of, or neither
POLICIES: t.Final[dict[str, tuple[ManagementPolicies, dict[str, t.Any] | None, str]]] = {
    "a new application": (ManagementPolicies(_identifiers(ON)), None, "refused"),
    "an exemption that cannot be read": (ManagementPolicies(_identifiers(ON | ACTORS)), None, "warned"),
    "an own policy that cannot be read": (ManagementPolicies(_identifiers(ON), own_readable=False), {}, "warned"),
    "an own policy that switches it off": (ManagementPolicies(_identifiers(ON), _identifiers(OFF)), {}, ""),
    "an own policy that switches it on": (ManagementPolicies(_identifiers(OFF), _identifiers(ON)), {}, "refused"),
    "an own policy on something else": (ManagementPolicies(_identifiers(ON), _lifetimes("P1D")), {}, "refused"),
    "a policy that is not enabled": (ManagementPolicies({"isEnabled": False, **_identifiers(ON)}), {}, ""),
    "a policy that cannot be read": (ManagementPolicies(), {}, ""),
    "an older application": (ManagementPolicies(_identifiers(ON | SINCE)), OLD, ""),
    "tokens of version 2": (ManagementPolicies(_identifiers(ON | {"excludeAppsReceivingV2Tokens": True})), V2, ""),
    "tokens of a new application": (
        ManagementPolicies(_identifiers(ON | {"excludeAppsReceivingV2Tokens": True})),
        None,
        "warned",
    ),
    "tokens of version 1": (
        ManagementPolicies(_identifiers(ON | {"excludeAppsReceivingV2Tokens": True})),
        {"api": {"requestedAccessTokenVersion": None}},
        "refused",
    ),
}


def _judged(check: t.Callable[[], list[str]]) -> str:
    try:
        warnings = check()
    except InvalidInput:
        return "refused"
    return "warned" if warnings else ""


@pytest.mark.parametrize("name", POLICIES)
def test_exemptions(name: str) -> None:
    policies, application, judged = POLICIES[name]
    app = None if application is None else Application({"appId": "mine", **application}, {})
    assert judged == _judged(
        lambda: identifier_warnings([URN], policies, app=app, tenant_id="tenant", domains=None, now=NOW)
    )


#: facts/entra.md E8: what restricts the lifetime of keys, for a certificate of 1095 days
LIFETIMES: t.Final[dict[str, tuple[ManagementPolicies, str]]] = {
    "none": (ManagementPolicies({"applicationRestrictions": None}), ""),
    "a year": (ManagementPolicies({"applicationRestrictions": _lifetimes("P1Y")}), "refused"),
    "a year for service principals": (
        ManagementPolicies({"servicePrincipalRestrictions": _lifetimes("P1Y")}),
        "refused",
    ),
    "days and hours": (ManagementPolicies({"applicationRestrictions": _lifetimes("P4DT12H30M5S")}), "refused"),
    "three years": (ManagementPolicies({"applicationRestrictions": _lifetimes("P3Y")}), ""),
    "1095 days": (ManagementPolicies({"applicationRestrictions": _lifetimes("P1095D")}), ""),
    "switched off": (ManagementPolicies({"applicationRestrictions": _lifetimes("P1Y", state="disabled")}), ""),
    "callers exempt": (ManagementPolicies({"applicationRestrictions": _lifetimes("P1Y", **ACTORS)}), "warned"),
    "older applications exempt": (ManagementPolicies({"applicationRestrictions": _lifetimes("P1Y", **SINCE)}), ""),
    "an own policy, longer": (
        ManagementPolicies({"applicationRestrictions": _lifetimes("P1Y")}, _lifetimes("P4Y")),
        "",
    ),
    "an own policy, shorter": (ManagementPolicies({}, _lifetimes("P90D")), "refused"),
    "not readable": (ManagementPolicies({"applicationRestrictions": _lifetimes("P1Y")}, own_readable=False), "warned"),
    "another kind of duration": (ManagementPolicies({"applicationRestrictions": _lifetimes("for ever")}), ""),
}


@pytest.mark.parametrize("name", LIFETIMES)
def test_lifetime_of_a_new_certificate(name: str) -> None:
    policies, judged = LIFETIMES[name]
    app = Application({"appId": "mine", **OLD}, {})
    assert judged == _judged(lambda: lifetime_warnings(1095, "validity_days", policies, app=app, now=NOW))
    assert not lifetime_warnings(1, "validity_days", policies, app=app, now=NOW)
