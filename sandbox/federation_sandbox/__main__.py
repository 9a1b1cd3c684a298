# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m federation_sandbox serve: both clouds on one loopback port."""

from __future__ import annotations

import argparse
import json
import pathlib
import shlex
import sys

from federation_sandbox import clouds
from federation_sandbox.front import Front
from federation_sandbox.world import World


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; the environment for clients is written to a file that a shell can source."""
    parser = argparse.ArgumentParser(prog="python -m federation_sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve both clouds until interrupted")
    serve.add_argument("--port", type=int, default=0, help="the loopback port; a free one when left out")
    serve.add_argument(
        "--folder", type=pathlib.Path, default=pathlib.Path(".sandbox"), help="where env, authority.pem and traffic.jsonl go"
    )
    serve.add_argument("--seed", type=pathlib.Path, help="a JSON file with what both clouds hold at the start")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    world = World()
    if options.seed:
        clouds.seed(world, json.loads(options.seed.read_text(encoding="utf-8")))
    traffic = options.folder / "traffic.jsonl"
    traffic.write_text("", encoding="utf-8")
    world.traffic.keep_in(traffic)
    with Front(world, options.port) as front:
        environment = front.environment((options.folder / "authority.pem").resolve())
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
        (options.folder / "env").write_text(exports, encoding="utf-8")
        _say(f"The sandbox listens at {front.url}; its controls are at {front.url}/sandbox/.")
        _say(f"Send a shell's clients there with: source {options.folder / 'env'}")
        try:
            front.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            _say("Stopped.")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
