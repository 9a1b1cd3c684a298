# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import replace
from types import SimpleNamespace

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._aws import saml_provider_plan
from ansible_collections.openccp.federation.plugins.module_utils._aws import saml_providers as providers
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_provider_plan import DesiredProvider
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import metadata as metadata_of
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import PrivateKey, SamlProvider
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ARN = "arn:aws:iam::123456789012:saml-provider/Entra"
GOVCLOUD_ARN = "arn:aws-us-gov:iam::123456789012:saml-provider/Entra"
KEYS = (PrivateKey("A" * 22), PrivateKey("B" * 22))
PEM = "the key"


@pytest.fixture
def old(saml: SimpleNamespace) -> metadata_of.Metadata:
    return metadata_of.parse(saml.metadata(saml.certificate("old", ends=20)))


@pytest.fixture
def new(saml: SimpleNamespace) -> metadata_of.Metadata:
    return metadata_of.parse(saml.metadata(saml.certificate("new"), identifier="_2"))


def steps(desired: DesiredProvider, actual: SamlProvider | None) -> list[tuple[str, dict[str, t.Any]]]:
    """The operations with what they are told, but for the ARN and what is left as it is."""
    operations = []
    for step in saml_provider_plan.plan(desired, actual).steps:
        assert step.args["arn"] == ARN
        operations.append(
            (
                step.operation,
                {key: value for key, value in step.args.items() if key not in ("arn", "known_keys") and value},
            )
        )
    return operations


def test_create(new: metadata_of.Metadata) -> None:
    plan = saml_provider_plan.plan(DesiredProvider(ARN, new, tags={"a": "1"}), None)
    assert [(step.operation, step.text) for step in plan.steps] == [
        ("create", f"Create the SAML provider 'Entra' for {new.entity_id}")
    ]
    assert plan.before == {}
    assert plan.after["certificates"] == list(new.thumbprints)
    assert plan.after["tags"] == {"a": "1"}


def test_the_same_meaning_is_no_change(saml: SimpleNamespace, new: metadata_of.Metadata) -> None:
    again = metadata_of.parse(
        "\ufeff" + saml.metadata(saml.certificate("new"), identifier="_3").replace("><", ">\n  <")
    )
    plan = saml_provider_plan.plan(DesiredProvider(ARN, again), SamlProvider(ARN, new, tags={"theirs": "1"}))
    assert plan.steps == ()
    assert plan.before == plan.after


def test_replace_and_merge(old: metadata_of.Metadata, new: metadata_of.Metadata) -> None:
    actual = SamlProvider(ARN, old)
    assert steps(DesiredProvider(ARN, new), actual) == [("update", {"document": new.document})]
    merged = saml_provider_plan.target(DesiredProvider(ARN, new, merge=True), actual).metadata
    assert merged is not None
    assert merged.thumbprints == new.thumbprints + old.thumbprints
    assert steps(DesiredProvider(ARN, new, merge=True), replace(actual, metadata=merged)) == []


def test_single_certificates_are_removed(old: metadata_of.Metadata, new: metadata_of.Metadata) -> None:
    """What else the provider trusts stays, and the last certificate is never removed."""
    removed = tuple(thumbprint for thumbprint in old.thumbprints if thumbprint not in new.thumbprints)
    assert removed
    both = saml_provider_plan.target(DesiredProvider(ARN, new, merge=True), SamlProvider(ARN, old)).metadata
    assert both is not None
    after = saml_provider_plan.target(
        DesiredProvider(ARN, new, merge=True, removed_thumbprints=removed), SamlProvider(ARN, both)
    ).metadata
    assert after is not None
    assert set(after.thumbprints) == set(both.thumbprints) - set(removed)
    with pytest.raises(InvalidInput):
        saml_provider_plan.plan(
            DesiredProvider(ARN, new, merge=True, removed_thumbprints=both.thumbprints), SamlProvider(ARN, both)
        )


