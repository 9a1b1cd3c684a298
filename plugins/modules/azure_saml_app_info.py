#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: azure_saml_app_info
short_description: Show SAML enterprise applications of Microsoft Entra ID and their certificates
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Shows one application, all that M(openccp.federation.azure_saml_app) made or adopted, or all that sign users in by
    SAML.
requirements:
  - lxml >= 5.0.0
options:
  app_id:
    description: The (client) id of the application to show.
    type: str
  name:
    description: The display name of the applications to show, whoever made them.
    type: str
  identifier:
    description: The identifier (entity id) of the application to show, whoever made it.
    type: str
  scope:
    description:
      - What is shown when none of O(app_id), O(name) and O(identifier) is given.
      - V(managed) are the applications that bear this collection's tag, V(all) are all of the tenant that sign users in
        by SAML.
    type: str
    choices: [managed, all]
    default: managed
  metadata:
    description: Whether the federation metadata is read as well, which takes one request for each application.
    type: bool
    default: false
  wait_for_thumbprint:
    description:
      - The thumbprint of a signing certificate of the one application that O(app_id), O(name) or O(identifier) means.
      - The metadata is read until it lists this certificate, which takes Entra ID up to some minutes.
    type: str
  wait_timeout:
    description: How many seconds to wait, at most, for O(wait_for_thumbprint).
    type: int
    default: 600
  people:
    description:
      - People of whom is returned what Entra ID sends, by user principal name, ID, session name, e-mail address or a
        display name that is unique.
    type: list
    elements: str
  everyone_assigned:
    description: Whether that is returned of everyone who is assigned, directly or by a group.
    type: bool
    default: false
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_entra
  - openccp.federation.entra
notes:
  - Needs the Microsoft Graph application permission C(Application.Read.All), and C(Policy.Read.All) to show the claims.
  - O(people) and O(everyone_assigned) need C(User.Read.All) and C(GroupMember.Read.All) as well.
seealso:
  - module: openccp.federation.azure_saml_app
"""

EXAMPLES = r"""
- name: See how long the certificates of all SAML applications last
  openccp.federation.azure_saml_app_info:
    scope: all
  register: saml

- name: Name those that end within 45 days
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.days_left }} days left"
  loop: "{{ saml.applications | selectattr('days_left', 'number') | selectattr('days_left', 'lt', 45) }}"

- name: Who holds AWS's identifier?
  openccp.federation.azure_saml_app_info:
    identifier: urn:amazon:webservices
"""

RETURN = r"""
applications:
  description: The applications, by name; empty when there is none.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The display name.
      returned: always
      type: str
      sample: Contact centre
    app_id:
      description: The (client) id.
      returned: always
      type: str
    object_id:
      description: The id of the application object.
      returned: always
      type: str
    service_principal_id:
      description: The id of the service principal, null when there is none.
      returned: always
      type: str
    tenant_id:
      description: The id of the tenant.
      returned: always
      type: str
    template_id:
      description: The id of the template that it was created from.
      returned: always
      type: str
    managed:
      description: Whether it bears the tag of this collection.
      returned: always
      type: bool
    enabled:
      description: Whether users may sign in at all.
      returned: always
      type: bool
    single_sign_on_mode:
      description: How users sign in.
      returned: always
      type: str
      sample: saml
    identifiers:
      description: The identifiers.
      returned: always
      type: list
      elements: str
    reply_urls:
      description: The reply URLs.
      returned: always
      type: list
      elements: str
    default_reply_url:
      description: The reply URL with the lowest index; empty when none has one.
      returned: always
      type: str
    logout_url:
      description: Where Entra ID answers a sign-out; empty without one.
      returned: always
      type: str
    group_claims:
      description: Which groups are sent as a claim.
      returned: always
      type: str
    relay_state:
      description: Where the service sends the user after the sign-in.
      returned: always
      type: str
    assignment_required:
      description: Whether only assigned users may sign in.
      returned: always
      type: bool
    assignments:
      description: Who is assigned, C(users) and C(groups), each with C(id), C(display_name) and C(role_id).
      returned: when the permissions show it
      type: dict
    notification_emails:
      description: Who is told before the active certificate ends.
      returned: always
      type: list
      elements: str
    notes:
      description: The notes.
      returned: always
      type: str
    hidden:
      description: Whether My Apps hides it.
      returned: always
      type: bool
    claims:
      description: The claims of its claims policy, each with its C(name) and a constant C(value) or its C(source).
      returned: when the permissions show it
      type: list
      elements: dict
    audience_override:
      description: The audience that the claims policy sends in place of an identifier, null for none.
      returned: when the permissions show it
      type: str
    issuer_with_application_id:
      description: Whether the issuer ends in the application's id.
      returned: when the permissions show it
      type: bool
    certificates:
      description: The signing certificates, the one that ends last first, as M(openccp.federation.azure_saml_app)
        returns them.
      returned: always
      type: list
      elements: dict
    managed_thumbprints:
      description: The thumbprints of all certificates that this collection made, also of those that are gone. Tags keep
        them.
      returned: always
      type: list
      elements: str
    active_thumbprint:
      description: The thumbprint of the active certificate, null without one.
      returned: always
      type: str
    days_left:
      description: Whole days until the active certificate ends, null without one.
      returned: always
      type: int
    user_access_url:
      description: The address that users open.
      returned: always
      type: str
    user_access_url_with_audience:
      description: The same, naming the first identifier.
      returned: when there is more than one identifier
      type: str
    token_encryption_key_id:
      description: The ID of the key with which Entra ID encrypts the responses; empty when it does not.
      returned: always
      type: str
    metadata_url:
      description: Where Entra ID serves the federation metadata.
      returned: always
      type: str
    metadata_xml:
      description: The federation metadata.
      returned: when O(metadata=true) and it holds the active certificate
      type: str
    entity_id:
      description: The issuer of the SAML responses.
      returned: with RV(applications[].metadata_xml)
      type: str
    people:
      description:
        - The people of O(people), or everyone who is assigned, by name.
        - Null when the permissions do not show the claims or the assignments.
      returned: with O(people) or O(everyone_assigned=true)
      type: list
      elements: dict
      contains:
        name:
          description: The user principal name, or the name that was asked for and that nobody has.
          returned: always
          type: str
          sample: jane.doe@example.com
        id:
          description: The object ID; null for a name that nobody has.
          returned: always
          type: str
        enabled:
          description: Whether the account is enabled.
          returned: always
          type: bool
        assigned:
          description: Whether the person is assigned, directly or by a group.
          returned: always
          type: bool
        claims:
          description:
            - The values of each claim, by its name, as far as the claims policy and what Entra ID sends without one
              tell; empty when the source of the claim is empty, null when it cannot be told.
          returned: always
          type: dict
    not_readable:
      description: What the permissions do not show, C(policies) (the claims) or C(assignments).
      returned: always
      type: list
      elements: str
