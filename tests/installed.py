# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the installed releases of the libraries know, for what the collection does with newer ones only."""

from __future__ import annotations

import typing as t

import botocore.session
import pytest

_SESSION: t.Final = botocore.session.get_session()

CHANNELS: t.Final = "UpdateUserConfig" in _SESSION.get_service_model("connect").operation_names
_CREATE_PROVIDER: t.Final[t.Any] = _SESSION.get_service_model("iam").operation_model("CreateSAMLProvider").input_shape
ENCRYPTION: t.Final = "AssertionEncryptionMode" in _CREATE_PROVIDER.members

needs_channels: t.Final = pytest.mark.skipif(not CHANNELS, reason="needs botocore 1.42.46 or newer")
needs_encryption: t.Final = pytest.mark.skipif(not ENCRYPTION, reason="needs botocore 1.36.13 or newer")
