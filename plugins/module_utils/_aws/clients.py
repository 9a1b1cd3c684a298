# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""boto3 clients as the modules use them, and the translation of what AWS answers into the collection's errors."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, Denied, FederationError, NotFound, Throttled

try:
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError
except ImportError:
    # AnsibleAWSModule reports the missing library.
    pass

if t.TYPE_CHECKING:
    import collections.abc

    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

NOT_FOUND: t.Final = frozenset({"NoSuchEntity", "ResourceNotFoundException", "UserNotFoundException"})
DENIED: t.Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "ExpiredToken", "ExpiredTokenException"}
    | {"InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "OptInRequired"}
)
CONFLICT: t.Final = frozenset(
    {"EntityAlreadyExists", "DuplicateResourceException", "ResourceConflictException", "ResourceInUseException", "DeleteConflict"}
)
QUOTA: t.Final = "LimitExceededException"
THROTTLED: t.Final = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"})


def client(module: AnsibleAWSModule, service: str) -> t.Any:
    """A boto3 client with the module's credentials and Region, whose retries outlast a burst of throttling.

    Reads and writes are retried by botocore itself: its standard mode repeats what AWS refused before carrying it out.
    """
    made = module.client(service, config=Config(retries={"mode": "standard", "max_attempts": 10}))
    made.meta.events.register_first(f"needs-retry.{made.meta.service_model.service_id.hyphenize()}", _take_a_full_quota_as_said)
    return made


def _take_a_full_quota_as_said(response: t.Any, operation: t.Any, **dummy: t.Any) -> None:  # noqa: ARG001 (botocore gives more by name)
    """botocore holds a full quota to be a matter of pace, and would ask for a minute before it says so."""
    answer = response[1] if response else {}
    if answer.get("Error", {}).get("Code") == QUOTA:
        raise ClientError(t.cast("t.Any", answer), operation.name)


@contextlib.contextmanager
def attempt(what: str, hint: str | None = None) -> collections.abc.Iterator[None]:
    """Turn an error of botocore into the collection's own, saying what was tried.

    what: the attempt with its object, such as "create the SAML provider 'Entra'".
    hint: what to do, when the caller knows better than the code.
    """
    try:
        yield
    except ClientError as error:
        raise _translated(error, what, hint) from error
    except NoCredentialsError as error:
        raise Denied(
            f"Could not {what}: no AWS credentials were found.", hint="Give a profile, keys or a role as for any amazon.aws module."
        ) from error
    except ParamValidationError as error:
        raise FederationError(f"Could not {what}: the request is not one that AWS takes. {error}") from error
    except BotoCoreError as error:
        raise FederationError(f"Could not {what}: {error}") from error


def _translated(error: ClientError, what: str, hint: str | None) -> FederationError:
    answer = error.response.get("Error", {})
    code = answer.get("Code", "Unknown")
    kind, advice = _kind(code)
    return kind(
        f"Could not {what}: AWS answered {code}: {answer.get('Message', '')}".rstrip(),
        code=code,
        request_id=error.response.get("ResponseMetadata", {}).get("RequestId"),
        hint=hint or advice,
    )


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
