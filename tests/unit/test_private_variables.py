# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a role keeps to itself is read nowhere else: a name with two underscores belongs to the role it begins with,
or to the playbooks where it begins with none.

To set one from outside is to give a task file of that role its parameter, which the head of the file names.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from support import CHECKOUT

ROLES: t.Final = sorted((path.name for path in (CHECKOUT / "roles").iterdir()), key=len, reverse=True)
FILES: t.Final = sorted(
    path for pattern in ("roles/**/*.yml", "roles/**/*.j2", "playbooks/**/*.yml") for path in CHECKOUT.glob(pattern)
)
_PRIVATE: t.Final = re.compile(r"(?<!\w)__[a-z]\w+")
_SETTING: t.Final = re.compile(r"^\s*(?:- )?(?:register: *)?__\w+(?::|$)")
PLAYBOOKS: t.Final = "playbooks"


def owner(name: str) -> str:
    """Whom a private variable belongs to."""
    return next((role for role in ROLES if name.startswith(f"__{role}_")), PLAYBOOKS)


def read_in(text: str) -> set[str]:
    """The private variables that a file reads: not those that a line sets, nor those of comments."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return {name for line in lines for name in _PRIVATE.findall(_SETTING.sub("", line))}


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(CHECKOUT)) for file in FILES])
def test_a_private_variable_is_read_by_its_owner_alone(file: Path) -> None:
    top, second, *_rest = file.relative_to(CHECKOUT).parts
    folder = second if top == "roles" else PLAYBOOKS
    assert sorted(name for name in read_in(file.read_text(encoding="utf-8")) if owner(name) != folder) == []


def test_what_is_read_and_what_is_set() -> None:
    text = "\n".join(
        (
            "# __federation_comment",
            "- name: x",
            "  register: __federation_registered",
            "  vars:",
            '    __federation_parameter: "{{ __federation_read }}"',
            "  when: __connect_users_read is defined",
        )
    )
    assert read_in(text) == {"__federation_read", "__connect_users_read"}
    assert [owner(name) for name in ("__federation_check_x", "__federation_x", "__plan_first")] == [
        "federation_check",
        "federation",
        PLAYBOOKS,
    ]
