# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Reads what a check of the sign-in path needs of IAM and Amazon Connect. What the credentials cannot read is reported,
and stops nothing.
"""

from __future__ import annotations

import collections
import functools
import math
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt
from ansible_collections.openccp.federation.plugins.module_utils._aws.roles import describe_role
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_providers import SamlProviders
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import ConnectUser, Instance, Role, Users
from ansible_collections.openccp.federation.plugins.module_utils._connect.directory import DirectoryToBe
from ansible_collections.openccp.federation.plugins.module_utils._connect.instances import access_url, describe
from ansible_collections.openccp.federation.plugins.module_utils._connect.origins import ApprovedOrigins
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import Summary, User
from ansible_collections.openccp.federation.plugins.module_utils._connect.users import SEARCH_PAGE, ConnectUsers
from ansible_collections.openccp.federation.plugins.module_utils._domain import policies
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import parse_arn, parse_role_arn
from ansible_collections.openccp.federation.plugins.module_utils._domain.policies import Policy
from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import SamlProvider


def read_providers(iam: t.Any, arns: t.Iterable[str], not_readable: dict[str, str]) -> dict[str, SamlProvider | None]:
    """The SAML providers of these ARNs."""
    providers: dict[str, SamlProvider | None] = {}
    for arn in arns:
        if _is_elsewhere(iam, arn):
            providers[arn] = None
            continue
        try:
            providers[arn] = SamlProviders(iam).get(arn)
        except Denied as error:
            not_readable[arn] = str(error)
    return providers


def _is_elsewhere(iam: t.Any, arn: str) -> bool:
    """Whether an ARN is of another partition, which IAM neither accepts nor knows."""
    return parse_arn(arn).partition != str(iam.meta.partition)


def read_roles(iam: t.Any, arns: t.Iterable[str], not_readable: dict[str, str]) -> dict[str, Role | None]:
    """The roles of these ARNs, with every policy that grants them anything or limits them."""
    roles: dict[str, Role | None] = {}
    for arn in arns:
        try:
            roles[arn] = None if _is_elsewhere(iam, arn) else _read_role(iam, arn)
        except Denied as error:
            not_readable[arn] = str(error)
    return roles


def _read_role(iam: t.Any, arn: str) -> Role | None:
    name = parse_role_arn(arn).name
    role = describe_role(iam, name)
    if role is None or role["Arn"] != arn:
        return None
    not_readable: dict[str, str] = {}
    granted: dict[str, Policy] = {}
    try:
        granted = _inline(iam, name) | _attached(iam, name)
    except Denied as error:
        not_readable["policies"] = str(error)
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    limit: Policy | None = None
    try:
        limit = _managed(iam, boundary) if boundary else None
    except Denied as error:
        not_readable["boundary"] = str(error)
    trust = policies.parse(role["AssumeRolePolicyDocument"], "trust policy")
    tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", ())}
    return Role(
        arn,
        role["RoleId"],
        trust,
        role["CreateDate"],
        role.get("MaxSessionDuration", 3600),
        granted,
        limit,
        tags,
        not_readable,
    )


def _inline(iam: t.Any, name: str) -> dict[str, Policy]:
    with attempt(f"read the policies of the role {name!r}"):
        names = iam.get_paginator("list_role_policies").paginate(RoleName=name).build_full_result()["PolicyNames"]
        return {
            policy_name: policies.parse(iam.get_role_policy(RoleName=name, PolicyName=policy_name)["PolicyDocument"])
            for policy_name in names
        }


def _attached(iam: t.Any, name: str) -> dict[str, Policy]:
    with attempt(f"list the attached policies of the role {name!r}"):
        policy_arns = (
            iam.get_paginator("list_attached_role_policies")
            .paginate(RoleName=name)
            .build_full_result()["AttachedPolicies"]
        )
    return {policy_arn["PolicyArn"]: _managed(iam, policy_arn["PolicyArn"]) for policy_arn in policy_arns}


def _managed(iam: t.Any, arn: str) -> Policy:
    with attempt(f"read the policy {arn}"):
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return policies.parse(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def read_instance(connect: t.Any, instance_id: str, not_readable: dict[str, str], *, origins: bool) -> Instance | None:
    """The instance, and its approved origins if they matter."""
    try:
        instance = describe(connect, instance_id)
    except Denied as error:
        not_readable["instance"] = str(error)
        return None
    if instance is None:
        return None
    hidden: dict[str, str] = {}
    approved: tuple[str, ...] | None = None
    if origins:
        try:
            approved = tuple(ApprovedOrigins(connect, instance_id).list())
        except Denied as error:
            hidden["origins"] = str(error)
    return Instance(
        arn=instance["Arn"],
        alias=instance.get("InstanceAlias") or "",
        identity_management=instance["IdentityManagementType"],
        status=instance["InstanceStatus"],
        status_reason=(instance.get("StatusReason") or {}).get("Message", ""),
        origins=approved,
        access_url=access_url(instance, connect.meta.region_name),
        not_readable=hidden,
    )


def read_users(connect: t.Any, instance_id: str, names: t.Collection[str], *, overview: bool = False) -> Users:
    """Every user by name, and of those who are named the security profiles: one request for all 500, or one for each of
    a few.

    Where somebody who is named is not there, everybody is looked at for who that was before. overview: the security
    profiles of all users, and every profile's name.
    """
    users = ConnectUsers(connect, instance_id, resolve_hierarchy=False)
    users.directory = DirectoryToBe()  # which shows profiles by their ids
    try:
        listed = users.summaries()
    except Denied as error:
        return Users(not_readable={"users": str(error)})
    not_readable: dict[str, str] = {}
    profiles: dict[str, tuple[str, ...]] = {}
    ccp: dict[str, bool] = {}
    known: dict[str, str] = {}
    everybody = functools.cache(lambda: {user.id: user for user in users.search()})
    people: dict[str, User] = {}
    try:
        profiles = _profiles(users, listed, listed if overview else names, everybody)
        checked = [held for name, held in profiles.items() if name in names]
        ccp = _grants(users, checked)
        if overview or not all(_opens(ccp, username) for username in checked):
            known = {
                profile_id: name
                for name, profile_id in ConnectUsers(
                    connect, instance_id, resolve_hierarchy=False
                ).directory.security_profiles.objects
            }
    except Denied as error:
        not_readable["profiles"] = str(error)
    try:
        people = {} if set(names) <= set(listed) else everybody()
    except Denied as error:
        not_readable["people"] = str(error)
    by_name = {
        name: _connect_user(name, summary, profiles.get(name), people.get(summary.id))
        for name, summary in listed.items()
    }
    return Users(by_name, ccp, known, not_readable)


def _connect_user(name: str, summary: Summary, profiles: tuple[str, ...] | None, user: User | None) -> ConnectUser:
    """A user as a check sees it. user: all of it, where everybody was read."""
    known = {"person": user.settings["person_id"], "managed": user.is_managed} if user else {}
    return ConnectUser(name, summary.modified, profiles, **known)


def _profiles(
    users: ConnectUsers,
    listed: t.Mapping[str, Summary],
    names: t.Collection[str],
    everybody: t.Callable[[], dict[str, User]],
) -> dict[str, tuple[str, ...]]:
    desired = {name: listed[name].id for name in names if name in listed}
    profiles = everybody() if len(desired) > math.ceil(len(listed) / SEARCH_PAGE) else {}
    users_by_name = {
        name: profiles.get(user_id) or (None if profiles else users.describe(user_id))
        for name, user_id in desired.items()
    }
    return {name: tuple(user.settings["security_profiles"]) for name, user in users_by_name.items() if user}


def _grants(users: ConnectUsers, profiles: list[tuple[str, ...]]) -> dict[str, bool]:
    """Which security profiles open the Contact Control Panel: the commonest are read first, until everybody's are
    known.
    """
    grants: dict[str, bool] = {}
    left = profiles
    while left:
        profile = collections.Counter(profile for held in left for profile in held).most_common(1)[0][0]
        grants[profile] = users.opens_ccp(profile)
        closed = [held for held in left if not _opens(grants, held)]
        left = []
        for held in closed:
            rest = tuple(other for other in held if other not in grants)
            left += [rest] if rest else []
    return grants


def _opens(grants: t.Mapping[str, bool], profiles: t.Iterable[str]) -> bool:
    return any(grants.get(profile) for profile in profiles)
