# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""App management policies: whether the tenant's policy, or one of the application's own, would refuse what a run is
about to do.

A refusal is predicted only where it is sure. Where something that cannot be read may exempt, there is a warning
instead.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import PARTITIONS
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import accepted_audiences, audience_of
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Application
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, Request, Result, read
from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied, InvalidInput

Rule = t.Mapping[str, t.Any]

#: The two rules for identifiers in an app management policy, and the one for certificates.
DEFAULT_FORM: t.Final = "nonDefaultUriAddition"
OWN_DOMAIN: t.Final = "uriAdditionWithoutUniqueTenantIdentifier"
KEY_LIFETIME: t.Final = "asymmetricKeyLifetime"

#: An application's own policy comes first; the application does not show which one that is.
_OWN_POLICIES: t.Final = "/policies/appManagementPolicies"

_DURATION: t.Final = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


@dataclass(frozen=True)
class ManagementPolicies:
    """What restricts an application. default: the tenant's policy, None when the caller may not read it; own: the
    restrictions of the application's own.

    own_readable: whether the caller may read the latter. A new application has none of its own.
    """

    default: Rule | None = None
    own: Rule | None = None
    own_readable: bool = True


@dataclass(frozen=True)
class Restriction:
    """A rule that is in force. source: whose it is. doubt: what may exempt from it, and cannot be read; else empty."""

    rule: Rule
    source: str
    doubt: str

    def refuse(self, reason: str, hint: str) -> str:
        """InvalidInput, or, where it is not sure, the warning to give."""
        if not self.doubt:
            raise InvalidInput(reason, hint=hint)
        return f"{reason} {self.doubt} If Entra ID refuses it: {hint}"


def policy_requests(app: Application | None) -> list[Request]:
    """The requests that show the policies for an application; for a new one, without those of single applications."""
    requests = [read("/policies/defaultAppManagementPolicy", "read the tenant's policy for applications")]
    if app is not None:
        requests.append(read(_OWN_POLICIES, "list the policies of single applications"))
    return requests


def policies_of(graph: Graph, app: Application | None, results: t.Sequence[Result]) -> ManagementPolicies:
    """The policies for an application. results: the answers to policy_requests()."""
    policies = ManagementPolicies(None if isinstance(results[0].error, Denied) else results[0].get_or_none())
    if app is None:
        return policies
    if isinstance(results[1].error, Denied):
        return replace(policies, own_readable=False)
    listed = graph.rest(results[1].get(), "list the policies of single applications")
    enabled = [policy for policy in listed if policy.get("isEnabled")]
    appliers = [
        read(f"{_OWN_POLICIES}/{policy['id']}/appliesTo", "list what a policy applies to", select=("id", "appId"))
        for policy in enabled
    ]
    answers = graph.batch(appliers) if appliers else []
    if any(isinstance(answer.error, Denied) for answer in answers):
        return replace(policies, own_readable=False)
    for policy, answer, request in zip(enabled, answers, appliers, strict=True):
        if any(holder.get("appId") == app.app_id for holder in graph.rest(answer.get(), request.what)):
            return replace(policies, own=policy.get("restrictions") or {})
    return policies


def read_policies(graph: Graph, app: Application | None) -> ManagementPolicies:
    """The policies for an application, where nothing else is to be read."""
    return policies_of(graph, app, graph.batch(policy_requests(app)))


def identifier_warnings(
    added: t.Iterable[str],
    policies: ManagementPolicies,
    *,
    app: Application | None,
    tenant_id: str,
    domains: tuple[str, ...] | None,
    now: datetime,
) -> list[str]:
    """Warnings about identifiers that a policy may refuse of an application that is set up for SAML; InvalidInput where
    it is sure to. domains: the tenant's verified ones; None when they are not known.
    """
    warnings = []
    strict, lenient = (_identifier_restriction(policies, name, app, now) for name in (DEFAULT_FORM, OWN_DOMAIN))
    unique = [tenant_id.lower(), *([app.app_id.lower()] if app else [])]
    for identifier in added:
        if strict and strict.rule.get("excludeSaml") is False:
            reason = (
                f"{strict.source} {DEFAULT_FORM} refuses the identifier {identifier}, and does not exempt SAML "
                f"applications."
            )
            warnings.append(strict.refuse(reason, "Have excludeSaml set for it in the app management policy."))
        has_id = any(each in identifier.partition("#")[0].lower() for each in unique)
        if lenient and not lenient.rule.get("excludeSaml") and not has_id and not _may_be_verified(identifier, domains):
            reason = (
                f"{lenient.source} {OWN_DOMAIN} refuses the identifier {identifier}: it is not on a verified "
                f"domain of the tenant{_listed(domains)}, holds neither the tenant's nor the application's id, and "
                f"SAML applications are not exempt."
            )
            hint = "Have excludeSaml set for it in the app management policy: AWS needs its own audience as identifier."
            warnings.append(lenient.refuse(reason, hint))
    return warnings


