# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The hops of each person: account, assignment, session name, Connect user, security profile, the role that the user is
bound to.
"""

from __future__ import annotations

import collections.abc
import functools
import re
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks import advice, entra_hops, symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.claimed import value_problems
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import ConnectUser, Person
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, Problem
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path, SessionName, judged, unknown
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims, session_names
from ansible_collections.openccp.federation.plugins.module_utils._saml.claim_values import ClaimValue

_STS_NAME: t.Final = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")


def of_groups(path: Path) -> collections.abc.Iterator[Finding]:
    """Groups within assigned groups, whose members Entra does not let in."""
    for group in path.application.groups:
        if group.nested:
            names = ", ".join(group.nested)
            reason = (
                f"Its members include the groups {names}, whose members are not assigned: Entra ID considers only "
                "direct members."
            )
            added = advice.application(path, assignments={"groups": {"add": list(group.nested)}})
            fix = f"{added}, or make those people direct members."
            yield Finding(
                "assignment", group.name, "warning", reason, {"nested": list(group.nested)}, symptoms.NOT_ASSIGNED, fix
            )


def of_person(path: Path, person: Person) -> collections.abc.Iterator[Finding]:
    """Every hop of one person."""
    yield account(person, everyone=path.desired.everyone)
    if person.id is None or (path.desired.everyone and person.enabled is False):
        return
    yield assignment(path, person)
    yield from claims_of_person(path, person)
    yield session_name(path, person)
    yield from unique_name(path, person)
    name = path.session_name(person).value
    if path.facts.instance is None or "users" in path.facts.users.not_readable:
        reason = path.facts.users.not_readable.get("users") or path.facts.not_readable.get(
            "instance", "There is no instance."
        )
        yield unknown("user", person.name, reason, person=True)
    elif name is None:
        yield unknown("user", person.name, "The session name is not known.", person=True)
    else:
        yield from of_user(path, person, name)


def account(person: Person, *, everyone: bool = False) -> Finding:
    """Whether the person can sign in to the directory at all. Among everyone, a disabled account is no mistake."""
    evidence = {"id": person.id, "enabled": person.enabled, "guest": person.guest}
    if person.id is None:
        if person.namesakes:
            reason = f"More than one person goes by this name: {', '.join(person.namesakes)}."
            fix = "Identify the right one by user principal name or object ID."
            return judged("account", person.name, [Problem(reason, "", fix)], evidence, person=True)
        fix = "Check the spelling of the user principal name; restore or create the user in Entra ID."
        problem = Problem("The directory has no such user.", symptoms.NO_SUCH_USER, fix)
        return judged("account", person.name, [problem], evidence, person=True)
    if person.enabled is None:
        return unknown(
            "account",
            person.name,
            "Whether the account is enabled takes the Microsoft Graph permission User.Read.All.",
            person=True,
        )
    fix = "Enable the account in Entra ID (users, accountEnabled)."
    if everyone and not person.enabled:
        return Finding(
            "account",
            person.name,
            "warning",
            "The account is disabled.",
            evidence,
            symptoms.USER_DISABLED,
            fix,
            person=True,
        )
    problems = [] if person.enabled else [Problem("The account is disabled.", symptoms.USER_DISABLED, fix)]
    return judged("account", person.name, problems, evidence, person=True)


def assignment(path: Path, person: Person) -> Finding:
    """Whether the person may use the application."""
    app = path.application
    evidence = {"through": list(person.through), "nested": list(person.nested), "required": app.assignment_required}
    if not app.assignment_required or person.through:
        return judged("assignment", person.name, [], evidence, person=True)
    if "assignments" in app.not_readable:
        return unknown("assignment", person.name, app.not_readable["assignments"], person=True)
    reason = "The person is not assigned, neither directly nor as a direct member of an assigned group."
    if person.nested:
        reason = (
            f"The person is only in {', '.join(person.nested)}, within an assigned group; Entra ID considers only "
            "direct members."
        )
    groups = " or ".join(group.name for group in app.groups)
    fix = advice.application(path, assignments={"users": {"add": [person.name]}})
    fix = f"Add the person to {groups}, or run{fix.removeprefix('Run')}" if groups else fix
    problem = Problem(reason, symptoms.NOT_ASSIGNED, f"{fix}.")
    return judged("assignment", person.name, [problem], evidence, person=True)


def claims_of_person(path: Path, person: Person) -> collections.abc.Iterator[Finding]:
    """Whether Entra can make a person's claims and AWS takes their values, as far as these depend on the person."""
    claimed = path.claimed(person)
    way = functools.partial(_person_advice, path)
    known_reasons = {problem.reason for problem in value_problems(path.claimed(), way)}
    problems = [Problem(text, symptoms.NAME_ID_EMPTY, _REFUSED_FIX) for text in claimed.refusals()]
    problems += [problem for problem in value_problems(claimed, way) if problem.reason not in known_reasons]
    personal = [name for name in path.claim_types if claimed.is_personal(name) and name not in _JUDGED_ELSEWHERE]
    doubtful = [value.unknown for name in personal if (value := claimed.value(name)).values is None]
    evidence = {name: list(claimed.value(name).values or ()) for name in personal}
    if problems or not doubtful:
        if problems or personal:
            yield judged("claims", person.name, problems, evidence, person=True)
    else:
        yield unknown("claims", person.name, " ".join(dict.fromkeys(doubtful)), person=True)


