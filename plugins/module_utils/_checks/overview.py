# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What a report shows beside the findings: certificates as each cloud sees them, agents by security profile and by
state.

Everything follows from the facts of the check and its findings; nothing is asked for again.
"""

from __future__ import annotations

import collections
import collections.abc
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Facts
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding
from ansible_collections.openccp.federation.plugins.module_utils._checks.hops import NEVER_READABLE
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import Certificate
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import SamlProvider

STATES: t.Final = ("refused", "unknown", "disabled", "unobstructed", "unassigned", "unchecked")
"""What an agent can be. unassigned: a user of the instance to whom nobody who is assigned leads. unchecked: one whom
nobody asked about.
"""

NO_PROFILE: t.Final = ""
"""The row of agents who have no user in Amazon Connect, or whose security profiles were not read."""


def overview(facts: Facts, findings: t.Sequence[Finding]) -> dict[str, t.Any]:
    """The overview. findings: every one of them, none folded."""
    return {
        "time": facts.desired.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "application": {"name": facts.application.name, "app_id": facts.application.app_id}
        if facts.application
        else None,
        "instance": {"arn": facts.desired.instance_arn, "alias": facts.instance.alias if facts.instance else ""},
        "everyone_assigned": facts.desired.everyone,
        "certificates": certificates(facts),
        "agents": agents(facts, findings),
    }


def certificates(facts: Facts) -> list[dict[str, t.Any]]:
    """Each certificate of the application and of the providers, as Entra ID and as IAM see it, the one that ends first
    at the top.
    """
    keys = {key.certificate.thumbprint: key for key in facts.application.keys} if facts.application else {}
    signer = Path(facts).signer if facts.application else None
    held: dict[str, Certificate] = {}
    for provider in facts.providers.values():
        held |= (
            {
                signing_certificate.thumbprint: signing_certificate
                for signing_certificate in provider.metadata.certificates
            }
            if provider and provider.metadata
            else {}
        )
    every = held | {thumbprint: key.certificate for thumbprint, key in keys.items()}
    rows = [
        {
            **certificate.as_dict(facts.desired.now),
            "in_entra": thumbprint in keys,
            "active": thumbprint in keys and keys[thumbprint].active,
            "can_sign": thumbprint in keys and keys[thumbprint].can_sign,
            "signs": signer is not None and signer.certificate.thumbprint == thumbprint,
            "providers": {arn: _held_by(facts, arn, thumbprint) for arn in _provider_arns(facts)},
        }
        for thumbprint, certificate in every.items()
    ]
    return sorted(rows, key=lambda row: (row["not_after"], row["thumbprint"]))


def _provider_arns(facts: Facts) -> list[str]:
    return sorted({*facts.providers, *(arn for arn in facts.not_readable if ":saml-provider/" in arn)})


def _held_by(facts: Facts, arn: str, thumbprint: str) -> bool | None:
    """Whether a provider holds a certificate; None where it could not be read."""
    if arn in facts.not_readable:
        return None
    provider: SamlProvider | None = facts.providers.get(arn)
    if provider is None:
        return False
    return None if provider.metadata is None else thumbprint in provider.metadata.thumbprints


def agents(facts: Facts, findings: t.Sequence[Finding]) -> dict[str, t.Any]:
    """How many agents are in each state, altogether and for each security profile; an agent of two profiles counts in
    both rows.
    """
    path = Path(facts)
    state_of_people = _states(facts, findings)
    states: dict[str, str] = {}
    rows: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    deletion_of_users: list[str] = []
    for person in facts.people:
        username = path.session_name(person).value if facts.application and person.id else None
        if username in facts.users.by_name:
            states[str(username)] = state_of_people[person.name]
        else:
            deletion_of_users.append(state_of_people[person.name])
    rest = "unassigned" if facts.desired.everyone else "unchecked"
    for username, user in facts.users.by_name.items():
        for profile in user.profiles or (NO_PROFILE,):
            rows[facts.users.profile_names.get(profile, profile)][states.get(username, rest)] += 1
    rows[NO_PROFILE].update(deletion_of_users)
    every = [*deletion_of_users, *(states.get(username, rest) for username in facts.users.by_name)]
    return {
        "people": len(facts.people),
        "users": None if facts.instance is None or "users" in facts.users.not_readable else len(facts.users.by_name),
        "not_readable": " ".join(facts.users.not_readable.values()),
        "states": _counted(every),
        "profiles": [
            {"profile": name, "states": _counted(rows[name].elements())} for name in sorted(rows) if rows[name]
        ],
    }


def _counted(states: collections.abc.Iterable[str]) -> dict[str, int]:
    counter = collections.Counter(states)
    return {state: counter[state] for state in STATES}


def _states(facts: Facts, findings: t.Sequence[Finding]) -> dict[str, str]:
    """The state of each person by name: a hop that fails for all refuses everybody, and unknown is never a pass."""
    of_path = {finding.status for finding in findings if not finding.person and finding.hop not in NEVER_READABLE}
    of_person: dict[str, set[str]] = {person.name: set(of_path) for person in facts.people}
    for finding in findings:
        if finding.person and finding.subject in of_person:
            of_person[finding.subject].add(finding.status)
    disabled = {person.name for person in facts.people if facts.desired.everyone and person.enabled is False}
    return {name: "disabled" if name in disabled else _state(statuses) for name, statuses in of_person.items()}


def _state(statuses: collections.abc.Container[str]) -> str:
    if "fail" in statuses:
        return "refused"
    return "unknown" if "unknown" in statuses else "unobstructed"
