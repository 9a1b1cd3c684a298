# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Every Amazon Connect instance of several accounts and Regions, found in parallel within each account's limits."""

from __future__ import annotations

import concurrent.futures
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import (
    MISSING_PERMISSION,
    attempt,
    check_responses,
)
from ansible_collections.openccp.federation.plugins.module_utils._aws.ownership import MANAGED_BY, OURS
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import parse_arn
from ansible_collections.openccp.federation.plugins.module_utils._domain.policies import parse as parse_policy
from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied, FederationError, NotFound

try:
    import boto3
    import botocore.session
    from botocore.config import Config
except ImportError:
    # The plugin reports the missing library.
    pass

#: Instances are few and the limit is two requests a second for each account and Region, so more tries are all it takes.
RETRIES: t.Final[t.Any] = {"mode": "standard", "max_attempts": 12}

#: The Regions of Amazon Connect that an account has to enable. Until then they hold its credentials to be unknown.
OPT_IN_REGIONS: t.Final = frozenset({"af-south-1"})
UNKNOWN_CREDENTIALS: t.Final = "UnrecognizedClientException"


@dataclass(frozen=True)
class Account:
    """How one account is entered.

    role_arn: the role to assume; None for the account of the credentials themselves. entered_by: the role that gave
    those credentials.
    """

    role_arn: str | None = None
    external_id: str | None = None
    session_name: str = "openccp.federation"
    entered_by: str | None = None

    def __str__(self) -> str:
        return self.role_arn or "the account of the given credentials"


@dataclass(frozen=True)
class Gap:
    """A place that could not be looked at, and why. denied: whether good credentials were not let in."""

    where: str
    reason: str
    denied: bool


