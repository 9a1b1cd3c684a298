# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules for the attributes of an agent (facts/aws.md 1.5, 3.1)."""

from __future__ import annotations

import re
import typing as t
import unicodedata

from federation_sandbox.aws.connect.store import Instance, connect_error, require
from federation_sandbox.aws.protocol import Params

_SAML_NAME: t.Final = re.compile(r"[a-zA-Z0-9_\-.\\@]{1,64}")
_E_MAIL: t.Final = re.compile(r"(?=^.{0,265}$)[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,63}")
_E164: t.Final = re.compile(r"\+[1-9]\d{1,14}")
_LONGEST_ACW: t.Final = 2_000_000
_VOICE_ONLY: t.Final = ("PhoneNumberConfigs", "PersistentConnectionConfigs", "VoiceEnhancementConfigs")
#: member of PhoneConfig → the list that must not be given beside it
_CONFLICTS: t.Final = {
    "AutoAccept": "AutoAcceptConfigs",
    "AfterContactWorkTimeLimit": "AfterContactWorkConfigs",
    "PhoneType": "PhoneNumberConfigs",
    "DeskPhoneNumber": "PhoneNumberConfigs",
    "PersistentConnection": "PersistentConnectionConfigs",
}
CONFIGS: t.Final = ("AutoAcceptConfigs", "AfterContactWorkConfigs", *_VOICE_ONLY)


def check_new(instance: Instance, params: Params) -> None:
    """Refuse a new user that AWS refuses."""
    _check_name(instance, params["Username"])
    if instance.saml:
        for member in ("Password", "DirectoryUserId"):
            if member in params:
                raise _invalid(f"{member} cannot be specified for an instance that uses SAML.")
    elif instance.identity_management_type == "CONNECT_MANAGED" and not params.get("Password"):
        raise _invalid("Password is required for an instance that manages its own users.")
    if instance.identity_management_type != "EXISTING_DIRECTORY":
        identity = params.get("IdentityInfo") or {}
        for member in ("FirstName", "LastName"):
            if not identity.get(member):
                raise _invalid(f"{member} is required.")
    check_identity(instance, params.get("IdentityInfo") or {})
    check_profiles(instance, params["SecurityProfileIds"])
    require(instance.routing_profiles, params["RoutingProfileId"])
    if params.get("HierarchyGroupId"):
        require(instance.groups, params["HierarchyGroupId"])
    check_phone(params.get("PhoneConfig") or {})
    check_configs(params)
    for member, configs in _CONFLICTS.items():
        if member in (params.get("PhoneConfig") or {}) and configs in params:
            raise _invalid(f"PhoneConfig.{member} cannot be set together with {configs}.")


def check_identity(instance: Instance, identity: Params) -> None:
    """Refuse names that are not in NFC, Email on an instance with SAML, and invalid addresses and numbers."""
    if instance.saml and "Email" in identity:
        raise _invalid("Email cannot be specified for an instance that uses SAML.")
    for member in ("FirstName", "LastName"):
        if not unicodedata.is_normalized("NFC", identity.get(member, "")):
            raise _invalid(f"{member} is not in Unicode Normalization Form C.")
    for member in ("Email", "SecondaryEmail"):
        if identity.get(member) and not _E_MAIL.fullmatch(identity[member]):
            raise _invalid(f"{member} is not an e-mail address.")
    if identity.get("Mobile") and not _E164.fullmatch(identity["Mobile"]):
        raise _invalid("Mobile is not a number in E.164 form.")


def check_profiles(instance: Instance, profiles: list[str]) -> None:
    """Refuse security profiles that do not exist or are repeated."""
    for profile in profiles:
        require(instance.security_profiles, profile)
    if len(set(profiles)) < len(profiles):
        raise _invalid("A security profile is named twice.")


def check_phone(phone: Params) -> None:
    """Refuse invalid phone settings in the old form, without channels."""
    _check_acw(phone.get("AfterContactWorkTimeLimit", 0))


def check_configs(params: Params) -> None:
    """Refuse invalid settings by channel: each channel is allowed once, some settings for voice only."""
    for name in CONFIGS:
        configs = params.get(name) or []
        channels = [config["Channel"] for config in configs]
        if len(set(channels)) < len(channels):
            raise _invalid(f"{name} names a channel twice.")
        if name in _VOICE_ONLY and set(channels) - {"VOICE"}:
            raise _invalid(f"{name} is for the channel VOICE alone.")
        for config in configs:
            for member in ("AfterContactWorkConfig", "AgentFirstCallbackAfterContactWorkConfig"):
                _check_acw((config.get(member) or {}).get("AfterContactWorkTimeLimit", 0))


def _check_name(instance: Instance, name: str) -> None:
    if not instance.saml:
        if len(name) > 20:
            raise _invalid("Username has more than 20 characters.")
        return
    if not _SAML_NAME.fullmatch(name):
        raise _invalid("Username is not of 1 to 64 characters from [a-zA-Z0-9_-.\\@].")
    if "@" in name and not re.fullmatch(r"[^@]+@[^@.]+(\.[^@.]+)+", name):
        raise _invalid("Username has an @ but is not in the form of an e-mail address.")


def _check_acw(seconds: int) -> None:
    if seconds > _LONGEST_ACW:
        raise _invalid(f"AfterContactWorkTimeLimit is at most {_LONGEST_ACW} seconds.")


def _invalid(message: str) -> Exception:
    return connect_error("InvalidParameterException", message)
