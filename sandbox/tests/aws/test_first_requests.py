# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first requests of a process may come at the same time, while the service's models are still being made."""

from __future__ import annotations

import subprocess
import sys
import typing as t

FIRST: t.Final = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from federation_sandbox.aws.connect.api import API
from federation_sandbox.service import Call, CloudError
from federation_sandbox.world import World
from werkzeug.test import EnvironBuilder
from werkzeug import Request

sys.setswitchinterval(1e-6)
world, together = World(), threading.Barrier(6)

def first(number):
    environ = EnvironBuilder(
        base_url="https://connect.eu-central-1.amazonaws.com/", path="/users-summary/instance"
    ).get_environ()
    environ["RAW_URI"] = "/users-summary/instance"
    call = Call(world, "connect")
    together.wait()
    try:
        API.handle(Request(environ), call)
    except CloudError as error:
        return call.operation, error.code

with ThreadPoolExecutor(6) as clients:
    print(set(clients.map(first, range(6))))
"""


def test_requests_that_are_the_first_together_are_all_understood() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "{('ListUsers', 'MissingAuthenticationToken')}", done.stderr