def lifetime_warnings(
    validity_days: int, option: str, policies: ManagementPolicies, *, app: Application | None, now: datetime
) -> list[str]:
    """Warnings about a new certificate that may live longer than a policy allows; InvalidInput where it is sure to.

    option: what sets how long it lives, for the message.
    """
    warnings = []
    for restriction in _lifetime_restrictions(policies, app, now):
        longest = _duration(str(restriction.rule.get("maxLifetime")))
        if longest is None or timedelta(days=validity_days) <= longest:
            continue
        reason = (
            f"{restriction.source} {KEY_LIFETIME} allows certificates of at most {longest.days} days, and the signing "
            f"certificate is to be valid for {validity_days}."
        )
        warnings.append(restriction.refuse(reason, f"Ask for a shorter one with {option}."))
    return list(dict.fromkeys(warnings))


def _identifier_restriction(
    policies: ManagementPolicies, name: str, app: Application | None, now: datetime
) -> Restriction | None:
    own = ((policies.own or {}).get("applicationRestrictions") or {}).get("identifierUris") or {}
    if own.get(name):
        return _in_force(own[name], "The application's own policy", policies, app, now)
    default = (_enabled(policies).get("applicationRestrictions") or {}).get("identifierUris") or {}
    return _in_force(default.get(name) or {}, "The tenant's policy", policies, app, now)


def _lifetime_restrictions(policies: ManagementPolicies, app: Application | None, now: datetime) -> list[Restriction]:
    own, source = _lifetimes(policies.own or {}), "The application's own policy"
    if not own:
        parts = ("applicationRestrictions", "servicePrincipalRestrictions")
        own = [rule for part in parts for rule in _lifetimes(_enabled(policies).get(part) or {})]
        source = "The tenant's policy"
    restrictions = (_in_force(rule, source, policies, app, now) for rule in own)
    return [restriction for restriction in restrictions if restriction is not None]


def _lifetimes(configuration: Rule) -> list[Rule]:
    rules = configuration.get("keyCredentials") or ()
    return [{"state": "enabled", **rule} for rule in rules if rule.get("restrictionType") == KEY_LIFETIME]


def _enabled(policies: ManagementPolicies) -> Rule:
    default = policies.default or {}
    return default if default.get("isEnabled", True) else {}


def _in_force(
    rule: Rule, source: str, policies: ManagementPolicies, app: Application | None, now: datetime
) -> Restriction | None:
    """A rule that is on for an application, with what may exempt from it; None for one that is not."""
    if rule.get("state") != "enabled" or (rule.get("excludeAppsReceivingV2Tokens") and _receives_v2_tokens(app)):
        return None
    begins = rule.get("restrictForAppsCreatedAfterDateTime")
    created_at = (app.application.get("createdDateTime") if app else None) or now.isoformat()
    if begins and datetime.fromisoformat(str(created_at)) <= datetime.fromisoformat(str(begins)):
        return None
    return Restriction(rule, source, _doubt(rule, policies, app))


def _doubt(rule: Rule, policies: ManagementPolicies, app: Application | None) -> str:
    if not policies.own_readable:
        return "Whether the application has a policy of its own, which would come first, cannot be read."
    if (rule.get("excludeActors") or {}).get("customSecurityAttributes"):
        return "It exempts callers by their custom security attributes, and those of this one cannot be read."
    if app is None and rule.get("excludeAppsReceivingV2Tokens"):
        return "It exempts applications that receive tokens of version 2, and which a new one receives is not known."
    return ""


def _receives_v2_tokens(app: Application | None) -> bool:
    return bool(app and (app.application.get("api") or {}).get("requestedAccessTokenVersion") == 2)


def _may_be_verified(identifier: str, domains: tuple[str, ...] | None) -> bool:
    """Whether an identifier is on a verified domain or below one, as far as the domains are known; AWS's own never
    is.
    """
    host = (urlsplit(identifier).hostname or "").lower()
    if domains is None:
        return bool(host) and not any(
            audience_of(identifier) in accepted_audiences(partition) for partition in PARTITIONS.values()
        )
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _listed(domains: tuple[str, ...] | None) -> str:
    return f" ({', '.join(domains)})" if domains else ""


def _duration(text: str) -> timedelta | None:
    """A duration of ISO 8601, with a year of 366 days and a month of 31, so that nothing is refused too soon; None for
    what is none.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    parts = {name: int(value or 0) for name, value in match.groupdict().items()}
    days = parts.pop("years") * 366 + parts.pop("months") * 31 + parts.pop("days")
    return timedelta(days=days, **parts)
