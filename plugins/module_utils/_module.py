# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The engine: read, plan, apply, report; the same for every module."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import importlib.util
import platform
import shlex
import sys
import typing as t

from ansible.module_utils.compat.version import LooseVersion
from ansible_collections.openccp.federation.plugins.module_utils._access import listed
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step, shown_diff, step_records
from ansible_collections.openccp.federation.plugins.module_utils._printable import message_text
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource
from ansible_collections.openccp.federation.plugins.module_utils._words import counted

#: How many reasons, and of each how many objects, a message names.
MOST_LISTED: t.Final = 5


class Module(t.Protocol):
    """What the work of a module needs of whatever runs it: AnsibleModule, or what stands in for it."""

    check_mode: bool
    _diff: bool

    @property
    def params(self) -> dict[str, t.Any]:
        """The options, validated."""

    def warn(self, warning: str) -> None:
        """Return a warning beside the result."""

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        """End with a result."""

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        """End with a failure."""


class AwsModule(Module, t.Protocol):
    """The same of modules that use AWS: AnsibleAWSModule, or what stands in for it."""

    @property
    def region(self) -> str | None:
        """The Region of the options, else of the profile."""

    def client(self, service: str, **options: t.Any) -> t.Any:
        """A boto3 client with the credentials of the options."""

    def botocore_at_least(self, version: str) -> bool:
        """Whether botocore is that new."""


#: The oldest release of each library that the collection works with; requirements.txt says the same.
FLOORS: t.Final = {
    "boto3": "1.35.0",
    "botocore": "1.35.0",
    "cryptography": "42.0.0",
    "lxml": "5.0.0",
    "msal": "1.31.0",
    "requests": "2.31.0",
    "signxml": "3.2.2",
}


def require(module: Module, *libraries: str) -> None:
    """Fail with one message that names every library that is missing, older than its floor or broken, and what installs
    them.
    """
    lacking = {library: lack for library in libraries if (lack := _lack(library))}
    if not lacking:
        return
    listed = ", ".join(f"{library} {FLOORS[library]} or newer ({lack})" for library, lack in lacking.items())
    pip = shlex.join(
        [sys.executable or "python3", "-m", "pip", "install", *(f"{library}>={FLOORS[library]}" for library in lacking)]
    )
    module.fail_json(
        msg=f"This module needs Python libraries that {platform.node()} lacks: {listed}. Install them with: {pip}"
    )


def _lack(library: str) -> str:
    """Why a library cannot be used, in words; empty when it can."""
    if importlib.util.find_spec(library) is None:
        return "missing"
    try:
        version = importlib.metadata.version(library)
        if LooseVersion(version) < LooseVersion(FLOORS[library]):
            return f"{version} is installed"
        importlib.import_module(library)
    except importlib.metadata.PackageNotFoundError:
        return "installed without its metadata"
    except ImportError as error:
        # What it imports itself may be missing too, and is then named beside it.
        return "" if error.name in FLOORS and error.name != library else f"cannot be imported: {error}"
    return ""


def converge(module: Module, resource: Resource[t.Any, t.Any], key: str) -> t.NoReturn:
    """Bring one resource to the desired state, or in check mode say what that takes, and exit the module.

    Returned: `changed`, `actions` (one sentence a step), `steps` (the same as data), `diff` when asked for, and the
    resource under `key`. On failure `actions` holds the steps that were done, and `changed` says whether there were
    any. Objects that failed among several (`Step.target`) are returned as `failures`, beside all that a run without
    failure returns.
    """
    done: list[Step[t.Any]] = []
    failures: dict[str, FederationError] = {}
    try:
        plan = resource.plan(resource.read())
        for warning in plan.warnings:
            module.warn(message_text(warning))
        failures.update(plan.skipped)
        if not module.check_mode:
            resource.apply(plan, done, failures)
            plan = dataclasses.replace(plan, steps=tuple(done))
        after = resource.result(plan)
    except FederationError as error:
        module.fail_json(msg=str(error), changed=bool(done), actions=[step.text for step in done], **error.as_result())
    result: dict[str, t.Any] = {"changed": bool(plan.steps), "actions": [step.text for step in plan.steps], key: after}
    result["steps"] = step_records(plan, _label(plan) or key)
    if module._diff:
        result["diff"] = shown_diff(plan)
    if failures:
        module.fail_json(
            msg=_failure_message(failures, module.check_mode),
            failures=[{"name": name, "msg": str(error), **error.as_result()} for name, error in failures.items()],
            **result,
        )
    module.exit_json(**result)


def inform(module: Module, read: t.Callable[[], t.Any], key: str | None = None) -> t.NoReturn:
    """Return what `read` returns under `key`, or as it is when it has keys of its own (`changed` may be one), and exit
    the module.
    """
    try:
        result = read()
    except FederationError as error:
        module.fail_json(msg=str(error), **error.as_result())
    module.exit_json(**{"changed": False, **({key: result} if key else result)})


def _label(plan: Plan[t.Any]) -> str:
    """What the one object of a plan is called."""
    views = (plan.after, plan.before)
    return next((str(view[key]) for view in views for key in ("name", "alias") if isinstance(view.get(key), str)), "")


def _failure_message(failures: t.Mapping[str, FederationError], check_mode: bool) -> str:
    if len(failures) == 1:
        return str(next(iter(failures.values())))
    by_reason: dict[str, list[str]] = {}
    for name, error in failures.items():
        by_reason.setdefault(str(error), []).append(name)
    reasons = [f"{listed(names, MOST_LISTED)}: {reason}" for reason, names in list(by_reason.items())[:MOST_LISTED]]
    more = "; …" if len(by_reason) > MOST_LISTED else ""
    others = "The others would succeed" if check_mode else "The others succeeded"
    return (
        f"{counted(len(failures), 'object')} {'would fail' if check_mode else 'failed'}. {others}. "
        f"{'; '.join(reasons)}{more}"
    )
