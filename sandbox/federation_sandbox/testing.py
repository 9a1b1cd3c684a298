# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A running sandbox in a test: the world at hand, clients kept apart from the real clouds."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import pathlib
import tempfile
import threading

from federation_sandbox.answers import answers_of_environment
from federation_sandbox.proxy_server import ProxyServer
from federation_sandbox.world import World


@dataclasses.dataclass(frozen=True)
class Sandbox:
    """A running sandbox. environment: the variables that the process of a client needs."""

    world: World
    front: ProxyServer
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """The URL of the proxy and of the controls."""
        return self.front.url


@contextlib.contextmanager
def running_sandbox(port: int = 0) -> collections.abc.Iterator[Sandbox]:
    """Serve a new world in a thread of this process until the block ends; FEDERATION_SANDBOX_ANSWERS may name a report
    that it follows.
    """
    world = World(answers_of_environment())
    with tempfile.TemporaryDirectory(prefix="federation-sandbox-") as folder, ProxyServer(world, port) as front:
        thread = threading.Thread(target=front.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield Sandbox(world, front, front.environment(pathlib.Path(folder) / "authority.pem"))
        finally:
            front.shutdown()
            thread.join()
