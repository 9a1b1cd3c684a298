# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection.

"""Loads filters and tests in Ansible's own process, which forks a worker for each task of each host.

Ansible looks a filter up where a template needs it, which is in the worker, and there it loads every filter of the
collection up to the one that is selected: 50 to 150 milliseconds of processor time for each task that uses one. It
loads the class of an action before it forks, so the actions of the collection import this file.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import pkgutil
import typing as t

from ansible.plugins.loader import filter_loader, test_loader

FILTERS: t.Final = "ansible_collections.openccp.federation.plugins.filter"


@functools.cache
def load() -> None:
    """Load the filters of the collection, and Ansible's own filters and tests; later calls do nothing."""
    folder = importlib.import_module(FILTERS).__path__
    for file in pkgutil.iter_modules(folder):
        importlib.import_module(f"{FILTERS}.{file.name}")
    # ansible-core 2.18 knows no filter in a process without Ansible's collection loader, such as a test's.
    with contextlib.suppress(KeyError):
        for loader, name in ((filter_loader, "default"), (test_loader, "defined")):
            loader.get(name)  # which loads all that ansible-core brings
