# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to break a healthy federation, one at a time, and for each what mends it, as the check's advice says."""

from __future__ import annotations

import typing as t

from misconfigurations.addresses import ADDRESSES
from misconfigurations.addresses import HARMLESS as HARMLESS_ADDRESSES
from misconfigurations.application import APPLICATION
from misconfigurations.certificate import CERTIFICATE
from misconfigurations.claims import CLAIMS
from misconfigurations.claims import HARMLESS as HARMLESS_CLAIMS
from misconfigurations.conditions import CONDITIONS, HOLD
from misconfigurations.embedding import EMBEDDING
from misconfigurations.iam import IAM
from misconfigurations.instance import INSTANCE
from misconfigurations.misconfiguration import Act, Misconfiguration
from misconfigurations.people import PEOPLE
from misconfigurations.personal import HARMLESS, PERSONAL

MISCONFIGURATIONS: t.Final[tuple[Misconfiguration, ...]] = (
    *APPLICATION,
    *CLAIMS,
    *CERTIFICATE,
    *ADDRESSES,
    *IAM,
    *PEOPLE,
    *PERSONAL,
    *CONDITIONS,
    *INSTANCE,
    *EMBEDDING,
)

#: what looks odd, and lets agents in
FALSE_ALARMS: t.Final[dict[str, Act]] = {**HARMLESS_ADDRESSES, **HARMLESS_CLAIMS, **HARMLESS, **HOLD}