_JUDGED_ELSEWHERE: t.Final = (claims.NAME_ID, claims.ROLE, claims.ROLE_SESSION_NAME)
_REFUSED_FIX: t.Final = (
    "Fill the attribute of the person in Entra ID from which the transformation of the claims policy takes it."
)


def _person_advice(path: Path, claim_type: str, value: ClaimValue) -> str:
    if len(path.sent(claim_type)) > 1:
        return entra_hops.claim_advice(path, claim_type, value)
    return f"Change {value.source} of the person in Entra ID, from which {claim_type.rpartition('/')[2]} comes."


def session_name(path: Path, person: Person) -> Finding:
    """Whether what Entra sends can be both a role session name and a username of Amazon Connect."""
    sent = path.session_name(person)
    if sent.value is None:
        return unknown("session_name", person.name, sent.unknown, person=True)
    evidence = {"source": sent.source, "value": sent.value}
    problems = [*_name_id_problems(path, person), *_name_problems(path, sent)]
    return judged("session_name", person.name, problems, evidence, person=True)


def unique_name(path: Path, person: Person) -> collections.abc.Iterator[Finding]:
    """Whether nobody else who may sign in has the same session name, and so the same agent."""
    name = path.session_name(person).value
    if not name:
        return
    others = [other.name for other in path.holders.get(name, ()) if other.id != person.id]
    evidence = {"session_name": name, "others": others}
    problems = []
    if others:
        reason = (
            f"The session name {name!r} is also that of {', '.join(others[:5])}: all of them sign in as the same agent."
        )
        fitting = path.fitting_source
        fix = f"{advice.application(path, session_name_source=fitting)}." if fitting else _own_name(path, person)
        problems.append(Problem(reason, symptoms.SOMEBODY_ELSE, fix))
    yield judged("unique_name", person.name, problems, evidence, person=True)


def _own_name(path: Path, person: Person) -> str:
    return f"Give the person a {path.session_name(person).source} of their own in Entra ID, or unassign the others."


def _name_id_problems(path: Path, person: Person) -> collections.abc.Iterator[Problem]:
    """Entra refuses a person for whom the source of NameID is empty."""
    value = path.claimed(person).value(claims.NAME_ID)
    if value.values == () and path.sent(claims.NAME_ID) and not value.refused:
        reason = f"{value.source}, the source of NameID, is empty."
        yield Problem(reason, symptoms.NAME_ID_EMPTY, _fill(path, value.source))


def _name_problems(path: Path, sent: SessionName) -> collections.abc.Iterator[Problem]:
    if not sent.value:
        reason = sent.refused or f"{sent.source} is empty, so no RoleSessionName is sent."
        yield Problem(
            reason, symptoms.NAME_ID_EMPTY if sent.refused else symptoms.NAME_REQUIRED, _fill(path, sent.source)
        )
        return
    problems = session_names.problems(sent.value)
    if not problems:
        return
    symptom = symptoms.NOT_ONBOARDED if _STS_NAME.fullmatch(sent.value) else symptoms.NAME_MUST_MATCH
    yield Problem(f"{sent.value!r} cannot sign in. {' '.join(problems)}", symptom, _other_name(path, sent.source))


def _other_name(path: Path, source: str) -> str:
    """How a person comes to a session name that can sign in: by another source that everybody has, or by another
    value.
    """
    other = f"{advice.application(path, session_name_source=path.fitting_source)}." if path.fitting_source else ""
    change = (
        f"Change {source} of the person in Entra ID to 2 to 64 letters, digits and _.-, with @ only as in an "
        f"e-mail address."
    )
    if source.startswith("user.") or not other:
        return f"{other} Or change{change.removeprefix('Change')}" if other else change
    return other


