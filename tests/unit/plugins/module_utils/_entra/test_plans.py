# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts: which application is meant, what is written, and in which order."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._entra import (
    application_search,
    application_settings,
    applications,
    assignments,
    claims_policies,
    directory,
    permissions,
    preflight,
    saml_app,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.app_management import ManagementPolicies
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_search import Candidates
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import (
    MARKER,
    Application,
    Selector,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Conflict,
    Denied,
    FederationError,
    InvalidInput,
    NotFound,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims

URN: t.Final = "urn:amazon:webservices"
NOW: t.Final = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
PARAMS: t.Final[dict[str, t.Any]] = {
    "state": "present",
    "purge": False,
    "name": "Centre",
    "template": "non_gallery",
    "adopt": False,
    "identifiers": [URN],
    "reply_urls": ["https://signin.aws.amazon.com/saml"],
    "keep_unknown_claims": True,
    "signing_certificate": {"common_name": "Sign-in", "validity_days": 1095},
}


def _app(
    app_id: str, name: str = "Centre", *, managed: bool = True, identifiers: tuple[str, ...] = (URN,)
) -> dict[str, t.Any]:
    return {
        "id": f"o-{app_id}",
        "appId": app_id,
        "displayName": name,
        "tags": [MARKER] if managed else [],
        "identifierUris": list(identifiers),
    }


MINE: t.Final = _app("mine")
THEIRS: t.Final = _app("theirs", managed=False)
HALF: t.Final = _app("half", applications.temporary_name("Centre"), managed=False, identifiers=())
UNDONE: t.Final = _app("undone", identifiers=())
OTHER: t.Final = _app("other", identifiers=("urn:other",))
SELECTOR: t.Final = Selector(name="Centre", identifiers=(URN,))
ADOPT: t.Final = Selector(name="Centre", identifiers=(URN,), adopt=True)


@pytest.mark.parametrize(
    ("selector", "candidates", "expected"),
    [
        (SELECTOR, Candidates(), None),
        (SELECTOR, Candidates(by_identifier=(MINE,)), "mine"),
        (SELECTOR, Candidates(by_identifier=(MINE,), by_name=(OTHER,)), "mine"),
        (SELECTOR, Candidates(by_name=(HALF,)), "half"),
        (SELECTOR, Candidates(by_name=(UNDONE,)), "undone"),
        (SELECTOR, Candidates(by_identifier=(THEIRS,), by_name=(THEIRS,)), None),
        (SELECTOR, Candidates(by_name=(OTHER,)), None),
        (ADOPT, Candidates(by_identifier=(THEIRS,)), "theirs"),
        (ADOPT, Candidates(by_name=(_app("strange", managed=False, identifiers=()),)), "strange"),
        (Selector(name="Centre"), Candidates(by_name=(OTHER,)), "other"),
        (Selector(name="Centre"), Candidates(by_name=(THEIRS,)), None),
        (Selector(app_id="theirs"), Candidates(by_id=THEIRS), "theirs"),
        (Selector(app_id="nobody"), Candidates(), None),
    ],
)
def test_choose(selector: Selector, candidates: Candidates, expected: str | None) -> None:
    chosen = application_search.choose(selector, candidates)
    assert (chosen["appId"] if chosen else None) == expected


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        (Candidates(by_name=(HALF | {"createdDateTime": "2026-01-02"},)), None),
        (
            Candidates(by_name=(HALF | {"createdDateTime": "2026-01-02"}, UNDONE | {"createdDateTime": "2026-01-01"})),
            "undone",
        ),
        (
            Candidates((), (MINE | {"createdDateTime": "2026-01-01"},), (HALF | {"createdDateTime": "2026-01-02"},)),
            "mine",
        ),
        (
            Candidates(by_name=(HALF | {"createdDateTime": "2026-01-02"}, UNDONE | {"createdDateTime": "2026-01-03"})),
            None,
        ),
        (
            Candidates(by_name=(HALF | {"createdDateTime": "2026-01-02"}, OTHER | {"createdDateTime": "2026-01-01"})),
            None,
        ),
        (
            Candidates(by_name=(HALF | {"createdDateTime": "2026-01-02"}, UNDONE | {"createdDateTime": "2026-01-02"})),
            None,
        ),
    ],
)
def test_the_older_of_two_is_kept(candidates: Candidates, expected: str | None) -> None:
    """Whichever run looks comes to the same."""
    older = application_search.older_match(SELECTOR, candidates, "half")
    assert (older["appId"] if older else None) == expected


def test_choose_refuses_to_guess() -> None:
    with pytest.raises(Conflict, match=r"'Centre' \(mine\), 'Centre' \(second\)"):
        application_search.choose(SELECTOR, Candidates(by_identifier=(_app("second"), MINE)))


