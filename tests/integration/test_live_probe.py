# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The experiments of the live probe on the sandbox: they find what is assumed, and find otherwise where a rule is
turned round.
"""

from __future__ import annotations

import collections.abc
import functools
import json
import typing as t

import boto3
import botocore.client
import pytest
import yaml
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, Request, connect
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._probe import (
    aws_experiments,
    entra_bench,
    probe,
    surroundings,
)
from ansible_collections.openccp.federation.plugins.module_utils._probe.aws_experiments import AwsBench
from ansible_collections.openccp.federation.plugins.module_utils._probe.bench import NOT_TOLD, Bench, histogram
from ansible_collections.openccp.federation.plugins.module_utils._probe.entra_bench import EntraBench
from ansible_collections.openccp.federation.plugins.module_utils._probe.stand_ins import StandIns
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

import probe_factory
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox
from support import CHECKOUT

_FILE: t.Final = CHECKOUT / "roles" / "live_probe" / "files" / "questions.yml"
QUESTIONS: t.Final = {
    each["id"]: each for each in yaml.safe_load(_FILE.read_text(encoding="utf-8")) if "experiment" in each
}
QUESTION_NAMES: t.Final = sorted(QUESTIONS)


class Probe:
    """The probe without Ansible, in this process."""

    def __init__(self, sandbox: Sandbox, timeout: float = 1.5) -> None:
        self.sandbox = sandbox
        self.stand_ins = StandIns()
        self.waiter = Waiter(timeout=timeout, first_pause=0.1, longest_pause=0.2)
        self.mark = probe.new_mark()
        self.clients = functools.cache(
            boto3.session.Session().client
        )  # the default session keeps the credentials of another test
        self._entra: dict[str, EntraBench] = {}

    @functools.cached_property
    def aws(self) -> AwsBench:
        return AwsBench(
            self.mark, self.waiter, self.stand_ins, clients=self.clients, instance_id=probe_factory.INSTANCE
        )

    def entra(self, client: str) -> EntraBench:
        if client not in self._entra:
            options = {
                "tenant_id": probe_factory.TENANT,
                "client_id": client,
                "client_secret": probe_factory.SECRET,
                "cloud": "public",
            }
            graph = connect({**dict.fromkeys(ENTRA_ARGUMENT_SPEC), **options})
            self._entra[client] = EntraBench(self.mark, self.waiter, self.stand_ins, graph=graph)
        return self._entra[client]

    def bench(self, question: str) -> Bench:
        if QUESTIONS[question]["cloud"] != "entra":
            return self.aws
        return self.entra(probe_factory.OWNED if question == "purge_with_owned_by" else probe_factory.ALL)

    def ask(self, *questions: str) -> dict[str, dict[str, t.Any]]:
        return {answer["id"]: answer for answer in probe.ask(questions, self.bench)}

    def sweep(self) -> list[str]:
        graph = self.entra(probe_factory.ALL).graph
        return probe.sweep(
            [
                functools.partial(entra_bench.sweep_entra, graph, self.waiter),
                functools.partial(aws_experiments.sweep_iam, self.clients),
                functools.partial(aws_experiments.sweep_connect, self.clients, probe_factory.INSTANCE),
            ],
            None,
            lambda seconds: None,
            remove=True,
        )

    def knows(self, question: str) -> bool:
        """Whether this botocore is new enough for the question."""
        return question not in probe_factory.RECENT or self.aws.takes(*probe_factory.RECENT[question])


@pytest.fixture
def live(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Probe:
    """The probe before a filled sandbox, whose limits are not those of the clouds so that the tests are quick."""
    probe_factory.fill(sandbox)
    sandbox.world.settings.limits = False
    for name, value in {
        **sandbox.environment,
        **probe_factory.credentials(),
        "AWS_DEFAULT_REGION": probe_factory.REGION,
    }.items():
        monkeypatch.setenv(name, value)
    return Probe(sandbox)


def test_every_question_with_an_experiment_has_one() -> None:
    assert set(probe.EXPERIMENTS) == set(QUESTIONS)


def test_on_the_sandbox_every_answer_is_the_assumed_one_and_nothing_stays(live: Probe) -> None:
    answers = live.ask(*probe.EXPERIMENTS)
    assumed = {name: QUESTIONS[name]["assumed"] if live.knows(name) else NOT_TOLD for name in QUESTIONS}
    assert {name: answer["answer"] for name, answer in answers.items()} == assumed, answers
    assert probe_factory.left_behind(live.sandbox) != []
    live.entra(probe_factory.ALL).clear()
    live.entra(probe_factory.OWNED).clear()
    live.aws.clear()
    assert probe_factory.left_behind(live.sandbox) == []


@pytest.mark.parametrize("question", ["graph_reads_lag", "metadata_lag", "assignments_lag", "search_users_lag"])
def test_a_lag_is_measured_so_many_times(live: Probe, question: str) -> None:
    for bench in (live.aws, live.entra(probe_factory.ALL)):
        bench.repetitions = 3
    answer = live.ask(question)[question]
    assert set(answer["spread"]) == set(QUESTIONS[question]["measures"])
    for spread in answer["spread"].values():
        assert sum(spread["seconds"].values()) == 3
        assert spread["backwards"] == 0


def test_reads_that_go_backwards_are_counted() -> None:
    """facts/entra.md E3: until the lag is over, a read that follows one which showed an object may miss it again."""
    answers = iter([None, "shown", "shown", None, "shown", NotFound("no such object"), "shown"])

    def look() -> t.Any:
        answer = next(answers, "shown")
        if isinstance(answer, NotFound):
            raise answer
        return answer

    waited: list[float] = []
    bench = Bench("0" * 12, Waiter(timeout=60, clock=lambda: sum(waited), sleep=waited.append), StandIns())
    assert bench.measure("lag", "a read to show it", look, lambda error: isinstance(error, NotFound))
    spread = bench.spread()["lag"]
    assert (spread["seconds"], spread["backwards"]) == ({"1": 1}, 2)
    assert spread["later_reads"] > 2


def test_durations_are_counted_in_classes() -> None:
    assert histogram([0.0, 1.0, 1.01, 499.0, 501.0, 20.0]) == {"1": 2, "2": 1, "20": 1, "500": 1, "more": 1}


@pytest.mark.parametrize("repetitions", [0, -1, 101])
def test_no_tenant_is_asked_too_often(repetitions: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 100"):
        probe.check_repetitions(repetitions)


def turned(question: str) -> collections.abc.Iterator[tuple[str, t.Any, str]]:
    """Each setting of a question with a value that is not the assumed one, and the answer that it brings."""
    entry = QUESTIONS[question]
    for answer, settings in entry["answers"].items():
        for name, value in settings.items():
            if answer != entry["assumed"]:
                yield name, value, answer
    for name in entry.get("measures", ()):
        yield name, 3600.0, "too_late"


def test_every_question_can_be_turned_round() -> None:
    assert [question for question in QUESTION_NAMES if not list(turned(question))] == []


@pytest.mark.parametrize(
    ("question", "setting", "value", "answer"), [(name, *each) for name in QUESTION_NAMES for each in turned(name)]
)
def test_where_a_rule_is_turned_round_the_probe_answers_otherwise(
    live: Probe, question: str, setting: str, value: t.Any, answer: str
) -> None:
    setattr(live.sandbox.world.settings, setting, value)
    record = live.ask(question)[question]
    assert record["answer"] == (answer if live.knows(question) else NOT_TOLD), record


def test_no_name_id_or_secret_is_in_the_answers(live: Probe) -> None:
    """Whatever the clouds say of an error: the names around the experiments, and those of others, are not passed on."""
    message = (
        "The object 'Telltale agents' of tilda.telltale@telltale.example in https://telltale.example/secret is held by "
        f"arn:aws:iam::{probe_factory.ACCOUNT}:user/telltale ({probe_factory.TENANT}, {probe_factory.SECRET}, "
        f"Telltale Industries)."
    )
    for service, operation in (
        ("graph", "applications.update"),
        ("graph", "group.ListMembers"),
        ("iam", "*"),
        ("connect", "CreateUser"),
    ):
        fault = {
            "service": service,
            "operation": operation,
            "kind": "error",
            "times": 99,
            "status": 400,
            "code": "Refused",
            "message": message,
        }
        live.sandbox.world.faults.add(Fault(**fault))
    surroundings.learn_aws(live.aws, probe_factory.REGION)
    for client in probe_factory.CLIENTS:
        surroundings.learn_entra(live.entra(client))
    answers = live.ask(*probe.EXPERIMENTS)
    written = json.dumps(answers).lower()
    assert "<text-" in written
    assert "refused" in {step.get("code", "").lower() for answer in answers.values() for step in answer["evidence"]}
    assert [tale for tale in (*probe_factory.TELLTALES, "tilda", "industries") if tale.lower() in written] == []


class Killed(BaseException):
    """The process is gone: nothing that cleans up runs any more."""


def killed(live: Probe, after: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Ask everything, and be killed once so many requests have been carried out; False when there were not so many."""
    count = 0

    def counted(request: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def count_request(*args: t.Any, **kwargs: t.Any) -> t.Any:
            nonlocal count
            try:
                return request(*args, **kwargs)
            finally:
                count += 1
                if count == after:
                    raise Killed

        return count_request

    with monkeypatch.context() as patch:
        patch.setattr(Graph, "request", counted(Graph.request))
        patch.setattr(botocore.client.BaseClient, "_make_api_call", counted(botocore.client.BaseClient._make_api_call))
        try:
            live.ask(*probe.EXPERIMENTS)
        except Killed:
            return True
    return False


@pytest.mark.parametrize("after", [4, 33, 90])
def test_after_a_kill_the_sweep_finds_everything(live: Probe, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert killed(live, after, monkeypatch)
    assert probe_factory.left_behind(live.sandbox) != []
    assert live.sweep() != []
    assert probe_factory.left_behind(live.sandbox) == []


@pytest.mark.soak
def test_after_a_kill_at_each_request_the_sweep_finds_everything(live: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    after = 1
    while killed(Probe(live.sandbox), after, monkeypatch):
        live.sweep()
        assert probe_factory.left_behind(live.sandbox) == [], f"after {after} requests"
        after += 1
    assert after > 90


def test_the_sweep_touches_nothing_of_others(live: Probe) -> None:
    graph = live.entra(probe_factory.ALL).graph
    names = (
        "openccp-live-probe-of-mine",
        "openccp-live-probe-0123456789ab-1-kept",
        "openccp-live-probe-0123456789AB-1",
    )
    for name in names:
        graph.request(Request("POST", "/applications", "make what is not the probe's", {"displayName": name}))
    assert live.sweep() == []
    assert sorted(probe_factory.left_behind(live.sandbox)) == sorted(names)


@pytest.mark.parametrize(
    ("confirm", "entra", "aws"),
    [
        (None, True, True),
        ("", True, False),
        (probe_factory.TENANT, True, True),
        (f"{probe_factory.ACCOUNT}/", True, False),
        ("-/-", False, True),
    ],
)
def test_nothing_is_made_where_it_was_not_confirmed(confirm: str | None, entra: bool, aws: bool) -> None:
    places = {
        "tenant_id": probe_factory.TENANT if entra else None,
        "account_id": probe_factory.ACCOUNT if aws else None,
    }
    with pytest.raises(InvalidInput, match="was not confirmed"):
        probe.check_confirmed(confirm, places)
    probe.check_confirmed(f"{probe_factory.TENANT}/{probe_factory.ACCOUNT}", places)


def test_words_of_the_interface_stay_and_the_same_value_has_the_same_stand_in() -> None:
    stand_ins = StandIns()
    stand_ins.learn("tenant", "Contoso")
    stand_ins.allow("identities")
    address = "a@b.example, 8b1025e4-1dd2-430b-a150-2ef79cd700f5"
    text = (
        f"Property 'identities' of 'microsoft.graph.group' in contoso: 'Sales' is not 'sales' of {address} or Fabrikam."
    )
    stand_in_text = stand_ins.hide(text)
    kept, hidden = (
        "Property 'identities' of 'microsoft.graph.group' in",
        "'<text-1>' is not '<text-1>' of <address-1>, <id-1> or <word-1>.",
    )
    assert stand_in_text == f"{kept} <tenant-1>: {hidden}"
    assert stand_ins.hide(text) == stand_in_text
