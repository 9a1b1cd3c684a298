# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon Web Services: IAM, STS, Amazon Connect, Amazon Cognito and the sign-in of people.

They are as strict as the real ones where federation depends on it.
"""

from __future__ import annotations

import typing as t

from federation_sandbox.aws import s3, sts
from federation_sandbox.aws.cognito import api as cognito
from federation_sandbox.aws.cognito import managed_login
from federation_sandbox.aws.connect.api import API as CONNECT
from federation_sandbox.aws.iam.api import API as IAM
from federation_sandbox.aws.seeding import seed
from federation_sandbox.aws.signin import service as signin
from federation_sandbox.service import Service

_COGNITO: t.Final = (cognito.SERVICE, managed_login.SERVICE)
SERVICES: t.Final[tuple[Service, ...]] = (
    *(api.service() for api in (IAM, sts.API, CONNECT)),
    *signin.SERVICES,
    s3.SERVICE,
    *_COGNITO,
)

__all__ = ["SERVICES", "seed"]
