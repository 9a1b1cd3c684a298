# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The addresses on the sign-in path: reply URLs, audiences, relay states, user access URLs, metadata."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, urlencode, urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import check_instance_id
from ansible_collections.openccp.federation.plugins.module_utils._domain.clouds import Cloud
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import (
    AWS,
    GOVCLOUD,
    PARTITIONS,
    SIGN_IN_REGIONS,
    WITHOUT_LABEL,
    Partition,
    check_connect_region,
    partition_of_region,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

OLD_DOMAIN: t.Final = "awsapps.com"
"""Where instances made before April 2021 are, with every page below /connect. They answer on the new domain as well."""

_REPLY_PATH = re.compile(r"/saml(?:/acs/[A-Za-z0-9_-]+)?")
_RESILIENT_HOST = re.compile(r"[0-9a-f-]{36}\.[a-z0-9-]+\.sign-in\.connect\.aws")
_DESTINATION = re.compile(r"/(?!/)|https://[^/?#]")
_NEW_DOMAIN = re.compile(r"[?&]new_domain=")
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_RELAY_PATH = re.compile(r"/connect/federate/(?P<instance>[^/]+)")


def reply_url(partition: Partition, region: str | None = None, acs_id: str | None = None) -> str:
    """Where Entra posts the response: AWS's sign-in, of one Region when one is given (AWS recommends that).

    acs_id: the SAML provider's UUID, which the address carries when the provider requires encrypted assertions; needs a
    Region. AWS's table of sign-in endpoints has the address without a Region for us-east-1. That of GovCloud is formed
    like the others'; no AWS document states it.
    """
    if acs_id is not None and region is None:
        raise InvalidInput("The reply URL for encrypted assertions needs a Region.")
    host = partition.signin_host if region in (None, WITHOUT_LABEL) else f"{region}.{partition.signin_host}"
    return f"https://{host}/saml" + (f"/acs/{acs_id}" if acs_id else "")


def default_reply_url(region: str) -> str:
    """The reply URL of a new federation: the Region's own, which AWS recommends; GovCloud documents a single one."""
    partition = partition_of_region(region)
    return reply_url(partition, None if partition is GOVCLOUD else region)


def undocumented_spelling(url: str) -> str:
    """A reply URL of us-east-1 with that Region in its host, which works for some and stands in no table of AWS's."""
    return url.replace(f"https://{AWS.signin_host}/", f"https://{WITHOUT_LABEL}.{AWS.signin_host}/")


def in_sign_in_table(url: str, partition: Partition) -> bool:
    """Whether AWS's table of sign-in endpoints has the host of a reply URL; those of Global Resiliency are another
    table's.
    """
    host = (urlsplit(url).hostname or "").lower()
    if partition is not AWS or host == AWS.signin_host or _RESILIENT_HOST.fullmatch(host):
        return True
    label = host.removesuffix(f".{AWS.signin_host}")
    return label in SIGN_IN_REGIONS


def check_reply_url(url: str, partition: Partition) -> str:
    """The URL, when it is one of the partition's sign-in addresses or of Connect's Global Resiliency; else
    InvalidInput.
    """
    parts = split_address(url, "reply URL")
    host = parts.hostname or ""
    if parts.scheme != "https" or not host or parts.netloc != host or parts.geturl() != url:
        raise InvalidInput(
            f"The reply URL {url!r} is not a plain https address.", hint=f"AWS's own is {reply_url(partition)}."
        )
    if partition is AWS and _RESILIENT_HOST.fullmatch(host) and parts.path in ("/saml", "/saml*"):
        return url
    owner = _partition_of_host(host, lambda partition: partition.signin_host)
    if owner is not partition:
        where = f"belongs to {owner.title}" if owner else "is not AWS's sign-in"
        raise InvalidInput(
            f"The reply URL {url} {where}, but the federation is in the partition {partition.name}.",
            hint=f"Its reply URL is {reply_url(partition)}.",
        )
    if not _REPLY_PATH.fullmatch(parts.path) or parts.query or parts.fragment:
        raise InvalidInput(
            f"The reply URL {url} is not one that AWS's sign-in answers.",
            hint=f"Use {reply_url(partition)} or a regional form of it.",
        )
    return url


def accepted_audiences(partition: Partition) -> tuple[str, ...]:
    """The audiences that AWS's sign-in accepts, the usual one first."""
    return (partition.audience, *partition.extra_audiences)


def is_of_user_pool(value: str) -> bool:
    """Whether an identifier or a reply URL is one of an Amazon Cognito user pool."""
    return value.startswith("urn:amazon:cognito:sp:") or (
        value.startswith("https://") and value.partition("://")[2].partition("/")[2] == "saml2/idpresponse"
    )


def audience_of(identifier: str) -> str:
    """What Entra sends for an identifier: it removes `#` and what follows it (documented for gallery applications)."""
    return identifier.partition("#")[0]


def unique_identifier(partition: Partition, suffix: str) -> str:
    """An identifier that is unique in the directory and still sends an audience that AWS accepts."""
    base = partition.extra_audiences[0] if partition.extra_audiences else partition.audience
    return f"{base}#{suffix}"


@dataclass(frozen=True)
class RelayState:
    """Where AWS's sign-in sends an agent: the Connect instance and the page in it.

    destination: a path of the instance or an approved origin's address, not encoded; None is the instance's home page.
    new_domain: for instances made before April 2021 that still answer on awsapps.com.
    region: None only for GovCloud's documented form, which has no Region (Connect is in us-gov-west-1 alone).
    """

    partition: str
    region: str | None
    instance_id: str
    destination: str | None = None
    new_domain: bool = False


def relay_state(region: str, instance_id: str, destination: str | None = None, *, new_domain: bool = False) -> str:
    """The relay state that leads to an instance, every reserved character of the destination encoded."""
    partition = check_connect_region(region)
    check_instance_id(instance_id)
    check_destination(destination or "")
    host = partition.console_host if partition is GOVCLOUD else f"{region}.{partition.console_host}"
    query = {"destination": destination} if destination else {}
    if new_domain:
        query["new_domain"] = "true"
    return f"https://{host}/connect/federate/{instance_id}" + (
        f"?{urlencode(query, quote_via=quote, safe='')}" if query else ""
    )


def check_destination(destination: str) -> str:
    """A page of the instance, or an approved origin's address, not encoded; empty for the instance's home page."""
    encoded = _ENCODED.search(destination.partition("?")[0])
    reason = ""
    if encoded:
        reason = f"holds {encoded[0]}, so it is percent-encoded already"
    elif destination and not _DESTINATION.match(destination):
        reason = "is neither a path nor an https address"
    elif not destination.isprintable() or "\\" in destination or destination != destination.strip():
        reason = "holds a backslash or a control character, or ends with white space"
    if not reason:
        _check_domain(destination)
    if reason:
        raise InvalidInput(
            f"The destination {destination!r} {reason}.",
            hint="Give it unencoded, such as /ccp-v2 or https://desk.example.com; the relay state encodes it.",
        )
    return destination


def _check_domain(destination: str) -> None:
    """InvalidInput where a destination says itself on which domain the instance is."""
    if _NEW_DOMAIN.search(destination):
        page = _NEW_DOMAIN.split(destination, maxsplit=1)[0]
        raise InvalidInput(
            f"The destination {destination!r} holds new_domain, which is another parameter of the relay state.",
            hint=(
                f"Give {page}, and say federation_new_domain: true (new_domain=true beside destination in a relay "
                f"state of your own)."
            ),
        )
    host = instance_host(destination) if destination.startswith("https://") else ""
    domains = [OLD_DOMAIN, *(partition.instance_domain for partition in PARTITIONS.values())]
    if any(domain and host.endswith(f".{domain}") for domain in domains):
        page = split_address(destination, "destination").path or "/home"
        raise InvalidInput(
            (f"The destination {destination!r} is an address of an instance, which AWS treats as an external site."),
            hint=f"Give only the path, such as {page}.",
        )


def leads_to_new_domain(access_url: str, destination: str, is_new_domain: bool | None = None) -> bool:
    """Whether a relay state says new_domain: as told, or as the destination needs it at an instance that is on the old
    domain.

    access_url: of the instance, empty while it is not known. InvalidInput where the destination is not on the old
    domain that is led to.
    """
    is_old, path = is_on_old_domain(instance_host(access_url)), destination.partition("?")[0]
    is_page, below = path.startswith("/"), f"{path}/".startswith("/connect/")
    new_domain = is_old and is_page and not below if is_new_domain is None else is_new_domain
    if is_page and not below and is_old and not new_domain:
        raise InvalidInput(
            (
                f"The instance is at {access_url}, where all pages begin with /connect, and the destination "
                f"{destination} does not."
            ),
            hint=f"Give /connect{destination}, or take the new domain with federation_new_domain: true.",
        )
    return new_domain


def parse_relay_state(text: str) -> RelayState:
    """A relay state in parts; InvalidInput when it does not lead to a Connect instance."""
    parts = split_address(text.strip(), "relay state")
    host = parts.hostname or ""
    path = _RELAY_PATH.fullmatch(parts.path)
    partition = _partition_of_host(host, lambda partition: partition.console_host)
    if parts.scheme != "https" or path is None or partition is None:
        raise InvalidInput(
            f"The relay state {text!r} does not lead to an Amazon Connect instance.",
            hint="It has the form https://REGION.console.aws.amazon.com/connect/federate/INSTANCE_ID?destination=%2Fccp-v2.",
        )
    query = parse_qs(parts.query)
    return RelayState(
        partition=partition.name,
        region=host.removesuffix(partition.console_host).rstrip(".") or None,
        instance_id=check_instance_id(path["instance"]),
        destination=query.get("destination", [None])[0],
        new_domain=query.get("new_domain", [""])[0].lower() == "true",
    )


def panel_url(ccp_url: str, relay: str) -> str:
    """The panel of an instance on the domain that a relay state leads to; as it is where that says nothing else."""
    host = instance_host(ccp_url)
    try:
        new_domain = is_on_old_domain(host) and parse_relay_state(relay).new_domain
    except InvalidInput:
        new_domain = False
    if not new_domain:
        return ccp_url
    path = split_address(ccp_url, "address of the panel").path.removeprefix("/connect")
    return f"https://{host.removesuffix(OLD_DOMAIN)}{AWS.instance_domain}{path}"


def as_origin(url: str) -> str:
    """The origin of an address, as it is compared: in lower case, without a path and without the port 443."""
    parts = split_address(url.lower(), "origin")
    return f"{parts.scheme}://{parts.netloc.removesuffix(':443')}"


def instance_host(access_url: str) -> str:
    """The host of an instance's address; empty when there is none."""
    return (split_address(access_url, "address of the instance").hostname or "").lower()


def is_on_old_domain(host: str) -> bool:
    """Whether a host is an instance's on the old domain."""
    return host.endswith(f".{OLD_DOMAIN}")


def user_access_url(cloud: Cloud, tenant_id: str, app_id: str, *, audience: str | None = None) -> str:
    """The address that an agent opens. The relay state comes from the application, so it is not part of it.

    audience: names one of several identifiers of the application; seen in use, documented nowhere.
    """
    query = {"tenantId": tenant_id} | ({"audience": audience} if audience else {})
    return f"{cloud.launcher_url}/api/signin/{app_id}?{urlencode(query, quote_via=quote, safe='')}"


def metadata_url(authority_url: str, tenant_id: str, app_id: str | None = None) -> str:
    """Where Entra serves the federation metadata of an application, or of the tenant, to anybody.

    authority_url: the cloud's `authority_url`, or the one that replaces it.
    """
    query = f"?{urlencode({'appid': app_id})}" if app_id else ""
    return f"{authority_url.rstrip('/')}/{tenant_id}/federationmetadata/2007-06/federationmetadata.xml{query}"


def split_address(text: str, what: str) -> SplitResult:
    """An address in parts; InvalidInput where it is none."""
    try:
        return urlsplit(text)
    except ValueError as exc:
        raise InvalidInput(f"The {what} {text!r} is not an address: {exc}.") from None


def _partition_of_host(host: str, host_of: t.Callable[[Partition], str]) -> Partition | None:
    """The partition that serves a host or, with a Region in front of it, the regional form. host_of: which of its
    hosts.
    """
    for partition in PARTITIONS.values():
        base = host_of(partition)
        if host == base or host.endswith("." + base):
            return partition
    return None
