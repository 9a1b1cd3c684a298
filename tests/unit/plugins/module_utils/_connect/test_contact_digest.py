# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect import contact_digest

NOW = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
EMAIL, MOBILE = "jd@example.com", "+4930123456"
MARK = contact_digest.mark("jane", {"secondary_email": EMAIL, "mobile": MOBILE}, NOW)


@pytest.mark.parametrize(
    ("mark", "username", "desired", "modified", "vouched"),
    [
        pytest.param(MARK, "jane", {"secondary_email": EMAIL, "mobile": MOBILE}, NOW, True, id="as written"),
        pytest.param(MARK, "jane", {"secondary_email": EMAIL}, NOW, True, id="one of both is managed"),
        pytest.param(MARK, "jane", {"secondary_email": EMAIL}, None, True, id="AWS states no modification"),
        pytest.param(
            MARK, "jane", {"secondary_email": EMAIL}, NOW + contact_digest.SLACK, True, id="clocks differ a little"
        ),
        pytest.param(
            MARK, "jane", {"secondary_email": EMAIL}, NOW + contact_digest.SLACK * 2, False, id="modified since"
        ),
        pytest.param(MARK, "jane", {"secondary_email": "x@example.com"}, NOW, False, id="another is wanted"),
        pytest.param(MARK, "jane", {"mobile": ""}, NOW, False, id="none is wanted"),
        pytest.param(MARK, "joe", {"mobile": MOBILE}, NOW, False, id="somebody else's mark"),
        pytest.param(None, "jane", {"mobile": MOBILE}, NOW, False, id="no mark"),
        pytest.param("", "jane", {}, NOW, False, id="an empty mark"),
        pytest.param("email=1 mobile=2 at=soon", "jane", {}, NOW, False, id="a mark that somebody wrote"),
        pytest.param("at=99999999999999999999", "jane", {}, NOW, False, id="a time that is none"),
    ],
)
def test_what_a_mark_vouches_for(
    mark: str | None, username: str, desired: dict[str, t.Any], modified: dt.datetime | None, vouched: bool
) -> None:
    assert contact_digest.vouches(mark, username, desired, modified) is vouched


def test_a_mark_is_a_tag_that_aws_takes_and_tells_nobody_the_address() -> None:
    assert len(MARK) <= 256
    assert EMAIL not in MARK
    assert MOBILE not in MARK
    assert not contact_digest.MARK.startswith("aws:")


def test_a_mark_that_is_written_late_bears_the_time_of_the_writing() -> None:
    planned = {contact_digest.MARK: contact_digest.mark("jane", {"mobile": "+491"}, NOW), "team": "a"}
    later = NOW + dt.timedelta(hours=1)
    written = contact_digest.restamped(planned, later)
    assert written == {contact_digest.MARK: contact_digest.mark("jane", {"mobile": "+491"}, later), "team": "a"}
    assert contact_digest.restamped({"team": "a"}, later) == {"team": "a"}
