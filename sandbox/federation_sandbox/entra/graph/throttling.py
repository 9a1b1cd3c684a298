# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rate limits of Microsoft Graph's identity service: resource units and writes, for each application in each
tenant.
"""

from __future__ import annotations

import math
import typing as t

from werkzeug.datastructures import MultiDict

from federation_sandbox.entra.graph.routes import Route
from federation_sandbox.entra.state import Tenant
from federation_sandbox.service import Call, CloudError

#: users in the tenant → resource units in ten seconds
_SIZES: t.Final[tuple[tuple[int, int], ...]] = ((50, 3_500), (501, 5_000))
_LARGE: t.Final[int] = 8_000
_WINDOW: t.Final[int] = 10
_WRITES: t.Final[int] = 3_000
_WRITES_WINDOW: t.Final[int] = 150
#: reads of one tenant that select keyCredentials
_KEY_READS: t.Final[int] = 150
_KEY_READS_WINDOW: t.Final[int] = 60


def units(route: Route, arguments: MultiDict[str, str]) -> int:
    """The cost of a request under the rate limit."""
    top = arguments.get("$top", "")
    small_page = top.isdigit() and int(top) < 20
    return max(1, route.units - ("$select" in arguments) + ("$expand" in arguments) - small_page)


def throttle(call: Call, tenant: Tenant, app_id: str, cost: int) -> None:
    """429 when the application has exceeded its limit in this tenant."""
    users = sum(1 for _each in tenant["users"].current())
    budget = next((limit for below, limit in _SIZES if users < below), _LARGE)
    wait = call.limit(("units", tenant.id, app_id), budget / _WINDOW, budget, cost)
    if wait:
        raise _too_many(wait, "ResourceUnitLimitExceeded", tenant, app_id)
    wait = call.limit(("writes", tenant.id, app_id), _WRITES / _WRITES_WINDOW, _WRITES) if call.write else 0.0
    if wait:
        raise _too_many(wait, "WriteLimitExceeded", tenant, app_id)
    wait = call.limit(("keys", tenant.id), _KEY_READS / _KEY_READS_WINDOW, _KEY_READS) if call.key_material else 0.0
    if wait:
        raise _too_many(wait, "KeyCredentialsReadLimitExceeded", tenant, app_id)


def selects_keys(method: str, arguments: MultiDict[str, str]) -> bool:
    """Whether a request reads key material, of one object or of a list."""
    return method == "GET" and "keyCredentials" in arguments.get("$select", "").split(",")


def _too_many(wait: float, information: str, tenant: Tenant, app_id: str) -> CloudError:
    headers = {
        "Retry-After": str(math.ceil(wait)),
        "x-ms-throttle-scope": f"Tenant_Application/ReadWrite/{app_id}/{tenant.id}",
        "x-ms-throttle-information": information,
    }
    return CloudError(429, "TooManyRequests", "Too Many Requests", headers)
