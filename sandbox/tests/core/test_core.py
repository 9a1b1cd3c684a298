# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections.abc
import datetime as dt
import pathlib
import typing as t

import pytest
import requests
from werkzeug import Request, Response

from federation_sandbox import clouds
from federation_sandbox.faults import Fault, Interlude
from federation_sandbox.limits import Limiter
from federation_sandbox.service import Call, CloudError, Service
from federation_sandbox.testing import Sandbox, running_sandbox
from federation_sandbox.world import Clock, EventuallyConsistent, World
from support import HANGS


def echo(request: Request, call: Call) -> Response:
    call.operation = "Echo"
    call.write = request.method != "GET"
    call.admit()
    return Response(f"{request.method} {request.host} {request.path} {request.get_data(as_text=True)}")


def render(request: Request, error: CloudError) -> Response:
    return Response(f"{error.code}: {error.message}", error.status, error.headers)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> collections.abc.Iterator[Sandbox]:
    monkeypatch.setattr(clouds, "SERVICES", (Service("echo", r"echo\.example\.com", echo, render),))
    with running_sandbox() as sandbox:
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        yield sandbox


@pytest.fixture
def client() -> collections.abc.Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


URL = "https://echo.example.com"


def test_a_client_keeps_the_real_host_name_over_verified_tls(sandbox: Sandbox, client: requests.Session) -> None:
    assert client.get(f"{URL}/a/b").text == "GET echo.example.com /a/b "
    assert client.post(f"{URL}/a", data="body").text == "POST echo.example.com /a body"
    with pytest.raises(requests.exceptions.SSLError):
        client.get(URL, verify=str(pathlib.Path(requests.certs.where())))


def test_an_unknown_host_is_not_there(sandbox: Sandbox, client: requests.Session) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="502"):
        client.get("https://elsewhere.example.com/")


def test_the_traffic_log_says_what_was_called(sandbox: Sandbox, client: requests.Session) -> None:
    client.get(f"{URL}/a?secret=1")
    client.post(f"{URL}/b", data="secret")
    log = requests.get(f"{sandbox.url}/sandbox/traffic", timeout=HANGS)
    assert [
        (entry["operation"], entry["write"], entry["method"], entry["path"], entry["status"]) for entry in log.json()
    ] == [
        ("Echo", False, "GET", "/a", 200),
        ("Echo", True, "POST", "/b", 200),
    ]
    assert "secret" not in log.text
    assert sandbox.world.traffic.writes() == sandbox.world.traffic.entries()[1:]
    assert requests.delete(f"{sandbox.url}/sandbox/traffic", timeout=HANGS).json() == []


def test_writes_can_be_refused_while_reads_go_on(sandbox: Sandbox, client: requests.Session) -> None:
    requests.post(f"{sandbox.url}/sandbox/settings", json={"refuse_writes": True}, timeout=HANGS)
    assert client.get(URL).status_code == 200
    assert client.post(URL).status_code == 403


@pytest.mark.parametrize("body", [{"no_such": 1}, {"latency": True}, {"limits": 1}])
def test_a_setting_that_makes_no_sense_is_refused(sandbox: Sandbox, body: dict[str, object]) -> None:
    assert requests.post(f"{sandbox.url}/sandbox/settings", json=body, timeout=HANGS).status_code == 400


