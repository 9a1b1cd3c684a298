# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Changes of a run that would lock out everybody: a change of the application, the provider or the role after which, or
during which, no sign-in passes. Pure.

Entra ID is written before AWS, so a change of what one side sends is safe only where the other accepts it already.
"""

from __future__ import annotations

import fnmatch
import json
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._access import listed
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import PARTITIONS
from ansible_collections.openccp.federation.plugins.module_utils._domain.policies import (
    trusted_providers,
    trusted_reply_urls,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import (
    accepted_audiences,
    audience_of,
    is_of_user_pool,
    undocumented_spelling,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ROLE

Record = t.Mapping[str, t.Any]

#: What the views of a provider and of a role have, by which the steps of the two are distinguished.
_OF_PROVIDERS: t.Final = frozenset({"entity_id", "certificates", "sso_locations"})
_OF_ROLES: t.Final = frozenset({"trust_policy", "permission_policy", "max_session_duration"})
#: What the views of a user pool's application and provider have, and those of their tags have not.
_OF_POOLS: t.Final = frozenset({"identifiers", "entity_id"})


@dataclass(frozen=True)
class Planned:
    """An object before and after a plan. deleted: whether it exists, and the plan removes it."""

    before: Record = field(default_factory=dict)
    after: Record = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True)
class Side:
    """What a run knows of both ends of the sign-in path; None for what it does not look at, or what is new."""

    application: Planned | None = None
    provider: Planned | None = None
    role: Planned | None = None
    instance_id: str = ""


def lockouts(results: t.Mapping[str, Record]) -> tuple[str, ...]:
    """Why nobody could sign in any more, in clauses. results: role → the fact that it left, of those that planned."""
    side = _side(results)
    if _is_unfinished(side, results):
        return ()  # nobody signs in yet
    return (*_by_application(side), *_by_provider(side), *_by_role(side))


def deletions(instance: Record) -> tuple[str, ...]:
    """The clause on an instance that would be deleted, with all its agents. instance: the fact that its role left."""
    deletions = [step for step in instance.get("steps", ()) if "arn" in step["before"] and not step["after"]]
    return tuple(f"the Amazon Connect instance {step['object']} would be deleted" for step in deletions)


def is_shared(application: Record, instance_id: str) -> bool:
    """Whether an application lets people in to more than one federation, before or after its steps: by the values of
    its Role claim, or by identifiers of user pools. application: the fact that its role left.
    """
    side = _planned(application, application.get("steps", ()))
    if side is None:
        return False
    identifiers = {*(side.before.get("identifiers") or ()), *(side.after.get("identifiers") or ())}
    return serves_another_instance(application, instance_id) or any(map(is_of_user_pool, identifiers))


def serves_another_instance(application: Record, instance_id: str) -> bool:
    """Whether people of another instance sign in through an application: by several values of its Role claim, or by
    one that is replaced while the relay state led to another instance. application: the fact that its role left.
    """
    side = _planned(application, application.get("steps", ()))
    if side is None:
        return False
    before, after = role_pairs(side.before), role_pairs(side.after)
    if max(len(before), len(after)) > 1:
        return True
    leads_here = bool(instance_id) and instance_id in str(side.before.get("relay_state") or "")
    return before != after and not leads_here


def pools_locked_out(results: t.Mapping[str, Record]) -> tuple[str, ...]:
    """Why nobody could sign in to a user pool any more, in clauses. results: role → the fact that it left."""
    application = results.get("azure_saml_app")
    shared = _planned(application, application["steps"]) if application else None
    steps = results.get("cognito_federation", {}).get("steps", ())
    clauses = [*_pools_left(shared), *(clause for step in steps for clause in _pool_lockouts(step))]
    return tuple(dict.fromkeys(clauses))  # each step has the views of its whole plan


def _pools_left(shared: Planned | None) -> t.Iterator[str]:
    """The user pools that the application of AWS's sign-in would no longer serve."""
    if shared is None:
        return
    before, after = (set(view.get("identifiers") or ()) for view in (shared.before, shared.after))
    for identifier in sorted(filter(is_of_user_pool, before - after)):
        yield f"the application would no longer serve the user pool {identifier.rpartition(':')[2]}"


