# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in for names that the directory does not have."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._saml.person_names import FALLBACKS, completed

NOBODY: t.Final = {"first_name": "", "last_name": "", "display_name": "", "mail": "", "username": ""}


@pytest.mark.parametrize(
    ("person", "fallbacks", "names"),
    [
        ({"first_name": "Jane", "last_name": "Doe", "display_name": "X Y"}, FALLBACKS, {}),
        ({"display_name": "Jane Doe"}, [], {}),
        ({}, FALLBACKS, {}),
        ({"display_name": "Jane Doe"}, ["display_name"], {"first_name": "Jane", "last_name": "Doe"}),
        ({"display_name": " Jane  van Dam "}, ["display_name"], {"first_name": "Jane", "last_name": "van Dam"}),
        ({"display_name": "van Dam, Jane"}, ["display_name"], {"first_name": "Jane", "last_name": "van Dam"}),
        ({"display_name": "Doe,"}, ["display_name"], {"first_name": "Doe", "last_name": "Doe"}),
        ({"display_name": ","}, ["display_name"], {"first_name": ",", "last_name": ","}),
        ({"display_name": "Cher"}, ["display_name"], {"first_name": "Cher", "last_name": "Cher"}),
        ({"first_name": "Jane", "display_name": "Jane Doe"}, ["display_name"], {"last_name": "Doe"}),
        ({"last_name": "Doe", "display_name": "Doe"}, ["display_name"], {"first_name": "Doe"}),
        ({"mail": "jane.doe@example.com"}, ["display_name", "mail"], {"first_name": "jane", "last_name": "doe"}),
        (
            {"username": "e4711", "mail": "j@example.com"},
            ["username", "mail"],
            {"first_name": "e4711", "last_name": "e4711"},
        ),
        (
            {"username": "@", "mail": ".doe@example.com"},
            ["username", "mail"],
            {"first_name": "doe", "last_name": "doe"},
        ),
    ],
)
def test_the_first_fallback_that_a_person_has(
    person: dict[str, str], fallbacks: list[str], names: dict[str, str]
) -> None:
    assert completed({**NOBODY, **person}, fallbacks) == names