def test_a_fault_meets_the_call_it_was_meant_for(sandbox: Sandbox, client: requests.Session) -> None:
    fault = {
        "service": "echo",
        "operation": "Echo",
        "at": 2,
        "times": 2,
        "status": 429,
        "code": "Slow",
        "headers": {"Retry-After": "1"},
    }
    assert requests.post(f"{sandbox.url}/sandbox/faults", json=fault, timeout=HANGS).status_code == 200
    answers = [client.get(URL) for dummy in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
    assert answers[1].headers["Retry-After"] == "1"
    assert [entry["error"] for entry in sandbox.world.traffic] == ["", "Slow", "Slow", ""]


def test_a_lost_answer_is_carried_out(sandbox: Sandbox) -> None:
    sandbox.world.faults.add(Fault("echo", "*", kind="lost"))
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.post(URL, timeout=HANGS)
    assert [entry["status"] for entry in sandbox.world.traffic] == [200]


def test_silence_lasts_until_the_client_gives_up(sandbox: Sandbox) -> None:
    sandbox.world.faults.add(Fault("echo", "*", kind="silence"))
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(URL, timeout=(HANGS, 0.5))
    assert [entry["status"] for entry in sandbox.world.traffic] == [0]


def test_a_call_is_carried_out_and_never_answered(sandbox: Sandbox) -> None:
    sandbox.world.faults.add(Fault("echo", "*", kind="unanswered"))
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(URL, timeout=(HANGS, 0.5))
    assert [entry["status"] for entry in sandbox.world.traffic] == [200]


def test_something_else_comes_before_a_call(sandbox: Sandbox, client: requests.Session) -> None:
    def refuse() -> None:
        sandbox.world.settings.refuse_writes = True

    sandbox.world.faults.add(Interlude("echo", "*", at=2, action=refuse))
    assert [client.post(URL).status_code for dummy in range(3)] == [200, 403, 403]


def test_a_call_reaches_the_oldest_replica() -> None:
    world = World()
    world.settings.change({"graph_replication": 60, "graph_flapping": 1e-9})
    world.faults.add(Fault("graph", "read", kind="stale", at=2))
    lags = []
    for _dummy in range(3):
        Call(world, "graph", "read").admit()
        lags.append(world.lag(world.settings.graph_replication, world.settings.graph_flapping))
    assert lags == [0, 60, 0]


def test_a_masked_answer_hides_that_it_worked(sandbox: Sandbox, client: requests.Session) -> None:
    sandbox.world.faults.add(Fault("echo", "Echo", kind="masked", status=404, code="Gone"))
    assert client.post(URL).status_code == 404


def test_a_fault_of_no_known_kind_is_refused(sandbox: Sandbox) -> None:
    answer = requests.post(
        f"{sandbox.url}/sandbox/faults", json={"service": "echo", "operation": "*", "kind": "odd"}, timeout=HANGS
    )
    assert answer.status_code == 400
    assert "odd" in answer.json()["error"]


def test_the_clock_moves_and_reset_brings_it_back(sandbox: Sandbox) -> None:
    def clock(**body: object) -> dt.datetime:
        return dt.datetime.fromisoformat(
            requests.post(f"{sandbox.url}/sandbox/clock", json=body, timeout=HANGS).json()["now"]
        )

    machine = dt.datetime.now(dt.UTC)
    assert clock(advance=86400) >= machine + dt.timedelta(days=1)
    requests.post(f"{sandbox.url}/sandbox/reset", timeout=HANGS)
    assert sandbox.world.clock.offset == dt.timedelta()


def test_while_the_clock_is_held_it_moves_by_the_calls_alone(sandbox: Sandbox, client: requests.Session) -> None:
    def clock(**body: object) -> dict[str, t.Any]:
        return t.cast(
            "dict[str, t.Any]", requests.post(f"{sandbox.url}/sandbox/clock", json=body, timeout=HANGS).json()
        )

    held = clock(hold=1.5)
    assert (held["held"], held["step"]) == (True, 1.5)
    client.get(URL)
    client.get(URL)
    assert dt.datetime.fromisoformat(clock()["now"]) - dt.datetime.fromisoformat(held["now"]) == dt.timedelta(seconds=3)
    clock(set="2030-01-01T00:00:00+00:00")
    assert clock(advance=60)["now"] == "2030-01-01T00:01:00+00:00"
    assert not clock(release=True)["held"]
    assert (
        dt.timedelta()
        <= sandbox.world.clock.now() - dt.datetime(2030, 1, 1, 0, 1, tzinfo=dt.UTC)
        < dt.timedelta(hours=1)
    )


def test_limits_refill_in_the_world_s_time(sandbox: Sandbox) -> None:
    call = Call(sandbox.world, "echo")
    sandbox.world.clock.hold()
    assert [call.limit("k", rate=2, burst=2) > 0 for dummy in range(3)] == [False, False, True]
    sandbox.world.clock.advance(dt.timedelta(seconds=-60))
    assert call.limit("k", rate=2, burst=2) > 0
    sandbox.world.clock.advance(dt.timedelta(seconds=0.5))
    assert [call.limit("k", rate=2, burst=2) > 0 for dummy in range(2)] == [False, True]


def test_a_seed_with_an_unknown_section_is_refused(sandbox: Sandbox) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/seed", json={"gcp": {}}, timeout=HANGS)
    assert answer.status_code == 400
    assert "gcp" in answer.json()["error"]


class FakeClock(Clock):
    def __init__(self) -> None:
        super().__init__()
        self.at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.at


def test_replicated_reads_lag_behind_writes() -> None:
    clock = FakeClock()
    store: EventuallyConsistent[dict[str, int]] = EventuallyConsistent(clock, lambda: 2.0)
    store.put("a", {"n": 1})
    assert store.get("a") is None
    assert store.all() == {}
    assert store.latest("a") == {"n": 1}
    assert store.get("a", lag=0) == {"n": 1}
    clock.at += dt.timedelta(seconds=2)
    store.put("a", {"n": 2})
    assert store.get("a") == {"n": 1}
    assert store.all_latest() == {"a": {"n": 2}}
    clock.at += dt.timedelta(seconds=2)
    store.delete("a")
    assert store.get("a") == {"n": 2}
    assert store.latest("a") is None
    assert store.all_latest() == {}
    clock.at += dt.timedelta(seconds=2)
    assert store.get("a") is None
    assert store.all() == {}


def test_what_is_read_is_a_copy() -> None:
    store: EventuallyConsistent[dict[str, int]] = EventuallyConsistent(FakeClock(), lambda: 0.0)
    store.put("a", {"n": 1})
    record = store.get("a")
    assert record is not None
    record["n"] = 9
    assert store.get("a") == {"n": 1}


def test_a_token_bucket_allows_its_burst_then_its_rate() -> None:
    now = [0.0]
    limiter = Limiter(clock=lambda: now[0])
    assert [limiter.take("k", rate=2, burst=5) for dummy in range(6)] == [0, 0, 0, 0, 0, 0.5]
    now[0] += 0.5
    assert limiter.take("k", rate=2, burst=5) == 0
    assert limiter.take("other", rate=2, burst=5) == 0
    now[0] += 100
    assert [limiter.take("k", rate=2, burst=5) > 0 for dummy in range(6)] == [False] * 5 + [True]


def test_state_is_made_once_and_reset_forgets_it() -> None:
    class Things:
        def __init__(self, world: World) -> None:
            self.world = world

    world = World()
    first = world.state(Things)
    assert world.state(Things) is first
    assert first.world is world
    world.reset()
    assert world.state(Things) is not first
