#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: azure_saml_app_info
short_description: Get information about SAML enterprise applications in Microsoft Entra ID and their certificates
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Returns one application, all applications that M(openccp.federation.azure_saml_app) created or adopted, or all
    applications of the tenant that use SAML single sign-on.
requirements:
  - lxml >= 5.0.0
options:
  app_id:
    description: The (client) ID of an application.
    type: str
  name:
    description: A display name. All applications with this name are returned, no matter how they were created.
    type: str
  identifier:
    description: The identifier (entity ID) of an application, no matter how it was created.
    type: str
  scope:
    description:
      - Which applications to return if none of O(app_id), O(name) and O(identifier) is given.
      - V(managed) returns the applications that carry the tag of this collection. V(all) returns all applications of
        the tenant that use SAML single sign-on.
    type: str
    choices: [managed, all]
    default: managed
  metadata:
    description: Whether to return the federation metadata, which takes one more request for each application.
    type: bool
    default: false
  wait_for_thumbprint:
    description:
      - The thumbprint of a signing certificate. O(app_id), O(name) or O(identifier) must then identify exactly one
        application.
      - The module waits until the application shows this certificate, for a minute at most, and until its metadata
        contains it, which can take several minutes.
    type: str
  wait_timeout:
    description: The maximum time, in seconds, to wait for O(wait_for_thumbprint).
    type: int
    default: 600
  people:
    description:
      - The people for whom to return the claim values that Entra ID sends, by user principal name, ID, session name,
        e-mail address or unique display name.
    type: list
    elements: str
  everyone_assigned:
    description: Whether to return the claim values of everyone who is assigned, directly or through a group.
    type: bool
    default: false
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_entra
  - openccp.federation.entra
notes:
  - Requires the Microsoft Graph application permission C(Application.Read.All). Returning the claims also requires
    C(Policy.Read.All).
  - O(people) and O(everyone_assigned) also require C(User.Read.All) and C(GroupMember.Read.All).
seealso:
  - module: openccp.federation.azure_saml_app
"""

EXAMPLES = r"""
- name: Get all SAML applications and their certificates
  openccp.federation.azure_saml_app_info:
    scope: all
  register: saml

- name: List the applications whose certificate expires within 45 days
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.days_left }} days left"
  loop: "{{ saml.applications | selectattr('days_left', 'number') | selectattr('days_left', 'lt', 45) }}"

- name: Find the application that has the identifier of AWS
  openccp.federation.azure_saml_app_info:
    identifier: urn:amazon:webservices
"""

RETURN = r"""
applications:
  description: The applications, sorted by name. Empty if there are none.
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
      description: The (client) ID.
      returned: always
      type: str
    object_id:
      description: The ID of the application object.
      returned: always
      type: str
    service_principal_id:
      description: The ID of the service principal. Null if there is none.
      returned: always
      type: str
    tenant_id:
      description: The ID of the tenant.
      returned: always
      type: str
    template_id:
      description: The ID of the template from which the application was created.
      returned: always
      type: str
    managed:
      description: Whether the application carries the tag of this collection.
      returned: always
      type: bool
    enabled:
      description: Whether the application is enabled for users to sign in.
      returned: always
      type: bool
    single_sign_on_mode:
      description: The single sign-on mode.
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
      description: The reply URL with the lowest index. Empty if no reply URL has an index.
      returned: always
      type: str
    logout_url:
      description: The URL to which Entra ID sends sign-out responses. Empty if none is set.
      returned: always
      type: str
    group_claims:
      description: Which groups are sent in the group claim.
      returned: always
      type: str
    relay_state:
      description: The URL to which the service redirects the user after sign-in.
      returned: always
      type: str
    assignment_required:
      description: Whether only assigned users can sign in.
      returned: always
      type: bool
    assignments:
      description: The assigned C(users) and C(groups), each with C(id), C(display_name) and C(role_id).
      returned: when the permissions allow reading it
      type: dict
    notification_emails:
      description: The e-mail addresses that Entra ID notifies before the active certificate expires.
      returned: always
      type: list
      elements: str
    notes:
      description: The notes.
      returned: always
      type: str
    hidden:
      description: Whether the application is hidden in My Apps.
      returned: always
      type: bool
    claims:
      description: The claims of the application's claims policy, each with its C(name) and either a constant C(value)
        or its C(source).
      returned: when the permissions allow reading it
      type: list
      elements: dict
    audience_override:
      description: The audience that the claims policy sends instead of an identifier. Null if none is set.
      returned: when the permissions allow reading it
      type: str
    issuer_with_application_id:
      description: Whether the issuer ends with the application's ID.
      returned: when the permissions allow reading it
      type: bool
    certificates:
      description: The signing certificates, in the same form and order as M(openccp.federation.azure_saml_app) returns
        them.
      returned: always
      type: list
      elements: dict
    managed_thumbprints:
      description: The thumbprints of all certificates that this collection has created, including deleted ones, as
        recorded in tags of the service principal.
      returned: always
      type: list
      elements: str
    active_thumbprint:
      description: The thumbprint of the active certificate. Null if no certificate is active.
      returned: always
      type: str
    days_left:
      description: The number of whole days until the active certificate expires. Null if no certificate is active.
      returned: always
      type: int
    user_access_url:
      description: The URL that users open to sign in.
      returned: always
      type: str
    user_access_url_with_audience:
      description: The same URL with the first identifier as its audience.
      returned: when there is more than one identifier
      type: str
    token_encryption_key_id:
      description: The ID of the key with which Entra ID encrypts the responses. Empty if the responses are not
        encrypted.
      returned: always
      type: str
    metadata_url:
      description: The URL of the federation metadata.
      returned: always
      type: str
    metadata_xml:
      description: The federation metadata.
      returned: when O(metadata=true) and the metadata contains the active certificate
      type: str
    entity_id:
      description: The issuer of the SAML responses.
      returned: with RV(applications[].metadata_xml)
      type: str
    people:
      description:
        - The people listed in O(people), or everyone who is assigned, sorted by name.
        - Null if the permissions do not allow reading the claims or the assignments.
      returned: with O(people) or O(everyone_assigned=true)
      type: list
      elements: dict
      contains:
        name:
          description: The user principal name, or the requested name if nobody has it.
          returned: always
          type: str
          sample: jane.doe@example.com
        id:
          description: The object ID. Null if nobody has the requested name.
          returned: always
          type: str
        enabled:
          description: Whether the account is enabled.
          returned: always
          type: bool
        assigned:
          description: Whether the person is assigned, directly or through a group.
          returned: always
          type: bool
        claims:
          description:
            - The values of each claim, by claim name, computed from the claims policy and the claims that Entra ID
              sends by default. Empty if the source of the claim is empty. Null if the values cannot be determined.
          returned: always
          type: dict
    not_readable:
      description: What could not be read for lack of permissions, C(policies) (the claims) or C(assignments).
      returned: always
      type: list
      elements: str
