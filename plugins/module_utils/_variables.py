# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What the roles' variables may hold, beyond the types of their argument specifications: the narrowest rule of all
services that a value goes to. Pure, but for the file system.

What only a cloud can tell, such as whether a group exists, the modules find while the run is planned.
"""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.openccp.federation.plugins.module_utils import _access as access
from ansible_collections.openccp.federation.plugins.module_utils._ccp_page import page_origin
from ansible_collections.openccp.federation.plugins.module_utils._cognito import shared_application
from ansible_collections.openccp.federation.plugins.module_utils._domain import arns, partitions, urls
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import close_matches
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.tags import check_tags

Options = t.Mapping[str, t.Mapping[str, t.Any]]
Rule = t.Callable[[t.Any], object]
"""Raises InvalidInput for a value that cannot work."""

_SCALAR_TYPES: t.Final = ("str", "path")

ENTRA_OPTIONS: t.Final = (
    "authority_url",
    "certificate_password",
    "certificate_path",
    "client_id",
    "client_secret",
    "cloud",
    "federated_token_file",
    "graph_url",
    "managed_identity",
    "tenant_id",
)
AWS_OPTIONS: t.Final = (
    "access_key",
    "aws_access_key",
    "aws_access_key_id",
    "aws_ca_bundle",
    "aws_config",
    "aws_endpoint_url",
    "aws_profile",
    "aws_region",
    "aws_secret_access_key",
    "aws_secret_key",
    "aws_session_token",
    "debug_botocore_endpoint_logs",
    "endpoint_url",
    "profile",
    "region",
    "secret_key",
    "session_token",
    "validate_certs",
)
"""The options that all modules of an action group have. Of the aliases, those that every supported amazon.aws has."""


def problems(values: t.Mapping[str, t.Any], options: Options) -> list[str]:
    """What is wrong with the values of variables, a sentence each. A value that is empty leaves the decision to the
    role, except where it is to be a choice.

    options: by variable, as an argument specification has them.
    """
    messages = []
    for name, value in values.items():
        choices = options[name].get("choices")
        if value == "" and choices:
            messages.append(f"{name}: it is empty. Set it to one of {', '.join(choices)}, or leave it out.")
        if value is None or value == "":
            continue
        messages += [f"{name}: {reason}" for reason in _problems_of(name, value, options[name])]
    return messages or _clashes(values)


def _clashes(values: t.Mapping[str, t.Any]) -> list[str]:
    """What is wrong with values beside each other, each of which could be used alone."""
    reasons = shared_application.shared_clashes(
        values.get("federation_user_pools") or (),
        values.get("azure_saml_app_audience_override"),
        boolean(values.get("azure_saml_app_issuer_with_application_id") or False, strict=False),
    )
    return [f"federation_user_pools: {reason}" for reason in reasons]


def _problems_of(name: str, value: t.Any, option: t.Mapping[str, t.Any]) -> list[str]:
    spec = {key: part for key, part in option.items() if key in ("type", "elements", "choices", "options")}
    shape = _wrong_shape(value, spec)
    if shape:
        return [shape]
    result = ArgumentSpecValidator({name: spec}).validate({name: value})
    if result.error_messages:
        return [text.rstrip(".") + "." for text in result.error_messages]
    try:
        RULES.get(name, _anything)(result.validated_parameters[name])
    except InvalidInput as error:
        return [str(error)]
    return []


def _wrong_shape(value: t.Any, spec: t.Mapping[str, t.Any]) -> str:
    """What Ansible would turn into a text silently, such as a list where there is to be one text."""
    kind = spec.get("type", "str")
    if kind in _SCALAR_TYPES and isinstance(value, (bool, dict, list)):
        return (
            f"it is a {type(value).__name__} and not a text; a text that YAML takes for something else needs "
            f"quotation marks."
        )
    elements = value if kind == "list" and isinstance(value, list) else ()
    wrong = [
        element for element in elements if spec.get("elements") in _SCALAR_TYPES and isinstance(element, (dict, list))
    ]
    if wrong:
        return f"an entry of the list is a {type(wrong[0]).__name__} and not a text."
    if any(element in (None, "") for element in elements):
        return "an entry of the list is empty."
    inner = spec.get("options") or {}
    records = value if kind == "list" and isinstance(value, list) else [value]
    shapes = (
        _wrong_shape(record[name], inner[name])
        for record in records
        if isinstance(record, dict)
        for name in record
        if name in inner
    )
    return next(filter(None, shapes), "")


def _anything(value: t.Any) -> object:
    return value


def _pattern(expression: str, what: str, hint: str | None = None) -> Rule:
    known = re.compile(expression)

    def check(value: t.Any) -> None:
        if not known.fullmatch(str(value)):
            raise InvalidInput(f"{value!r} is not {what}.", hint=hint)

    return check


def _between(least: int, most: int, unit: str = "") -> Rule:
    def check(value: t.Any) -> None:
        if not least <= value <= most:
            raise InvalidInput(f"{value} is not in the range from {least} to {most}{unit and f' {unit}'}.")

    return check


def _every(rule: Rule) -> Rule:
    def check(values: t.Any) -> None:
        for value in values:
            rule(value)

    return check


def _one_of(*rules: Rule) -> Rule:
    """At least one rule lets the value pass; else the last one says what is wrong."""

    def check(value: t.Any) -> None:
        for rule in rules[:-1]:
            try:
                rule(value)
            except InvalidInput:
                continue
            return
        rules[-1](value)

    return check


def _positive(value: float) -> None:
    if not 0 < value < float("inf"):
        raise InvalidInput(f"{value:g} is not above 0.")


def _role_reference(text: str) -> None:
    """A role by its ARN, or by its name with its path in front."""
    if text.startswith("arn:"):
        arns.parse_role_arn(text)
        return
    *path, name = text.strip("/").split("/")
    arns.check_role_name(name)
    arns.check_role_path("".join(f"/{part}" for part in path) + "/")


def _group(entry: t.Mapping[str, t.Any]) -> None:
    if not isinstance(entry.get("group"), str) or not entry["group"].strip():
        raise InvalidInput(f"{dict(entry)!r} has no group, the display name or object ID of one.")


def _agent(entry: t.Mapping[str, t.Any]) -> None:
    if not isinstance(entry.get("username"), str) or not entry["username"]:
        raise InvalidInput(f"an agent is listed without username: {', '.join(map(str, entry)) or 'nothing at all'}.")


def _session_name_source(source: str) -> None:
    claims.check_session_name_source(source)


def _role_claim(pair: t.Mapping[str, str]) -> None:
    claims.check_role_pair(claims.RolePair(str(pair.get("role_arn")), str(pair.get("provider_arn"))))


def _extra_claims(entries: t.Sequence[t.Mapping[str, t.Any]]) -> None:
    for entry in entries:
        if not isinstance(entry.get("name"), str) or not entry["name"]:
            raise InvalidInput(f"the claim {dict(entry)!r} has no name.")
    claims.build(extra_claims=entries)


def _policy_arn(text: str) -> None:
    arn = arns.parse_arn(text)
    if (arn.service, arn.kind) != ("iam", "policy"):
        raise InvalidInput(f"{text} is not the ARN of an IAM policy.")


def _uuid(text: str) -> None:
    if not arns.UUID.fullmatch(text):
        raise InvalidInput(f"{text!r} is not a UUID.")


def _external_id(text: str) -> None:
    """IAM's pattern; the message does not repeat what some take for a secret."""
    if not re.fullmatch(r"[\w+=,.@:/-]{2,1224}", text, re.ASCII):
        raise InvalidInput("it is not an external ID.", hint="It has 2 to 1224 letters, digits and _+=,.@:/-.")


