# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much of AWX's API as awx.awx needs to make what a project brings: lists with filters, objects, associations,
surveys.
"""

from __future__ import annotations

import collections.abc
import contextlib
import json
import re
import threading
import typing as t

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

TOKEN: t.Final = "the-token-of-awx"

#: collection → the type of its objects, the fields that must be given, and the collections that its fields name by ID
KINDS: t.Final[dict[str, tuple[str, tuple[str, ...], dict[str, str]]]] = {
    "organizations": ("organization", ("name",), {}),
    "credentials": ("credential", ("name",), {}),
    "credential_types": ("credential_type", ("name", "kind", "inputs", "injectors"), {}),
    "execution_environments": ("execution_environment", ("name", "image"), {"organization": "organizations"}),
    "projects": (
        "project",
        ("name",),
        {"organization": "organizations", "default_environment": "execution_environments"},
    ),
    "teams": ("team", ("name", "organization"), {"organization": "organizations"}),
    "labels": ("label", ("name",), {"organization": "organizations"}),
    "notification_templates": (
        "notification_template",
        ("name", "notification_type"),
        {"organization": "organizations"},
    ),
    "instance_groups": ("instance_group", ("name",), {}),
    "inventories": ("inventory", ("name", "organization"), {"organization": "organizations"}),
    "inventory_sources": (
        "inventory_source",
        ("name", "inventory", "source"),
        {
            "inventory": "inventories",
            "source_project": "projects",
            "credential": "credentials",
            "execution_environment": "execution_environments",
        },
    ),
    "workflow_approval_templates": ("workflow_approval_template", ("name",), {}),
    "job_templates": (
        "job_template",
        ("name", "project", "playbook"),
        {
            "organization": "organizations",
            "inventory": "inventories",
            "project": "projects",
            "execution_environment": "execution_environments",
        },
    ),
    "workflow_job_templates": ("workflow_job_template", ("name",), {"organization": "organizations"}),
    "workflow_job_template_nodes": (
        "workflow_job_template_node",
        ("identifier",),
        {"workflow_job_template": "workflow_job_templates", "unified_job_template": "unified_job_templates"},
    ),
    "schedules": (
        "schedule",
        ("name", "rrule", "unified_job_template"),
        {"unified_job_template": "unified_job_templates"},
    ),
}
#: what a schedule or a node of a workflow can run
UNIFIED: t.Final = ("projects", "job_templates", "workflow_job_templates", "workflow_approval_templates")
#: what AWX itself tells of a new object
SET_BY_AWX: t.Final = {"projects": {"scm_revision": ""}}
#: what AWX stores of a field that is sent as null
NULLS: t.Final = {"kind": "", "host_filter": None}
#: the roles that somebody can have on an object
ROLES: t.Final = {
    "job_templates": ("admin", "execute", "read"),
    "workflow_job_templates": ("admin", "execute", "read", "approval"),
}
QUESTION: t.Final = {"question_name", "type", "variable", "required"}

Object = dict[str, t.Any]


class AWX:
    """The store. writes: every request that changed something.

    commit: what the project's branch leads to; "" where a sync cannot reach it. administrator: whether a system
    administrator asks. prefix: where the API is; Automation Platform has it behind a gateway.
    """

    def __init__(self, prefix: str = "/api/") -> None:
        self.prefix = prefix
        self.commit = "1f0c"
        self.administrator = True
        self.updates: list[Object] = []
        self.objects: dict[int, Object] = {}
        self.writes: list[str] = []
        self.surveys: dict[int, Object] = {}
        self.linked: dict[tuple[int, str], list[int]] = {}
        #: role → the teams that have it
        self.grants: dict[int, list[int]] = {}
        self._routes = Map(
            [
                Rule(
                    "/api/v2/<any(job_templates,workflow_job_templates):_kind>/<int:number>/survey_spec/",
                    endpoint=self._survey,
                ),
                Rule("/api/v2/projects/<int:number>/update/", endpoint=self._sync, methods=["POST"]),
                Rule(
                    "/api/v2/project_updates/<int:number>/",
                    endpoint=lambda _request, number: (200, self.updates[number]),
                ),
                Rule(
                    "/api/v2/workflow_job_template_nodes/<int:number>/create_approval_template/",
                    endpoint=self._approval,
                    methods=["POST"],
                ),
                Rule("/api/v2/roles/<int:number>/teams/", endpoint=self._grants),
                Rule("/api/v2/<_kind>/<int:number>/<link>/", endpoint=self._links),
                Rule("/api/v2/<_kind>/<int:number>/", endpoint=self._object),
                Rule("/api/v2/<kind>/", endpoint=self._list),
            ]
        )

    def all(self, kind: str) -> dict[str, Object]:
        """The objects of one collection by name."""
        return {
            fields.get("name") or fields["identifier"]: fields
            for fields in self.objects.values()
            if fields["type"] == KINDS[kind][0]
        }

    def named(self, number: int, link: str) -> list[str]:
        """The names of what an object is associated with."""
        return sorted(
            self.objects[other].get("name") or self.objects[other]["identifier"]
            for other in self.linked.get((number, link), [])
        )

    def make(self, kind: str, fields: Object) -> Object:
        """A new object."""
        type_, required = KINDS[kind][:2]
        missing = [name for name in required if not fields.get(name)]
        same = [
            existing for existing in self._objects(kind) if self._key(existing) == self._key({**fields, "type": type_})
        ]
        if missing or same or not self._refers(kind, fields):
            raise Refused(
                {name: ["This field is required."] for name in missing}
                or {"__all__": ["It exists, or names what does not."]}
            )
        number = len(self.objects) + 1
        url = f"/api/v2/{kind}/{number}/"
        fixed = {
            "id": number,
            "type": type_,
            "url": url,
            "related": {"survey_spec": f"{url}survey_spec/", "update": f"{url}update/"},
            "summary_fields": {"object_roles": self._roles_of(kind, number)},
            **SET_BY_AWX.get(kind, {}),
        }
        self.objects[number] = {**fixed, **{name: self._stored(name, value) for name, value in fields.items()}}
        if kind == "projects":  # AWX syncs a new one, once
            return {**self.objects[number], "summary_fields": {"current_update": {"id": self._update(number)["id"]}}}
        return self.objects[number]

    def _roles_of(self, kind: str, number: int) -> Object:
        """The roles on an object: what the model of AWX gives a template or a workflow."""
        names = ROLES.get(kind, ())
        return {f"{name}_role": {"id": number * 100 + place} for place, name in enumerate(names)}

    def granted(self, kind: str, name: str, role: str) -> list[str]:
        """The names of the teams that have a role on an object."""
        number = self.all(kind)[name]["summary_fields"]["object_roles"][f"{role}_role"]["id"]
        return sorted(self.objects[team]["name"] for team in self.grants.get(number, []))

    def _grants(self, request: Request, number: int) -> tuple[int, t.Any]:
        teams = self.grants.setdefault(number, [])
        if request.method == "POST":
            body = request.get_json()
            self._require(body["id"])
            (teams.remove if body.get("disassociate") else teams.append)(body["id"])
            return 204, None
        return 200, {"count": len(teams), "next": None, "results": [self.objects[team] for team in teams]}

    def _update(self, project: int) -> Object:
        self.objects[project]["scm_revision"] = self.commit or self.objects[project]["scm_revision"]
        status = {
            "status": "successful" if self.commit else "failed",
            "failed": not self.commit,
            "finished": "2026-01-01T00:00:00Z",
        }
        number = len(self.updates)
        self.updates.append(
            {"id": number, "url": f"/api/v2/project_updates/{number}/", "scm_revision": self.commit, **status}
        )
        return self.updates[-1]

    def _sync(self, _request: Request, number: int) -> tuple[int, t.Any]:
        self._require(number)
        return 202, self._update(number)

    def __call__(self, environ: t.Any, start_response: t.Any) -> t.Any:
        environ = {**environ, "PATH_INFO": environ["PATH_INFO"].replace(self.prefix, "/api/", 1)}
        request = Request(environ)
        try:
            if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                raise Refused({"detail": "Authentication credentials were not provided."}, 401)
            endpoint, arguments = self._routes.bind_to_environ(environ).match()
            status, body = endpoint(request, **arguments)
            if request.method != "GET":
                self.writes.append(f"{request.method} {request.path}")
        except Refused as refused:
            status, body = refused.status, refused.body
        except HTTPException as error:
            status, body = error.code or 500, {"detail": error.description}
        text = "" if body is None else json.dumps(body).replace('"/api/', f'"{self.prefix}')
        return Response(
            text, status, {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"}, "application/json"
        )(environ, start_response)

    def _list(self, request: Request, kind: str) -> tuple[int, t.Any]:
        if request.method == "POST":
            if kind == "credential_types" and not self.administrator:
                raise Refused({"detail": "You do not have permission to perform this action."}, 403)
            if kind == "job_templates" and not self._require(request.get_json()["project"])["scm_revision"]:
                raise Refused({"playbook": ["Playbook not found for project."]})
            return 201, self.make(kind, request.get_json())
        filters = {name: value for name, value in request.args.items() if name not in ("or__id", "or__name")}

        def matches(fields: Object) -> bool:
            return all(str(fields.get(name)) == value for name, value in filters.items())

        matching = list(filter(matches, self._objects(kind)))
        return 200, {"count": len(matching), "next": None, "results": matching}

    def _object(self, request: Request, _kind: str, number: int) -> tuple[int, t.Any]:
        record = self._require(number)
        if request.method == "PATCH":
            self.objects[number] = record = {
                **record,
                **{name: self._stored(name, value) for name, value in request.get_json().items()},
            }
        return 200, record

    def _approval(self, request: Request, number: int) -> tuple[int, t.Any]:
        """Make a node of a workflow one that waits for somebody's approval."""
        node = self._require(number)
        fields = {
            name: value for name, value in request.get_json().items() if name in ("name", "description", "timeout")
        }
        if node.get("unified_job_template") is not None:
            raise Refused({"detail": "The node runs something already."})
        template = self.make("workflow_approval_templates", fields)
        related = {**node["related"], "unified_job_template": template["url"]}
        self.objects[number] = {**node, "unified_job_template": template["id"], "related": related}
        return 201, template

    def _survey(self, request: Request, _kind: str, number: int) -> tuple[int, t.Any]:
        self._require(number)
        if request.method == "POST":
            spec = request.get_json()
            if not {"name", "description", "spec"} <= set(spec) or not all(
                set(question) >= QUESTION for question in spec["spec"]
            ):
                raise Refused({"error": "The survey lacks a part."})
            self.surveys[number] = spec
            return 200, None
        return 200, self.surveys.get(number, {})

    def _links(self, request: Request, _kind: str, number: int, link: str) -> tuple[int, t.Any]:
        self._require(number)
        linked = self.linked.setdefault((number, link), [])
        if request.method == "POST":
            body = request.get_json()
            self._require(body["id"])
            (linked.remove if body.get("disassociate") else linked.append)(body["id"])
            return 204, None
        return 200, {"count": len(linked), "next": None, "results": [self.objects[other] for other in linked]}

    def _require(self, number: int) -> Object:
        if number not in self.objects:
            raise NotFound
        return self.objects[number]

    def _objects(self, kind: str) -> list[Object]:
        if kind not in (*KINDS, "unified_job_templates"):
            raise NotFound
        types = [KINDS[name][0] for name in (UNIFIED if kind == "unified_job_templates" else (kind,))]
        return [fields for fields in self.objects.values() if fields["type"] in types]

    def _refers(self, kind: str, fields: Object) -> bool:
        """Whether everything exists that the fields name by ID."""
        named = {name: other for name, other in KINDS[kind][2].items() if fields.get(name) is not None}
        return all(fields[name] in self._ids(other) for name, other in named.items())

    def _ids(self, kind: str) -> set[int]:
        return {record["id"] for record in self._objects(kind)}

    @staticmethod
    def _key(fields: Object) -> tuple[t.Any, ...]:
        return fields["type"], fields.get("name"), fields.get("identifier"), fields.get("workflow_job_template")

    @staticmethod
    def _stored(name: str, value: t.Any) -> t.Any:
        """What AWX makes of a value: rules get one space, nulls their default."""
        if name == "rrule":
            return re.sub(r"\s+", " ", value)
        return NULLS.get(name) if value is None else value


class Refused(Exception):
    """What AWX answers when it refuses."""

    def __init__(self, body: Object, status: int = 400) -> None:
        super().__init__(body)
        self.body, self.status = body, status


@contextlib.contextmanager
def running(prefix: str = "/api/") -> collections.abc.Iterator[tuple[AWX, dict[str, str]]]:
    """An AWX with the organisation Default, and the environment of whoever asks it."""
    awx = AWX(prefix)
    awx.make("organizations", {"name": "Default"})
    server = make_server("127.0.0.1", 0, awx, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield awx, {"CONTROLLER_HOST": f"http://127.0.0.1:{server.server_port}", "CONTROLLER_OAUTH_TOKEN": TOKEN}
    finally:
        server.shutdown()
        thread.join()
