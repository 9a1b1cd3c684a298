# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The instance, and the page of one's own to which it sends agents on."""

from __future__ import annotations

import typing as t

from patient import Patient

from illnesses.illness import Illness


def _delete(patient: Patient) -> None:
    patient.connect.delete_instance(InstanceId=patient.instance["id"])


def _make_anew(patient: Patient) -> None:
    """What site.yml does for an alias: aliases of deleted instances stay taken for a while."""
    patient.have_instance("example-anew")
    patient.have_application()
    patient.have_role()
    patient.have_user()


def _destination_elsewhere(patient: Patient) -> None:
    """A page of one's own on which agents shall land, whose origin was withdrawn."""
    patient.set_relay_state(patient.relay_state.replace("%2Fccp-v2", "https%3A%2F%2Fdesk.example.com"))


INSTANCE: t.Final = (
    Illness("instance-deleted", "instance", _delete, "connect_instance", mends=_make_anew),
    Illness(
        "destination-not-approved",
        "approved_origins",
        _destination_elsewhere,
        "connect_approved_origin",
        mends=lambda p: p.have("connect_approved_origin", instance_id=p.instance["id"], origins={"add": ["https://desk.example.com"]}),
        destination="https://desk.example.com",
    ),
)
