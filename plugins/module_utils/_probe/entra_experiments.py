# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The experiments in Microsoft Entra ID, each named as its question."""

from __future__ import annotations

import json
import time
import typing as t
import uuid
from datetime import UTC, datetime, timedelta

from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import metadata_url
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import is_replication
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Request, literal, url
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._probe.bench import NOT_TOLD, Result, Untold
from ansible_collections.openccp.federation.plugins.module_utils._probe.entra_bench import (
    AWS_TEMPLATE,
    CUSTOM_TEMPLATE,
    Application,
    EntraBench,
    require_roles,
)
from ansible_collections.openccp.federation.plugins.module_utils._probe.metadata import certificate

_SAML: t.Final = "https://signin.aws.amazon.com/saml"
_URN: t.Final = "urn:amazon:webservices"
_APPLICATIONS: t.Final = "Application.ReadWrite.All"
#: how many people are looked at for one who has an address
_PEOPLE: t.Final = 50
_ASSIGNMENTS: t.Final = "AppRoleAssignment.ReadWrite.All"


def _is_missing(error: FederationError) -> bool:
    return error.details.get("http_status") in (400, 404)


def _either(outcome: Result[t.Any], yes: str, no: str, *refusals: int) -> str:
    """One answer where the request was carried out, the other where it was refused with one of these statuses."""
    if outcome.ok:
        return yes
    return no if outcome.status in (refusals or (400, 403)) else NOT_TOLD


def identifier_suffix(bench: EntraBench) -> str:
    """Give an application an identifier with a suffix that is no number."""
    desired = {"identifierUris": [f"{_SAML}#probe{bench.mark}"]}
    return _either(
        bench.change_application(bench.application, desired, "give it an identifier with a suffix"),
        "accepted",
        "refused",
        400,
    )


def identifier_on_custom_application(bench: EntraBench) -> str:
    """Give a non-gallery application AWS's identifier."""
    custom = bench.new_application(CUSTOM_TEMPLATE)
    outcome = bench.change_application(
        custom, {"identifierUris": [_URN]}, "give a non-gallery application AWS's identifier"
    )
    if outcome.error is not None and outcome.error.code == "ObjectConflict":
        raise Untold("another application of the tenant holds AWS's identifier")
    return _either(outcome, "accepted", "refused", 400)


def saml_application_deletion(bench: EntraBench) -> str:
    """Delete an application that signs in by SAML."""
    outcome = bench.request("DELETE", f"/applications/{bench.new_application().id}", what="delete a SAML application")
    return _either(outcome, "deleted", "refused", 400)


def deleted_identifiers(bench: EntraBench) -> str:
    """Give an application the identifier of one that was deleted."""
    desired = {"identifierUris": [f"{_SAML}#{int(bench.mark, 16)}"]}
    first, second = bench.new_application(), bench.new_application()
    bench.change_application(first, desired, "give the first application an identifier").get()
    bench.change_principal(first, {"preferredSingleSignOnMode": None}, "reset the first application's sign-on mode")
    bench.request("DELETE", f"/servicePrincipals/{first.principal_id}", what="delete the first service principal").get()
    bench.request("DELETE", f"/applications/{first.id}", what="delete the first application").get()
    return _either(
        bench.change_application(second, desired, "give the second application the same identifier"),
        "free",
        "held",
        400,
    )


def second_claims_policy(bench: EntraBench) -> str:
    """Assign two claims mapping policies."""
    application = bench.new_application(saml=False)
    bench.assign_policy(application, bench.new_policy()).get()
    return _either(bench.assign_policy(application, bench.new_policy()), "accepted", "refused", 400, 409)


def assigned_policy_deletion(bench: EntraBench) -> str:
    """Delete a claims mapping policy that is assigned."""
    policy_id = bench.new_policy()
    bench.assign_policy(bench.new_application(saml=False), policy_id).get()
    outcome = bench.request(
        "DELETE", f"/policies/claimsMappingPolicies/{policy_id}", what="delete an assigned claims policy"
    )
    return _either(outcome, "deleted", "refused", 400, 409)


def metadata_before_certificate(bench: EntraBench) -> str:
    """Read the metadata of an application without a certificate."""
    address = _metadata_address(bench, bench.new_application())
    began, what = time.monotonic(), "read the metadata of an application without a certificate"
    try:
        bench.waiter.until(what, lambda: bench.graph.public(address, what), passes=_is_missing)
    except FederationError as error:
        bench.note(what, began, error)
        return "no_metadata" if _is_missing(error) else NOT_TOLD
    bench.note(what, began)
    return "keys_of_the_tenant"


