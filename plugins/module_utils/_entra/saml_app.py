# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What a SAML application should be, against what it is: the pure plan of the module azure_saml_app."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ansible_collections.openccp.federation.plugins.module_utils._access import listed
from ansible_collections.openccp.federation.plugins.module_utils._entra import assignments, claims_policies
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import MARKER, Application, Deleted
from ansible_collections.openccp.federation.plugins.module_utils._entra.directory import Principals
from ansible_collections.openccp.federation.plugins.module_utils._entra.permissions import Operation
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import (
    OWN_TAGS,
    must_make,
    to_activate,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step, unordered
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims

HIDDEN: t.Final = "HideApp"
LOGO_TAG: t.Final = f"{MARKER}.logo:"
"""Reading a logo back is not reliable, so its digest is kept in a tag."""

#: What a plan starts from when there is no application.
BLANK: t.Final = Application({}, {})


@dataclass(frozen=True)
class Property:
    """One setting: the option that wants it, how it is read, and the body that writes it."""

    option: str
    words: str
    read: t.Callable[[Application], t.Any]
    body: t.Callable[[t.Any, Application], dict[str, t.Any]]


def _principal_tags(hidden: bool, app: Application) -> dict[str, t.Any]:
    # The service principal shows the application's tags as well; of ours, only the notes on certificates are its own.
    shown = app.principal.get("tags") or ()
    tags = [tag for tag in shown if tag.startswith(OWN_TAGS) or (tag != HIDDEN and not tag.startswith(MARKER))]
    return {"tags": [*tags, HIDDEN] if hidden else tags}


def _application_tags(managed: bool, app: Application) -> dict[str, t.Any]:
    tags = [tag for tag in app.application.get("tags") or () if tag != MARKER]
    return {"tags": [*tags, MARKER] if managed else tags}


#: group_claims → the application's groupMembershipClaims
GROUP_CLAIMS: t.Final = {
    "none": None,
    "security_groups": "SecurityGroup",
    "assigned_groups": "ApplicationGroup",
    "directory_roles": "DirectoryRole",
    "all": "All",
}


def _group_claims(app: Application) -> str:
    value = app.application.get("groupMembershipClaims")
    return next(
        (option for option, api in GROUP_CLAIMS.items() if api == value),
        str(value) if value not in (None, "None") else "none",
    )


def _default_reply_url(app: Application) -> str:
    """The reply URL that a sign-in uses that no request asked for: the one with the lowest index."""
    settings = (app.application.get("web") or {}).get("redirectUriSettings") or ()
    indexed = [each for each in settings if each.get("index") is not None]
    return str(min(indexed, key=lambda each: each["index"])["uri"]) if indexed else ""


def _of_principal(option: str, words: str, api: str) -> Property:
    """A text or flag of the service principal; a text that is empty is sent as null, which is how Graph clears it."""
    return Property(
        option,
        words,
        lambda app: "" if app.principal.get(api) is None else app.principal[api],
        lambda value, _app: {api: None if value == "" else value},
    )


#: Of the service principal. They come first: Entra takes AWS's identifiers only from an application that is set up for
#: SAML.
PRINCIPAL: t.Final = (
    _of_principal("single_sign_on_mode", "single sign-on by SAML", "preferredSingleSignOnMode"),
    _of_principal("login_url", "no sign-on URL", "loginUrl"),
    Property(
        "relay_state",
        "relay state",
        lambda app: (app.principal.get("samlSingleSignOnSettings") or {}).get("relayState") or "",
        lambda relay_state, _app: {"samlSingleSignOnSettings": {"relayState": relay_state or None}},
    ),
    _of_principal("assignment_required", "whether an assignment is required", "appRoleAssignmentRequired"),
    Property(
        "notification_emails",
        "notification e-mails",
        lambda app: unordered(app.principal.get("notificationEmailAddresses")),
        lambda emails, _app: {"notificationEmailAddresses": emails},
    ),
    _of_principal("notes", "notes", "notes"),
    Property(
        "hidden", "whether My Apps hides it", lambda app: HIDDEN in (app.principal.get("tags") or ()), _principal_tags
    ),
)

#: Of the application object, with the final name, so that an application that has its identifiers also has its name and
#: tag.
APPLICATION: t.Final = (
    Property(
        "identifiers",
        "identifiers",
        lambda app: unordered(app.application.get("identifierUris")),
        lambda identifiers, _app: {"identifierUris": identifiers},
    ),
    Property(
        "reply_urls",
        "reply URLs",
        lambda app: unordered((app.application.get("web") or {}).get("redirectUris")),
        lambda reply_urls, _app: {"web": {"redirectUris": reply_urls}},
    ),
    Property(
        "default_reply_url",
        "default reply URL",
        _default_reply_url,
        lambda reply_url, _app: {"web": {"redirectUriSettings": [{"uri": reply_url, "index": 0}]}},
    ),
    Property(
        "logout_url",
        "logout URL",
        lambda app: (app.application.get("web") or {}).get("logoutUrl") or "",
        lambda url, _app: {"web": {"logoutUrl": url or None}},
    ),
    Property(
        "group_claims",
        "group claims",
        _group_claims,
        lambda value, _app: {"groupMembershipClaims": GROUP_CLAIMS[value]},
    ),
    Property("name", "name", lambda app: app.name, lambda name, _app: {"displayName": name}),
    Property("tagged", "the tag of this collection", lambda app: app.managed, _application_tags),
)

#: Settings that no option names or that say nothing of the application.
INTERNAL: t.Final = frozenset({"tagged", "login_url"})

UNORDERED: t.Final = frozenset({"notification_emails", "identifiers", "reply_urls"})


@dataclass(frozen=True)
class CurrentState:
    """All that the plan depends on beside the options."""

    app: Application | None = None
    principals: Principals = field(default_factory=Principals)
    logo: bytes | None = None
    deleted: tuple[Deleted, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    warnings: tuple[str, ...] = ()
    #: claims policies that were made for the application and are not assigned to it
    stray_policies: tuple[t.Mapping[str, t.Any], ...] = ()


def desired_settings(params: t.Mapping[str, t.Any], app: Application | None) -> dict[str, t.Any]:
    """The settings that are wanted; those whose option is left out are not managed."""
    given = {one.option: params[one.option] for one in (*PRINCIPAL, *APPLICATION) if params.get(one.option) is not None}
    managed = app is None or app.managed or params["adopt"] or not params.get("app_id")
    return given | {"single_sign_on_mode": "saml", "login_url": ""} | ({"tagged": True} if managed else {})


def differing(properties: t.Iterable[Property], wanted: t.Mapping[str, t.Any], app: Application) -> list[Property]:
    """The settings that have to be written."""
    return [
        one
        for one in properties
        if one.option in wanted and _canonical(one.option, wanted[one.option]) != one.read(app)
    ]


def body_of(
    properties: t.Iterable[Property], wanted: t.Mapping[str, t.Any], app: Application, options: t.Collection[str]
) -> dict[str, t.Any]:
    """What to send for the named settings."""
    body: dict[str, t.Any] = {}
    for one in properties:
        if one.option in options:
            for name, value in one.body(wanted[one.option], app).items():
                body[name] = {**body.get(name, {}), **value} if isinstance(value, dict) else value
    return body


def added_identifiers(params: t.Mapping[str, t.Any], app: Application | None) -> list[str]:
    """The identifiers that the application does not have yet."""
    have = app.application.get("identifierUris") or () if app else ()
    return [one for one in params.get("identifiers") or () if one not in have]


def view(app: Application, current_state: CurrentState) -> dict[str, t.Any]:
    """An application in option names; {} for none."""
    if not app.application:
        return {}
    policy = claims_policies.policy_of(app)[1]
    names = assignments.names_of(current_state.principals, app.assignments)
    changes = assignments.plan_changes(None, current_state.principals, app.assignments)
    shown = {one.option: one.read(app) for one in (*APPLICATION, *PRINCIPAL) if one.option not in INTERNAL}
    return shown | {
        "certificates": [
            {
                "thumbprint": one.thumbprint,
                "not_after": one.certificate.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "active": one.active,
            }
            for one in app.certificates
        ],
        "claims": _claims_view(policy),
        "claims_policy": _settings_view(policy),
        "assignments": {f"{kind}s": sorted(names.get(one, one) for one in ids) for kind, ids in changes.before.items()},
    }


def plan(params: t.Mapping[str, t.Any], current_state: CurrentState) -> Plan:
    """The steps to what the options want."""
    return plan_absent(params, current_state) if params["state"] == "absent" else plan_present(params, current_state)


def plan_present(params: t.Mapping[str, t.Any], current_state: CurrentState) -> Plan:
    """The steps to the application that the options want, in the order that sign-ins survive."""
    app = current_state.app or BLANK
    wanted = desired_settings(params, current_state.app)
    if current_state.app is None:
        _check_complete(params)
    before = view(app, current_state)
    after = dict(before)
    steps: list[Step] = []
    label = params.get("name") or app.label
    if current_state.app is None:
        steps.append(Step("create", f"Create the application '{label}' from the template {params['template']}"))
    for do, properties in (("update_principal", PRINCIPAL), ("update_application", APPLICATION)):
        changed = differing(properties, wanted, app)
        if changed:
            steps.append(
                Step(
                    do,
                    f"Set {_listed([one.words for one in changed])} of '{label}'",
                    {"options": [one.option for one in changed]},
                )
            )
            after |= {
                one.option: _canonical(one.option, wanted[one.option]) for one in changed if one.option not in INTERNAL
            }
    steps += _logo_steps(current_state, app, label)
    steps += _certificate_steps(params, current_state, app, label, after)
    steps += _claims_steps(params, app, label, after)
    steps += _assignment_steps(params, current_state, app, label, after)
    return Plan(
        before, after, tuple(steps), (*current_state.warnings, *_unlisted_warnings(params, current_state, app, label))
    )


def plan_absent(params: t.Mapping[str, t.Any], current_state: CurrentState) -> Plan:
    """The steps that remove an application, and with purge also what the recycle bin keeps of it."""
    app = current_state.app
    steps: list[Step] = []
    purged = list(current_state.deleted)
    if app is not None:
        # Emptied first: the identifiers are free at once, and Entra refuses to delete what is set up for SAML.
        if app.application.get("identifierUris"):
            steps.append(Step("release_identifiers", f"Take the identifiers from '{app.label}'"))
        if app.principal.get("preferredSingleSignOnMode") is not None:
            steps.append(Step("reset_sign_on", f"Switch single sign-on of '{app.label}' off"))
        steps += [
            Step("delete_claims", f"Remove the claims policy of '{app.label}'", {"policy": policy})
            for policy in app.policies
        ]
        steps.append(Step("delete", f"Delete the application '{app.label}' ({app.app_id})"))
        ids = (*([app.principal_id] if app.principal else []), app.id)
        purged.append(Deleted(app.label, app.app_id, ids))
    strays = [
        Step(
            "delete_claims",
            f"Delete the claims policy {policy['displayName']}, which is not assigned",
            {"policy": policy},
        )
        for policy in current_state.stray_policies
    ]
    steps = strays + steps
    if params["purge"]:
        steps += [
            Step("purge", f"Delete '{one.name}' ({one.app_id}) from the recycle bin", {"deleted": one})
            for one in purged
        ]
    before = view(app or BLANK, current_state) or (
        {"deleted": [one.app_id for one in current_state.deleted]} if steps else {}
    )
    return Plan(before, {}, tuple(steps), current_state.warnings)


def operations(plan: Plan) -> set[Operation]:
    """The kinds of work that a plan's steps are, for the check of permissions."""
    kinds: dict[str, Operation] = {
        "assign": "assign",
        "unassign": "assign",
        "create_claims": "change claims policies",
        "update_claims": "change claims policies",
        "delete_claims": "change claims policies",
    }
    return {kinds.get(step.do, "change applications") for step in plan.steps}


def reading_works(params: t.Mapping[str, t.Any]) -> set[Operation]:
    """The kinds of reading that the options take."""
    found: set[Operation] = {"read applications"}
    if params["state"] == "absent":
        return found | ({"read deleted applications"} if params["purge"] else set())
    if claims_policies.is_managed(params):
        found.add("read claims policies")
    references = assignments.references(params.get("assignments"))
    if references["user"]:
        found.add("read users")
    if references["group"]:
        found.add("read groups")
    return found


def changing_works(params: t.Mapping[str, t.Any]) -> set[Operation]:
    """The kinds of change that the options may come to."""
    if params["state"] == "absent":
        return {"change applications", "change claims policies"}
    found: set[Operation] = {"change applications"}
    if claims_policies.is_managed(params):
        found.add("change claims policies")
    if params.get("assignments"):
        found.add("assign")
    return found


def logo_tag(logo: bytes) -> str:
    """The tag that remembers which logo was uploaded."""
    return LOGO_TAG + hashlib.sha256(logo).hexdigest()[:16]


def logo_tags(params: t.Mapping[str, t.Any], app: Application, logo: bytes) -> dict[str, t.Any]:
    """The body that remembers a logo, beside the application's other tags."""
    body = _application_tags(app.managed or "tagged" in desired_settings(params, app), app)
    return {"tags": [*(tag for tag in body["tags"] if not tag.startswith(LOGO_TAG)), logo_tag(logo)]}


def _check_complete(params: t.Mapping[str, t.Any]) -> None:
    for option in ("name", "identifiers", "reply_urls"):
        if not params.get(option):
            raise InvalidInput(f"The application does not exist yet, and to create it {option} is needed.")


def _logo_steps(current_state: CurrentState, app: Application, label: str) -> list[Step]:
    if current_state.logo is None or logo_tag(current_state.logo) in (app.application.get("tags") or ()):
        return []
    return [Step("upload_logo", f"Upload the logo of '{label}'")]


def _certificate_steps(
    params: t.Mapping[str, t.Any], current_state: CurrentState, app: Application, label: str, after: dict[str, t.Any]
) -> list[Step]:
    if must_make(app.certificates, current_state.now):
        wish = params["signing_certificate"]
        made = {"common_name": wish["common_name"], "validity_days": wish["validity_days"], "active": True}
        after["certificates"] = [*({**one, "active": False} for one in after.get("certificates", ())), made]
        text = (
            f"Make the signing certificate CN={wish['common_name']} of '{label}', valid for "
            f"{wish['validity_days']} days"
        )
        return [
            Step("add_certificate", text),
            Step("activate_certificate", f"Activate the new signing certificate of '{label}'"),
        ]
    other = to_activate(app.certificates, current_state.now)
    if other is None:
        return []
    after["certificates"] = [{**one, "active": one["thumbprint"] == other.thumbprint} for one in after["certificates"]]
    return [
        Step(
            "activate_certificate",
            f"Activate the signing certificate {other.thumbprint} of '{label}'",
            {"thumbprint": other.thumbprint},
        )
    ]


def _claims_steps(params: t.Mapping[str, t.Any], app: Application, label: str, after: dict[str, t.Any]) -> list[Step]:
    if not claims_policies.is_managed(params):
        return []
    if "policies" in app.not_readable:
        raise app.not_readable["policies"]
    existing, actual = claims_policies.policy_of(app)
    wanted = claims_policies.policy_after(params, app)
    if wanted is None or (actual is not None and claims.same_meaning(wanted, actual)):
        return []
    after |= {"claims": _claims_view(wanted), "claims_policy": _settings_view(wanted)}
    if existing is None:
        return [
            Step(
                "create_claims",
                f"Create the claims policy of '{label}' and assign it",
                {"definition": wanted.definition()},
            )
        ]
    return [
        Step(
            "update_claims",
            f"Change the claims of '{label}'",
            {"policy_id": existing["id"], "definition": wanted.definition()},
        )
    ]


def _assignment_steps(
    params: t.Mapping[str, t.Any], current_state: CurrentState, app: Application, label: str, after: dict[str, t.Any]
) -> list[Step]:
    wish = params.get("assignments")
    if wish is None:
        return []
    if "assignments" in app.not_readable:
        raise app.not_readable["assignments"]
    names = assignments.names_of(current_state.principals, app.assignments)
    changes = assignments.plan_changes(wish, current_state.principals, app.assignments)
    after["assignments"] = {
        f"{kind}s": sorted(names.get(one, one) for one in ids) for kind, ids in changes.after.items()
    }
    steps = []
    if changes.add:
        text = f"Assign {assignments.told(changes.add, names)} to '{label}'"
        steps.append(
            Step("assign", text, {"ids": list(changes.add), "names": names}, reason="Listed, and not assigned.")
        )
    if changes.remove:
        text = f"Remove the assignment of {assignments.told(changes.remove, names)} to '{label}'"
        steps.append(
            Step("unassign", text, {"ids": list(changes.remove), "names": names}, reason="Assigned, and not listed.")
        )
    return steps


def unlisted(params: t.Mapping[str, t.Any], current_state: CurrentState, app: Application) -> list[str]:
    """The users and groups that are assigned, are not listed, and stay so, each for a sentence."""
    changes = assignments.plan_changes(params.get("assignments"), current_state.principals, app.assignments)
    names = assignments.names_of(current_state.principals, app.assignments)
    return [assignments.told({one: kind}, names) for one, kind in changes.unlisted.items()]


def _unlisted_warnings(
    params: t.Mapping[str, t.Any], current_state: CurrentState, app: Application, label: str
) -> list[str]:
    kept = unlisted(params, current_state, app)
    if not kept:
        return []
    return [
        (
            f"Assigned to '{label}', and not listed: {listed(kept)}. Nobody loses the assignment, as "
            f"assignments.unlisted=report says."
        )
    ]


def _claims_view(policy: claims.ClaimsPolicy | None) -> list[dict[str, str]]:
    return sorted(policy.as_sent(), key=lambda claim: sorted(claim.items())) if policy else []


def _settings_view(policy: claims.ClaimsPolicy | None) -> dict[str, t.Any]:
    """What a policy holds beside its claims, in Entra's own names."""
    if policy is None:
        return {}
    transformations = {policy.transformations_key: list(policy.transformations)} if policy.transformations else {}
    return {"IncludeBasicClaimSet": policy.include_basic, **transformations, **policy.settings_in_force()}


def _canonical(option: str, value: t.Any) -> t.Any:
    return unordered(value) if option in UNORDERED else value


def _listed(words: t.Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
