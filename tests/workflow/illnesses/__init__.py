# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to break a healthy federation, one at a time, and for each what mends it, as the doctor's advice says."""

from __future__ import annotations

import typing as t

from illnesses.addresses import ADDRESSES
from illnesses.application import APPLICATION
from illnesses.certificate import CERTIFICATE
from illnesses.claims import CLAIMS
from illnesses.iam import IAM
from illnesses.illness import Illness
from illnesses.instance import INSTANCE
from illnesses.people import PEOPLE

ILLNESSES: t.Final[tuple[Illness, ...]] = (*APPLICATION, *CLAIMS, *CERTIFICATE, *ADDRESSES, *IAM, *PEOPLE, *INSTANCE)
