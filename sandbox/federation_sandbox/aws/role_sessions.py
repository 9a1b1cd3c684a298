# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Role sessions: their identity, and the credentials that STS issues for them."""

from __future__ import annotations

import datetime as dt
import typing as t

from federation_sandbox.aws.accounts import Accounts, Caller
from federation_sandbox.aws.iam.store import EffectiveRole
from federation_sandbox.service import CloudError
from federation_sandbox.world import World


def session_of(role: EffectiveRole, name: str, facts: t.Mapping[str, tuple[str, ...]] | None = None) -> Caller:
    """The identity of a role session. facts: the condition keys of the session, such as its tags."""
    _, partition, _, _, account, path = role.arn.split(":", 5)
    arn = f"arn:{partition}:sts::{account}:assumed-role/{path.rpartition('/')[2]}/{name}"
    return Caller(account, partition, arn, f"{role.id}:{name}", role.id, name, facts=facts or {})


def credentials(
    world: World, role: EffectiveRole, caller: Caller, seconds: int, end: dt.datetime | None = None
) -> dict[str, t.Any]:
    """Temporary credentials of a role session. They expire after the maximum session duration of the role, and not
    later than a given end.
    """
    if seconds > role.max_session_duration:
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise CloudError(400, "ValidationError", message)
    expires = world.clock.now().replace(microsecond=0) + dt.timedelta(seconds=seconds)
    session = world.state(Accounts).open_session(caller, min(expires, end) if end else expires)
    return {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": session.expires,
    }
