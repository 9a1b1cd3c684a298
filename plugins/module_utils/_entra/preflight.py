# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What is checked before the first write: the options by themselves, and new identifiers against the tenant."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    UUID,
    check_account,
    check_home,
    parse_role_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import partition_named
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import (
    accepted_audiences,
    audience_of,
    check_reply_url,
    is_of_user_pool,
    parse_relay_state,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra import (
    assignments,
    claims_policies,
    signing_certificates,
    templates,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.app_management import (
    ManagementPolicies,
    identifier_warnings,
    policies_of,
    policy_requests,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_search import advice_for_taken
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import (
    APPLICATION_FIELDS,
    DELETED_APPLICATION,
    Application,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import (
    Graph,
    Request,
    Result,
    literal,
    read,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, Denied, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml.claim_values import undocumented_sources
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

LONGEST_NAME: t.Final = 200
LONGEST_NOTES: t.Final = 1024
MOST_EMAILS: t.Final = 5
LARGEST_LOGO: t.Final = 100 * 1024

#: How each kind of picture begins that is known to be taken.
IMAGES: t.Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}

_EMAIL: t.Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def check_options(params: t.Mapping[str, t.Any]) -> list[str]:
    """Warnings about the options; InvalidInput when they cannot work, whatever the tenant holds."""
    _check_texts(params)
    for identifier in params.get("identifiers") or ():
        parts = urlsplit(identifier)
        if not parts.scheme or not (parts.netloc or parts.path) or re.search(r"\s", identifier):
            raise InvalidInput(
                f"The identifier {identifier!r} is not a URI.",
                hint="AWS's is urn:amazon:webservices or https://signin.aws.amazon.com/saml.",
            )
    for reply_url in params.get("reply_urls") or ():
        if urlsplit(reply_url).scheme != "https" or not urlsplit(reply_url).hostname or re.search(r"\s", reply_url):
            raise InvalidInput(f"The reply URL {reply_url!r} is not an https address.")
    _check_beyond_aws(params)
    relay_state = params.get("relay_state")
    if relay_state and re.search(r"\s", relay_state):
        raise InvalidInput(
            f"The relay state {relay_state!r} holds white space.", hint="A blank in a destination is written %20."
        )
    if relay_state and "/connect/federate/" in relay_state:
        parse_relay_state(relay_state)
    signing_certificates.check_desired(**params["signing_certificate"])
    assignments.check_desired(params.get("assignments"))
    if params.get("account_id"):
        account = check_account(params["account_id"])
        for pair in params.get("role_claims") or ():
            check_home(parse_role_arn(pair["role_arn"]), account=account)
    if not claims_policies.is_managed(params):
        return _partition_warnings(params)
    sources = undocumented_sources(claims_policies.desired_policy(params, None).claims)
    doubtful = [
        f"Microsoft does not document {source} as a source of claims; Entra ID may refuse the policy."
        for source in sources
    ]
    return [*_partition_warnings(params), *doubtful]


def _check_beyond_aws(params: t.Mapping[str, t.Any]) -> None:
    """What applications for others than AWS have: a logout URL, a default among several reply URLs, and none of AWS's
    claims.
    """
    logout_url, default, reply_urls = (
        params.get("logout_url"),
        params.get("default_reply_url"),
        params.get("reply_urls"),
    )
    if logout_url and (
        urlsplit(logout_url).scheme != "https" or not urlsplit(logout_url).hostname or re.search(r"\s", logout_url)
    ):
        raise InvalidInput(f"The logout URL {logout_url!r} is not an https address.")
    if default is not None and reply_urls is not None and default not in reply_urls:
        raise InvalidInput(
            f"The default reply URL {default} is not among the reply URLs.", hint=f"Use one of {', '.join(reply_urls)}."
        )
    options = [
        option
        for option in ("session_name_source", "role_claims", "session_duration")
        if params.get(option) is not None
    ]
    if not params.get("aws_claims", True) and options:
        raise InvalidInput(
            f"{', '.join(options)} makes claims of AWS, and aws_claims is false.",
            hint=f"Give name_id_source and {setting('azure_saml_app.extra_claims')}.",
        )


def _check_texts(params: t.Mapping[str, t.Any]) -> None:
    name, notes, emails = params.get("name"), params.get("notes"), params.get("notification_emails") or ()
    if name is not None and not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise InvalidInput(f"The name has {len(name)} characters; it takes 1 to {LONGEST_NAME}.")
    if params["template"] not in templates.NAMES and not UUID.fullmatch(params["template"]):
        raise InvalidInput(
            f"{params['template']!r} is no template.",
            hint=f"Use {', '.join(templates.NAMES)} or the id of a gallery application's template.",
        )
    if notes is not None and len(notes) > LONGEST_NOTES:
        raise InvalidInput(f"The notes have {len(notes)} characters; Entra ID accepts at most {LONGEST_NOTES}.")
    if len(emails) > MOST_EMAILS:
        raise InvalidInput(f"There are {len(emails)} notification e-mails; Entra ID accepts at most {MOST_EMAILS}.")
    for email in emails:
        if not _EMAIL.fullmatch(email):
            raise InvalidInput(f"{email!r} is not an e-mail address.")


def _partition_warnings(params: t.Mapping[str, t.Any]) -> list[str]:
    """Reply URLs and identifiers must belong to the partition of the roles that agents get."""
    pairs, reply_urls, identifiers = (
        params.get("role_claims") or (),
        params.get("reply_urls") or (),
        params.get("identifiers") or (),
    )
    partitions = {parse_role_arn(pair["role_arn"]).partition for pair in pairs}
    if len(partitions) > 1:
        raise InvalidInput(
            "The role claims name more than one AWS partition.", hint="One application serves one partition."
        )
    if not partitions:
        return []
    partition = partition_named(partitions.pop())
    for reply_url in reply_urls:
        if not is_of_user_pool(reply_url):
            check_reply_url(reply_url, partition)
    _check_shared(params, [reply_url for reply_url in reply_urls if is_of_user_pool(reply_url)])
    warnings = []
    audience = params.get("audience_override")
    if audience and audience not in accepted_audiences(partition):
        warnings.append(
            f"{partition.title} does not accept the audience {audience}; it accepts "
            f"{', '.join(accepted_audiences(partition))}."
        )
    if (
        identifiers
        and not audience
        and not any(audience_of(identifier) in accepted_audiences(partition) for identifier in identifiers)
    ):
        warnings.append(
            f"None of the identifiers sends an audience that {partition.title} accepts: "
            f"{', '.join(accepted_audiences(partition))}."
        )
    if len(reply_urls) > 1 and not params.get("default_reply_url"):
        warnings.append(
            "There is more than one reply URL; a sign-in that starts at Entra ID uses the first one that Entra ID has."
        )
    return warnings


def _check_shared(params: t.Mapping[str, t.Any], of_pools: t.Collection[str]) -> None:
    """Where user pools share the application with AWS's sign-in, sign-ins that begin in Entra ID stay with AWS."""
    if of_pools and params.get("default_reply_url") in (None, *of_pools):
        raise InvalidInput(
            f"The reply URLs {', '.join(sorted(of_pools))} belong to user pools, and no default reply URL sends "
            f"sign-ins that begin in Entra ID to AWS.",
            hint=f"Give the reply URL of AWS's sign-in as {setting('azure_saml_app.default_reply_url')}.",
        )


def logo_of(path: str) -> tuple[bytes, str]:
    """A logo's content and type. InvalidInput when Entra would not take it."""
    try:
        content = Path(path).read_bytes()
    except OSError as exc:
        raise InvalidInput(f"The logo {path} cannot be read: {exc.strerror}.") from None
    content_type = next((kind for start, kind in IMAGES.items() if content.startswith(start)), None)
    if content_type is None:
        raise InvalidInput(f"The logo {path} is not an image that Entra ID accepts.", hint="Use PNG, JPEG or GIF.")
    if len(content) > LARGEST_LOGO:
        raise InvalidInput(f"The logo {path} has {len(content)} bytes; Entra ID accepts at most {LARGEST_LOGO}.")
    return content, content_type


@dataclass(frozen=True)
class Obstacles:
    """What may stand against new identifiers: live and deleted objects that hold them, and the policies for them; and
    for a new application, that there is no such template.

    deleted: empty as well when the caller may not read the recycle bin. domains: None when the caller may not read the
    tenant's verified domains.
    """

    applications: tuple[t.Mapping[str, t.Any], ...] = ()
    principals: tuple[t.Mapping[str, t.Any], ...] = ()
    deleted: tuple[t.Mapping[str, t.Any], ...] = ()
    policies: ManagementPolicies = field(default_factory=ManagementPolicies)
    domains: tuple[str, ...] | None = None
    template_missing: bool = False
    claims_policies: tuple[t.Mapping[str, t.Any], ...] | None = None


def read_obstacles(
    graph: Graph,
    identifiers: t.Sequence[str],
    app: Application | None,
    template: Request | None = None,
    claims_policies: Request | None = None,
) -> Obstacles:
    """Look for what stands against new identifiers, in one batch; in two where applications have policies of their own.

    app: None for a new application. template: finds what a new application is to be made from. claims_policies: lists
    those of the tenant.
    """
    holders = " or ".join(f"identifierUris/any(u:u eq {literal(identifier)})" for identifier in identifiers)
    names = " or ".join(f"servicePrincipalNames/any(n:n eq {literal(identifier)})" for identifier in identifiers)
    lists = [
        read("/applications", "find the holders of the identifiers", filter=holders, select=APPLICATION_FIELDS),
        read(
            "/servicePrincipals",
            "find the holders of the identifiers",
            filter=names,
            select=("id", "appId", "displayName", "servicePrincipalNames"),
        ),
        read(
            DELETED_APPLICATION,
            "list the deleted applications",
            select=(*APPLICATION_FIELDS, "deletedDateTime"),
            top=999,
        ),
    ]
    organization = read("/organization", "read the tenant's verified domains", select=("verifiedDomains",))
    managing = policy_requests(app)
    found_by = [template] if template else []
    listed_by = [claims_policies] if claims_policies else []
    holding, named, deleted, tenant, *others = graph.batch([*lists, organization, *managing, *found_by, *listed_by])
    pages = (holding.get(), named.get(), _if_allowed(deleted) or {})
    applications, principals, recycled = (
        tuple(graph.rest(page, request.what)) for page, request in zip(pages, lists, strict=True)
    )
    policies = policies_of(graph, app, others[: len(managing)])
    del others[: len(managing)]
    missing = any(outcome.get_or_none() is None for outcome in others[: len(found_by)])
    listed = None
    if claims_policies:
        listed = tuple(graph.rest(others[-1].get(), claims_policies.what))
    return Obstacles(applications, principals, recycled, policies, _domains(_if_allowed(tenant)), missing, listed)


def _if_allowed(outcome: Result) -> t.Any:
    return None if isinstance(outcome.error, Denied) else outcome.get_or_none()


def _domains(answer: t.Mapping[str, t.Any] | None) -> tuple[str, ...] | None:
    """The verified domains in what Graph says of the tenant."""
    if answer is None:
        return None
    return tuple(domain["name"].lower() for tenant in answer["value"] for domain in tenant.get("verifiedDomains", ()))


def check_identifiers(
    added: t.Sequence[str], obstacles: Obstacles, *, app: Application | None, name: str, tenant_id: str, now: datetime
) -> list[str]:
    """Warnings about identifiers that may be refused; Conflict or InvalidInput when one cannot be added: it is taken,
    or a policy forbids it.
    """
    own = app.app_id if app else None
    for identifier in added:
        for holder in (*obstacles.applications, *obstacles.principals):
            if holder["appId"] != own and identifier in (
                *holder.get("identifierUris", ()),
                *holder.get("servicePrincipalNames", ()),
            ):
                raise Conflict(
                    (
                        f"The identifier {identifier} is held by the application '{holder['displayName']}' "
                        f"({holder['appId']})."
                    ),
                    hint=advice_for_taken(identifier, name),
                    holder=holder["appId"],
                )
        for holder in obstacles.deleted:
            if identifier in holder.get("identifierUris", ()):
                raise Conflict(
                    (
                        f"The identifier {identifier} is held by the deleted application '{holder['displayName']}' "
                        f"({holder['appId']})."
                    ),
                    hint=(
                        f"Restore it, or delete it for good: state: absent, with app_id: {holder['appId']} and "
                        f"{setting('azure_saml_app.purge')} set to true."
                    ),
                    holder=holder["appId"],
                )
    return identifier_warnings(
        added, obstacles.policies, app=app, tenant_id=tenant_id, domains=obstacles.domains, now=now
    )
