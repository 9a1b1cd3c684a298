# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What one run of a rotation takes on, from where it is: the stages that follow each other at once, as steps of a plan. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

Record = dict[str, t.Any]

#: The stages of one run, in order. After retiring, nothing follows until a certificate is due again.
ORDER: t.Final = ("stage", "publish", "settle", "activate", "retire")


@dataclass(frozen=True)
class Situation:
    """What the steps depend on.

    decision: what comes next, as the filter certificate_rotation returns it. name: the application's. active: the thumbprint that signs.
    providers: ARN → the thumbprints that it holds. tags: the stages that the run is limited to; empty for all of them.
    """

    decision: t.Mapping[str, t.Any]
    name: str
    active: str
    providers: t.Mapping[str, t.Collection[str]]
    tags: t.Collection[str] = ()
    waits: bool = True
    compromised: bool = False


def steps_of(situation: Situation) -> list[Record]:
    """The steps, in the form that modules return."""
    if "rollback" in situation.tags:
        return _rollback(situation)
    stages = _stages(situation)
    allowed = [stage for stage in stages if not situation.tags or stage in situation.tags]
    # A stage that may not run stops those after it.
    done = allowed if len(allowed) == len(stages) else [stage for stage in stages[:1] if stage in allowed]
    makers = {"stage": _stage, "publish": _publish, "settle": _settle, "activate": _activate, "retire": _retire}
    return [step for stage in done for step in makers[stage](situation)]


def _stages(situation: Situation) -> list[str]:
    """The stages from the next one on that one run goes through."""
    decision, stage = situation.decision, situation.decision["stage"]
    if stage not in ORDER:
        return []
    if stage == "retire":
        return [stage]
    if stage == "publish" and decision["thumbprint"] == situation.active:
        return [stage]
    stages = list(ORDER[ORDER.index(stage) : ORDER.index("activate") + 1])
    if decision["failing_since"]:  # nothing is left to settle when sign-ins fail already
        stages = [one for one in stages if one != "settle"]
    elif "settle" in stages and not situation.waits:
        stages = stages[: stages.index("settle")]
    return [*stages, "retire"] if situation.compromised and "activate" in stages else stages


def _record(action: str, target: str, before: t.Any, after: t.Any, reason: str) -> Record:
    views = {"before": {"certificate": before} if before else {}, "after": {"certificate": after} if after else {}}
    return {"action": action, "object": target, **views, "reason": reason}


def _new(situation: Situation) -> str:
    thumbprint = situation.decision["thumbprint"]
    return f"the certificate {thumbprint}" if thumbprint and situation.decision["stage"] != "stage" else "the new certificate"


def _stage(situation: Situation) -> list[Record]:
    action = f"Make a signing certificate of '{situation.name}' that is not active yet"
    return [_record(action, situation.name, None, "the new one", str(situation.decision["says"]))]


def _publish(situation: Situation) -> list[Record]:
    new = _new(situation)
    missing = [arn for arn, held in sorted(situation.providers.items()) if new not in held] or sorted(situation.providers)
    reason = "AWS must trust a certificate before Entra ID signs with it."
    return [_record(f"Publish {new} to the SAML provider {arn}", arn, None, new, reason) for arn in missing]


def _settle(situation: Situation) -> list[Record]:
    seconds = situation.decision["wait_seconds"]
    action = f"Wait {f'{seconds} seconds ' if seconds else ''}until all of AWS trusts {_new(situation)}"
    return [_record(action, situation.name, None, None, "IAM takes some time.")]


def _activate(situation: Situation) -> list[Record]:
    new = _new(situation)
    instead = f" instead of {situation.active}" if not new.endswith(situation.active) else ""
    action = f"Let Entra ID sign with {new} of '{situation.name}'{instead}"
    return [_record(action, situation.name, situation.active, new, "Every SAML provider trusts it.")]


def _retire(situation: Situation) -> list[Record]:
    retired = situation.decision["retired"] or [situation.active]
    reason = "It is compromised." if situation.compromised else "Another one has signed for long enough."
    places = [f"'{situation.name}'", *(f"the SAML provider {arn}" for arn in sorted(situation.providers))]
    return [
        _record(f"Remove the certificate {thumbprint} from {place}", place.strip("'"), thumbprint, None, reason)
        for place in places
        for thumbprint in retired
    ]


def _rollback(situation: Situation) -> list[Record]:
    former = situation.decision["former"]
    if situation.decision["stage"] == "held" or not former:
        return []
    action = f"Let Entra ID sign with the former certificate {former} of '{situation.name}' again, instead of {situation.active}"
    return [_record(action, situation.name, situation.active, former, "A rollback is asked for.")]


def notify(
    name: str, actual: t.Sequence[str], desired: t.Sequence[str] | None, decision: t.Mapping[str, t.Any], tags: t.Collection[str]
) -> list[Record]:
    """The step that sets whom Entra ID tells before a certificate ends."""
    if desired is None or decision["failing_since"] or (tags and "notify" not in tags) or sorted(set(desired)) == sorted(actual):
        return []
    views = {"before": {"notification_emails": sorted(actual)}, "after": {"notification_emails": sorted(set(desired))}}
    return [{"action": f"Set the notification e-mails of '{name}'", "object": name, **views, "reason": "Different: notification emails."}]