now:
  description: The time by the clock of Entra ID, by which the certificates are judged.
  returned: success
  type: str
  sample: "2026-01-31T12:00:00Z"
"""

import typing as t
from datetime import UTC

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.openccp.federation.plugins.module_utils._entra import (
    applications,
    permissions,
    result,
    signing_certificates,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import (
    ENTRA_ARGUMENT_SPEC,
    ENTRA_CONSTRAINTS,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import entra_waiter
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, connect
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._facts.sent_claims import read_sent_claims
from ansible_collections.openccp.federation.plugins.module_utils._module import inform, require
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import canonical_thumbprint
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata

READS: t.Final[set[permissions.Operation]] = {"read applications"}
READS_OF_PEOPLE: t.Final[set[permissions.Operation]] = {"read users", "read groups"}


def read(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The applications that the options ask for, and the time."""
    graph = connect(params)
    asks_for_people = bool(params["people"] or params["everyone_assigned"])
    operations = READS | (READS_OF_PEOPLE if asks_for_people else set())
    permissions.check(graph.roles, operations, graph.place.client_id)
    apps = applications.read_applications(graph, applications.listed(graph, params))
    if params["wait_for_thumbprint"]:
        check_awaited(params, apps)
    described = [result.with_metadata(result.describe(app, graph), metadata_of(params, graph, app)) for app in apps]
    if asks_for_people:
        names, everyone = params["people"] or (), params["everyone_assigned"]
        for shown in described:
            shown["people"] = read_sent_claims(graph, shown["app_id"], names, everyone=everyone)
    return {
        "applications": sorted(described, key=lambda shown: (shown["name"], shown["app_id"])),
        "now": graph.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def check_awaited(params: t.Mapping[str, t.Any], apps: t.Sequence[applications.Application]) -> None:
    """InvalidInput or NotFound unless it is one application that has the certificate that is waited for."""
    if not (params["app_id"] or params["name"] or params["identifier"]) or len(apps) > 1:
        raise InvalidInput(
            f"wait_for_thumbprint is for one application, and {len(apps)} are meant.",
            hint="Give app_id, or a name or an identifier that only one application has.",
        )
    for app in apps:
        signing_certificates.named(app.certificates, canonical_thumbprint(params["wait_for_thumbprint"]))


def metadata_of(params: t.Mapping[str, t.Any], graph: Graph, app: applications.Application) -> Metadata | None:
    """The application's metadata, if it is asked for."""
    if params["wait_for_thumbprint"]:
        thumbprint = canonical_thumbprint(params["wait_for_thumbprint"])
        return result.wait_for_listing(app, graph, entra_waiter(params["wait_timeout"]), thumbprint)
    return result.read_metadata(app, graph) if params["metadata"] else None


def main() -> None:
    spec = {
        "app_id": {"type": "str"},
        "name": {"type": "str"},
        "identifier": {"type": "str"},
        "scope": {"type": "str", "choices": ["managed", "all"], "default": "managed"},
        "metadata": {"type": "bool", "default": False},
        "wait_for_thumbprint": {"type": "str"},
        "wait_timeout": {"type": "int", "default": 600},
        "people": {"type": "list", "elements": "str"},
        "everyone_assigned": {"type": "bool", "default": False},
    }
    constraints = {
        **ENTRA_CONSTRAINTS,
        "mutually_exclusive": [
            *ENTRA_CONSTRAINTS["mutually_exclusive"],
            ("app_id", "name", "identifier"),
            ("people", "everyone_assigned"),
        ],
    }
    module = AnsibleModule(argument_spec=spec | ENTRA_ARGUMENT_SPEC, supports_check_mode=True, **constraints)
    require(module, "msal", "requests", "cryptography", "lxml")
    inform(module, lambda: read(module.params))


if __name__ == "__main__":
    main()
