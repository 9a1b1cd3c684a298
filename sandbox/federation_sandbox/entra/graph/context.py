# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A call to Microsoft Graph: its caller, its parameters, and the forms of its response."""

from __future__ import annotations

import collections.abc
import dataclasses
import itertools
import json
import re
import typing as t
import urllib.parse

from werkzeug import Request, Response

from federation_sandbox.entra.graph import odata
from federation_sandbox.entra.graph.errors import bad_request, denied, not_found, unsupported_query
from federation_sandbox.entra.state import COLLECTIONS, Directory, Record, Tenant
from federation_sandbox.entra.tokens import Caller
from federation_sandbox.service import Call
from federation_sandbox.world import Settings

#: `or` between two lambdas
_LAMBDAS: t.Final = re.compile(r"/any\(.*\)\s+or\s+\w+/any\(", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Key:
    """An alternate key in a path: applications(appId='…')."""

    name: str
    value: str


@dataclasses.dataclass
class Context:
    """A call. Handlers read the request from it and create the response with it."""

    request: Request
    call: Call
    directory: Directory
    tenant: Tenant
    caller: Caller
    #: "v1.0" or "beta"
    version: str
    #: the identifiers in the path, in order
    keys: list[str | Key]
    #: the caller's permissions reach only the applications that it owns
    only_owned: bool = False

    @property
    def root(self) -> str:
        """The base URL of this version of Graph."""
        return f"https://{self.request.host}/{self.version}"

    # --- what was asked -----------------------------------------------------------------------------------------

    def body(self) -> dict[str, t.Any]:
        """The JSON object that the request carries."""
        if not (self.request.content_type or "").startswith("application/json"):
            raise bad_request(
                "A valid Content-Type of application/json is needed for a request with a body.", code="BadRequest"
            )
        try:
            content = json.loads(self.request.get_data())
        except ValueError as reason:
            message = (
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is "
                "of valid JSON format."
            )
            raise bad_request(message, code="BadRequest") from reason
        if not isinstance(content, dict):
            raise bad_request("Empty Payload. JSON content expected.", code="BadRequest")
        return content

    @property
    def settings(self) -> Settings:
        """The settings of the world."""
        return self.call.world.settings

    @property
    def eventual(self) -> bool:
        """Whether the request has the header ConsistencyLevel: eventual."""
        return self.request.headers.get("ConsistencyLevel", "").lower() == "eventual"

    def query(self, kind: str, expandable: collections.abc.Collection[str] = ()) -> odata.Query:
        """The query options for a type."""
        if _LAMBDAS.search(self.request.args.get("$filter", "")) and not self.settings.or_of_lambdas:
            raise unsupported_query("Operator 'Or' specified in filter clause is not supported for lambda expressions.")
        exact = () if self.settings.proxy_addresses_ignore_case else ("proxyAddresses",)
        return odata.parse(kind, self.request.args, self.eventual, expandable, self.version == "beta", exact=exact)

    def query_of_object(self, kind: str, expandable: collections.abc.Collection[str] = ()) -> odata.Query:
        """The query options for one object of a type."""
        return odata.parse_of_object(kind, self.request.args, expandable, self.version == "beta")

    def find(self, collection: str, key: str | Key) -> Record:
        """The object that a path names, as a read returns it; 404 when it does not exist, or is not replicated yet."""
        if isinstance(key, Key):
            records = self.tenant[collection].all_visible()
            record = next((each for each in records if str(each.get(key.name)).lower() == key.value.lower()), None)
        else:
            record = self.tenant[collection].visible(key.lower())
        if record is None:
            raise not_found(key.value if isinstance(key, Key) else key)
        return record

    def changing(self, collection: str, key: str | Key) -> Record:
        """A copy of the object that a path names, to be changed and saved; 403 when the caller may not."""
        visible = self.find(collection, key)
        self.check_owner(visible)
        latest = self.tenant[collection].latest(visible["id"])
        if latest is None:
            raise not_found(visible["id"])
        return latest

    def check_owner(self, record: Record) -> None:
        """403 when the caller may change only the objects that it owns, and this is not one of them."""
        if self.only_owned and self.caller.principal_id not in record.get("_owners", ()):
            raise denied()

    def save(self, collection: str, record: Record) -> None:
        """Write an object."""
        self.tenant[collection].put(record)

    # --- answers ------------------------------------------------------------------------------------------------

    def json(self, content: t.Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """A response with a body."""
        kind = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
        return Response(json.dumps(content), status, headers, content_type=kind)

    @staticmethod
    def nothing() -> Response:
        """A response with the status 204."""
        return Response(status=204)

    def annotation(self, about: str) -> str:
        """The @odata.context of a response."""
        return f"{self.root}/$metadata#{about}"

    def entity(self, collection: str, record: Record, status: int = 200, expand: Expansions | None = None) -> Response:
        """A response that contains one object."""
        query = self.query_of_object(COLLECTIONS[collection], expand or ())
        content = {"@odata.context": self.annotation(f"{collection}/$entity"), **query.project(record)}
        if query.expand and expand:
            content[query.expand] = expand[query.expand](record)
        _blank_keys(content, selected=query.select)
        if content.get("keyCredentials") and not query.select and not self.settings.plain_reads_show_credentials:
            content["keyCredentials"] = []
        headers = {"Location": f"{self.root}/{collection}/{record['id']}"} if status == 201 else {}
        return self.json(content, status, headers)

    def page(
        self,
        collection: str,
        records: collections.abc.Iterable[Record],
        kind: str | None = None,
        expand: Expansions | None = None,
        typed: bool = False,
    ) -> Response:
        """A response that contains one page of a list. typed: each object contains its type (its _kind)."""
        query = self.query(kind or COLLECTIONS[collection], expand or ())
        chosen: collections.abc.Iterable[Record] = filter(query.filter.accepts, records) if query.filter else records
        if query.order:
            name, descending = query.order
            chosen = sorted(chosen, key=lambda each: str(each.get(name) or "").lower(), reverse=descending)
        if query.count:
            chosen = list(chosen)
        window = list(itertools.islice(chosen, query.skip, query.skip + query.page + 1))
        content: dict[str, t.Any] = {"@odata.context": self.annotation(collection)}
        if query.count:
            content["@odata.count"] = len(t.cast("list[Record]", chosen))
        if len(window) > query.page:
            content["@odata.nextLink"] = self._next_link(query.skip + query.page)
        content["value"] = [self._item(query, record, expand, typed) for record in window[: query.page]]
        return self.json(content)

    def typed(self, record: Record) -> dict[str, t.Any]:
        """An object with its type (its _kind), as $expand returns it."""
        return self._item(odata.Query(record["_kind"]), record, None, typed=True)

    def _item(self, query: odata.Query, record: Record, expand: Expansions | None, typed: bool) -> dict[str, t.Any]:
        content: dict[str, t.Any] = {"@odata.type": f"#microsoft.graph.{record['_kind']}"} if typed else {}
        content |= dataclasses.replace(query, kind=record.get("_kind", query.kind)).project(record)
        if query.expand and expand:
            content[query.expand] = expand[query.expand](record)
        _blank_keys(content)
        return content

    def _next_link(self, skip: int) -> str:
        options = {name: value for name, value in self.request.args.items() if name != "$skiptoken"}
        options["$skiptoken"] = odata.skip_token(skip)
        path = self.request.path.partition(f"/{self.version}")[2]
        return f"{self.root}{path}?{urllib.parse.urlencode(options, safe='$,')}"


#: navigation properties that $expand may name, and what they show of an object
Expansions = dict[str, t.Callable[[Record], list[dict[str, t.Any]]]]
Answer = t.Callable[[Context], Response]


def _blank_keys(content: dict[str, t.Any], selected: collections.abc.Collection[str] = ()) -> None:
    """Remove the keys. Only a read of one object that selects keyCredentials returns them."""
    if content.get("keyCredentials") and "keyCredentials" not in selected:
        content["keyCredentials"] = [{**each, "key": None} for each in content["keyCredentials"]]
