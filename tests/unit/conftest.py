# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the collection importable under its own name from a plain checkout."""

from __future__ import annotations

from importable import make_importable
from saml_factory import saml

__all__ = ["saml"]

make_importable()
