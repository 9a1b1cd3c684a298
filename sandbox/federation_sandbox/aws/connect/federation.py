# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GetFederationToken, which signs in the agent whose username equals the role session name (facts/aws.md 1.5, 3.1,
3.3).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
import typing as t
import urllib.parse

from federation_sandbox.aws.connect.store import Instance, Item, active_instance, connect_error, reading_lag
from federation_sandbox.aws.protocol import Context, Params
from federation_sandbox.world import World

#: how long an agent stays signed in (facts/aws.md 4.1)
LASTS: t.Final = dt.timedelta(hours=12)


@dataclasses.dataclass(frozen=True)
class AgentSession:
    """An agent who is signed in to an instance."""

    instance_id: str
    user_id: str
    expires: dt.datetime


class Agents:
    """The agents that are signed in, and the role with which each agent first signed in. An agent is bound to this
    role.
    """

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._roles: dict[tuple[str, str], str] = {}
        self._sessions: dict[str, AgentSession] = {}

    def bind(self, instance: Instance, user: Item, role_id: str) -> None:
        """Bind an agent to a role permanently. Any other role is refused, even a recreated role with the same name."""
        if self._roles.setdefault((instance.id, user["Id"]), role_id) != role_id:
            message = (
                f"The user {user['Username']} is already associated with the Amazon Connect instance {instance.id}"
            )
            raise connect_error("DuplicateResourceException", message)

    def open(self, instance: Instance, user: Item) -> tuple[str, AgentSession]:
        """Sign an agent in, and return the token and its session."""
        token = secrets.token_urlsafe(48)
        self._sessions[token] = AgentSession(instance.id, user["Id"], self._clock.now() + LASTS)
        return token, self._sessions[token]

    def get(self, token: str) -> AgentSession | None:
        """The session of a token, until it expires."""
        session = self._sessions.get(token)
        return session if session and session.expires > self._clock.now() else None

    def close(self, token: str) -> None:
        """Sign out."""
        self._sessions.pop(token, None)


def get_federation_token(context: Context, params: Params) -> Item:
    """Sign in the agent whose username equals the caller's role session name, byte for byte."""
    instance, who = active_instance(context, params), context.signer
    if not who.session_name or not instance.saml:
        message = (
            f"Provided identity: Principal: {who.arn}. User: {who.user_id} cannot be used for federation with "
            f"Amazon Connect"
        )
        raise connect_error("InvalidRequestException", message)
    user_id = instance.usernames.get(who.session_name, "")
    user = instance.users.get(user_id, reading_lag(context.world))
    if user is None:
        raise connect_error(
            "UserNotFoundException", f"There is no user {who.session_name} in the Amazon Connect instance {instance.id}"
        )
    agents = context.world.state(Agents)
    agents.bind(instance, user, who.role_id)
    token, session = agents.open(instance, user)
    refresh = secrets.token_urlsafe(48)
    return {
        "Credentials": {
            "AccessToken": token,
            "AccessTokenExpiration": session.expires,
            "RefreshToken": refresh,
            "RefreshTokenExpiration": session.expires,
        },
        "SignInUrl": f"{instance.access_url}/auth/sign-in?{urllib.parse.urlencode({'code': token})}",
        "UserId": user["Id"],
        "UserArn": user["Arn"],
    }
