# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of Amazon S3 that publishing a static page needs: objects in buckets of the seed, addressed by path or by
host name.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import typing as t
import xml.sax.saxutils as xml

from werkzeug import Request, Response

from federation_sandbox.aws import permissions
from federation_sandbox.aws.hosts import Endpoint
from federation_sandbox.aws.signature import caller_of
from federation_sandbox.service import Call, CloudError, Service
from federation_sandbox.world import World

_HOST: t.Final = r"(?:(?P<bucket>[a-z0-9][a-z0-9.-]+)\.)?s3\.(?P<region>[a-z]{2}-[a-z]+-\d)\.amazonaws\.com"
#: what an object keeps of the headers that it was sent with
_KEPT: t.Final = ("Content-Type", "Cache-Control", "Content-Encoding", "Content-Disposition", "Content-Language")
#: method → the operation on an object and the action that it needs
_OBJECTS: t.Final = {
    "PUT": ("PutObject", "s3:PutObject"),
    "GET": ("GetObject", "s3:GetObject"),
    "HEAD": ("HeadObject", "s3:GetObject"),
    "DELETE": ("DeleteObject", "s3:DeleteObject"),
}


@dataclasses.dataclass(frozen=True)
class StoredObject:
    """The content of an object, and the headers with which it is served."""

    content: bytes
    headers: dict[str, str]


@dataclasses.dataclass
class Bucket:
    """One bucket."""

    name: str
    account: str
    region: str
    objects: dict[str, StoredObject] = dataclasses.field(default_factory=dict)


class Buckets:
    """All buckets by name. A name is unique in a partition."""

    def __init__(self, _world: World) -> None:
        self.by_name: dict[str, Bucket] = {}


def _serve(request: Request, call: Call) -> Response:
    match = re.fullmatch(_HOST, request.host)
    name, _, key = (
        f"{match['bucket']}{request.path}" if match and match["bucket"] else request.path.lstrip("/")
    ).partition("/")
    call.operation, action = _OBJECTS.get(request.method, ("Unknown", "")) if key else ("HeadBucket", "s3:ListBucket")
    call.write = request.method in ("PUT", "DELETE")
    if not action or (not key and request.method != "HEAD") or request.query_string:
        raise CloudError(
            501, "NotImplemented", f"The sandbox's S3 has no {request.method} {request.environ['RAW_URI']}."
        )
    region = match["region"] if match else ""
    caller = caller_of(request, call.world, Endpoint("s3", request.host, "aws", region))
    call.caller = caller.arn
    call.admit()
    with call.world.lock:
        bucket = call.world.state(Buckets).by_name.get(name)
        if bucket is None:
            raise CloudError(404, "NoSuchBucket", "The specified bucket does not exist")
        resource = f"arn:aws:s3:::{name}" + (f"/{key}" if key else "")
        call.needs.append(permissions.need(action, resource, {}))
        if bucket.account != caller.account or not permissions.allowed(call.world, caller, action, resource, {}):
            raise CloudError(
                403,
                "AccessDenied",
                f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}",
            )
        if bucket.region != region:
            raise CloudError(301, "PermanentRedirect", "The bucket must be addressed using the specified endpoint.")
        return _object(request, bucket, key) if key else Response(headers={"x-amz-bucket-region": region})


def _object(request: Request, bucket: Bucket, key: str) -> Response:
    if request.method == "PUT":
        kept = {header: request.headers[header] for header in _KEPT if header in request.headers}
        encodings = [encoding.strip() for encoding in kept.pop("Content-Encoding", "").split(",") if encoding.strip()]
        content = _without_chunks(request.get_data()) if "aws-chunked" in encodings else request.get_data()
        encodings = [encoding for encoding in encodings if encoding != "aws-chunked"]
        bucket.objects[key] = StoredObject(
            content, kept | ({"Content-Encoding": ", ".join(encodings)} if encodings else {})
        )
    stored = bucket.objects.get(key)
    if request.method == "DELETE":
        bucket.objects.pop(key, None)
        return Response(status=204)
    if stored is None:
        raise CloudError(404, "NoSuchKey", "The specified key does not exist.")
    headers = {"ETag": f'"{hashlib.md5(stored.content).hexdigest()}"'}  # noqa: S324 - what S3 calls it
    return (
        Response(headers=headers)
        if request.method == "PUT"
        else Response(stored.content, headers={**stored.headers, **headers})
    )


def _without_chunks(body: bytes) -> bytes:
    """The content of a body in the chunked form that the SDKs send with a checksum at the end (`aws-chunked`)."""
    content, rest = b"", body
    while True:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if not length:
            return content
        content, rest = content + rest[:length], rest[length + 2 :]


def _render(request: Request, error: CloudError) -> Response:
    body = f"<Error><Code>{error.code}</Code><Message>{xml.escape(error.message)}</Message></Error>"
    return Response("" if request.method == "HEAD" else body, error.status, content_type="application/xml")


SERVICE: t.Final = Service("s3", _HOST, _serve, _render)
