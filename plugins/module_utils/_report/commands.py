# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The command that goes with a failure: the command that performs the fix, or, if the fix is made manually in Entra
ID, shows that it helped.

A command is pasted into a shell, and Ansible splits and templates what -e gives it. So a name that is not a plain one
is given as JSON, and one that could be a template, or that a terminal would obey, is not given at all.
"""

from __future__ import annotations

import json
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

_PLAIN_NAME: t.Final = re.compile(r"[\w.+@#!^~-]+")
_TEMPLATE: t.Final = re.compile(r"\{[{%#]")


def command(finding: t.Mapping[str, t.Any], host: str, inventories: t.Sequence[str]) -> str:
    """The command for a finding of a host."""
    playbook = _playbook(finding)
    words = ["ansible-playbook", f"openccp.federation.{playbook}"]
    for inventory in inventories:
        words += ["--inventory", inventory]
    words += ["--limit", host]
    if playbook == "check" and finding["person"]:
        words += ["-e", _person(finding["subject"])]
    return shlex.join(words)


def _person(name: str) -> str:
    """The extra variable that has one person checked, or everyone where the name cannot be given."""
    if _PLAIN_NAME.fullmatch(name):
        return f"federation_check_people={name}"
    if name.isprintable() and not _TEMPLATE.search(name):
        return json.dumps({"federation_check_people": [name]})
    return "federation_check_everyone_assigned=true"


def _playbook(finding: t.Mapping[str, t.Any]) -> str:
    if finding["hop"] == "certificate" and finding["status"] == "warning":
        return "rotate_certificate"  # it works, and is close to its expiry date
    return _PLAYBOOKS.get(finding["hop"], "site")
