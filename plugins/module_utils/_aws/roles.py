# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The IAM role that agents take, read and written, but never replaced.

Amazon Connect binds a user to the role that it first signed in with. A role that is deleted and recreated, under the
same name or another, locks those users out, so a change that IAM cannot make in place is refused.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.openccp.federation.plugins.module_utils._attributes import Attr, Settings, options_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt
from ansible_collections.openccp.federation.plugins.module_utils._domain import policies
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import parse_role_arn
from ansible_collections.openccp.federation.plugins.module_utils._domain.policies import Policy
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Denied,
    FederationError,
    InvalidInput,
    NotFound,
    TimedOut,
)
from ansible_collections.openccp.federation.plugins.module_utils._plan import Step
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

BINDING: t.Final = (
    "Amazon Connect binds each user to the role of its first sign-in: deleting and recreating the role locks those "
    "users out."
)
DEFAULT_SESSION_DURATION: t.Final = 3600


@dataclass(frozen=True)
class Role:
    """A role. settings: by the options of ATTRIBUTES."""

    arn: str
    settings: Settings
    role_id: str | None = None
    create_date: datetime | None = None
    tags: t.Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name, by which IAM identifies it within the account."""
        return parse_role_arn(self.arn).name

    @property
    def path(self) -> str:
        """The path, which IAM cannot change."""
        return parse_role_arn(self.arn).path

    @property
    def trust(self) -> Policy:
        """The trust policy."""
        return t.cast("Policy", self.settings["trust_policy"])

    @property
    def permission(self) -> Policy | None:
        """The one inline policy that is managed here; None when it has none of that name."""
        return t.cast("Policy | None", self.settings["permission_policy"])


def describe_role(iam: t.Any, name: str) -> t.Mapping[str, t.Any] | None:
    """A role as IAM describes it, if IAM shows it."""
    try:
        with attempt(f"read the role {name!r}"):
            role: t.Mapping[str, t.Any] = iam.get_role(RoleName=name)["Role"]
    except NotFound:
        return None
    return role


class Roles:
    """The roles of an account. iam: a boto3 client."""

    def __init__(self, iam: t.Any, waiter: Waiter) -> None:
        self._iam = iam
        self._waiter = waiter

    def get(self, name: str, policy_name: str) -> Role | None:
        """The role of that name with the inline policy of that name, if IAM shows it."""
        role = describe_role(self._iam, name)
        if role is None:
            return None
        try:
            with attempt(f"read the policy {policy_name!r} of the role {name!r}"):
                policy = self._iam.get_role_policy(RoleName=name, PolicyName=policy_name)
        except NotFound:
            policy = {}
        return Role(
            arn=role["Arn"],
            settings={attr.option: attr.read({**role, **policy}) for attr in ATTRIBUTES},
            role_id=role["RoleId"],
            create_date=role["CreateDate"],
            tags={tag["Key"]: tag["Value"] for tag in role.get("Tags", ())},
        )

    def other_policies(self, name: str, policy_name: str) -> list[str]:
        """The inline and attached policies of a role beside the one that is managed here."""
        policies = []
        with attempt(f"list the policies of the role {name!r}"):
            for operation, key in (
                ("list_role_policies", "PolicyNames"),
                ("list_attached_role_policies", "AttachedPolicies"),
            ):
                pages = self._iam.get_paginator(operation).paginate(RoleName=name).build_full_result()
                policies += [policy if isinstance(policy, str) else policy["PolicyArn"] for policy in pages[key]]
        return [policy for policy in policies if policy != policy_name]

    def check_boundary(self, arn: str) -> None:
        """InvalidInput when there is no such policy. Without the permission to read policies, the error appears when
        it is set.
        """
        try:
            with attempt(f"read the policy {arn}"):
                self._iam.get_policy(PolicyArn=arn)
        except NotFound:
            raise InvalidInput(
                f"There is no policy {arn}, which was given as the permissions boundary.", hint="Nothing was changed."
            ) from None
        except Denied:
            return

    def create(self, role: Role) -> None:
        """Create the role, once IAM knows the SAML providers that its trust policy names."""
        members = {attr.member: role.settings[attr.option] for attr in ATTRIBUTES if attr.member}
        members |= {"AssumeRolePolicyDocument": policies.dump(role.trust), "Tags": _tag_list(role.tags)}
        content = {member: value for member, value in members.items() if value}
        self._once_providers_are_known(
            f"create the role {role.name!r}",
            lambda: self._iam.create_role(RoleName=role.name, Path=role.path, **content),
        )

    def set_trust(self, name: str, trust: Policy) -> None:
        """Replace the trust policy, once IAM knows the SAML providers that it names."""
        self._once_providers_are_known(
            f"update the trust policy of the role {name!r}",
            lambda: self._iam.update_assume_role_policy(RoleName=name, PolicyDocument=policies.dump(trust)),
        )

    def put_policy(self, name: str, policy_name: str, permission: Policy) -> None:
        """Write the inline policy, once IAM knows the role."""

        def put() -> bool | None:
            try:
                with attempt(f"write the policy {policy_name!r} of the role {name!r}"):
                    self._iam.put_role_policy(
                        RoleName=name, PolicyName=policy_name, PolicyDocument=policies.dump(permission)
                    )
            except NotFound:
                return None
            return True

        self._waiter.until(f"IAM to know the role {name!r}", put)

    def update(self, name: str, description: str, max_session_duration: int) -> None:
        """Set description and session duration, both, because IAM resets the duration when it is left out."""
        with attempt(f"update the role {name!r}"):
            self._iam.update_role(RoleName=name, Description=description, MaxSessionDuration=max_session_duration)

    def set_boundary(self, name: str, boundary: str) -> None:
        """Set the permissions boundary, or remove it when it is empty."""
        with attempt(f"set the permissions boundary of the role {name!r}"):
            if boundary:
                self._iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
            else:
                self._iam.delete_role_permissions_boundary(RoleName=name)

    def tag(self, name: str, tags: t.Mapping[str, str]) -> None:
        """Set tags."""
        with attempt(f"tag the role {name!r}"):
            self._iam.tag_role(RoleName=name, Tags=_tag_list(tags))

    def untag(self, name: str, keys: t.Sequence[str]) -> None:
        """Remove tags."""
        with attempt(f"remove tags of the role {name!r}"):
            self._iam.untag_role(RoleName=name, TagKeys=list(keys))

    def delete_policy(self, name: str, policy_name: str) -> None:
        """Remove the inline policy; no error if it does not exist."""
        try:
            with attempt(f"delete the policy {policy_name!r} of the role {name!r}"):
                self._iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
        except NotFound:
            pass

    def delete(self, name: str) -> None:
        """Remove the role, and wait until IAM no longer returns it; no error if it does not exist."""
        try:
            with attempt(f"delete the role {name!r}"):
                self._iam.delete_role(RoleName=name)
        except NotFound:
            pass
        self._waiter.until(
            f"IAM to show the role {name!r} no longer",
            lambda: None if describe_role(self._iam, name) else True,
            steady=1,
        )

    def _once_providers_are_known(self, what: str, call: t.Callable[[], t.Any]) -> None:
        """Make a call that IAM refuses for some seconds after a SAML provider was created, because it does not know it
        everywhere yet.
        """
        refusals: list[FederationError] = []

        def accepted() -> bool | None:
            try:
                with attempt(what):
                    call()
            except FederationError as error:
                if error.code != "MalformedPolicyDocument" or "principal" not in error.message.lower():
                    raise
                refusals.append(error)
                return None
            return True

        try:
            self._waiter.until("IAM to know the SAML providers of the trust policy", accepted)
        except TimedOut:
            refusals[-1].hint = "Create the SAML providers first; check the ARNs in saml_provider_arns."
            raise refusals[-1] from None


def _text(value: str | None) -> str:
    return value or ""


def _tag_list(tags: t.Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


class Target(t.NamedTuple):
    """The role that is written, and its inline policy, by name."""

    name: str
    policy_name: str


def put_step(target: Target, after: Settings) -> Step[Roles]:
    """Write the inline policy."""
    name, policy_name, permission = target.name, target.policy_name, after["permission_policy"]
    text = f"Write the policy {policy_name!r} of the role {name!r}"
    return Step(Roles.put_policy, text, name=name, policy_name=policy_name, permission=permission)


def _boundary_step(target: Target, after: Settings) -> Step[Roles]:
    text = f"Set the permissions boundary of the role {target.name!r} to {after['boundary'] or 'none'}"
    return Step(Roles.set_boundary, text, name=target.name, boundary=after["boundary"])


def _update_step(target: Target, after: Settings) -> Step[Roles]:
    text = f"Update the description and session duration of the role {target.name!r}"
    description, duration = after["description"], after["max_session_duration"]
    return Step(Roles.update, text, name=target.name, description=description, max_session_duration=duration)


def _trust_step(target: Target, after: Settings) -> Step[Roles]:
    text = f"Update the trust policy of the role {target.name!r}"
    return Step(Roles.set_trust, text, name=target.name, trust=after["trust_policy"])


def _permission_after(current: Policy | None, desired: Policy) -> Policy:
    return current if current and policies.same_meaning(current, desired) else desired


def _trust_after(current: Policy, desired: Policy) -> Policy:
    desired = policies.with_former_spelling(desired, current)
    return current if policies.same_meaning(current, desired) else desired


#: The attributes of a role, in the order in which they are changed: the boundary limits a new policy from the start.
ATTRIBUTES: t.Final = (
    Attr(
        "boundary",
        "PermissionsBoundary",
        {"type": "str", "aliases": ["boundary_policy_arn"]},
        source="PermissionsBoundary.PermissionsBoundaryArn",
        normalize=_text,
        initial="",
        change=_boundary_step,
    ),
    Attr(
        "permission_policy",
        spec={},
        source="PolicyDocument",
        normalize=lambda document: policies.parse(document) if document else None,
        settle=_permission_after,
        change=put_step,
    ),
    Attr("description", "Description", normalize=_text, initial="", change=_update_step),
    Attr(
        "max_session_duration",
        "MaxSessionDuration",
        {"type": "int"},
        normalize=lambda seconds: seconds or DEFAULT_SESSION_DURATION,
        initial=DEFAULT_SESSION_DURATION,
        change=_update_step,
    ),
    Attr(
        "trust_policy",
        "AssumeRolePolicyDocument",
        {},
        normalize=lambda document: policies.parse(document, "trust policy"),
        settle=_trust_after,
        change=_trust_step,
    ),
)
#: The attributes that are options; the policies are made from several.
ROLE_OPTIONS: t.Final = options_of(ATTRIBUTES)
