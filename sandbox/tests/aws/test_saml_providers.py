# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""SAML providers as IAM has them, where moto is looser: facts/aws.md 5.1 to 5.3, 6.2."""

from __future__ import annotations

import datetime as dt

import pytest
from aws_client import ACCOUNT, GOVERNMENT, GOVERNMENT_KEY, client, loose, seed
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from saml_factory import key_descriptor, make_certificate, make_metadata, make_repeated_extension, make_weak


@pytest.fixture
def arn(iam):
    return iam.create_saml_provider(Name="Entra", SAMLMetadataDocument=make_metadata(make_certificate()))[
        "SAMLProviderArn"
    ]


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def test_create_get_list_delete(iam, refused):
    document = make_metadata(make_certificate())
    response = iam.create_saml_provider(
        Name="Entra", SAMLMetadataDocument=document, Tags=[{"Key": "team", "Value": "voice"}]
    )
    assert response["SAMLProviderArn"] == f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra"
    assert response["Tags"] == [{"Key": "team", "Value": "voice"}]
    got = iam.get_saml_provider(SAMLProviderArn=response["SAMLProviderArn"])
    assert got["SAMLMetadataDocument"] == document
    assert got["Tags"] == response["Tags"]
    assert 22 <= len(got["SAMLProviderUUID"]) <= 64
    assert got["SAMLProviderUUID"].isalnum()
    assert got["PrivateKeyList"] == []
    (listed,) = iam.list_saml_providers()["SAMLProviderList"]
    assert listed == {
        "Arn": response["SAMLProviderArn"],
        "ValidUntil": got["ValidUntil"],
        "CreateDate": got["CreateDate"],
    }
    iam.delete_saml_provider(SAMLProviderArn=response["SAMLProviderArn"])
    refused(
        iam.get_saml_provider, "NoSuchEntity", "Manifest not found", 404, SAMLProviderArn=response["SAMLProviderArn"]
    )


def test_valid_until_is_not_the_certificates(iam, arn):
    """facts/aws.md 5.2: set at creation, whatever the document says, and here not moved by an update."""
    before = iam.get_saml_provider(SAMLProviderArn=arn)
    assert before["ValidUntil"] - before["CreateDate"] > dt.timedelta(days=36000)
    iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=make_metadata(make_certificate("Next")))
    assert iam.get_saml_provider(SAMLProviderArn=arn)["ValidUntil"] == before["ValidUntil"]


def test_a_name_is_taken_once(iam, arn, refused):
    """facts/aws.md 5.1 EntityAlreadyExists; moto overwrites (6.2)."""
    refused(
        iam.create_saml_provider,
        "EntityAlreadyExists",
        "",
        409,
        Name="Entra",
        SAMLMetadataDocument=make_metadata(make_certificate()),
    )


@pytest.mark.parametrize("name", ["En tra", "Entra!", "Entra/x", "x" * 129, "Enträ"])
def test_names(sandbox, refused, name):
    """facts/aws.md 5.1: 1 to 128 of [\\w._-]."""
    refused(
        loose("iam").create_saml_provider,
        "ValidationError",
        "'name'",
        Name=name,
        SAMLMetadataDocument=make_metadata(make_certificate()),
    )


