# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands by which a hand-over file is signed and verified, as docs/fleets.md has them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest

from support import CHECKOUT

CONSOLE: t.Final = re.compile(r"```console\n(.*?)```", re.DOTALL)
FILE: t.Final = "demo.entra.json"


def documented(operation: str) -> str:
    """The command with that operation of ssh-keygen, without the run that follows it."""
    text = (CHECKOUT / "docs" / "fleets.md").read_text(encoding="utf-8")
    (command,) = (block for block in CONSOLE.findall(text) if f"ssh-keygen -Y {operation}" in block)
    return str(command).partition("&&")[0]


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a documented command where its folders are those of the test."""
    fitted = command.replace("/srv/handover", str(folder)).replace("~/.ssh", str(folder))
    environment = {**os.environ, "HOME": str(folder)}
    return subprocess.run(fitted, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen of OpenSSH is not there")
def test_a_signed_file_is_taken_and_one_that_was_changed_is_not(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"result": {"metadata_xml": "<EntityDescriptor/>"}}', encoding="utf-8")
    key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "id_ed25519")]
    subprocess.run(key, check=True)
    public = (tmp_path / "id_ed25519.pub").read_text(encoding="utf-8")
    (tmp_path / "allowed_signers").write_text(f"identity-team {public}", encoding="utf-8")
    signed = shell(documented("sign"), tmp_path)
    assert signed.returncode == 0, signed.stderr
    verified = shell(documented("verify"), tmp_path)
    assert verified.returncode == 0, verified.stderr
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write(" ")
    assert shell(documented("verify"), tmp_path).returncode != 0