@pytest.mark.parametrize(
    ("selector", "candidates", "kind", "message"),
    [
        (Selector(app_id="nobody"), Candidates(), NotFound, "no application with the ID nobody"),
        (SELECTOR, Candidates(by_identifier=(THEIRS,)), Conflict, "saml#centre, with the template aws_single_account"),
        (
            SELECTOR,
            Candidates(principals=({"appId": "p", "displayName": "P", "servicePrincipalNames": [URN]},)),
            Conflict,
            r"'P' \(p\)",
        ),
        (SELECTOR, Candidates(by_name=(OTHER,)), Conflict, "with other identifiers: 'Centre' \\(other\\)"),
        (
            SELECTOR,
            Candidates(by_name=(_app("x", managed=False, identifiers=()),)),
            Conflict,
            "not created by this collection",
        ),
    ],
)
def test_check_free(selector: Selector, candidates: Candidates, kind: type[FederationError], message: str) -> None:
    with pytest.raises(kind) as caught:
        application_search.check_free(selector, candidates)
    assert caught.match(message)


def _principal(**values: t.Any) -> dict[str, t.Any]:
    return {
        "id": "sp",
        "appId": "mine",
        "preferredSingleSignOnMode": "saml",
        "appRoles": [],
        "tags": ["Template"],
        **values,
    }


def _current_state(app: Application | None, **values: t.Any) -> saml_app.CurrentState:
    return saml_app.CurrentState(app, now=NOW, **values)


def test_order_of_a_creation() -> None:
    """facts/entra.md 0: the mode before the identifiers, the certificate before the claims, and people last."""
    people = directory.Principals({"user": {"jane": "1"}, "group": {}}, {"1": "jane"})
    role = {"role_arn": "arn:aws:iam::123456789012:role/R", "provider_arn": "arn:aws:iam::123456789012:saml-provider/P"}
    params = {**PARAMS, "role_claims": [role], "assignments": {"users": {"set": ["jane"]}}, "logo": "logo.png"}
    plan = saml_app.plan(params, _current_state(None, principals=people, logo=b"logo"))
    assert [step.operation for step in plan.steps] == [
        "create",
        "update_principal",
        "update_application",
        "upload_logo",
        "add_certificate",
        "activate_certificate",
        "create_claims",
        "assign",
    ]
    assert plan.before == {}
    assert plan.after["assignments"] == {"users": ["jane"], "groups": []}


@pytest.mark.parametrize("missing", ["name", "identifiers", "reply_urls"])
def test_creation_needs(missing: str) -> None:
    with pytest.raises(InvalidInput, match=missing):
        saml_app.plan({**PARAMS, missing: None}, _current_state(None))


def test_half_made_application_is_finished() -> None:
    plan = saml_app.plan(PARAMS, _current_state(Application(HALF, _principal(preferredSingleSignOnMode=None))))
    assert [step.operation for step in plan.steps] == [
        "update_principal",
        "update_application",
        "add_certificate",
        "activate_certificate",
    ]
    assert [setting.option for setting in plan.steps[1].args["settings"]] == [
        "identifiers",
        "reply_urls",
        "name",
        "tagged",
    ]


@pytest.mark.parametrize(
    ("option", "value", "principal", "body"),
    [
        ("relay_state", "https://x", {}, {"samlSingleSignOnSettings": {"relayState": "https://x"}}),
        (
            "relay_state",
            "",
            {"samlSingleSignOnSettings": {"relayState": "https://x"}},
            {"samlSingleSignOnSettings": {"relayState": None}},
        ),
        ("relay_state", "", {"samlSingleSignOnSettings": None}, None),
        ("notes", "", {"notes": "old"}, {"notes": None}),
        ("notes", "", {"notes": None}, None),
        ("assignment_required", False, {"appRoleAssignmentRequired": True}, {"appRoleAssignmentRequired": False}),
        ("assignment_required", False, {"appRoleAssignmentRequired": False}, None),
        ("notification_emails", ["b@x.org", "a@x.org"], {"notificationEmailAddresses": ["a@x.org", "b@x.org"]}, None),
        ("notification_emails", [], {"notificationEmailAddresses": ["a@x.org"]}, {"notificationEmailAddresses": []}),
        ("hidden", True, {"tags": ["Template", MARKER]}, {"tags": ["Template", "HideApp"]}),
        ("hidden", False, {"tags": ["HideApp", "Template"]}, {"tags": ["Template"]}),
        ("hidden", False, {"tags": []}, None),
        ("notes", None, {"loginUrl": "https://x"}, {"loginUrl": None}),
    ],
)
def test_settings_of_the_service_principal(
    option: str, value: t.Any, principal: dict[str, t.Any], body: dict[str, t.Any] | None
) -> None:
    app = Application(MINE, _principal(**principal))
    desired = application_settings.desired_settings({**PARAMS, option: value}, app)
    changes = application_settings.differing(application_settings.PRINCIPAL, desired, app)
    assert (application_settings.body_of(changes, app) or None) == body


