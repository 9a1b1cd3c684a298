# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What the role certificate_rotation knows after each look at both clouds: of which application and providers the
rotation is, how far it is, what a run takes on, and how the hosts of a play share the work. Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._printable import message_text
from ansible_collections.openccp.federation.plugins.module_utils._rotation import decision as rotation
from ansible_collections.openccp.federation.plugins.module_utils._rotation import steps

Record = t.Mapping[str, t.Any]

#: Of an application that a user pool trusts.
_COGNITO_IDENTIFIER: t.Final = "urn:amazon:cognito:sp:"
_NOT_REACHED: t.Final = "It failed before it could be looked at."


def consumers(applications: t.Sequence[Record], app_id: str | None, name: str) -> dict[str, t.Any]:
    """The application, and the providers and user pools that it names as those who trust it.

    applications: as azure_saml_app_info returns them for the application ID or, without one, for the name.
    problem: why it is not the one application that was set up here; empty when it is.
    """
    application = applications[0] if applications else {}
    identifiers = application.get("identifiers", ())
    return {
        "application": application,
        "problem": _not_the_one(applications, app_id, name),
        "providers": rotation.claimed_providers(application.get("claims", ())),
        "user_pools": [
            identifier.removeprefix(_COGNITO_IDENTIFIER)
            for identifier in identifiers
            if identifier.startswith(_COGNITO_IDENTIFIER)
        ],
    }


def _not_the_one(applications: t.Sequence[Record], app_id: str | None, name: str) -> str:
    if len(applications) == 1 and (app_id or applications[0]["managed"]):
        return ""
    if applications:
        ids = ", ".join(str(application["app_id"]) for application in applications)
        return (
            f"{len(applications)} applications that openccp.federation may have created have the name '{name}': "
            f"{ids}. Give "
            f"certificate_rotation_app_id."
        )
    what = (
        f"No application {app_id} is there."
        if app_id
        else f"It is not federated: no application that was created by openccp.federation has the name '{name}'."
    )
    return (
        f"{what} Set it up with openccp.federation.site (a user pool with openccp.federation.cognito), or give "
        f"certificate_rotation_name or certificate_rotation_app_id."
    )


@dataclasses.dataclass(frozen=True)
class Look:
    """What was read of those who trust an application. listed: the ARNs of the providers that were looked for."""

    iam: t.Sequence[Record]
    cognito: t.Sequence[Record]
    listed: t.Sequence[str]


@dataclasses.dataclass(frozen=True)
class Run:
    """What a run of the playbook is limited to: tags, and whether it waits until a certificate has settled."""

    tags: t.Sequence[str] = ()
    wait: bool = True
    notification_emails: t.Sequence[str] | None = None


def state(application: Record, look: Look, now: str, rules: rotation.Rules, run: Run) -> dict[str, t.Any]:
    """How far the rotation is.

    problem: why the look is not enough to go on; undecided: why there is no rotation to speak of. Either may be empty.
    """
    tenant = str(application["tenant_id"])
    in_pools = [provider for provider in look.cognito if tenant in str(provider.get("entity_id") or "")]
    providers = [*look.iam, *in_pools]
    known = {
        "providers": providers,
        "pool_providers": in_pools,
        "problem": message_text(_unknown_providers(application, look) or _not_readable(look, tenant) or _missing(look)),
        "undecided": "",
    }
    if known["problem"]:
        return known
    try:
        decided = decide(application, providers, now, rules)
    except InvalidInput as error:
        return known | {"undecided": message_text(f"{application['name']}: {error}")}
    return known | {
        "next": decided | {key: application[key] for key in ("app_id", "days_left", "certificates")},
        "steps": planned_steps(decided, application, providers, run, compromised=rules.compromised),
        "way_back": _way_back(decided["former"]),
    }


def _unknown_providers(application: Record, look: Look) -> str:
    """A certificate must not sign before every provider trusts it, so all of them must be known."""
    if look.listed or "policies" not in application.get("not_readable", ()):
        return ""
    return (
        f"The claims policy of '{application['name']}' cannot be read, which names the IAM SAML providers that trust "
        f"the application. Grant the permission Policy.Read.All of Microsoft Graph, or give "
        f"certificate_rotation_providers."
    )