now:
  description: The current time according to the clock of Entra ID. The validity of the certificates refers to this
    time.
  returned: success
  type: str
  sample: "2026-01-31T12:00:00Z"
"""

import typing as t
from datetime import UTC

from ansible_collections.openccp.federation.plugins.module_utils._definition import Definition
from ansible_collections.openccp.federation.plugins.module_utils._entra import (
    application_search,
    applications,
    awaited_certificate,
    permissions,
    result,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC, entra_rules
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import entra_waiter
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, connect
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._facts.sent_claims import read_sent_claims
from ansible_collections.openccp.federation.plugins.module_utils._module import inform
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
    apps = applications.read_applications(graph, application_search.listed(graph, params))
    if params["wait_for_thumbprint"]:
        apps = read_awaited(params, graph, apps)
    described = [result.with_metadata(result.describe(app, graph), metadata_of(params, graph, app)) for app in apps]
    if asks_for_people:
        names, everyone = params["people"] or (), params["everyone_assigned"]
        for view in described:
            view["people"] = read_sent_claims(graph, view["app_id"], names, everyone=everyone)
    return {
        "applications": sorted(described, key=lambda view: (view["name"], view["app_id"])),
        "now": graph.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def read_awaited(
    params: t.Mapping[str, t.Any], graph: Graph, apps: t.Sequence[applications.Application]
) -> list[applications.Application]:
    """The application once it has the certificate that is waited for. InvalidInput unless one application is meant."""
    if not (params["app_id"] or params["name"] or params["identifier"]) or len(apps) > 1:
        raise InvalidInput(
            f"wait_for_thumbprint is for one application, and {len(apps)} are meant.",
            hint="Give app_id, or a name or an identifier that only one application has.",
        )
    waiter, thumbprint = entra_waiter(params["wait_timeout"]), canonical_thumbprint(params["wait_for_thumbprint"])
    return [awaited_certificate.showing(graph, waiter, app, thumbprint) for app in apps]


def metadata_of(params: t.Mapping[str, t.Any], graph: Graph, app: applications.Application) -> Metadata | None:
    """The application's metadata, if it is asked for."""
    if params["wait_for_thumbprint"]:
        thumbprint = canonical_thumbprint(params["wait_for_thumbprint"])
        return result.wait_for_listing(app, graph, entra_waiter(params["wait_timeout"]), thumbprint)
    return result.read_metadata(app, graph) if params["metadata"] else None


OPTIONS: t.Final[dict[str, t.Any]] = {
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

MODULE: t.Final = Definition(
    options=OPTIONS | ENTRA_ARGUMENT_SPEC,
    rules=entra_rules(mutually_exclusive=[("app_id", "name", "identifier"), ("people", "everyone_assigned")]),
    libraries=("msal", "requests", "cryptography", "lxml"),
    work=lambda module: inform(module, lambda: read(module.params)),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
