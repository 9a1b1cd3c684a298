# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that runs on the controller validates, masks and fails as AnsibleModule does."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.basic import env_fallback
from ansible_collections.openccp.federation.plugins.module_utils._definition import Definition, secret_values

MASK: t.Final = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "name": {"type": "str", "required": True},
    "size": {"type": "int", "default": 1},
    "key": {"type": "str", "no_log": True, "aliases": ["secret_key"], "fallback": (env_fallback, ["SOME_KEY"])},
    "pin": {"type": "int", "no_log": True},
    "headers": {"type": "dict", "no_log": True},
    "users": {
        "type": "list",
        "elements": "dict",
        "options": {"user": {"type": "str"}, "password": {"type": "str", "no_log": True}},
    },
}


def definition(work: t.Callable[[t.Any], t.NoReturn]) -> Definition:
    return Definition(OPTIONS, libraries=(), work=work, rules={"mutually_exclusive": [("pin", "headers")]})


def returns(**result: t.Any) -> Definition:
    """A module that returns what is given."""
    return definition(lambda module: module.exit_json(**result))


@pytest.mark.parametrize(
    ("arguments", "secrets"),
    [
        ({"key": "a"}, {"a"}),
        ({"secret_key": "a"}, {"a"}),
        ({"pin": 1234}, {"1234"}),
        ({"headers": {"x": ["a", {"y": 7}], "flag": True, "empty": ""}}, {"a", "7"}),
        ({"users": [{"user": "u", "password": "p"}, {"user": "v", "password": "q"}]}, {"p", "q"}),
        ({"name": "n", "key": None, "users": None}, set()),
    ],
)
def test_the_values_of_secret_options(arguments: dict[str, t.Any], secrets: set[str]) -> None:
    assert secret_values(OPTIONS, arguments) == secrets
    run = returns(echo=[f"before {secret} after" for secret in sorted(secrets)]).run_on_controller(
        "some", {"name": "n", **arguments}
    )
    assert run.secrets == secrets
    assert all(secret not in text for secret in secrets for text in run.result["echo"])


def test_a_secret_of_the_environment_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "of the environment")
    run = returns(text="the key of the environment", changed=False).run_on_controller("some", {"name": "n"})
    assert run.secrets == {"of the environment"}
    assert "environment" not in run.result["text"]
    assert run.result["invocation"]["module_args"] == {
        **dict.fromkeys(OPTIONS),
        "name": "n",
        "size": 1,
        "key": MASK,
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "missing required arguments: name"),
        ({"name": "n", "size": "large"}, "argument 'size' is of type str and we were unable to convert to int"),
        ({"name": "n", "pin": 1, "headers": {}}, "parameters are mutually exclusive: pin|headers"),
        ({"name": "n", "colour": "red"}, "Unsupported parameters for (some) module: colour. Supported parameters"),
        ({"name": "n", "pin": "top secret"}, f"{MASK}"),
    ],
)
def test_arguments_that_are_refused(arguments: dict[str, t.Any], message: str) -> None:
    result = returns(changed=True).run_on_controller("some", arguments).result
    assert result["failed"] is True
    assert message in result["msg"] or message in str(result["invocation"])
    assert "top secret" not in str(result)


def test_an_option_beside_its_alias_is_a_warning() -> None:
    result = (
        returns().run_on_controller("some", {"name": "n", "key": "first value", "secret_key": "second value"}).result
    )
    assert result["warnings"] == ["Both option key and its alias secret_key are set."]


def test_mode_and_warnings() -> None:
    def work(module: t.Any) -> t.NoReturn:
        for _time in range(2):
            module.warn("Beware.")
        module.exit_json(mode=[module.check_mode, module._diff])

    result = definition(work).run_on_controller("some", {"name": "n"}, check_mode=True, diff=True).result
    assert (result["mode"], result["warnings"]) == ([True, True], ["Beware."])


@pytest.mark.parametrize("error", [ZeroDivisionError("over key-of-mine"), SystemExit("key-of-mine")])
def test_what_a_module_lets_out_is_a_failure_without_secrets(error: BaseException) -> None:
    def work(module: t.Any) -> t.NoReturn:
        raise error

    result = definition(work).run_on_controller("some", {"name": "n", "key": "key-of-mine"}).result
    assert result["failed"] is True
    assert result["msg"].startswith(f"The module failed unexpectedly: {type(error).__name__}: ")
    assert "key-of-mine" not in str(result)
    assert "test_definition.py" in result["exception"]
