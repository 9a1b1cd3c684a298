# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the checkout importable in this process under the name that Ansible gives it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def make_importable() -> None:
    """Let `ansible_collections.openccp.federation` be this checkout, whatever imported `ansible_collections` before."""
    try:
        if importlib.util.find_spec("ansible_collections.openccp.federation.plugins") is not None:
            return
    except ModuleNotFoundError:
        pass
    link = CHECKOUT / ".cache" / "collections" / "ansible_collections" / "openccp" / "federation"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(CHECKOUT)
    for name in [name for name in sys.modules if name.partition(".")[0] == "ansible_collections"]:
        del sys.modules[name]
    sys.path.insert(0, str(link.parents[2]))
    importlib.invalidate_caches()
