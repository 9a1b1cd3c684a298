# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON schemas that docs/schemas publishes, to hold against what is really written."""

from __future__ import annotations

import json
import typing as t

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from support import CHECKOUT

SCHEMAS: t.Final = CHECKOUT / "docs" / "schemas"


def schema(name: str) -> dict[str, t.Any]:
    """A schema by its name, such as federation-check."""
    return t.cast("dict[str, t.Any]", json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")))


def _published() -> Registry[t.Any]:
    contents = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(SCHEMAS.glob("*.schema.json"))]
    return Registry().with_resources((content["$id"], Resource.from_contents(content)) for content in contents)


def violations(name: str, content: t.Any) -> list[str]:
    """Where the content is not as the schema says, in words; the schema itself is checked too."""
    described = schema(name)
    Draft202012Validator.check_schema(described)
    errors = Draft202012Validator(described, registry=_published()).iter_errors(content)
    return [f"{error.json_path}: {error.message}" for error in errors]
