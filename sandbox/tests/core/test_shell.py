# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a shell sources: the clients' way in, and the way out that leaves nothing behind."""

from __future__ import annotations

import collections.abc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from federation_sandbox import shell
from support import HANGS

SHELLS: t.Final = [name for name in ("bash", "dash", "zsh", "busybox") if shutil.which(name)]
FOREIGN: t.Final = {
    "AWS_PROFILE": "prod'uction",
    "AWS_SESSION_TOKEN": "t",
    "AZURE_CLIENT_SECRET": "my own",
    "HTTPS_PROXY": "http://proxy:1",
}
#: variables that shells keep for themselves
OWN: t.Final = re.compile(r"(_|SHLVL|PWD|OLDPWD|LINES|COLUMNS|PS1)=")
VARIABLES: t.Final = {
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "AWS_REGION": "eu-central-1",
    "AZURE_CLIENT_SECRET": "it's $HOME `secret`",
}


def run(name: str, script: str) -> subprocess.CompletedProcess[str]:
    """A script in a shell whose environment has somebody's own credentials."""
    command = [name, "sh", "-c", script] if name == "busybox" else [name, "-c", script]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "KEPT": "as it is", **FOREIGN}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=HANGS)


def settings(output: str) -> list[str]:
    return sorted(line for line in output.splitlines() if not OWN.match(line))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "a folder" / "env"
    file.parent.mkdir()
    file.write_text(shell.script(VARIABLES, os.getpid(), "http://127.0.0.1:1"), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", SHELLS)
def test_the_clients_of_a_shell_are_led_to_the_sandbox(name: str, file: Path) -> None:
    done = run(name, f"set -eu; . '{file}'; env")
    assert done.stderr == ""
    variables = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    assert {key: variables[key] for key in VARIABLES} == VARIABLES
    assert variables[shell.ACTIVE] == "http://127.0.0.1:1"
    assert [key for key in ("AWS_PROFILE", "AWS_SESSION_TOKEN") if key in variables] == []
    assert variables["KEPT"] == "as it is"


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize("times", [1, 2])
def test_deactivate_sandbox_leaves_nothing_behind(name: str, times: int, file: Path) -> None:
    inside = f". '{file}'; " * times
    script = f"""PS1='$ '; {inside} [ "$PS1" = '(sandbox) $ ' ]; deactivate_sandbox; echo "$PS1" >&2"""
    done = run(name, f"set -eu; env; echo =====; {script}; env; set | grep -c ^_sandbox_ || true")
    before, after = done.stdout.split("=====\n")
    assert settings(after) == [*settings(before), "0"] or settings(after) == ["0", *settings(before)]
    assert done.stderr == "$ \n"


@pytest.mark.parametrize("name", SHELLS)
def test_a_file_of_a_sandbox_that_has_ended_says_so_and_sets_nothing(name: str, tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    file = tmp_path / "env"
    file.write_text(shell.script(VARIABLES, ended.pid, "http://127.0.0.1:1"), encoding="utf-8")
    done = run(name, f". '{file}' || echo refused; env")
    assert f"This file is of a sandbox that has ended (process {ended.pid})." in done.stderr
    assert done.stdout.startswith("refused\n")
    assert f"AWS_PROFILE={FOREIGN['AWS_PROFILE']}" in done.stdout.splitlines()
    assert shell.ACTIVE not in done.stdout


@pytest.fixture
def served(tmp_path: Path) -> collections.abc.Iterator[tuple[subprocess.Popen[str], Path]]:
    """A sandbox that is served with a seed, once it listens."""
    seed, folder = tmp_path / "seed.json", tmp_path / "kept"
    content = {"environment": {"AZURE_CLIENT_ID": "x"}, "clouds": {"aws": {"accounts": [{"id": "111122223333"}]}}}
    seed.write_text(json.dumps(content), encoding="utf-8")
    command = [sys.executable, "-m", "federation_sandbox", "serve", "--seed", seed, "--folder", folder, "--closed"]
    command += ["--region", "us-west-2", "--export", "EXTRA"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "EXTRA": "1"}) as process:
        assert process.stdout is not None
        assert "listens at" in process.stdout.readline()
        yield process, folder / "env"
        process.kill()


ASK: t.Final = (
    "import os, urllib.request as u; print(u.urlopen(os.environ['FEDERATION_SANDBOX'] + '/sandbox/clock').read())"
)


def test_the_file_is_there_as_long_as_the_sandbox_is(served: tuple[subprocess.Popen[str], Path]) -> None:
    process, file = served
    assert file.stat().st_mode & 0o777 == 0o600
    done = run(
        "bash", f'. "{file}"; echo $AWS_DEFAULT_REGION $AWS_REGION $AZURE_CLIENT_ID $EXTRA; {sys.executable} -c "{ASK}"'
    )
    assert done.stdout.splitlines()[0] == "us-west-2 us-west-2 x 1"
    assert "now" in done.stdout
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=HANGS) == 0
    assert not file.exists()


ENDPOINTS: t.Final = "import boto3; print([boto3.client(s).meta.endpoint_url for s in ('s3', 'cognito-idp')])"


def test_no_configured_endpoint_leads_past_the_sandbox(
    served: tuple[subprocess.Popen[str], Path], tmp_path: Path
) -> None:
    """A variable that the shell's user has set for one service, and a configuration file."""
    (tmp_path / "config").write_text("[default]\nendpoint_url = https://elsewhere.example\n", encoding="utf-8")
    own = {
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "https://elsewhere.example",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
    }
    done = subprocess.run(
        ["sh", "-c", f'. "{served[1]}"; {sys.executable} -c "{ENDPOINTS}"'],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_CONFIG_FILE": str(tmp_path / "config"), **own},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert done.stdout.split() == [
        "['https://s3.us-west-2.amazonaws.com',",
        "'https://cognito-idp.us-west-2.amazonaws.com']",
    ]


@pytest.mark.parametrize("seed", ["{", '{"gcp": {}}', '{"clouds": {}, "enviroment": {}}', None])
def test_a_seed_that_cannot_be_used_is_reported(seed: str | None, tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    if seed is not None:
        file.write_text(seed, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "federation_sandbox",
        "serve",
        "--seed",
        str(file),
        "--folder",
        str(tmp_path / "kept"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANGS)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(f"The seed {file} cannot be used: ")
