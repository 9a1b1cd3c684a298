# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a provider that is fed from an address is known to trust, and when Amazon Cognito is made to fetch it again."""

from __future__ import annotations

import datetime as dt
import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._cognito.provider_tags import FETCHED_TAG, pool_tags
from ansible_collections.openccp.federation.plugins.module_utils._cognito.saml_provider_plan import (
    Desired,
    plan,
    plan_absent,
)
from ansible_collections.openccp.federation.plugins.module_utils._cognito.saml_providers import CognitoProvider
from ansible_collections.openccp.federation.plugins.module_utils._cognito.user_pools import AppClient, UserPool
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import metadata

NOW: t.Final = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
URL: t.Final = "https://login.microsoftonline.com/tenant/federationmetadata/2007-06/federationmetadata.xml"
MUTABLE: t.Final = {"email": True, "name": True}


@pytest.fixture
def served(saml: SimpleNamespace) -> t.Callable[..., metadata.Metadata]:
    def make(*names: str) -> metadata.Metadata:
        return metadata.parse(saml.metadata(*(saml.certificate(name) for name in names)), "test")

    return make


def pool_with(tags: t.Mapping[str, str]) -> UserPool:
    return UserPool("eu-central-1_1", "desk", "arn:aws:x", "desk", "", pool_tags(tags, "Entra"), MUTABLE, frozenset())


def provider_with(tags: t.Mapping[str, str], **more: t.Any) -> CognitoProvider:
    fields: dict[str, t.Any] = {
        "name": "Entra",
        "details": {"MetadataURL": URL},
        "mapping": {},
        "identifiers": (),
        "created": NOW,
        "modified": NOW,
        "metadata": None,
        "tags": tags,
    }
    return CognitoProvider(**fields | more)


def note(days_ago: float, *thumbprints: str) -> dict[str, str]:
    return {FETCHED_TAG: f"{' '.join(thumbprints)}@{NOW - dt.timedelta(days=days_ago):%Y-%m-%dT%H:%M:%SZ}"}


def test_what_was_fetched_is_trusted_until_another_fetch_is_noted(served: t.Callable[..., metadata.Metadata]) -> None:
    old, new = served("old").thumbprints[0], served("new").thumbprints[0]
    assert provider_with(note(8, old)).trusted(served("new"), NOW) == sorted((old, new))
    fresh = NOW - dt.timedelta(days=10) + dt.timedelta(hours=6)  # hours after the certificate began
    assert provider_with(note(8, old)).trusted(served("new"), fresh) == [old]


@pytest.mark.parametrize(
    ("noted", "options", "fetches"),
    [
        (("old",), {"removed_thumbprints": "old"}, True),
        (("new",), {"removed_thumbprints": "old"}, False),
        ((), {"removed_thumbprints": "old"}, True),
        (("old",), {"required_thumbprints": "new"}, True),
        (("old", "new"), {"required_thumbprints": "new"}, False),
        ((), {}, False),
    ],
)
def test_when_an_address_is_fetched_again(
    served: t.Callable[..., metadata.Metadata], noted: tuple[str, ...], options: dict[str, str], fetches: bool
) -> None:
    """A certificate may have been made long before it is served, and one that is gone stays trusted for hours."""
    tags = note(8, *(served(name).thumbprints[0] for name in noted)) if noted else {}
    expected: dict[str, t.Any] = {key: served(name).thumbprints for key, name in options.items()}
    desired = Desired("Entra", pool_with(tags), url=URL, now=NOW, **expected)
    steps = plan(desired, provider_with(tags), served("new")).steps
    expected = [
        "Make Amazon Cognito fetch the metadata of the SAML provider 'Entra' of the user pool 'desk' again",
        "Record which certificates the SAML provider 'Entra' of the user pool 'desk' was made to fetch",
    ]
    assert [step.text for step in steps] == (expected if fetches else [])


def test_a_note_has_room_for_what_is_asked_for(saml: SimpleNamespace) -> None:
    """A tag takes 256 characters; certificates that end later do not push out the one that is published."""
    ders = [saml.certificate(f"number {number}", ends=1085 - number) for number in range(7)]
    document = metadata.parse(saml.metadata(*ders), "test")
    last = min(document.certificates, key=lambda each: each.not_after).thumbprint
    desired = Desired("Entra", pool_with({}), url=URL, now=NOW, required_thumbprints=(last,))
    (tags,) = [step.args["tags"] for step in plan(desired, provider_with({}), document).steps if "tags" in step.args]
    assert last in tags[FETCHED_TAG]
    assert len(tags[FETCHED_TAG]) <= 256


def test_tags_that_a_stopped_run_left_are_removed() -> None:
    (step,) = plan_absent(pool_with({"managed-by": "x"}), "Entra", None, ()).steps
    assert step.text == "Remove the tags from the SAML provider 'Entra' of the user pool 'desk'"
    assert plan_absent(pool_with({}), "Entra", None, ()).steps == ()


@pytest.mark.parametrize(
    ("identifiers", "words"),
    [(("a" * 41,), "1 to 40"), (("a/b",), "'a/b'"), (("",), "''"), (tuple(map(str, range(51))), "at most 50")],
)
def test_identifiers_that_are_refused(
    served: t.Callable[..., metadata.Metadata], identifiers: tuple[str, ...], words: str
) -> None:
    """The service model's IdpIdentifierType and IdpIdentifiersListType."""
    with pytest.raises(InvalidInput, match=words):
        plan(Desired("Entra", pool_with({}), metadata=served("old"), identifiers=identifiers), None)


def test_a_client_that_offers_the_provider_and_is_not_named_must_write_what_is_mapped(
    served: t.Callable[..., metadata.Metadata],
) -> None:
    client = AppClient({"ClientId": "1", "ClientName": "web", "WriteAttributes": ["name"]})
    desired = Desired(
        "Entra", pool_with({}), metadata=served("old"), mapping={"email": "mail"}, offering=(client,), now=NOW
    )
    with pytest.raises(InvalidInput, match="'web' may not write email"):
        plan(desired, provider_with({}))
