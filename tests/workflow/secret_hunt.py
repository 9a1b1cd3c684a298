# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks as loudly as Ansible can, and searches for secrets in all that they print, write, cache and tell other
processes.
"""

from __future__ import annotations

import base64
import collections.abc
import dataclasses
import json
import re
import subprocess
import threading
import typing as t
import urllib.parse
from pathlib import Path

from seeds import ACCOUNTS, CLIENT, SECRET, TENANTS, account, tenant

from federation_sandbox import clouds
from federation_sandbox.aws.accounts import Accounts
from federation_sandbox.testing import Sandbox
from key_pair import Pair, make_pair
from support import ansible_command, ansible_environment

REGION: t.Final = "eu-central-1"
PASSWORD: t.Final = "opens-the-key-of-the-tests"
KEY_SECRET: t.Final = "the-secret-access-key-of-the-tests"
KEY: t.Final = f"AKIA{ACCOUNTS['aws']}0001"
ROLE: t.Final = f"arn:aws:iam::{ACCOUNTS['aws']}:role/Automation"
#: what no run may show, whatever its value: tokens, private keys, SAML responses in either form
KINDS: t.Final = {
    "a token": re.compile(r"eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
    "a private key": re.compile(r"-----BEGIN (?:ENCRYPTED |RSA |EC )?PRIVATE KEY"),
    "a SAML response": re.compile(r"<(?:\w+:)?Response\b|PHNhbWxw|SAMLResponse="),
}
#: how an application proves who it is, and how the keys of AWS are found
WAYS: t.Final = ("secret", "secret in variables", "certificate", "federated token", "managed identity")


@dataclasses.dataclass
class Credential:
    """One way in. words: the secrets of it. files: those that hold it, which are not searched."""

    environment: dict[str, str]
    variables: dict[str, t.Any]
    words: list[str]
    files: list[Path] = dataclasses.field(default_factory=list)


def credential(way: str, pair: Pair, folder: Path) -> Credential:
    """The credentials of both clouds: in the environment, in files, or in variables and behind a role of AWS."""
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": KEY_SECRET}
    named = {"AZURE_TENANT_ID": TENANTS["public"], "AZURE_CLIENT_ID": CLIENT}
    if way == "secret":
        return Credential({**keys, **named, "AZURE_CLIENT_SECRET": SECRET}, {}, [SECRET, KEY_SECRET])
    if way == "secret in variables":
        variables = {
            "federation_entra_options": {"client_secret": SECRET},
            "federation_aws_options": {"access_key": KEY, "secret_key": KEY_SECRET},
            "federation_assume_role_arn": ROLE,
        }
        return Credential(named, variables, [SECRET, KEY_SECRET])
    if way == "managed identity":
        variables = {"federation_entra_options": {"managed_identity": True}}
        return Credential({**keys, "NO_PROXY": "", "no_proxy": ""}, variables, [KEY_SECRET])
    file = folder / "credential"
    if way == "certificate":
        file.write_bytes(pair.pem(PASSWORD.encode()))
        more = {"AZURE_CLIENT_CERTIFICATE_PATH": str(file), "AZURE_CLIENT_CERTIFICATE_PASSWORD": PASSWORD}
        lines = [line for line in file.read_text(encoding="utf-8").partition("-----BEGIN CERT")[0].splitlines() if line]
        return Credential({**keys, **named, **more}, {}, [PASSWORD, KEY_SECRET, *lines[1:-1]], [file])
    file.write_text(pair.token(), encoding="utf-8")
    token = file.read_text(encoding="utf-8")
    return Credential({**keys, **named, "AZURE_FEDERATED_TOKEN_FILE": str(file)}, {}, [token, KEY_SECRET], [file])


def fill(sandbox: Sandbox, pair: Pair, way: str) -> dict[str, t.Any]:
    """A tenant whose application proves itself in every way, an account with a role, a bucket and a user pool."""
    public = tenant("public")
    public["clients"][0] |= {
        "certificates": [pair.public_pem()],
        "federated_credentials": [pair.federated_credential()],
        "managed_identity": way == "managed identity",
    }
    place = {"account": ACCOUNTS["aws"], "region": REGION}
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{place['account']}:root"},
        "Action": "sts:AssumeRole",
    }
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = {
        "account": place["account"],
        "name": "Automation",
        "trust": {"Version": "2012-10-17", "Statement": [trust]},
        "policies": {"all": {"Version": "2012-10-17", "Statement": [everything]}},
    }
    client = {"ClientName": "web", "CallbackURLs": ["https://page.example/callback"], "GenerateSecret": True}
    flows = {"AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid"], "AllowedOAuthFlowsUserPoolClient": True}
    keys = [*account("aws")["access_keys"], {"id": KEY, "secret": KEY_SECRET}]
    aws = {
        "accounts": [{**account("aws"), "access_keys": keys}],
        "roles": [role],
        "buckets": [{**place, "name": "example-desk"}],
        "pools": [{**place, "name": "desk", "domain": "desk", "clients": [{**client, **flows}]}],
    }
    sandbox.world.reset()
    seeded = clouds.seed(sandbox.world, {"entra": {"tenants": [public]}, "aws": aws})
    return t.cast("dict[str, t.Any]", seeded["aws"]["pools"][0])


class Hunt:
    """Runs with one credential, in a folder of their own with everything that Ansible writes."""

    def __init__(self, sandbox: Sandbox, way: str, folder: Path, *, direct: bool) -> None:
        self.sandbox, self.folder = sandbox, folder
        pair = make_pair()
        self.pool = fill(sandbox, pair, way)
        self.credential = credential(way, pair, folder)
        self.words = [*self.credential.words, *(client["secret"] for client in self.pool["clients"].values())]
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / "tmp").mkdir()
        self._variables = folder / "variables.json"
        self.environment = {
            **ansible_environment({**sandbox.environment, **self.credential.environment}),
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self.home / "cache"),
            "ANSIBLE_LOCAL_TEMP": str(self.home / "local"),
            "ANSIBLE_LOG_PATH": str(self.home / "ansible.log"),
            "ANSIBLE_PIPELINING": "0",
            "ANSIBLE_REMOTE_TEMP": str(self.home / "remote"),
            "EVENTS_FILE": str(self.home / "events.jsonl"),
            "FEDERATION_DIRECT": str(direct).lower(),
            "FEDERATION_RECORD": str(self.home / "recording.jsonl"),
            "HOME": str(self.home),
            "TMPDIR": str(self.home / "tmp"),
        }

    def run(
        self, playbook: str, hosts: t.Mapping[str, t.Any], *arguments: str, fails: bool = False, **variables: t.Any
    ) -> str:
        """What a playbook printed, which must have succeeded or failed as told, and has shown no secret anywhere."""
        source = self.folder / "hosts.json"
        source.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
        self._variables.write_text(json.dumps({**self.credential.variables, **variables}), encoding="utf-8")
        name = f"openccp.federation.{playbook}"
        arguments = (name, "-i", source, "-vvvv", "--diff", *arguments, "--extra-vars", f"@{self._variables}")
        return self.watch(ansible_command("ansible-playbook", *arguments), fails=fails)

    def watch(self, command: collections.abc.Sequence[str], *, fails: bool = False) -> str:
        """Run a command, and search what it left behind and showed meanwhile."""
        with subprocess.Popen(
            command,
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            processes = _Processes(process.pid)
            output = process.communicate()[0]
            processes.stop()
        assert (process.returncode != 0) is fails, output
        assert "Traceback (most recent call last)" not in output, output
        assert self.leaks("the output", output) == []
        assert self.leaks("a command line", "\n".join(processes.commands)) == []
        leaked = [leak for path in self._left() for leak in self.leaks(str(path), path.read_text("utf-8", "replace"))]
        assert leaked == []
        assert [path for path in (self.home / "tmp").rglob("*") if path.is_file()] == [], "left in the temporary folder"
        return output

    def leaks(self, where: str, text: str) -> list[str]:
        """The secrets in a text, each with where it stands."""
        sessions = self.sandbox.world.state(Accounts).sessions()
        words = [*self.words, *(word for session in sessions for word in (session.secret, str(session.token)))]
        leaked = [f"{where} has {word[:12]}…" for word in words for form in forms(word) if form in text]
        for kind, expression in KINDS.items():
            match = expression.search(text)
            if match:
                around = text[max(0, match.start() - 200) : match.start() + 40]
                leaked.append(f"{where} has {kind}: {around!r}")
        return leaked

    def _left(self) -> list[Path]:
        """Every file below the home of the runs, and what they were asked to write beside it."""
        inputs = {self._variables, self.folder / "hosts.json", *self.credential.files}
        return [path for path in sorted(self.folder.rglob("*")) if path.is_file() and path not in inputs]


def forms(word: str) -> set[str]:
    """A secret as it is, and as it may stand in an address, a header, JSON or a shell's words."""
    plain = word.encode()
    encoded = {base64.b64encode(plain).decode(), base64.urlsafe_b64encode(plain).decode()}
    return {word, urllib.parse.quote(word, safe=""), urllib.parse.quote_plus(word), json.dumps(word)[1:-1], *encoded}


class _Processes(threading.Thread):
    """Notes the command lines of all processes of a session until it is stopped. They must not hold a secret even for a
    moment, since everybody on the machine can read them.
    """

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.commands: set[str] = set()
        self._session = session
        self._over = threading.Event()
        self.start()

    def stop(self) -> None:
        """No more."""
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(0.02):
            self.commands |= set(self._read())

    def _read(self) -> collections.abc.Iterator[str]:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                session = int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[3])
                if session == self._session:
                    yield (folder / "cmdline").read_text(encoding="utf-8", errors="replace")
            except (OSError, ValueError, IndexError):
                continue  # it has ended meanwhile
