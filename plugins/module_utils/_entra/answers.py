# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What Microsoft Graph answered, held to what it promises: an object, or nothing where there is nothing to say."""

from __future__ import annotations

import functools
import json
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import NoAnswer
from ansible_collections.openccp.federation.plugins.module_utils._http import kind_of_content

#: Statuses that come without content.
_WITHOUT_CONTENT: t.Final = frozenset({202, 204, 205})


@dataclass(frozen=True)
class Answer:
    """One answer. content: bytes, or of a batch's part what its JSON holds."""

    status: int
    content: t.Any
    headers: t.Mapping[str, t.Any]

    def header(self, name: str) -> t.Any:
        """A header, whatever the case of its name."""
        return next((value for key, value in self.headers.items() if str(key).lower() == name), None)

    @functools.cached_property
    def body(self) -> t.Any:
        """What the content says in JSON; None for what is no JSON."""
        if not isinstance(self.content, bytes):
            return self.content
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None

    @property
    def kind(self) -> str:
        """What the answer is when it is not what was promised."""
        content = self.content if isinstance(self.content, bytes) else str(self.content or "").encode()
        return kind_of_content(self.header("content-type"), content)


class GraphObject(dict[str, t.Any]):
    """An object of Microsoft Graph's; to read a member that every such object has, and this one has not, is an error of
    the cloud's.
    """

    def __init__(self, members: t.Mapping[str, t.Any], what: str) -> None:
        super().__init__(members)
        self.what = what

    def __missing__(self, name: str) -> t.NoReturn:
        raise NoAnswer(f"Could not {self.what}: Microsoft Graph's answer has no {name!r}.")


def object_of(answer: Answer, what: str) -> t.Any:
    """The object in an answer that is no error, or None where the status says that there is none. what: the attempt
    with its object.
    """
    if 300 <= answer.status < 400:
        raise NoAnswer(
            f"Could not {what}: Microsoft Graph answered {answer.status}, a redirect, which is not followed.",
            hint="Check graph_url, and whether a proxy answers instead of Microsoft Graph.",
        )
    if answer.status in _WITHOUT_CONTENT and not answer.content:
        return None
    if not isinstance(answer.body, dict):
        raise NoAnswer(
            f"Could not {what}: Microsoft Graph answered {answer.status} with {answer.kind} instead of an object.",
            hint="A proxy or a sign-in page of the network may answer instead; check graph_url and HTTPS_PROXY.",
            http_status=answer.status,
        )
    return GraphObject(answer.body, what)
