# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module asks for when it starts is what its documentation says that it needs."""

from __future__ import annotations

import importlib
import typing as t

import pytest
import yaml
from ansible_collections.openccp.federation.plugins.module_utils._module import FLOORS

from support import CHECKOUT, written_in

MODULES: t.Final = sorted(
    path.stem
    for path in (CHECKOUT / "plugins" / "modules").glob("*.py")
    if "\nMODULE: t.Final" in path.read_text("utf-8")
)


#: The oldest Python of the oldest ansible-core that is supported.
PYTHON: t.Final = "python >= 3.11"


def fragment_requirements(fragment: str) -> list[str]:
    """Those of a fragment of the collection."""
    file, part = (*fragment.removeprefix("openccp.federation.").split(".", 1), "documentation")[:2]
    held = importlib.import_module(
        f"ansible_collections.openccp.federation.plugins.doc_fragments.{file}"
    ).ModuleDocFragment
    return t.cast("list[str]", yaml.safe_load(getattr(held, part.upper())).get("requirements", []))


@pytest.mark.parametrize("module", MODULES)
def test_the_documentation_lists_every_library(module: str) -> None:
    document = written_in(module)
    documented = list(document.get("requirements", []))
    for fragment in document["extends_documentation_fragment"]:
        if fragment.startswith("openccp.federation."):
            documented += fragment_requirements(fragment)
    loaded = importlib.import_module(f"ansible_collections.openccp.federation.plugins.modules.{module}")
    assert set(documented) == {PYTHON, *(f"{library} >= {FLOORS[library]}" for library in loaded.MODULE.libraries)}
