# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles and policies: moto's, with the rules of AWS that moto lacks."""

from __future__ import annotations

import re
import typing as t

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.serialize import XFormedAttributePicker
from moto.core.utils import camelcase_to_underscores
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse

from federation_sandbox.aws.iam import trust
from federation_sandbox.aws.iam.errors import iam_error
from federation_sandbox.aws.iam.store import Iam
from federation_sandbox.aws.paging import page
from federation_sandbox.aws.protocol import READS, Context, Handler, Params, Picked
from federation_sandbox.service import CloudError


class _Moto(IamResponse):
    """moto's IAM, for a request that has been parsed already."""

    def __init__(self, context: Context, backend: IAMBackend, params: Params) -> None:
        super().__init__()
        self._backend = backend
        self.params = params
        self.uri_match = {}
        self.current_account = context.account
        self.partition = context.partition
        self.region = context.region

    @property
    def backend(self) -> IAMBackend:
        """moto's backend of the account."""
        return self._backend


_PICKER: t.Final = XFormedAttributePicker(response_transformers=IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER)


def create_role(context: Context, params: Params) -> Picked:
    """Create a role if AWS would accept its trust policy."""
    _check_boundary(context, params)
    trust.check(context, params["AssumeRolePolicyDocument"])
    name = params["RoleName"]
    if any(role.name.lower() == name.lower() for role in _backend(context).roles.values()):
        raise iam_error("EntityAlreadyExists", f"Role with name {name} already exists.")
    return _carry_out(context, params)


def remove_role_from_instance_profile(context: Context, params: Params) -> Picked:
    """Take a role out of an instance profile. moto fails where it is in none."""
    role = _check_role(context, params)
    profiles = _backend(context).instance_profiles.values()
    if not any(profile.name == params["InstanceProfileName"] and role in profile.roles for profile in profiles):
        raise iam_error("NoSuchEntity", f"The role {role.name} is not in the instance profile.")
    return _carry_out(context, params)


def update_assume_role_policy(context: Context, params: Params) -> Picked:
    """Replace a trust policy."""
    _check_role(context, params)
    trust.check(context, params["PolicyDocument"])
    return _carry_out(context, params)


def put_role_permissions_boundary(context: Context, params: Params) -> Picked:
    """Set the permissions boundary. The policy must exist."""
    _check_role(context, params)
    _check_boundary(context, params)
    return _carry_out(context, params)


def update_role(context: Context, params: Params) -> Picked:
    """Change description and session duration. A description that the request omits is kept; moto would remove it."""
    role = _check_role(context, params)
    return _carry_out(context, {"Description": role.description, **params})


def get_role_policy(context: Context, params: Params) -> Picked:
    """An inline policy."""
    if params["PolicyName"] not in _check_role(context, params).policies:
        raise iam_error("NoSuchEntity", f"The role policy with name {params['PolicyName']} cannot be found.")
    return _carry_out(context, params)


def list_role_policies(context: Context, params: Params) -> Picked:
    """The names of inline policies, in pages. moto returns all at once."""
    answer = _moto_handler(context, {"RoleName": params["RoleName"]})
    limits = {"MaxResults": params.get("MaxItems"), "NextToken": params.get("Marker")}
    names, more = page(context, limits, answer.content["PolicyNames"], 100, "ValidationError")
    marker = {"Marker": more["NextToken"]} if more else {}
    return Picked({"PolicyNames": names, "IsTruncated": bool(more), **marker}, answer.picker)


#: What the sandbox offers of moto's IAM: roles, their policies, instance profiles, and what amazon.aws.aws_caller_info
#: reads. No federation needs users, groups and keys.
_OFFERED: t.Final = re.compile(
    r"ListAccountAliases|(?!.*(User|Group|Account|Linked))\w*(Role|Polic(y|ies)|InstanceProfile)\w*"
)


def from_moto(operations: t.Iterable[str]) -> dict[str, Handler]:
    """A handler for each offered operation that moto implements."""
    offered = filter(_OFFERED.fullmatch, operations)
    return {name: _moto_handler for name in offered if hasattr(IamResponse, camelcase_to_underscores(name))}


def _moto_handler(context: Context, params: Params) -> Picked:
    if "RoleName" in params:
        _check_role(context, params)
    if not params.get("Marker", "0").isdecimal():  # as moto's are
        raise CloudError(400, "ValidationError", "Invalid Marker.")
    return _carry_out(context, params)


def _carry_out(context: Context, params: Params) -> Picked:
    iam = context.world.state(Iam)
    response = _Moto(context, _backend(context), params)
    try:
        result: ActionResult = getattr(response, camelcase_to_underscores(context.operation))()
    except ServiceException as reason:
        raise iam_error(str(reason.code), str(reason.message)) from None
    if not READS.match(context.operation):
        iam.let_take_effect(context.account, context.partition)
    return Picked(result.result or {}, _PICKER)


def _backend(context: Context) -> IAMBackend:
    """The state on which a call operates: for a read that of its replica, for a write the current one."""
    iam = context.world.state(Iam)
    find = iam.as_shown if READS.match(context.operation) else iam.backend
    return find(context.account, context.partition)


def _check_boundary(context: Context, params: Params) -> None:
    arn = params.get("PermissionsBoundary")
    if arn and arn not in context.world.state(Iam).backend(context.account, context.partition).managed_policies:
        raise iam_error("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")


def _check_role(context: Context, params: Params) -> t.Any:
    """The role that a call names, as far as it has been replicated; NoSuchEntity when there is none."""
    name = params["RoleName"]
    role = next((role for role in _backend(context).roles.values() if role.name == name), None)
    if role is None:
        raise iam_error("NoSuchEntity", f"The role with name {name} cannot be found.")
    return role
