# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests in a browser take from npm, as published: `make page-libraries` puts it there."""

from __future__ import annotations

import typing as t
from pathlib import Path

MODULES: t.Final = Path(__file__).resolve().parents[1] / ".cache" / "npm" / "node_modules"
STREAMS: t.Final = MODULES / "amazon-connect-streams" / "release" / "connect-streams-min.js"
AXE: t.Final = MODULES / "axe-core" / "axe.min.js"
