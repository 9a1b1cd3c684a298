# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Approved origins: the web sites that may embed an instance."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt
from ansible_collections.openccp.federation.plugins.module_utils._connect.instances import (
    PLANNED_ID,
    connect_client,
    id_of_reference,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step, membership
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule

LONGEST: t.Final = 267

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


class ApprovedOrigins:
    """The approved origins of one instance."""

    def __init__(self, connect: t.Any, instance_id: str) -> None:
        self._connect = connect
        self._instance_id = instance_id

    def list(self) -> list[str]:
        """Those that there are."""
        with attempt(f"list the approved origins of the instance {self._instance_id}"):
            pages = self._connect.get_paginator("list_approved_origins").paginate(InstanceId=self._instance_id)
            origins: list[str] = pages.build_full_result().get("Origins", [])
        return origins

    def approve(self, origin: str) -> None:
        """Add one; that it is there already, though a list did not show it, is no error."""
        try:
            with attempt(f"approve the origin {origin}"):
                self._connect.associate_approved_origin(InstanceId=self._instance_id, Origin=origin)
        except Conflict:
            pass

    def withdraw(self, origin: str) -> None:
        """Remove one; that it is gone already is no error."""
        try:
            with attempt(f"withdraw the origin {origin}"):
                self._connect.disassociate_approved_origin(InstanceId=self._instance_id, Origin=origin)
        except NotFound:
            pass


def checked(change: t.Mapping[str, t.Sequence[str] | None]) -> dict[str, list[str]]:
    """An option of the form {add, remove, set} with each origin as browsers state it; InvalidInput with every one that
    is none.
    """
    desired: dict[str, list[str]] = {}
    problems: list[str] = []
    for key, origins in change.items():
        if origins is None:
            continue
        for origin in origins:
            reason = problem(origin)
            if reason:
                problems.append(f"{origin!r} {reason}.")
        desired[key] = [canonical(origin) for origin in origins]
    if problems:
        raise InvalidInput(
            f"Invalid origin: {' '.join(problems)}",
            hint="An origin is https://host or https://host:port, nothing more.",
        )
    return desired


def problem(origin: str) -> str | None:
    """Why a text is not an origin that Amazon Connect can approve; None when it is one."""
    if len(origin) > LONGEST:
        return f"has more than {LONGEST} characters"
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError as error:
        return f"is not a valid URL ({error})"
    has_blank = any(
        character.isspace() or not character.isprintable() for character in origin
    )  # urlsplit drops some of them
    if parts.scheme.lower() != "https":
        return "does not begin with https://"
    is_more = (
        parts.username is not None
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or origin.endswith(("?", "#"))
    )
    if has_blank or is_more:
        return "has more than scheme, host and port, or contains whitespace"
    if not _HOST.fullmatch(parts.hostname or "") or port == 0:
        return "does not name one host"
    return None


def canonical(origin: str) -> str:
    """An origin as browsers state it: in lower case, without the slash at its end and without the port 443."""
    return origin.lower().rstrip("/").removesuffix(":443")


def plan(desired: t.Mapping[str, t.Sequence[str]], actual: t.Iterable[str]) -> Plan[ApprovedOrigins]:
    """The origins to approve, and then those to withdraw, each as Amazon Connect has it. Pure."""
    stored = {canonical(origin): origin for origin in actual}
    change = membership(stored, desired)
    steps = [Step(ApprovedOrigins.approve, f"Approve the origin {origin}", origin=origin) for origin in change.add]
    for origin in (stored[key] for key in change.remove):
        steps.append(Step(ApprovedOrigins.withdraw, f"Remove the approved origin {origin}", origin=origin))
    return Plan({"origins": sorted(stored)}, {"origins": list(change.result)}, tuple(steps))


class OriginsResource(Resource[list[str], ApprovedOrigins]):
    """The approved origins of one instance, as defined by the options."""

    def __init__(self, module: AwsModule) -> None:
        self.module = module
        self.desired: dict[str, list[str]] = {}
        self.instance_id: str = module.params["instance_id"]

    def read(self) -> list[str]:
        """Those that there are; none of an instance that is yet to be created."""
        self.desired = checked(self.module.params["origins"])
        if self.module.check_mode and self.instance_id == PLANNED_ID:
            return []
        connect = connect_client(self.module)
        self.instance_id = id_of_reference(connect, self.instance_id)
        self.api = ApprovedOrigins(connect, self.instance_id)
        return self.api.list()

    def plan(self, actual: list[str]) -> Plan[ApprovedOrigins]:
        """The origins to approve, and then those to withdraw."""
        return plan(self.desired, actual)

    def result(self, plan: Plan[ApprovedOrigins]) -> dict[str, t.Any]:
        """The instance and its origins."""
        return {"instance_id": self.instance_id, **plan.after}