def test_documents_that_are_refused(sandbox, refused):
    """facts/aws.md 5.2, 6.2."""
    create = loose("iam").create_saml_provider
    good = make_metadata(make_certificate())
    refused(
        create,
        "ValidationError",
        "greater than or equal to 1000",
        Name="Short",
        SAMLMetadataDocument=good.strip()[:999],
    )
    bad = {
        "BOM": "\ufeff" + good,
        "page": "<html><body>Sign in</body></html>".ljust(1000),
        "text": "x" * 1000,
        "truncated": good[:-30],
        "no IDPSSODescriptor": good.replace("IDPSSODescriptor", "SPSSODescriptor"),
        "no entityID": good.replace("entityID", "entity"),
        "no key": make_metadata(),
        "weak key": make_metadata(make_weak()),
        "repeated extension": make_metadata(make_repeated_extension()),
        "eleven keys": make_metadata(*[make_certificate()] * 11),
        "no certificate": make_metadata(keys=key_descriptor(b"not a certificate")),
        "DTD": make_metadata(make_certificate(), head='<!DOCTYPE x [<!ENTITY a "b">]>'),
        "XXE": make_metadata(
            make_certificate(), head='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', identifier="_&a;"
        ),
    }
    for document in bad.values():
        refused(
            create, "InvalidInput", "Could not parse metadata", Name="Entra", SAMLMetadataDocument=document.ljust(1000)
        )
    assert loose("iam").list_saml_providers()["SAMLProviderList"] == []


def test_two_certificates_for_a_rotation(iam):
    """facts/aws.md 5.2: up to ten keys."""
    document = make_metadata(make_certificate(), make_certificate("Next"))
    arn = iam.create_saml_provider(Name="Entra", SAMLMetadataDocument=document)["SAMLProviderArn"]
    assert iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] == document


def test_updates(iam, arn, refused):
    """facts/aws.md 5.3, 6.2: an update of the encryption alone keeps the document, which moto loses."""
    refused(
        iam.update_saml_provider,
        "InvalidInput",
        "No updates are defined for metadata or encryption assertion",
        SAMLProviderArn=arn,
    )
    iam.update_saml_provider(SAMLProviderArn=arn, AssertionEncryptionMode="Allowed")
    got = iam.get_saml_provider(SAMLProviderArn=arn)
    assert got["AssertionEncryptionMode"] == "Allowed"
    assert got["SAMLMetadataDocument"] == make_metadata(make_certificate())
    refused(
        iam.update_saml_provider,
        "InvalidInput",
        "Could not parse",
        SAMLProviderArn=arn,
        SAMLMetadataDocument="x" * 1000,
    )
    missing = arn + "Missing"
    refused(
        iam.update_saml_provider, "NoSuchEntity", "", 404, SAMLProviderArn=missing, AssertionEncryptionMode="Allowed"
    )
    refused(
        iam.get_saml_provider, "InvalidInput", "Invalid ARN", SAMLProviderArn=f"arn:aws:iam::{ACCOUNT}:role/Federation"
    )


def test_private_keys(iam, arn, refused):
    """facts/aws.md 5.3, with the texts of AWS."""
    update = iam.update_saml_provider
    refused(
        update,
        "InvalidInput",
        "because no private key is provided",
        SAMLProviderArn=arn,
        AssertionEncryptionMode="Required",
    )
    refused(update, "InvalidInput", "Invalid private key.", SAMLProviderArn=arn, AddPrivateKey="not a key")
    update(SAMLProviderArn=arn, AssertionEncryptionMode="Required", AddPrivateKey=private_key())
    update(SAMLProviderArn=arn, AddPrivateKey=private_key())
    refused(
        update,
        "LimitExceeded",
        "Private key limit of 2 is reached.",
        409,
        SAMLProviderArn=arn,
        AddPrivateKey=private_key(),
    )
    first, second = iam.get_saml_provider(SAMLProviderArn=arn)["PrivateKeyList"]
    assert set(first) == {"KeyId", "Timestamp"}
    both = {"SAMLProviderArn": arn, "AddPrivateKey": private_key(), "RemovePrivateKey": first["KeyId"]}
    refused(update, "InvalidInput", "Unable to add and remove private keys in the same request", **both)
    unknown = {"SAMLProviderArn": arn, "RemovePrivateKey": "A" * 22}
    refused(update, "InvalidInput", "because the Key ID does not match a private key", **unknown)
    update(SAMLProviderArn=arn, RemovePrivateKey=first["KeyId"])
    assert [key["KeyId"] for key in iam.get_saml_provider(SAMLProviderArn=arn)["PrivateKeyList"]] == [second["KeyId"]]


