# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things stand in the drawings."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._checks.hops import DRAWN
from ansible_collections.openccp.federation.plugins.module_utils._report import drawings as d

PATH: t.Final = [{"hop": hop, "state": "pass", "about": ""} for hop in DRAWN]


def certificate(begins: str, ends: str) -> dict[str, t.Any]:
    return {"not_before": f"{begins}T00:00:00Z", "not_after": f"{ends}T00:00:00Z"}


def test_every_hop_is_drawn_once_in_the_lane_of_its_cloud() -> None:
    drawing = d.sign_in_path(PATH)
    assert [lane["name"] for lane in drawing["lanes"]] == ["Microsoft Entra ID", "AWS IAM", "Amazon Connect"]
    nodes = [node for lane in drawing["lanes"] for node in lane["nodes"]]
    assert [node["hop"] for node in nodes] == [hop["hop"] for hop in PATH]
    assert len(drawing["links"]) == len(nodes) - 1
    assert len({(node["x"], node["y"]) for node in nodes}) == len(nodes)
    assert all(20 < node["x"] < d.WIDTH - 20 and 0 < node["y"] < drawing["height"] for node in nodes)


def test_a_hop_that_comes_later_has_its_place() -> None:
    position = next(index for index, hop in enumerate(PATH) if hop["hop"] == "permissions") + 1
    drawing = d.sign_in_path(
        [*PATH[:position], {"hop": "organization", "state": "unknown", "about": ""}, *PATH[position:]]
    )
    assert drawing["lanes"][1]["nodes"][-1]["hop"] == "organization"


@pytest.mark.parametrize("hops", [[], PATH[:1], [{"hop": "elsewhere", "state": "pass", "about": ""}]])
def test_a_path_of_hardly_anything(hops: list[dict[str, str]]) -> None:
    assert len(d.sign_in_path(hops)["links"]) == 0


@pytest.mark.parametrize(
    "certificates",
    [
        [certificate("2026-01-01", "2029-01-01")],
        [certificate("2020-01-01", "2023-01-01")],
        [certificate("2026-06-01", "2026-06-01")],
        [
            certificate("2023-02-01", "2026-02-01"),
            certificate("2026-01-31", "2029-01-31"),
            certificate("1950-01-01", "2049-12-31"),
        ],
        [],
    ],
    ids=["valid", "ended long ago", "of no length", "several", "none"],
)
def test_bars_and_marks_stay_within_the_drawing(certificates: list[dict[str, t.Any]]) -> None:
    drawing = d.certificate_timeline(certificates, "2026-01-31T12:00:00Z")
    assert len(drawing["rows"]) == len(certificates)
    for row in drawing["rows"]:
        assert 0 <= row["x"] <= row["x"] + row["width"] <= d.WIDTH + 2
        assert row["width"] > 0
    places = sorted([tick["x"] for tick in drawing["ticks"]])
    assert len(places) <= 8
    assert all(later - earlier > 40 for earlier, later in itertools.pairwise(places))
    assert 0 < drawing["now"] < d.WIDTH


def test_what_ended_is_left_of_now_and_what_begins_is_right_of_it() -> None:
    past, future = certificate("2025-06-01", "2026-01-01"), certificate("2026-03-01", "2029-01-01")
    drawing = d.certificate_timeline([past, future], "2026-01-31T12:00:00Z")
    assert drawing["rows"][0]["x"] + drawing["rows"][0]["width"] < drawing["now"] < drawing["rows"][1]["x"]
