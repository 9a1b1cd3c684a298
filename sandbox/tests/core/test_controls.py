# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controls: a GET looks and never changes anything, and whatever makes no sense is refused with the reason."""

from __future__ import annotations

import collections.abc
import copy
import dataclasses
import json
import typing as t
from pathlib import Path

import pytest
import requests
from jsonschema import Draft202012Validator

from federation_sandbox import clouds
from federation_sandbox.control import CONTROLS, seed_schema
from federation_sandbox.entra.state import directory
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox, running_sandbox
from federation_sandbox.world import World
from support import HANGS

CHECKOUT: t.Final = Path(__file__).resolve().parents[3]
DEMO: t.Final = json.loads((CHECKOUT / "sandbox" / "demo.json").read_text(encoding="utf-8"))
ACCOUNT: t.Final = "111122223333"
TENANT: t.Final = "11111111-1111-4111-8111-111111111111"
TRUST: t.Final = {"Version": "2012-10-17", "Statement": []}
#: a body that each control understands when it is told to change something
BODIES: t.Final[dict[str, t.Any]] = {
    "settings": {"refuse_writes": True, "latency": 0.5},
    "clock": {"advance": 86400},
    "faults": {"service": "iam", "operation": "*"},
    "seed": {"entra": {"tenants": [{"id": "99999999-9999-4999-8999-999999999999"}]}},
}
#: keys of a tenant that is there already
ONLY_CHANGES: t.Final = {"remove", "app_management_policies"}
#: a seed with every key that there is
COMPLETE: t.Final[dict[str, t.Any]] = {
    "entra": {
        "tenants": [
            {
                "id": TENANT,
                "cloud": "public",
                "display_name": "Contoso",
                "domains": ["contoso.onmicrosoft.com", "contoso.com"],
                "app_management_policy": {},
                "saml_deletion": "either",
                "country": "DE",
                "clients": [
                    {
                        "client_id": "22222222-2222-4222-8222-222222222222",
                        "name": "automation",
                        "enabled": True,
                        "secrets": ["one", {"text": "other", "end": "2099-01-01T00:00:00Z"}],
                        "certificates": [],
                        "federated_credentials": [],
                        "permissions": ["User.Read.All"],
                        "managed_identity": False,
                        "custom_security_attributes": {"Automation": {"exempt": "yes"}},
                    }
                ],
                "users": [{"userPrincipalName": "jane@contoso.com", "givenName": "Jane"}],
                "groups": [
                    {
                        "displayName": "Agents",
                        "members": ["jane@contoso.com"],
                        "dynamic": False,
                        "description": "All of them",
                    }
                ],
            }
        ]
    },
    "aws": {
        "accounts": [
            {
                "id": ACCOUNT,
                "partition": "aws",
                "access_keys": [{"id": "AKIAEXAMPLE00000001", "secret": "s", "user": "operator", "policy": None}],
                "policies": {
                    "Boundary": {
                        "Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
                    }
                },
                "service_control_policies": [],
                "resource_control_policies": [],
                "quotas": {"instances": 2, "users": 500, "instance_changes": 100, "saml_providers": 100},
            }
        ],
        "providers": [],
        "roles": [
            {
                "account": ACCOUNT,
                "name": "Federation",
                "trust": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}],
                },
                "path": "/",
                "description": "For agents",
                "max_session_duration": 3600,
                "policies": {
                    "p": {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
                },
                "managed_policies": [],
                "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/Boundary",
                "tags": {"team": "a"},
            }
        ],
        "instances": [
            {
                "account": ACCOUNT,
                "region": "eu-central-1",
                "alias": "acme",
                "id": "33333333-3333-4333-8333-333333333333",
                "identity_management_type": "SAML",
                "failure": "",
                "attributes": {"CONTACT_LENS": "true"},
                "approved_origins": ["https://agents.example.com"],
                "old_domain": False,
                "tags": {"team": "a"},
                "security_profiles": {"Supervisors": ["BasicAgentAccess"]},
                "routing_profiles": ["Sales"],
                "hierarchy": {"levels": ["Site"], "groups": ["Berlin"]},
                "predefined_attributes": {"Language": ["German"]},
                "users": [
                    {
                        "username": "jane@contoso.com",
                        "first_name": "Jane",
                        "last_name": "Doe",
                        "secondary_email": "jane@example.com",
                        "mobile": "+4930123456",
                        "security_profiles": ["Supervisors"],
                        "routing_profile": "Sales",
                        "hierarchy_group": "Berlin",
                        "phone": {"PhoneType": "SOFT_PHONE"},
                        "configs": {},
                        "proficiencies": [],
                        "tags": {},
                    }
                ],
                "quick_connects": {"Jane": "jane@contoso.com"},
            }
        ],
        "buckets": [{"account": ACCOUNT, "region": "eu-central-1", "name": "example-desk"}],
        "pools": [
            {
                "account": ACCOUNT,
                "region": "eu-central-1",
                "name": "desk",
                "domain": "desk",
                "custom_domain": "auth.desk.example",
                "tags": {"team": "voice"},
                "settings": {"Schema": [{"Name": "team", "AttributeDataType": "String"}]},
                "clients": [
                    {"ClientName": "web", "GenerateSecret": True, "CallbackURLs": ["https://desk.example/callback"]}
                ],
            }
        ],
    },
    "sites": {"desk.example": {"folder": str(CHECKOUT / "docs"), "headers": {"X-Frame-Options": "DENY"}}},
}