def _pool_lockouts(step: Record) -> t.Iterator[str]:
    """What would become of a user pool's own application or provider."""
    before, after = step["before"], step["after"]
    if before and not after and not _OF_POOLS.isdisjoint(before):
        yield f"{before.get('name') or step['object']} would be deleted"
    old, new = (set(view.get("reply_urls") or ()) for view in (before, after))
    if old and new and old.isdisjoint(new):
        yield f"Entra ID would post to {_named(new)} in place of {_named(old)}"


def _is_unfinished(side: Side, results: t.Mapping[str, Record]) -> bool:
    """Whether no sign-in can pass before the run: the application is yet to be made or to be set up, as after a first
    run that was stopped.
    """
    if side.application is None:
        return "azure_saml_app" in results
    before = side.application.before
    return bool(before.get("single_sign_on_mode", "saml") != "saml" or before.get("certificates", True) == [])


def _side(results: t.Mapping[str, Record]) -> Side:
    application, aws = results.get("azure_saml_app"), results.get("aws_federation")
    steps = aws["steps"] if aws else ()
    return Side(
        _planned(application, application["steps"]) if application else None,
        _planned(aws.get("saml_provider", {}), _of(steps, _OF_PROVIDERS)) if aws else None,
        _planned(aws.get("role", {}), _of(steps, _OF_ROLES)) if aws else None,
        str(results.get("connect_instance", {}).get("id") or ""),
    )


def _of(steps: t.Iterable[Record], names: frozenset[str]) -> list[Record]:
    return [step for step in steps if not names.isdisjoint({*step["before"], *step["after"]})]


def _planned(record: Record, steps: t.Sequence[Record]) -> Planned | None:
    """An object by what a module returned of it, which is how it would be, and by the steps to that."""
    before = {key: value for step in steps for key, value in step["before"].items()}
    after = {key: value for step in steps for key, value in step["after"].items()}
    if steps and not before and after:
        return None  # it is yet to be made
    if before and not after:
        return Planned(before, {}, deleted=True)
    return Planned({**record, **before}, {**record, **after})


def _by_application(side: Side) -> t.Iterator[str]:
    application = side.application
    if application is None:
        return
    if application.deleted:
        yield "the application would be deleted"
        return
    before, after = (role_pairs(view) for view in (application.before, application.after))
    if before and before.isdisjoint(after) and not _accepts_pair(side, before, after):
        yield f"the Role claim would send {_named(after)} in place of {_named(before)}"
    elif _roles_left(before, after):
        yield f"the Role claim would no longer send the role {_named(_roles_left(before, after))}"
    old, new = (_reply_urls(view) for view in (application.before, application.after))
    if old and not _reaches(old, new) and not _trusts_url(side.role, new):
        yield f"Entra ID would post to {_named(new)} in place of {_named(old)}, which the role does not trust yet"
    if _audiences(application.before) and not _audiences(application.after):
        yield f"AWS accepts none of the audiences that {_named(application.after.get('identifiers') or ())} would send"


def _by_provider(side: Side) -> t.Iterator[str]:
    provider = side.provider
    if provider is None:
        return
    if provider.deleted:
        yield "the SAML provider would be deleted"
        return
    issuer = side.application.after.get("entity_id") if side.application else None
    old, new = provider.before.get("entity_id"), provider.after.get("entity_id")
    if old and old != new and (issuer is None or issuer != new):
        yield f"IAM would trust the issuer {new} in place of {old}"
        return
    known, trusted = _thumbprints(provider.before), _thumbprints(provider.after)
    signs = side.application.after.get("active_thumbprint") if side.application else None
    if (
        known
        and known.isdisjoint(trusted)
        and (signs is None or signs not in trusted)
        and not _is_new_certificate(side)
    ):
        yield "IAM would trust none of the signing certificates that it trusts now"


