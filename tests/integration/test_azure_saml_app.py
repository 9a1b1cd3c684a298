# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""azure_saml_app against the sandbox: an application's life, what it returns, and how it is found again."""

from __future__ import annotations

import datetime as dt
import json
import typing as t
import uuid
from pathlib import Path

import pytest

from entra_factory import APP, MODULE, ROLE, SMALL, Tenant, steady
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox

PNG: t.Final = b"\x89PNG\r\n\x1a\n" + bytes(100)


def test_life(tenant: Tenant) -> None:
    """check → real → again → change → absent → absent."""
    predicted = tenant.check(MODULE, APP)
    created = tenant.run(MODULE, APP)
    assert (predicted["changed"], predicted["actions"]) == (created["changed"], created["actions"])
    assert predicted["diff"]["before"] == {}
    assert predicted["diff"]["after"]["identifiers"] == ["urn:amazon:webservices"]

    again = tenant.run(MODULE, APP)
    assert (again["changed"], again["actions"]) == (False, [])
    assert again["diff"]["before"] == again["diff"]["after"]
    assert tenant.requests() == ["token", "batch.post", "batch.post", "federation-metadata"]
    assert tenant.written() == []
    assert steady(again["application"]) == steady(created["application"])

    change = {
        **APP,
        "relay_state": "",
        "session_duration": 3600,
        "assignments": {"users": {"set": ["john@contoso.com"]}},
        "hidden": False,
    }
    predicted = tenant.check(MODULE, change)
    changed = tenant.run(MODULE, change)
    assert predicted["actions"] == changed["actions"]
    assert changed["actions"] == [
        "Set relay state and visibility in My Apps of 'Contact centre'",
        "Update the claims of 'Contact centre'",
        "Assign the user john@contoso.com to 'Contact centre'",
        "Unassign the user Jane from 'Contact centre'",
    ]
    assert changed["application"]["relay_state"] == ""
    assert not tenant.run(MODULE, change)["changed"]

    absent = {**SMALL, "state": "absent"}
    predicted = tenant.check(MODULE, absent)
    removed = tenant.run(MODULE, absent)
    assert predicted["actions"] == removed["actions"]
    assert removed["diff"]["after"] == {}
    assert removed["application"] == {}
    assert [tenant.all(name) for name in ("applications", "servicePrincipals", "claimsMappingPolicies")] == [[], [], []]
    assert not tenant.run(MODULE, absent)["changed"]


def test_returns(tenant: Tenant) -> None:
    application = tenant.run(MODULE, APP)["application"]
    (certificate,) = application["certificates"]
    assert (certificate["active"], certificate["usable"]) == (True, True)
    assert certificate["days_left"] in (1094, 1095)
    assert certificate["thumbprint"] == application["active_thumbprint"]
    assert application["entity_id"] == f"https://sts.windows.net/{tenant.id}/"
    assert "<X509Certificate>" in application["metadata_xml"]
    assert not application["metadata_xml"].startswith("\ufeff")
    assert (
        application["user_access_url"]
        == f"https://launcher.myapps.microsoft.com/api/signin/{application['app_id']}?tenantId={tenant.id}"
    )
    assert application["claims"] == [
        {
            "name": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
            "source": "user.userprincipalname",
        },
        {"name": "https://aws.amazon.com/SAML/Attributes/RoleSessionName", "source": "user.userprincipalname"},
        {"name": "https://aws.amazon.com/SAML/Attributes/Role", "value": f"{ROLE['role_arn']},{ROLE['provider_arn']}"},
        {"name": "https://aws.amazon.com/SAML/Attributes/SessionDuration", "value": "43200"},
    ]
    assert [user["id"] for user in application["assignments"]["users"]] == [tenant.users["jane@contoso.com"]]
    assert [group["display_name"] for group in application["assignments"]["groups"]] == ["Agents"]
    (principal,) = tenant.all("servicePrincipals")
    roles = {role["displayName"]: role["id"] for role in principal["appRoles"]}
    assert {
        assignment["appRoleId"]
        for assignment in tenant.all("appRoleAssignments")
        if assignment["resourceId"] == principal["id"]
    } == {roles["msiam_access"]}


