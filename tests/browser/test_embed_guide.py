# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever follows the guide on the sandbox, command by command, gets to a panel in a page."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import embedded_panel
import pytest

from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox
from npm_packages import STREAMS
from support import CHECKOUT

GUIDE: t.Final = CHECKOUT / "docs" / "embed.md"

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(
        not STREAMS.exists(), reason=f"{STREAMS.name} is not there: run make page-libraries, which needs npm"
    ),
]


def test_the_commands_of_the_guide_lead_to_a_panel_in_a_page(
    running: Sandbox, new_context: t.Any, tmp_path: Path
) -> None:
    seed = json.loads((CHECKOUT / "sandbox" / "demo.json").read_text(encoding="utf-8"))
    running.world.reset()
    clouds.seed(running.world, seed["clouds"])
    for name in ("inventories", "ansible.cfg", ".cache"):
        (tmp_path / name).symlink_to(CHECKOUT / name)
    (tmp_path / ".sandbox").mkdir()
    exported = {**running.environment, **seed["environment"], "FEDERATION_SANDBOX": running.url}
    variables = [f"export {name}={value!r}" for name, value in exported.items()]
    (tmp_path / ".sandbox" / "env").write_text("\n".join(variables), encoding="utf-8")
    tools = tmp_path / ".venv-demo" / "bin"
    tools.mkdir(parents=True)
    (tools / "ansible-playbook").symlink_to(Path(sys.executable).with_name("ansible-playbook"))
    (tools / "chromium").write_text("#!/bin/sh\nfor last; do :; done; echo $last >.sandbox/opened\n", encoding="utf-8")
    (tools / "chromium").chmod(0o755)

    text = GUIDE.read_text(encoding="utf-8")
    (commands,) = re.findall(
        r"<!-- commands: the panel on the sandbox -->\n```console\n(.*?)```", text, flags=re.DOTALL
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=tmp_path,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    address = (tmp_path / ".sandbox" / "opened").read_text(encoding="utf-8").strip()
    preferences = json.loads(
        (tmp_path / ".sandbox" / "browser" / "Default" / "Preferences").read_text(encoding="utf-8")
    )
    assert preferences["profile"] == {"block_third_party_cookies": False, "cookie_controls_mode": 0}

    page = new_context.profile(tmp_path / "profile").new_page()
    embedded_panel.open_page(page, address)
    window = embedded_panel.start(page)
    embedded_panel.fill(page, window, "jane.doe@example.com")
    embedded_panel.wait_for_panel(page)
