# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes docs/messages.md: the messages that people see who cannot sign in, with all causes that the check detects.

The causes come from the check itself, on the misconfigured federations of its tests. Run the tool after a change of
either. A test compares the page with them.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import importlib.util
import pathlib
import re
import sys
import typing as t

CHECKOUT: t.Final = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT / folder) for folder in (".cache/collections", "tests", "tools")]

from ansible_collections.openccp.federation.plugins.module_utils._checks import sign_in_path, symptoms  # noqa: E402
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding  # noqa: E402
from ansible_collections.openccp.federation.plugins.module_utils._checks.hops import HOPS  # noqa: E402
from not_verified import table  # noqa: E402

from broken_federations import FAILING, MORE_FAILING  # noqa: E402
from unbroken_federations import WARNINGS  # noqa: E402

PAGE: t.Final = CHECKOUT / "docs" / "messages.md"
TESTS: t.Final = CHECKOUT / "tests" / "unit" / "plugins" / "module_utils" / "_checks"

HEAD: t.Final = """\
<!--
SPDX-FileCopyrightText: openccp.federation contributors
SPDX-License-Identifier: GPL-3.0-or-later

Made by tools/messages.py from the check and its tests: change those, and run the tool.
-->

# Messages at sign-in

Find the message that the agent sees. Below it are all causes that the check detects, with their fixes. The check
determines the actual cause for one person or for everyone:

```console
ansible-playbook openccp.federation.check --inventory hosts.yml -e federation_check_people=jane.doe@example.com
```

The first column is the hop of the sign-in path in the output of the check. Names and ARNs are examples. If the check
finds no problem and the agent still cannot sign in, [look at the SAML
response](sign-in.md#take-a-saml-response-safely). The messages of a user pool's sign-in page are described in [Cognito
on top](cognito.md).
"""


@dataclasses.dataclass(frozen=True)
class Part:
    """The messages of one place. names: of the constants in symptoms."""

    title: str
    intro: str
    names: tuple[str, ...]


PARTS: t.Final = (
    Part(
        "Pages of Microsoft Entra ID",
        "The code at the beginning identifies the message. The wording can change.",
        (
            "NO_SIGNING_KEY", "NO_SUCH_USER", "USER_DISABLED", "NOT_ASSIGNED", "NO_CUSTOM_SIGNING_KEY", "NAME_ID_EMPTY",
            "MISCONFIGURED", "NO_SUCH_APPLICATION", "NO_REPLY_URL", "APPLICATION_DISABLED",
        ),
    ),
    Part(
        "Pages of AWS sign-in",
        "On the host signin.aws.amazon.com of a Region, after Entra ID has let the person in.",
        (
            "INVALID_RESPONSE", "NAME_REQUIRED", "NAME_MUST_MATCH", "SOURCE_IDENTITY_MUST_MATCH", "NOT_AUTHORIZED",
            "SIGNATURE_INVALID", "ISSUER", "NO_SUCH_PROVIDER", "DURATION", "AUDIENCE", "EXPIRED", "ROLE_PICKER",
        ),
    ),
    Part("Pages of Amazon Connect", "After AWS sign-in has let the person in.", ("NOT_ONBOARDED", "DENIED")),
    Part(
        "No message",
        "No error message is shown, but the agent ends up in the wrong place.",
        (
            "CONSOLE_HOME", "SOMEBODY_ELSE", "OTHER_PAGE", "ELSEWHERE", "SIGN_IN_ELSEWHERE", "NO_CCP",
            "NO_DESTINATION", "NO_FRAME", "ENDLESS_SIGN_IN",
        ),
    ),
)  # fmt: skip


def tests_of(name: str) -> t.Any:
    """A module of the check's tests, which has tables of broken federations."""
    spec = importlib.util.spec_from_file_location(name, TESTS / f"{name}.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"There is no {TESTS / name}.py.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def findings() -> collections.abc.Iterator[Finding]:
    """What the check finds on each of them."""
    page, response = map(tests_of, ("test_embedding_hop", "test_response"))
    federations = [row[0] for row in FAILING.values()]
    federations += [row[0] for row in WARNINGS.values()]
    for facts in (*federations, *MORE_FAILING.values()):
        yield from sign_in_path.check(facts)
    for embedding_page, *_expected in page.FAILING.values():
        yield page.embedding_finding(page.facts(embedding_page))
    for content, *_expected in response.REFUSED.values():
        yield from response.checked(**content)
    yield from response.checked(response.LATE)


def causes() -> dict[str, list[tuple[str, str, str]]]:
    """Each symptom with its causes: hop, reason and fix, along the sign-in path."""
    known: dict[str, dict[tuple[str, str], str]] = {}
    for finding in findings():
        if finding.symptom and finding.reason:
            known.setdefault(finding.symptom, {}).setdefault((finding.hop, finding.reason), finding.fix)
    return {symptom: _causes(by_reason) for symptom, by_reason in known.items()}


def _causes(by_reason: dict[tuple[str, str], str]) -> list[tuple[str, str, str]]:
    causes = [(hop, reason, fix) for (hop, reason), fix in by_reason.items()]
    return sorted(causes, key=_along_the_path)


def _along_the_path(cause: tuple[str, str, str]) -> int:
    return HOPS.index(cause[0])


def page() -> str:
    """The page."""
    known = causes()
    sections = [HEAD]
    for part in PARTS:
        sections.append(f"## {part.title}\n\n{part.intro}\n")
        for name in part.names:
            symptom = getattr(symptoms, name)
            rows = ((f"`{hop}`", _cell(reason), _cell(fix)) for hop, reason, fix in known[symptom])
            sections.append(f"### {symptom}\n\n{table(('Hop', 'Cause', 'Fix'), rows)}")
    return "\n".join(sections)


def _cell(text: str) -> str:
    """A text that Markdown shows as it is; what differs from one run to the next is left out."""
    text = re.sub(r"\b[0-9A-F]{40}\b", "…", re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "…", text))
    escaped = "".join(f"\\{character}" if character in "*<`" else character for character in text)
    return " ".join(escaped.split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
