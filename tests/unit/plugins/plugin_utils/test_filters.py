# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A worker of Ansible loads no filter for itself, once an action of the collection was looked up in the process that
forks it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t

import pytest

from support import CHECKOUT, COLLECTIONS

FILTERS: t.Final = sorted(path.stem for path in (CHECKOUT / "plugins" / "filter").glob("*.py"))
#: what Ansible does when it comes to a task, and then what a worker does when it comes to a template
LOOK_UP: t.Final = """
import json, sys
from ansible.plugins.loader import action_loader, filter_loader, init_plugin_loader
init_plugin_loader([sys.argv[1]])
action_loader.get(sys.argv[2], class_only=True)
loaded = set(sys.modules)
for name in json.loads(sys.argv[3]):
    filter_loader.get(name)
print(json.dumps(sorted(set(sys.modules) - loaded)))
"""


@pytest.mark.parametrize("action", ["check_variable_names", "azure_saml_app"])
def test_the_filters_are_loaded_before_a_worker_is_forked(action: str) -> None:
    names = json.dumps([f"openccp.federation.{name}" for name in FILTERS])
    command = [sys.executable, "-c", LOOK_UP, str(COLLECTIONS), f"openccp.federation.{action}", names]
    loaded_late = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert loaded_late == []
