# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An AWS service on botocore's service model: routing, signatures, validation, rate limits, and answers in the protocol
of the service.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import threading
import types
import typing as t
import urllib.parse
import uuid
from xml.sax.saxutils import escape

from botocore import xform_name
from botocore.serialize import create_serializer
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request as MotoRequest
from moto.core.routing import get_service_router
from moto.core.serialize import (
    DefaultAttributePicker,
    JSONSerializer,
    QuerySerializer,
    RestJSONSerializer,
    SerializationContext,
)
from moto.core.utils import get_service_model
from werkzeug import Request, Response
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from federation_sandbox.aws import hosts, signature, validation
from federation_sandbox.aws.accounts import Caller
from federation_sandbox.service import Call, CloudError, Service
from federation_sandbox.world import World

Params = dict[str, t.Any]

READS: t.Final = re.compile(r"(Get|List|Describe|Search|Simulate|Generate|AssumeRole|Decode)")


@dataclasses.dataclass(frozen=True)
class Context:
    """An accepted request with its caller and endpoint."""

    world: World
    call: Call
    endpoint: hosts.Endpoint
    caller: Caller | None
    operation: str

    @property
    def signer(self) -> Caller:
        """The caller of an operation that must be signed."""
        if self.caller is None:
            raise TypeError(f"{self.operation} is not signed")
        return self.caller

    @property
    def account(self) -> str:
        """The account that is called."""
        return self.signer.account

    @property
    def partition(self) -> str:
        """The partition of the host."""
        return self.endpoint.partition

    @property
    def region(self) -> str:
        """The Region of the host."""
        return self.endpoint.region


@dataclasses.dataclass(frozen=True)
class Picked:
    """An answer that consists of objects. picker: reads a member of such an object, as moto's serializers expect."""

    content: t.Any
    picker: DefaultAttributePicker


Answer = t.Mapping[str, t.Any] | Picked | None
Handler = t.Callable[[Context, Params], Answer]


def handlers(service: str, *modules: types.ModuleType) -> dict[str, Handler]:
    """The functions of the modules that are named after an operation of the service, by operation."""
    names = {xform_name(operation): operation for operation in get_service_model(service).operation_names}
    return {
        names[name]: function
        for module in modules
        for name, function in vars(module).items()
        if name in names and getattr(function, "__module__", "") == module.__name__
    }


@functools.cache
def _statuses(service: str) -> dict[str, int]:
    shapes = get_service_model(service).error_shapes
    return {
        name: shape.metadata.get("error", {}).get("httpStatusCode", 400)
        for shape in shapes
        for name in (shape.name, shape.metadata.get("error", {}).get("code", shape.name))
    }


def refusal(service: str, code: str, message: str, **more: t.Any) -> CloudError:
    """An error of the service's model, with the status that the model gives it."""
    return CloudError(_statuses(service).get(code, 400), code, message, **more)


