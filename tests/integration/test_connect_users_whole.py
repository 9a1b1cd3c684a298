# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole contact centre in one task: leavers, the guard, renames, files, pace and progress."""

from __future__ import annotations

import datetime as dt
import json
import sys
import typing as t
from pathlib import Path

import pytest

from contact_centre import Centre, person, seed_centre
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox
from support import ModuleResult, ansible_command, ansible_environment, run_ansible

FAST: t.Final = {"rate": 1000.0, "burst": 1000.0}
OURS: t.Final = {"managed-by": "openccp.federation"}
PERSON: t.Final = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
OTHER: t.Final = "ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee"


def team(count: int, **settings: t.Any) -> list[dict[str, t.Any]]:
    return [person({"username": f"agent{number:05}@example.com", **settings}) for number in range(count)]


def run(centre: Centre, users: list[dict[str, t.Any]], check: bool = False, **options: t.Any) -> ModuleResult:
    return centre.run("connect_users", {"instance_id": centre.id, "users": users, **FAST, **options}, check=check)


def usernames(centre: Centre) -> list[str]:
    listed = (
        centre.connect()
        .get_paginator("list_users")
        .paginate(InstanceId=centre.id)
        .build_full_result()["UserSummaryList"]
    )
    return sorted(user["Username"] for user in listed)


def counts(result: ModuleResult) -> dict[str, int]:
    return {key: value for key, value in result["users"].items() if isinstance(value, int) and value}


def test_leavers_are_reported_restricted_and_deleted(sandbox: Sandbox) -> None:
    everybody = team(4)
    centre = seed_centre(
        sandbox,
        users=[{**agent, "tags": OURS} for agent in everybody] + [person({"username": "by.hand"})],
        security_profiles={"No access": []},
        quick_connects={"Call 3": everybody[3]["username"], "Call 0": everybody[0]["username"]},
    )
    leaver = everybody[3]["username"]
    reported = run(centre, everybody[:3], mode="set")
    assert not reported["changed"]
    assert reported["users"]["leavers"] == [leaver]
    assert "1 agent is no longer listed" in reported.warnings[0]

    restrict = {"mode": "set", "leavers": "restrict", "restricted_security_profile": "No access"}
    predicted = run(centre, everybody[:3], check=True, **restrict)
    restricted = run(centre, everybody[:3], **restrict)
    assert counts(restricted) == {"unchanged": 3, "restricted": 1}
    assert restricted["actions"] == predicted["actions"]
    assert restricted["diff"] == predicted["diff"]
    assert restricted["diff"]["after"][leaver]["security_profiles"] == ["No access"]
    assert (centre.user(leaver) or {})["SecurityProfileIds"] == [centre.seeded["security_profiles"]["No access"]]
    assert not run(centre, everybody[:3], **restrict)["changed"]
    back = run(centre, everybody, **restrict)
    assert counts(back) == {"unchanged": 3, "updated": 1}

    deleted = run(centre, everybody[:3], mode="set", leavers="delete")
    assert deleted["actions"] == [
        f"Delete the agent {leaver!r}",
        f"Delete the quick connect 'Call 3', which leads to the agent {leaver!r}",
    ]
    assert centre.writes() == ["DeleteUser", "DeleteQuickConnect"]
    assert usernames(centre) == [*(agent["username"] for agent in everybody[:3]), "by.hand"]
    assert counts(run(centre, everybody[:3], mode="set", leavers="delete")) == {"unchanged": 3}
    unowned = run(centre, everybody[:3], mode="set", leavers="delete", manage_unowned=True)
    assert unowned["actions"] == ["Delete the agent 'by.hand'"]


@pytest.mark.parametrize("mode", ["add", "set"])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"username": "ann", "auto_accept": "perhaps"}, "'ann': argument 'auto_accept' is of type"),
        ({"username": "ann", "colour": "red"}, "'ann': Unsupported: colour."),
        ({"first_name": "Ann"}, "users, an agent without username: "),
    ],
)
def test_an_option_that_no_agent_has_is_reported_with_the_agent(
    sandbox: Sandbox, mode: str, wrong: dict[str, t.Any], message: str
) -> None:
    centre = seed_centre(sandbox)
    result = run(centre, [*team(2), wrong], mode=mode)
    assert message in result["msg"]
    assert any(word in result["msg"] for word in ("perhaps", "colour", "username"))
    assert centre.writes() == []


