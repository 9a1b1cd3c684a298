# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON schemas that docs/schemas publishes, to hold against what is really written."""

from __future__ import annotations

import json
import typing as t

from jsonschema import Draft202012Validator

from support import CHECKOUT

SCHEMAS: t.Final = CHECKOUT / "docs" / "schemas"


def schema(name: str) -> dict[str, t.Any]:
    """A schema by its name, such as federation-check."""
    return t.cast("dict[str, t.Any]", json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")))


def violations(name: str, content: t.Any) -> list[str]:
    """Where the content is not as the schema says, in words; the schema itself is checked too."""
    validator = Draft202012Validator(schema(name))
    Draft202012Validator.check_schema(validator.schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(content)]
