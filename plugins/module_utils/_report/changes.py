# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What changed between two reports, a sentence each."""

from __future__ import annotations

import collections.abc
import typing as t

Document = t.Mapping[str, t.Any]

_FROM_BEST: t.Final = ("pass", "warning", "unknown", "fail")
_STATES: t.Final[t.Mapping[str, str]] = {
    "refused": "refused",
    "unknown": "in an unknown state",
    "disabled": "disabled",
    "unobstructed": "without an obstacle",
    "unassigned": "not assigned",
    "unchecked": "not checked",
}


def between(before: Document, after: Document) -> list[dict[str, str]]:
    """The changes, each with `host`, `direction` (better, worse or neutral) and `text`."""
    old = {federation["host"]: federation for federation in before["federations"]}
    new = {federation["host"]: federation for federation in after["federations"]}
    return [
        {"host": host, "direction": direction, "text": text}
        for host in sorted({*_hosts(before), *_hosts(after)})
        for direction, text in _of_host(host, old.get(host), new.get(host), _hosts(before), _hosts(after))
    ]


def _hosts(report: Document) -> set[str]:
    return {federation["host"] for federation in (*report["federations"], *report["not_readable"])}


def _of_host(
    host: str, old: Document | None, new: Document | None, before: set[str], after: set[str]
) -> collections.abc.Iterator[tuple[str, str]]:
    if host not in after:
        yield "neutral", "It is no longer in the report."
    elif host not in before:
        yield "neutral", "It is new in the report."
    elif old is None and new is not None:
        yield "better", "It can be read again."
    elif old is not None and new is None:
        yield "worse", "It can no longer be read."
    elif old is not None and new is not None:
        yield from _hops(old, new)
        yield from _people(old, new)
        yield from _certificates(old, new)
        yield from _agents(old, new)


def _hops(old: Document, new: Document) -> collections.abc.Iterator[tuple[str, str]]:
    states = {hop["hop"]: hop["state"] for hop in old["hops"]}
    for hop in new["hops"]:
        before, now = states.get(hop["hop"], "unchecked"), hop["state"]
        if before != now:
            yield _direction(before, now), f"{hop['hop'].replace('_', ' ')}: {before} → {now}"


def _direction(before: str, now: str) -> str:
    """What was not looked at says nothing, and a failure that can no longer be read may still be one."""
    if "unchecked" in (before, now) or {before, now} == {"fail", "unknown"}:
        return "neutral"
    return "worse" if _FROM_BEST.index(now) > _FROM_BEST.index(before) else "better"


def _people(old: Document, new: Document) -> collections.abc.Iterator[tuple[str, str]]:
    refused = {person["subject"] for person in old["people"]}
    still = {person["subject"]: person["hop"].replace("_", " ") for person in new["people"]}
    for name, hop in sorted(still.items()):
        if name not in refused:
            yield "worse", f"{name} can no longer sign in ({hop})."
    for name in sorted(refused - still.keys()):
        yield "better", f"{name} is no longer among those who cannot sign in."


def _certificates(old: Document, new: Document) -> collections.abc.Iterator[tuple[str, str]]:
    before = {entry["thumbprint"]: entry for entry in old["certificates"]}
    now = {entry["thumbprint"]: entry for entry in new["certificates"]}
    for thumbprint in sorted(before.keys() - now.keys()):
        yield "neutral", f"The certificate {thumbprint} is gone from both clouds."
    for thumbprint, certificate in sorted(now.items()):
        if thumbprint not in before:
            yield "neutral", f"The certificate {thumbprint} is new; it expires on {certificate['not_after'][:10]}."
        elif certificate["signs"] and not before[thumbprint]["signs"]:
            yield "neutral", f"Entra ID signs with the certificate {thumbprint} now."
        if thumbprint in before:
            yield from _trust(thumbprint, before[thumbprint]["providers"], certificate["providers"])


def _trust(
    thumbprint: str, old: t.Mapping[str, bool | None], new: t.Mapping[str, bool | None]
) -> collections.abc.Iterator[tuple[str, str]]:
    for arn, held in sorted(new.items()):
        if arn in old and old[arn] != held and None not in (old[arn], held):
            verb = "holds" if held else "no longer holds"
            yield "neutral", f"{arn} {verb} the certificate {thumbprint}."


def _agents(old: Document, new: Document) -> collections.abc.Iterator[tuple[str, str]]:
    before, now = old["agents"]["states"], new["agents"]["states"]
    for state, words in _STATES.items():
        if before.get(state, 0) != now.get(state, 0):
            yield "neutral", f"Agents {words}: {before.get(state, 0):,} → {now.get(state, 0):,}"
