# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What can be wrong with the agents that a task wants, found before the first write. Pure once the directory is
read.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._access import listed
from ansible_collections.openccp.federation.plugins.module_utils._attributes import Settings
from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import (
    CHANNELS,
    PHONE,
    TEXTS,
    text,
)
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import object_id
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._saml import session_names
from ansible_collections.openccp.federation.plugins.module_utils._words import counted

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._connect.directory import Directory

CHANNELS_BOTOCORE: t.Final = "1.42.46"
LONGEST_AFTER_CONTACT_WORK: t.Final = 2_000_000
#: How many agents a message names that says the same of more.
NAMED: t.Final = 5
#: AWS takes 50; the collection's own say who made the agent, who that is in Entra, and which contact details were
#: written.
MOST_TAGS: t.Final = 47

_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TAG_KEY = re.compile(r"(?!aws:)[\w\s.:/=+\-@]{1,128}")
_NEEDED_BY_A_NEW_USER: t.Final = ("first_name", "last_name", "security_profiles", "routing_profile")
_LONGEST: t.Final = {"first_name": 255, "last_name": 300}


@dataclass(frozen=True)
class Problem:
    """Why an agent cannot be configured as requested. look_alike_of: the username from which that of the agent differs
    only in case.
    """

    username: str
    reason: str
    look_alike_of: str = ""


def canonical(agent: t.Mapping[str, t.Any], directory: Directory) -> tuple[Settings, list[Problem]]:
    """The desired state of an agent with composed characters and with names instead of ids, and the references that
    lead nowhere.
    """
    settings = dict(agent)
    problems = []
    for option in TEXTS:
        if settings.get(option) is not None:
            settings[option] = text(settings[option])
    if settings.get("tags") is not None:
        settings["tags"] = {str(key): str(value) for key, value in settings["tags"].items()}
    if settings.get("person_id"):
        settings["person_id"] = object_id(settings["person_id"])

    def resolved(names: t.Any, reference: str) -> str:
        try:
            return str(names.name(names.id(reference)))
        except (Conflict, NotFound) as error:
            problems.append(Problem(agent["username"], str(error)))
            return reference

    if settings.get("security_profiles") is not None:
        settings["security_profiles"] = sorted(
            {resolved(directory.security_profiles, profile) for profile in settings["security_profiles"]}
        )
    if settings.get("routing_profile"):
        settings["routing_profile"] = resolved(directory.routing_profiles, settings["routing_profile"])
    if settings.get("hierarchy_group"):
        settings["hierarchy_group"] = resolved(directory.hierarchy_groups, settings["hierarchy_group"])
    return settings, problems


def problems(
    agents: t.Sequence[Settings],
    usernames: t.Collection[str],
    findings: t.Iterable[Problem] = (),
    *,
    lacking: t.Collection[str] = (),
) -> list[Problem]:
    """Every problem of every agent.

    usernames: those that exist. found: problems known already. lacking: options that the installed botocore does not
    know.
    """
    folded = _by_fold({*usernames, *(agent["username"] for agent in agents)})
    counts = Counter(agent["username"] for agent in agents)
    known = [*findings, *(Problem(name, "it is listed more than once.") for name, count in counts.items() if count > 1)]
    known.extend(_same_person(agents))
    for agent in agents:
        known.extend(_problems(agent, exists=agent["username"] in usernames, lacking=lacking))
        known.extend(_look_alikes(agent["username"], usernames, folded))
    return known


def _same_person(agents: t.Sequence[Settings]) -> t.Iterator[Problem]:
    """A person has one agent: one who is listed under several usernames is refused under each."""
    usernames: dict[str, set[str]] = {}
    for agent in agents:
        if agent.get("person_id"):
            usernames.setdefault(agent["person_id"], set()).add(agent["username"])
    for person_id, names in usernames.items():
        for name in sorted(names) if len(names) > 1 else ():
            others = ", ".join(map(repr, sorted(names - {name})))
            yield Problem(
                name,
                (
                    f"the same person (person_id {person_id}) is listed as {others} too, and can sign in as one agent "
                    f"only."
                ),
            )


