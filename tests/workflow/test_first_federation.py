# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever begins at the first page of the site gets to a federation, to the objects in AWX, to a new certificate and to
a teardown with the commands of the pages alone.
"""

from __future__ import annotations

import collections.abc
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from documented import Block, named_blocks
from fake_awx import AWX, TOKEN, running
from processes import wait_for
from support import CHECKOUT, ansible_environment

INDEX: t.Final = CHECKOUT / "docs" / "site" / "index.md"
FIRST: t.Final = CHECKOUT / "docs" / "first-federation.md"
AWX_PAGE: t.Final = CHECKOUT / "docs" / "awx.md"
#: what a checkout has for its reader
CONTENTS: t.Final = ("inventories", "awx", "ansible.cfg", "sandbox")
#: what an installed collection may use when it runs; all else in its archive is for people
RUNNING: t.Final = ("meta", "plugins", "roles", "playbooks")
NIA: t.Final = "nia.nkosi@example.com"


class Reader:
    """Somebody with a checkout and a shell, who copies one block after the other. outputs: what each printed.

    The collection that runs has the folders alone that it may use.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outputs: dict[str, str] = {}
        for name in CONTENTS:
            (folder / name).symlink_to(CHECKOUT / name)
        self.collections = folder / ".cache" / "collections"
        for name in RUNNING:
            copy = self.collections / "ansible_collections" / "openccp" / "federation" / name
            shutil.copytree(CHECKOUT / name, copy, ignore=shutil.ignore_patterns("__pycache__"))
        self.tools = folder / ".venv-demo" / "bin"
        self.tools.mkdir(parents=True)
        (self.tools / "ansible-playbook").symlink_to(Path(sys.executable).with_name("ansible-playbook"))

    def copy(self, block: Block) -> str:
        """Run a block in the shell as the blocks before it left it: what they exported is there."""
        state = self.folder / "exported"
        before = f"source {state}\n" if state.exists() else ""
        script = f"{before}{block.text}\nexport -p >{state}\n"
        usual = ansible_environment({"HOME": str(self.folder), "PATH": os.environ["PATH"]})
        environment = {name: value for name, value in usual.items() if not name.startswith(("ANSIBLE_", "PYTHON"))}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == block.fails, f"{block.name} ended with {done.returncode}:\n{done.stdout}"
        assert "Traceback" not in done.stdout
        self.outputs[block.name] = done.stdout
        return done.stdout

    @contextlib.contextmanager
    def sandbox(self) -> collections.abc.Iterator[None]:
        """What make sandbox starts, as the Makefile has it."""
        makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
        (command,) = re.findall(r"^\t\$\(DEMO\)/python (-m federation_sandbox serve .*)$", makefile, re.MULTILINE)
        exported = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(self.collections)}
        process = subprocess.Popen(
            [sys.executable, *command.split()], cwd=self.folder, env=exported, stdout=subprocess.PIPE, text=True
        )
        try:
            wait_for(lambda: (self.folder / ".sandbox" / "env").exists() or process.poll() is not None, "the sandbox")
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()


def installs_from_galaxy(reader: Reader) -> None:
    """A command in the place of ansible-galaxy, which would fetch what this environment has."""
    command = reader.tools / "ansible-galaxy"
    command.write_text('#!/bin/sh\necho "$@" >>installed\n', encoding="utf-8")
    command.chmod(0o755)


def of_this_awx(block: Block, environment: t.Mapping[str, str]) -> Block:
    """The block with the address and the token of an AWX in the place of the examples."""
    fitted = block.text.replace("https://awx.example.com", environment["CONTROLLER_HOST"]).replace("…", TOKEN)
    return block._replace(text=fitted)


def set_up_awx(reader: Reader) -> AWX:
    """The second step of the page on AWX, and the credentials that it tells people to make by hand."""
    installs_from_galaxy(reader)
    first, second = named_blocks(AWX_PAGE)
    with running() as (awx, environment):
        reader.copy(of_this_awx(first, environment))
        for name in ("Entra", "AWS"):
            awx.make("credentials", {"name": name})
        reader.copy(second)
    assert (reader.folder / "installed").read_text(encoding="utf-8") == "collection install awx.awx\n"
    return awx


def test_the_first_page_leads_to_the_pages_of_this_walk() -> None:
    text = INDEX.read_text(encoding="utf-8")
    places = [text.index(f"<pages/{page.stem}>") for page in (FIRST, AWX_PAGE)]
    assert places == sorted(places)


@pytest.mark.soak
def test_the_pages_lead_from_nothing_to_a_federation_and_to_a_new_certificate(tmp_path: Path) -> None:
    pytest.importorskip("ansible_collections.awx.awx", reason="awx.awx comes with the ansible package up to 13")
    reader = Reader(tmp_path)
    blocks = {block.name: block for block in named_blocks(FIRST)}
    names = list(blocks)
    later = names.index("time passes")
    with reader.sandbox():
        for name in names[:later]:
            reader.copy(blocks[name])
        awx = set_up_awx(reader)
        for name in names[later:]:
            reader.copy(blocks[name])
    outputs = reader.outputs
    assert "Create the Amazon Connect instance 'example-demo'" in outputs["plan"]
    assert re.search(r"\bdemo +yes +passed", outputs["set up"])
    assert re.search(r"\bdemo +no +passed", outputs["set up again"])
    assert "AADSTS50105" in outputs["why she cannot sign in"]
    assert f"Create the agent '{NIA}'" in outputs["she joins the group"]
    assert {"Federation | Site", "Federation | Rotate certificates"} <= set(awx.all("job_templates"))
    assert "expires on" in outputs["the report on the certificate"]
    assert "Activate the new certificate of 'Amazon Connect example-demo'" in outputs["rotate the certificate"]
    assert f"Delete the agent '{NIA}'" in outputs["tear down"]