@dataclass
class Discovered:
    """What a discovery brought: instances as dictionaries (see describe), and the places it could not see."""

    instances: list[dict[str, t.Any]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class Discovery:
    """Looks through accounts and Regions, several at a time.

    credentials: keyword arguments of boto3.session.Session. role_name: gives the name of an instance's federation role
    from its alias.
    """

    def __init__(
        self,
        credentials: t.Mapping[str, t.Any],
        role_name: t.Callable[[str], str],
        workers: int = 8,
        endpoint_url: str | None = None,
        verify: bool | str | None = None,
    ) -> None:
        self._credentials = dict(credentials)
        self._role_name = role_name
        self._workers = workers
        self._descriptions = botocore.session.get_session().get_component("data_loader")
        self._more: dict[str, t.Any] = {
            "endpoint_url": endpoint_url,
            "verify": verify,
            "config": Config(retries=RETRIES),
        }

    def run(self, accounts: t.Sequence[Account], regions: t.Sequence[str]) -> Discovered:
        """Find the instances of every account in every Region. An error in one place is a gap there and stops nothing
        else.
        """
        discovered = Discovered()
        home = next((region for region in regions if region not in OPT_IN_REGIONS), regions[0])
        places: list[tuple[Account, str, t.Any, t.Any]] = []
        for account in accounts:
            try:
                session = self._session(account, home)
            except FederationError as error:
                discovered.gaps.append(Gap(str(account), str(error), error.code in MISSING_PERMISSION))
                continue
            # boto3 sessions are not safe to share between threads while they make clients; clients are.
            iam = self._client(session, "iam", home)
            places += [(account, region, self._client(session, "connect", region), iam) for region in regions]
        good: set[Account] = set()
        refused: list[tuple[Account, str, FederationError]] = []
        with concurrent.futures.ThreadPoolExecutor(self._workers) as pool:
            looks = [
                (account, region, pool.submit(self._instances_of, connect, iam, account))
                for account, region, connect, iam in places
            ]
            for account, region, look in looks:
                try:
                    discovered.instances += look.result()
                    good.add(account)
                except FederationError as error:
                    refused.append((account, region, error))
        good |= {account for account, region, error in refused if error.code in MISSING_PERMISSION}
        discovered.gaps += [_gap(account, region, error, account in good) for account, region, error in refused]
        return discovered

    def _session(self, account: Account, region: str) -> t.Any:
        session = self._entered(**self._credentials)
        if account.role_arn is None:
            return session
        request: dict[str, t.Any] = {"RoleArn": account.role_arn, "RoleSessionName": account.session_name}
        if account.external_id:
            request["ExternalId"] = account.external_id
        with attempt(f"assume the role {account.role_arn}"):
            answer = self._client(session, "sts", region).assume_role(**request)["Credentials"]
        return self._entered(
            aws_access_key_id=answer["AccessKeyId"],
            aws_secret_access_key=answer["SecretAccessKey"],
            aws_session_token=answer["SessionToken"],
        )

    def _entered(self, **credentials: t.Any) -> t.Any:
        """A session with credentials. All of them share what botocore has read of its descriptions of the services."""
        session = botocore.session.get_session()
        session.register_component("data_loader", self._descriptions)
        return boto3.session.Session(botocore_session=session, **credentials)

    def _client(self, session: t.Any, service: str, region: str) -> t.Any:
        return check_responses(session.client(service, region_name=region, **self._more))

    def _instances_of(self, connect: t.Any, iam: t.Any, account: Account) -> list[dict[str, t.Any]]:
        with attempt("list the Amazon Connect instances"):
            pages = connect.get_paginator("list_instances").paginate()
            ids = [summary["Id"] for page in pages for summary in page["InstanceSummaryList"]]
        instances = []
        for instance_id in ids:
            with attempt(f"describe the Amazon Connect instance {instance_id}"):
                instance = connect.describe_instance(InstanceId=instance_id)["Instance"]
            way_in = {"assumed_role_arn": account.role_arn or account.entered_by, "external_id": account.external_id}
            instances.append(describe(instance) | way_in | {"federated": self._federated(iam, instance)})
        return instances

    def _federated(self, iam: t.Any, instance: t.Mapping[str, t.Any]) -> bool | None:
        if instance["IdentityManagementType"] != "SAML":
            return False
        name = self._role_name(instance.get("InstanceAlias") or instance["Id"])
        try:
            with attempt(f"read the role {name}"):
                role = iam.get_role(RoleName=name)["Role"]
        except NotFound:
            return False
        except Denied as error:
            if error.code not in MISSING_PERMISSION:
                raise
            return None
        return is_managed(role)


def is_managed(role: t.Mapping[str, t.Any]) -> bool:
    """Whether a role, as GetRole answers, is one of this collection's and trusts a SAML provider."""
    if {"Key": MANAGED_BY, "Value": OURS} not in role.get("Tags", []):
        return False
    statements = parse_policy(role["AssumeRolePolicyDocument"]).get("Statement", [])
    principals = [
        statement.get("Principal") for statement in (statements if isinstance(statements, list) else [statements])
    ]
    return any(
        isinstance(principal, dict) and ":saml-provider/" in str(principal.get("Federated")) for principal in principals
    )


def describe(instance: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The variables of one instance, from DescribeInstance's answer."""
    arn = parse_arn(instance["Arn"])
    return {
        "arn": instance["Arn"],
        "id": instance["Id"],
        "alias": instance.get("InstanceAlias"),
        "region": arn.region,
        "account_id": arn.account,
        "partition": arn.partition,
        "identity_management_type": instance["IdentityManagementType"],
        "status": instance["InstanceStatus"],
        "access_url": instance.get("InstanceAccessUrl"),
        "tags": dict(instance.get("Tags") or {}),
    }


def _gap(account: Account, region: str, error: FederationError, good: bool) -> Gap:
    """A Region that gave no answer. good: whether the account's credentials are known to be."""
    where = f"{account} in {region}"
    if good and region in OPT_IN_REGIONS and error.code == UNKNOWN_CREDENTIALS:
        return Gap(
            where,
            f"{error.message} The credentials are good in other Regions: this one is not enabled for the account.",
            True,
        )
    return Gap(where, str(error), error.code in MISSING_PERMISSION)
