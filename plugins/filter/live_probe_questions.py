# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: live_probe_questions
short_description: Select open questions by tags
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Selects, from the open questions of the role P(openccp.federation.live_probe#role), the questions for
    M(openccp.federation.live_probe).
positional: tags, skip_tags
options:
  _input:
    description: The open questions, in the format of the role P(openccp.federation.live_probe#role).
    type: list
    elements: dict
    required: true
  tags:
    description:
      - IDs of questions, clouds, or V(all), which excludes questions that must be selected by ID.
    type: list
    elements: str
    required: true
  skip_tags:
    description: IDs of questions or clouds to exclude.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the questions about Entra ID
  ansible.builtin.debug:
    msg: "{{ questions | openccp.federation.live_probe_questions(['entra']) | map(attribute='line') }}"
"""

RETURN = r"""
_value:
  description: The questions, each with C(id), C(cloud), and C(line), which describes what its experiment creates,
    requires and costs.
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._probe.report import chosen


def live_probe_questions(
    questions: list[dict[str, t.Any]], tags: list[str], skip_tags: list[str] | None = None
) -> list[dict[str, str]]:
    """The questions that the tags stand for."""
    return chosen(questions, tags, skip_tags or ())


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"live_probe_questions": live_probe_questions}
