# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controls under /sandbox/: plain HTTP, for tests and for people; the clouds have nothing like them. GET requests
only read; POST and DELETE requests make changes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib.resources
import json
import typing as t

from werkzeug import Request, Response

from federation_sandbox import clouds
from federation_sandbox.faults import Fault
from federation_sandbox.world import World

Answer = t.Any
Action = t.Callable[[World, Request, t.Any], Answer]


@dataclasses.dataclass(frozen=True)
class Control:
    """A control: its purpose, and the function for each method."""

    about: str
    methods: t.Mapping[str, Action]


def seed_schema() -> dict[str, t.Any]:
    """The JSON schema of a seed."""
    file = importlib.resources.files("federation_sandbox").joinpath("seed.schema.json")
    return t.cast("dict[str, t.Any]", json.loads(file.read_text(encoding="utf-8")))


def _traffic(world: World, request: Request, _body: t.Any) -> Answer:
    return world.traffic.entries(request.args.get("service"), request.args.get("operation"))


def _forget_traffic(world: World, _request: Request, _body: t.Any) -> Answer:
    world.traffic.clear()
    return []


def _settings(world: World, _request: Request, _body: t.Any) -> Answer:
    return dataclasses.asdict(world.settings)


def _change_settings(world: World, _request: Request, body: t.Any) -> Answer:
    world.settings.change(body or {})
    return dataclasses.asdict(world.settings)


def _clock(world: World, _request: Request, _body: t.Any) -> Answer:
    return {
        "now": world.clock.now().isoformat(),
        "held": world.clock.held is not None,
        "step": world.clock.step.total_seconds(),
    }


def _move_clock(world: World, request: Request, body: t.Any) -> Answer:
    unknown = sorted(set(body or {}) - {"set", "advance", "hold", "release"})
    if unknown:
        raise ValueError(
            f"the clock takes set (ISO 8601), advance, hold (seconds) and release, not {', '.join(unknown)}"
        )
    if body and "set" in body:
        world.clock.set(dt.datetime.fromisoformat(body["set"]))
    if body and "advance" in body:
        world.clock.advance(dt.timedelta(seconds=body["advance"]))
    if body and "hold" in body:
        world.clock.hold(float(body["hold"]))
    if body and body.get("release"):
        world.clock.release()
    return _clock(world, request, None)


def _faults(world: World, _request: Request, _body: t.Any) -> Answer:
    return [dataclasses.asdict(fault) for fault in world.faults.waiting()]


def _add_fault(world: World, request: Request, body: t.Any) -> Answer:
    world.faults.add(Fault(**(body or {})))
    return _faults(world, request, None)


def _forget_faults(world: World, request: Request, _body: t.Any) -> Answer:
    world.faults.clear()
    return _faults(world, request, None)


def _seed_schema(_world: World, _request: Request, _body: t.Any) -> Answer:
    return seed_schema()


def _seed(world: World, _request: Request, body: t.Any) -> Answer:
    return clouds.seed(world, body or {})


def _about_reset(_world: World, _request: Request, _body: t.Any) -> Answer:
    return {"about": CONTROLS["reset"].about}


def _reset(world: World, _request: Request, _body: t.Any) -> Answer:
    world.reset()
    return {}


CONTROLS: t.Final[dict[str, Control]] = {
    "traffic": Control(
        "The calls so far, oldest first; ?service= and ?operation= choose some. DELETE forgets them.",
        {"GET": _traffic, "DELETE": _forget_traffic},
    ),
    "settings": Control(
        "Lags, latency, limits and refused writes; POST changes those that it names.",
        {"GET": _settings, "POST": _change_settings},
    ),
    "clock": Control(
        "The time in both clouds; POST moves it: set (ISO 8601), advance (seconds), hold (seconds a call), release.",
        {"GET": _clock, "POST": _move_clock},
    ),
    "faults": Control(
        "The faults that wait for a call; POST adds one, DELETE forgets them all.",
        {"GET": _faults, "POST": _add_fault, "DELETE": _forget_faults},
    ),
    "seed": Control(
        "The JSON schema of a seed; POST fills both clouds with one.", {"GET": _seed_schema, "POST": _seed}
    ),
    "reset": Control(
        "POST empties both clouds, and forgets settings, faults, traffic and the moved clock.",
        {"GET": _about_reset, "POST": _reset},
    ),
}


def control(world: World, request: Request) -> Response:
    """Answer a request to the controls with JSON; 400 with the reason when the request is invalid."""
    name = request.path.removeprefix("/sandbox/").strip("/")
    if not name:
        return _json({key: {"about": each.about, "methods": sorted(each.methods)} for key, each in CONTROLS.items()})
    if name not in CONTROLS:
        return _json({"error": f"the controls are {', '.join(sorted(CONTROLS))}"}, 404)
    methods = CONTROLS[name].methods
    action = methods.get("GET" if request.method == "HEAD" else request.method)
    if action is None:
        answer = _json({"error": f"{name} takes {', '.join(sorted(methods))}, not {request.method}"}, 405)
        answer.headers["Allow"] = ", ".join(sorted(methods))
        return answer
    try:
        body = json.loads(request.get_data()) if request.get_data() and request.method != "GET" else None
        return _json(action(world, request, body))
    except (ValueError, TypeError, KeyError) as reason:
        return _json({"error": str(reason)}, 400)


def _json(content: t.Any, status: int = 200) -> Response:
    return Response(json.dumps(content, indent=1, default=str) + "\n", status, content_type="application/json")