def _https(text: str) -> None:
    if not re.fullmatch(r"https://[^/?#\s@]+\S*", text):
        raise InvalidInput(f"{text!r} is not an https address.")


def _uri(text: str) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", text):
        raise InvalidInput(
            f"{text!r} is not a URI.", hint="AWS's is urn:amazon:webservices or https://signin.aws.amazon.com/saml."
        )


def _page(page: t.Mapping[str, t.Any]) -> None:
    page_origin(str(page.get("url") or ""))
    places = [place for place in ("folder", "bucket", "ccp_url") if page.get(place)]
    if not places or {"folder", "bucket"} <= set(places):
        raise InvalidInput(
            f"the page {page.get('url')} needs a folder or a bucket, and not both, or, if it is your own, its ccp_url."
        )


def _user_pool(pool: t.Mapping[str, t.Any]) -> None:
    if bool(pool.get("user_pool_id")) == bool(pool.get("user_pool_name")):
        raise InvalidInput("each user pool needs user_pool_id or user_pool_name, and not both.")
    rules: dict[str, Rule] = {
        "user_pool_id": _USER_POOL,
        "domain": _HOST,
        "application": _pattern("own|shared", "own or shared"),
        "provider_name": _POOL_PROVIDER,
        "application_name": _NAME,
        "metadata_source": _pattern("text|url", "text or url"),
    }
    for key, rule in rules.items():
        if pool.get(key) is not None:
            rule(pool[key])


