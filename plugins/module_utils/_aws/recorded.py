# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Records the calls of a boto3 client by the events that botocore documents for its users; shapes come from its service
models.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils import _record

_BEGAN: t.Final = "openccp_federation_began"
_SENT: t.Final = "openccp_federation_sent"


def attach(client: t.Any) -> None:
    """Record every call of a client."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-parameter-build.{service}", _before)
    client.meta.events.register_last(f"after-call.{service}", _after)
    client.meta.events.register_last(f"after-call-error.{service}", _after_error)


def _before(params: t.Any, model: t.Any, context: t.Any, **dummy: t.Any) -> None:  # noqa: ARG001 (botocore gives more by name)
    context[_BEGAN] = time.monotonic()
    context[_SENT] = _line(model, params)


def _after(http_response: t.Any, parsed: t.Any, model: t.Any, context: t.Any, **dummy: t.Any) -> None:  # noqa: ARG001
    metadata = parsed.get("ResponseMetadata", {})
    content = {name: value for name, value in parsed.items() if name not in ("ResponseMetadata", "Error")}
    _finish(
        context,
        status=http_response.status_code,
        error=(parsed.get("Error") or {}).get("Code"),
        answer=_shape(model.output_shape, content),
        retries=metadata.get("RetryAttempts", 0),
    )


def _after_error(exception: BaseException, context: t.Any, **dummy: t.Any) -> None:  # noqa: ARG001
    _finish(context, status=None, error=type(exception).__name__, answer=None, retries=0)


def _finish(context: t.Any, **what: t.Any) -> None:
    if _SENT in context:
        _record.write({**context.pop(_SENT), **what, "seconds": round(time.monotonic() - context.pop(_BEGAN), 3)})


def _line(model: t.Any, params: t.Any) -> dict[str, t.Any]:
    sent = _shape(model.input_shape, params)
    return {"service": model.service_model.service_name, "operation": model.name, "query": [], "body": sent}


def _shape(model: t.Any, value: t.Any, *, lengths: bool = True) -> t.Any:
    """What a value is by the model of its shape. Keys of maps are somebody's own; values of enumerations are AWS's."""
    if model is None or value is None:
        return None
    kinds: dict[str, t.Callable[[], t.Any]] = {
        "structure": lambda: _members(model, value, lengths),
        "list": lambda: _record.elements([_shape(model.member, inner, lengths=False) for inner in value]),
        "map": lambda: {"map": len(value)},
        "string": lambda: _text(model, str(value), lengths),
    }
    return kinds.get(model.type_name, lambda: str(model.type_name))()


def _members(model: t.Any, value: t.Mapping[str, t.Any], lengths: bool) -> dict[str, t.Any]:
    return {
        name: _shape(model.members[name], inner, lengths=lengths)
        for name, inner in value.items()
        if name in model.members
    }


def _text(model: t.Any, value: str, lengths: bool) -> str:
    if value in getattr(model, "enum", ()):
        return f"text: {value}"
    return f"text({len(value)})" if lengths and not model.metadata.get("sensitive") else "text"
