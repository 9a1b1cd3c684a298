# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a way to break a federation is, and what several of them share."""

from __future__ import annotations

import dataclasses
import typing as t

from live_federation import JANE, LiveFederation

from federation_sandbox import http_sign_in

Act = t.Callable[[LiveFederation], t.Any]


@dataclasses.dataclass(frozen=True)
class Misconfiguration:
    """One way to break it.

    advice: words of the fix, which is then followed to the letter, or by mends where it is for a person to do by hand.
    user: who signs in. status: of the finding. follows: hops that fail as a direct consequence. destination: of the
    agents, as the federation is meant to be. has_page: whether agents work in a page of one's own. application:
    options that the healthy one has.
    """

    name: str
    hop: str
    breaks: Act
    advice: str
    mends: Act | None = None
    user: str = JANE
    status: str = "fail"
    follows: tuple[str, ...] = ()
    destination: str | None = "/ccp-v2"
    has_page: bool = False
    application: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    def seen(self, live: LiveFederation) -> http_sign_in.SignIn:
        """What the agent sees."""
        return live.open_page(self.user) if self.has_page else live.sign_in(self.user)

    def report(self, live: LiveFederation) -> dict[str, t.Any]:
        """What the check says."""
        return live.check(self.user, destination=self.destination, pages=[live.page] if self.has_page else None)


def have_application(live: LiveFederation) -> None:
    live.have_application()


def have_provider(live: LiveFederation) -> None:
    live.have_provider()


def have_role(live: LiveFederation) -> None:
    live.have_role()


def have_user(live: LiveFederation) -> None:
    live.have_user()


def set_claim(name: str, *entries: dict[str, str]) -> Act:
    return lambda live: live.set_claim(name, *entries)