def metadata_lag(bench: EntraBench) -> str:
    """Measure how long the metadata takes to list a new certificate."""
    return _in_time(bench.repeatedly(lambda: _metadata_lags(bench)))


def _metadata_lags(bench: EntraBench) -> bool:
    application = bench.new_application()
    credential = _add_certificate(bench, application)
    if not credential.get("key"):
        raise Untold("the answer does not show the certificate")
    address, key = _metadata_address(bench, application), str(credential["key"])

    def look() -> bool | None:
        return key in "".join(bench.graph.public(address, "read the metadata").decode().split()) or None

    return bench.measure("metadata_lag", "the metadata to list a new certificate", look, _is_missing)


def certificate_end(bench: EntraBench) -> str:
    """Compare the end of a certificate with the one that was asked for."""
    desired = (datetime.now(UTC) + timedelta(days=300)).replace(microsecond=0)
    credential = _add_certificate(bench, bench.application, desired)
    end = str(credential.get("endDateTime"))[:19]
    return "exact" if end == desired.strftime("%Y-%m-%dT%H:%M:%S") else "another"


def graph_reads_lag(bench: EntraBench) -> str:
    """Measure how long reads and lists take to show a new application."""
    return _in_time(bench.repeatedly(lambda: _reads_lag(bench)))


def _reads_lag(bench: EntraBench) -> bool:
    application = bench.new_application(saml=False)
    single_read = Request("GET", f"/servicePrincipals/{application.principal_id}", "read the service principal")
    list_read = Request(
        "GET",
        url("/servicePrincipals", filter=f"appId eq '{application.app_id}'", select=("id",)),
        "list the service principal",
    )
    principal = bench.measure(
        "graph_replication",
        "a read to show a new service principal",
        lambda: bench.graph.request(single_read),
        is_replication,
    )
    listed = bench.measure(
        "graph_index_lag",
        "a list to show a new service principal",
        lambda: bench.graph.request(list_read)["value"] or None,
        is_replication,
    )
    return principal and listed


def kept_credential_key(bench: EntraBench) -> str:
    """Send the credentials back without their keys."""
    application = bench.new_application()
    kept = _credentials(bench, application)
    without = [dict(credential) for credential in kept]
    for credential in without:
        credential.pop("key", None)
    outcome = bench.change_principal(application, {"keyCredentials": without}, "send kept credentials back without key")
    return _either(outcome, "may_be_left_out", "null_is_needed", 400)


def _encryption_key(bench: EntraBench, application: Application) -> tuple[str, dict[str, t.Any]]:
    """The identifier with which a key to encrypt for was added, and that key as the application shows it."""
    desired = {
        "keyId": str(uuid.uuid4()),
        "type": "AsymmetricX509Cert",
        "usage": "Encrypt",
        "key": certificate(),
    }
    bench.change_application(application, {"keyCredentials": [desired]}, "add a key to encrypt for").get()
    path = url(f"/applications/{application.id}", select=("id", "keyCredentials"))
    began, what = time.monotonic(), "a read to show the key"
    try:
        keys = bench.waiter.until(
            what,
            lambda: bench.graph.request(Request("GET", path, "read the keys")).get("keyCredentials") or None,
            passes=is_replication,
        )
    except FederationError as error:
        bench.note(what, began, error)
        raise Untold("the new key does not appear") from error
    bench.stand_ins.learn("key", desired["keyId"], *(each.get("keyId") for each in keys))
    return desired["keyId"], keys[0]


def application_key_id(bench: EntraBench) -> str:
    """Add a key to an application, with an identifier of one's own."""
    key_id, key = _encryption_key(bench, bench.register_application())
    return "kept" if key.get("keyId") == key_id else "another"


def application_kept_key(bench: EntraBench) -> str:
    """Send the key of an application back without its content, where null stands for it."""
    application = bench.register_application()
    kept = dict(_encryption_key(bench, application)[1])
    kept.pop("key", None)
    what = "send a kept key back without its content"
    outcome = bench.change_application(application, {"keyCredentials": [kept]}, what)
    return _either(outcome, "may_be_left_out", "null_is_needed", 400)


