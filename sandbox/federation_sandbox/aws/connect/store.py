# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of Amazon Connect: instances with their agents, profiles, hierarchy and approved origins."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t
import uuid

from federation_sandbox.aws.hosts import INSTANCE_DOMAINS, OLD_DOMAIN
from federation_sandbox.aws.protocol import Context, Params, refusal
from federation_sandbox.service import CloudError
from federation_sandbox.world import EventuallyConsistent, World

Item = dict[str, t.Any]
F = t.TypeVar("F")

LEVELS: t.Final = ("LevelOne", "LevelTwo", "LevelThree", "LevelFour", "LevelFive")


def connect_error(code: str, message: str, **more: t.Any) -> CloudError:
    """An error of Amazon Connect's model."""
    return refusal("connect", code, message, **more)


def new_id() -> str:
    """An identifier in the form that Amazon Connect uses."""
    return str(uuid.uuid4())


def furnished(context: Context, instance: Instance, profiles: t.Mapping[str, Item]) -> list[Item]:
    """The profiles of an instance that lists return. They can be missing for a while after an instance was created."""
    ready = instance.active_at + dt.timedelta(seconds=context.world.settings.profile_creation)
    return list(profiles.values()) if context.world.clock.now() >= ready else []


@dataclasses.dataclass
class Instance:
    """An instance. active_at: when its creation ends. failure: why the creation failed, else empty. shown_from,
    shown_until: when it was created and deleted through the API. Users, profiles, groups, quick connects and queues
    have the shape of their Describe operation, by ID. A user is never changed but replaced as a whole, so that pages
    need no copies.
    """

    account: str
    region: str
    partition: str
    id: str
    alias: str
    identity_management_type: str
    created: dt.datetime
    active_at: dt.datetime
    attributes: dict[str, str]
    users: EventuallyConsistent[Item]
    tags: dict[str, str] = dataclasses.field(default_factory=dict)
    failure: str = ""
    shown_from: dt.datetime | None = None
    shown_until: dt.datetime | None = None
    old_domain: bool = False
    origins: list[str] = dataclasses.field(default_factory=list)
    security_profiles: dict[str, Item] = dataclasses.field(default_factory=dict)
    routing_profiles: dict[str, Item] = dataclasses.field(default_factory=dict)
    queues: dict[str, Item] = dataclasses.field(default_factory=dict)
    quick_connects: dict[str, Item] = dataclasses.field(default_factory=dict)
    contact_flows: dict[str, str] = dataclasses.field(default_factory=dict)
    predefined_attributes: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    levels: list[Item] = dataclasses.field(default_factory=list)
    groups: dict[str, Item] = dataclasses.field(default_factory=dict)
    usernames: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The instance's ARN."""
        return f"arn:{self.partition}:connect:{self.region}:{self.account}:instance/{self.id}"

    @property
    def access_url(self) -> str:
        """The URL at which agents sign in."""
        if self.old_domain:
            return f"https://{self.alias}.{OLD_DOMAIN}/connect"
        return f"https://{self.alias or self.id}.{INSTANCE_DOMAINS[self.partition]}"

    @property
    def service_role(self) -> str:
        """The service-linked role; each instance has its own."""
        name = f"AWSServiceRoleForAmazonConnect_{self.id.replace('-', '')[:20]}"
        return f"arn:{self.partition}:iam::{self.account}:role/aws-service-role/connect.amazonaws.com/{name}"

    @property
    def saml(self) -> bool:
        """Whether identity management is SAML."""
        return self.identity_management_type == "SAML"

    def status(self, now: dt.datetime) -> str:
        """The status that DescribeInstance returns."""
        if now < self.active_at:
            return "CREATION_IN_PROGRESS"
        return "CREATION_FAILED" if self.failure else "ACTIVE"

    def arn_of(self, kind: str, item_id: str) -> str:
        """The ARN of something in the instance."""
        return f"{self.arn}/{kind}/{item_id}"


class Connect:
    """Amazon Connect in every account and Region."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.instances: dict[str, Instance] = {}
        self.deleted: dict[str, Instance] = {}
        self.tokens: dict[tuple[str, str, str], Item] = {}
        self.changes: dict[str, list[dt.datetime]] = {}

    def new_users(self) -> EventuallyConsistent[Item]:
        """An empty directory of agents. Searches lag further behind than lists."""
        settings = self._world.settings
        return EventuallyConsistent(
            self._world.clock, lambda: max(settings.connect_replication, settings.connect_search_lag)
        )

    def of(self, account: str, region: str) -> list[Instance]:
        """The instances of an account in a Region, oldest first."""
        return [
            instance for instance in self.instances.values() if (instance.account, instance.region) == (account, region)
        ]

    def delete(self, instance: Instance) -> None:
        """Delete an instance. Reads return it until they have caught up."""
        del self.instances[instance.id]
        self.deleted[instance.id] = dataclasses.replace(instance, shown_until=self._world.clock.now())

    def as_read(self, account: str, region: str) -> dict[str, Instance]:
        """The instances of an account in a Region as the replica of this request has them, oldest first."""
        horizon = self._world.clock.now() - dt.timedelta(seconds=reading_lag(self._world))
        return {
            instance.id: instance
            for instance in (*self.deleted.values(), *self.instances.values())
            if (instance.account, instance.region) == (account, region)
            and (instance.shown_from is None or instance.shown_from <= horizon)
            and (instance.shown_until is None or horizon < instance.shown_until)
        }


def reading_lag(world: World) -> float:
    """The seconds by which this request's reads of instances and single agents, and lists of them, are behind."""
    return world.lag(world.settings.connect_replication, world.settings.connect_flapping)


def any_instance(context: Context, params: Params) -> Instance:
    """The instance that a call names, whatever its status."""
    instances = {instance.id: instance for instance in context.world.state(Connect).of(context.account, context.region)}
    return require(instances, params["InstanceId"])


def active_instance(context: Context, params: Params) -> Instance:
    """The instance that a call names, which must be ready for use."""
    instance = any_instance(context, params)
    status = instance.status(context.world.clock.now())
    if status != "ACTIVE":
        raise connect_error("InvalidRequestException", f"The instance {instance.id} is {status}, not ACTIVE.")
    return instance


def require(items: t.Mapping[str, F], item_id: str) -> F:
    """The item with an ID; ResourceNotFoundException when there is none."""
    if item_id not in items:
        raise connect_error("ResourceNotFoundException", "The specified resource was not found.")
    return items[item_id]


def modified(context: Context) -> Item:
    """The members that contain when and where something was last changed."""
    return {"LastModifiedTime": context.world.clock.now(), "LastModifiedRegion": context.region}
