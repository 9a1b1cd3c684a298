# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon Connect, on botocore's model of it."""

from __future__ import annotations

from federation_sandbox.aws import permissions
from federation_sandbox.aws.connect import (
    federation,
    hierarchy,
    instances,
    profiles,
    quick_connects,
    rate_limits,
    search,
    tagging,
    users,
)
from federation_sandbox.aws.protocol import Api, handlers

API = Api(
    "connect",
    handlers("connect", instances, users, search, profiles, hierarchy, quick_connects, tagging, federation),
    authorize=permissions.authorize_connect,
    check_rate=rate_limits.check_rate,
)