class Api:
    """A service. authorize: refuses a caller without permission. check_rate: refuses calls above the rate limit."""

    def __init__(
        self,
        service: str,
        operations: t.Mapping[str, Handler],
        *,
        unsigned: frozenset[str] = frozenset(),
        authorize: t.Callable[[Context, Params], None] | None = None,
        check_rate: t.Callable[[Context, OperationModel], None] | None = None,
    ) -> None:
        self.name = service
        self.model: ServiceModel = get_service_model(service)
        self.operations = operations
        self._unsigned = unsigned
        self._authorize = authorize
        self._check_rate = check_rate
        self._query = self.model.protocol == "query"
        self._targeted = self.model.protocol == "json"
        self._routing = (
            threading.Lock()
        )  # moto makes its models and routes when they are first needed, and not for several threads at once

    def service(self) -> Service:
        """The service for the proxy server."""
        return Service(self.name, hosts.pattern(self.name), self.handle, self.render)

    def handle(self, request: Request, call: Call) -> Response:
        """Answer one request."""
        with self._routing:
            operation, labels, values = self._route(request)
        call.operation = operation.name
        call.write = READS.match(operation.name) is None
        endpoint = hosts.endpoints(self.name)[request.host]
        caller = None if operation.name in self._unsigned else signature.caller_of(request, call.world, endpoint)
        call.caller = caller.arn if caller else ""
        call.admit()
        context = Context(call.world, call, endpoint, caller, operation.name)
        if self._check_rate:
            self._check_rate(context, operation)
        params = self._parse(request, operation, labels, values)
        with call.world.lock:
            if self._authorize:
                self._authorize(context, params)
            return self._answer(operation, self.carry_out(context, params))

    def carry_out(self, context: Context, params: Params) -> Answer:
        """Carry out an operation for an authorized caller."""
        handler = self.operations.get(context.operation)
        if handler is None:
            raise CloudError(501, "NotImplemented", f"The sandbox does not carry out {self.name}:{context.operation}.")
        return handler(context, params)

    def render(self, _request: Request, error: CloudError) -> Response:
        """An error in the form of the service's protocol."""
        request_id = str(uuid.uuid4())
        if self._query:
            body = _query_error(self.model.metadata["xmlNamespace"], error, request_id)
            response = Response(body, error.status, content_type="text/xml")
        elif self._targeted:
            code = _REST_CODES.get(error.code, error.code)
            body = json.dumps({"__type": code, "message": error.message, **error.more})
            response = Response(body, error.status, content_type="application/x-amz-json-1.1")
        else:
            code = _REST_CODES.get(error.code, error.code)
            response = Response(
                json.dumps({"Message": error.message, **error.more}), error.status, content_type="application/json"
            )
            response.headers["x-amzn-ErrorType"] = code
        response.headers["x-amzn-RequestId"] = request_id
        response.headers.update(error.headers)
        return response

    def _route(self, request: Request) -> tuple[OperationModel, dict[str, t.Any], MultiDict[str, str]]:
        values: MultiDict[str, str] = MultiDict(request.args)
        if self._query:
            values.update(urllib.parse.parse_qsl(request.get_data(as_text=True), keep_blank_values=True))
            action = values.get("Action", "")
            if action not in self.model.operation_names:
                version = self.model.metadata["apiVersion"]
                raise CloudError(400, "InvalidAction", f"Could not find operation {action} for version {version}")
            return self.model.operation_model(action), {}, values
        if self._targeted:
            prefix, _, name = request.headers.get("X-Amz-Target", "").partition(".")
            if prefix != self.model.metadata["targetPrefix"] or name not in self.model.operation_names:
                raise CloudError(400, "UnknownOperationException", f"There is no operation {name}.")
            return self.model.operation_model(name), {}, values
        try:
            operation, labels = get_service_router(self.name).match(MotoRequest(request.environ))
        except NotFound:
            raise CloudError(
                404, "UnknownOperationException", f"There is no {request.method} {request.path}."
            ) from None
        return operation, labels, values

    def _parse(
        self, request: Request, operation: OperationModel, labels: dict[str, t.Any], values: MultiDict[str, str]
    ) -> Params:
        if operation.input_shape is None:
            return {}
        body = request.get_data()
        self._check_form(operation, body)
        parser = PROTOCOL_PARSERS[self.model.protocol](operation)
        parts: t.Any = {"headers": request.headers, "body": body, "values": values, "url_params": labels}
        try:
            params: Params = parser.parse(parts)
        except ValueError as reason:
            raise CloudError(400, self._code(operation, "SerializationException"), str(reason)) from None
        if self._query:
            self._check_parameters(operation, params, values)
        problems = list(validation.violations(operation.input_shape, params))
        if problems:
            noun = "error" if len(problems) == 1 else "errors"
            text = f"{len(problems)} validation {noun} detected: {'; '.join(problems)}"
            raise CloudError(400, self._code(operation, "InvalidParameterException", "InvalidRequestException"), text)
        return params

    def _code(self, operation: OperationModel, *params: str) -> str:
        if self._query:
            return "ValidationError"
        modelled = {shape.name for shape in operation.error_shapes}
        return next((code for code in params if code in modelled), params[-1])

    def _check_form(self, operation: OperationModel, body: bytes) -> None:
        if self._query or not body:
            return
        try:
            document = json.loads(body)
        except ValueError:
            raise CloudError(400, "SerializationException", "The body is not JSON.") from None
        problems = list(validation.misfits(operation.input_shape, document))
        if problems:
            raise CloudError(400, "SerializationException", f"{operation.name}: {'; '.join(problems)}.")

    def _check_parameters(self, operation: OperationModel, params: Params, values: MultiDict[str, str]) -> None:
        serializer = create_serializer("query", include_validation=False)
        known = set(serializer.serialize_to_request(params, operation)["body"]) | {"Action", "Version"}
        unknown = sorted(set(values) - known)
        if unknown:
            raise CloudError(400, "ValidationError", f"{operation.name} has no parameter {', '.join(unknown)}.")

    def _answer(self, operation: OperationModel, answer: Answer) -> Response:
        context = SerializationContext(str(uuid.uuid4()))
        if isinstance(answer, Picked):
            kind = QuerySerializer if self._query else RestJSONSerializer
            serialized = kind(operation_model=operation, context=context, value_picker=answer.picker).serialize(
                answer.content
            )
        else:
            plain = _PLAIN[self.model.protocol]
            serialized = plain(operation_model=operation, context=context).serialize(answer or {})
        response = Response(serialized["body"], serialized["status_code"], headers=dict(serialized["headers"]))
        response.headers["x-amzn-RequestId"] = context.request_id
        if not self._query:
            response.headers["Content-Type"] = "application/x-amz-json-1.1" if self._targeted else "application/json"
        return response


class _Plain:
    """Reads members of dictionaries, without recording the position of each: a page has thousands of them."""

    def get_value(self, value: t.Any, key: str, _shape: t.Any) -> t.Any:
        """A member."""
        return value.get(key)


class _PlainQuery(_Plain, QuerySerializer):
    pass


class _PlainRestJSON(_Plain, RestJSONSerializer):
    pass


class _PlainJSON(_Plain, JSONSerializer):
    pass


_PLAIN: t.Final[dict[str, t.Any]] = {"query": _PlainQuery, "rest-json": _PlainRestJSON, "json": _PlainJSON}


#: the names that services with JSON give to what services with XML call otherwise
_REST_CODES: t.Final = {
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "IncompleteSignature": "IncompleteSignatureException",
    "ExpiredToken": "ExpiredTokenException",
    "AccessDenied": "AccessDeniedException",
}


def _query_error(namespace: str, error: CloudError, request_id: str) -> str:
    side = "Sender" if error.status < 500 else "Receiver"
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{side}</Type><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
