# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""One signing certificate as the resource of the module azure_saml_certificate."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._entra import (
    app_management,
    application_search,
    applications,
    awaited_certificate,
    certificate_plan,
    permissions,
    signing_certificates,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra import result as app_result
from ansible_collections.openccp.federation.plugins.module_utils._entra.certificate_writer import CertificateWriter
from ansible_collections.openccp.federation.plugins.module_utils._entra.credential_reads import KeyMaterial
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import entra_waiter, is_replication
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, connect
from ansible_collections.openccp.federation.plugins.module_utils._errors import NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import canonical_thumbprint
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import without
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import Module


class SamlCertificate(Resource[applications.Application, CertificateWriter]):
    """One signing certificate of one application."""

    graph: Graph
    app: applications.Application

    def __init__(self, module: Module) -> None:
        self.params = module.params
        self.check_mode = module.check_mode
        self.keys = KeyMaterial()
        self.waiter = entra_waiter(module.params["wait_timeout"])
        identifiers = (module.params["identifier"],) if module.params["identifier"] else ()
        self.selector = applications.Selector(module.params["app_id"], module.params["name"], identifiers)

    def read(self) -> applications.Application:
        """The application with its certificates."""
        signing_certificates.check_desired(self.params["common_name"], self.params["validity_days"])
        self.graph = connect(self.params)
        app = application_search.read_application(self.graph, self.waiter, self.selector)
        if app is None:
            raise NotFound(
                f"The tenant has no application {self.selector} that this collection created.", hint="Give its app_id."
            )
        if self.params["thumbprint"] and self.params["state"] != "absent":
            thumbprint = canonical_thumbprint(self.params["thumbprint"])
            app = awaited_certificate.showing(self.graph, self.waiter, app, thumbprint)
        self.warnings = self._expected_refusals(app)
        return app

    def _expected_refusals(self, app: applications.Application) -> list[str]:
        """Warnings about what the policies for applications say of a certificate that is to be made."""
        if self.params["state"] != "staged" or certificate_plan.chosen(self.params, app, self.graph.now()):
            return []
        days, option = self.params["validity_days"], setting("azure_saml_certificate.validity_days")
        policies = app_management.read_policies(self.graph, app)
        return app_management.lifetime_warnings(days, option, policies, app=app, now=self.graph.now())

    def plan(self, actual: applications.Application) -> Plan[CertificateWriter]:
        """The steps to the desired state of one certificate, once it is sure that they are permitted."""
        self.app = actual
        self.keys.learn(actual.principal)
        self.api = CertificateWriter(self.graph, self.waiter, self.keys, actual)
        self.thumbprint = self._thumbprint(actual)
        plan = certificate_plan.plan(self.params, actual, self.graph.now())
        permissions.check(
            self.graph.roles,
            {"change applications"} if plan.steps else {"read applications"},
            self.graph.place.client_id,
        )
        return dataclasses.replace(plan, warnings=(*plan.warnings, *self.warnings))

    def result(self, plan: Plan[CertificateWriter]) -> dict[str, t.Any]:
        """The application's certificates, once Graph and the metadata show them as they were written."""
        if plan.steps and not self.check_mode:
            self.thumbprint = self.api.staged or self.thumbprint
            self.app = self._reread()
        now = self.graph.now()
        certificates = {certificate.thumbprint: certificate.as_dict(now) for certificate in self.app.certificates}
        result = {"app_id": self.app.app_id, "certificates": list(certificates.values())}
        if self.params["state"] == "absent":
            return result | {
                "metadata_xml": self._metadata_without() if self.check_mode else self._metadata(listed=False)
            }
        if self.thumbprint not in certificates:
            return result
        return result | certificates[self.thumbprint] | {"metadata_xml": self._metadata(listed=True)}

    def _thumbprint(self, app: applications.Application) -> str | None:
        certificate = certificate_plan.chosen(self.params, app, self.graph.now())
        if certificate is None:
            return canonical_thumbprint(self.params["thumbprint"]) if self.params["thumbprint"] else None
        return certificate.thumbprint

    def _reread(self) -> applications.Application:
        def probe() -> applications.Application | None:
            app = application_search.read_again(self.graph, self.selector, self.keys)
            return app if app and self._shows(app) else None

        what = f"Microsoft Graph to show the signing certificates of '{self.app.label}' as they were written"
        return self.waiter.until(what, probe, steady=1, passes=is_replication)

    def _shows(self, app: applications.Application) -> bool:
        certificates = {each.thumbprint: each for each in app.certificates}
        certificate = certificates.get(str(self.thumbprint))
        if certificate is None or self.params["state"] == "absent":
            return certificate is None and self.params["state"] == "absent"
        return certificate.active == (self.params["state"] == "active") and (
            not certificate.active or certificate.activated_at is not None
        )

    def _metadata(self, listed: bool) -> str:
        thumbprint = str(self.thumbprint)
        return app_result.wait_for_listing(self.app, self.graph, self.waiter, thumbprint, listed=listed).document

    def _metadata_without(self) -> str:
        now = app_result.wait_for_metadata(self.app, self.graph, self.waiter)
        return without(now, str(self.thumbprint)).document
