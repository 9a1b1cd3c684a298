# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Where experiments in Microsoft Entra ID are made: applications that carry the probe's name, and their removal."""

from __future__ import annotations

import contextlib
import time
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import is_replication
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, Request, url
from ansible_collections.openccp.federation.plugins.module_utils._entra.templates import template_id
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._probe.bench import (
    PREFIX,
    Bench,
    Removal,
    Result,
    Untold,
)
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

Record = dict[str, t.Any]

#: AWS's application in the gallery, and the application for any other service.
AWS_TEMPLATE: t.Final = "aws_single_account"
CUSTOM_TEMPLATE: t.Final = "non_gallery"
_POLICY: t.Final = '{"ClaimsMappingPolicy":{"Version":1,"IncludeBasicClaimSet":"true"}}'
_PAGE: t.Final = 999
#: What the recycle bin keeps once it is deleted.
_KEPT: t.Final = ("/servicePrincipals", "/applications")
#: Seconds after which what is to be removed is taken to be gone.
_PATIENCE: t.Final = 60.0


@dataclass(frozen=True)
class Application:
    """An application that the probe made, and its service principal."""

    id: str
    app_id: str
    principal_id: str


@dataclass
class EntraBench(Bench):
    """Experiments in one tenant."""

    graph: Graph = field(kw_only=True)
    _shared: Application | None = None
    #: an application's path → that of its service principal
    _principals: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, body: t.Any = None, *, what: str, settled: bool = True) -> Result[Record]:
        """Make one request, again while the answer only says that an earlier write is not seen yet. settled: whether to
        do so.
        """
        self.stand_ins.allow(*_words(body))
        began = time.monotonic()
        try:
            content = (
                self._persist(Request(method, path, what, body))
                if settled
                else self.graph.request(Request(method, path, what, body))
            )
        except FederationError as error:
            self.note(what, began, error)
            return Result(error=error)
        self.note(what, began)
        if method == "DELETE":
            self._deleted(path)
        return Result(content or {})

    def _persist(self, request: Request) -> t.Any:
        return self.waiter.until(request.what, lambda: (self.graph.request(request),), passes=is_replication)[0]

    def keep(self, *paths: str) -> None:
        """Note what was made, so that it is removed in the end."""
        for path in paths:
            self.removals[path] = _removal(self.graph, self.waiter, path, sure=True)

    def _deleted(self, path: str) -> None:
        """What is deleted is in the recycle bin, an application's service principal with it."""
        paths = [path, *([self._principals.pop(path)] if path in self._principals else [])]
        for kept in [path for path in paths if self.removals.pop(path, None) is not None and path.startswith(_KEPT)]:
            self.keep(f"/directory/deletedItems/{kept.rpartition('/')[2]}")

    @property
    def application(self) -> Application:
        """One application from AWS's template that signs in by SAML, for all experiments that leave it as it is."""
        if self._shared is None:
            self._shared = self.new_application()
        return self._shared

    def new_application(self, template: str = AWS_TEMPLATE, *, saml: bool = True) -> Application:
        """An application from a template."""
        path, body = f"/applicationTemplates/{self.template_id(template)}/instantiate", {"displayName": self.name()}
        created = self.request("POST", path, body, what="instantiate a template", settled=False).get()
        application = Application(
            created["application"]["id"], created["application"]["appId"], created["servicePrincipal"]["id"]
        )
        self.stand_ins.learn("id", application.id, application.app_id, application.principal_id)
        self._keep_application(application)
        if saml:
            self.change_principal(application, {"preferredSingleSignOnMode": "saml"}, what="set the sign-on mode").get()
        return application

    def template_id(self, template: str) -> str:
        """The id of a template in this cloud."""
        return template_id(template, self.graph.place.cloud.name)

    def register_application(self, **more: t.Any) -> Application:
        """An application of no template, with a service principal."""
        body = {"displayName": self.name(), **more}
        application = self.request("POST", "/applications", body, what="register an application", settled=False).get()
        self.stand_ins.learn("id", application["id"], application["appId"])
        self.keep(f"/applications/{application['id']}")
        principal = self.request(
            "POST", "/servicePrincipals", {"appId": application["appId"]}, what="make its service principal"
        ).get()
        registered = Application(application["id"], application["appId"], principal["id"])
        self._keep_application(registered)
        return registered

    def _keep_application(self, application: Application) -> None:
        paths = (f"/applications/{application.id}", f"/servicePrincipals/{application.principal_id}")
        self._principals[paths[0]] = paths[1]
        self.keep(*paths)

    def change_application(self, application: Application, body: Record, what: str) -> Result[Record]:
        """PATCH of an application."""
        return self.request("PATCH", f"/applications/{application.id}", body, what=what)

    def change_principal(self, application: Application, body: Record, what: str) -> Result[Record]:
        """PATCH of its service principal."""
        return self.request("PATCH", f"/servicePrincipals/{application.principal_id}", body, what=what)

    def new_policy(self) -> str:
        """The id of a new claims mapping policy."""
        body = {"displayName": self.name(), "definition": [_POLICY]}
        policy_id = str(
            self.request(
                "POST", "/policies/claimsMappingPolicies", body, what="make a claims policy", settled=False
            ).get()["id"]
        )
        self.stand_ins.learn("id", policy_id)
        self.keep(f"/policies/claimsMappingPolicies/{policy_id}")
        return policy_id

    def assign_policy(self, application: Application, policy_id: str) -> Result[Record]:
        """Assign a claims mapping policy."""
        body = {"@odata.id": f"{self.graph.base}/policies/claimsMappingPolicies/{policy_id}"}
        path = f"/servicePrincipals/{application.principal_id}/claimsMappingPolicies/$ref"
        return self.request("POST", path, body, what="assign a claims policy")


