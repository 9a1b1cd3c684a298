# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The hop to a page of one's own: whether it may frame the Contact Control Panel, and finds there the session that its
sign-in makes.
"""

from __future__ import annotations

import collections.abc
import re
import typing as t
from urllib.parse import SplitResult, parse_qs, urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._ccp_page import page_origin
from ansible_collections.openccp.federation.plugins.module_utils._checks import advice, symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Instance, Page
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, Problem
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path, judged, unknown
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import (
    OLD_DOMAIN,
    RelayState,
    as_origin,
    instance_host,
    is_on_old_domain,
    parse_relay_state,
    relay_state,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

#: the launchers of user access URLs, and of their older form, in every cloud
_LAUNCHER: t.Final = re.compile(r"(?:[a-z]+\.)?myapps\.(?:microsoft\.com|microsoft\.us|windowsazure\.cn)")
_OPENED: t.Final = re.compile(r"/(?:api/)?signin/(?:[^/]+/)?(?P<app_id>[0-9a-fA-F-]{36})/?")
_PANEL: t.Final = re.compile(r"/(?:ccp|ccp-v2|agent-app-v2)(?:/.*)?")


def embedding(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether each declared page may frame the panel, shows that of the instance, and signs in to it."""
    instance = path.facts.instance
    for page in path.desired.pages:
        if instance is None:
            yield unknown("embedding", page.url, "There is no instance that it could embed, or it could not be read.")
            continue
        yield _of_page(path, page, instance)


def _of_page(path: Path, page: Page, instance: Instance) -> Finding:
    gaps: list[str] = []
    lands_on = _landing_host(path, instance)
    evidence = {
        "approved": sorted(instance.origins) if instance.origins is not None else None,
        "ccp_url": page.ccp_url,
        "login_url": page.login_url,
        "signs_in_at": lands_on,
    }
    problems = [
        *_wrong_with_origin(path, page, instance, gaps),
        *_wrong_with_panel(path, page, instance, lands_on, gaps),
        *_wrong_with_sign_in(path, page, gaps),
    ]
    if problems or not gaps:
        return judged("embedding", page.url, problems, evidence)
    return Finding("embedding", page.url, "unknown", " ".join(gaps), evidence)


def _wrong_with_origin(
    path: Path, page: Page, instance: Instance, gaps: list[str]
) -> collections.abc.Iterator[Problem]:
    try:
        origin = page_origin(page.url)
    except InvalidInput as error:
        yield Problem(
            error.message, symptoms.NO_FRAME, f"{error.hint} Browsers give the microphone to such pages only."
        )
        return
    if instance.origins is None:
        gaps.append(instance.not_readable.get("origins", "The approved origins were not read."))
        return
    if origin in {as_origin(approved) for approved in instance.origins}:
        return
    host = (urlsplit(origin).hostname or "").removeprefix("www.")
    close_matches = sorted(
        approved
        for approved in instance.origins
        if (urlsplit(approved).hostname or "").lower().removeprefix("www.") == host
    )
    but = f"; {', '.join(close_matches)} is, and browsers tell the two apart" if close_matches else ""
    options = {"instance_id": path.desired.home.instance_id, "origins": {"add": [origin]}}
    fix = f"{advice.run('connect_approved_origin', options)} (ccp_page.yml does)."
    yield Problem(f"The origin {origin} is not approved{but}.", symptoms.NO_FRAME, fix)


def _wrong_with_panel(
    path: Path, page: Page, instance: Instance, lands_on: str | None, gaps: list[str]
) -> collections.abc.Iterator[Problem]:
    """Whether the frame has a panel, and of the domain whose session the sign-in makes."""
    if page.ccp_url is None:
        gaps.append(page.not_readable or "Which panel it shows is not known: give its ccp_url and login_url.")
        return
    parts = _split(page.ccp_url)
    host = (parts.hostname or "").lower()
    meant = lands_on or instance_host(instance.access_url)
    fix = f"{_publish()} ccpUrl: {_panel_at(meant)}."
    own = {instance_host(instance.access_url), *_hosts(path, instance)}
    if host not in own:
        yield Problem(
            f"The page shows the panel of {host or page.ccp_url!r}, and not of this instance, {meant}.",
            symptoms.ENDLESS_SIGN_IN,
            fix,
        )
    elif lands_on and host != lands_on:
        reason = (
            f"The page shows the panel at {host}, and signing in leads to {lands_on}: each has a session of its own."
        )
        yield Problem(reason, symptoms.ENDLESS_SIGN_IN, fix if is_on_old_domain(host) else f"{_to_new_domain(path)}.")
    elif parts.scheme != "https" or not _is_panel(parts):
        yield Problem(f"There is no panel at {page.ccp_url}.", symptoms.NO_CCP, fix)