def test_tags(iam, arn, refused):
    """facts/aws.md 5.1; moto has no tags of providers (6.2)."""
    iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "team", "Value": "voice"}, {"Key": "cost", "Value": "1"}])
    iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "team", "Value": "agents"}])
    assert {tag["Key"]: tag["Value"] for tag in iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"]} == {
        "team": "agents",
        "cost": "1",
    }
    iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=["cost"])
    assert iam.get_saml_provider(SAMLProviderArn=arn)["Tags"] == [{"Key": "team", "Value": "agents"}]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    refused(iam.tag_saml_provider, "LimitExceeded", "50", 409, SAMLProviderArn=arn, Tags=many)
    for key in ("aws:mine", "semi;colon"):
        refused(iam.tag_saml_provider, "InvalidInput", "", SAMLProviderArn=arn, Tags=[{"Key": key, "Value": "x"}])


def test_quota(sandbox, refused):
    """facts/aws.md 5.1: 100 providers in an account, here 2."""
    account = {
        "id": "777766665555",
        "access_keys": [{"id": "AKIAFEW0000000000001", "secret": "s"}],
        "quotas": {"saml_providers": 2},
    }
    seed(sandbox, accounts=[account])
    iam = client("iam", key="AKIAFEW0000000000001", secret="s")
    for name in ("One", "Two"):
        iam.create_saml_provider(Name=name, SAMLMetadataDocument=make_metadata(make_certificate()))
    refused(
        iam.create_saml_provider,
        "LimitExceeded",
        "2",
        409,
        Name="Three",
        SAMLMetadataDocument=make_metadata(make_certificate()),
    )


def test_accounts_and_partitions_are_apart(iam, arn, refused):
    gov = client("iam", region="us-gov-west-1", key=GOVERNMENT_KEY)
    response = gov.create_saml_provider(Name="Entra", SAMLMetadataDocument=make_metadata(make_certificate()))
    assert response["SAMLProviderArn"] == f"arn:aws-us-gov:iam::{GOVERNMENT}:saml-provider/Entra"
    assert [item["Arn"] for item in iam.list_saml_providers()["SAMLProviderList"]] == [arn]
    refused(gov.get_saml_provider, "InvalidInput", "", SAMLProviderArn=arn)


def test_replication(sandbox, iam, refused):
    """facts/aws.md 5.1: IAM is eventually consistent."""
    sandbox.world.settings.iam_replication = 60
    arn = iam.create_saml_provider(Name="Entra", SAMLMetadataDocument=make_metadata(make_certificate()))[
        "SAMLProviderArn"
    ]
    refused(iam.get_saml_provider, "NoSuchEntity", "", 404, SAMLProviderArn=arn)
    refused(
        iam.create_saml_provider,
        "EntityAlreadyExists",
        "",
        409,
        Name="Entra",
        SAMLMetadataDocument=make_metadata(make_certificate()),
    )
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    assert iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] == make_metadata(make_certificate())


def test_reads_go_backwards(sandbox, iam, arn):
    """facts/entra.md E3, for IAM: an old replica answers a share of reads until the change is everywhere."""
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    sandbox.world.settings.change({"iam_replication": 60, "iam_flapping": 0.3})
    before, after = (
        iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"],
        make_metadata(make_certificate()),
    )
    iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=after)
    documents = [iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] for _number in range(50)]
    assert set(documents) == {before, after}
    assert before in documents[documents.index(after) :]
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    assert {iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] for _number in range(20)} == {after}


def test_a_document_of_the_largest_size(iam):
    """facts/aws.md 5.1: 10 000 000 characters."""
    document = make_metadata(make_certificate()).ljust(10_000_000)
    arn = iam.create_saml_provider(Name="Large", SAMLMetadataDocument=document)["SAMLProviderArn"]
    assert len(iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"]) >= len(document.strip())
