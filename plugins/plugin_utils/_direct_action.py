# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection.

"""Saves the modules of this collection the time that an interpreter of their own takes to load the clouds' libraries.

Ansible itself loads a module with its libraries, once a run, and each task that uses it runs in a fork. That is done
only when the environment asks for it (FEDERATION_DIRECT), where it comes to the same as Ansible's own way, and as long
as the private parts of ansible-core that it relies on are those that it was tested with; elsewhere Ansible does as
ever.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import gc
import importlib
import json
import os
import re
import sys
import typing as t
import warnings
from pathlib import Path

from ansible import constants as C
from ansible.executor import module_common
from ansible.executor.interpreter_discovery import InterpreterDiscoveryRequiredError
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.loader import filter_loader, test_loader
from ansible.utils.display import Display
from ansible_collections.openccp.federation.plugins.plugin_utils import _fork, _models
from ansible_collections.openccp.federation.plugins.plugin_utils._recorded import RecordedAction

display = Display()

#: Environment variables that are read when a module connects. Others may have been read already, when this process
#: started.
READ_LATE: t.Final = re.compile(
    r"(AWS|AZURE)_\w+|(?i:(https?|all|no)_proxy)|(REQUESTS|CURL)_CA_BUNDLE|SSL_CERT_(FILE|DIR)|FEDERATION_RECORD"
)

#: Environment variables that have a module measured or debugged.
MEASURED: t.Final = ("_ANSIBALLZ_", "_ANSIBLE_COVERAGE_")


def load(name: str) -> str | None:
    """Load a module of the collection, to be run from here. None when that fails: its own interpreter will say why."""
    module = f"ansible_collections.openccp.federation.plugins.modules.{name}"
    for loader, known in ((filter_loader, "default"), (test_loader, "defined")):
        loader.get(known)  # which loads all of Ansible's own, that each task would load for itself
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module(module)
        if "botocore" in sys.modules:
            _models.parsed()
    except Exception as error:  # noqa: BLE001 - whatever a library does
        display.vvv(f"The module {name} cannot be loaded by Ansible itself: {error}")
        return None
    gc.freeze()  # a worker that looked through all this for garbage would get a copy of it
    return module


@dataclasses.dataclass
class _Way:
    """How a module runs directly."""

    shebang: str
    environment: dict[str, str]


class DirectAction(RecordedAction):
    """Runs a module of this collection directly where it may."""

    #: the module's full name, when it is loaded
    module: t.ClassVar[str | None] = None
    _way: _Way | None = None

    def _execute_module(self, *args: t.Any, task_vars: dict[str, t.Any] | None = None, **kwargs: t.Any) -> t.Any:
        task_vars = {} if task_vars is None else task_vars
        execute: t.Any = super()._execute_module
        way = _Way("", {})
        obstacle = next((why for why, holds in self._obstacles(way, task_vars) if holds), None)
        if obstacle is not None:
            host = str(task_vars.get("inventory_hostname", "localhost"))
            display.vvv(f"The module runs in an interpreter of its own: {obstacle}.", host=host)
            return execute(*args, task_vars=task_vars, **kwargs)
        self._way = way
        try:
            return execute(*args, task_vars=task_vars, **kwargs)
        finally:
            self._way = None

    def _obstacles(self, way: _Way, task_vars: dict[str, t.Any]) -> collections.abc.Iterator[tuple[str, bool]]:
        """Whatever may stand in the way, least costly first. Fills in the way."""
        yield "it could not be loaded", self.module is None
        yield "the connection is not local", self._connection.transport != "local"
        yield "it runs as another user", bool(self._connection.become)
        yield "it runs in the background", bool(self._task.async_val)
        yield "its files are to be kept", bool(C.config.get_config_value("DEFAULT_KEEP_REMOTE_FILES"))
        yield "it is measured or debugged", any(name.startswith(MEASURED) for name in os.environ)
        yield (
            "its open files are limited",
            bool(C.config.get_config_value("PYTHON_MODULE_RLIMIT_NOFILE", variables=task_vars)),
        )
        way.shebang = self._shebang(task_vars)
        interpreter = way.shebang.removeprefix("#!")
        yield f"the interpreter is to be {interpreter or 'found'}", not _same(interpreter, sys.executable)
        given: dict[str, t.Any] = {}
        self._compute_environment_string(given)
        way.environment = {name: str(value) for name, value in {**self._connection._shell.env, **given}.items()}
        early = [name for name in way.environment if not READ_LATE.fullmatch(name)]
        yield f"the environment sets {', '.join(early)}", bool(early)

    def _shebang(self, task_vars: dict[str, t.Any]) -> str:
        """What says which interpreter runs the module; nothing when Ansible has yet to find one."""
        delegate = self._task.delegate_to
        host = task_vars["ansible_delegated_vars"][delegate] if delegate else task_vars
        try:
            return str(module_common._get_shebang("/usr/bin/python", host, self._templar)[0])
        except InterpreterDiscoveryRequiredError:
            return ""

    def _is_pipelining_enabled(self, *args: t.Any, **kwargs: t.Any) -> bool:
        """Whether no file need be made for the module."""
        return self._way is not None or super()._is_pipelining_enabled(*args, **kwargs)

    def _configure_module(self, module_name: str, module_args: dict[str, t.Any], task_vars: dict[str, t.Any]) -> t.Any:
        """What is to be sent to the interpreter: of a module that runs directly its arguments alone."""
        if self._way is None:
            return super()._configure_module(module_name=module_name, module_args=module_args, task_vars=task_vars)
        payload, path = _as_json(module_args), str(self._path())
        built = getattr(module_common, "_BuiltModule", None)
        if built is None:  # ansible-core 2.18
            return "new", self._way.shebang, payload, path
        return built(
            b_module_data=payload, module_style="new", shebang=self._way.shebang, serialization_profile="legacy"
        ), path

    def _low_level_execute_command(self, *args: t.Any, in_data: bytes | None = None, **kwargs: t.Any) -> t.Any:
        """Run the module, once it is configured."""
        execute: t.Any = super()._low_level_execute_command
        if self._way is None or in_data is None:
            return execute(*args, in_data=in_data, **kwargs)
        display.vvv(f"RUN DIRECTLY {self.module}", host=self._play_context.remote_addr)
        module = _fork.Module(
            str(self.module), self._path(), in_data, self._way.environment, self._loader.get_basedir()
        )
        status, *written = _fork.run(module)
        out, err = (to_text(text, errors="surrogate_then_replace") for text in written)
        return {
            "rc": status,
            "stdout": out,
            "stdout_lines": out.splitlines(),
            "stderr": err,
            "stderr_lines": err.splitlines(),
        }

    def _path(self) -> Path:
        return Path(str(sys.modules[str(self.module)].__file__))


def _same(one: str, other: str) -> bool:
    """Whether two paths are the same interpreter, in the same virtual environment."""
    return all(os.path.realpath(part(one)) == os.path.realpath(part(other)) for part in (str, os.path.dirname))


def _as_json(arguments: dict[str, t.Any]) -> bytes:
    """A module's arguments as Ansible sends them."""
    common = importlib.import_module("ansible.module_utils.common.json")
    whole = {"ANSIBLE_MODULE_ARGS": arguments}
    if hasattr(common, "get_module_encoder"):
        encoder = common.get_module_encoder("legacy", common.Direction.CONTROLLER_TO_MODULE)
        return json.dumps(whole, cls=encoder).encode()
    return json.dumps(whole, cls=common.AnsibleJSONEncoder, vault_to_text=True).encode()
