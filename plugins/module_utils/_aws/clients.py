# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""boto3 clients as the modules use them, and the translation of what AWS answers into the collection's errors."""

from __future__ import annotations

import contextlib
import json
import traceback
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils import _record
from ansible_collections.openccp.federation.plugins.module_utils._aws import recorded
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Conflict,
    Denied,
    FederationError,
    NotFound,
    Throttled,
)
from ansible_collections.openccp.federation.plugins.module_utils._http import is_lasting, kind_of_content, what_failed

try:
    from botocore.config import Config
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        HTTPClientError,
        NoCredentialsError,
        ParamValidationError,
    )
    from botocore.exceptions import ConnectionError as NoConnection
    from botocore.parsers import ResponseParserError
except ImportError:
    # The modules report the missing library.
    pass

if t.TYPE_CHECKING:
    import collections.abc

    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule

NOT_FOUND: t.Final = frozenset({"NoSuchEntity", "ResourceNotFoundException", "UserNotFoundException"})
#: What AWS answers when credentials are good and may not do something.
MISSING_PERMISSION: t.Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "OptInRequired"}
)
#: The same, or credentials that are not good.
DENIED: t.Final = MISSING_PERMISSION | {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
CONFLICT: t.Final = frozenset(
    {
        "EntityAlreadyExists",
        "DuplicateResourceException",
        "ResourceConflictException",
        "ResourceInUseException",
        "DeleteConflict",
    }
    | {"DuplicateProviderException", "ConcurrentModificationException"}
)
QUOTA: t.Final = "LimitExceededException"
#: kinds of policies beside the caller's own, as AWS's denials name them
_ABOVE: t.Final = ("service control policy", "resource control policy", "permissions boundary")
_AUTHORITIES: t.Final = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
THROTTLED: t.Final = frozenset(
    {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"}
)


#: What AWS answers where the clock with which a request was signed is more than five minutes wrong.
_OTHER_TIME: t.Final = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
_OTHER_TIME_TEXTS: t.Final = ("Signature expired", "Signature not yet current")

#: how often a request is repeated, at most
RETRIES: t.Final = 10


def client(module: AwsModule, service: str, region: str | None = None, retries: int = RETRIES) -> t.Any:
    """A boto3 client with the module's credentials and Region, or another Region, whose retries outlast a burst of
    throttling.

    botocore's standard mode repeats a request also where AWS may have carried it out, so that a repeated create meets
    what it made. retries: 0 for what must not be repeated blindly.
    """
    place = {"region": region} if region else {}
    aws_client = module.client(service, config=Config(retries={"mode": "standard", "max_attempts": retries}), **place)
    if _record.is_on():
        recorded.attach(aws_client)
    return check_responses(aws_client)


def check_responses(aws_client: t.Any) -> t.Any:
    """A client that does not retry permanent failures, and rejects responses that do not match the operation."""
    service = aws_client.meta.service_model.service_id.hyphenize()
    aws_client.meta.events.register_first(f"needs-retry.{service}", _raise_lasting_error)
    aws_client.meta.events.register_first(f"before-parse.{service}", _check_content)
    aws_client.meta.events.register_first(f"after-call.{service}", _check_parsed)
    return aws_client


def _raise_lasting_error(
    response: t.Any,
    operation: t.Any,
    caught_exception: Exception | None = None,
    **dummy: t.Any,  # noqa: ARG001 (botocore gives more by name)
) -> None:
    """botocore would ask for a minute before it says that a quota is full, or that a certificate is not trusted."""
    if caught_exception is not None and is_lasting(caught_exception):
        raise caught_exception
    answer = (response[1] if response else None) or {}
    if answer.get("Error", {}).get("Code") == QUOTA:
        raise ClientError(t.cast("t.Any", answer), operation.name)


def _check_content(operation_model: t.Any, response_dict: t.Any, **dummy: t.Any) -> None:  # noqa: ARG001 (botocore gives more by name)
    """Reject a response that does not match the operation; botocore would parse it as an object without members, or
    fail over it.
    """
    _check_body(operation_model, response_dict["status_code"], response_dict["body"])


def _check_parsed(model: t.Any, http_response: t.Any, parsed: t.Any, **dummy: t.Any) -> None:  # noqa: ARG001 (botocore gives more by name)
    """The same for an older botocore, which does not ask before it parses."""
    if not set(parsed) - {"ResponseMetadata"}:
        _check_body(model, http_response.status_code, http_response.content)


def _check_body(operation_model: t.Any, status: int, body: bytes) -> None:
    if status >= 300:
        return
    shape = operation_model.output_shape
    if operation_model.service_model.protocol == "query":
        promised = f"<{operation_model.name}Response".encode() in body
    elif shape is None or not shape.members:
        promised = not body.strip() or _is_object(body)
    else:
        promised = _is_object(body)
    if not promised:
        raise ResponseParserError("The answer does not match the operation.")


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


@contextlib.contextmanager
def attempt(what: str, hint: str | None = None) -> collections.abc.Iterator[None]:
    """Translate an error of botocore into the collection's own, with what was attempted.

    what: the attempt with its object, such as "create the SAML provider 'Entra'".
    hint: what to do, when the caller knows better than the code.
    """
    try:
        yield
    except ClientError as error:
        raise _translated(error, what, hint) from error
    except NoCredentialsError as error:
        raise Denied(
            f"Could not {what}: no AWS credentials were found.",
            hint="Give a profile, keys or a role as for any amazon.aws module.",
        ) from error
    except ParamValidationError as error:
        raise FederationError(f"Could not {what}: the request is not valid. {error}") from error
    except (NoConnection, HTTPClientError) as error:
        reason, hint = what_failed(error, str(error.kwargs.get("endpoint_url") or "AWS"), _AUTHORITIES)
        raise FederationError(f"Could not {what}: {reason}.", hint=hint) from error
    except BotoCoreError as error:
        raise FederationError(f"Could not {what}: {error}") from error
    except (ResponseParserError, AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        if not _is_of_the_parser(error):
            raise
        # The error's own text may hold the answer.
        raise FederationError(
            f"Could not {what}: the answer does not come from AWS.",
            hint="A proxy or a sign-in page of the network may have answered; check HTTPS_PROXY and endpoint_url.",
        ) from error


def may_hide_success(error: FederationError) -> bool:
    """Whether AWS may have carried out what an error of attempt() says could not be done: a busy service's answer, or
    one that was lost.
    """
    cause = error.__cause__
    if isinstance(cause, ClientError):
        return int(cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500
    return isinstance(cause, (NoConnection, HTTPClientError)) and not is_lasting(cause)


def was_repeated(error: FederationError) -> bool:
    """Whether the SDK had sent the request of attempt() before, so that an earlier one may have been carried out."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and cause.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0


def _is_of_the_parser(error: BaseException) -> bool:
    """Whether botocore failed while it read an answer; an older one does so in many ways over what is none."""
    if isinstance(error, ResponseParserError):
        return True
    modules = [frame.f_globals.get("__name__") for frame, dummy in traceback.walk_tb(error.__traceback__)]
    return "botocore.parsers" in modules or modules[-1:] == ["botocore.endpoint"]


def _translated(error: ClientError, what: str, hint: str | None) -> FederationError:
    answer = error.response.get("Error", {})
    code = answer.get("Code", "Unknown")
    kind, advice = _kind(code)
    message = str(answer.get("Message") or "")
    if code in _OTHER_TIME or message.startswith(_OTHER_TIME_TEXTS):
        kind = Denied
        hint = (
            "The clock of the machine that runs this task is more than five minutes wrong; the credentials were not "
            "looked at. Set the clock, for example by NTP."
        )
    if message.lstrip().startswith("<"):  # a proxy's page, whole
        message = kind_of_content(None, message.encode())
    return kind(
        f"Could not {what}: AWS answered {code}: {message}".rstrip(),
        code=code,
        request_id=error.response.get("ResponseMetadata", {}).get("RequestId"),
        hint=_forbidden_above(message) or hint or advice,
    )


def is_denied_above(message: str) -> bool:
    """Whether AWS says that a policy which is none of the caller's own denied a call."""
    return _forbidden_above(message) is not None


def _forbidden_above(message: str) -> str | None:
    """What to do where AWS names the kind of policy that denied the call, which is none of the caller's own; None where
    it does not.
    """
    kind = next((kind for kind in _ABOVE if kind in message), None)
    if kind is None:
        return None
    if kind == "permissions boundary":
        return "The caller's permissions boundary denies this; its own policies cannot change that."
    return f"A {kind} of the AWS organization denies this; an administrator of the organization must change it."


def _kind(code: str) -> tuple[type[FederationError], str | None]:
    if code in NOT_FOUND:
        return NotFound, None
    if code in DENIED:
        return Denied, "Check the credentials, and that their policy allows this action."
    if code in CONFLICT:
        return Conflict, None
    if code in THROTTLED:
        return Throttled, "The account's rate limit is used up by something else as well; run the task again later."
    return FederationError, None