def _emails(addresses: t.Sequence[str]) -> None:
    if len(addresses) > 5:
        raise InvalidInput(f"there are {len(addresses)} addresses; Entra ID accepts at most 5.")
    _every(_pattern(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address"))(addresses)


def _origins(change: t.Mapping[str, t.Sequence[str] | None]) -> None:
    for origins in change.values():
        _every(_https)(origins or ())


def _max_removals(limit: str) -> None:
    access.allowed(limit, 0, variable="it")


def _options_of(*names: str) -> Rule:
    """Options of the modules. What a name that no module has is set to may be a secret, so it must reach none."""

    def check(options: t.Mapping[str, t.Any]) -> None:
        for name in sorted({str(name) for name in options} - set(names)):
            near = close_matches(name, names, count=1)
            hint = f"Did you mean {near[0]}?" if near else f"They are {', '.join(names)}."
            raise InvalidInput(f"the modules have no option {name!r}.", hint=hint)

    return check


def _options_by_account(accounts: t.Mapping[str, t.Any]) -> None:
    for account, options in accounts.items():
        if not isinstance(options, dict):
            raise InvalidInput(f"what account {account} has is not a dictionary of options.")
        _AWS_OPTIONS(options)


def _readable_file(path: str) -> None:
    """A file that is there; a relative path begins where the user started Ansible."""
    file = Path(path).expanduser().absolute()
    if not (file.is_file() and os.access(file, os.R_OK)):
        raise InvalidInput(f"there is no file {file} that can be read.")


def _writable_file(path: str) -> None:
    """A file that can be written, in a folder that is there."""
    file = Path(path).expanduser().absolute()
    if file.is_dir():
        raise InvalidInput(f"{path} is a folder, not a file.")
    if not file.parent.exists():
        raise InvalidInput(f"there is no folder {file.parent}.")
    _writable_folder(str(file.parent))


def _writable_folder(path: str) -> None:
    folder = Path(path).expanduser().absolute()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise InvalidInput(f"nothing can be written to {existing}.")


_TENANT: t.Final = _one_of(_uuid, _pattern(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "the ID or a domain of a tenant"))
_INSTANCE: t.Final = _one_of(arns.check_instance_id, arns.parse_connect_instance_arn, arns.check_alias)
_PROVIDER_REFERENCE: t.Final = _one_of(arns.parse_saml_provider_arn, arns.check_saml_provider_name)
_SESSION_NAME: t.Final = _pattern(
    r"[A-Za-z0-9_+=,.@-]{2,64}", "a name for a session", "Use 2 to 64 letters, digits and _+=,.@-."
)
_NAME: t.Final = _pattern(r"(?!\s*$)[^\x00-\x1f]{1,200}", "a name of 1 to 200 characters")
_TEMPLATE: t.Final = _one_of(
    _uuid, _pattern("aws_single_account|non_gallery", "aws_single_account, non_gallery or a template's ID")
)
_DESCRIPTION: t.Final = _pattern(
    r"[\t\n\r -~\u00a1-\u00ff]{0,1000}", "a description that IAM takes, up to 1,000 characters of Latin-1"
)
_ENTRA_OPTIONS: t.Final = _options_of(*ENTRA_OPTIONS)
_AWS_OPTIONS: t.Final = _options_of(*AWS_OPTIONS)
_DAYS: t.Final = _between(0, 36500, "days")
_SECONDS: t.Final = _between(0, 7 * 86400, "seconds")
_PLACE: t.Final = r"([0-9A-Fa-f-]{36}|\d{12})"
_USER_POOL: t.Final = _pattern(
    r"[a-z]{2}(-[a-z]+)+-\d_[0-9A-Za-z]+", "the ID of a user pool, such as eu-central-1_AbCdEfGhI"
)
_HOST: t.Final = _pattern(r"([a-z0-9-]+\.)+[a-z]{2,}", "the name of a host")
#: what Amazon Cognito takes as a provider's name, as far as it can stand in a tag
_POOL_PROVIDER: t.Final = _pattern(
    r"([^\W_]|[.:/=+@-])[\w.:/=+@-]([^\W_]|[.:/=+@-]){1,30}",
    "the name of a SAML provider in Amazon Cognito",
    "Use 3 to 32 letters and digits.",
)
#: of the role, so that every account's role can allow it
_ROLE_SESSION: t.Final = _between(claims.LEAST_MAX_SESSION, claims.MAX_SESSION, "seconds")

#: Variable → its rule. One without any takes whatever its type and its choices let pass.
RULES: t.Final[t.Mapping[str, Rule]] = {
    "aws_federation_boundary": _policy_arn,
    "aws_federation_entity_id": _uri,
    "aws_federation_instance_arns": _every(arns.parse_connect_instance_arn),
    "aws_federation_metadata_file": _readable_file,
    "aws_federation_provider_name": arns.check_saml_provider_name,
    "aws_federation_reply_urls": _every(_https),
    "aws_federation_role_description": _DESCRIPTION,
    "aws_federation_role_name": arns.check_role_name,
    "aws_federation_role_path": arns.check_role_path,
    "aws_federation_session_duration": _ROLE_SESSION,
    "aws_federation_tags": check_tags,
    "aws_session_duration": _between(900, 43200, "seconds"),
    "aws_session_external_id": _external_id,
    "aws_session_name": _SESSION_NAME,
    "aws_session_role_arn": arns.parse_role_arn,
    "azure_saml_app_app_id": _uuid,
    "azure_saml_app_audience_override": _uri,
    "azure_saml_app_default_reply_url": _https,
    "azure_saml_app_extra_claims": _extra_claims,
    "azure_saml_app_identifiers": _every(_uri),
    "azure_saml_app_logo": _readable_file,
    "azure_saml_app_name": _NAME,
    "azure_saml_app_notes": _pattern(r"(?s).{0,1024}", "a note of up to 1,024 characters"),
    "azure_saml_app_notification_emails": _emails,
    "azure_saml_app_relay_state": _https,
    "azure_saml_app_reply_urls": _every(_https),
    "azure_saml_app_role_claims": _every(_role_claim),
    "azure_saml_app_session_duration": _between(claims.MIN_SESSION, claims.MAX_SESSION, "seconds"),
    "azure_saml_app_session_name_source": _session_name_source,
    "azure_saml_app_template": _TEMPLATE,
    "ccp_page_identifier": _uri,
    "ccp_page_instance_alias": arns.check_alias,
    "ccp_page_instance_id": _INSTANCE,
    "ccp_page_library_sha256": _pattern("[0-9A-Fa-f]{64}", "a SHA-256 checksum"),
    "ccp_page_library_url": _https,
    "ccp_page_load_timeout": _between(1000, 60000, "milliseconds"),
    "ccp_page_login_url": _https,
    "ccp_page_pages": _every(_page),
    "certificate_rotation_app_id": _uuid,
    "certificate_rotation_aws_options": _options_by_account,
    "certificate_rotation_name": _NAME,
    "certificate_rotation_notification_emails": _emails,
    "certificate_rotation_proof": _readable_file,
    "certificate_rotation_providers": _every(arns.parse_saml_provider_arn),
    "certificate_rotation_renew_when_days_left": _DAYS,
    "certificate_rotation_report_json": _writable_file,
    "certificate_rotation_report_prometheus": _writable_file,
    "certificate_rotation_report_warn_days": _DAYS,
    "certificate_rotation_retire_after_days": _DAYS,
    "certificate_rotation_settle_seconds": _SECONDS,
    "certificate_rotation_user_pools": _every(_USER_POOL),
    "certificate_rotation_validity_days": _between(1, 1095, "days"),
    "cognito_federation_max_removals": _max_removals,
    "cognito_federation_pools": _every(_user_pool),
    "cognito_federation_provider_name": _POOL_PROVIDER,
    "cognito_federation_tags": check_tags,
    "connect_instance_alias": arns.check_alias,
    "connect_instance_approved_origins": _origins,
    "connect_instance_confirm_alias": arns.check_alias,
    "connect_instance_id": arns.check_instance_id,
    "connect_instance_tags": check_tags,
    "connect_users_agents": _every(_agent),
    "connect_users_burst": _positive,
    "connect_users_groups": _every(_group),
    "connect_users_instance_id": _INSTANCE,
    "connect_users_max_removals": _max_removals,
    "connect_users_rate": _positive,
    "connect_users_session_name_source": _session_name_source,
    "federation_account_id": arns.check_account,
    "federation_agent_groups": _every(_group),
    "federation_agents": _every(_agent),
    "federation_application_name": _NAME,
    "federation_assume_role_arn": arns.parse_role_arn,
    "federation_assume_role_external_id": _external_id,
    "federation_aws_options": _AWS_OPTIONS,
    "federation_check_app_id": _uuid,
    "federation_check_destination": urls.check_destination,
    "federation_check_embedding_origins": _every(page_origin),
    "federation_check_file": _writable_file,
    "federation_check_identifier": _uri,
    "federation_check_instance_id": _INSTANCE,
    "federation_check_pages": _every(lambda page: page_origin(str(page.get("url") or ""))),
    "federation_check_provider": _PROVIDER_REFERENCE,
    "federation_check_role": _role_reference,
    "federation_check_wait_timeout": _SECONDS,
    "federation_check_warn_days": _DAYS,
    "federation_client_id": _uuid,
    "federation_destination": urls.check_destination,
    "federation_entra_options": _ENTRA_OPTIONS,
    "federation_identifier": _uri,
    "federation_instance_alias": arns.check_alias,
    "federation_instance_id": arns.check_instance_id,
    "federation_pages": _every(_page),
    "federation_plan_file": _writable_file,
    "federation_planned_status": _between(0, 255),
    "federation_provider_name": arns.check_saml_provider_name,
    "federation_record": _writable_file,
    "federation_region": partitions.partition_of_region,
    "federation_reply_url": _https,
    "federation_report_html": _writable_file,
    "federation_report_json": _writable_file,
    "federation_report_previous": _readable_file,
    "federation_role_name": arns.check_role_name,
    "federation_role_path": arns.check_role_path,
    "federation_session_duration": _ROLE_SESSION,
    "federation_session_name_source": _session_name_source,
    "federation_tags": check_tags,
    "federation_template": _TEMPLATE,
    "federation_tenant_id": _TENANT,
    "federation_user_pools": _every(_user_pool),
    "federation_wait_timeout": _SECONDS,
    "handover_folder": _writable_folder,
    "live_probe_confirm": _pattern(
        rf"{_PLACE}(/{_PLACE})?", "the ID of a tenant and the number of an account, joined by a slash"
    ),
    "live_probe_instance_id": arns.check_instance_id,
    "live_probe_report": _writable_file,
    "live_probe_repetitions": _between(1, 100, "repetitions"),
    "live_probe_wait_timeout": _SECONDS,
}