def proxy_address_case(bench: EntraBench) -> str:
    """Look for a person by an address in another case."""
    path = url("/users", select=("id", "proxyAddresses"), top=_PEOPLE)
    people = bench.request("GET", path, what="list people with their addresses").get()["value"]
    addresses = [str(address) for person in people for address in person.get("proxyAddresses") or ()]
    if not addresses:
        raise Untold("none of the first people has an address")
    bench.stand_ins.learn("address", addresses[0], addresses[0].swapcase())
    matches = bench.request(
        "GET",
        url("/users", filter=f"proxyAddresses/any(a:a eq {literal(addresses[0].swapcase())})", select=("id",), top=1),
        what="look for a person by an address in another case",
    ).get()["value"]
    return "ignored" if matches else "counts"


def token_endpoint_form(bench: EntraBench) -> str:
    """Read the OpenID configuration of the tenant."""
    authority = f"{bench.graph.place.cloud.authority_url}/{bench.graph.tenant_id}"
    began, what = time.monotonic(), "read the OpenID configuration"
    try:
        content = json.loads(bench.graph.public(f"{authority}/v2.0/.well-known/openid-configuration", what))
    except ValueError as error:
        raise Untold("the OpenID configuration cannot be read") from error
    bench.note(what, began)
    is_assumed = isinstance(content, dict) and content.get("token_endpoint") == f"{authority}/oauth2/v2.0/token"
    return "with_the_tenant_id" if is_assumed else "another"


def plain_read_shows_credentials(bench: EntraBench) -> str:
    """Read a service principal with a certificate, without $select."""
    application = bench.new_application()
    _credentials(bench, application)
    path = f"/servicePrincipals/{application.principal_id}"
    content = bench.request("GET", path, what="read a service principal without $select").get()
    return "shown" if any(each.get("keyId") for each in content.get("keyCredentials") or ()) else "not_shown"


def owner_after_instantiate(bench: EntraBench) -> str:
    """List the owners of what instantiate made."""
    application = bench.new_application(saml=False)
    paths = (f"/applications/{application.id}/owners", f"/servicePrincipals/{application.principal_id}/owners")
    owners = [owner for path in paths for owner in bench.request("GET", path, what="list the owners").get()["value"]]
    return "the_caller" if owners else "nobody"


def group_member_identities(bench: EntraBench) -> str:
    """Select the identities of a group's members."""
    groups = bench.request("GET", url("/groups", select=("id", "displayName"), top=1), what="find a group").get()[
        "value"
    ]
    if not groups:
        raise Untold("there is no group to read the members of")
    bench.stand_ins.learn("group", groups[0]["id"], groups[0].get("displayName"))
    bench.stand_ins.allow("identities")
    path = url(f"/groups/{groups[0]['id']}/members", select=("id", "identities"), top=1)
    return _either(
        bench.request("GET", path, what="select the identities of a group's members"), "shown", "refused", 400
    )


def or_of_lambda_filters(bench: EntraBench) -> str:
    """Filter by one tag or another."""
    path = url(
        "/servicePrincipals", filter="tags/any(t:t eq 'probe-1') or tags/any(t:t eq 'probe-2')", select=("id",), top=1
    )
    return _either(bench.request("GET", path, what="filter by one tag or another"), "accepted", "refused", 400)


def assignment_permission(bench: EntraBench) -> str:
    """Assign a service principal to a role of its own."""
    require_roles(bench, _ASSIGNMENTS)
    return _either(_assign_to_itself(bench)[1], "enough", "not_enough", 403)


def assignments_lag(bench: EntraBench) -> str:
    """Measure how long the list of assignments takes to show a new one."""
    return _in_time(bench.repeatedly(lambda: _assignment_lags(bench)))


def _assignment_lags(bench: EntraBench) -> bool:
    application, outcome = _assign_to_itself(bench)
    outcome.get()
    path = f"/servicePrincipals/{application.principal_id}/appRoleAssignedTo"
    listing = Request("GET", path, "list the assignments")
    return bench.measure(
        "graph_assignments_lag",
        "the list of assignments to show a new one",
        lambda: bench.graph.request(listing)["value"] or None,
        is_replication,
    )


