# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection.

"""Whether the private parts of ansible-core and Python that direct execution relies on are as they were when it was
tested.
"""

from __future__ import annotations

import atexit
import collections.abc
import importlib
import inspect
import sys
import threading
import typing as t

from ansible.release import __version__ as core

#: the releases of ansible-core that direct execution was tested with
TESTED: t.Final = ((2, 18), (2, 21))

#: Ansible's functions that are called or overridden, by module and name → the parameters of each release that was
#: tested.
FUNCTIONS: t.Final[dict[str, frozenset[str]]] = {
    "ansible.plugins.action.normal:ActionModule._execute_module": frozenset(
        {"self module_name module_args tmp task_vars persist_files delete_remote_tmp wrap_async ignore_unknown_opts"}
    ),
    "ansible.plugins.action.normal:ActionModule._configure_module": frozenset(
        {"self module_name module_args task_vars"}
    ),
    "ansible.plugins.action.normal:ActionModule._low_level_execute_command": frozenset(
        {
            "self cmd sudoable in_data executable encoding_errors chdir",
            "self cmd sudoable in_data executable encoding_errors chdir process_result",
        }
    ),
    "ansible.plugins.action.normal:ActionModule._is_pipelining_enabled": frozenset({"self module_style wrap_async"}),
    "ansible.plugins.action.normal:ActionModule._compute_environment_string": frozenset({"self raw_environment_out"}),
    "ansible.executor.module_common:_get_shebang": frozenset(
        {
            "interpreter task_vars templar args remote_is_local",
            "interpreter task_vars templar args remote_is_local default_interpreters",
        }
    ),
}

#: The same of what ansible-core 2.19 and later have.
SINCE_2_19: t.Final[dict[str, frozenset[str]]] = {
    "ansible.executor.module_common:_BuiltModule": frozenset(
        {
            "b_module_data module_style shebang serialization_profile",
            (
                "b_module_data module_style shebang serialization_profile has_async has_become has_environment "
                "command_lookup process_result"
            ),
        }
    ),
    "ansible.module_utils.common.json:get_module_encoder": frozenset({"name direction"}),
    "ansible.module_utils._internal._ansiballz._loader:run_module": frozenset(
        {"json_params profile module_fqn modlib_path extensions init_globals"}
    ),
}

#: What is set or read, by module and name.
ATTRIBUTES: t.Final = (
    "ansible.module_utils.basic:_ANSIBLE_ARGS",
    "ansible.module_utils.common.warnings:_global_warnings.clear",
    "ansible.module_utils.common.warnings:_global_deprecations.clear",
)
ATTRIBUTES_SINCE_2_19: t.Final = (
    "ansible.module_utils._internal:is_controller",
    "ansible.module_utils._internal._traceback:_is_traceback_enabled",
    "ansible.module_utils._internal._traceback:_is_module_traceback_enabled",
)


def obstacle() -> str | None:
    """Why nothing can run directly here, whatever the task; None when something can."""
    release = tuple(int(number) for number in core.split(".")[:2])
    if sys.platform != "linux":
        return f"this is {sys.platform}"
    if not TESTED[0] <= release <= TESTED[1]:
        return f"ansible-core {core} is not among the releases that were tested"
    changed = next(differences(is_older=release < (2, 19)), None)
    return f"ansible-core {core} has another {changed} than was tested" if changed else None


def differences(is_older: bool) -> collections.abc.Iterator[str]:
    """The private parts that are missing or have other parameters. is_older: than ansible-core 2.19."""
    functions = FUNCTIONS if is_older else {**FUNCTIONS, **SINCE_2_19}
    for name, known in functions.items():
        if _parameters_of(name) not in known:
            yield name
    for name in ATTRIBUTES if is_older else (*ATTRIBUTES, *ATTRIBUTES_SINCE_2_19):
        if _lookup(name) is _MISSING:
            yield name
    for owner, name in ((atexit, "_clear"), (atexit, "_run_exitfuncs"), (threading, "_shutdown")):
        if not hasattr(owner, name):
            yield f"{owner.__name__}:{name}"


_MISSING: t.Final = object()


def _parameters_of(name: str) -> str | None:
    """The names of a function's parameters; None for what is no function, or is not there."""
    function = _lookup(name)
    if not callable(function):
        return None
    return " ".join(inspect.signature(function).parameters)


def _lookup(name: str) -> t.Any:
    module, _separator, path = name.partition(":")
    try:
        found: t.Any = importlib.import_module(module)
    except ImportError:
        return _MISSING
    for part in path.split("."):
        found = getattr(found, part, _MISSING)
    return found
