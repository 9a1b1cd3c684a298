# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What a SAML application should be, against what it is: the pure plan of the module azure_saml_app."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ansible_collections.openccp.federation.plugins.module_utils._access import listed
from ansible_collections.openccp.federation.plugins.module_utils._entra import assignments, claims_policies, directory
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_search import Deleted
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_settings import (
    APPLICATION,
    INTERNAL,
    PRINCIPAL,
    canonical,
    desired_settings,
    differing,
    logo_tag,
    selector_of,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_writer import ApplicationWriter
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Application
from ansible_collections.openccp.federation.plugins.module_utils._entra.directory import Principals
from ansible_collections.openccp.federation.plugins.module_utils._entra.permissions import Operation
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import (
    must_make,
    to_activate,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.token_encryption import actual_key_id
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import from_text, key_id_of

#: What a plan starts from when there is no application.
BLANK: t.Final = Application({}, {})


@dataclass(frozen=True)
class CurrentState:
    """All that the plan depends on beside the options."""

    app: Application | None = None
    principals: Principals = field(default_factory=Principals)
    logo: bytes | None = None
    deleted: tuple[Deleted, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    warnings: tuple[str, ...] = ()
    #: claims policies that were made for the application, or for one in the recycle bin, and are not assigned
    stray_policies: tuple[t.Mapping[str, t.Any], ...] = ()
    #: those of applications that somebody has deleted for good
    abandoned_policies: tuple[t.Mapping[str, t.Any], ...] = ()
    #: what a removal that was interrupted has left, which another application replaces
    interrupted: Application | None = None


def view(app: Application, current_state: CurrentState) -> dict[str, t.Any]:
    """An application in option names; {} for none."""
    if not app.application:
        return {}
    policy = claims_policies.policy_of(app)[1]
    names = assignments.names_of(current_state.principals, app.assignments)
    changes = assignments.plan_changes(None, current_state.principals, app.assignments)
    settings = {
        property_.option: property_.read(app)
        for property_ in (*APPLICATION, *PRINCIPAL)
        if property_.option not in INTERNAL
    }
    return settings | {
        "token_encryption_key_id": actual_key_id(app),
        "certificates": [
            {
                "thumbprint": certificate.thumbprint,
                "not_after": certificate.certificate.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "active": certificate.active,
            }
            for certificate in app.certificates
        ],
        "claims": _claims_view(policy),
        "claims_policy": _settings_view(policy),
        "assignments": _assignments_view(changes.before, names),
    }


def plan(params: t.Mapping[str, t.Any], current_state: CurrentState) -> Plan[ApplicationWriter]:
    """The steps to the desired settings."""
    return plan_absent(params, current_state) if params["state"] == "absent" else plan_present(params, current_state)


def plan_present(params: t.Mapping[str, t.Any], current_state: CurrentState) -> Plan[ApplicationWriter]:
    """The steps to the application that the options define, in the order that sign-ins survive."""
    app = current_state.app or BLANK
    desired = desired_settings(params, current_state.app)
    if current_state.app is None:
        _check_complete(params)
    before = view(app, current_state)
    after = dict(before)
    steps: list[Step[ApplicationWriter]] = []
    label = params.get("name") or app.label
    if current_state.app is None:
        steps += _creation_steps(params, current_state.interrupted, label)
    steps += _stray_steps(ApplicationWriter.delete_abandoned_claims, current_state.abandoned_policies)
    certificate_steps = _certificate_steps(params, current_state, app, label, after)
    additions = [step for step in certificate_steps if step.run is ApplicationWriter.add_certificate]
    of_principal = differing(PRINCIPAL, desired, app)
    if of_principal:
        text = f"Set {_listed([setting.words for setting in of_principal])} of '{label}'"
        days = additions[0].args["validity_days"] if additions else None
        steps.append(Step(ApplicationWriter.update_principal, text, settings=of_principal, certificate_days=days))
    of_application = differing(APPLICATION, desired, app)
    if of_application:
        text = f"Set {_listed([setting.words for setting in of_application])} of '{label}'"
        steps.append(Step(ApplicationWriter.update_application, text, settings=of_application))
    after |= {
        setting.option: canonical(setting.option, value)
        for setting, value in (of_principal | of_application).items()
        if setting.option not in INTERNAL
    }
    steps += _encryption_steps(params, app, label, after)
    steps += _logo_steps(params, current_state, app, label)
    steps += certificate_steps
    steps += _claims_steps(params, app, label, after)
    steps += _assignment_steps(params, current_state, app, label, after)
    return Plan(
        before, after, tuple(steps), (*current_state.warnings, *_unlisted_warnings(params, current_state, app, label))
    )


def _creation_steps(
    params: t.Mapping[str, t.Any], interrupted: Application | None, label: str
) -> list[Step[ApplicationWriter]]:
    """The steps that create the application, after the rest of one whose removal was interrupted is deleted."""
    selector = selector_of(params)
    steps: list[Step[ApplicationWriter]] = []
    if interrupted:
        text = f"Complete the interrupted removal of '{interrupted.label}' ({interrupted.app_id})"
        steps.append(Step(ApplicationWriter.complete_removal, text, interrupted=interrupted, selector=selector))
        selector = replace(selector, removed=interrupted.app_id)
    text = f"Create the application '{label}' from the template {params['template']}"
    steps.append(Step(ApplicationWriter.create, text, template=params["template"], selector=selector))
    return steps


def plan_absent(params: t.Mapping[str, t.Any], current_state: CurrentState) -> Plan[ApplicationWriter]:
    """The steps that remove an application, and with purge also what the recycle bin keeps of it."""
    app = current_state.app
    steps: list[Step[ApplicationWriter]] = []
    purged = list(current_state.deleted)
    if app is not None:
        # Emptied first: the identifiers are free at once, and Entra refuses to delete what is set up for SAML.
        if app.application.get("identifierUris"):
            steps.append(Step(ApplicationWriter.release_identifiers, f"Remove the identifiers from '{app.label}'"))
        if app.principal.get("preferredSingleSignOnMode") is not None:
            steps.append(Step(ApplicationWriter.reset_sign_on, f"Disable single sign-on of '{app.label}'"))
        text = f"Remove the claims policy of '{app.label}'"
        steps += [Step(ApplicationWriter.delete_claims, text, policy=policy) for policy in app.policies]
        steps.append(Step(ApplicationWriter.delete, f"Delete the application '{app.label}' ({app.app_id})"))
        ids = (*([app.principal_id] if app.principal else []), app.id)
        purged.append(Deleted(app.label, app.app_id, ids))
    steps = _stray_steps(ApplicationWriter.delete_claims, current_state.stray_policies) + steps
    steps += _stray_steps(ApplicationWriter.delete_abandoned_claims, current_state.abandoned_policies)
    for deleted in purged if params["purge"] else ():
        text = f"Delete '{deleted.name}' ({deleted.app_id}) from the recycle bin"
        steps.append(Step(ApplicationWriter.purge, text, deleted=deleted))
    before = view(app or BLANK, current_state) or _remnants(current_state)
    return Plan(before, {}, tuple(steps), (*current_state.warnings, *_remaining_policy_warnings(app)))


def _remaining_policy_warnings(app: Application | None) -> tuple[str, ...]:
    """That a claims policy may stay, where the caller may not even read it."""
    if app is None or "policies" not in app.not_readable:
        return ()
    return (
        f"The claims policy of '{app.label}', if there is one, is not deleted: this requires the Microsoft Graph "
        "permission Policy.ReadWrite.ApplicationConfiguration.",
    )


def _remnants(current_state: CurrentState) -> dict[str, t.Any]:
    """What is left of an application that is deleted."""
    left = {
        "deleted": [deleted.app_id for deleted in current_state.deleted],
        "claims_policies": [policy["displayName"] for policy in current_state.abandoned_policies],
    }
    return {kind: names for kind, names in left.items() if names}


def _stray_steps(
    delete: t.Callable[..., object], policies: t.Iterable[t.Mapping[str, t.Any]]
) -> list[Step[ApplicationWriter]]:
    """The steps that delete claims policies which are assigned to nobody."""
    return [
        Step(delete, f"Delete the claims policy {policy['displayName']}, which is not assigned", policy=policy)
        for policy in policies
    ]


def operations(plan: Plan[ApplicationWriter]) -> set[Operation]:
    """The kinds of work that a plan's steps are, for the check of permissions."""
    kinds: dict[t.Callable[..., object], Operation] = {
        ApplicationWriter.assign: "assign",
        ApplicationWriter.unassign: "assign",
        ApplicationWriter.create_claims: "change claims policies",
        ApplicationWriter.update_claims: "change claims policies",
        ApplicationWriter.delete_claims: "change claims policies",
        ApplicationWriter.delete_abandoned_claims: "change claims policies",
    }
    return {kinds.get(step.run, "change applications") for step in plan.steps}


def reading_works(params: t.Mapping[str, t.Any]) -> set[Operation]:
    """The kinds of reading that the options take."""
    operations: set[Operation] = {"read applications"}
    if params["state"] == "absent":
        return operations | ({"read deleted applications"} if params["purge"] else set())
    if claims_policies.is_managed(params):
        operations.add("read claims policies")
    references = assignments.references(params.get("assignments"))
    if references["user"]:
        operations.add("read users")
    if references["group"]:
        operations.add("read groups")
    return operations


def changing_works(params: t.Mapping[str, t.Any]) -> set[Operation]:
    """The kinds of change that the options may come to."""
    if params["state"] == "absent":
        return {"change applications", "change claims policies"}
    operations: set[Operation] = {"change applications"}
    if claims_policies.is_managed(params):
        operations.add("change claims policies")
    if params.get("assignments"):
        operations.add("assign")
    return operations


def _check_complete(params: t.Mapping[str, t.Any]) -> None:
    for option in ("name", "identifiers", "reply_urls"):
        if not params.get(option):
            raise InvalidInput(f"The application does not exist yet, and {option} is required to create it.")


def _encryption_steps(
    params: t.Mapping[str, t.Any], app: Application, label: str, after: dict[str, t.Any]
) -> list[Step[ApplicationWriter]]:
    text = params.get("token_encryption_certificate")
    if text is None:
        return []
    certificate = from_text(text) if text else None
    desired = key_id_of(certificate) if certificate else ""
    if desired == actual_key_id(app):
        return []
    after["token_encryption_key_id"] = desired
    if certificate is None:
        return [Step(ApplicationWriter.stop_encrypting, f"Disable encryption of the responses of '{label}'")]
    sentence = f"Encrypt the responses of '{label}' with the certificate {certificate.thumbprint}"
    return [Step(ApplicationWriter.encrypt, sentence, certificate=certificate)]


def _logo_steps(
    params: t.Mapping[str, t.Any], current_state: CurrentState, app: Application, label: str
) -> list[Step[ApplicationWriter]]:
    if current_state.logo is None or logo_tag(current_state.logo) in (app.application.get("tags") or ()):
        return []
    managed = app.managed or "tagged" in desired_settings(params, current_state.app)
    return [Step(ApplicationWriter.upload_logo, f"Upload the logo of '{label}'", path=params["logo"], managed=managed)]


def _certificate_steps(
    params: t.Mapping[str, t.Any], current_state: CurrentState, app: Application, label: str, after: dict[str, t.Any]
) -> list[Step[ApplicationWriter]]:
    if must_make(app.certificates, current_state.now):
        options = params["signing_certificate"]
        new_certificate = {
            "common_name": options["common_name"],
            "validity_days": options["validity_days"],
            "active": True,
        }
        after["certificates"] = [
            *({**certificate, "active": False} for certificate in after.get("certificates", ())),
            new_certificate,
        ]
        text = (
            f"Create the signing certificate CN={options['common_name']} of '{label}', valid for "
            f"{options['validity_days']} days"
        )
        return [
            Step(
                ApplicationWriter.add_certificate,
                text,
                common_name=options["common_name"],
                validity_days=options["validity_days"],
            ),
            Step(ApplicationWriter.activate_certificate, f"Activate the new signing certificate of '{label}'"),
        ]
    other = to_activate(app.certificates, current_state.now)
    if other is None:
        return []
    after["certificates"] = [
        {**certificate, "active": certificate["thumbprint"] == other.thumbprint}
        for certificate in after["certificates"]
    ]
    text = f"Activate the signing certificate {other.thumbprint} of '{label}'"
    return [Step(ApplicationWriter.activate_certificate, text, thumbprint=other.thumbprint)]


def _claims_steps(
    params: t.Mapping[str, t.Any], app: Application, label: str, after: dict[str, t.Any]
) -> list[Step[ApplicationWriter]]:
    if not claims_policies.is_managed(params):
        return []
    if "policies" in app.not_readable:
        raise app.not_readable["policies"]
    existing, actual = claims_policies.policy_of(app)
    desired = claims_policies.policy_after(params, app)
    if desired is None or (actual is not None and claims.same_meaning(desired, actual)):
        return []
    after |= {"claims": _claims_view(desired), "claims_policy": _settings_view(desired)}
    definition = desired.definition()
    if existing is None:
        text = f"Create the claims policy of '{label}' and assign it"
        return [Step(ApplicationWriter.create_claims, text, definition=definition)]
    text = f"Update the claims of '{label}'"
    return [Step(ApplicationWriter.update_claims, text, policy_id=existing["id"], definition=definition)]


def _assignment_steps(
    params: t.Mapping[str, t.Any], current_state: CurrentState, app: Application, label: str, after: dict[str, t.Any]
) -> list[Step[ApplicationWriter]]:
    desired = params.get("assignments")
    if desired is None:
        return []
    if "assignments" in app.not_readable:
        raise app.not_readable["assignments"]
    names = assignments.names_of(current_state.principals, app.assignments)
    changes = assignments.plan_changes(desired, current_state.principals, app.assignments)
    after["assignments"] = _assignments_view(changes.after, names)
    steps: list[Step[ApplicationWriter]] = []
    if changes.add:
        text = f"Assign {assignments.list_for_sentence(changes.add, names)} to '{label}'"
        step = Step(ApplicationWriter.assign, text, ids=list(changes.add), names=names)
        steps.append(step.about(reason="Listed, but not assigned."))
    if changes.remove:
        text = f"Unassign {assignments.list_for_sentence(changes.remove, names)} from '{label}'"
        step = Step(ApplicationWriter.unassign, text, ids=list(changes.remove), names=names)
        steps.append(step.about(reason="Assigned, but not listed."))
    return steps


def unlisted(params: t.Mapping[str, t.Any], current_state: CurrentState, app: Application) -> list[str]:
    """The users and groups that are assigned, are not listed, and stay so, each for a sentence."""
    changes = assignments.plan_changes(params.get("assignments"), current_state.principals, app.assignments)
    names = assignments.names_of(current_state.principals, app.assignments)
    return [assignments.list_for_sentence({person: kind}, names) for person, kind in changes.unlisted.items()]


def _unlisted_warnings(
    params: t.Mapping[str, t.Any], current_state: CurrentState, app: Application, label: str
) -> list[str]:
    kept = unlisted(params, current_state, app)
    if not kept:
        return []
    return [
        (
            f"Assigned to '{label}', but not listed: {listed(kept)}. Their assignments are kept because of "
            "assignments.unlisted=report."
        )
    ]


def _assignments_view(
    assigned: t.Mapping[directory.Kind, t.Iterable[str]], names: t.Mapping[str, str]
) -> dict[str, list[str]]:
    assignments = {}
    for kind, ids in assigned.items():
        assignments[f"{kind}s"] = sorted(names.get(object_id, object_id) for object_id in ids)
    return assignments


def _claims_view(policy: claims.ClaimsPolicy | None) -> list[dict[str, str]]:
    return sorted(policy.as_sent(), key=lambda claim: sorted(claim.items())) if policy else []


def _settings_view(policy: claims.ClaimsPolicy | None) -> dict[str, t.Any]:
    """What a policy holds beside its claims, in Entra's own names."""
    if policy is None:
        return {}
    transformations = {policy.transformations_key: list(policy.transformations)} if policy.transformations else {}
    return {"IncludeBasicClaimSet": policy.include_basic, **transformations, **policy.settings_in_force()}


def _listed(words: t.Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
