# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The users of one Amazon Connect instance: every call that reads or changes one."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import QUOTA, attempt
from ansible_collections.openccp.federation.plugins.module_utils._connect import contact_digest
from ansible_collections.openccp.federation.plugins.module_utils._connect.directory import Directory, DirectoryToBe
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import (
    Summary,
    User,
    user_of,
    user_of_search,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, NotFound

if t.TYPE_CHECKING:
    import collections.abc

Page = list[dict[str, t.Any]]

SEARCH_PAGE: t.Final = 500
CCP_PERMISSION: t.Final = "BasicAgentAccess"


class ConnectUsers:
    """The users of an instance. resolve_hierarchy: show hierarchy groups by their paths, which takes reading them
    all.
    """

    def __init__(self, connect: t.Any, instance_id: str, *, resolve_hierarchy: bool) -> None:
        self.directory = Directory(connect, instance_id)
        self._connect = connect
        self._instance = instance_id
        self._resolve = resolve_hierarchy
        self._full: FederationError | None = None
        #: the users that this has created: username → id and ARN
        self.created: dict[str, tuple[str, str]] = {}

    def lacking(self) -> tuple[str, ...]:
        """The options that the installed botocore does not know."""
        model = self._connect.meta.service_model
        known = {
            "channels": "UpdateUserConfig" in model.operation_names,
            "persistent_connection": "PersistentConnection" in model.shape_for("UserPhoneConfig").members,
        }
        return tuple(option for option, is_known in known.items() if not is_known)

    def summaries(self, pages: t.Iterable[Page] | None = None) -> dict[str, Summary]:
        """Every user by username. It decides who exists, since the search lags behind. pages: those that are being read
        already.
        """
        users = (user for page in (self.summary_pages() if pages is None else pages) for user in page)
        return {user["Username"]: Summary(user["Id"], user["Arn"], user.get("LastModifiedTime")) for user in users}

    def summary_pages(self) -> collections.abc.Iterator[Page]:
        """The users as ListUsers shows them, 1,000 a request."""
        with attempt(f"list the users of the instance {self._instance}"):
            pages = self._connect.get_paginator("list_users").paginate(
                InstanceId=self._instance, PaginationConfig={"PageSize": 1000}
            )
            yield from (page.get("UserSummaryList", []) for page in pages)

    def search(self, pages: t.Iterable[Page] | None = None) -> collections.abc.Iterator[User]:
        """Every user, page by page: behind the truth by seconds to minutes, and without contact details. pages: being
        read already.
        """
        for page in self.search_pages() if pages is None else pages:
            for user in page:
                if user.get("Username"):
                    yield user_of_search(user, self.directory, resolve_hierarchy=self._resolve)

    def search_pages(self) -> collections.abc.Iterator[Page]:
        """The users as SearchUsers shows them, 500 a request."""
        with attempt(f"search the users of the instance {self._instance}"):
            pages = self._connect.get_paginator("search_users").paginate(
                InstanceId=self._instance, PaginationConfig={"PageSize": SEARCH_PAGE}
            )
            yield from (page.get("Users", []) for page in pages)

    def describe(self, user_id: str) -> User | None:
        """One user, whole; None when there is none, or it is not shown yet."""
        try:
            with attempt(f"read the user {user_id} of the instance {self._instance}"):
                answer = self._connect.describe_user(InstanceId=self._instance, UserId=user_id)
        except NotFound:
            return None
        return user_of(answer["User"], self.directory, resolve_hierarchy=self._resolve)

    def read_all(self, *, contact_details: bool) -> list[User]:
        """Every user; with contact details, one request each."""
        listed = self.summaries()
        by_id = {} if contact_details else {user.id: user for user in self.search()}
        users = (by_id.get(summary.id) or self.describe(summary.id) for summary in listed.values())
        return [user for user in users if user]

    def quick_connects(self, user_id: str) -> list[dict[str, str]]:
        """The quick connects that lead to a user, by id and name."""
        return self.quick_connects_to_users().get(user_id, [])

    def quick_connects_to_users(self) -> dict[str, list[dict[str, str]]]:
        """The quick connects that lead to users, by the user's id."""
        with attempt(f"search the quick connects of the instance {self._instance}"):
            pages = self._connect.get_paginator("search_quick_connects").paginate(
                InstanceId=self._instance, PaginationConfig={"PageSize": 100}
            )
            quick_connects = [quick_connect for page in pages for quick_connect in page.get("QuickConnects", ())]
        by_user: dict[str, list[dict[str, str]]] = {}
        for entry in quick_connects:
            user_id = ((entry.get("QuickConnectConfig") or {}).get("UserConfig") or {}).get("UserId")
            if user_id:
                by_user.setdefault(user_id, []).append({"id": entry["QuickConnectId"], "name": entry["Name"]})
        return by_user

    def opens_ccp(self, security_profile_id: str) -> bool:
        """Whether a security profile has the permission without which the Contact Control Panel does not open."""
        with attempt(f"read the permissions of the security profile {security_profile_id}"):
            pages = self._connect.get_paginator("list_security_profile_permissions").paginate(
                InstanceId=self._instance, SecurityProfileId=security_profile_id, PaginationConfig={"PageSize": 1000}
            )
            return CCP_PERMISSION in pages.build_full_result().get("Permissions", [])

    def create(
        self,
        agent: t.Mapping[str, t.Any],
        identity: t.Mapping[str, str],
        phones: t.Mapping[str, t.Any],
        tags: t.Mapping[str, str],
    ) -> None:
        """Create a user."""
        if self._full:
            raise self._no_room(agent["username"])
        group = agent.get("hierarchy_group")
        optional = {
            "HierarchyGroupId": self.directory.hierarchy_groups.id(group) if group else None,
            "Tags": contact_digest.restamped(tags, dt.datetime.now(dt.UTC)) or None,
        }
        try:
            with attempt(f"create the agent {agent['username']!r}"):
                response = self._connect.create_user(
                    InstanceId=self._instance,
                    Username=agent["username"],
                    IdentityInfo=identity,
                    SecurityProfileIds=[
                        self.directory.security_profiles.id(name) for name in agent["security_profiles"]
                    ],
                    RoutingProfileId=self.directory.routing_profiles.id(agent["routing_profile"]),
                    **phones,
                    **{key: value for key, value in optional.items() if value is not None},
                )
        except FederationError as error:
            if error.code != QUOTA:
                raise
            self._full = error
            raise self._no_room(agent["username"]) from error
        self.created[agent["username"]] = (response["UserId"], response["UserArn"])

    def update_identity(self, user_id: str, username: str, identity: t.Mapping[str, str]) -> None:
        """Replace names and contact details."""
        with attempt(f"change the names and contact details of the agent {username!r}"):
            self._connect.update_user_identity_info(InstanceId=self._instance, UserId=user_id, IdentityInfo=identity)

    def update_routing_profile(self, user_id: str, username: str, routing_profile: str) -> None:
        """Give a user another routing profile."""
        profile = self.directory.routing_profiles.id(routing_profile)
        with attempt(f"change the routing profile of the agent {username!r}"):
            self._connect.update_user_routing_profile(
                InstanceId=self._instance, UserId=user_id, RoutingProfileId=profile
            )

    def update_security_profiles(self, user_id: str, username: str, security_profiles: t.Sequence[str]) -> None:
        """Give a user exactly these security profiles."""
        profiles = [self.directory.security_profiles.id(name) for name in security_profiles]
        with attempt(f"change the security profiles of the agent {username!r}"):
            self._connect.update_user_security_profiles(
                InstanceId=self._instance, UserId=user_id, SecurityProfileIds=profiles
            )

    def update_hierarchy(self, user_id: str, username: str, hierarchy_group: str) -> None:
        """Move a user in the agent hierarchy, or out of it when the group is empty."""
        group = {"HierarchyGroupId": self.directory.hierarchy_groups.id(hierarchy_group)} if hierarchy_group else {}
        with attempt(f"change the hierarchy group of the agent {username!r}"):
            self._connect.update_user_hierarchy(InstanceId=self._instance, UserId=user_id, **group)

    def update_phone(self, user_id: str, username: str, phone_config: t.Mapping[str, t.Any]) -> None:
        """Replace the phone settings of all channels at once."""
        with attempt(f"change the phone settings of the agent {username!r}"):
            self._connect.update_user_phone_config(InstanceId=self._instance, UserId=user_id, PhoneConfig=phone_config)

    def update_channels(self, user_id: str, username: str, configs: t.Mapping[str, t.Any]) -> None:
        """Replace the given lists of settings by channel."""
        with attempt(f"change the channel settings of the agent {username!r}"):
            self._connect.update_user_config(InstanceId=self._instance, UserId=user_id, **configs)

    def tag(self, user_arn: str, username: str, tags: t.Mapping[str, str]) -> None:
        """Set tags."""
        stamped = contact_digest.restamped(tags, dt.datetime.now(dt.UTC))
        with attempt(f"tag the agent {username!r}"):
            self._connect.tag_resource(resourceArn=user_arn, tags=stamped)

    def untag(self, user_arn: str, username: str, keys: list[str]) -> None:
        """Remove tags."""
        with attempt(f"remove tags of the agent {username!r}"):
            self._connect.untag_resource(resourceArn=user_arn, tagKeys=keys)

    def delete(self, user_id: str, username: str) -> None:
        """Delete a user; one that is gone already is no error."""
        try:
            with attempt(f"delete the agent {username!r}"):
                self._connect.delete_user(InstanceId=self._instance, UserId=user_id)
        except NotFound:
            pass

    def delete_quick_connect(self, quick_connect_id: str, name: str) -> None:
        """Delete a quick connect; one that is gone already is no error."""
        try:
            with attempt(f"delete the quick connect {name!r}"):
                self._connect.delete_quick_connect(InstanceId=self._instance, QuickConnectId=quick_connect_id)
        except NotFound:
            pass

    def _no_room(self, username: str) -> FederationError:
        return FederationError(
            f"Could not create the agent {username!r}: the instance has as many users as its quota allows.",
            code=QUOTA,
            request_id=self._full.request_id if self._full else None,
            hint="Delete users who left, or have the quota 'Users per instance' raised.",
        )


class PlannedUsers(ConnectUsers):
    """The users of an instance that does not exist yet: none, and nothing is asked for."""

    def __init__(self) -> None:
        super().__init__(None, "", resolve_hierarchy=False)
        self.directory = DirectoryToBe()

    def summary_pages(self) -> collections.abc.Iterator[Page]:
        """Nobody."""
        return iter(())

    def search_pages(self) -> collections.abc.Iterator[Page]:
        """Nobody."""
        return iter(())

    def quick_connects_to_users(self) -> dict[str, list[dict[str, str]]]:
        """None."""
        return {}

    def opens_ccp(self, security_profile_id: str) -> bool:  # noqa: ARG002
        """Not known yet."""
        return False

    def lacking(self) -> tuple[str, ...]:
        """Not known yet."""
        return ()