def test_several_identifiers(tenant: Tenant) -> None:
    options = {
        **SMALL,
        "template": "aws_single_account",
        "identifiers": [f"https://signin.aws.amazon.com/saml#{number}" for number in (1, 2)],
    }
    application = tenant.run(MODULE, options)["application"]
    assert application["user_access_url_with_audience"].endswith(
        "&audience=https%3A%2F%2Fsignin.aws.amazon.com%2Fsaml%231"
    )
    assert application["template_id"] == "8b1025e4-1dd2-430b-a150-2ef79cd700f5"


def test_logo_is_uploaded_once(tenant: Tenant, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(PNG)
    options = {**SMALL, "logo": str(logo)}
    assert "Upload the logo of 'Contact centre'" in tenant.run(MODULE, options)["actions"]
    assert list(tenant.directory.logos.values()) == [("image/png", PNG)]
    assert not tenant.run(MODULE, options)["changed"]
    logo.write_bytes(PNG + b"x")
    assert tenant.run(MODULE, options)["actions"] == ["Upload the logo of 'Contact centre'"]
    assert not tenant.run(MODULE, SMALL)["changed"]


def test_what_is_not_managed_stays(tenant: Tenant) -> None:
    tenant.run(MODULE, APP)
    assert not tenant.run(MODULE, {"name": APP["name"]})["changed"]
    assert not tenant.run(MODULE, {"identifiers": APP["identifiers"]})["changed"]


def test_unknown_claims(tenant: Tenant) -> None:
    """Unknown claims are kept or removed as told; the claims of an option that is left out stay in both cases."""
    department = {"name": "https://aws.amazon.com/SAML/Attributes/PrincipalTag:Department", "id": "department"}
    tenant.run(MODULE, {**APP, "extra_claims": [department]})
    assert not tenant.run(MODULE, APP)["changed"]
    assert not tenant.run(MODULE, {**SMALL, "role_claims": [ROLE]})["changed"]
    changed = tenant.run(MODULE, {**SMALL, "role_claims": [ROLE], "keep_unknown_claims": False})
    assert changed["actions"] == ["Update the claims of 'Contact centre'"]
    names = [claim["name"].rpartition("/")[2] for claim in changed["application"]["claims"]]
    assert sorted(names) == ["Role", "RoleSessionName", "SessionDuration", "nameidentifier"]
    assert len(tenant.all("claimsMappingPolicies")) == 1


def test_settings_of_the_claims_policy(tenant: Tenant) -> None:
    """facts/entra.md E7: they are set, stay when omitted, stand in the diff, and the metadata has the issuer that AWS
    gets to see.
    """
    issuer = f"https://sts.windows.net/{tenant.id}/"
    own = {"audience_override": "urn:amazon:webservices", "issuer_with_application_id": True}
    options = {**APP, "identifiers": ["urn:example:contact-centre"], **own}
    predicted = tenant.check(MODULE, options)
    assert predicted["application"]["entity_id"] == f"{issuer}<application id>"
    application = tenant.run(MODULE, options)["application"]
    assert {option: application[option] for option in own} == own
    assert application["entity_id"] == f"{issuer}{application['app_id']}"
    assert f'entityID="{application["entity_id"]}"' in application["metadata_xml"]
    assert not tenant.run(MODULE, options)["changed"]
    left_out = tenant.run(MODULE, {**APP, "identifiers": options["identifiers"]})
    assert not left_out["changed"]
    assert left_out["application"]["entity_id"] == application["entity_id"]

    without = {**options, "audience_override": "", "issuer_with_application_id": False}
    predicted = tenant.check(MODULE, without)
    assert (predicted["application"]["entity_id"], predicted["application"]["audience_override"]) == (issuer, None)
    assert predicted["diff"]["before"]["claims_policy"] == {
        "IncludeBasicClaimSet": True,
        "audienceOverride": "urn:amazon:webservices",
        "issuerWithApplicationId": True,
    }
    assert predicted["diff"]["after"]["claims_policy"] == {"IncludeBasicClaimSet": True}
    changed = tenant.run(MODULE, without)
    assert changed["actions"] == ["Update the claims of 'Contact centre'"]
    assert changed["application"]["entity_id"] == issuer
    (policy,) = tenant.all("claimsMappingPolicies")
    assert "audienceOverride" not in policy["definition"][0]


def test_settings_alone_make_a_policy_only_where_they_ask_for_one(tenant: Tenant) -> None:
    tenant.run(MODULE, SMALL)
    assert not tenant.run(MODULE, {**SMALL, "audience_override": "", "issuer_with_application_id": False})["changed"]
    created = tenant.run(MODULE, {**SMALL, "audience_override": "urn:amazon:webservices"})
    assert created["actions"] == ["Create the claims policy of 'Contact centre' and assign it"]


def test_undocumented_source_is_warned_of(tenant: Tenant) -> None:
    """facts/entra.md E12"""
    claim = {"name": "https://aws.amazon.com/SAML/Attributes/PrincipalTag:Name", "id": "localuserprincipalname"}
    messages = tenant.check(MODULE, {**APP, "extra_claims": [claim]}).warnings
    assert messages == [
        "Microsoft does not document user.localuserprincipalname as a source of claims; Entra ID may refuse the policy."
    ]


def test_ids_serve_as_names(tenant: Tenant) -> None:
    by_id = {"users": {"set": [tenant.users["jane@contoso.com"]]}, "groups": {"set": [tenant.groups["Agents"]]}}
    tenant.run(MODULE, APP)
    assert not tenant.run(MODULE, {**APP, "assignments": by_id})["changed"]
    assert not tenant.run(MODULE, {**APP, "assignments": {"users": {"remove": ["nobody@contoso.com"]}}})["changed"]
    removed = tenant.run(MODULE, {**APP, "assignments": {"users": {"set": []}, "groups": {"remove": ["agents"]}}})
    assert removed["application"]["assignments"] == {"users": [], "groups": []}


def test_many_assignments(sandbox: Sandbox) -> None:
    """Forty-five users are three batches, not forty-five requests."""
    users = [{"userPrincipalName": f"agent{number:02}@contoso.com"} for number in range(45)]
    tenant = Tenant(sandbox, users=users)
    options = {**SMALL, "assignments": {"users": {"set": [user["userPrincipalName"] for user in users]}}}
    tenant.run(MODULE, SMALL)
    assert len(tenant.run(MODULE, options)["application"]["assignments"]["users"]) == 45
    assert len(tenant.requests()) <= 10
    assert not tenant.run(MODULE, options)["changed"]
    assert len(tenant.requests()) == 4


def test_certificates(tenant: Tenant) -> None:
    """A usable certificate is kept; a new one is made when none is usable; one that another run staged is left
    alone.
    """
    first = tenant.run(MODULE, {**SMALL, "signing_certificate": {"common_name": "Sign-in", "validity_days": 30}})[
        "application"
    ]
    assert first["certificates"][0]["subject"] == "CN=Sign-in"
    assert not tenant.run(MODULE, SMALL)["changed"]
    tenant.world.clock.advance(dt.timedelta(days=31))
    predicted = tenant.check(MODULE, SMALL)
    second = tenant.run(MODULE, SMALL)
    assert predicted["actions"] == second["actions"]
    assert len(second["actions"]) == 2
    old, new = sorted(second["application"]["certificates"], key=lambda certificate: certificate["not_after"])
    assert (old["thumbprint"], old["usable"], old["active"]) == (first["active_thumbprint"], False, False)
    assert (new["usable"], new["active"]) == (True, True)
    assert not tenant.run(MODULE, SMALL)["changed"]


def test_adoption(tenant: Tenant) -> None:
    """Somebody else's application is left alone until told otherwise, and then keeps what no option names."""
    strange = tenant.run(MODULE, {**APP, "name": "Made by hand"})["application"]
    (record,) = tenant.all("applications")
    tenant.directory["applications"].put({**record, "tags": []}, settled=True)

    refused = tenant.run(MODULE, SMALL)
    assert refused.failed
    assert "urn:amazon:webservices is held by 'Made by hand'" in refused["msg"]
    assert "https://signin.aws.amazon.com/saml#contact-centre" in refused["msg"]
    assert tenant.written() == []

    same_name = tenant.run(
        MODULE, {**SMALL, "name": "Made by hand", "identifiers": ["https://signin.aws.amazon.com/saml#1"]}
    )
    assert same_name.failed
    assert "set adopt (in the role azure_saml_app: azure_saml_app_adopt;" in same_name["msg"]
    assert tenant.written() == []

    adopted = tenant.run(MODULE, {**SMALL, "adopt": True})
    assert adopted["actions"] == ["Set name and the tag of this collection of 'Contact centre'"]
    assert adopted["application"]["app_id"] == strange["app_id"]
    assert not tenant.run(MODULE, SMALL)["changed"]


def test_by_app_id_without_tagging(tenant: Tenant) -> None:
    """An application that is named by its id is changed as told, and does not become ours by that."""
    app_id = tenant.run(MODULE, SMALL)["application"]["app_id"]
    (record,) = tenant.all("applications")
    tenant.directory["applications"].put({**record, "tags": []}, settled=True)
    changed = tenant.run(MODULE, {"app_id": app_id, "notes": "by id"})
    assert changed["actions"] == ["Set notes of 'Contact centre'"]
    assert changed["application"]["managed"] is False
    renamed = tenant.run(
        MODULE, {"app_id": app_id, "name": "Service desk", "identifiers": ["urn:amazon:webservices:govcloud"]}
    )
    assert renamed["application"]["name"] == "Service desk"
    assert tenant.run(MODULE, {"app_id": app_id, "state": "absent"})["changed"]
    assert tenant.all("applications") == []


def test_two_match(tenant: Tenant) -> None:
    for number in (1, 2):
        tenant.run(
            MODULE,
            {**SMALL, "name": f"Centre {number}", "identifiers": [f"https://signin.aws.amazon.com/saml#{number}"]},
        )
    both = tenant.run(
        MODULE,
        {**SMALL, "identifiers": ["https://signin.aws.amazon.com/saml#1", "https://signin.aws.amazon.com/saml#2"]},
    )
    assert both.failed
    assert all(record["appId"] in both["msg"] for record in tenant.all("applications"))
    assert tenant.written() == []


def test_changed_identifier_makes_no_second_application(tenant: Tenant) -> None:
    app_id = tenant.run(MODULE, SMALL)["application"]["app_id"]
    other = {**SMALL, "identifiers": ["https://signin.aws.amazon.com/saml#1"]}
    refused = tenant.run(MODULE, other)
    assert refused.failed
    assert app_id in refused["msg"]
    assert tenant.run(MODULE, {**other, "app_id": app_id})["application"]["identifiers"] == other["identifiers"]
    assert len(tenant.all("applications")) == 1


@pytest.mark.parametrize("rule", ["either", "service_principal_first", "reset_mode_first"])
def test_absent(sandbox: Sandbox, rule: str) -> None:
    """However Entra wants a SAML application to be deleted, it is; facts/entra.md 9.8."""
    tenant = Tenant(sandbox, saml_deletion=rule)
    options = {**SMALL, "template": "aws_single_account"}
    tenant.run(MODULE, options)
    removed = tenant.run(MODULE, {**options, "state": "absent"})
    assert not removed.failed, removed["msg"]
    assert tenant.all("applications") == tenant.all("servicePrincipals") == []
    kept = tenant.all("deletedItems")
    assert len(kept) == 2
    purged = tenant.run(MODULE, {**options, "state": "absent", "purge": True})
    assert purged["changed"]
    assert tenant.all("deletedItems") == []
    assert not tenant.run(MODULE, {**options, "state": "absent", "purge": True})["changed"]


def test_absent_and_purged_at_once(tenant: Tenant) -> None:
    tenant.run(MODULE, APP)
    absent = {**SMALL, "state": "absent", "purge": True}
    predicted = tenant.check(MODULE, absent)
    assert predicted["actions"] == tenant.run(MODULE, absent)["actions"]
    assert tenant.all("deletedItems") == []
    assert not tenant.run(MODULE, absent)["changed"]


def test_absent_leaves_others_alone(tenant: Tenant) -> None:
    tenant.run(MODULE, SMALL)
    (record,) = tenant.all("applications")
    tenant.directory["applications"].put({**record, "tags": []}, settled=True)
    assert not tenant.run(MODULE, {**SMALL, "state": "absent"})["changed"]
    assert not tenant.run(MODULE, {"app_id": "00000000-1111-2222-3333-444444444444", "state": "absent"})["changed"]
    assert len(tenant.all("applications")) == 1


def test_identifier_of_a_deleted_application(tenant: Tenant) -> None:
    tenant.run(MODULE, SMALL)
    (record,) = tenant.all("applications")
    tenant.run(MODULE, {**SMALL, "state": "absent"})
    (deleted,) = (item for item in tenant.all("deletedItems") if item["id"] == record["id"])
    tenant.directory["deletedItems"].put({**deleted, "identifierUris": ["urn:amazon:webservices"]}, settled=True)
    refused = tenant.run(MODULE, SMALL)
    assert refused.failed
    assert "deleted application 'Contact centre'" in refused["msg"]
    assert "azure_saml_app_purge) set to true" in refused["msg"]
    assert tenant.written() == []


def test_deletion_that_stopped_halfway(tenant: Tenant) -> None:
    """The identifiers are gone already, so the application is known by its tag and name."""
    tenant.run(MODULE, APP)
    tenant.world.faults.add(Fault("graph", "applications.delete", status=500))
    tenant.world.faults.add(
        Fault("graph", "applications.delete", times=20, status=403, code="Authorization_RequestDenied")
    )
    assert tenant.run(MODULE, {**SMALL, "state": "absent"}).failed
    tenant.world.faults.clear()
    assert not tenant.run(MODULE, {**SMALL, "state": "absent"}).failed
    assert tenant.all("applications") == tenant.all("servicePrincipals") == tenant.all("claimsMappingPolicies") == []


def orphan_policy(tenant: Tenant) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Delete the application for good. Its claims policy, which is left, and the policy of another federation."""
    (policy,) = tenant.all("claimsMappingPolicies")
    held = tenant.directory
    other = {**policy, "id": str(uuid.uuid4()), "displayName": f"openccp.federation {uuid.uuid4()}"}
    other["definition"] = [policy["definition"][0].replace(":role/", ":role/Another")]
    held["claimsMappingPolicies"].put(other)
    for kind in ("servicePrincipals", "applications"):
        for record in tenant.all(kind):
            held[kind].delete(record["id"])
    return policy, other


def test_policy_of_an_application_that_somebody_deleted_for_good(tenant: Tenant) -> None:
    """The next run makes another application, and nothing of the first stays behind; other federations' policies do"""
    first = tenant.run(MODULE, APP)["application"]
    policy, other = orphan_policy(tenant)
    predicted = tenant.check(MODULE, APP)
    assert not predicted.failed, predicted["msg"]
    assert f"Delete the claims policy {policy['displayName']}, which is not assigned" in predicted["actions"]
    again = tenant.run(MODULE, APP)
    assert again["actions"] == predicted["actions"]
    assert again["application"]["app_id"] != first["app_id"]
    names = {each["displayName"] for each in tenant.all("claimsMappingPolicies")}
    assert names == {other["displayName"], f"openccp.federation {again['application']['app_id']}"}
    assert not tenant.run(MODULE, APP)["changed"]


def test_removal_after_somebody_deleted_the_application_for_good(tenant: Tenant) -> None:
    """Nothing of it stays behind; other federations' policies do"""
    tenant.run(MODULE, APP)
    policy, other = orphan_policy(tenant)
    absent = {"identifiers": APP["identifiers"], "role_claims": APP["role_claims"], "state": "absent"}
    predicted = tenant.check(MODULE, absent)
    assert predicted["actions"] == [f"Delete the claims policy {policy['displayName']}, which is not assigned"]
    assert tenant.run(MODULE, absent)["actions"] == predicted["actions"]
    assert [each["id"] for each in tenant.all("claimsMappingPolicies")] == [other["id"]]
    assert not tenant.run(MODULE, absent)["changed"]


def test_removal_that_is_refused_leaves_the_application_with_its_service_principal(tenant: Tenant) -> None:
    """facts/entra.md 9.6: the service principal goes with the application, so the next run can complete either way"""
    app_id = tenant.run(MODULE, APP)["application"]["app_id"]
    tenant.world.faults.add(Fault("graph", "applications.delete", status=403, code="Authorization_RequestDenied"))
    assert tenant.run(MODULE, {key: APP[key] for key in ("name", "identifiers")} | {"state": "absent"}).failed
    assert len(tenant.all("servicePrincipals")) == 1
    assert tenant.run(MODULE, APP)["application"]["app_id"] == app_id
    assert not tenant.run(MODULE, APP)["changed"]


def test_application_whose_removal_was_interrupted(tenant: Tenant) -> None:
    """Its service principal is gone, as where Entra ID requires that first (facts/entra.md 9.8): the next run completes
    the removal and creates the application anew
    """
    tenant.run(MODULE, APP)
    interrupt_removal(tenant)
    (application,) = tenant.all("applications")
    predicted = tenant.run(MODULE, {**APP, "wait_timeout": 1}, check=True)
    result = tenant.run(MODULE, {**APP, "wait_timeout": 5})
    assert result["actions"] == predicted["actions"]
    assert result["actions"][0] == f"Complete the interrupted removal of '{APP['name']}' ({application['appId']})"
    assert result["application"]["app_id"] != application["appId"]
    assert len(tenant.all("applications")) == len(tenant.all("servicePrincipals")) == 1
    assert not tenant.run(MODULE, APP)["changed"]


@pytest.mark.parametrize("kept", ["app_id", "identifiers"])
def test_application_without_a_service_principal_that_is_not_replaced(tenant: Tenant, kept: str) -> None:
    """One that is selected by its ID, or whose removal had not begun"""
    tenant.run(MODULE, APP)
    interrupt_removal(tenant, **({"identifierUris": APP["identifiers"]} if kept == "identifiers" else {}))
    (application,) = tenant.all("applications")
    selected = {"app_id": application["appId"]} if kept == "app_id" else {}
    stopped = tenant.run(MODULE, {**APP, **selected, "wait_timeout": 1})
    assert stopped.failed
    assert ("Complete the removal" in stopped.get("hint", "")) == (kept == "app_id")
    assert tenant.all("applications") == [application]


def interrupt_removal(tenant: Tenant, **kept: t.Any) -> None:
    """Take away the identifiers and the service principal of the only application. kept: what the application keeps."""
    (application,), (principal,) = tenant.all("applications"), tenant.all("servicePrincipals")
    tenant.directory["applications"].put({**application, "identifierUris": [], **kept})
    tenant.directory["servicePrincipals"].delete(principal["id"])


def test_policy_of_an_application_in_the_recycle_bin(tenant: Tenant) -> None:
    """Whoever restores the application finds its claims as they were"""
    tenant.run(MODULE, APP)
    (policy,), (application,) = tenant.all("claimsMappingPolicies"), tenant.all("applications")
    tenant.directory["applications"].put({**application, "identifierUris": [], "tags": []})
    tenant.run(MODULE, {"app_id": application["appId"], "state": "absent"})
    tenant.directory["claimsMappingPolicies"].put(policy)
    assert tenant.run(MODULE, APP)["changed"]
    assert policy["displayName"] in {each["displayName"] for each in tenant.all("claimsMappingPolicies")}


def test_policy_that_serves_others(tenant: Tenant) -> None:
    tenant.run(MODULE, APP)
    tenant.run(MODULE, {**SMALL, "name": "Other", "identifiers": ["https://signin.aws.amazon.com/saml#2"]})
    (policy,) = tenant.all("claimsMappingPolicies")
    principal = next(record for record in tenant.all("servicePrincipals") if record["displayName"] == "Other")
    held = next(record for record in tenant.all("servicePrincipals") if record["displayName"] != "Other")
    links = next(key for key, value in held.items() if key.startswith("_") and policy["id"] in json.dumps(value))
    tenant.directory["servicePrincipals"].put({**principal, links: held[links]}, settled=True)
    refused = tenant.run(MODULE, {**APP, "session_duration": 900})
    assert refused.failed
    assert "also serves Other" in refused["msg"]
    assert tenant.written() == []
