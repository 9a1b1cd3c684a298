# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request limits of the operations. They apply per account and Region, not per instance or caller (facts/aws.md
2.1).
"""

from __future__ import annotations

import typing as t

from moto.core.model import OperationModel

from federation_sandbox.aws.connect.store import connect_error
from federation_sandbox.aws.protocol import Context
from federation_sandbox.service import CloudError

_RATE: t.Final = (2.0, 5.0)
#: rate per second and burst of the operations with their own limit
_RATES: t.Final = {"CreateInstance": (0.1, 2.0), "DeleteInstance": (0.1, 2.0)}


def check_rate(context: Context, operation: OperationModel) -> None:
    """Refuse a call above the limit, with 429 and without a Retry-After header."""
    rate, burst = _RATES.get(context.operation, _RATE)
    if context.call.limit((context.account, context.region, context.operation), rate, burst) > 0:
        if any(shape.name == "ThrottlingException" for shape in operation.error_shapes):
            raise connect_error("ThrottlingException", "Rate exceeded")
        raise CloudError(429, "TooManyRequestsException", "Too Many Requests")
