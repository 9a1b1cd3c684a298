# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs that have permissions of their own, and the credentials with which each calls the clouds."""

from __future__ import annotations

import collections.abc
import dataclasses
import typing as t

from least_permissions import PREFERENCE, Policy

#: job → what it is for, in words of the documentation
JOBS: t.Final[dict[str, str]] = {
    "site": "`site.yml`, which makes the instance as well",
    "site-existing-instance": "`site.yml` on an instance that exists",
    "users": "`users.yml`",
    "check": "`check.yml`",
    "report": "`report.yml`",
    "certificates": "`certificates.yml`",
    "rotate-certificate": "`rotate_certificate.yml`",
    "ccp-page": "`ccp_page.yml`, with a page in the bucket `example-desk` below `support/`",
    "inventory": "the inventory plugin `connect_instances`",
    "cognito": "`cognito.yml`",
    "check-user-pools": "`check.yml` with user pools",
    "rotate-certificate-user-pools": "`rotate_certificate.yml` with user pools",
    "teardown-user-pools": "`teardown.yml` with user pools",
    "live-probe": "`live_probe.yml`, without the questions that are asked by name",
    "teardown": "`teardown.yml`, with the agents",
    "teardown-instance": "`teardown.yml`, with the instance",
}
#: these read only
READING: t.Final = ("certificates", "check", "check-user-pools", "inventory", "report")
#: these read only in Microsoft Graph
READING_GRAPH: t.Final = (*READING, "ccp-page")
#: permissions that are tried without being needed: the run goes on where they are refused
OPTIONAL_CALLS: t.Final = frozenset({"GET /organization"})


@dataclasses.dataclass(frozen=True)
class Granted:
    """What a job has. policy: None for everything."""

    graph: collections.abc.Sequence[str]
    policy: Policy | None = None


def everything(job: str) -> Granted:
    """What a job is given while it is recorded: all that reads, or all that there is."""
    graph = [name for name in PREFERENCE if job not in READING_GRAPH or ".Read." in name]
    return Granted([name for name in graph if name != "AppRoleAssignment.ReadWrite.All"])


def client_of(job: str) -> str:
    """The id of the application that a job calls as."""
    return f"{list(JOBS).index(job):08d}-0000-4000-8000-000000000000"


def key_of(job: str) -> str:
    """The access key of a job."""
    return f"AKIAJOB{list(JOBS).index(job):013d}"
