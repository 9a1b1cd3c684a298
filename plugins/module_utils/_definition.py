# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""A module as data: its options with their rules, the libraries that it needs, and its work.

The module itself runs it in an interpreter of its own; an action plugin of the same name runs it in Ansible's process.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible_collections.openccp.federation.plugins.module_utils._module import Module, require


class ModuleEnd(Exception):
    """A module has ended with a result."""

    def __init__(self, result: dict[str, t.Any]) -> None:
        super().__init__(str(result.get("msg", "done")))
        self.result = result


class ControllerModule:
    """What a module's work needs of AnsibleModule, where there is no process to exit."""

    def __init__(self, name: str, params: dict[str, t.Any], *, check_mode: bool, diff: bool) -> None:
        self.params = params
        self.check_mode = check_mode
        self.warnings: list[str] = []
        self._name = name
        self._diff = diff

    def warn(self, warning: str) -> None:
        """Show a warning, once."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        """End the module."""
        raise ModuleEnd(result)

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        """End the module with a failure."""
        raise ModuleEnd({**result, "failed": True, "msg": msg})


class ControllerRun(t.NamedTuple):
    """What a module returned on the controller, without the values of its `no_log` options, and those values."""

    result: dict[str, t.Any]
    secrets: set[str]


@dataclasses.dataclass(frozen=True)
class Definition:
    """A module. rules: which options go together, as AnsibleModule takes them. libraries: by their names on PyPI."""

    options: t.Mapping[str, dict[str, t.Any]]
    libraries: tuple[str, ...]
    work: t.Callable[[t.Any], t.NoReturn]
    rules: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    #: what stands in for AnsibleModule on the controller
    stand_in: t.ClassVar[type[ControllerModule]] = ControllerModule

    def argument_spec(self) -> dict[str, t.Any]:
        """Every option, also those that are the same in all modules of a cloud."""
        return dict(self.options)

    def new_module(self) -> Module:
        """The module that Ansible has started in this process."""
        return AnsibleModule(argument_spec=self.argument_spec(), supports_check_mode=True, **self.rules)

    def main(self) -> t.NoReturn:
        """Run as a module."""
        self.run(self.new_module())

    def run(self, module: Module) -> t.NoReturn:
        """Do the work with options that are validated."""
        require(module, *self.libraries)
        self.work(module)

    def run_on_controller(
        self, name: str, arguments: t.Mapping[str, t.Any], *, check_mode: bool = False, diff: bool = False
    ) -> ControllerRun:
        """Do the work of a task with these arguments."""
        spec = self.argument_spec()
        validated = ArgumentSpecValidator(spec, **self.rules).validate(dict(arguments))
        module = self.stand_in(name, validated.validated_parameters, check_mode=check_mode, diff=diff)
        for option, alias in repeated_options(spec, arguments):
            module.warn(f"Both option {option} and its alias {alias} are set.")
        try:
            for error in validated.errors:
                prefix = f"Unsupported parameters for ({name}) module: " if isinstance(error, UnsupportedError) else ""
                module.fail_json(f"{prefix}{error}")
            self.run(module)
        except ModuleEnd as end:
            result = end.result
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as Ansible does with what a module lets out
            result = {
                "failed": True,
                "msg": f"The module failed unexpectedly: {type(error).__name__}: {error}",
                "exception": traceback.format_exc(),
            }
        else:
            result = {"failed": True, "msg": "The module ended without a result."}
        result.setdefault("invocation", {"module_args": module.params})
        if module.warnings:
            result.setdefault("warnings", module.warnings)
        secrets = secret_values(spec, module.params) | secret_values(spec, arguments)
        return ControllerRun(without_values(result, secrets), secrets)


def repeated_options(
    spec: t.Mapping[str, t.Any], arguments: t.Mapping[str, t.Any]
) -> collections.abc.Iterator[tuple[str, str]]:
    """Options that are set by their name and by an alias as well."""
    for option, rules in spec.items():
        aliases = [alias for alias in rules.get("aliases", ()) if alias in arguments]
        if option in arguments and aliases:
            yield option, aliases[-1]


def secret_values(spec: t.Mapping[str, t.Any], arguments: t.Mapping[str, t.Any]) -> set[str]:
    """The values of `no_log` options, those of suboptions included."""
    values: set[str] = set()
    for option, rules in spec.items():
        for name in (option, *rules.get("aliases", ())):
            value = arguments.get(name)
            if rules.get("no_log"):
                values.update(texts_in(value))
            for suboptions in value if isinstance(value, list) else [value]:
                if rules.get("options") and isinstance(suboptions, collections.abc.Mapping):
                    values |= secret_values(rules["options"], suboptions)
    return values


def texts_in(value: t.Any) -> collections.abc.Iterator[str]:
    """The texts and numbers in a value, as texts."""
    if isinstance(value, collections.abc.Mapping):
        for element in value.values():
            yield from texts_in(element)
    elif isinstance(value, (list, tuple)):
        for element in value:
            yield from texts_in(element)
    elif value not in (None, "") and not isinstance(value, bool):
        yield str(value)


def without_values(result: dict[str, t.Any], values: set[str]) -> dict[str, t.Any]:
    """A result in which values are masked as AnsibleModule does, which never masks a flag."""
    flags = {key: value for key, value in result.items() if value is None or isinstance(value, bool)}
    return {**remove_values(result, values), **flags}
