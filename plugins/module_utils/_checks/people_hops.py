# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The hops of each person: account, assignment, session name, Connect user, security profile, the role that the user is bound to."""

from __future__ import annotations

import collections.abc
import re
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks import symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import ConnectUser, Person
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path, Problem, attribute, judged, unknown
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims, session_names

_STS_NAME: t.Final = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")


def of_groups(path: Path) -> collections.abc.Iterator[Finding]:
    """Groups within assigned groups, whose members Entra does not let in."""
    for group in path.application.groups:
        if group.nested:
            names = ", ".join(group.nested)
            reason = f"Its members include the groups {names}, whose members are not assigned by that: Entra takes direct members only."
            fix = f"Run azure_saml_app with assignments.groups.add: [{names}], or make those people direct members."
            yield Finding("assignment", group.name, "warning", reason, {"nested": list(group.nested)}, symptoms.NOT_ASSIGNED, fix)


def of_person(path: Path, person: Person) -> collections.abc.Iterator[Finding]:
    """Every hop of one person."""
    yield account(person, everyone=path.wish.everyone)
    if person.id is None or (path.wish.everyone and person.enabled is False):
        return
    yield assignment(path, person)
    yield session_name(path, person)
    name = path.session_name(person).value
    if path.facts.instance is None or "users" in path.facts.users.unread:
        reason = path.facts.users.unread.get("users") or path.facts.unread.get("instance", "There is no instance.")
        yield unknown("user", person.name, reason, person=True)
    elif name is None:
        yield unknown("user", person.name, "The session name is not known.", person=True)
    else:
        yield from of_user(path, person, name)


def account(person: Person, *, everyone: bool = False) -> Finding:
    """Whether the person can sign in to the directory at all. Among everyone, a disabled account is no mistake."""
    evidence = {"id": person.id, "enabled": person.enabled, "guest": person.guest}
    if person.id is None:
        fix = "Check the spelling of the user principal name; restore or create the user in Entra ID."
        problem = Problem("The directory has no such user.", symptoms.NO_SUCH_USER, fix)
        return judged("account", person.name, [problem], evidence, person=True)
    if person.enabled is None:
        return unknown(
            "account", person.name, "Whether the account is enabled takes the Microsoft Graph permission User.Read.All.", person=True
        )
    fix = "Enable the account in Entra ID (users, accountEnabled)."
    if everyone and not person.enabled:
        return Finding("account", person.name, "warning", "The account is disabled.", evidence, symptoms.USER_DISABLED, fix, person=True)
    problems = [] if person.enabled else [Problem("The account is disabled.", symptoms.USER_DISABLED, fix)]
    return judged("account", person.name, problems, evidence, person=True)


def assignment(path: Path, person: Person) -> Finding:
    """Whether the person may use the application."""
    app = path.application
    evidence = {"through": list(person.through), "nested": list(person.nested), "required": app.assignment_required}
    if not app.assignment_required or person.through:
        return judged("assignment", person.name, [], evidence, person=True)
    if "assignments" in app.unread:
        return unknown("assignment", person.name, app.unread["assignments"], person=True)
    reason = "The person is not assigned, neither directly nor as a direct member of an assigned group."
    if person.nested:
        reason = f"The person is only in {', '.join(person.nested)}, within an assigned group; Entra takes direct members alone."
    groups = " or ".join(group.name for group in app.groups)
    fix = f"Add the person to {groups}, or run" if groups else "Run"
    problem = Problem(reason, symptoms.NOT_ASSIGNED, f"{fix} azure_saml_app with assignments.users.add: [{person.name}].")
    return judged("assignment", person.name, [problem], evidence, person=True)


def session_name(path: Path, person: Person) -> Finding:
    """Whether what Entra sends can be both a role session name and a username of Amazon Connect."""
    sent = path.session_name(person)
    if sent.value is None:
        return unknown("session_name", person.name, sent.unknown, person=True)
    evidence = {"source": sent.source, "value": sent.value}
    problems = [*_name_id_problems(path, person), *_name_problems(sent.value, sent.source)]
    return judged("session_name", person.name, problems, evidence, person=True)


