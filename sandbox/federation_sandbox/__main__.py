# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m federation_sandbox serve: both clouds on one loopback port."""

from __future__ import annotations

import argparse
import collections.abc
import contextlib
import json
import os
import pathlib
import signal
import sys
import typing as t

import certifi

from federation_sandbox import clouds, shell
from federation_sandbox.answers import read_answers
from federation_sandbox.passage import Passage
from federation_sandbox.proxy_server import ProxyServer
from federation_sandbox.world import World

#: the default Region of clients
REGION: t.Final = "eu-central-1"


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; the environment for clients is written to a file that a shell can source."""
    options = _parser().parse_args(arguments)
    environment: dict[str, str] = {}
    try:
        world = World(read_answers(options.answers) if options.answers else None)
    except (OSError, ValueError) as reason:
        _say(f"The report {options.answers} cannot be used: {reason}")
        return 1
    if options.seed:
        try:
            environment = _fill(world, json.loads(options.seed.read_text(encoding="utf-8")))
        except (OSError, ValueError) as reason:
            _say(f"The seed {options.seed} cannot be used: {reason}")
            return 1
    options.folder.mkdir(parents=True, exist_ok=True)
    traffic = options.folder / "traffic.jsonl"
    traffic.write_text("", encoding="utf-8")
    world.traffic.keep_in(traffic)
    passage = Passage(open_to_others=not options.closed)
    try:
        front = ProxyServer(world, options.port, passage=passage)
    except OSError as reason:
        _say(f"The sandbox cannot listen on the port {options.port}: {reason.strerror}.")
        return 1
    with front, _shell_file(front, options, environment) as file:
        _say(f"The sandbox listens at {front.url}, until Ctrl-C; its controls are at {front.url}/sandbox/.")
        _say(
            "Other hosts than the clouds' are "
            + ("refused." if options.closed else "passed through; nothing reaches the real clouds.")
        )
        _say(f"\nSend a shell's clients here with\n\n  source {file}\n\nand leave again with\n\n  deactivate_sandbox\n")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            front.serve_forever(poll_interval=0.1)
        _say("Stopped.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m federation_sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve both clouds until interrupted")
    serve.add_argument("--port", type=int, default=0, help="the loopback port; a free one when left out")
    serve.add_argument(
        "--folder",
        type=pathlib.Path,
        default=pathlib.Path(".sandbox"),
        help="where env, authority.pem and traffic.jsonl go",
    )
    serve.add_argument(
        "--seed",
        type=pathlib.Path,
        help="a JSON file with what both clouds hold at the start, as POST /sandbox/seed takes it, or that under "
        "clouds beside"
        " environment, the variables of the clients' shell",
    )
    serve.add_argument(
        "--answers",
        type=pathlib.Path,
        help="a report of the live probe: the clouds behave as it says, where it answers an open question",
    )
    serve.add_argument("--region", default=REGION, help="the AWS Region of the clients' shell")
    serve.add_argument(
        "--export",
        action="append",
        default=[],
        metavar="NAME",
        help="a variable of this process for the clients' shell",
    )
    serve.add_argument(
        "--closed", action="store_true", help="refuse the hosts of others, in place of passing them through"
    )
    return parser


def _fill(world: World, content: t.Any) -> dict[str, str]:
    """Fill both clouds; return the variables that the seed's file has for clients."""
    whole = isinstance(content, dict) and "clouds" in content
    unknown = sorted(set(content) - {"clouds", "environment"}) if whole else []
    if unknown:
        raise ValueError(f"a seed's file has clouds and environment, not {', '.join(unknown)}")
    clouds.seed(world, content["clouds"] if whole else content)
    return dict(content.get("environment", {})) if whole else {}


@contextlib.contextmanager
def _shell_file(
    front: ProxyServer, options: argparse.Namespace, environment: dict[str, str]
) -> collections.abc.Iterator[pathlib.Path]:
    """The file for shells, which is there as long as the sandbox is."""
    authorities = b"" if options.closed else _public_authorities()
    regions = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), options.region)
    own_hosts = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}  # also those of a configuration file
    exported = {name: os.environ[name] for name in options.export if name in os.environ}
    variables = {
        **front.environment((options.folder / "authority.pem").resolve(), authorities),
        **regions,
        **own_hosts,
        **exported,
        **environment,
    }
    file: pathlib.Path = options.folder / "env"
    file.write_text(shell.script(variables, os.getpid(), front.url), encoding="utf-8")
    file.chmod(0o600)
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def _public_authorities() -> bytes:
    """The authorities that this process trusts, which clients need for the hosts of others."""
    bundle = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()
    try:
        return pathlib.Path(bundle).read_bytes()
    except OSError as reason:
        _say(f"{bundle} cannot be read ({reason.strerror}), so clients in the sandbox's shell trust the sandbox alone.")
        return b""


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