def _wrong_with_sign_in(path: Path, page: Page, gaps: list[str]) -> collections.abc.Iterator[Problem]:
    """Whether the window that the page opens signs in to the federation's application, and is sent on to its
    instance.
    """
    app = path.facts.application
    if page.login_url is None or app is None:
        if page.ccp_url is not None:
            gaps.append(
                "Where its sign-in window leads is not known: give its login_url."
                if app
                else "There is no application to compare."
            )
        return
    parts = _split(page.login_url)
    opened = _OPENED.fullmatch(parts.path)
    fix = f"{_publish()} loginUrl: the user_access_url that azure_saml_app_info returns for app_id {app.app_id}."
    if not _LAUNCHER.fullmatch(parts.hostname or "") or opened is None:
        gaps.append(f"It is unknown where {page.login_url} leads; the user access URL of the application leads to it.")
        return
    if opened["app_id"].lower() != app.app_id.lower():
        reason = f"Its sign-in window opens the application {opened['app_id']}, and not {app.name!r} ({app.app_id})."
        yield Problem(reason, symptoms.ENDLESS_SIGN_IN, fix)
    query = parse_qs(parts.query)
    tenant = query.get("tenantId", [""])[0]
    if tenant and app.issuer and tenant.lower() not in app.issuer.lower():
        yield Problem(
            f"Its sign-in window opens the tenant {tenant}; the application's signs as {app.issuer}.",
            symptoms.ENDLESS_SIGN_IN,
            fix,
        )
    carried = query.get("RelayState", [""])[0]
    if carried and not _leads_home(path, carried):
        yield Problem(
            f"Its sign-in window takes the relay state {carried} along, which leads elsewhere.",
            symptoms.ENDLESS_SIGN_IN,
            fix,
        )


def _landing_host(path: Path, instance: Instance) -> str | None:
    """At which of the instance's hosts the sign-in leaves its session; None where it does not lead to the instance, as
    another hop says.
    """
    relay = _relay(path.facts.application.relay_state or "") if path.facts.application else None
    if relay is None or relay.instance_id != path.desired.home.instance_id:
        return None
    return _hosts(path, instance)[0] if relay.new_domain else instance_host(instance.access_url)


def _leads_home(path: Path, text: str) -> bool:
    relay = _relay(text)
    return relay is not None and relay.instance_id == path.desired.home.instance_id


def _relay(text: str) -> RelayState | None:
    try:
        return parse_relay_state(text)
    except InvalidInput:
        return None


def _hosts(path: Path, instance: Instance) -> tuple[str, str]:
    """The hosts that an instance may have, on the new and on the old domain."""
    name = instance_host(instance.access_url).partition(".")[0]
    return f"{name}.{path.desired.partition.instance_domain}", f"{name}.{OLD_DOMAIN}"


def _panel_at(host: str) -> str:
    return f"https://{host}{'/connect' if is_on_old_domain(host) else ''}/ccp-v2/"


def _is_panel(parts: SplitResult) -> bool:
    """Whether there is a panel at a path: on the old domain all paths begin with /connect."""
    is_old = is_on_old_domain((parts.hostname or "").lower())
    return _PANEL.fullmatch(parts.path.removeprefix("/connect")) is not None and (
        not is_old or parts.path.startswith("/connect/")
    )


def _to_new_domain(path: Path) -> str:
    home, app = path.desired.home, path.facts.application
    relay = _relay((app.relay_state if app else None) or "")
    destination = (relay.destination if relay else None) or ""
    state = relay_state(home.region, home.instance_id, destination.removeprefix("/connect") or None, new_domain=True)
    return advice.application(path, relay_state=state)


def _publish() -> str:
    return "Publish the page again with the playbook ccp_page, or, in a page of your own, set"


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
