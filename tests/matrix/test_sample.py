# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A few cases of the matrix; `make matrix` tries them all. What a seed draws differs as little as the code does."""

from __future__ import annotations

import random
import typing as t
from pathlib import Path

import pytest
from cases import READS, WRITES, cases
from figures import table
from scenarios import SCENARIOS
from trials import Bench

from federation_sandbox.testing import running_sandbox
from importable import make_importable

make_importable()

#: by troubles at writes and at reads, how many cases are drawn
DRAWN: t.Final = {"killed": 1, "done but": 1, "stale": 1}
SEED: t.Final = 20
LIST: t.Final = {"service": "graph", "operation": "applications.list", "write": False}
CREATE: t.Final = {"service": "iam", "operation": "CreateRole", "write": True}


def test_every_call_has_its_number_and_its_troubles() -> None:
    listed = cases("site", [LIST, CREATE, LIST])
    assert len(listed) == 2 * len(READS) + len(WRITES) + 1, "one is made by somebody else"
    names = {case.trouble.name for case in cases("site", [CREATE, CREATE])}
    more = {"the role vanishes", "the role is made by somebody else"}
    assert names == more | {trouble.name for trouble in WRITES}
    assert str(listed[-1]) == "site | graph applications.list 2 | stale"
    fault = listed[len(READS)].trouble.fault(listed[len(READS)].call)
    assert (fault.service, fault.operation, fault.kind, fault.at) == ("iam", "CreateRole", "silence", 1)


def test_the_figures_count_what_did_not_converge() -> None:
    case = {"scenario": "site", "trouble": "500", "write": True, "outcome": "failed"}
    lines = table([{**case, "problems": []}, {**case, "problems": ["two roles"]}]).splitlines()
    assert "| write: 500 | 2 | 1 | 0 | 2 | 0 |" in lines
    assert lines[-1] == "| all | 2 | 1 | 0 | 2 | 0 |"


def test_site_ends_where_a_clean_run_does_whatever_disturbs_it(tmp_path: Path) -> None:
    with running_sandbox() as sandbox:
        bench = Bench(sandbox, SCENARIOS["site"], tmp_path)
        draw = random.Random(SEED)
        for trouble, number in DRAWN.items():
            for case in draw.sample([case for case in bench.cases if trouble in case.trouble.name], number):
                result = bench.trial(case)
                assert result.problems == [], result
                assert (result.outcome == "killed") == case.trouble.killed


@pytest.mark.soak
@pytest.mark.parametrize("scenario", ["users, leavers deleted", "rotation", "teardown, of instance and agents"])
def test_a_kill_in_another_job(scenario: str, tmp_path: Path) -> None:
    with running_sandbox() as sandbox:
        bench = Bench(sandbox, SCENARIOS[scenario], tmp_path)
        case = random.Random(SEED).choice([case for case in bench.cases if case.trouble.killed])
        assert bench.trial(case).problems == []
