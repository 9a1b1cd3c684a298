# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Every write of azure_saml_app, each on the application as the writes before have left it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._entra import (
    application_changes,
    assignments,
    claims_policies,
    new_certificate,
    preflight,
    signing_certificates,
    templates,
    token_encryption,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_search import Deleted
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_settings import (
    Property,
    body_of,
    logo_tags,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Application, Selector
from ansible_collections.openccp.federation.plugins.module_utils._entra.credential_reads import KeyMaterial
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import Certificate
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

#: How Graph refuses what the service does not do.
BAD_REQUEST: t.Final = 400


class ApplicationWriter:
    """Creates an application or changes the given one. app: its current state or the state that was just written.

    duplicate_of: an application that was there already, where this created a second one and deleted it again. warn:
    what a refused change is reported with that a later step may do without.
    """

    def __init__(self, graph: Graph, waiter: Waiter, keys: KeyMaterial, warn: t.Callable[[str], None]) -> None:
        self._graph = graph
        self._waiter = waiter
        self._keys = keys
        self._warn = warn
        self.app = Application({}, {})
        self.duplicate_of: t.Mapping[str, t.Any] | None = None
        self._is_new = False
        #: by which the certificate that is made is recorded, once it is
        self._noted_end: str | None = None
        self._new_thumbprint = ""

    def create(self, template: str, selector: Selector) -> None:
        """Create the application from a template, or find that it was there already."""
        template_id = templates.template_id(template, self._graph.place.cloud.name)
        self.app, seen = application_changes.create(self._graph, self._waiter, selector, template_id)
        self.duplicate_of = application_changes.delete_duplicate(self._graph, self._waiter, selector, self.app, seen)
        self._is_new = self.duplicate_of is None

    def update_principal(self, settings: t.Mapping[Property, t.Any], certificate_days: int | None) -> None:
        """Update the service principal. certificate_days: how long the certificate will be valid that is made next,
        which is noted in the same request.
        """
        body = body_of(settings, self.app)
        if certificate_days is not None:
            self._noted_end = signing_certificates.end_of(self.app.principal, self._graph.now(), certificate_days)
            body["tags"] = signing_certificates.tags_with_certificate({**self.app.principal, **body}, self._noted_end)
        application_changes.update_principal(self._graph, self._waiter, self.app, body)
        # What follows starts from what was written, since a read may still show what was before.
        self._now({**self.app.principal, **body})

    def update_application(self, settings: t.Mapping[Property, t.Any]) -> None:
        """Update the application object."""
        application_changes.update_application(self._graph, self._waiter, self.app, body_of(settings, self.app))

    def encrypt(self, certificate: Certificate) -> None:
        """Encrypt the responses with a certificate."""
        token_encryption.encrypt(self._graph, self._waiter, self.app, certificate)

    def stop_encrypting(self) -> None:
        """Disable the encryption of the responses."""
        token_encryption.stop_encrypting(self._graph, self._waiter, self.app)

    def upload_logo(self, path: str, managed: bool) -> None:
        """Upload a picture, and remember which in a tag. managed: whether the application carries our tag as well."""
        logo, content_type = preflight.logo_of(path)
        application_changes.upload_logo(self._graph, self._waiter, self.app, logo, content_type)
        body = logo_tags(self.app, logo, managed=managed)
        application_changes.update_application(self._graph, self._waiter, self.app, body)

    def add_certificate(self, common_name: str, validity_days: int) -> None:
        """Create a signing certificate, inactive when another one is usable."""
        credential, principal = new_certificate.add(
            self._graph,
            self._waiter,
            self.app.principal,
            common_name,
            validity_days,
            noted=self._noted_end,
            is_new=self._is_new,
        )
        self._keys.keep(credential.identifier, credential.key)
        self._now(self._keys.filled(self._graph, principal))
        self._new_thumbprint = credential.certificate.thumbprint

    def activate_certificate(self, thumbprint: str | None = None) -> None:
        """Activate a signing certificate, or the one that was just made."""
        principal = signing_certificates.activate(
            self._graph, self._waiter, self.app.principal, thumbprint or self._new_thumbprint
        )
        self._now(principal)

    def create_claims(self, definition: list[str]) -> None:
        """Create the claims policy, and assign it."""
        claims_policies.create(self._graph, self._waiter, self.app, definition, is_new=self._is_new)

    def update_claims(self, policy_id: str, definition: list[str]) -> None:
        """Update the claims policy."""
        claims_policies.update(self._graph, self._waiter, self.app, policy_id, definition)

    def delete_claims(self, policy: t.Mapping[str, t.Any]) -> None:
        """Remove a claims policy from the application, and delete it if this collection created it."""
        claims_policies.delete(self._graph, self.app, policy)

    def delete_abandoned_claims(self, policy: t.Mapping[str, t.Any]) -> None:
        """Delete the claims policy of an application that was permanently deleted."""
        claims_policies.delete_abandoned(self._graph, policy)

    def assign(self, ids: t.Sequence[str], names: t.Mapping[str, str]) -> None:
        """Assign users and groups."""
        assignments.assign(self._graph, self._waiter, self.app, ids, names)

    def unassign(self, ids: t.Sequence[str], names: t.Mapping[str, str]) -> None:
        """Remove the assignments of users and groups."""
        assignments.unassign(self._graph, self.app, ids, names)

    def release_identifiers(self) -> None:
        """Remove all identifiers."""
        application_changes.update_application(self._graph, self._waiter, self.app, {"identifierUris": []})

    def reset_sign_on(self) -> None:
        """Disable single sign-on before a deletion. A refusal is a warning: the deletion may not need it."""
        body = {"preferredSingleSignOnMode": None}
        try:
            application_changes.update_principal(self._graph, self._waiter, self.app, body)
        except FederationError as error:
            if error.details.get("http_status") != BAD_REQUEST:
                raise
            self._warn(f"{error.message} The deletion continues, because it may not need this change.")

    def complete_removal(self, interrupted: Application, selector: Selector) -> None:
        """Delete what an interrupted removal has left."""
        application_changes.delete_from_lists(self._graph, self._waiter, selector, interrupted)

    def delete(self) -> None:
        """Move the application to the recycle bin."""
        application_changes.delete(self._graph, self.app)

    def purge(self, deleted: Deleted) -> None:
        """Delete what the recycle bin keeps of an application."""
        application_changes.purge(self._graph, self._waiter, deleted)

    def _now(self, principal: t.Mapping[str, t.Any]) -> None:
        self.app = dataclasses.replace(self.app, principal=principal)