def _fill(path: Path, source: str) -> str:
    """How a claim that is not sent comes to a value: what is no attribute of the person is changed in the policy."""
    if not source.startswith("user."):
        return f"{advice.application(path, session_name_source=path.fitting_source or 'userprincipalname')}."
    fill = f"Fill {source} of the person in Entra ID"
    other = advice.application(path, session_name_source=path.fitting_source).removeprefix("Run")
    return f"{fill}, or run{other}." if path.fitting_source else f"{fill}."


def of_user(path: Path, person: Person, name: str) -> collections.abc.Iterator[Finding]:
    """The Connect user of a session name."""
    users = path.facts.users
    user = users.by_name.get(name)
    evidence: dict[str, t.Any] = {"username": name, "exists": user is not None}
    if user is None:
        if session_names.problems(name):
            yield unknown("user", person.name, "No user can have this session name.", person=True)
            return
        like = session_names.look_alikes(name, users.by_name)
        former = path.users_by_person.get(str(person.id))
        evidence |= {"looks_alike": like, "former_username": former.username if former else None}
        problem = _renamed(path, person, name, former) if former else _missing(path, person, name, like)
        yield judged("user", person.name, [problem], evidence, person=True)
        return
    yield judged("user", person.name, [], evidence, person=True)
    yield security_profile(path, person, user)
    yield role_binding(path, person, user)


def _renamed(path: Path, person: Person, name: str, former: ConnectUser) -> Problem:
    reason = (
        f"There is no user {name!r}. The person's user is {former.username!r}, from before the session name "
        f"was another one."
    )
    fix = f"Amazon Connect cannot rename users. {advice.renamed_user(path, person, name, former)}."
    return Problem(reason, symptoms.NOT_ONBOARDED, fix)


def _missing(path: Path, person: Person, name: str, like: list[str]) -> Problem:
    if like:
        others = " and ".join(map(repr, like))
        reason = f"There is no user {name!r}, but {others}: names are case-sensitive."
        deletion, recreation = advice.deletion_of_users(path, like), advice.user(path, person, name).removeprefix("Run")
        fix = f"Usernames cannot be changed. {deletion}, then run{recreation}."
    else:
        reason = f"The instance has no user {name!r}."
        fix = f"{advice.user(path, person, name)}."
    return Problem(reason, symptoms.NOT_ONBOARDED, fix)


def security_profile(path: Path, person: Person, user: ConnectUser) -> Finding:
    """Whether one of the user's security profiles opens the Contact Control Panel."""
    users = path.facts.users
    if user.profiles is None or "profiles" in users.not_readable:
        reason = users.not_readable.get("profiles", "Amazon Connect does not show the user's security profiles yet.")
        return unknown("security_profile", person.name, reason, person=True)
    names = [users.profile_names.get(profile, profile) for profile in user.profiles]
    problems = []
    if not any(users.ccp.get(profile) for profile in user.profiles):
        whose = (
            f"Of the security profiles of the user ({', '.join(names)}) no one"
            if names
            else "No security profile of the user"
        )
        reason = f"{whose} grants access to the Contact Control Panel."
        fix = f"{advice.user_with_panel(path, user.username)}, or grant it in the profile."
        problems.append(Problem(reason, symptoms.NO_CCP, fix))
    return judged("security_profile", person.name, problems, {"security_profiles": names}, person=True)


def role_binding(path: Path, person: Person, user: ConnectUser) -> Finding:
    """Whether the user may be bound to a role that is gone: Amazon Connect shows nobody's binding, but a younger role
    is a sign.
    """
    role = path.role
    if role is None or role.created is None or user.modified is None:
        return unknown("role_binding", person.name, "The age of the role or of the user is not known.", person=True)
    evidence = {"role_created": role.created.isoformat(), "user_modified": user.modified.isoformat()}
    if user.modified >= role.created:
        return judged("role_binding", person.name, [], evidence, person=True)
    deletion = advice.deletion_of_users(path, [user.username]).removeprefix("Run")
    recreation = advice.user(path, person, user.username).removeprefix("Run")
    return Finding(
        "role_binding",
        person.name,
        "warning",
        (
            "The user is older than the role. A user who signed in with another role before stays bound to that role "
            "and is refused."
        ),
        evidence,
        symptoms.NOT_ONBOARDED,
        f"If the agent is refused, delete and recreate the user: run{deletion}, then run{recreation}.",
        person=True,
    )