def _not_readable(look: Look, tenant: str) -> str:
    """Of providers of the same directory, by their address, it must be known what they trust."""
    errors = [
        str(provider["metadata_error"])
        for provider in look.cognito
        if provider.get("metadata_error") and tenant in str(provider.get("metadata_url") or "")
    ]
    return " ".join(errors)


def _missing(look: Look) -> str:
    existing = {provider.get("arn") for provider in look.iam}
    missing = [arn for arn in dict.fromkeys(look.listed) if arn not in existing]
    if not missing:
        return ""
    return (
        f"IAM has no SAML provider {', '.join(missing)}. Set it up with openccp.federation.site, or leave it out of "
        f"certificate_rotation_providers."
    )


def _way_back(former: str | None) -> str:
    return (
        f"Nothing is retired until this is fixed. The tag rollback reactivates the former certificate "
        f"{former or '(there is none)'}."
    )


def decide(
    application: Record, providers: t.Sequence[Record], now: str, rules: rotation.Rules | None = None
) -> dict[str, t.Any]:
    """The decision as plain values; InvalidInput when there is no rotation to speak of."""
    federation = rotation.Federation(
        rotation.certificates_of(application),
        [rotation.provider_of(provider) for provider in providers],
        rotation.moment(now),
        frozenset(application["managed_thumbprints"]),
    )
    decision = rotation.decide(federation, rules or rotation.Rules())
    since = decision.failing_since
    return dataclasses.asdict(decision) | {
        "retired": list(decision.retired),
        "unmanaged": list(decision.unmanaged),
        "failing_since": since.strftime("%Y-%m-%dT%H:%M:%SZ") if since else None,
        "trusted": sorted(federation.trusted),
        "former": rotation.former(federation),
    }


def planned_steps(
    decided: Record, application: Record, providers: t.Sequence[Record], run: Run, *, compromised: bool = False
) -> list[dict[str, t.Any]]:
    """What one run takes on, in the form that modules return."""
    held = {rotation.consumer_id(provider): rotation.held_thumbprints(provider) for provider in providers}
    name, active = application["name"], application["active_thumbprint"]
    is_limited = "all" not in run.tags or "rollback" in run.tags
    stages = [tag for tag in run.tags if tag not in ("all", "always", "tagged", "untagged")] if is_limited else []
    planned = steps.steps_of(steps.CurrentState(decided, name, active, held, tuple(stages), run.wait, compromised))
    return planned + steps.notify(name, application["notification_emails"], run.notification_emails, decided, stages)


def fleet(hosts: t.Mapping[str, Record], playing: t.Collection[str], app_id: str | None) -> dict[str, t.Any]:
    """How the hosts of a play share the work, and what came of their looks.

    hosts: the variables of all hosts of the play, in its order. playing: those that did not fail. app_id: of the
    application of the host that asks.

    leader: of the hosts that share the application, the first does the work for all, since every provider that the
    claims name is served. It stays the first when it has failed: nobody goes on in its place. failed: those of them
    where the new certificate is not proven.
    """
    sharing = [
        host for host, variables in hosts.items() if app_id and variables.get("__certificate_rotation_app_id") == app_id
    ]
    stopped = {host for host, variables in hosts.items() if "__certificate_rotation_stopped" in variables}
    seen = [variables.get("__certificate_rotation_seen") for variables in hosts.values()]
    pools = [variables.get("__certificate_rotation_seen_pools") or [] for variables in hosts.values()]
    return {
        "leader": sharing[0] if sharing else "",
        "failed": [host for host in sharing if host not in playing or host in stopped],
        "seen": [*filter(None, seen), *(look for looks in pools for look in looks)],
        "not_readable": {host: _NOT_REACHED for host in hosts if host not in playing}
        | _noted(hosts, "__certificate_rotation_not_readable"),
        "not_federated": _noted(hosts, "__certificate_rotation_not_federated"),
        "limits": {host: variables.get("__certificate_rotation_limits") or {} for host, variables in hosts.items()},
    }


def _noted(hosts: t.Mapping[str, Record], name: str) -> dict[str, str]:
    return {host: str(variables[name]) for host, variables in hosts.items() if name in variables}