def test_those_who_are_listed_are_deleted(sandbox: Sandbox) -> None:
    """The username alone counts; one that was made by hand stays unless told, and nobody is read by himself."""
    everybody = team(30)
    by_hand = person({"username": "by.hand"})
    centre = seed_centre(sandbox, users=[*({**agent, "tags": OURS} for agent in everybody), by_hand])
    go = [{"username": agent["username"]} for agent in (*everybody[5:], by_hand, person({"username": "nobody"}))]
    predicted = run(centre, go, state="absent", check=True)
    done = run(centre, go, state="absent")
    assert (
        done["actions"]
        == predicted["actions"]
        == [f"Delete the agent {agent['username']!r}" for agent in everybody[5:]]
    )
    assert counts(done) == {"removed": 25}
    assert "1 agent was not created by this collection and would be deleted only with manage_unowned " in " ".join(
        done.warnings
    )
    assert "DescribeUser" not in centre.requests()
    assert usernames(centre) == [*(agent["username"] for agent in everybody[:5]), "by.hand"]
    assert not run(centre, go, state="absent")["changed"]
    assert not run(
        centre, [{"username": everybody[0]["username"]}], state="absent", protected=[everybody[0]["username"]]
    )["changed"]
    assert "without username: user_name" in run(centre, [{"user_name": "ann"}], state="absent")["msg"]
    assert run(centre, go, state="absent", manage_unowned=True)["actions"] == ["Delete the agent 'by.hand'"]


def test_a_profile_that_opens_the_panel_restricts_nobody(sandbox: Sandbox) -> None:
    everybody = team(3)
    centre = seed_centre(
        sandbox, users=[{**agent, "tags": OURS} for agent in everybody], security_profiles={"No access": []}
    )
    changed = [person({**everybody[0], "last_name": "Roe"}), everybody[1]]
    for check in (True, False):
        refused = run(centre, changed, check=check, mode="set", leavers="restrict", restricted_security_profile="Agent")
        assert "The security profile 'Agent' opens the Contact Control Panel" in refused["msg"]
        assert centre.writes() == []
    assert not run(centre, everybody, mode="set", leavers="restrict", restricted_security_profile="No access")[
        "changed"
    ]


def test_a_quick_connect_that_a_stopped_run_left_is_removed_by_the_next(sandbox: Sandbox) -> None:
    everybody = team(3)
    leaver = everybody[2]["username"]
    centre = seed_centre(
        sandbox,
        users=[{**agent, "tags": OURS} for agent in everybody],
        quick_connects={"Call 2": leaver, "Call 0": "agent00000@example.com"},
    )
    sandbox.world.faults.add(
        Fault("connect", "DeleteQuickConnect", status=400, code="InvalidRequestException", message="Not now.")
    )
    stopped = run(centre, everybody[:2], mode="set", leavers="delete")
    (failure,) = stopped["failures"]
    assert (failure["name"], failure["error_code"]) == (leaver, "InvalidRequestException")
    assert failure["failed_action"].startswith("Delete the quick connect 'Call 2'")
    assert usernames(centre) == [agent["username"] for agent in everybody[:2]]
    assert run(centre, everybody[:2], mode="set")["actions"] == []

    predicted = run(centre, everybody[:2], check=True, mode="set", leavers="delete")
    finished = run(centre, everybody[:2], mode="set", leavers="delete")
    assert (
        finished["actions"]
        == predicted["actions"]
        == ["Delete the quick connect 'Call 2', which leads to a user who no longer exists"]
    )
    assert centre.writes() == ["DeleteQuickConnect"]
    assert counts(finished) == {"unchanged": 2}
    assert finished["users"]["changes"] == []
    assert not run(centre, everybody[:2], mode="set", leavers="delete")["changed"]