def refuse(problems: t.Sequence[Problem]) -> None:
    """Raise one error that names them all, if there are any."""
    if problems:
        raise _error(problems)


def warnings(names: t.Iterable[str], usernames: t.Collection[str]) -> list[str]:
    """What is odd about agents that nevertheless exist, and agents that are only there in another spelling."""
    folded = _by_fold(usernames)
    messages = []
    for name in names:
        others = session_names.look_alikes(name, folded.get(name.lower(), ()))
        if others:
            messages.append(
                f"The username {name!r} differs from {', '.join(map(repr, others))} in upper and lower case only; "
                f"those are other users."
            )
        if name in usernames:
            messages.extend(
                f"The user {name!r} exists, but cannot sign in by SAML. {reason}"
                for reason in session_names.problems(name)
            )
    return messages


def _error(problems: t.Sequence[Problem]) -> InvalidInput | Conflict:
    kind = Conflict if all(problem.look_alike_of for problem in problems) else InvalidInput
    names = dict.fromkeys(problem.username for problem in problems)
    by_reason: dict[str, dict[str, None]] = {}
    for problem in problems:
        by_reason.setdefault(problem.reason, {})[problem.username] = None
    reasons = " ".join(f"{_named(list(usernames))}: {reason}" for reason, usernames in by_reason.items())
    faults = [{"reason": reason, "usernames": list(usernames)} for reason, usernames in by_reason.items()]
    return kind(
        f"{counted(len(names), 'agent')} cannot be configured as requested. {reasons}",
        hint="Nothing was changed.",
        problems=faults,
    )


def _named(usernames: t.Sequence[str]) -> str:
    names = listed([repr(username) for username in usernames], NAMED)
    return names if len(usernames) == 1 else f"{counted(len(usernames), 'agent')} ({names})"


def _problems(agent: Settings, *, exists: bool, lacking: t.Collection[str]) -> t.Iterator[Problem]:
    name = agent["username"]
    reasons = [] if exists else [f"the username cannot sign in. {reason}" for reason in session_names.problems(name)]
    reasons.extend(_identity_problems(agent))
    reasons.extend(_phone_problems(agent))
    unknown = [option for option in lacking if agent.get(option) is not None]
    reasons.extend(
        f"{option} needs a newer botocore on the host that runs the module; {CHANNELS_BOTOCORE} has it."
        for option in unknown
    )
    if agent.get("channels"):
        reasons.extend(_channel_problems(agent))
    reasons.extend(_tag_problems(agent.get("tags") or {}))
    if not exists:
        missing = [option for option in _NEEDED_BY_A_NEW_USER if not agent.get(option)]
        if missing:
            reasons.append(f"the user does not exist yet, and {', '.join(missing)} is required to create it.")
    count = len(agent["security_profiles"]) if agent.get("security_profiles") is not None else 1
    if not 1 <= count <= 10:
        reasons.append(f"a user has 1 to 10 security profiles, not {count}.")
    if agent.get("routing_profile") == "" and exists:
        reasons.append("a user always has a routing profile.")
    return (Problem(name, reason) for reason in reasons)


def _identity_problems(agent: Settings) -> t.Iterator[str]:
    if agent.get("email"):
        yield (
            "email is refused: on a SAML instance Amazon Connect takes no Email; give secondary_email, which is "
            "where notifications go."
        )
    for option, longest in _LONGEST.items():
        if len(agent.get(option) or "") > longest:
            yield f"{option} has more than {longest} characters."
    for option in ("first_name", "last_name"):
        if agent.get(option) == "":
            yield f"{option} may not be empty: with SAML, Amazon Connect needs both names."
    if agent.get("secondary_email") and not _EMAIL.fullmatch(agent["secondary_email"]):
        yield f"secondary_email {agent['secondary_email']!r} is not an e-mail address."
    if agent.get("mobile") and not _E164.fullmatch(agent["mobile"]):
        yield f"mobile {agent['mobile']!r} is not in E.164 form, such as +4930123456."


