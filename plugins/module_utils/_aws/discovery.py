# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every Amazon Connect instance of several accounts and Regions, found side by side within each account's limits."""

from __future__ import annotations

import concurrent.futures
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt
from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied, FederationError, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._saml.arns import parse_arn
from ansible_collections.openccp.federation.plugins.module_utils._saml.policies import parse as parse_policy

try:
    import boto3
    from botocore.config import Config
except ImportError:
    # The plugin reports the missing library.
    pass

#: Instances are few and the limit is two requests a second for each account and Region, so more tries are all it takes.
RETRIES: t.Final[t.Any] = {"mode": "standard", "max_attempts": 12}


@dataclass(frozen=True)
class Account:
    """How one account is entered.

    role_arn: the role to assume; None for the account of the credentials themselves. entered_by: the role that gave those credentials.
    """

    role_arn: str | None = None
    external_id: str | None = None
    session_name: str = "openccp.federation"
    entered_by: str | None = None

    def __str__(self) -> str:
        return self.role_arn or "the account of the given credentials"


@dataclass(frozen=True)
class Gap:
    """A place that could not be looked at, and why. denied: whether a permission was missing."""

    where: str
    reason: str
    denied: bool


@dataclass
class Found:
    """What a discovery brought: instances as dictionaries (see describe), and the places it could not see."""

    instances: list[dict[str, t.Any]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class Discovery:
    """Looks through accounts and Regions, several at a time.

    credentials: keyword arguments of boto3.session.Session. role_name: gives the name of an instance's federation role from its alias.
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
        self._more: dict[str, t.Any] = {"endpoint_url": endpoint_url, "verify": verify, "config": Config(retries=RETRIES)}

    def run(self, accounts: t.Sequence[Account], regions: t.Sequence[str]) -> Found:
        """Find the instances of every account in every Region. An error in one place is a gap there and stops nothing else."""
        found = Found()
        places: list[tuple[str, t.Any, t.Any, Account]] = []
        for account in accounts:
            try:
                session = self._session(account, regions[0])
            except FederationError as error:
                found.gaps.append(_gap(str(account), error))
                continue
            # boto3 sessions are not safe to share between threads while they make clients; clients are.
            iam = session.client("iam", region_name=regions[0], **self._more)
            places += [
                (f"{account} in {region}", session.client("connect", region_name=region, **self._more), iam, account) for region in regions
            ]
        with concurrent.futures.ThreadPoolExecutor(self._workers) as pool:
            looks = [(where, pool.submit(self._look, connect, iam, account)) for where, connect, iam, account in places]
            for where, look in looks:
                try:
                    found.instances += look.result()
                except FederationError as error:
                    found.gaps.append(_gap(where, error))
        return found

    def _session(self, account: Account, region: str) -> t.Any:
        session = boto3.session.Session(**self._credentials)
        if account.role_arn is None:
            return session
        request: dict[str, t.Any] = {"RoleArn": account.role_arn, "RoleSessionName": account.session_name}
        if account.external_id:
            request["ExternalId"] = account.external_id
        with attempt(f"assume the role {account.role_arn}"):
            answer = session.client("sts", region_name=region, **self._more).assume_role(**request)["Credentials"]
        return boto3.session.Session(
            aws_access_key_id=answer["AccessKeyId"],
            aws_secret_access_key=answer["SecretAccessKey"],
            aws_session_token=answer["SessionToken"],
        )

    def _look(self, connect: t.Any, iam: t.Any, account: Account) -> list[dict[str, t.Any]]:
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
        except Denied:
            return None
        statements = parse_policy(role["AssumeRolePolicyDocument"]).get("Statement", [])
        principals = [statement.get("Principal") for statement in (statements if isinstance(statements, list) else [statements])]
        return any(isinstance(principal, dict) and ":saml-provider/" in str(principal.get("Federated")) for principal in principals)


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


def _gap(where: str, error: FederationError) -> Gap:
    return Gap(where, str(error), isinstance(error, Denied))
