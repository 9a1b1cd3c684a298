# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The one claims mapping policy of an application: read, planned from the options, written."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import (
    DELETED_APPLICATION,
    MARKER,
    Application,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.assigned_policies import assigned_policies
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import (
    is_busy,
    is_replication,
    make,
    retry_until_replicated,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, Request, literal, read, url
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, Denied, FederationError
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

POLICIES: t.Final = "/policies/claimsMappingPolicies"

#: Option → the claims that it manages. A claim whose option is left out stays as it is, whether unknown claims are kept
#: or not.
MANAGED: t.Final = {
    "session_name_source": (claims.NAME_ID, claims.ROLE_SESSION_NAME),
    "name_id_source": (claims.NAME_ID,),
    "role_claims": (claims.ROLE,),
    "session_duration": (claims.SESSION_DURATION,),
}

#: The options for settings of a policy that are no claims.
SETTINGS: t.Final = ("audience_override", "issuer_with_application_id")

#: The source of session names in a policy that is made for other claims.
DEFAULT_SOURCE: t.Final = "userprincipalname"


def settings_of(policy: claims.ClaimsPolicy) -> dict[str, t.Any]:
    """The settings of a policy that are no claims, by option."""
    return {
        "audience_override": policy.audience_override,
        "issuer_with_application_id": policy.issuer_with_application_id,
    }


def is_managed(params: t.Mapping[str, t.Any]) -> bool:
    """Whether the options say anything about claims."""
    return any(params.get(option) is not None for option in (*MANAGED, *SETTINGS, "extra_claims"))


def makes_policy(params: t.Mapping[str, t.Any]) -> bool:
    """Whether the options take a policy where there is none: to remove a setting of a policy, they do not."""
    claims_given = any(params.get(option) is not None for option in (*MANAGED, "extra_claims"))
    return claims_given or any(params.get(option) for option in SETTINGS)


def desired_policy(params: t.Mapping[str, t.Any], actual: claims.ClaimsPolicy | None) -> claims.ClaimsPolicy:
    """The claims as defined by the options on top of the actual ones. InvalidInput when AWS or Entra could not use
    them.
    """
    source, name_id = params.get("session_name_source"), params.get("name_id_source")
    if actual is None and params.get("aws_claims", True):
        source = source or DEFAULT_SOURCE
    elif actual is None:
        name_id = name_id or DEFAULT_SOURCE
    pairs = params.get("role_claims")
    built = claims.build(
        session_name_source=source,
        name_id=name_id,
        role_pairs=None
        if pairs is None
        else [claims.RolePair(pair["role_arn"], pair["provider_arn"]) for pair in pairs],
        session_duration=params.get("session_duration"),
        extra_claims=params.get("extra_claims"),
        **{option: params.get(option) for option in SETTINGS},
    )
    if actual is None:
        return built
    unmanaged = dict.fromkeys(
        claim_type for option, types in MANAGED.items() if params.get(option) is None for claim_type in types
    )
    kept = tuple(entry for claim in unmanaged if not built.of_type(claim) for entry in actual.of_type(claim))
    base = dataclasses.replace(built, claims=(*built.claims, *kept))
    return claims.merge(base, actual, keep_unknown=params["keep_unknown_claims"])


def policy_of(app: Application) -> tuple[t.Mapping[str, t.Any] | None, claims.ClaimsPolicy | None]:
    """An application's policy object and its content. Conflict when there are several: what Entra then sends is
    documented nowhere.
    """
    if len(app.policies) > 1:
        ids = ", ".join(sorted(str(policy["id"]) for policy in app.policies))
        raise Conflict(
            f"The application '{app.label}' has more than one claims mapping policy: {ids}.",
            hint="Leave one; remove the others in Entra ID.",
        )
    if not app.policies:
        return None, None
    return app.policies[0], claims.parse(app.policies[0]["definition"])


def read_content(graph: Graph, app_id: str) -> claims.ClaimsPolicy | None:
    """The content of an application's claims policy; None when it has none."""
    path = f"/servicePrincipals(appId={literal(app_id)})"
    request = read(f"{path}/claimsMappingPolicies", f"read the claims policy of {app_id}")
    try:
        policies = list(graph.rest(graph.request(request), request.what))
    except Denied:  # Where it is assigned, a policy is shown only to those who may change applications.
        principal = graph.request(read(path, f"read the service principal of {app_id}", select=("id",)))
        policies = assigned_policies(graph, "claimsMappingPolicies").get(principal["id"], [])
    return policy_of(Application({"appId": app_id, "displayName": app_id}, {}, tuple(policies)))[1]


def policy_after(params: t.Mapping[str, t.Any], app: Application | None) -> claims.ClaimsPolicy | None:
    """The content of an application's policy once the options are met; None when there is none, or when it is not
    shown.
    """
    actual = policy_of(app)[1] if app else None
    managed = is_managed(params) if actual else makes_policy(params)
    return desired_policy(params, actual) if managed else actual


def policy_name(app: Application) -> str:
    """The display name of the policy that we make for an application."""
    return f"{MARKER} {app.app_id}"


def is_managed_policy(policy: t.Mapping[str, t.Any]) -> bool:
    """Whether this collection made a policy."""
    return str(policy.get("displayName") or "").startswith(f"{MARKER} ")


def create(graph: Graph, waiter: Waiter, app: Application, definition: list[str], *, is_new: bool = False) -> None:
    """Create the policy, or take the one that an interrupted run made for this application, and assign it.

    Another run may do the same at this moment. Whichever policy the service principal takes stays; the others are
    deleted. is_new: this run made the application, so that no earlier one can have made a policy for it.
    """
    what = f"the claims policy of '{app.label}'"
    left = [] if is_new else named_after(graph, app)
    if left:
        policy_id = left[0]
    else:
        body = {"displayName": policy_name(app), "definition": definition, "isOrganizationDefault": False}
        request = Request("POST", POLICIES, f"create {what}", body)
        policy_id = make(
            waiter, what, lambda: str(graph.request(request)["id"]), lambda: next(iter(named_after(graph, app)), None)
        )
    kept_id = _assign(graph, waiter, app, policy_id)
    if left or kept_id != policy_id:
        update(graph, waiter, app, kept_id, definition)
    _delete_others(graph, waiter, app, kept_id, created_id=policy_id)


def named_after(graph: Graph, app: Application) -> list[str]:
    """The ids of the policies that were made for an application, as lists show them, whether they are assigned or
    not.
    """
    return [policy["id"] for policy in listed_for(graph, (app.app_id,))]


def listed_for(graph: Graph, app_ids: t.Collection[str]) -> list[t.Mapping[str, t.Any]]:
    """The policies that were made for applications; Graph cannot filter them by their name."""
    names = {f"{MARKER} {app_id}" for app_id in app_ids}
    listed = graph.pages(POLICIES, "list the claims policies")
    return sorted(
        (policy for policy in listed if policy.get("displayName") in names), key=lambda policy: str(policy["id"])
    )


def abandoned_request(params: t.Mapping[str, t.Any]) -> Request | None:
    """Lists the policies among which abandoned() looks; None when there can be none."""
    return read(POLICIES, "list the claims policies") if makes_policy(params) else None


def abandoned(
    graph: Graph, params: t.Mapping[str, t.Any], listed: t.Iterable[t.Mapping[str, t.Any]]
) -> tuple[t.Mapping[str, t.Any], ...]:
    """The policies that were made here for what the options ask for, and whose application somebody has deleted for
    good. listed: the policies of the tenant.
    """
    if not makes_policy(params):
        return ()
    desired = desired_policy(params, None)
    policies = [policy for policy in listed if is_managed_policy(policy)]
    return tuple(
        policy
        for policy in policies
        if _has_purpose(claims.parse(policy["definition"]), desired) and is_abandoned(graph, policy)
    )


def _has_purpose(policy: claims.ClaimsPolicy, desired: claims.ClaimsPolicy) -> bool:
    """Whether a policy is for the same roles, which are of one federation alone; without any, for the same claims."""
    roles = desired.of_type(claims.ROLE)
    return policy.of_type(claims.ROLE) == roles if roles else claims.same_meaning(policy, desired)


def is_abandoned(graph: Graph, policy: t.Mapping[str, t.Any]) -> bool:
    """Whether a policy that was made here serves nobody, and its application is not even in the recycle bin."""
    app_id = str(policy["displayName"]).removeprefix(f"{MARKER} ")
    what = f"see whether the application {app_id} of the claims policy {policy['id']} is still there"
    served, application, deleted = graph.batch(
        [
            read(f"{POLICIES}/{policy['id']}/appliesTo", what, select=("id",)),
            read(f"/applications(appId={literal(app_id)})", what, select=("id",)),
            read(DELETED_APPLICATION, what, select=("id", "appId"), top=999),
        ]
    )
    if application.get_or_none() or (served.get_or_none() or {}).get("value") or isinstance(deleted.error, Denied):
        return False
    return all(each.get("appId") != app_id for each in graph.rest(deleted.get(), what))


def delete_abandoned(graph: Graph, policy: t.Mapping[str, t.Any]) -> None:
    """Delete such a policy permanently, unless its application has appeared meanwhile."""
    if is_abandoned(graph, policy):
        what = f"delete the claims policy {policy['displayName']}"
        graph.batch([Request("DELETE", f"{POLICIES}/{policy['id']}", what)])[0].get_or_none()


def _assign(graph: Graph, waiter: Waiter, app: Application, policy_id: str) -> str:
    """Assign a policy; the id of the one that is assigned then, which is another when another run was first."""
    what = f"the claims policy of '{app.label}'"
    path = f"/servicePrincipals/{app.principal_id}/claimsMappingPolicies"
    request = Request("POST", f"{path}/$ref", f"assign {what}", {"@odata.id": f"{graph.base}{POLICIES}/{policy_id}"})

    def attempt() -> str:
        try:
            graph.request(request)
        except FederationError as error:
            if not passes(error):
                raise
            ids = {policy["id"]: policy.get("displayName") for policy in graph.pages(path, f"read {what}")}
            managed = sorted(known for known, name in ids.items() if name == policy_name(app))
            if not managed:
                error.details["foreign"] = bool(ids)
                raise
            return policy_id if policy_id in managed else managed[0]
        return policy_id

    def passes(error: FederationError) -> bool:
        """Taken by a policy that an old replica does not show yet, not there yet, or answered by a busy service."""
        return not error.details.get("foreign") and (is_taken(error) or is_replication(error) or is_busy(error))

    return waiter.until("the service principal to take its claims policy", attempt, passes=passes)


def is_taken(error: FederationError) -> bool:
    """Whether a reference was refused because there is one."""
    return error.details.get("http_status") == 400 and "already" in error.message


def _delete_others(graph: Graph, waiter: Waiter, app: Application, kept_id: str, created_id: str) -> None:
    """Delete what else was made for the application, once lists show the policy that stays: what is older is listed by
    then.
    """
    others = {created_id} - {kept_id}

    def probe() -> bool | None:
        others.update(named_after(graph, app))
        if kept_id not in others:
            return None
        others.remove(kept_id)
        left = sorted(others)
        for policy_id in left:
            delete(graph, app, {"id": policy_id, "displayName": policy_name(app)})
        others.clear()
        return None if left else True

    waiter.until(f"the claims policy of '{app.label}' to be listed, and no other", probe, passes=is_replication)


def update(graph: Graph, waiter: Waiter, app: Application, policy_id: str, definition: list[str]) -> None:
    """Change the policy in place."""
    request = Request(
        "PATCH", f"{POLICIES}/{policy_id}", f"change the claims policy of '{app.label}'", {"definition": definition}
    )
    retry_until_replicated(waiter, "the claims policy to be writable", lambda: graph.request(request))


def refuse_shared(graph: Graph, app: Application, policy_id: str) -> None:
    """Conflict when a policy that is to change serves another application as well."""
    path = url(f"{POLICIES}/{policy_id}/appliesTo", select=("id", "displayName"))
    served = list(graph.pages(path, f"see whom the claims policy of '{app.label}' serves"))
    others = sorted(
        str(principal.get("displayName") or principal["id"])
        for principal in served
        if principal["id"] != app.principal_id
    )
    if others:
        raise Conflict(
            (
                f"The claims policy {policy_id} of '{app.label}' also serves {', '.join(others)}, whose claims would "
                f"change."
            ),
            hint="Remove it from this application in Entra ID; the next run makes one of its own.",
        )


def delete(graph: Graph, app: Application, policy: t.Mapping[str, t.Any]) -> None:
    """Remove the policy from its application, and permanently when this collection made it; what is gone already is no
    error.
    """
    if app.principal:
        path = f"/servicePrincipals/{app.principal_id}/claimsMappingPolicies/{policy['id']}/$ref"
        graph.batch([Request("DELETE", path, f"remove the claims policy from '{app.label}'")])[0].get_or_none()
    if is_managed_policy(policy):
        graph.batch([Request("DELETE", f"{POLICIES}/{policy['id']}", f"delete the claims policy of '{app.label}'")])[
            0
        ].get_or_none()
