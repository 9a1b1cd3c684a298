# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The settings of an application: the table of those that are read, compared and written each in its place. Pure."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import (
    MARKER,
    Application,
    Selector,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import OWN_TAGS
from ansible_collections.openccp.federation.plugins.module_utils._plan import unordered

HIDDEN: t.Final = "HideApp"
LOGO_TAG: t.Final = f"{MARKER}.logo:"
"""Reading a logo back is not reliable, so its digest is kept in a tag."""


@dataclass(frozen=True)
class Property:
    """One setting: the option that wants it, how it is read, and the body that writes it."""

    option: str
    words: str
    read: t.Callable[[Application], t.Any]
    body: t.Callable[[t.Any, Application], dict[str, t.Any]]


def _principal_tags(hidden: bool, app: Application) -> dict[str, t.Any]:
    # The service principal shows the application's tags as well; of ours, only the notes on certificates are its own.
    current_tags = app.principal.get("tags") or ()
    tags = [tag for tag in current_tags if tag.startswith(OWN_TAGS) or (tag != HIDDEN and not tag.startswith(MARKER))]
    return {"tags": [*tags, HIDDEN] if hidden else tags}


def _application_tags(managed: bool, app: Application) -> dict[str, t.Any]:
    tags = [tag for tag in app.application.get("tags") or () if tag != MARKER]
    return {"tags": [*tags, MARKER] if managed else tags}


#: group_claims → the application's groupMembershipClaims
GROUP_CLAIMS: t.Final = {
    "none": None,
    "security_groups": "SecurityGroup",
    "assigned_groups": "ApplicationGroup",
    "directory_roles": "DirectoryRole",
    "all": "All",
}


def _group_claims(app: Application) -> str:
    value = app.application.get("groupMembershipClaims")
    return next(
        (option for option, api in GROUP_CLAIMS.items() if api == value),
        str(value) if value not in (None, "None") else "none",
    )


def _default_reply_url(app: Application) -> str:
    """The reply URL that a sign-in uses that no request asked for: the one with the lowest index."""
    settings = (app.application.get("web") or {}).get("redirectUriSettings") or ()
    indexed = [each for each in settings if each.get("index") is not None]
    return str(min(indexed, key=lambda each: each["index"])["uri"]) if indexed else ""


def _of_principal(option: str, words: str, api: str) -> Property:
    """A text or flag of the service principal; a text that is empty is sent as null, which is how Graph clears it."""
    return Property(
        option,
        words,
        lambda app: "" if app.principal.get(api) is None else app.principal[api],
        lambda value, _app: {api: None if value == "" else value},
    )


#: Of the service principal. They come first: Entra takes AWS's identifiers only from an application that is set up for
#: SAML.
PRINCIPAL: t.Final = (
    _of_principal("single_sign_on_mode", "single sign-on by SAML", "preferredSingleSignOnMode"),
    _of_principal("login_url", "no sign-on URL", "loginUrl"),
    Property(
        "relay_state",
        "relay state",
        lambda app: (app.principal.get("samlSingleSignOnSettings") or {}).get("relayState") or "",
        lambda relay_state, _app: {"samlSingleSignOnSettings": {"relayState": relay_state or None}},
    ),
    _of_principal("assignment_required", "assignment requirement", "appRoleAssignmentRequired"),
    Property(
        "notification_emails",
        "notification e-mails",
        lambda app: unordered(app.principal.get("notificationEmailAddresses")),
        lambda emails, _app: {"notificationEmailAddresses": emails},
    ),
    _of_principal("notes", "notes", "notes"),
    Property(
        "hidden", "visibility in My Apps", lambda app: HIDDEN in (app.principal.get("tags") or ()), _principal_tags
    ),
)

#: Of the application object, with the final name, so that an application that has its identifiers also has its name and
#: tag.
APPLICATION: t.Final = (
    Property(
        "identifiers",
        "identifiers",
        lambda app: unordered(app.application.get("identifierUris")),
        lambda identifiers, _app: {"identifierUris": identifiers},
    ),
    Property(
        "reply_urls",
        "reply URLs",
        lambda app: unordered((app.application.get("web") or {}).get("redirectUris")),
        lambda reply_urls, _app: {"web": {"redirectUris": reply_urls}},
    ),
    Property(
        "default_reply_url",
        "default reply URL",
        _default_reply_url,
        lambda reply_url, _app: {"web": {"redirectUriSettings": [{"uri": reply_url, "index": 0}]}},
    ),
    Property(
        "logout_url",
        "logout URL",
        lambda app: (app.application.get("web") or {}).get("logoutUrl") or "",
        lambda url, _app: {"web": {"logoutUrl": url or None}},
    ),
    Property(
        "group_claims",
        "group claims",
        _group_claims,
        lambda value, _app: {"groupMembershipClaims": GROUP_CLAIMS[value]},
    ),
    Property("name", "name", lambda app: app.name, lambda name, _app: {"displayName": name}),
    Property("tagged", "the tag of this collection", lambda app: app.managed, _application_tags),
)

#: Settings that no option names or that say nothing of the application.
INTERNAL: t.Final = frozenset({"tagged", "login_url"})

UNORDERED: t.Final = frozenset({"notification_emails", "identifiers", "reply_urls"})


def selector_of(params: t.Mapping[str, t.Any]) -> Selector:
    """Which application the options select."""
    return Selector(
        params.get("app_id"), params.get("name"), tuple(params.get("identifiers") or ()), bool(params.get("adopt"))
    )


def desired_settings(params: t.Mapping[str, t.Any], app: Application | None) -> dict[str, t.Any]:
    """The settings that are desired; those whose option is left out are not managed."""
    options = [setting.option for setting in (*PRINCIPAL, *APPLICATION)]
    settings = {option: params[option] for option in options if params.get(option) is not None}
    settings |= {"single_sign_on_mode": "saml", "login_url": ""}
    if app is None or app.managed or params["adopt"] or not params.get("app_id"):
        settings["tagged"] = True
    return settings


def differing(
    properties: t.Iterable[Property], settings: t.Mapping[str, t.Any], app: Application
) -> dict[Property, t.Any]:
    """The settings that have to be written, with their values."""
    return {
        setting: settings[setting.option]
        for setting in properties
        if setting.option in settings and canonical(setting.option, settings[setting.option]) != setting.read(app)
    }


def body_of(changes: t.Mapping[Property, t.Any], app: Application) -> dict[str, t.Any]:
    """What to send for settings."""
    body: dict[str, t.Any] = {}
    for setting, desired in changes.items():
        for name, value in setting.body(desired, app).items():
            body[name] = {**body.get(name, {}), **value} if isinstance(value, dict) else value
    return body


def added_identifiers(params: t.Mapping[str, t.Any], app: Application | None) -> list[str]:
    """The identifiers that the application does not have yet."""
    have = app.application.get("identifierUris") or () if app else ()
    return [identifier for identifier in params.get("identifiers") or () if identifier not in have]


def logo_tag(logo: bytes) -> str:
    """The tag that remembers which logo was uploaded."""
    return LOGO_TAG + hashlib.sha256(logo).hexdigest()[:16]


def logo_tags(app: Application, logo: bytes, *, managed: bool) -> dict[str, t.Any]:
    """The body that remembers a logo, beside the application's other tags."""
    body = _application_tags(managed, app)
    return {"tags": [*(tag for tag in body["tags"] if not tag.startswith(LOGO_TAG)), logo_tag(logo)]}


def canonical(option: str, value: t.Any) -> t.Any:
    """The form in which a setting is compared."""
    return unordered(value) if option in UNORDERED else value
