# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of IAM."""

from __future__ import annotations

from federation_sandbox.aws.protocol import refusal
from federation_sandbox.service import CloudError


def iam_error(code: str, message: str) -> CloudError:
    """An error of IAM's model."""
    return refusal("iam", code, message)
