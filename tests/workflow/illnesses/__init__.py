# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to break a healthy federation, one at a time, and for each what mends it, as the doctor's advice says."""

from __future__ import annotations

import typing as t

from illnesses.addresses import ADDRESSES
from illnesses.addresses import HARMLESS as HARMLESS_ADDRESSES
from illnesses.application import APPLICATION
from illnesses.certificate import CERTIFICATE
from illnesses.claims import CLAIMS
from illnesses.claims import HARMLESS as HARMLESS_CLAIMS
from illnesses.conditions import CONDITIONS, HOLD
from illnesses.embedding import EMBEDDING
from illnesses.iam import IAM
from illnesses.illness import Act, Illness
from illnesses.instance import INSTANCE
from illnesses.people import PEOPLE
from illnesses.personal import HARMLESS, PERSONAL

ILLNESSES: t.Final[tuple[Illness, ...]] = (
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
