# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The command that goes with a failure: the command that performs the fix, or, if it is made by hand in Entra ID, shows
that it helped.

A command is pasted into a shell, and Ansible templates what -e gives it. So a name is only put into it where it is a
plain one.
"""

from __future__ import annotations

import re
import shlex
import typing as t

_PLAYBOOKS: t.Final[t.Mapping[str, str]] = {
    "account": "check",
    "assignment": "check",
    "session_name": "check",
    "role_binding": "check",
    "user": "users",
    "security_profile": "users",
    "embedding": "ccp_page",
}
"""The playbook that fixes or verifies a hop; site for hops that are not listed."""

_PLAIN_NAME: t.Final = re.compile(r"[\w.+@'#!^~-]+")


def command(finding: t.Mapping[str, t.Any], host: str, inventories: t.Sequence[str]) -> str:
    """The command for a finding of a host."""
    playbook = _playbook(finding)
    words = ["ansible-playbook", f"openccp.federation.{playbook}"]
    for inventory in inventories:
        words += ["--inventory", inventory]
    words += ["--limit", host]
    if playbook == "check" and finding["person"]:
        named = _PLAIN_NAME.fullmatch(finding["subject"]) is not None
        words += [
            "-e",
            f"federation_check_people={finding['subject']}" if named else "federation_check_everyone_assigned=true",
        ]
    return shlex.join(words)


def _playbook(finding: t.Mapping[str, t.Any]) -> str:
    if finding["hop"] == "certificate" and finding["status"] == "warning":
        return "rotate_certificate"  # it works, and is close to its expiry date
    return _PLAYBOOKS.get(finding["hop"], "site")
