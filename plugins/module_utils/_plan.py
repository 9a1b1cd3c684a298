# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Pure comparison: what is, the desired state, and the ordered steps between the two."""

from __future__ import annotations

import copy
import difflib
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError


def unordered(value: t.Iterable[str] | None) -> list[str]:
    """The canonical form of a list whose order and repetitions mean nothing."""
    return sorted(set(value or ()))


Writer = t.TypeVar("Writer")
Writer_contra = t.TypeVar("Writer_contra", contravariant=True)
_Arguments = t.ParamSpec("_Arguments")


class Step(t.Generic[Writer_contra]):
    """One write: an unbound method of what writes, the arguments by name, and one plain imperative sentence.

    target: the object that the step belongs to, in a task that deals with several; a failure then skips only what
    remains of that object.
    label: what the object that it changes is called, where that is another one. reason: why, where the views before
    and after do not tell.
    """

    def __init__(
        self,
        run: t.Callable[t.Concatenate[Writer_contra, _Arguments], object],
        text: str,
        /,
        *positional: _Arguments.args,
        **args: _Arguments.kwargs,
    ) -> None:
        if positional:
            raise TypeError(f"{run.__name__}: a step's arguments are given by name")
        self.run: t.Callable[..., object] = run
        self.text = text
        self.args: t.Mapping[str, t.Any] = args
        self.target: str | None = None
        self.label = ""
        self.reason = ""

    def about(self, *, target: str | None = None, label: str = "", reason: str = "") -> Step[Writer_contra]:
        """The same write, said to belong to an object, or why it is done."""
        step = copy.copy(self)
        step.target, step.label, step.reason = target, label, reason
        return step

    def on(self, writer: Writer_contra) -> object:
        """Carry it out."""
        return self.run(writer, **self.args)

    @property
    def operation(self) -> str:
        """The kind of write, as messages and logs name it."""
        return self.run.__name__


@dataclass(frozen=True)
class Plan(t.Generic[Writer_contra]):
    """The views before and after in option names, without secrets, and the steps that lead from one to the other.

    The steps are ordered so that a stop after any of them leaves sign-in as it was or better. skipped: the objects that
    cannot be configured as requested, while the plan is for the others.
    """

    before: dict[str, t.Any] = field(default_factory=dict)
    after: dict[str, t.Any] = field(default_factory=dict)
    steps: tuple[Step[Writer_contra], ...] = ()
    warnings: tuple[str, ...] = ()
    skipped: t.Mapping[str, FederationError] = field(default_factory=dict)


def step_records(plan: Plan[t.Any], label: str) -> list[dict[str, t.Any]]:
    """The steps as data: action, object, before, after (what differs alone) and reason. label: the object of a plan for
    one.
    """
    return [_step_record(step, plan, label) for step in plan.steps]


def _step_record(step: Step[t.Any], plan: Plan[t.Any], label: str) -> dict[str, t.Any]:
    name = step.label or step.target or label
    before, after = plan.before, plan.after
    if step.target is not None:
        before, after = plan.before.get(name) or {}, plan.after.get(name) or {}
    differing = [
        key for key in {**before, **after} if key not in before or key not in after or before[key] != after[key]
    ]
    record = {
        "action": step.text,
        "object": name,
        "before": {key: before[key] for key in differing if key in before},
        "after": {key: after[key] for key in differing if key in after},
    }
    return record | {"reason": step.reason or _reason(before, after, differing)}


def _reason(before: t.Mapping[str, t.Any], after: t.Mapping[str, t.Any], differing: t.Sequence[str]) -> str:
    if not before:
        return "It does not exist." if after else ""
    if not after:
        return "It is no longer wanted."
    return f"Different: {', '.join(key.replace('_', ' ') for key in differing)}." if differing else ""


#: The views of more objects than this are shown as a table.
MANY: t.Final = 20


def shown_diff(plan: Plan[t.Any]) -> dict[str, t.Any]:
    """What differs, for Ansible's diff mode: the views, or a line for each object where there are many."""
    objects = {step.label or step.target: None for step in plan.steps if step.target is not None}
    if len(objects) <= MANY:
        return {"before": plan.before, "after": plan.after}
    lines = [_diff_line(str(name), plan.before.get(name) or {}, plan.after.get(name) or {}) for name in objects]
    return {"prepared": "".join(f"{line}\n" for line in lines)}


def _diff_line(name: str, before: t.Mapping[str, t.Any], after: t.Mapping[str, t.Any]) -> str:
    if not after:
        return f"- {name}"
    if not before:
        return f"+ {name}  " + ", ".join(
            f"{key}: {_value(value)}" for key, value in after.items() if value not in (None, "", [], {})
        )
    changes = {key: value for key, value in after.items() if before.get(key) != value}
    return f"~ {name}  " + ", ".join(
        f"{key}: {_value(before.get(key))} -> {_value(value)}" for key, value in changes.items()
    )


def _value(value: t.Any) -> str:
    return " | ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


@dataclass(frozen=True)
class Membership:
    """How a collection changes: what is added, what is removed, and what it then holds, each sorted."""

    add: tuple[str, ...]
    remove: tuple[str, ...]
    result: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.add or self.remove)


def membership(current: t.Iterable[str], change: t.Mapping[str, t.Iterable[str] | None] | None) -> Membership:
    """Apply an option of the form {add, remove, set} to a collection.

    `set` alone decides when given; otherwise `add` and `remove` change what is there. None leaves all as it is.
    """
    have = set(current)
    values = {key: set(value) for key, value in (change or {}).items() if value is not None}
    target = values["set"] if "set" in values else (have | values.get("add", set())) - values.get("remove", set())
    return Membership(tuple(sorted(target - have)), tuple(sorted(have - target)), tuple(sorted(target)))


def tag_changes(
    current: t.Mapping[str, str], tags: t.Mapping[str, str] | None, purge: bool
) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """Tags to set, keys to remove, and the tags afterwards, by amazon.aws's `tags` and `purge_tags`; `aws:` tags are
    left unchanged.
    """
    if tags is None:
        return {}, [], dict(current)
    desired = {str(key): str(value) for key, value in tags.items()}
    to_set = {key: value for key, value in desired.items() if current.get(key) != value}
    to_remove = sorted(key for key in current if purge and key not in desired and not key.startswith("aws:"))
    after = {key: value for key, value in (dict(current) | desired).items() if key not in to_remove}
    return to_set, to_remove, after


def tag_steps(
    label: str,
    to_set: t.Mapping[str, str],
    to_remove: t.Sequence[str],
    *,
    tag: t.Callable[t.Concatenate[Writer, ...], object],
    untag: t.Callable[t.Concatenate[Writer, ...], object],
    **args: t.Any,
) -> list[Step[Writer]]:
    """The steps that set and remove tags of an object. label: what it is called. args: those of both methods."""
    steps: list[Step[Writer]] = []
    if to_set:
        steps.append(Step(tag, f"Set the tags {', '.join(sorted(to_set))} of {label}", tags=dict(to_set), **args))
    if to_remove:
        steps.append(Step(untag, f"Remove the tags {', '.join(to_remove)} from {label}", keys=to_remove, **args))
    return steps


def close_matches(name: str, candidates: t.Iterable[str], count: int = 3, cutoff: float = 0.5) -> list[str]:
    """The candidates that look most like a name, best first, ignoring case. cutoff: how alike they are at least, from 0
    to 1.
    """
    by_fold = {candidate.casefold(): candidate for candidate in candidates}
    return [by_fold[fold] for fold in difflib.get_close_matches(name.casefold(), by_fold, n=count, cutoff=cutoff)]