def _assign_to_itself(bench: EntraBench) -> tuple[Application, Result[t.Any]]:
    """A new application with a role of its own, and the answer to the assignment of its service principal to that."""
    role = {
        "id": str(uuid.uuid4()),
        "displayName": "probe",
        "description": "probe",
        "value": "probe",
        "isEnabled": True,
    }
    application = bench.register_application(appRoles=[{**role, "allowedMemberTypes": ["Application"]}])
    body = {"principalId": application.principal_id, "resourceId": application.principal_id, "appRoleId": role["id"]}
    outcome = bench.request(
        "POST", f"/servicePrincipals/{application.principal_id}/appRoleAssignedTo", body, what="make an assignment"
    )
    return application, outcome


def sign_on_mode_cleared(bench: EntraBench) -> str:
    """Set the sign-on mode back to null."""
    outcome = bench.change_principal(
        bench.new_application(), {"preferredSingleSignOnMode": None}, "set the sign-on mode to null"
    )
    return _either(outcome, "cleared", "refused", 400)


def purge_with_owned_by(bench: EntraBench) -> str:
    """Purge an application of one's own."""
    require_roles(bench, _APPLICATIONS)
    body = {"displayName": bench.name()}
    created = bench.request("POST", "/applications", body, what="register an application", settled=False).get()
    bench.stand_ins.learn("id", created["id"], created["appId"])
    bench.keep(f"/applications/{created['id']}")
    bench.request("DELETE", f"/applications/{created['id']}", what="delete it").get()
    return _either(
        bench.request("DELETE", f"/directory/deletedItems/{created['id']}", what="purge it"), "purged", "refused", 403
    )


def aws_template(bench: EntraBench) -> str:
    """Read AWS's gallery template."""
    identifier = bench.template_id(AWS_TEMPLATE)
    outcome = bench.request(
        "GET", f"/applicationTemplates/{identifier}", what="read AWS's gallery template", settled=False
    )
    return _either(outcome, "there", "missing", 404)


def _metadata_address(bench: EntraBench, application: Application) -> str:
    return metadata_url(bench.graph.place.cloud.authority_url, bench.graph.tenant_id, application.app_id)


def _add_certificate(bench: EntraBench, application: Application, end: datetime | None = None) -> dict[str, t.Any]:
    end = end or datetime.now(UTC) + timedelta(days=30)
    body = {"displayName": "CN=openccp-live-probe", "endDateTime": end.strftime("%Y-%m-%dT%H:%M:%SZ")}
    path = f"/servicePrincipals/{application.principal_id}/addTokenSigningCertificate"
    credential = bench.request("POST", path, body, what="add a signing certificate").get()
    bench.stand_ins.learn(
        "key", credential.get("keyId"), credential.get("thumbprint"), credential.get("customKeyIdentifier")
    )
    return credential


def _credentials(bench: EntraBench, application: Application) -> list[dict[str, t.Any]]:
    """The credentials of a new certificate, once a read shows them."""
    _add_certificate(bench, application)
    request = Request(
        "GET", url(f"/servicePrincipals/{application.principal_id}", select=("keyCredentials",)), "read the credentials"
    )
    began, what = time.monotonic(), "a read to show the credentials"
    try:
        credentials = bench.waiter.until(
            what, lambda: bench.graph.request(request).get("keyCredentials") or None, passes=is_replication
        )
    except FederationError as error:
        bench.note(what, began, error)
        raise Untold("the new credentials do not appear") from error
    bench.stand_ins.learn("key", *(each.get("keyId") for each in credentials))
    return t.cast("list[dict[str, t.Any]]", credentials)


def _in_time(is_listed: bool) -> str:
    """Whether a cloud showed in time what was looked for."""
    return "in_time" if is_listed else "too_late"


EXPERIMENTS: t.Final[dict[str, t.Callable[[EntraBench], str]]] = {
    each.__name__: each
    for each in (
        aws_template,
        identifier_suffix,
        identifier_on_custom_application,
        saml_application_deletion,
        deleted_identifiers,
        second_claims_policy,
        assigned_policy_deletion,
        metadata_before_certificate,
        metadata_lag,
        certificate_end,
        graph_reads_lag,
        kept_credential_key,
        application_key_id,
        application_kept_key,
        plain_read_shows_credentials,
        owner_after_instantiate,
        group_member_identities,
        or_of_lambda_filters,
        proxy_address_case,
        token_endpoint_form,
        assignment_permission,
        assignments_lag,
        sign_on_mode_cleared,
        purge_with_owned_by,
    )
}
