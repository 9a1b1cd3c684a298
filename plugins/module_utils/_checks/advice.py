# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The fix for a hop, which can be followed literally: a module with its options in YAML, from nothing but what is
known.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks.claimed import seconds_of
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import ConnectUser, Person
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import parse_role_arn
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import reply_url
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.claim_values import only

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path

AGENT_PROFILE: t.Final = "Agent"
ROUTING_PROFILE: t.Final = "Basic Routing Profile"
"""What each instance is made with."""

_PLAIN: t.Final = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")
_NO_TEXT: t.Final = frozenset({"true", "false", "yes", "no", "on", "off", "null"})


def flow(value: t.Any) -> str:
    """A value in YAML, on one line."""
    if isinstance(value, t.Mapping):
        return "{" + ", ".join(f"{key}: {flow(element)}" for key, element in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if isinstance(value, int) or (_PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT):
        return text
    return "'" + text.replace("'", "''") + "'"


def run(module: str, options: t.Mapping[str, t.Any]) -> str:
    """How a module is run; options that are not known, or empty, are left out."""
    arguments = ", ".join(f"{name}: {flow(value)}" for name, value in options.items() if value not in (None, "", ()))
    return f"Run {module} with {arguments}" if arguments else f"Run {module}"


def application(path: Path, **options: t.Any) -> str:
    """azure_saml_app for this application."""
    app = path.facts.application
    return run("azure_saml_app", {"app_id": app.app_id if app else None, **options})


def claimed_pair(path: Path) -> str:
    """How the application comes to claim the role and the provider of the federation."""
    pair = _pair(path)
    if pair is None:
        return (
            "Run azure_saml_app with the ARNs that connect_federation_role and iam_saml_provider return, as its "
            "role_claims"
        )
    return application(path, role_claims=[pair])


def whole_claims(path: Path) -> str:
    """How the application comes to send every claim that AWS needs."""
    pair = _pair(path)
    if pair is None:
        return f"{claimed_pair(path)}, and with session_name_source"
    source = path.fitting_source or "userprincipalname"
    return application(path, session_name_source=source, role_claims=[pair], session_duration=longest_session(path))


def longest_session(path: Path) -> int:
    """The longest session that the role allows, or that every role does."""
    return path.role.max_session_duration if path.role else claims.LEAST_MAX_SESSION


def _pair(path: Path) -> dict[str, str] | None:
    role_arn, provider_arn = path.role_arn, path.provider_arn
    return {"role_arn": role_arn, "provider_arn": provider_arn} if role_arn and provider_arn else None


def provider(path: Path, **options: t.Any) -> str:
    """iam_saml_provider with the application's metadata, or with other options."""
    name = (path.provider_arn or "").partition(":saml-provider/")[2]
    url = path.facts.application.metadata_url if path.facts.application else None
    if not name or not (url or options):
        return "Run iam_saml_provider with the application's metadata"
    app_id_in_issuer = path.policy is not None and path.policy.issuer_with_application_id
    metadata = {"metadata_url": url, "entity_id": path.issuer if app_id_in_issuer else None}
    return run("iam_saml_provider", {"name": name, **(options or metadata)})


def role(path: Path, **options: t.Any) -> str:
    """connect_federation_role as this federation needs it, and with other options."""
    if path.role_arn is None or path.provider_arn is None:
        return "Run connect_federation_role"
    arn = parse_role_arn(path.role_arn)
    everybody = [claimed for dummy, claimed in path.everybody]
    needed = {
        "name": arn.name,
        "path": arn.path if arn.path != "/" else None,
        "saml_provider_arns": [path.provider_arn],
        "reply_urls": path.reply_urls_at_aws or [reply_url(path.desired.partition, path.desired.home.region)],
        "instance_arns": [path.desired.instance_arn],
        "tag_session": any(claimed.sent_tags() for claimed in everybody) or None,
        "set_source_identity": any(claimed.value(claims.SOURCE_IDENTITY).values for claimed in everybody) or None,
        "max_session_duration": _longest_claimed(path) if path.role is None else None,
    }
    return run("connect_federation_role", needed | options)


def _longest_claimed(path: Path) -> int | None:
    """The longest session that is claimed, when a role has to allow more than any role does."""
    texts = (only(claimed.value(claims.SESSION_DURATION)) for dummy, claimed in path.everybody)
    longest = max((seconds_of(text or "") or 0 for text in texts), default=0)
    return longest if longest > claims.LEAST_MAX_SESSION else None


def user(path: Path, person: Person, username: str, **more: t.Any) -> str:
    """connect_users with this person as an agent; names that the directory does not have are made of the username."""
    local = username.partition("@")[0]
    names = {
        "first_name": person.attributes.get("givenname") or local,
        "last_name": person.attributes.get("surname") or local,
    }
    known = {"person_id": person.id} if more else {}
    agent = {
        "username": username,
        **names,
        **known,
        "security_profiles": [AGENT_PROFILE],
        "routing_profile": ROUTING_PROFILE,
    }
    return run("connect_users", {"instance_id": path.desired.home.instance_id, "users": [agent], **more})


def renamed_user(path: Path, person: Person, username: str, former: ConnectUser) -> str:
    """connect_users that recreates the agent with this username and deletes the former agent."""
    return user(path, person, username, renames="recreate", manage_unowned=None if former.managed else True)


def user_with_panel(path: Path, username: str) -> str:
    """connect_users with a security profile that opens the Contact Control Panel."""
    agent = {"username": username, "security_profiles": [AGENT_PROFILE]}
    return run("connect_users", {"instance_id": path.desired.home.instance_id, "users": [agent]})


def deletion_of_users(path: Path, usernames: t.Iterable[str]) -> str:
    """connect_users that deletes users."""
    agents = [{"username": username} for username in usernames]
    return run("connect_users", {"instance_id": path.desired.home.instance_id, "state": "absent", "users": agents})


def lower(advised: str) -> str:
    """Advice as the rest of a sentence."""
    return advised[0].lower() + advised[1:]
