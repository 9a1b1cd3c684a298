# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of Amazon Cognito user pools, and the discovery document and keys that the same hosts publish."""

from __future__ import annotations

import json
import re
import typing as t

from werkzeug import Request, Response

from federation_sandbox.aws import hosts, permissions
from federation_sandbox.aws.cognito import clients, identity_providers, pools, tokens
from federation_sandbox.aws.cognito.store import Cognito
from federation_sandbox.aws.protocol import Api, handlers
from federation_sandbox.service import Call, CloudError, Service

API: t.Final = Api(
    "cognito-idp",
    handlers("cognito-idp", pools, clients, identity_providers),
    authorize=permissions.authorize_cognito,
)
_DISCOVERY: t.Final = re.compile(r"/([\w-]+_[0-9a-zA-Z]+)/\.well-known/(jwks\.json|openid-configuration)")


def _handle(request: Request, call: Call) -> Response:
    document = _DISCOVERY.fullmatch(request.path) if request.method == "GET" else None
    if document is None:
        return API.handle(request, call)
    call.operation = document[2]
    call.admit()
    pool = call.world.state(Cognito).pools.get(document[1])
    if pool is None or pool.region != hosts.endpoints("cognito-idp")[request.host].region:
        raise CloudError(404, "ResourceNotFoundException", f"User pool {document[1]} does not exist.")
    content = tokens.key_set(pool) if document[2] == "jwks.json" else tokens.configuration(pool)
    return Response(json.dumps(content), content_type="application/json")


SERVICE: t.Final = Service("cognito-idp", hosts.pattern("cognito-idp"), _handle, API.render)
