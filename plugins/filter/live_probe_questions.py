# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: live_probe_questions
short_description: The open questions that some tags stand for
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Chooses from the open questions of the role C(live_probe) those that M(openccp.federation.live_probe) is to ask.
positional: tags, skip_tags
options:
  _input:
    description: The open questions, as the role C(live_probe) has them.
    type: list
    elements: dict
    required: true
  tags:
    description:
      - Ids of questions, clouds, or V(all), which leaves out what is asked by name alone.
    type: list
    elements: str
    required: true
  skip_tags:
    description: Ids of questions or clouds that are left out.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show what would be asked of Entra ID
  ansible.builtin.debug:
    msg: "{{ questions | openccp.federation.live_probe_questions(['entra']) | map(attribute='line') }}"
"""

RETURN = r"""
_value:
  description: The questions, each with C(id), C(cloud), and C(line), which says what its experiment makes, needs and
    costs.
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
