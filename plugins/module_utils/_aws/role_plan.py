# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The federation role as desired, held to IAM's rules, and the steps that change the one that there is. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.openccp.federation.plugins.module_utils._attributes import (
    Settings,
    change_steps,
    differences,
    initial,
)
from ansible_collections.openccp.federation.plugins.module_utils._aws.ownership import check_owner
from ansible_collections.openccp.federation.plugins.module_utils._aws.roles import (
    ATTRIBUTES,
    BINDING,
    ROLE_OPTIONS,
    Role,
    Roles,
    Target,
    put_step,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain import policies
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    Arn,
    check_home,
    check_role_name,
    parse_arn,
    parse_connect_instance_arn,
    parse_role_arn,
    parse_saml_provider_arn,
    role_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import partition_named
from ansible_collections.openccp.federation.plugins.module_utils._domain.policies import Policy
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import check_reply_url
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step, tag_changes, tag_steps
from ansible_collections.openccp.federation.plugins.module_utils._saml.tags import check_tags
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

SESSION_DURATION: t.Final = range(3600, 43201)
_POLICY_NAME: t.Final = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")
_DESCRIPTION: t.Final = re.compile(r"[\t\n\r -~\u00a1-\u00ff]{0,1000}")


@dataclass(frozen=True)
class DesiredRole:
    """The desired role. settings: by the options of ATTRIBUTES; None leaves a value unchanged."""

    target: Target
    settings: Settings
    path: str | None = None
    tags: t.Mapping[str, str] | None = None
    purge_tags: bool = True
    adopt: bool = False


def desired_role(params: t.Mapping[str, t.Any]) -> DesiredRole:
    """The desired state from a module's options, checked against IAM's rules before any request; else InvalidInput."""
    providers = [parse_saml_provider_arn(arn) for arn in params["saml_provider_arns"] or ()]
    instances = [parse_connect_instance_arn(arn) for arn in params["instance_arns"] or ()]
    reply_urls = params["reply_urls"] or []
    for home in providers[:1]:
        for arn in (*providers, *instances):
            check_home(arn, partition=home.partition, account=params["account_id"] or home.account)
        for url in reply_urls:
            check_reply_url(url, partition_named(home.partition))
    trust = policies.trust_policy(
        [str(arn) for arn in providers],
        reply_urls,
        tag_session=params["tag_session"],
        set_source_identity=params["set_source_identity"],
    )
    policies.check_trust_size(trust, params["trust_policy_quota"])
    permission = _permission(instances, params["permission_form"])
    desired = DesiredRole(
        Target(check_role_name(params["name"]), params["policy_name"]),
        settings={
            **{option: params[option] for option in ROLE_OPTIONS},
            "trust_policy": trust,
            "permission_policy": permission,
        },
        path=params["path"],
        tags=params["tags"],
        purge_tags=params["purge_tags"],
        adopt=params["adopt"],
    )
    _check(desired)
    return desired


def target(desired: DesiredRole, actual: Role | None, arn: str) -> Role:
    """The role as it will be. arn: the ARN of a role that does not exist yet."""
    now = actual or Role(arn, {**initial(ATTRIBUTES), "trust_policy": desired.settings["trust_policy"]})
    return replace(
        now,
        settings=now.settings | differences(ATTRIBUTES, desired.settings, now.settings),
        tags=tag_changes(now.tags, desired.tags, desired.purge_tags)[2],
    )


def plan(desired: DesiredRole, actual: Role | None, arn: str) -> Plan[Roles]:
    """The steps that update the role in place to the desired state; InvalidInput or Conflict if that is impossible."""
    after = target(desired, actual, arn)
    name = desired.target.name
    if actual is None:
        create = Step(Roles.create, f"Create the role {name!r}", role=after)
        return Plan({}, view(after), (create, put_step(desired.target, after.settings)))
    _check_in_place(desired, actual)
    steps: list[Step[Roles]] = change_steps(ATTRIBUTES, desired.target, actual.settings, after.settings)
    to_set, to_remove = tag_changes(actual.tags, desired.tags, desired.purge_tags)[:2]
    steps += tag_steps(f"the role {name!r}", to_set, to_remove, tag=Roles.tag, untag=Roles.untag, name=name)
    return Plan(view(actual), view(after), tuple(steps))


def plan_absent(name: str, policy_name: str, actual: Role | None, others: t.Sequence[str]) -> Plan[Roles]:
    """The steps that delete the role. others: its policies that are not managed here; Conflict when there are any."""
    if actual is None:
        return Plan()
    if others:
        raise Conflict(
            f"The role {name!r} has policies that this module does not manage: {', '.join(others)}.",
            hint="Remove them before you delete the role.",
        )
    steps = [Step(Roles.delete, f"Delete the role {name!r}", name=name)]
    if actual.permission:
        text = f"Delete the policy {policy_name!r} of the role {name!r}"
        steps.insert(0, Step(Roles.delete_policy, text, name=name, policy_name=policy_name))
    return Plan(view(actual), {}, tuple(steps))


def view(role: Role) -> dict[str, t.Any]:
    """A role as the diff shows it."""
    return {"arn": role.arn, **role.settings, "tags": dict(role.tags)}


def describe(role: Role) -> dict[str, t.Any]:
    """The return value of the module for a role. What only IAM can say is left out while IAM has not said it."""
    born = {
        "role_id": role.role_id,
        "create_date": role.create_date.strftime("%Y-%m-%dT%H:%M:%SZ") if role.create_date else None,
    }
    named = {
        "name": role.name,
        "path": role.path,
        "role_claims": [f"{role.arn},{arn}" for arn in policies.trusted_providers(role.trust)],
    }
    return {key: value for key, value in born.items() if value} | named | view(role)


def new_arn(desired: DesiredRole, partition: str, account: str) -> str:
    """The ARN that the role will have; InvalidInput when the trust policy names providers of another account, which can
    never work.
    """
    for arn in policies.trusted_providers(desired.settings["trust_policy"]):
        check_home(parse_saml_provider_arn(arn), partition=partition, account=account)
    return role_arn(partition, account, desired.target.name, desired.path or "/")


def _permission(instances: t.Sequence[Arn], form: str) -> Policy:
    if form == "instance_id":
        return policies.permission_policy_by_instance_id(list(dict.fromkeys(arn.instance_id for arn in instances)))
    return policies.permission_policy([str(arn) for arn in instances])


def _check(desired: DesiredRole) -> None:
    """InvalidInput for values that IAM would reject."""
    settings, policy_name = desired.settings, desired.target.policy_name
    check_tags(desired.tags)
    if desired.path is not None:
        role_arn("aws", "000000000000", desired.target.name, desired.path)
    duration, boundary = settings["max_session_duration"], settings["boundary"]
    if duration is not None and duration not in SESSION_DURATION:
        raise InvalidInput(
            f"{duration} seconds are not possible as {setting('connect_federation_role.max_session_duration')}; IAM "
            "accepts 3600 to 43200."
        )
    if not _POLICY_NAME.fullmatch(policy_name):
        raise InvalidInput(
            f"{policy_name!r} is not a name for an inline policy.",
            hint="Use 1 to 128 letters, digits and _+=,.@- only.",
        )
    if not _DESCRIPTION.fullmatch(settings["description"] or ""):
        raise InvalidInput(
            "The role's description has over 1,000 characters, or characters that IAM does not accept.",
            hint="Use only Latin-1 characters.",
        )
    if boundary and (parse_arn(boundary).service, parse_arn(boundary).kind) != ("iam", "policy"):
        raise InvalidInput(f"The boundary {boundary} is not the ARN of an IAM policy.")
    size = len(policies.dump(settings["permission_policy"]))
    if size > policies.INLINE_LIMIT:
        raise InvalidInput(
            f"The permission policy would have {size} characters; IAM allows {policies.INLINE_LIMIT}.",
            hint=f"It is shorter with instance_id as {setting('connect_federation_role.permission_form')}.",
        )


def _check_in_place(desired: DesiredRole, actual: Role) -> None:
    """InvalidInput or Conflict when the existing role would have to be another one, or is somebody else's."""
    check_owner(f"The role {actual.name!r}", actual.tags, desired.tags, desired.adopt, "connect_federation_role.adopt")
    home = parse_role_arn(actual.arn)
    for arn in policies.trusted_providers(desired.settings["trust_policy"]):
        check_home(parse_saml_provider_arn(arn), partition=home.partition, account=home.account)
    if desired.path is not None and desired.path != actual.path:
        raise Conflict(
            (
                f"The role {actual.name!r} has the path {actual.path}, which IAM cannot change to {desired.path}. It "
                f"is not replaced. {BINDING}"
            ),
            hint=f"Set {setting('connect_federation_role.path')} to {actual.path}, or leave it out.",
        )
    strangers = _other_principals(actual.trust)
    if strangers and not desired.adopt:
        raise Conflict(
            (
                f"The role {actual.name!r} exists and is also used by others: its trust policy names "
                f"{', '.join(strangers)}, which would lose it."
            ),
            hint=(
                f"Choose another name, or set {setting('connect_federation_role.adopt')} to true to make it a "
                f"federation role."
            ),
        )


def _other_principals(trust: Policy) -> list[str]:
    """The principals of a trust policy other than SAML providers."""
    others = []
    for statement in _listed(trust.get("Statement", [])):
        principal = statement.get("Principal", "*")
        kinds = principal.items() if isinstance(principal, dict) else [("AWS", principal)]
        for kind, names in kinds:
            others += [name for name in _listed(names) if kind != "Federated" or ":saml-provider/" not in name]
    return others


def _listed(value: t.Any) -> list[t.Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
