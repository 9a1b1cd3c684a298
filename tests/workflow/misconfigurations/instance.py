# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The instance, and the page of one's own to which it sends agents on."""

from __future__ import annotations

import typing as t

from live_federation import LiveFederation

from misconfigurations.misconfiguration import Misconfiguration


def _delete(live: LiveFederation) -> None:
    live.connect.delete_instance(InstanceId=live.instance["id"])


def _make_anew(live: LiveFederation) -> None:
    """What site.yml does for an alias: aliases of deleted instances stay taken for a while."""
    live.have_instance("example-anew")
    live.have_application()
    live.have_role()
    live.have_user()


def _destination_elsewhere(live: LiveFederation) -> None:
    """A page of one's own on which agents shall land, whose origin was withdrawn."""
    live.set_relay_state(live.relay_state.replace("%2Fccp-v2", "https%3A%2F%2Fdesk.example.com"))


INSTANCE: t.Final = (
    Misconfiguration("instance-deleted", "instance", _delete, "connect_instance", mends=_make_anew),
    Misconfiguration(
        "destination-not-approved",
        "approved_origins",
        _destination_elsewhere,
        "connect_approved_origin",
        mends=lambda p: p.have(
            "connect_approved_origin", instance_id=p.instance["id"], origins={"add": ["https://desk.example.com"]}
        ),
        destination="https://desk.example.com",
    ),
)