def require_roles(bench: EntraBench, lacking: str) -> None:
    """Untold when the token has a permission without which alone the question can be asked."""
    if bench.graph.roles is None or lacking in bench.graph.roles:
        raise Untold(f"the token has {lacking}, so that nothing would be learnt")


def sweep_entra(graph: Graph, waiter: Waiter, is_marked: t.Callable[[t.Any], bool]) -> list[Removal]:
    """All that the probe made, also in the recycle bin, in an order in which it can be removed."""
    addresses = [
        f"/{kind}/{key}"
        for kind in ("servicePrincipals", "applications")
        for key in _marked(graph, f"/{kind}", is_marked)
    ]
    addresses += [
        f"/policies/claimsMappingPolicies/{key}" for key in _marked(graph, "/policies/claimsMappingPolicies", is_marked)
    ]
    kinds = ("servicePrincipal", "application")
    bin_paths = [f"/directory/deletedItems/microsoft.graph.{kind}" for kind in kinds]
    addresses += [f"/directory/deletedItems/{key}" for path in bin_paths for key in _marked(graph, path, is_marked)]
    return [_removal(graph, waiter, path, sure=False) for path in addresses]


def _marked(graph: Graph, path: str, is_marked: t.Callable[[t.Any], bool]) -> list[str]:
    """The ids of the objects of a list that the probe made."""
    more: dict[str, t.Any] = {"filter": f"startswith(displayName,'{PREFIX}')"} if path.count("/") == 1 else {}
    address = url(path, select=("id", "displayName"), top=_PAGE, **more)
    try:
        objects = list(graph.pages(address, f"look for what the probe made in {path}"))
    except FederationError as error:
        if error.details.get("http_status") == 403 and path.startswith("/policies"):
            return []  # without the permission to read policies none was made
        raise
    return [each["id"] for each in objects if is_marked(each["displayName"])]


def _removal(graph: Graph, waiter: Waiter, path: str, *, sure: bool) -> Removal:
    """How an object is removed permanently. sure: whether it is there, so that "not found" means "not yet"."""
    return Removal(path, lambda: _remove(graph, waiter, path, sure=sure))


def _remove(graph: Graph, waiter: Waiter, path: str, *, sure: bool) -> None:
    if path.startswith("/servicePrincipals"):
        with contextlib.suppress(
            FederationError
        ):  # some are deleted only without a mode; where it cannot be reset, the deletion says so
            graph.request(Request("PATCH", path, "reset the sign-on mode", {"preferredSingleSignOnMode": None}))
    _delete(graph, waiter, path, sure=sure)
    if path.startswith(_KEPT):
        _delete(graph, waiter, f"/directory/deletedItems/{path.rpartition('/')[2]}", sure=True)


def _delete(graph: Graph, waiter: Waiter, path: str, *, sure: bool) -> None:
    request = Request("DELETE", path, f"remove {path}")
    try:
        waiter.until(
            f"{path} to be removed",
            lambda: (graph.request(request),),
            passes=is_replication if sure else None,
            timeout=_PATIENCE,
        )
    except FederationError as error:
        if error.details.get("http_status") != 404:
            raise


def _words(body: t.Any) -> list[str]:
    """The names of properties in a body."""
    if isinstance(body, dict):
        return [*body, *(word for value in body.values() for word in _words(value))]
    return [word for value in body for word in _words(value)] if isinstance(body, list) else []
