# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What exists is changed only by what manages it."""

from __future__ import annotations

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._aws.ownership import check_owner
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict

OURS = {"managed-by": "openccp.federation"}
THEIRS = {"managed-by": "terraform"}


@pytest.mark.parametrize(
    ("current", "tags", "adopt", "refusal"),
    [
        ({}, None, False, None),
        ({}, {"team": "voice"}, False, None),
        (OURS, OURS, False, None),
        (THEIRS, THEIRS, False, None),
        ({"team": "voice"}, OURS, True, None),
        (THEIRS, OURS, True, None),
        ({"team": "voice"}, OURS, False, "was created by somebody else"),
        (THEIRS, OURS, False, "is managed by terraform"),
        (OURS, THEIRS, False, "is managed by openccp.federation"),
    ],
)
def test_owner(current: dict[str, str], tags: dict[str, str] | None, adopt: bool, refusal: str | None) -> None:
    if refusal is None:
        check_owner("The role 'Agents'", current, tags, adopt, "connect_federation_role.adopt")
        return
    with pytest.raises(Conflict, match=f"The role 'Agents' exists and {refusal}") as caught:
        check_owner("The role 'Agents'", current, tags, adopt, "connect_federation_role.adopt")
    assert "adopt (in the role aws_federation: aws_federation_adopt) to true" in str(caught.value.hint)
