# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What a check knows: the sign-in path as both clouds show it. Nothing here asks for anything.

Whatever could not be read is in `not_readable`, by the name of the fact, with the reason.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import Arn, parse_connect_instance_arn
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import Partition, partition_named
from ansible_collections.openccp.federation.plugins.module_utils._domain.policies import Policy
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import SamlProvider
from ansible_collections.openccp.federation.plugins.module_utils._saml.signing_certificate import SigningCertificate

NotReadable = t.Mapping[str, str]

#: The version of the tokens that AWS takes, which is what Entra issues where nothing else is said.
SAML_2: t.Final = "2.0"


@dataclass(frozen=True)
class Group:
    """An assigned group. nested: the names of the groups that are its members."""

    id: str
    name: str
    nested: tuple[str, ...] = ()


@dataclass(frozen=True)
class Application:
    """The enterprise application.

    managed: whether this collection made it. gallery: whether it comes from a template of the gallery. reply_urls: the
    one that Entra posts to first; has_default: whether an index says so. definitions: of each claims policy that is
    assigned. encrypts: whether Entra encrypts the assertions. token_version: of SAML. issuer: what its metadata says,
    which is at metadata_url. groups: those that are assigned. role_values: of the roles that it offers and that are
    enabled, by id. subject: NameID and its type of the one response that is looked at in an application's place.
    """

    name: str
    app_id: str
    managed: bool = True
    gallery: bool = True
    enabled: bool = True
    single_sign_on_mode: str | None = "saml"
    login_url: str | None = None
    assignment_required: bool = True
    identifiers: tuple[str, ...] = ()
    reply_urls: tuple[str, ...] = ()
    has_default: bool = False
    relay_state: str | None = None
    definitions: tuple[t.Any, ...] = ()
    keys: tuple[SigningCertificate, ...] = ()
    encrypts: bool = False
    token_version: str = SAML_2
    issuer: str | None = None
    metadata_url: str | None = None
    groups: tuple[Group, ...] = ()
    role_values: t.Mapping[str, str] = field(default_factory=dict)
    subject: tuple[str, str] | None = None
    not_readable: NotReadable = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """Somebody in the directory, or a name that was asked for and that the directory does not have (no id).

    attributes: by the name that a claims policy has for it. through: what assigns the person: "directly", or groups.
    roles: the values of the application's roles that this gives, None when they were not read. nested: groups within
    assigned groups that the person is in, which does not count. home: for a guest the kind of account. namesakes:
    without an id, the several people who go by the name.
    """

    name: str
    id: str | None = None
    enabled: bool | None = True
    guest: bool = False
    home: str = ""
    attributes: t.Mapping[str, str | None] = field(default_factory=dict)
    through: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()
    roles: tuple[str, ...] | None = None
    namesakes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Role:
    """The role in IAM. policies: what grants it anything, by name or ARN. boundary: the policy that limits it. tags:
    None when not read.
    """

    arn: str
    role_id: str
    trust: Policy
    created: datetime | None = None
    max_session_duration: int = 3600
    policies: t.Mapping[str, Policy] = field(default_factory=dict)
    boundary: Policy | None = None
    tags: t.Mapping[str, str] | None = None
    not_readable: NotReadable = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """The Amazon Connect instance. origins: the approved ones, when they were read. access_url: where it is."""

    arn: str
    alias: str = ""
    identity_management: str = "SAML"
    status: str = "ACTIVE"
    status_reason: str = ""
    origins: tuple[str, ...] | None = None
    access_url: str = ""
    not_readable: NotReadable = field(default_factory=dict)


@dataclass(frozen=True)
class ConnectUser:
    """A user of the instance. modified: when last. profiles: the ids of the security profiles, when they were read.

    person: the object id of the person in Entra, where the user carries it. managed: whether this collection made the
    user.
    """

    username: str
    modified: datetime | None = None
    profiles: tuple[str, ...] | None = None
    person: str = ""
    managed: bool = True


@dataclass(frozen=True)
class Users:
    """The users of the instance by username. ccp: ids of security profiles → whether it grants the Contact Control
    Panel.
    """

    by_name: t.Mapping[str, ConnectUser] = field(default_factory=dict)
    ccp: t.Mapping[str, bool] = field(default_factory=dict)
    profile_names: t.Mapping[str, str] = field(default_factory=dict)
    not_readable: NotReadable = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A page of one's own that embeds the Contact Control Panel, and what it gives to Amazon Connect Streams, as far as
    that is known.

    ccp_url: the panel in its frame. login_url: what its sign-in window opens. not_readable: why these are not known.
    """

    url: str
    ccp_url: str | None = None
    login_url: str | None = None
    not_readable: str = ""


@dataclass(frozen=True)
class DesiredFederation:
    """What the federation is meant to be.

    role_arn, provider_arn: None for those that the Role claim names. destination: the page on which agents land, None
    for any. embedding_origins: of sites that may frame the Contact Control Panel. pages: those that do. label: how
    the application was asked for. everyone: whether the people are simply those who are assigned, and nobody said
    that each of them is to get in.
    """

    instance_arn: str
    now: datetime
    role_arn: str | None = None
    provider_arn: str | None = None
    destination: str | None = None
    embedding_origins: tuple[str, ...] = ()
    pages: tuple[Page, ...] = ()
    warn_days: int = 30
    label: str = ""
    everyone: bool = False

    @property
    def home(self) -> Arn:
        """The instance's ARN in parts."""
        return parse_connect_instance_arn(self.instance_arn)

    @property
    def partition(self) -> Partition:
        """The partition of the whole federation."""
        return partition_named(self.home.partition)


@dataclass(frozen=True)
class Facts:
    """The whole path. None: there is no such thing. people: those whom the check is about. assigned: everybody who may
    sign in, as far as that was looked for.

    providers, roles: by ARN, those that the Role claim names and the expected ones; absent if not read.
    """

    desired: DesiredFederation
    application: Application | None
    people: tuple[Person, ...] = ()
    assigned: tuple[Person, ...] = ()
    providers: t.Mapping[str, SamlProvider | None] = field(default_factory=dict)
    roles: t.Mapping[str, Role | None] = field(default_factory=dict)
    instance: Instance | None = None
    users: Users = field(default_factory=Users)
    not_readable: NotReadable = field(default_factory=dict)
