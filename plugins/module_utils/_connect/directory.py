# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The names that people use for security profiles, routing profiles and hierarchy groups, and Amazon Connect's ids."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import close_matches

LEVELS: t.Final = ("LevelOne", "LevelTwo", "LevelThree", "LevelFour", "LevelFive")


@dataclass(frozen=True)
class Names:
    """One kind of object of an instance. objects: the name and the id of each; several may have one name. Pure."""

    kind: str
    objects: t.Sequence[tuple[str, str]]

    @functools.cached_property
    def ids(self) -> dict[str, list[str]]:
        """The ids of the objects of each name."""
        ids: dict[str, list[str]] = {}
        for name, object_id in self.objects:
            ids.setdefault(name, []).append(object_id)
        return ids

    @functools.cached_property
    def _names(self) -> dict[str, str]:
        return {object_id: name for name, object_id in self.objects}

    def id(self, reference: str) -> str:
        """The id of an object that a name or an id refers to.

        NotFound, with the nearest names, when there is none; Conflict, with the ids, when several have the name.
        """
        if reference in self._names:
            return reference
        ids = self.ids.get(reference) or self.ids.get(self._bare(reference), [])
        if len(ids) == 1:
            return ids[0]
        if ids:
            raise Conflict(
                f"There are {len(ids)} {self.kind}s {reference!r}: {' and '.join(sorted(ids))}.",
                hint="Give the ID of the right one.",
            )
        close = close_matches(reference, self.ids)
        hint = f"Did you mean {' or '.join(repr(name) for name in close)}?" if close else None
        raise NotFound(
            f"There is no {self.kind} {reference!r}.",
            hint=hint or f"The instance has {', '.join(sorted(self.ids)[:10]) or 'none'}.",
        )

    @staticmethod
    def _bare(reference: str) -> str:
        """The name that a reference has when no object has it as it is written."""
        return reference

    def name(self, object_id: str) -> str:
        """What refers to the object of an id: its name where no other has it, else the id."""
        name = self._names.get(object_id, object_id)
        return name if len(self.ids.get(name, ())) == 1 and name not in self._names else object_id


class Directory:
    """The names of one instance, each kind read at most once and only when it is needed."""

    def __init__(self, connect: t.Any, instance_id: str) -> None:
        self._connect = connect
        self._instance_id = instance_id

    @functools.cached_property
    def security_profiles(self) -> Names:
        """Every security profile."""
        profiles = self._all("list_security_profiles", "SecurityProfileSummaryList", "list the security profiles", 1000)
        return Names("security profile", [(profile["Name"], profile["Id"]) for profile in profiles])

    @functools.cached_property
    def routing_profiles(self) -> Names:
        """Every routing profile."""
        profiles = self._all("list_routing_profiles", "RoutingProfileSummaryList", "list the routing profiles", 1000)
        return Names("routing profile", [(profile["Name"], profile["Id"]) for profile in profiles])

    @functools.cached_property
    def hierarchy_groups(self) -> Names:
        """Every hierarchy group by its path, such as `Europe/Support/Second line`.

        The same name may stand at several levels, and a name may hold a slash, so that two groups may have one path.
        """
        groups = self._all("search_user_hierarchy_groups", "UserHierarchyGroups", "read the agent hierarchy", 100)
        return Paths("hierarchy group", [(path, group["Id"]) for group in groups if (path := hierarchy_path(group))])

    def _all(self, operation: str, key: str, what: str, page: int) -> list[dict[str, t.Any]]:
        with attempt(f"{what} of the instance {self._instance_id}"):
            pages = self._connect.get_paginator(operation).paginate(
                InstanceId=self._instance_id, PaginationConfig={"PageSize": page}
            )
            objects: list[dict[str, t.Any]] = pages.build_full_result().get(key, [])
        return objects


class Paths(Names):
    """Names from the top level down; a slash before or behind the path is overlooked where no group has it in its
    name.
    """

    @staticmethod
    def _bare(reference: str) -> str:
        return reference.strip("/")


class AnyNames(Names):
    """Names of an instance that does not exist yet: each may come to be."""

    def id(self, reference: str) -> str:
        """The reference itself."""
        return reference


class DirectoryToBe(Directory):
    """The names of an instance that does not exist yet."""

    def __init__(self) -> None:
        super().__init__(None, "")
        self.security_profiles = self.routing_profiles = self.hierarchy_groups = AnyNames("object", ())


def hierarchy_path(group: t.Mapping[str, t.Any]) -> str | None:
    """A group's names from the top level down; None for the search's pseudo group, which stands for "no group"."""
    if group.get("LevelId") == "0":
        return None
    path = group.get("HierarchyPath") or {}
    return "/".join(path[level]["Name"] for level in LEVELS if path.get(level)) or group.get("Name")
