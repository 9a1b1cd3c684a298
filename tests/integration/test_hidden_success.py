# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever AWS creates although its answer says otherwise, or is lost: nothing is made twice, and the task goes on.

Entra ID's creates are in test_azure_saml_app_replicas.py.
"""

from __future__ import annotations

import collections.abc
import typing as t
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from contact_centre import ACCOUNT, Centre, person, seed_centre
from federation_sandbox import clouds
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox
from installed import needs_encryption

PROVIDER: t.Final = f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra"
AGENT: t.Final = {"username": "jane.doe@example.com", **person({})}

#: module, its options beside those of every task, and the create whose success is hidden
CREATES: t.Final = {
    "iam_saml_provider": ({"name": "Entra"}, "iam", "CreateSAMLProvider"),
    "connect_federation_role": (
        {
            "name": "ConnectAgents",
            "saml_provider_arns": [PROVIDER],
            "reply_urls": ["https://signin.aws.amazon.com/saml"],
            "instance_arns": [f"arn:aws:connect:us-west-2:{ACCOUNT}:instance/11111111-2222-3333-4444-555555555555"],
        },
        "iam",
        "CreateRole",
    ),
    "connect_instance": (
        {"alias": "new-service", "inbound_calls": True, "outbound_calls": False},
        "connect",
        "CreateInstance",
    ),
    "connect_user": (AGENT, "connect", "CreateUser"),
    "connect_users": ({"users": [AGENT]}, "connect", "CreateUser"),
    "connect_approved_origin": (
        {"origins": {"add": ["https://first.example.com"]}},
        "connect",
        "AssociateApprovedOrigin",
    ),
}


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, no_passphrase = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, no_passphrase).decode()


@pytest.fixture
def centre(sandbox: Sandbox) -> Centre:
    return seed_centre(sandbox)


@pytest.fixture
def options(centre: Centre, saml: SimpleNamespace) -> collections.abc.Callable[[str], dict[str, t.Any]]:
    """The options of a module; the role's provider is there already."""
    metadata = saml.metadata(saml.certificate())

    def complete(module: str) -> dict[str, t.Any]:
        params = dict(CREATES[module][0])
        if module == "iam_saml_provider":
            params["metadata"] = metadata
        elif module == "connect_federation_role":
            clouds.seed(
                centre.sandbox.world,
                {"aws": {"providers": [{"account": ACCOUNT, "name": "Entra", "metadata": metadata}]}},
            )
        elif module != "connect_instance":
            params["instance_id"] = centre.id
        return params

    return complete


@pytest.mark.parametrize("kind", ["masked", "lost"])
@pytest.mark.parametrize("module", CREATES)
def test_nothing_is_made_twice(
    centre: Centre, options: t.Callable[[str], dict[str, t.Any]], module: str, kind: t.Any
) -> None:
    params = options(module)
    service, operation = CREATES[module][1:]
    centre.sandbox.world.faults.add(Fault(service, operation, kind=kind, status=503, code="ServiceUnavailable"))
    created = centre.run(module, params)
    assert not created.failed, created
    assert created["changed"]
    assert centre.sandbox.world.faults.waiting() == []
    again = centre.run(module, params)
    assert (again.failed, again["changed"]) == (False, False), again


@pytest.mark.parametrize("module", CREATES)
def test_what_is_refused_for_good_is_reported(
    centre: Centre, options: t.Callable[[str], dict[str, t.Any]], module: str
) -> None:
    params = options(module)
    service, operation = CREATES[module][1:]
    centre.sandbox.world.faults.add(
        Fault(service, operation, status=400, code="InvalidRequestException", message="Not today.")
    )
    refused = centre.run(module, params)
    assert refused.failed
    assert "Not today." in f"{refused['msg']} {refused.get('failures')}"
    assert not centre.run(module, params).failed


@needs_encryption
@pytest.mark.parametrize("kind", ["masked", "lost"])
def test_a_private_key_is_added_once(centre: Centre, options: t.Callable[[str], dict[str, t.Any]], kind: t.Any) -> None:
    """IAM takes two keys, and what is added twice is there twice"""
    params = options("iam_saml_provider")
    centre.run("iam_saml_provider", params)
    centre.sandbox.world.faults.add(
        Fault("iam", "UpdateSAMLProvider", kind=kind, status=503, code="ServiceUnavailable")
    )
    keyed = {**params, "assertion_encryption_mode": "allowed", "private_key": private_key()}
    added = centre.run("iam_saml_provider", keyed)
    assert not added.failed, added
    assert len(added["saml_provider"]["private_keys"]) == 1
    assert not centre.run("iam_saml_provider", keyed)["changed"]
