# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: live_probe_report
short_description: Create the report of the live probe
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Compares the answers of M(openccp.federation.live_probe) with the assumptions of the collection.
positional: questions, about
options:
  _input:
    description: The answers, as returned by M(openccp.federation.live_probe).
    type: list
    elements: dict
    required: true
  questions:
    description: The open questions, in the format of the role P(openccp.federation.live_probe#role).
    type: list
    elements: dict
    required: true
  about:
    description: Metadata of the report, such as C(date), C(cloud) and C(partition).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the answers of the clouds
  ansible.builtin.debug:
    msg: "{{ (probe.answers | openccp.federation.live_probe_report(questions, {'cloud': 'public'})).lines }}"
"""

RETURN = r"""
_value:
  description: The report.
  type: dict
  contains:
    report:
      description:
        - The report for a file. It contains no names, IDs or secrets of the tenant and the account. Each of C(answers)
          has C(id), C(answer), C(assumed), C(evidence) and C(sandbox), the sandbox settings that depend on the answer.
      type: dict
    lines:
      description: The answers as a table, with those that differ from the assumptions first.
      type: list
      elements: str
"""

import json
import typing as t
from pathlib import Path

import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._probe import report

_COLLECTION: t.Final = Path(__file__).resolve().parents[2]


def live_probe_report(
    answers: list[dict[str, t.Any]], questions: list[dict[str, t.Any]], about: dict[str, t.Any]
) -> dict[str, t.Any]:
    """The report and its table."""
    try:
        document = report.report(questions, answers, {"collection": _version(), **about})
    except FederationError as error:
        raise AnsibleFilterError(str(error)) from error
    return {"report": document, "lines": report.table(document["answers"])}


def _version() -> str:
    """The version of this collection: an installed one has a manifest, a checkout what it is built from."""
    manifest = _COLLECTION / "MANIFEST.json"
    if manifest.exists():
        return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
    return str(yaml.safe_load((_COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))["version"])


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"live_probe_report": live_probe_report}
