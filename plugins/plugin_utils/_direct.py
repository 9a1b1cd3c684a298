# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection.

"""The action of the collection's modules: it does a module's work in a child of Ansible's own process, which has loaded
the clouds' libraries, where that comes to the same as an interpreter of the module's own.
"""

from __future__ import annotations

import collections.abc
import datetime
import gc
import importlib
import os
import re
import sys
import typing as t
import warnings
from pathlib import Path

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display
from ansible_collections.openccp.federation.plugins.module_utils._definition import (
    Definition,
    secret_values,
    without_values,
)
from ansible_collections.openccp.federation.plugins.plugin_utils import _child, _filters, _models

try:
    from ansible.module_utils.secrets import register_secrets  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # ansible-core 2.21 and older, which mask a secret in the result of its own task alone

    def register_secrets(values: t.Iterable[str], /) -> None:
        """Do nothing: the result is masked already."""


display = Display()

#: The variable that turns direct execution off.
SWITCH: t.Final = "FEDERATION_DIRECT"

#: The variable of the roles that names the file of the recording, and the environment variable that the modules read.
RECORD_OPTION: t.Final = "federation_record"
RECORD_VARIABLE: t.Final = "FEDERATION_RECORD"

#: Environment variables that are read when a module connects. Others may have been read already, when this process
#: started.
READ_LATE: t.Final = re.compile(
    r"(AWS|AZURE)_\w+|(?i:(https?|all|no)_proxy)|(REQUESTS|CURL)_CA_BUNDLE|SSL_CERT_(FILE|DIR)|FEDERATION_RECORD"
)

#: Environment variables that have a module measured or debugged.
MEASURED: t.Final = ("_ANSIBALLZ_", "_ANSIBLE_COVERAGE_", "ANSIBLE_DEBUG_BOTOCORE_LOGS")


def is_on() -> bool:
    """Whether modules may run directly."""
    return sys.platform == "linux" and bool(boolean(os.environ.get(SWITCH, "true"), strict=False))


def load(action: str) -> Definition | None:
    """The module of an action plugin, by the plugin's full name. None where that cannot be loaded: its own interpreter
    will say why.
    """
    name = action.rpartition(".")[2]
    _filters.load()
    if not is_on():
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = importlib.import_module(f"ansible_collections.openccp.federation.plugins.modules.{name}")
        if "botocore" in sys.modules:
            _models.parsed()
    except Exception as error:  # noqa: BLE001 - whatever a library does
        display.vvv(f"The module {name} cannot be loaded by Ansible itself: {error}")
        return None
    gc.freeze()  # a worker that looked through all this for garbage would get a copy of it
    return t.cast("Definition", module.MODULE)


class DirectAction(NormalAction):
    """Runs a module of this collection directly where it may."""

    definition: t.ClassVar[Definition | None] = None

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module."""
        task_vars = task_vars or {}
        self._record(task_vars)
        host = str(task_vars.get("inventory_hostname", "localhost"))
        obstacle = next((why for why, holds in self._obstacles(task_vars) if holds), None)
        if self.definition is None or obstacle is not None:
            if is_on():
                display.vvv(f"The module runs in an interpreter of its own: {obstacle}.", host=host)
            return dict(super().run(tmp, task_vars))
        display.vvv(f"RUN DIRECTLY {self._task.action}", host=host)
        result = super(NormalAction, self).run(tmp, task_vars)
        result |= self._run_directly(self.definition)
        if not is_invocation_returned(task_vars):
            result.pop("invocation", None)
        return dict(result)

    def _run_directly(self, definition: Definition) -> dict[str, t.Any]:
        def work() -> tuple[dict[str, t.Any], list[str]]:
            _models.hand_over()
            check_mode, diff = bool(self._task.check_mode), bool(self._task.diff)
            run = definition.run_on_controller(self._task.action, arguments, check_mode=check_mode, diff=diff)
            return run.result, sorted(run.secrets)

        arguments = plain(self._task.args)
        try:
            result, secrets = _child.run(work, self._environment(), self._loader.get_basedir())
        except _child.ChildFailed as error:
            output = without_values(
                {"module_stderr": error.output}, secret_values(definition.argument_spec(), arguments)
            )
            return {"failed": True, "msg": str(error), "rc": error.status, **output}
        register_secrets(secrets)
        return dict(result)

    def _record(self, task_vars: t.Mapping[str, t.Any]) -> None:
        """Tell the module where to record its requests, if it is to."""
        file = self._templar.template(task_vars.get(RECORD_OPTION))
        if file:
            path = str(Path(str(file)).expanduser().absolute())
            self._task.environment = [*self._environments(), {RECORD_VARIABLE: path}]

    def _obstacles(self, task_vars: dict[str, t.Any]) -> collections.abc.Iterator[tuple[str, bool]]:
        """Whatever may stand in the way, least costly first."""
        yield "it could not be loaded", self.definition is None
        yield "the connection is not local", self._connection.transport != "local"
        yield "it runs as another user", bool(self._connection.become)
        yield "it runs in the background", bool(self._task.async_val)
        yield "its files are to be kept", bool(C.config.get_config_value("DEFAULT_KEEP_REMOTE_FILES"))
        yield "it is measured or debugged", any(name.startswith(MEASURED) for name in os.environ)
        yield "botocore's requests are to be logged", "debug_botocore_endpoint_logs" in self._task.args
        yield (
            "its open files are limited",
            bool(C.config.get_config_value("PYTHON_MODULE_RLIMIT_NOFILE", variables=task_vars)),
        )
        interpreter = self._interpreter(task_vars)
        yield f"the interpreter is to be {interpreter}", not is_same_interpreter(interpreter, sys.executable)
        early = [name for name in self._environment() if not READ_LATE.fullmatch(name)]
        yield f"the environment sets {', '.join(early)}", bool(early)

    def _interpreter(self, task_vars: dict[str, t.Any]) -> str:
        """The interpreter that the module is to have."""
        delegate = self._task.delegate_to
        host = task_vars["ansible_delegated_vars"][delegate] if delegate else task_vars
        return str(self._templar.template(C.config.get_config_value("INTERPRETER_PYTHON", variables=host))).strip()

    def _environments(self) -> list[t.Any]:
        environment = self._task.environment or []
        return environment if isinstance(environment, list) else [environment]

    def _environment(self) -> dict[str, str]:
        """What the keyword `environment` sets, of the task and of what it is in."""
        merged: dict[str, str] = {}
        for environment in self._environments():
            values = self._templar.template(environment) or {}
            merged.update({str(name): str(value) for name, value in values.items()})
        return merged


def is_invocation_returned(task_vars: dict[str, t.Any]) -> bool:
    """Whether a result says with which options the module ran; ansible-core 2.19 and older have no setting for it."""
    try:
        return bool(C.config.get_config_value("INJECT_INVOCATION", variables=task_vars))
    except AnsibleError:
        return True


def is_same_interpreter(path: str, other: str) -> bool:
    """Whether two paths are the same interpreter, in the same virtual environment."""
    first, second = Path(path), Path(other)
    return first.resolve() == second.resolve() and first.parent.resolve() == second.parent.resolve()


def plain(value: t.Any) -> t.Any:
    """A task's arguments as a module gets them: as JSON has them, without what Ansible knows of them."""
    if isinstance(value, collections.abc.Mapping):
        return {str(key): plain(element) for key, element in value.items()}
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(element) for element in value]
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else str(value)