@pytest.mark.parametrize(
    ("stay", "options", "code", "count"),
    [
        (3, {"leavers": "delete"}, "TooManyRemovals", 37),
        (30, {"leavers": "delete", "max_removals": "9"}, "TooManyRemovals", 10),
        (0, {"leavers": "delete", "max_removals": "100%"}, "EmptySource", 40),
        (0, {"leavers": "report"}, "EmptySource", 40),
    ],
)
def test_the_guard_stops_before_the_first_write(
    sandbox: Sandbox, stay: int, options: dict[str, str], code: str, count: int
) -> None:
    everybody = team(40)
    centre = seed_centre(sandbox, users=[{**agent, "tags": OURS} for agent in everybody])
    joiner = [person({"username": "joiner"})] if stay else []
    for check in (True, False):
        result = run(centre, everybody[:stay] + joiner, check=check, mode="set", **options)
        assert (result["error_code"], len(result["would_remove"])) == (code, count)
        assert not result["changed"]
        assert centre.writes() == []
    assert len(usernames(centre)) == 40


def test_agents_that_the_module_made_are_its_own_and_kept_ones_stay(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    run(centre, team(3, tags={"team": "x"}))
    assert (centre.user(team(1)[0]["username"]) or {})["Tags"] == {"team": "x", **OURS}
    assert not run(centre, team(3, tags={"team": "x"}))["changed"]
    kept = run(centre, team(2, tags={"team": "x"}), mode="set", leavers="delete", protected=[team(3)[2]["username"]])
    assert not kept["changed"]
    removed = run(centre, team(2, tags={"team": "x"}), mode="set", leavers="delete")
    assert counts(removed) == {"unchanged": 2, "removed": 1}


def test_a_rename_is_recognised_by_the_person(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    run(centre, team(1, person_id="11111111-aaaa"))
    old = team(1)[0]["username"]
    renamed = [person({"username": "jane.smith@example.com", "person_id": "11111111-aaaa"})]
    reported = run(centre, renamed, mode="set", leavers="delete")
    assert not reported["changed"]
    assert reported["users"]["renamed"] == [{"old": old, "new": "jane.smith@example.com"}]
    assert "Amazon Connect cannot rename users" in " ".join(reported.warnings)
    assert usernames(centre) == [old]
    created = run(centre, renamed, renames="recreate")
    assert created["actions"] == ["Create the agent 'jane.smith@example.com'", f"Delete the agent {old!r}"]
    assert usernames(centre) == ["jane.smith@example.com"]
    assert not run(centre, renamed, mode="set", renames="recreate", leavers="delete")["changed"]


def test_an_agent_that_cannot_be_as_desired_stops_nobody_else_if_requested(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, users=[{**person({"username": "Joe"}), "tags": OURS}])
    users = [
        *team(2),
        person({"username": "joe"}),
        person({"username": "bob", "routing_profile": "Bsic Routing Profile"}),
        person({"username": "eve", "auto_accept": "perhaps"}),
    ]
    result = run(centre, users, on_invalid="skip", protected=["Joe"], mode="set", leavers="delete")
    assert result.failed
    assert {(failure["name"], failure["error_code"]) for failure in result["failures"]} == dict.fromkeys(
        ("joe", "bob", "eve"), "InvalidAgent"
    ).items()
    assert counts(result) == {"created": 2, "failed": 3}
    predicted = run(centre, users, on_invalid="skip", check=True)
    assert predicted.failed
    assert len(predicted["failures"]) == 3
    failed = run(centre, users)
    assert {name for problem in failed["problems"] for name in problem["usernames"]} == {"joe", "bob", "eve"}


def test_nobody_goes_for_a_successor_who_is_skipped(sandbox: Sandbox) -> None:
    """A new spelling differs in case alone and may be somebody else; another has a profile that does not exist: the old
    ones stay.
    """
    old = [
        person({"username": "ann"}),
        *(person({"username": name, "person_id": f"id-{name}"}) for name in ("bob", "eve")),
    ]
    centre = seed_centre(sandbox)
    run(centre, old)
    new = [
        person({"username": "Ann", "person_id": "id-ann"}),
        person({"username": "bobby", "person_id": "id-bob", "routing_profile": "None such"}),
        person({"username": "eve", "person_id": "id-eve", "auto_accept": "perhaps"}),
    ]
    skipped = run(centre, new, on_invalid="skip", mode="set", leavers="delete", renames="recreate", max_removals="100%")
    assert len(skipped["failures"]) == 3
    assert skipped["actions"] == []
    assert usernames(centre) == ["ann", "bob", "eve"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("jane@old.example.com", "jane@example.com", id="domain"),
        pytest.param("jane_doe", "jane.doe", id="characters"),
        pytest.param("Jane.Doe@example.com", "jane.doe@example.com", id="letters' case"),
        pytest.param("e4711", "E4711", id="letters' case of a number"),
    ],
)
def test_a_rename_of_any_sort_is_one(before: str, after: str, sandbox: Sandbox) -> None:
    """Letters' case in the object id means nothing either."""
    centre = seed_centre(sandbox)
    run(centre, [person({"username": before, "person_id": PERSON.upper()})])
    renamed = [person({"username": after, "person_id": PERSON})]
    reported = run(centre, renamed, mode="set", leavers="delete", on_invalid="skip")
    assert not reported.failed, reported["msg"]
    assert reported["users"]["renamed"] == [{"old": before, "new": after}]
    assert "those are other users" not in " ".join(reported.warnings)
    assert usernames(centre) == [before]
    created = run(centre, renamed, mode="set", leavers="delete", renames="recreate", max_removals="100%")
    assert created["actions"] == [f"Create the agent {after!r}", f"Delete the agent {before!r}"]
    assert not run(centre, renamed, mode="set", leavers="delete", renames="recreate")["changed"]


def test_a_spelling_that_amazon_connect_takes_for_the_same_is_reported_at_once(sandbox: Sandbox) -> None:
    """Should it ever: the old agent stays, and nothing waits for one that never comes."""
    centre = seed_centre(sandbox)
    run(centre, [person({"username": "Jane", "person_id": PERSON})])
    taken = {"status": 409, "code": "DuplicateResourceException", "message": "The user name is already in use."}
    sandbox.world.faults.add(Fault("connect", "CreateUser", at=1, times=1, **taken))
    result = run(centre, [person({"username": "jane", "person_id": PERSON})], renames="recreate")
    assert "takes 'Jane' for the same name" in result["failures"][0]["msg"]
    assert usernames(centre) == ["Jane"]


def test_a_person_has_one_agent(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    run(centre, [person({"username": "jane", "person_id": PERSON}), person({"username": "joe", "person_id": OTHER})])
    twice = run(centre, [person({"username": name, "person_id": PERSON}) for name in ("jane", "j.doe")])
    assert f"the same person (person_id {PERSON}) is listed as 'j.doe' too" in twice["msg"]
    second = centre.run(
        "connect_user", {"instance_id": centre.id, **person({"username": "j.doe", "person_id": PERSON.upper()})}
    )
    assert f"The person {PERSON} is the agent 'jane' already" in second["msg"]
    assert usernames(centre) == ["jane", "joe"]
    swapped = run(centre, [person({"username": "jane", "person_id": OTHER})])
    assert f"The agent 'jane' belonged to another person ({PERSON}), and now belongs to {OTHER}" in " ".join(
        swapped.warnings
    )


def test_nobody_goes_before_all_others_have_come(sandbox: Sandbox) -> None:
    everybody = team(30)
    centre = seed_centre(sandbox, users=[{**agent, "tags": OURS} for agent in everybody], routing_profiles=["Sales"])
    users = [*team(20, routing_profile="Sales"), *(person({"username": f"new{number}"}) for number in range(10))]
    result = run(centre, users, mode="set", leavers="delete", max_removals="10")
    assert counts(result) == {"created": 10, "updated": 20, "removed": 10}
    writes = centre.writes()
    assert writes[30:] == ["DeleteUser"] * 10
    assert sorted(set(writes[:30])) == ["CreateUser", "UpdateUserRoutingProfile"]


def test_a_storm_of_refusals_fails_nobody(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    sandbox.world.faults.add(
        Fault("connect", "CreateUser", at=3, times=12, status=429, code="TooManyRequestsException", message="Slow.")
    )
    result = run(centre, team(12), rate=50.0)
    assert not result.failed, result.get("failures")
    assert counts(result) == {"created": 12}


def test_ten_thousand_unchanged_agents_take_no_more_than_45_requests(sandbox: Sandbox) -> None:
    everybody = team(10_000)
    centre = seed_centre(sandbox, users=[{**agent, "tags": OURS} for agent in everybody])
    result = run(centre, everybody, mode="set", leavers="delete")
    assert not result["changed"], result.get("msg")
    assert counts(result) == {"unchanged": 10_000}
    assert len(centre.requests()) <= 45


def test_one_in_a_hundred_changed_is_not_read_again_when_it_is_settled(sandbox: Sandbox) -> None:
    everybody = team(300)
    sandbox.world.clock.advance(-dt.timedelta(hours=2))
    centre = seed_centre(sandbox, users=everybody, routing_profiles=["Sales"])
    result = run(centre, [*team(3, routing_profile="Sales"), *everybody[3:]])
    assert counts(result) == {"updated": 3, "unchanged": 297}
    assert centre.requests().count("DescribeUser") == 0


def test_agents_from_a_file_there_and_back(sandbox: Sandbox, tmp_path: Path) -> None:
    centre = seed_centre(
        sandbox,
        users=[
            {
                **person({"username": "ann"}),
                "first_name": "=1+1",
                "secondary_email": "ann@example.com",
                "mobile": "+4930123456",
                "tags": {"a": "b"},
            },
            {
                **person({"username": "bob"}),
                "configs": {"AutoAcceptConfigs": [{"Channel": "CHAT", "AutoAccept": True}]},
            },
        ],
    )
    exported = centre.run("connect_user_info", {"instance_id": centre.id, "contact_details": True, "csv": True})
    assert "'=1+1" in exported["csv"]
    file = tmp_path / "agents.csv"
    file.write_text(exported["csv"], encoding="utf-8")
    again = centre.run("connect_users", {"instance_id": centre.id, "csv": str(file), **FAST})
    assert not again["changed"], again["actions"]
    assert counts(again) == {"unchanged": 2}
    file.write_text(exported["csv"].replace("Basic Routing Profile", "Basic Routing Profil"), encoding="utf-8")
    assert "Did you mean" in centre.run("connect_users", {"instance_id": centre.id, "csv": str(file)})["msg"]
    file.write_text("user login,ACW timeout (seconds)\nann,soon\n", encoding="utf-8")
    assert "'ann': argument" in centre.run("connect_users", {"instance_id": centre.id, "csv": str(file)})["msg"]
    assert (
        "Could not read the agents"
        in centre.run("connect_users", {"instance_id": centre.id, "csv": str(tmp_path / "none")})["msg"]
    )


def test_a_damaged_file_removes_nobody(sandbox: Sandbox, tmp_path: Path) -> None:
    everybody = team(20)
    centre = seed_centre(sandbox, users=everybody)
    file = tmp_path / "agents.csv"
    file.write_text(centre.run("connect_user_info", {"instance_id": centre.id, "csv": True})["csv"], encoding="utf-8")
    rows = file.read_text(encoding="utf-8").splitlines()
    rows[5], rows[8] = rows[5].replace(",Doe", ',"Doe', 1), rows[8].replace(",Doe", ',Doe"', 1)
    assert sum('"Doe' in row for row in rows) == 1, rows[5]
    file.write_text("\n".join(rows), encoding="utf-8")
    cut_off = {"mode": "set", "leavers": "delete", "manage_unowned": True, "max_removals": "100%"}
    result = centre.run("connect_users", {"instance_id": centre.id, "csv": str(file), **cut_off, **FAST})
    assert result["failed"]
    assert "row 6, cell 3: a quotation mark" in result["msg"]
    assert len(centre.run("connect_user_info", {"instance_id": centre.id})["users"]) == len(everybody)


def test_the_task_tells_how_far_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    centre = seed_centre(sandbox, limits=True)
    task = {"instance_id": centre.id, "region": centre.region, "users": team(12), "progress_interval": 1}
    tasks = [
        {"openccp.federation.connect_users": task, "register": "done"},
        {"ansible.builtin.assert": {"that": "done.users.created == 12"}},
        {
            "openccp.federation.connect_users": {key: value for key, value in task.items() if key != "region"},
            "register": "again",
        },
        {"ansible.builtin.assert": {"that": "again is not changed"}},
    ]
    play = {
        "hosts": "all",
        "gather_facts": False,
        "connection": "local",
        "module_defaults": {"group/openccp.federation.aws": {"region": centre.region}},
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": tasks,
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    environment = ansible_environment({key: value for key, value in centre.environment.items() if key != "AWS_REGION"})
    done = run_ansible(ansible_command("ansible-playbook", "--inventory", "site,", "play.yml"), environment, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("progress: [site] => ")]
    assert lines
    assert lines[0].startswith("progress: [site] => 0 of 12 steps done, ")
    assert lines[-1].startswith("progress: [site] => 12 of 12 steps done, ")
