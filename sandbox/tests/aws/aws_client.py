# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""boto3 clients of the sandbox, and its seeds."""

from __future__ import annotations

import collections.abc
import typing as t

import boto3
import botocore.config
import botocore.session
from botocore.validate import ParamValidator

from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox

ACCOUNT = "111122223333"
GOVERNMENT = "444455556666"
REGION = "us-west-2"
KEY, SECRET = "AKIASANDBOXTESTS0001", "not-a-real-secret"
GOVERNMENT_KEY = "AKIASANDBOXTESTS0002"

#: one for all clients: reading the models anew for each takes most of a test's time
_LOADER: t.Final = botocore.session.get_session().get_component("data_loader")


def account(account: str, partition: str, key: str) -> dict[str, t.Any]:
    return {"id": account, "partition": partition, "access_keys": [{"id": key, "secret": SECRET}]}


def seed(sandbox: Sandbox, **content: t.Any) -> dict[str, t.Any]:
    """Fill AWS; what the seed made."""
    return t.cast("dict[str, t.Any]", clouds.seed(sandbox.world, {"aws": content})["aws"])


def client(service: str, *, region: str = REGION, key: str = KEY, secret: str = SECRET, **more: t.Any) -> t.Any:
    """A boto3 client that does not retry, so that a test sees the first answer, and that holds each answer to the
    model.
    """
    config = botocore.config.Config(retries={"total_max_attempts": 1}, **more.pop("config", {}))
    session = botocore.session.Session()
    session.register_component("data_loader", _LOADER)
    aws_client = boto3.Session(key, secret, more.pop("token", None), region, session).client(
        service, config=config, **more
    )
    aws_client.meta.events.register_first(
        f"after-call.{aws_client.meta.service_model.service_id.hyphenize()}", _hold_to_the_model
    )
    return aws_client


#: shapes that the model's own documentation breaks: phone_number_verified has 21 characters, and names of attributes at
#: most 20
_TOO_NARROW: t.Final = frozenset({"CustomAttributeNameType"})


def _hold_to_the_model(http_response: t.Any, parsed: dict[str, t.Any], model: t.Any, **_: t.Any) -> None:
    """Fail when an answer has what the model has not, lacks what it requires, or breaks its types, lengths or enums."""
    if http_response.status_code >= 300 or model.output_shape is None:
        return
    answer = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
    report = ParamValidator().validate(answer, model.output_shape)
    assert not report.has_errors(), report.generate_report()
    broken = list(_broken(model.output_shape, answer))
    assert not broken, f"{model.name}: {broken}"


def _broken(shape: t.Any, value: t.Any) -> collections.abc.Iterator[str]:
    """What ParamValidator does not look at: the largest lengths and the enums."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            yield from _broken(shape.members[name], inner)
    elif shape.type_name == "list":
        for inner in value:
            yield from _broken(shape.member, inner)
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{shape.name} is {value}"
    if (
        shape.type_name in ("string", "list", "map")
        and shape.name not in _TOO_NARROW
        and len(value) > shape.metadata.get("max", len(value))
    ):
        yield f"{shape.name} is too long"


def loose(service: str, **more: t.Any) -> t.Any:
    """A client that checks nothing itself, so that the sandbox must."""
    return client(service, config={"parameter_validation": False}, **more)
