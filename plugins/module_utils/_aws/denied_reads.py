# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Which of the reads that a playbook's plan makes AWS denies: each is tried, so that one denial hides none of the
others.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import (
    MISSING_PERMISSION,
    attempt,
    is_denied_above,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied, FederationError, NotFound


@dataclass(frozen=True)
class Read:
    """A read. action: as policies name it. method: the one of a client that makes it. arn, params: with the names of
    objects in braces.
    """

    action: str
    method: t.Callable[[t.Any], t.Callable[..., object]]
    arn: str
    params: t.Mapping[str, t.Any] = field(default_factory=dict)

    def objects(self) -> set[str]:
        """What has to be known before it can be tried."""
        return set(re.findall(r"\{(\w+)\}", self.arn + "".join(map(str, self.params.values()))))


#: the name of a part, where AWS asks for the permission on the whole
_ANY: t.Final = "openccp.federation"
_INSTANCE: t.Final = "arn:{partition}:connect:{region}:{account}:instance/{instance_id}"
_ROLE: t.Final = "arn:{partition}:iam::{account}:role{role_path}{role_name}"
_PROVIDER: t.Final = "arn:{partition}:iam::{account}:saml-provider/{provider_name}"
_POOL: t.Final = "arn:{partition}:cognito-idp:{region}:{account}:userpool/{user_pool_id}"
_OF_INSTANCE: t.Final = {"InstanceId": "{instance_id}"}
_OF_ROLE: t.Final = {"RoleName": "{role_name}"}

_FIND_INSTANCE: t.Final = (
    Read("connect:ListInstances", lambda connect: connect.list_instances, "*"),
    Read("connect:DescribeInstance", lambda connect: connect.describe_instance, _INSTANCE, _OF_INSTANCE),
)
_AGENTS: t.Final = (
    Read("connect:ListUsers", lambda connect: connect.list_users, _INSTANCE, _OF_INSTANCE),
    Read("connect:SearchUsers", lambda connect: connect.search_users, _INSTANCE, _OF_INSTANCE),
    Read("connect:ListSecurityProfiles", lambda connect: connect.list_security_profiles, _INSTANCE, _OF_INSTANCE),
    Read("connect:ListRoutingProfiles", lambda connect: connect.list_routing_profiles, _INSTANCE, _OF_INSTANCE),
)
_READ_ROLE: t.Final = (
    Read("iam:GetRole", lambda iam: iam.get_role, _ROLE, _OF_ROLE),
    Read("iam:GetRolePolicy", lambda iam: iam.get_role_policy, _ROLE, {**_OF_ROLE, "PolicyName": _ANY}),
)
_REMOVE_ROLE: t.Final = (
    Read("iam:ListRolePolicies", lambda iam: iam.list_role_policies, _ROLE, _OF_ROLE),
    Read("iam:ListAttachedRolePolicies", lambda iam: iam.list_attached_role_policies, _ROLE, _OF_ROLE),
)
_READ_PROVIDER: t.Final = (
    Read("iam:GetSAMLProvider", lambda iam: iam.get_saml_provider, _PROVIDER, {"SAMLProviderArn": _PROVIDER}),
)
_OF_POOL: t.Final = {"UserPoolId": "{user_pool_id}"}
_READ_POOL: t.Final = (
    Read("cognito-idp:DescribeUserPool", lambda cognito: cognito.describe_user_pool, _POOL, _OF_POOL),
    Read(
        "cognito-idp:DescribeIdentityProvider",
        lambda cognito: cognito.describe_identity_provider,
        _POOL,
        {**_OF_POOL, "ProviderName": _ANY},
    ),
)

#: Playbook → what its plan reads whatever its variables say.
READS: t.Final[dict[str, tuple[Read, ...]]] = {
    "site": (*_FIND_INSTANCE, *_READ_PROVIDER, *_READ_ROLE, *_AGENTS),
    "users": (*_FIND_INSTANCE, *_AGENTS),
    "rotate_certificate": (*_READ_PROVIDER, *_READ_POOL),
    "cognito": _READ_POOL,
    "teardown": (*_FIND_INSTANCE, *_READ_PROVIDER, *_READ_ROLE, *_REMOVE_ROLE, *_READ_POOL),
    "ccp_page": _FIND_INSTANCE,
}


def find(
    playbook: str, clients: t.Callable[[str], t.Any], names: t.Mapping[str, str | None], user_pool_ids: t.Sequence[str]
) -> dict[str, t.Any]:
    """The reads of a playbook that are denied, those that could not be tried, what allows the former, and all of it in
    sentences.

    clients: makes a client of a service. names: of objects, of which some may be unknown.
    """
    denied: list[dict[str, str]] = []
    untried: list[str] = []
    for read in READS[playbook]:
        for pool in user_pool_ids if "user_pool_id" in read.objects() else [None]:
            known = {name: value for name, value in {**names, "user_pool_id": pool}.items() if value is not None}
            outcome = _tried(read, clients, known)
            if isinstance(outcome, Denied):
                denied.append(_denial(read, known, outcome))
            elif not outcome:
                untried.append(read.action)
    result = {"denied": denied, "untried": untried, "statements": _statements(denied)}
    return {**result, "message": message(result, playbook)}


def _tried(read: Read, clients: t.Callable[[str], t.Any], known: t.Mapping[str, str]) -> Denied | bool:
    """The denial of a read; else whether it could be tried."""
    if not read.objects() <= set(known):
        return False
    try:
        _try(read, clients, known)
    except NotFound:
        return True  # without the permission to read it, AWS answers with the denial, whether it exists or not
    except Denied as error:
        return error if error.code in MISSING_PERMISSION else False
    except FederationError:
        return False
    return True


def message(result: t.Mapping[str, t.Any], playbook: str) -> str:
    """All of it as sentences; empty where nothing is denied."""
    if not result["denied"]:
        return ""
    by_caller = [each for each in result["denied"] if each["by"] == "caller"]
    above = [each["action"] for each in result["denied"] if each["by"] == "above"]
    parts = [
        f"Of what the plan of openccp.federation.{playbook} reads, AWS denies "
        f"{', '.join(each['action'] for each in result['denied'])}."
    ]
    if by_caller:
        parts.append(f"Add to the caller's policy: {json.dumps(result['statements'])}.")
    if above:
        parts.append(f"No policy of the caller allows {', '.join(above)}: what denies it stands above them.")
    if result["untried"]:
        parts.append(f"Not tried: {', '.join(result['untried'])}.")
    parts.append(
        "What AWS denies of the writes shows as each is tried; docs/permissions.md has a policy for the whole job."
    )
    return " ".join(parts)


def _try(read: Read, clients: t.Callable[[str], t.Any], names: t.Mapping[str, str]) -> None:
    client = clients(read.action.partition(":")[0])
    params = {name: value.format(**names) for name, value in read.params.items()}
    with attempt(f"try {read.action}"):
        read.method(client)(**params)


def _denial(read: Read, names: t.Mapping[str, str], error: Denied) -> dict[str, str]:
    by = "above" if is_denied_above(error.message) else "caller"
    return {"action": read.action, "resource": read.arn.format(**names), "message": error.message, "by": by}


def _statements(denied: t.Sequence[t.Mapping[str, str]]) -> list[dict[str, t.Any]]:
    """The least that allows what the caller's own policies can allow, one statement for each resource."""
    actions: dict[str, list[str]] = {}
    for denial in denied:
        if denial["by"] == "caller":
            actions.setdefault(denial["resource"], []).append(denial["action"])
    return [{"Effect": "Allow", "Action": names, "Resource": resource} for resource, names in actions.items()]
