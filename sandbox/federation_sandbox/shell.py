# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that a shell sources to direct its clients to a sandbox. It also defines the function that reverts this."""

from __future__ import annotations

import collections.abc
import shlex
import typing as t

ACTIVE: t.Final = "FEDERATION_SANDBOX"
"""The variable that holds the sandbox's address while a shell is in it."""

#: Variables that would lead a client past the sandbox, or to credentials that it does not know.
FOREIGN: t.Final = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_CONNECT",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_STS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AZURE_TENANT_ID",
    "AZURE_TENANT",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "AZURE_USERNAME",
    "AZURE_PASSWORD",
    "ARM_TENANT_ID",
    "ARM_CLIENT_ID",
    "ARM_CLIENT_SECRET",
    "ALL_PROXY",
    "all_proxy",
    "PIP_CERT",
    "PIP_PROXY",
)


def script(variables: collections.abc.Mapping[str, str], pid: int, url: str) -> str:
    """The content of the file: for sh, bash and zsh. pid: of the sandbox process; without this process the file is
    stale.
    """
    unset = [name for name in FOREIGN if name not in variables]
    every = [*variables, *unset, ACTIVE]
    restoring = [f"  {line}" for name in every for line in _put_back(name)]
    saving = [f"_sandbox_had_{name}=${{{name}+set}} _sandbox_was_{name}=${{{name}-}}" for name in [*every, "PS1"]]
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    lines = [
        f"# Sends this shell's clients to the sandbox at {url}; deactivate_sandbox undoes it.",
        f"if ! kill -0 {pid} 2>/dev/null; then",
        (
            f"  echo 'This file is of a sandbox that has ended (process {pid}). Start another one, then source "
            f"its file.' >&2"
        ),
        "  return 1 2>/dev/null || exit 1",
        "fi",
        f'if [ -n "${{{ACTIVE}-}}" ] && command -v deactivate_sandbox >/dev/null; then deactivate_sandbox; fi',
        "deactivate_sandbox() {",
        *restoring,
        '  if [ -n "${_sandbox_had_PS1-}" ]; then PS1=$_sandbox_was_PS1; fi',
        "  unset _sandbox_had_PS1 _sandbox_was_PS1",
        "  unset -f deactivate_sandbox",
        "}",
        *saving,
        *exports,
        f"unset {' '.join(unset)}",
        f"export {ACTIVE}={shlex.quote(url)}",
        'if [ -n "${PS1-}" ]; then PS1="(sandbox) $PS1"; fi',
    ]
    return "\n".join(lines) + "\n"


def _put_back(name: str) -> list[str]:
    return [
        f'if [ -n "$_sandbox_had_{name}" ]; then export {name}="$_sandbox_was_{name}"; else unset {name}; fi',
        f"unset _sandbox_had_{name} _sandbox_was_{name}",
    ]
