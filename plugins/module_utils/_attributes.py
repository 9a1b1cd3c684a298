# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The attributes of a resource, a row each: the option, where the API has it, how it is compared, and what changes it.
Pure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._plan import Step

#: The values of attributes by option. In desired settings, None leaves an attribute unchanged.
Settings = dict[str, t.Any]

TEXT: t.Final[dict[str, t.Any]] = {"type": "str"}


def _as_it_is(value: t.Any) -> t.Any:
    return value


def _desired(current: t.Any, desired: t.Any) -> t.Any:  # noqa: ARG001
    return desired


@dataclass(frozen=True)
class Attr:
    """One attribute of a resource.

    option: its name among the options, which is the key in views and return values as well. member: where the API takes
    it for a new object; empty when it takes none. spec: the option's argument spec. normalize: brings what the API
    shows to the form in which it is compared. initial: what a new object has for which it is not given. source: where
    the API's description of an object has it, if not where a new one takes it. settle: the value that a current and a
    desired one come to, which is the current one when both mean the same. change: the step that writes the settings
    of an object; attributes with the same one are written together.
    """

    option: str
    member: str = ""
    spec: t.Mapping[str, t.Any] = field(default_factory=lambda: TEXT)
    normalize: t.Callable[[t.Any], t.Any] = _as_it_is
    initial: t.Any = None
    source: str = ""
    settle: t.Callable[[t.Any, t.Any], t.Any] = _desired
    change: t.Callable[[t.Any, Settings], Step[t.Any]] | None = None

    @property
    def api(self) -> str:
        """The member's own name, without that of the structure around it."""
        return self.member.rpartition(".")[2]

    def read(self, described: t.Mapping[str, t.Any]) -> t.Any:
        """Its value in the API's description of an object."""
        value: t.Any = described
        for key in (self.source or self.member).split("."):
            value = (value or {}).get(key)
        return self.normalize(value)


def options_of(attributes: t.Iterable[Attr]) -> dict[str, dict[str, t.Any]]:
    """The argument spec of the attributes that are options."""
    return {attr.option: dict(attr.spec) for attr in attributes if attr.spec}


def initial(attributes: t.Iterable[Attr]) -> Settings:
    """What a new object has for which nothing is given."""
    return {attr.option: attr.initial for attr in attributes}


def differences(
    attributes: t.Iterable[Attr], desired: t.Mapping[str, t.Any], current: t.Mapping[str, t.Any]
) -> Settings:
    """The new values of the attributes that differ. One whose current value is not known is not compared."""
    values = {}
    for attr in attributes:
        if desired.get(attr.option) is None or attr.option not in current:
            continue
        value = attr.settle(current[attr.option], desired[attr.option])
        if value != current[attr.option]:
            values[attr.option] = value
    return values


def change_steps(attributes: t.Iterable[Attr], subject: t.Any, before: Settings, after: Settings) -> list[Step[t.Any]]:
    """The steps that write what differs, in the order of the attributes. subject: what `change` needs beside the
    settings.
    """
    makers = dict.fromkeys(attr.change for attr in attributes if before.get(attr.option) != after.get(attr.option))
    return [make(subject, after) for make in makers if make]
