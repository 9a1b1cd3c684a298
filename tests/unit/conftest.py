# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the collection importable under its own name from a plain checkout."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def _importable() -> bool:
    try:
        return importlib.util.find_spec("ansible_collections.openccp.federation.plugins") is not None
    except ModuleNotFoundError:
        return False


if not _importable():
    link = CHECKOUT / ".cache" / "collections" / "ansible_collections" / "openccp" / "federation"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(CHECKOUT)
    for name in [name for name in sys.modules if name.partition(".")[0] == "ansible_collections"]:
        del sys.modules[name]
    sys.path.insert(0, str(link.parents[2]))
    importlib.invalidate_caches()

sys.path.insert(0, str(CHECKOUT / "tests"))

from saml_material import saml  # noqa: E402, F401
