# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controls under /sandbox/: plain HTTP, for tests and for people; the clouds have nothing like them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import typing as t

from werkzeug import Request, Response

from federation_sandbox import clouds
from federation_sandbox.faults import Fault
from federation_sandbox.world import World

Answer = t.Any


def _traffic(world: World, request: Request, _body: t.Any) -> Answer:
    if request.method == "DELETE":
        world.traffic.clear()
    return world.traffic.entries(request.args.get("service"), request.args.get("operation"))


def _settings(world: World, _request: Request, body: t.Any) -> Answer:
    world.settings.change(body or {})
    return dataclasses.asdict(world.settings)


def _clock(world: World, _request: Request, body: t.Any) -> Answer:
    if body and "set" in body:
        world.clock.set(dt.datetime.fromisoformat(body["set"]))
    if body and "advance" in body:
        world.clock.advance(dt.timedelta(seconds=body["advance"]))
    if body and "hold" in body:
        world.clock.hold(float(body["hold"]))
    if body and body.get("release"):
        world.clock.release()
    return {"now": world.clock.now().isoformat(), "held": world.clock.held is not None, "step": world.clock.step.total_seconds()}


def _faults(world: World, request: Request, body: t.Any) -> Answer:
    if request.method == "DELETE":
        world.faults.clear()
    elif body:
        world.faults.add(Fault(**body))
    return {}


def _seed(world: World, _request: Request, body: t.Any) -> Answer:
    return clouds.seed(world, body or {})


def _reset(world: World, _request: Request, _body: t.Any) -> Answer:
    world.reset()
    return {}


_CONTROLS: t.Final[dict[str, t.Callable[[World, Request, t.Any], Answer]]] = {
    "traffic": _traffic,
    "settings": _settings,
    "clock": _clock,
    "faults": _faults,
    "seed": _seed,
    "reset": _reset,
}


def control(world: World, request: Request) -> Response:
    """Answer one request to the controls: JSON in, JSON out; 400 with the reason when it makes no sense."""
    name = request.path.removeprefix("/sandbox/").strip("/")
    if name not in _CONTROLS:
        return _json({"error": f"the controls are {', '.join(sorted(_CONTROLS))}"}, 200 if not name else 404)
    try:
        body = json.loads(request.get_data()) if request.get_data() else None
        return _json(_CONTROLS[name](world, request, body))
    except (ValueError, TypeError, KeyError) as reason:
        return _json({"error": str(reason)}, 400)


def _json(content: t.Any, status: int = 200) -> Response:
    return Response(json.dumps(content, indent=1, default=str) + "\n", status, content_type="application/json")