@pytest.fixture
def sandbox() -> collections.abc.Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        clouds.seed(sandbox.world, DEMO["clouds"])
        sandbox.world.faults.add(Fault("graph", "*"))
        requests.get(
            "https://graph.microsoft.com/v1.0/users", proxies={"https": sandbox.url}, verify=False, timeout=HANGS
        )
        yield sandbox


def state_of(world: World) -> t.Any:
    """What the controls can change."""
    tenants = {tenant.id: len(list(tenant["users"].current())) for tenant in directory(world).tenants.values()}
    clock = world.clock.offset, world.clock.held
    return copy.deepcopy(
        (tenants, dataclasses.asdict(world.settings), clock, world.faults.waiting(), world.traffic.entries())
    )


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize("name", ["", *CONTROLS])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_never_changes_anything_whatever_it_carries(sandbox: Sandbox, method: str, name: str) -> None:
    before = state_of(sandbox.world)
    for body in (None, BODIES.get(name)):
        answer = requests.request(method, f"{sandbox.url}/sandbox/{name}", json=body, timeout=HANGS)
        assert answer.status_code == 200, answer.text
    assert state_of(sandbox.world) == before


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize("name", CONTROLS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_what_a_control_does_not_take_is_refused_and_changes_nothing(sandbox: Sandbox, method: str, name: str) -> None:
    before = state_of(sandbox.world)
    answer = requests.request(method, f"{sandbox.url}/sandbox/{name}", json=BODIES.get(name), timeout=HANGS)
    assert answer.status_code == (200 if method in CONTROLS[name].methods else 405)
    if answer.status_code == 405:
        assert answer.headers["Allow"] == ", ".join(sorted(CONTROLS[name].methods))
        assert state_of(sandbox.world) == before
    elif method != "GET":
        assert name == "traffic" or state_of(sandbox.world) != before


def test_the_controls_say_what_they_are() -> None:
    with running_sandbox() as sandbox:
        listed = requests.get(f"{sandbox.url}/sandbox/", timeout=HANGS).json()
        assert {name: each["methods"] for name, each in listed.items()} == {
            name: sorted(each.methods) for name, each in CONTROLS.items()
        }
        answer = requests.get(f"{sandbox.url}/sandbox/no-such", timeout=HANGS)
        assert (answer.status_code, "traffic" in answer.json()["error"]) == (404, True)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("clock", {"move": 1}),
        ("clock", {"set": "yesterday"}),
        ("clock", {"set": "2026-01-01"}),
        ("clock", {"advance": "1"}),
        ("settings", {"no_such": 1}),
        ("faults", {}),
        ("faults", {"service": "iam"}),
        ("seed", {"gcp": {}}),
        ("seed", {"aws": {"accounts": [{"id": ACCOUNT, "quotas": {"users": 1, "no_such": 1}}]}}),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(name: str, body: t.Any) -> None:
    with running_sandbox() as sandbox:
        answer = requests.post(f"{sandbox.url}/sandbox/{name}", json=body, timeout=HANGS)
        assert answer.status_code == 400
        assert answer.json()["error"]


def violations(content: t.Any) -> list[str]:
    return [error.message for error in Draft202012Validator(seed_schema()).iter_errors(content)]


@pytest.mark.parametrize("content", [DEMO["clouds"], COMPLETE, {}], ids=["demo", "complete", "empty"])
def test_the_schema_of_a_seed_describes_what_the_sandbox_takes(content: dict[str, t.Any]) -> None:
    Draft202012Validator.check_schema(seed_schema())
    assert violations(content) == []
    clouds.seed(World(), content)


def objects(
    schema: t.Any, content: t.Any, path: tuple[t.Any, ...] = ()
) -> collections.abc.Iterator[tuple[tuple[t.Any, ...], list[str]]]:
    """Every object of the content that the schema closes, with the names that it allows."""
    schema = seed_schema()["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if isinstance(content, list):
        for index, item in enumerate(content):
            yield from objects(schema.get("items", {}), item, (*path, index))
    elif isinstance(content, dict):
        options = [schema, *schema.get("oneOf", ())]
        properties = next((each["properties"] for each in options if "properties" in each), {})
        if any(each.get("additionalProperties") is False for each in options):
            yield path, list(properties)
        others = schema.get("additionalProperties")
        for name, inner in content.items():
            yield from objects(properties.get(name, others if isinstance(others, dict) else {}), inner, (*path, name))


CLOSED: t.Final = list(objects(seed_schema(), COMPLETE))


@pytest.mark.parametrize(("path", "names"), CLOSED, ids=[".".join(map(str, path)) or "seed" for path, names in CLOSED])
def test_the_sandbox_takes_the_names_of_the_schema_and_no_other(path: tuple[t.Any, ...], names: list[str]) -> None:
    content = copy.deepcopy(COMPLETE)
    place = content
    for step in path:
        place = place[step]
    missing = set(names) - set(place) - ONLY_CHANGES
    assert missing == set(), "the complete seed has every key"
    place["no_such"] = 1
    assert violations(content) != []
    with pytest.raises(ValueError, match="no_such") as refused:
        clouds.seed(World(), content)
    message = str(refused.value)
    assert [name for name in names if name not in message and name not in ONLY_CHANGES] == []


def test_a_tenant_that_is_there_takes_changes() -> None:
    world = World()
    clouds.seed(world, COMPLETE)
    change = {"entra": {"tenants": [{"id": TENANT, "users": [], "groups": [], "remove": ["jane@contoso.com"]}]}}
    assert violations(change) == []
    clouds.seed(world, change)