def test_metadata_that_cannot_be_read_is_replaced(new: metadata_of.Metadata) -> None:
    actual = SamlProvider(ARN, None, unreadable="weak")
    assert steps(DesiredProvider(ARN, new, merge=True), actual) == [("update", {"document": new.document})]


def test_metadata_that_is_only_announced(old: metadata_of.Metadata) -> None:
    announced_metadata = saml_provider_plan.announced_metadata(old.entity_id)
    sentence = f"Update the SAML provider 'Entra' with the metadata of {old.entity_id}"
    assert [
        step.text
        for step in saml_provider_plan.plan(
            DesiredProvider(ARN, announced_metadata, merge=True), SamlProvider(ARN, old)
        ).steps
    ] == [sentence]
    assert [
        step.operation for step in saml_provider_plan.plan(DesiredProvider(ARN, announced_metadata), None).steps
    ] == ["create"]


def test_another_issuer_is_reported(saml: SimpleNamespace, old: metadata_of.Metadata) -> None:
    other = metadata_of.parse(saml.metadata(saml.certificate(), entity_id="https://sts.windows.net/other/"))
    plan = saml_provider_plan.plan(DesiredProvider(ARN, other), SamlProvider(ARN, old))
    assert plan.warnings == (
        (
            f"The SAML provider 'Entra' changes from {old.entity_id} to https://sts.windows.net/other/; sign-ins "
            f"through {old.entity_id} end."
        ),
    )
    with pytest.raises(InvalidInput, match="cannot be merged"):
        saml_provider_plan.plan(DesiredProvider(ARN, other, merge=True), SamlProvider(ARN, old))


@pytest.mark.parametrize(
    ("tags", "purge", "expected"),
    [
        (None, True, []),
        ({"keep": "1", "change": "2"}, False, [("tag", {"tags": {"change": "2"}})]),
        ({"keep": 1}, True, [("untag", {"keys": ["change"]})]),
        ({}, True, [("untag", {"keys": ["change", "keep"]})]),
    ],
)
def test_tags(new: metadata_of.Metadata, tags: dict[str, str] | None, purge: bool, expected: list[t.Any]) -> None:
    actual = SamlProvider(ARN, new, tags={"keep": "1", "change": "1", "aws:mine": "x"})
    assert steps(DesiredProvider(ARN, new, tags=tags, purge_tags=purge), actual) == expected


@pytest.mark.parametrize(
    ("held", "desired", "expected"),
    [
        ((), {"private_key": "when_missing"}, [("update_with_private_key", {"private_key": PEM})]),
        (KEYS[:1], {"private_key": "when_missing"}, []),
        (KEYS[:1], {"private_key": "always"}, [("update_with_private_key", {"private_key": PEM})]),
        (
            (),
            {"private_key": "when_missing", "encryption_mode": "Required"},
            [("update_with_private_key", {"private_key": PEM, "encryption_mode": "Required"})],
        ),
        (KEYS, {"removed_keys": ("A" * 22, "unknown")}, [("remove_private_key", {"key_id": "A" * 22})]),
        # room is made before the new key comes
        (
            KEYS,
            {"private_key": "always", "removed_keys": ("A" * 22,)},
            [("remove_private_key", {"key_id": "A" * 22}), ("update_with_private_key", {"private_key": PEM})],
        ),
        # otherwise the new key comes first
        (
            KEYS[:1],
            {"private_key": "always", "removed_keys": ("A" * 22,)},
            [("update_with_private_key", {"private_key": PEM}), ("remove_private_key", {"key_id": "A" * 22})],
        ),
    ],
)
def test_assertion_encryption(
    new: metadata_of.Metadata, held: tuple[PrivateKey, ...], desired: dict[str, t.Any], expected: list[t.Any]
) -> None:
    actual = SamlProvider(ARN, new, private_keys=held)
    assert steps(DesiredProvider(ARN, new, pem=PEM, **desired), actual) == expected
    for step in saml_provider_plan.plan(DesiredProvider(ARN, new, pem=PEM, **desired), actual).steps:
        assert step.args.get("known_keys", [key.key_id for key in held]) == [key.key_id for key in held]
        assert PEM not in repr(step)


