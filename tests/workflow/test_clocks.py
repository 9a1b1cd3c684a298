# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clocks that differ: Entra ID's from AWS's by less than either tolerates, and this machine's from AWS's by more."""

from __future__ import annotations

import pytest
from playbooks import Playbooks
from rotations import INVENTORY, USERS, VARIABLES, Federation
from seeds import fill

from federation_sandbox import http_sign_in
from federation_sandbox.testing import Sandbox


@pytest.mark.parametrize("skew", [90.0, pytest.param(-90.0, marks=pytest.mark.soak)])
def test_clouds_whose_clocks_differ(sandbox: Sandbox, playbooks: Playbooks, skew: float) -> None:
    """What Entra ID makes begins after AWS's now, or long before: federated, checked, rotated, and agents get in."""
    sandbox.world.reset()
    fill(sandbox)
    sandbox.world.settings.change({"entra_clock_skew": skew, "limits": False})
    site = playbooks.succeed("site", INVENTORY, variables=VARIABLES)
    assert site.table()["demo"][:2] == ["yes", "passed"]
    federation = Federation(sandbox, playbooks, site)

    def get_in() -> list[bool]:
        return [http_sign_in.sign_in(sandbox.environment, federation.url, user).ok for user in USERS]

    assert get_in() == [True] * len(USERS)
    federation.rotate(certificate_rotation_now=True)
    assert get_in() == [True] * len(USERS)
    federation.later(8)
    federation.rotate()
    federation.check_rotated()
    assert get_in() == [True] * len(USERS)


@pytest.mark.parametrize("skew", [3600.0, pytest.param(-3600.0, marks=pytest.mark.soak)])
def test_a_wrong_clock_of_this_machine_is_reported(sandbox: Sandbox, playbooks: Playbooks, skew: float) -> None:
    """AWS takes no request that was signed more than five minutes ago or ahead; nothing is written to either cloud."""
    sandbox.world.reset()
    fill(sandbox)
    sandbox.world.settings.change({"aws_clock_skew": skew})
    message = playbooks.fail("site", INVENTORY, variables=VARIABLES).table()["demo"][2]
    assert "clock of the machine that runs this task" in message
    assert sandbox.world.traffic.writes() == []
