# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""How messages count, and how they name an option to those who set it by a role's variable."""

from __future__ import annotations


def counted(number: int, one: str, several: str = "") -> str:
    """A number with its noun. several: the noun's plural, unless an s makes it."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def option_of_roles(option: str) -> str:
    """An option of the modules with the variable that sets it wherever a role runs them."""
    return f"{option} (in the roles: federation_{option})"


def option_of_users(option: str) -> str:
    """An option of connect_users with the variable that sets it where the role of that name runs the module."""
    return f"{option} (in the role connect_users: connect_users_{option})"