def _name_id_problems(path: Path, person: Person) -> collections.abc.Iterator[Problem]:
    """Entra refuses a person for whom the source of NameID is empty."""
    found = path.sent(claims.NAME_ID)
    source = found[0].get("source", "") if found else ""
    if source and attribute(person, source).value == "":
        yield Problem(f"{source}, the source of NameID, is empty.", symptoms.NAME_ID_EMPTY, _fill(source))


def _name_problems(value: str, source: str) -> collections.abc.Iterator[Problem]:
    if not value:
        yield Problem(f"{source} is empty, so no RoleSessionName is sent.", symptoms.NAME_REQUIRED, _fill(source))
        return
    found = session_names.problems(value)
    if not found:
        return
    symptom = symptoms.NOT_ONBOARDED if _STS_NAME.fullmatch(value) else symptoms.NAME_MUST_MATCH
    fix = "Run azure_saml_app with a session_name_source that fits everybody, such as mail."
    if source.startswith("user."):
        fix = f"Change {source} of the person in Entra ID. Or r{fix[1:]}"
    yield Problem(f"{value!r} cannot sign in. {' '.join(found)}", symptom, fix)


def _fill(source: str) -> str:
    return f"Fill {source} of the person in Entra ID, or run azure_saml_app with a session_name_source that everybody has."


def of_user(path: Path, person: Person, name: str) -> collections.abc.Iterator[Finding]:
    """The Connect user of a session name."""
    users = path.facts.users
    found = users.by_name.get(name)
    evidence: dict[str, t.Any] = {"username": name, "exists": found is not None}
    if found is None:
        if session_names.problems(name):
            yield unknown("user", person.name, "No user can have this session name.", person=True)
            return
        like = session_names.look_alikes(name, users.by_name)
        yield judged("user", person.name, [_missing(name, like)], evidence | {"looks_alike": like}, person=True)
        return
    yield judged("user", person.name, [], evidence, person=True)
    yield security_profile(path, person, found)
    yield role_binding(path, person, found)


def _missing(name: str, like: list[str]) -> Problem:
    if like:
        others = " and ".join(map(repr, like))
        reason = f"There is no user {name!r}, but {others}: upper and lower case count."
        fix = f"Usernames cannot be changed: delete the user {others}, then run connect_users with username: {name}."
    else:
        reason = f"The instance has no user {name!r}."
        fix = f"Run connect_users with username: {name}."
    return Problem(reason, symptoms.NOT_ONBOARDED, fix)


def security_profile(path: Path, person: Person, user: ConnectUser) -> Finding:
    """Whether one of the user's security profiles opens the Contact Control Panel."""
    users = path.facts.users
    if user.profiles is None or "profiles" in users.unread:
        reason = users.unread.get("profiles", "Amazon Connect does not show the user's security profiles yet.")
        return unknown("security_profile", person.name, reason, person=True)
    names = [users.profile_names.get(profile, profile) for profile in user.profiles]
    problems = []
    if not any(users.ccp.get(profile) for profile in user.profiles):
        reason = f"None of {', '.join(names)} grants access to the Contact Control Panel."
        fix = f"Run connect_users with security_profiles: [Agent] for {user.username}, or grant it in the profile."
        problems.append(Problem(reason, symptoms.NO_CCP, fix))
    return judged("security_profile", person.name, problems, {"security_profiles": names}, person=True)


def role_binding(path: Path, person: Person, user: ConnectUser) -> Finding:
    """Whether the user may be bound to a role that is gone: Amazon Connect shows nobody's binding, but a younger role is a sign."""
    role = path.role
    if role is None or role.created is None or user.modified is None:
        return unknown("role_binding", person.name, "The age of the role or of the user is not known.", person=True)
    evidence = {"role_created": role.created.isoformat(), "user_modified": user.modified.isoformat()}
    if user.modified >= role.created:
        return judged("role_binding", person.name, [], evidence, person=True)
    return Finding(
        "role_binding",
        person.name,
        "warning",
        "The user is older than the role. Whoever signed in with another role before stays bound to that one and is refused.",
        evidence,
        symptoms.NOT_ONBOARDED,
        f"If the agent is refused, delete the user {user.username} and make it anew with connect_users.",
        person=True,
    )