def _phone_problems(agent: Settings) -> t.Iterator[str]:
    if agent.get("desk_phone_number") and not _E164.fullmatch(agent["desk_phone_number"]):
        yield f"desk_phone_number {agent['desk_phone_number']!r} is not in E.164 form, such as +4930123456."
    if agent.get("phone_type") == "desk_phone" and not agent.get("desk_phone_number"):
        yield "phone_type desk_phone needs desk_phone_number."
    yield from _limit_problems("after_contact_work_time_limit", agent.get("after_contact_work_time_limit"))


def _channel_problems(agent: Settings) -> t.Iterator[str]:
    both = [attr.option for attr in PHONE if agent.get(attr.option) is not None]
    if both:
        yield f"channels excludes {', '.join(both)}: they are settings of all channels at once; give them in channels."
    for channel, settings in agent["channels"].items():
        options = {option: value for option, value in (settings or {}).items() if value is not None}
        for attr in CHANNELS:
            if attr.option not in options:
                continue
            if attr.voice_only and channel != "voice":
                yield f"channels.{channel} has no {attr.option}: only voice has."
            for other in CHANNELS:
                if other.required_in_entry and other.configs == attr.configs and other.option not in options:
                    yield f"channels.{channel}.{attr.option} needs channels.{channel}.{other.option}."
            if attr.option.endswith("time_limit"):
                yield from _limit_problems(f"channels.{channel}.{attr.option}", options[attr.option])
        if options.get("phone_type") == "desk_phone" and not options.get("phone_number"):
            yield f"channels.{channel}.phone_type desk_phone needs phone_number."
        if options.get("phone_number") and not _E164.fullmatch(options["phone_number"]):
            yield (
                f"channels.{channel}.phone_number {options['phone_number']!r} is not in E.164 form, such as "
                f"+4930123456."
            )


def _limit_problems(option: str, seconds: int | None) -> t.Iterator[str]:
    if seconds is not None and not 0 <= seconds <= LONGEST_AFTER_CONTACT_WORK:
        yield f"{option} is in seconds, from 0 (no limit) to {LONGEST_AFTER_CONTACT_WORK}, not {seconds}."


def _tag_problems(tags: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for key, value in tags.items():
        if not _TAG_KEY.fullmatch(key):
            yield f"{key!r} is not a key for a tag."
        if len(str(value)) > 256:
            yield f"the tag {key!r} has more than 256 characters."
    if len(tags) > MOST_TAGS:
        yield f"a user has at most {MOST_TAGS} tags beside the collection's own, not {len(tags)}."


def _by_fold(usernames: t.Iterable[str]) -> dict[str, list[str]]:
    folded: dict[str, list[str]] = {}
    for username in usernames:
        folded.setdefault(username.lower(), []).append(username)
    return folded


def _look_alikes(username: str, usernames: t.Collection[str], folded: t.Mapping[str, list[str]]) -> t.Iterator[Problem]:
    if username in usernames:
        return
    for other in session_names.look_alikes(username, folded[username.lower()]):
        if other in usernames:
            yield Problem(
                username,
                f"the user {other!r} exists, which differs in upper and lower case only. Usernames are "
                f"case-sensitive and cannot be "
                "changed: give the existing spelling and let the claim send it so, or delete that user first. If it "
                "is the same "
                "person, connect_users renames the agent once that user bears the person's person_id.",
                look_alike_of=other,
            )
        else:
            yield Problem(
                username,
                f"it is listed as {other!r} too, which differs in upper and lower case only.",
                look_alike_of=other,
            )
