# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Identity and Access Management."""

from __future__ import annotations

from moto.core.utils import get_service_model

from federation_sandbox.aws import permissions
from federation_sandbox.aws.iam import roles, saml_providers
from federation_sandbox.aws.protocol import Api, handlers

API = Api(
    "iam",
    {
        **roles.from_moto(get_service_model("iam").operation_names),
        **handlers("iam", roles, saml_providers),
    },
    authorize=permissions.authorize_iam,
)