def test_tags_of_others_stay() -> None:
    app = Application({**THEIRS, "tags": ["theirs"]}, _principal())
    desired = application_settings.desired_settings({**PARAMS, "adopt": True}, app)
    tagged = [setting for setting in application_settings.APPLICATION if setting.option == "tagged"]
    changes = application_settings.differing(tagged, desired, app)
    assert application_settings.body_of(changes, app) == {"tags": ["theirs", MARKER]}
    first = application_settings.logo_tags(Application(MINE, {}), b"one", managed=True)
    again = application_settings.logo_tags(Application({**MINE, **first}, {}), b"two", managed=True)
    assert again == {"tags": [MARKER, application_settings.logo_tag(b"two")]}
    assert "tagged" not in application_settings.desired_settings({**PARAMS, "app_id": "theirs"}, app)


def test_removal() -> None:
    policy = {"id": "p", "displayName": f"{MARKER} mine", "definition": claims.ClaimsPolicy().definition()}
    absent = {**PARAMS, "state": "absent"}
    plan = saml_app.plan(absent, _current_state(Application(MINE, _principal(), (policy,))))
    assert [step.operation for step in plan.steps] == [
        "release_identifiers",
        "reset_sign_on",
        "delete_claims",
        "delete",
    ]
    assert (plan.before["name"], plan.after) == ("Centre", {})
    assert saml_app.plan(absent, _current_state(None)).steps == ()
    kept = application_search.Deleted("Centre", "old", ("sp-old", "o-old"))
    purge = saml_app.plan({**absent, "purge": True}, _current_state(Application(UNDONE, {}), deleted=(kept,)))
    assert [step.operation for step in purge.steps] == ["delete", "purge", "purge"]
    assert [step.args["deleted"].ids for step in purge.steps[1:]] == [("sp-old", "o-old"), ("o-undone",)]


ROLES: t.Final = {
    "msiam_access": {"id": "m", "displayName": "msiam_access", "isEnabled": True, "allowedMemberTypes": ["User"]},
    "User": {"id": "u", "displayName": "User", "isEnabled": True, "allowedMemberTypes": ["User"]},
    "own": {"id": "o", "displayName": "Own", "isEnabled": True, "allowedMemberTypes": ["User", "Application"]},
    "disabled": {"id": "d", "displayName": "msiam_access", "isEnabled": False, "allowedMemberTypes": ["User"]},
    "machine": {"id": "a", "displayName": "A", "isEnabled": True, "allowedMemberTypes": ["Application"]},
}


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ((), assignments.DEFAULT_ACCESS),
        (("User", "msiam_access"), "m"),
        (("own", "User"), "u"),
        (("disabled", "own"), "o"),
        (("machine", "User"), "u"),
    ],
)
def test_role_to_assign(roles: tuple[str, ...], expected: str) -> None:
    """facts/entra.md 5.2: the role of default access serves only applications without roles."""
    assert assignments.role_to_assign([ROLES[name] for name in roles]) == expected
    with pytest.raises(InvalidInput, match="nobody can be assigned"):
        assignments.role_to_assign([ROLES["machine"], ROLES["disabled"]])


@pytest.mark.parametrize(
    ("desired", "add", "remove"),
    [
        (None, {}, {}),
        ({"users": {"add": ["jane", "john"]}}, {"2": "user"}, {}),
        ({"users": {"remove": ["jane", "gone"]}}, {}, {"1": "user"}),
        ({"users": {"set": []}}, {}, {"1": "user"}),
        ({"groups": {"set": ["agents"]}}, {"8": "group"}, {"9": "group"}),
        ({"users": None, "groups": {"set": None, "add": None}}, {}, {}),
    ],
)
def test_assignments(desired: t.Any, add: dict[str, str], remove: dict[str, str]) -> None:
    people = directory.Principals({"user": {"jane": "1", "john": "2"}, "group": {"agents": "8"}})
    assigned = [{"principalId": "1", "principalType": "User"}, {"principalId": "9", "principalType": "Group"}]
    changes = assignments.plan_changes(desired, people, assigned)
    assert (changes.add, changes.remove) == (add, remove)


