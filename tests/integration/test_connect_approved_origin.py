# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from contact_centre import Centre, seed_centre
from federation_sandbox.testing import Sandbox

FIRST = "https://first.example.com"
SECOND = "https://second.example.com:8443"


def approved(centre: Centre) -> list[str]:
    pages = centre.connect().get_paginator("list_approved_origins").paginate(InstanceId=centre.id)
    return sorted(pages.build_full_result()["Origins"])


def test_origins_are_added_removed_and_set(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, approved_origins=[FIRST])

    def run(check: bool = False, **change: list[str]) -> dict[str, object]:
        return centre.run("connect_approved_origin", {"instance_id": centre.id, "origins": change}, check=check)

    predicted = run(check=True, add=[f"{SECOND}/", FIRST])
    assert approved(centre) == [FIRST]
    created = run(add=[f"{SECOND}/", FIRST])
    assert created["actions"] == predicted["actions"] == [f"Approve the origin {SECOND}"]
    assert created["diff"] == {"before": {"origins": [FIRST]}, "after": {"origins": [FIRST, SECOND]}}
    assert approved(centre) == [FIRST, SECOND]
    assert not run(add=["HTTPS://First.Example.com:443"])["changed"]
    assert centre.requests() == ["ListApprovedOrigins"]

    assert run(remove=[FIRST, "https://unknown.example.com"])["actions"] == [f"Remove the approved origin {FIRST}"]
    assert approved(centre) == [SECOND]
    assert run(set=[FIRST])["actions"] == [f"Approve the origin {FIRST}", f"Remove the approved origin {SECOND}"]
    assert approved(centre) == [FIRST]
    assert not run(set=[FIRST])["changed"]
    assert run(set=[])["changed"]
    assert approved(centre) == []
    assert not run(set=[])["changed"]


@pytest.mark.parametrize(
    "origin",
    [
        "http://plain.example.com",
        "first.example.com",
        "https://first.example.com/path",
        "https://*.example.com",
        "https://first.example.com?x=1",
        "https://user@first.example.com",
        "https://first.example.com:port",
        " https://blank.example.com",
        "https://blank.example.com ",
        "https://blank.example.com\u00a0",
        "https://" + "a" * 260 + ".com",
    ],
)
def test_what_is_no_origin_is_refused_before_any_request(sandbox: Sandbox, origin: str) -> None:
    centre = seed_centre(sandbox)
    result = centre.run("connect_approved_origin", {"instance_id": centre.id, "origins": {"add": [FIRST, origin]}})
    assert result.failed
    assert repr(origin) in result["msg"]
    assert centre.requests() == []


def test_many_origins_are_read_page_by_page(sandbox: Sandbox) -> None:
    many = [f"https://site{number}.example.com" for number in range(60)]
    centre = seed_centre(sandbox, approved_origins=many)
    assert not centre.run("connect_approved_origin", {"instance_id": centre.id, "origins": {"set": many}})["changed"]


def test_an_instance_that_check_mode_would_create_takes_no_request(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    missing = {"instance_id": "00000000-0000-0000-0000-000000000000", "origins": {"set": [FIRST]}}
    assert centre.run("connect_approved_origin", missing, check=True)["actions"] == [f"Approve the origin {FIRST}"]
    assert centre.requests() == []
    assert centre.run("connect_approved_origin", missing).failed
