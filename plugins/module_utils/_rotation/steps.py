# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What one run of a rotation takes on, from where it is: the stages that follow each other at once, as steps of a plan.
Pure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

Record = dict[str, t.Any]

#: The stages of one run, in order. After retiring, nothing follows until a certificate is due again.
ORDER: t.Final = ("stage", "publish", "settle", "activate", "retire")


@dataclass(frozen=True)
class CurrentState:
    """What the steps depend on.

    decision: what comes next, as plain values. name: the application's. active: the
    thumbprint that signs. providers: ARN → the thumbprints that it holds. tags: the stages that the run is limited
    to; empty for all of them.
    """

    decision: t.Mapping[str, t.Any]
    name: str
    active: str
    providers: t.Mapping[str, t.Collection[str]]
    tags: t.Collection[str] = ()
    waits: bool = True
    compromised: bool = False


def steps_of(current_state: CurrentState) -> list[Record]:
    """The steps, in the form that modules return."""
    if "rollback" in current_state.tags:
        return _rollback(current_state)
    stages = _stages(current_state)
    allowed = [stage for stage in stages if not current_state.tags or stage in current_state.tags]
    # A stage that may not run stops those after it.
    done = allowed if len(allowed) == len(stages) else [stage for stage in stages[:1] if stage in allowed]
    makers = {"stage": _stage, "publish": _publish, "settle": _settle, "activate": _activate, "retire": _retire}
    return [step for stage in done for step in makers[stage](current_state)]


def _stages(current_state: CurrentState) -> list[str]:
    """The stages from the next one on that one run goes through."""
    decision, stage = current_state.decision, current_state.decision["stage"]
    if stage not in ORDER:
        return []
    if stage == "retire":
        return [stage]
    if stage == "publish" and decision["thumbprint"] == current_state.active:
        return [stage]
    stages = list(ORDER[ORDER.index(stage) : ORDER.index("activate") + 1])
    if decision["failing_since"]:  # nothing is left to settle when sign-ins fail already
        stages = [name for name in stages if name != "settle"]
    elif "settle" in stages and not current_state.waits:
        stages = stages[: stages.index("settle")]
    return [*stages, "retire"] if current_state.compromised and "activate" in stages else stages


def _record(action: str, target: str, before: t.Any, after: t.Any, reason: str) -> Record:
    views = {"before": {"certificate": before} if before else {}, "after": {"certificate": after} if after else {}}
    return {"action": action, "object": target, **views, "reason": reason}


def _new(current_state: CurrentState) -> str:
    thumbprint = current_state.decision["thumbprint"]
    return (
        f"the certificate {thumbprint}"
        if thumbprint and current_state.decision["stage"] != "stage"
        else "the new certificate"
    )


def _stage(current_state: CurrentState) -> list[Record]:
    action = f"Create a signing certificate for '{current_state.name}' without activating it"
    return [_record(action, current_state.name, None, "the new one", str(current_state.decision["message"]))]


def _publish(current_state: CurrentState) -> list[Record]:
    new = _new(current_state)
    reason = "AWS must trust a certificate before Entra ID signs with it."
    # To each, because a provider that already holds it records the time again.
    return [
        _record(f"Publish {new} to the SAML provider {arn}", arn, None, new, reason)
        for arn in sorted(current_state.providers)
    ]


def _settle(current_state: CurrentState) -> list[Record]:
    seconds = current_state.decision["wait_seconds"]
    action = f"Wait {f'{seconds} seconds ' if seconds else ''}until all of AWS trusts {_new(current_state)}"
    return [_record(action, current_state.name, None, None, "Changes in IAM take some time to propagate.")]


def _activate(current_state: CurrentState) -> list[Record]:
    new = _new(current_state)
    instead = f" instead of {current_state.active}" if not new.endswith(current_state.active) else ""
    action = f"Activate {new} of '{current_state.name}'{instead}"
    return [_record(action, current_state.name, current_state.active, new, "Every SAML provider trusts it.")]


def _retire(current_state: CurrentState) -> list[Record]:
    retired = current_state.decision["retired"] or [current_state.active]
    reason = (
        "It is compromised." if current_state.compromised else "Another certificate has been active for long enough."
    )
    places = [f"'{current_state.name}'", *(f"the SAML provider {arn}" for arn in sorted(current_state.providers))]
    return [
        _record(f"Remove the certificate {thumbprint} from {place}", place.strip("'"), thumbprint, None, reason)
        for place in places
        for thumbprint in retired
    ]


def _rollback(current_state: CurrentState) -> list[Record]:
    former = current_state.decision["former"]
    if current_state.decision["stage"] == "held" or not former:
        return []
    action = f"Reactivate the former certificate {former} of '{current_state.name}' instead of {current_state.active}"
    return [_record(action, current_state.name, current_state.active, former, "A rollback was requested.")]


def notify(
    name: str,
    actual: t.Sequence[str],
    desired: t.Sequence[str] | None,
    decision: t.Mapping[str, t.Any],
    tags: t.Collection[str],
) -> list[Record]:
    """The step that sets whom Entra ID tells before a certificate ends."""
    if (
        desired is None
        or decision["failing_since"]
        or (tags and "notify" not in tags)
        or sorted(set(desired)) == sorted(actual)
    ):
        return []
    views = {"before": {"notification_emails": sorted(actual)}, "after": {"notification_emails": sorted(set(desired))}}
    return [
        {
            "action": f"Set the notification e-mails of '{name}'",
            "object": name,
            **views,
            "reason": "Different: notification emails.",
        }
    ]