@pytest.mark.parametrize(
    ("held", "desired", "message"),
    [
        ((), {"encryption_mode": "Required"}, "without a private key"),
        (KEYS[:1], {"encryption_mode": "Required", "removed_keys": ("A" * 22,)}, "without a private key"),
        (KEYS, {"private_key": "always"}, "has 2 private keys already"),
    ],
)
def test_encryption_that_iam_would_refuse(
    new: metadata_of.Metadata, held: tuple[PrivateKey, ...], desired: dict[str, t.Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        saml_provider_plan.plan(DesiredProvider(ARN, new, **desired), SamlProvider(ARN, new, private_keys=held))


def test_an_added_key_is_not_added_twice(new: metadata_of.Metadata) -> None:
    desired = DesiredProvider(ARN, new, private_key="always")
    assert steps(desired.once_done, SamlProvider(ARN, new, private_keys=KEYS[:1])) == []


@pytest.mark.parametrize(
    ("arn", "mode", "region", "expected"),
    [
        (ARN, None, "eu-central-1", "https://signin.aws.amazon.com/saml"),
        (ARN, "Allowed", None, "https://signin.aws.amazon.com/saml"),
        (ARN, "Required", "eu-central-1", "https://eu-central-1.signin.aws.amazon.com/saml/acs/SAMLX"),
        (ARN, "Required", None, "https://signin.aws.amazon.com/saml/acs/SAMLX"),
        (GOVCLOUD_ARN, None, None, "https://signin.amazonaws-us-gov.com/saml"),
    ],
)
def test_the_sign_in_url(
    saml: SimpleNamespace, new: metadata_of.Metadata, arn: str, mode: str | None, region: str | None, expected: str
) -> None:
    provider = SamlProvider(arn, new, uuid="SAMLX", encryption_mode=mode)
    assert providers.describe(provider, saml.now, region)["sign_in_url"] == expected


def test_what_is_returned(saml: SimpleNamespace, old: metadata_of.Metadata, new: metadata_of.Metadata) -> None:
    both = metadata_of.merge(old, new)
    view = providers.describe(SamlProvider(ARN, both), saml.now)
    assert (view["days_left"], view["expires_at"]) == (1085, "2029-01-04T12:00:00Z")
    assert [certificate["days_left"] for certificate in view["certificates"]] == [1085, 20]
    assert not {"uuid", "create_date", "metadata_problem"} & set(view)
    assert (
        providers.describe(SamlProvider(ARN, unreadable="The reason."), saml.now)["metadata_problem"] == "The reason."
    )


def test_delete(new: metadata_of.Metadata) -> None:
    plan = saml_provider_plan.plan_absent(SamlProvider(ARN, new))
    assert [step.text for step in plan.steps] == ["Delete the SAML provider 'Entra'"]
    assert plan.before
    assert plan.after == {}
    assert saml_provider_plan.plan_absent(None).steps == ()


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: bytes | None = None) -> str:
    protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection).decode()


def test_private_keys() -> None:
    key = rsa.generate_private_key(65537, 2048)
    assert saml_provider_plan.check_private_key(pem(key), "private_key") == pem(key)
    bad = {
        "not a private key": "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----",
        "passphrase": pem(key, b"secret"),
        "not an RSA key": pem(ec.generate_private_key(ec.SECP256R1())),
        "16,384": "x" * 16385,
    }
    for message, text in bad.items():
        with pytest.raises(InvalidInput, match=message) as error:
            saml_provider_plan.check_private_key(text, "private_key")
        assert text not in str(error.value)
