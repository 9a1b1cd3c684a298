# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Reads the whole sign-in path of a federation, as both clouds show it."""

from __future__ import annotations

import typing as t
from datetime import datetime

from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client
from ansible_collections.openccp.federation.plugins.module_utils._checks.aws_hops import needs_origins
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import (
    DesiredFederation,
    Facts,
    Page,
    Person,
    Users,
)
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path
from ansible_collections.openccp.federation.plugins.module_utils._connect.instances import (
    connect_client,
    id_of_reference,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    Arn,
    connect_instance_arn,
    parse_connect_instance_arn,
    parse_role_arn,
    parse_saml_provider_arn,
    role_arn,
    saml_provider_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import partition_of_region
from ansible_collections.openccp.federation.plugins.module_utils._entra import permissions
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Selector
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import connect as graph_of
from ansible_collections.openccp.federation.plugins.module_utils._facts import aws, entra
from ansible_collections.openccp.federation.plugins.module_utils._published_pages import read_page

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule

READS: t.Final[set[permissions.Operation]] = {"read applications"}
READS_OF_PEOPLE: t.Final[set[permissions.Operation]] = {"read users", "read groups"}


def read_facts(module: AwsModule) -> Facts:
    """The whole path, as both clouds show it."""
    params = module.params
    connect, iam = connect_client(module), client(module, "iam")
    instance_id = id_of_reference(connect, params["instance_id"])
    graph = graph_of(params)
    asks_for_people = bool(params["people"] or params["everyone_assigned"])
    operations = READS | (READS_OF_PEOPLE if asks_for_people else set())
    permissions.check(graph.roles, operations, graph.place.client_id)
    selector = Selector(
        params["app_id"], params["name"], (params["identifier"],) if params["identifier"] else (), adopt=True
    )
    application, assignments = entra.read_application(graph, selector)
    people: tuple[Person, ...] = ()
    assigned: tuple[Person, ...] = ()
    if application:
        named, everyone = params["people"] or (), params["everyone_assigned"]
        application, people, assigned = entra.read_people(graph, application, assignments, named, everyone=everyone)
    pages = tuple(map(read_page, params["pages"] or ()))
    not_readable: dict[str, str] = {}
    asks_for_origins = needs_origins(application, (*(params["embedding_origins"] or ()), *pages))
    instance = aws.read_instance(connect, instance_id, not_readable, origins=asks_for_origins)
    home = parse_connect_instance_arn(instance.arn if instance else _missing_arn(module, instance_id))
    desired = _desired(params, home, graph.now(), pages, str(selector))
    path = Path(Facts(desired, application, people))
    names = {name for person in people if (name := path.session_name(person).value)}
    return Facts(
        desired=desired,
        application=application,
        people=people,
        assigned=assigned,
        providers=aws.read_providers(iam, path.provider_arns, not_readable),
        roles=aws.read_roles(iam, path.role_arns, not_readable),
        instance=instance,
        users=aws.read_users(connect, instance_id, names, overview=params["overview"])
        if instance and (people or params["overview"])
        else Users(),
        not_readable=not_readable,
    )


def _desired(
    params: t.Mapping[str, t.Any], home: Arn, now: datetime, pages: tuple[Page, ...], label: str
) -> DesiredFederation:
    """What the federation is meant to be, by the options. home: the instance. label: how the application was asked
    for.
    """
    return DesiredFederation(
        instance_arn=str(home),
        now=now,
        role_arn=_arn_of_role(params["role"], home) if params["role"] else None,
        provider_arn=_arn_of_provider(params["saml_provider"], home) if params["saml_provider"] else None,
        destination=params["destination"],
        embedding_origins=tuple(params["embedding_origins"] or ()),
        pages=pages,
        warn_days=params["warn_days"],
        label=label,
        everyone=params["everyone_assigned"],
    )


def _missing_arn(module: AwsModule, instance_id: str) -> str:
    """The ARN of an instance that is not there, in the account of the credentials."""
    region = str(module.region)
    return connect_instance_arn(partition_of_region(region).name, region, account_of(module).id, instance_id)


def _arn_of_role(reference: str, home: Arn) -> str:
    """The ARN of a role of the instance's account."""
    if reference.startswith("arn:"):
        return str(parse_role_arn(reference))
    *path, name = reference.strip("/").split("/")
    return role_arn(home.partition, home.account, name, "".join(f"/{part}" for part in path) + "/")


def _arn_of_provider(reference: str, home: Arn) -> str:
    """The ARN of a SAML provider of the instance's account."""
    if reference.startswith("arn:"):
        return str(parse_saml_provider_arn(reference))
    return saml_provider_arn(home.partition, home.account, reference)