def _by_role(side: Side) -> t.Iterator[str]:
    role = side.role
    if role is None:
        return
    if role.deleted:
        yield "the role would be deleted"
        return
    before, after = (view.get("trust_policy") or {} for view in (role.before, role.after))
    claimed = _claimed(side)
    old, new = set(trusted_providers(before)), set(trusted_providers(after))
    if claimed is not None:
        old, new = old & claimed, new & claimed
    if old and old.isdisjoint(new):
        yield f"the role would no longer trust {_named(old)}"
    urls = _reply_urls(side.application.after) if side.application else trusted_reply_urls(before)
    if _admits(before, urls) and not _admits(after, urls):
        yield f"the role would no longer trust the reply URL {_named(urls)}"
    if side.instance_id and _names_instance(role.before, side) and not _names_instance(role.after, side):
        yield f"the role would no longer allow to sign in to the instance {side.instance_id}"


def _thumbprints(view: Record) -> set[str]:
    """The certificates of a provider, which a step shows by their thumbprints, and a module with more of each."""
    certificates = view.get("certificates") or ()
    return {str(each["thumbprint"] if isinstance(each, t.Mapping) else each) for each in certificates}


def role_pairs(view: Record) -> frozenset[str]:
    """The values of the Role claim: a role with a provider, in whatever order."""
    values = [str(claim.get("value") or "") for claim in view.get("claims") or () if claim.get("name") == ROLE]
    pairs = [value.split(",") for value in values if "," in value]
    return frozenset(",".join(sorted(map(str.strip, pair))) for pair in pairs)


def _claimed(side: Side) -> set[str] | None:
    """The providers that the application claims afterwards; None where the run does not know it."""
    if side.application is None or side.application.deleted:
        return None
    return {arn for pair in role_pairs(side.application.after) for arn in pair.split(",") if ":saml-provider/" in arn}


def _accepts_pair(side: Side, before: t.Iterable[str], after: t.Iterable[str]) -> bool:
    """Whether the role, which must stay the same one, trusts a newly claimed provider already: Amazon Connect binds
    agents to the role of their first sign-in.
    """
    if side.role is None or side.provider is None:
        return False
    trusted = set(trusted_providers(side.role.before.get("trust_policy") or {}))
    roles = _roles_of(before)
    return any(roles & set(pair.split(",")) and trusted & set(pair.split(",")) for pair in after)


def _roles_left(before: t.Iterable[str], after: t.Iterable[str]) -> set[str]:
    """The roles that are no longer claimed with any provider, of which each is a federation's."""
    return _roles_of(before) - _roles_of(after)


def _roles_of(pairs: t.Iterable[str]) -> set[str]:
    return {arn for pair in pairs for arn in pair.split(",") if ":role/" in arn}


def _reply_urls(view: Record) -> frozenset[str]:
    """Where Entra ID posts to: the default reply URL, or any of them where none is the default."""
    default = view.get("default_reply_url")
    return frozenset([default] if default else view.get("reply_urls") or ())


def _reaches(old: t.Collection[str], new: t.Collection[str]) -> bool:
    """Whether sign-ins go where they went before; the two spellings of us-east-1 are moved from one to the other by
    trusting both first.
    """
    return any({url, undocumented_spelling(url)} & {*old, *map(undocumented_spelling, old)} for url in new)


def _trusts_url(role: Planned | None, urls: t.Iterable[str]) -> bool:
    return role is not None and _admits(role.before.get("trust_policy") or {}, urls)


def _admits(trust: dict[str, t.Any], urls: t.Iterable[str]) -> bool:
    patterns = trusted_reply_urls(trust)
    return any(fnmatch.fnmatchcase(url, pattern) for url in urls for pattern in patterns)


def _audiences(view: Record) -> set[str]:
    """The audiences that a sign-in sends and AWS accepts."""
    sent = [view["audience_override"]] if view.get("audience_override") else view.get("identifiers") or ()
    accepted = {audience for partition in PARTITIONS.values() for audience in accepted_audiences(partition)}
    return {audience_of(identifier) for identifier in sent} & accepted


def _is_new_certificate(side: Side) -> bool:
    """Whether the application gets its first usable certificate in this run, so that none of the present ones signs."""
    certificates = side.application.after.get("certificates") if side.application else ()
    return any("thumbprint" not in certificate for certificate in certificates or ())


def _names_instance(view: Record, side: Side) -> bool:
    return side.instance_id in json.dumps(view.get("permission_policy") or {})


def _named(values: t.Iterable[str]) -> str:
    return listed(sorted(values), 5) or "nothing"
