# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls for application templates. instantiate creates an application and its service principal."""

from __future__ import annotations

import typing as t

from werkzeug import Response

from federation_sandbox.entra.graph.applications import blank_application
from federation_sandbox.entra.graph.context import Context
from federation_sandbox.entra.graph.errors import invalid_value, not_found, unknown_parameter
from federation_sandbox.entra.graph.odata import Query
from federation_sandbox.entra.graph.permissions import APPLICATION_WRITE, NOTHING
from federation_sandbox.entra.graph.principals import blank_principal
from federation_sandbox.entra.graph.routes import Route
from federation_sandbox.entra.graph.templates import (
    AWS_SINGLE_ACCOUNT,
    CUSTOM_SAML,
    GALLERY,
    INTEGRATED,
    REPLY_URLS,
    templates_of,
)
from federation_sandbox.entra.state import Record, new_id


def _list(context: Context) -> Response:
    return context.page("applicationTemplates", _templates(context).values(), "applicationTemplate")


def _get(context: Context) -> Response:
    query = context.query_of_object("applicationTemplate")
    return context.json(
        {"@odata.context": context.annotation("applicationTemplates/$entity"), **query.project(_template(context))}
    )


def _templates(context: Context) -> dict[str, Record]:
    known = templates_of(context.tenant.cloud.name)
    if not context.settings.aws_template_in_the_cloud:
        known.pop(AWS_SINGLE_ACCOUNT)
    return known


def _template(context: Context) -> Record:
    key, known = context.keys[0], _templates(context)
    if not isinstance(key, str) or key.lower() not in known:
        raise not_found(str(key))
    return known[key.lower()]


def _instantiate(context: Context) -> Response:
    template = _template(context)
    body = context.body()
    unknown = sorted(set(body) - {"displayName", "serviceManagementReference"})
    if unknown:
        raise unknown_parameter(unknown[0], "instantiate")
    name, reference = body.get("displayName"), body.get("serviceManagementReference")
    if not isinstance(name, str) or not name.strip() or len(name) > 256 or not isinstance(reference, (str, type(None))):
        raise invalid_value("displayName", "ApplicationServicePrincipal")
    application, principal = _new_objects(context, template, name)
    application["serviceManagementReference"] = reference
    context.save("applications", application)
    context.save("servicePrincipals", principal)
    content = {
        "@odata.context": context.annotation("microsoft.graph.applicationServicePrincipal"),
        "application": Query("application").project(application),
        "servicePrincipal": Query("servicePrincipal").project(principal),
    }
    return context.json(content, 201)


def _new_objects(context: Context, template: Record, name: str) -> tuple[Record, Record]:
    caller = context.caller
    # facts/entra.md E5: instantiate makes nobody the owner
    owners = (caller.principal_id,) if context.settings.instantiate_sets_owner else ()
    application = blank_application(context.tenant, name, *owners)
    application.update(applicationTemplateId=template["id"], createdByAppId=caller.app_id, appRoles=_roles())
    application["web"].update(
        homePageUrl=template["homePageUrl"], redirectUris=list(REPLY_URLS.get(template["id"], ()))
    )
    application["api"]["oauth2PermissionScopes"] = [_user_impersonation(name)]
    principal = blank_principal(context.tenant, application, *owners)
    principal["appRoleAssignmentRequired"] = True
    principal["tags"] = [*([] if template["id"] in GALLERY else [CUSTOM_SAML]), INTEGRATED]
    return application, principal


def _roles() -> list[dict[str, t.Any]]:
    return [
        {
            "allowedMemberTypes": ["User"],
            "description": name,
            "displayName": name,
            "id": new_id(),
            "isEnabled": True,
            "origin": "Application",
            "value": None,
        }
        for name in ("User", "msiam_access")
    ]


def _user_impersonation(name: str) -> dict[str, t.Any]:
    return {
        "adminConsentDescription": f"Allow the application to access {name} on behalf of the signed-in user.",
        "adminConsentDisplayName": f"Access {name}",
        "id": new_id(),
        "isEnabled": True,
        "type": "User",
        "userConsentDescription": f"Allow the application to access {name} on your behalf.",
        "userConsentDisplayName": f"Access {name}",
        "value": "user_impersonation",
    }


ROUTES: t.Final[tuple[Route, ...]] = (
    Route("GET", "/applicationTemplates", "applicationTemplates.list", _list, NOTHING),
    Route("GET", "/applicationTemplates/{key}", "applicationTemplates.get", _get, NOTHING),
    Route(
        "POST",
        "/applicationTemplates/{key}/instantiate",
        "applicationTemplate.instantiate",
        _instantiate,
        APPLICATION_WRITE,
    ),
)