@pytest.mark.parametrize(
    ("desired", "message"),
    [
        ({"users": {"set": [], "add": ["a"]}}, "cannot be combined"),
        ({"groups": {"add": ["A"], "remove": ["a"]}}, "adds and removes a"),
    ],
)
def test_assignments_that_contradict(desired: t.Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        assignments.check_desired(desired)


def test_claims_that_no_option_names() -> None:
    actual = claims.build(session_name_source="mail", session_duration=900, extra_claims=[{"name": "x", "value": "1"}])
    params = {"session_duration": 3600, "keep_unknown_claims": False}
    policy = claims_policies.desired_policy(params, actual)
    assert {claim["name"].rpartition("/")[2]: claim.get("value") or claim["source"] for claim in policy.as_sent()} == {
        "SessionDuration": "3600",
        "nameidentifier": "user.mail",
        "RoleSessionName": "user.mail",
    }
    kept = claims_policies.desired_policy({**params, "keep_unknown_claims": True}, actual)
    assert kept.of_type("x")
    fresh = claims_policies.desired_policy(params, None)
    assert fresh.of_type(claims.ROLE_SESSION_NAME)[0]["ID"] == "userprincipalname"


def test_two_policies() -> None:
    policies = ({"id": "a", "definition": []}, {"id": "b", "definition": []})
    with pytest.raises(Conflict, match="a, b"):
        claims_policies.policy_of(Application(MINE, _principal(), policies))


@pytest.mark.parametrize(
    ("roles", "lacking"),
    [
        (None, None),
        ((), "to assign: AppRoleAssignment.ReadWrite.All or Application.ReadWrite.All"),
        (("Application.ReadWrite.OwnedBy",), "to assign"),
        (
            ("Application.ReadWrite.OwnedBy", "AppRoleAssignment.ReadWrite.All"),
            "to change applications: Application.ReadWrite.All",
        ),
        (("Application.ReadWrite.All",), None),
    ],
)
def test_permissions(roles: tuple[str, ...] | None, lacking: str | None) -> None:
    if lacking is None:
        permissions.check(roles, {"assign", "change applications"}, "client")
        return
    with pytest.raises(Denied, match=lacking):
        permissions.check(roles, {"assign", "change applications"}, "client")


def _policy(name: str, domains: tuple[str, ...] | None = None, **rule: t.Any) -> preflight.Obstacles:
    default = {"applicationRestrictions": {"identifierUris": {name: {"state": "enabled", **rule}}}}
    return preflight.Obstacles(policies=ManagementPolicies(default), domains=domains)


STRICT: t.Final = "nonDefaultUriAddition"
LENIENT: t.Final = "uriAdditionWithoutUniqueTenantIdentifier"
AWS: t.Final = "https://signin.aws.amazon.com/saml"
TENANT: t.Final = "00112233-4455-6677-8899-aabbccddeeff"


@pytest.mark.parametrize(
    ("identifier", "obstacles", "refused"),
    [
        (URN, preflight.Obstacles(), False),
        (URN, preflight.Obstacles(applications=(MINE,)), False),
        (URN, preflight.Obstacles(applications=(THEIRS,)), True),
        (URN, preflight.Obstacles(applications=(OTHER,)), False),
        (URN, preflight.Obstacles(deleted=(THEIRS,)), True),
        (URN, _policy(STRICT, excludeSaml=False), True),
        (URN, _policy(STRICT, excludeSaml=True), False),
        (URN, _policy(STRICT), False),
        (f"{AWS}#{TENANT}", _policy(STRICT, excludeSaml=False), True),
        (URN, _policy(LENIENT, excludeSaml=True), False),
        (URN, _policy(LENIENT), True),
        (f"{AWS}#x", _policy(LENIENT), True),
        (f"{AWS}#{TENANT}", _policy(LENIENT), True),
        (f"urn:connect:{TENANT}", _policy(LENIENT), False),
        ("https://sso.example.com/x", _policy(LENIENT), False),
        ("https://sso.example.com/x", _policy(LENIENT, domains=("contoso.com",)), True),
        ("https://sso.example.com/x", _policy(LENIENT, domains=("contoso.com", "example.com")), False),
        ("https://notexample.com/x", _policy(LENIENT, domains=("example.com",)), True),
        (URN, _policy(STRICT, excludeSaml=False, state="disabled"), False),
    ],
)
def test_new_identifiers(identifier: str, obstacles: preflight.Obstacles, refused: bool) -> None:
    app = Application({**MINE, "identifierUris": []}, _principal())
    check: t.Callable[[], None] = lambda: preflight.check_identifiers(  # noqa: E731
        [identifier], obstacles, app=app, name="Centre", tenant_id=TENANT, now=NOW
    )
    if refused:
        with pytest.raises((Conflict, InvalidInput)):
            check()
    else:
        check()


@pytest.mark.parametrize(("begins", "refused"), [("2026-07-01T00:00:00Z", False), ("2026-05-01T00:00:00Z", True)])
def test_policy_for_new_applications(begins: str, refused: bool) -> None:
    obstacles = _policy(STRICT, excludeSaml=False, restrictForAppsCreatedAfterDateTime=begins)
    try:
        preflight.check_identifiers([URN], obstacles, app=None, name="Centre", tenant_id=TENANT, now=NOW)
    except InvalidInput:
        assert refused
    else:
        assert not refused
