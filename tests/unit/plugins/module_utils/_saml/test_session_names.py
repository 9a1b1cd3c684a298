# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import session_names


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "jane",
        "JANE.Doe-1_x",
        "jane@example.com",
        "j.d@mail.example.co.uk",
        "..",
        "jane@example.com" + "m" * 48,
    ],
)
def test_names_that_sign_in(name: str) -> None:
    assert session_names.problems(name) == []
    assert session_names.check(name) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", ["It is empty."]),
        ("a", ["It has 1 character; at least 2 are needed."]),
        ("a" * 65, ["It has 65 characters; at most 64 are allowed."]),
        ("jane doe", ["The character space at position 5 is not allowed."]),
        ("o'brien@example.com", ["The character \"'\" at position 2 is not allowed."]),
        ("jane+x@example.com", ["The character '+' at position 5 is not allowed in an Amazon Connect username."]),
        ("a=b,c", ["The character '=' at position 2 is not allowed in an Amazon Connect username.",
                   "The character ',' at position 4 is not allowed in an Amazon Connect username."]),
        ("dom\\jane", ["The character '\\\\' at position 4 is not allowed in an AWS role session name."]),
        ("jürgen", ["The character U+00FC at position 2 is not allowed."]),
        ("ja\tne\t", ["The character U+0009 at position 3 is not allowed."]),
        ("jane\n", ["The character U+000A at position 5 is not allowed."]),
        ("jane@example", ["It has @, but not the form of an e-mail address."]),
        ("@example.com", ["It has @, but not the form of an e-mail address."]),
        ("jane@", ["It has @, but not the form of an e-mail address."]),
        ("jane@example.", ["It has @, but not the form of an e-mail address."]),
        ("jane@b.example@a.example", ["It has @, but not the form of an e-mail address."]),
        (
            "jane_contoso.com#EXT#@fabrikam.onmicrosoft.com",
            [
                ("It is the user principal name of a guest (#EXT#); use mail, employeeid or "
                    "an extension attribute for guests."),
                "The character '#' at position 17 is not allowed.",
            ],
        ),
    ],
)  # fmt: skip
def test_names_that_cannot_sign_in(name: str, expected: list[str]) -> None:
    assert session_names.problems(name) == expected
    with pytest.raises(InvalidInput) as error:
        session_names.check(name, "username")
    assert f"The username {name!r} cannot sign in" in error.value.message
    assert all(sentence in error.value.message for sentence in expected)


def test_look_alikes_differ_in_case_only() -> None:
    names = ["Jane@example.com", "jane@example.com", "JANE@EXAMPLE.COM", "john@example.com", "Jane@example.com"]
    assert session_names.look_alikes("jane@example.com", names) == ["JANE@EXAMPLE.COM", "Jane@example.com"]
    assert session_names.look_alikes("mary", names) == []
