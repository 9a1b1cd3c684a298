# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Who loses access in a run, for any reason, and how many may: the guard against mistakes. Pure."""

from __future__ import annotations

import math
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._words import counted, setting

_LIMIT: t.Final = re.compile(r"(\d+(?:\.\d+)?)\s*(%?)")
#: No agent may be missed out by a limit that lets everybody go.
EVERYBODY: t.Final = "100%"
#: If there are more names than this, only their number is shown.
NAMES: t.Final = 20
#: The limit where none is set.
DEFAULT_LIMIT: t.Final = "5%"
#: The variable that limits how many agents lose access.
OF_AGENTS: t.Final = "connect_users_max_removals"


def allowed(limit: str, total: int, variable: str = "") -> int:
    """How many removals a count or a percentage allows. A percentage above 0 allows at least one, so that small teams
    can lose somebody. variable: what sets it, where that is not the option of connect_users.
    """
    match = _LIMIT.fullmatch(limit.strip())
    if not match or (not match[2] and "." in match[1]):
        name = variable or setting("connect_users.max_removals")
        raise InvalidInput(f"{name} is a count, such as 20, or a percentage, such as 5%, and not {limit!r}.")
    if not match[2]:
        return int(match[1])
    share = float(match[1])
    return max(1, math.floor(total * share / 100)) if share else 0


def lets_everybody_go(limit: str) -> bool:
    """Whether a limit is 100%, however it is written."""
    match = _LIMIT.fullmatch(limit.strip())
    return bool(match and match[2] and float(match[1]) >= 100)


def listed(names: t.Sequence[str], most: int = NAMES) -> str:
    """Names, formatted for a sentence; only the first ones if there are many."""
    rest = len(names) - most
    return f"{', '.join(names[:most])}{f' and {rest} more' if rest > 0 else ''}"


@dataclass(frozen=True)
class Person:
    """Somebody whom the application lets in before or after a run. before, after: the session name; None when they are
    not let in.
    """

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class SignIns:
    """Whom the application lets in. required_before, required_after: whether only those who are assigned.

    unreadable: why the people could not be read, although the run may take access from them.
    """

    required_before: bool = True
    required_after: bool = True
    people: tuple[Person, ...] = ()
    unreadable: str = ""


@dataclass(frozen=True)
class Agents:
    """The agents of the instance. usernames: all that exist; None when the run does not see the instance.

    managed: how many this collection manages. losing: those who lose access in the instance, and how. created: those
    who come.
    """

    usernames: frozenset[str] | None = None
    managed: int = 0
    losing: t.Mapping[str, str] = field(default_factory=dict)
    created: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Losses:
    """Who loses access, username → how; and of how many. everybody: why all of them lose it, beside that.

    unreadable: why it is not known who loses it. pool: the user pool to which they lose it; empty for the agents.
    """

    names: t.Mapping[str, str]
    total: int
    everybody: tuple[str, ...] = ()
    unreadable: str = ""
    pool: str = ""

    @property
    def counted(self) -> str:
        """How many lose access, of how many."""
        noun = ("person", "people") if self.pool else ("agent",)
        lost = len(self.names)
        return f"{lost:,} of {counted(self.total, *noun)}" if self.total else counted(lost, *noun)

    @property
    def place(self) -> str:
        """What they lose access to, for a sentence."""
        return f" to the user pool {self.pool}" if self.pool else ""

    def lines(self) -> list[str]:
        """For the plan, a sentence each."""
        lines = [f"Access{self.place}: everybody loses it: {reason}." for reason in self.everybody]
        if self.names:
            lines.append(f"Access{self.place}: {self.counted} lose it: {_reasons(self.names)}.")
        return lines


def losses(sign_ins: SignIns | None, agents: Agents) -> Losses:
    """Who can get in before a run and cannot sign in after it."""
    if sign_ins is None:
        return Losses(agents.losing, agents.managed)
    before = {person.before for person in sign_ins.people if person.before}
    known = agents.usernames if agents.usernames is not None else frozenset(before)
    could = before & known if sign_ins.required_before else known
    names = {name: why for person in sign_ins.people for name, why in _loss(person, known, agents)}
    if sign_ins.required_after and not sign_ins.required_before:
        after = {person.after for person in sign_ins.people}
        strangers = sorted(known - before - after)
        names |= dict.fromkeys(strangers, "is not assigned to the application, which is to require it")
    return Losses({**names, **agents.losing}, max(agents.managed, len(could)), unreadable=sign_ins.unreadable)


def _loss(person: Person, known: frozenset[str], agents: Agents) -> t.Iterator[tuple[str, str]]:
    """How one person loses access through the application; nothing when the person keeps it or never had it."""
    if person.before is None or person.before not in known or person.after == person.before:
        return
    if person.after is None:
        yield person.before, "is no longer assigned to the application"
        return
    arrivals = (known | agents.created) - set(agents.losing)
    if agents.usernames is None or person.after not in arrivals:
        yield person.before, f"would sign in as {person.after!r}, and no agent is called that"


def refusal(losses: Losses, limit: str, variable: str = OF_AGENTS) -> str:
    """Why a run must not start; empty if it may. variable: what sets the limit."""
    most = allowed(limit, losses.total, variable)
    meant = f"If that is meant, run once with {variable}"
    if losses.unreadable and not lets_everybody_go(limit):
        return (
            f"The plan changes who may sign in{losses.place}, and it is unknown who would lose access: "
            f"{losses.unreadable} Nothing was changed. Grant the permission, or run once with {variable}={EVERYBODY}."
        )
    if losses.everybody and not lets_everybody_go(limit):
        return (
            f"Everybody would lose access{losses.place}: {'; '.join(losses.everybody)}. "
            f"{variable}={limit} does not allow that. Nothing was changed. {meant}={EVERYBODY}. Otherwise, set the "
            f"former value again."
        )
    if len(losses.names) <= most:
        return ""
    return (
        f"{losses.counted} would lose access{losses.place}, and {variable}={limit} allows {most}: "
        f"{_reasons(losses.names)}. Nothing was changed. If that is meant, run once with a higher {variable}."
    )


def _reasons(names: t.Mapping[str, str]) -> str:
    return listed([f"{name} ({why})" for name, why in sorted(names.items())])
