# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import time
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox
from installed import ENCRYPTION, needs_encryption
from processes import wait_for
from support import ModuleResult, run_module, start_module

ARN = "arn:aws:iam::123456789012:saml-provider/Entra"


@pytest.fixture
def provider(aws: dict[str, str]) -> t.Callable[..., ModuleResult]:
    """Run the module on the provider Entra; options that begin with an underscore are the run's own, check above
    all.
    """

    def run(_check: bool = False, **params: t.Any) -> ModuleResult:
        return run_module(
            "iam_saml_provider", {"name": "Entra", "account_id": "123456789012"} | params, aws, check=_check
        )

    return run


def operations(sandbox: Sandbox) -> list[str]:
    """The operations since the last time that this was asked."""
    seen = [entry["operation"] for entry in sandbox.world.traffic]
    sandbox.world.traffic.clear()
    return seen


def test_the_whole_life(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], saml: SimpleNamespace, old: str, new: str
) -> None:
    sandbox.world.settings.refuse_writes = True
    predicted = provider(metadata=old, tags={"team": "voice"}, _check=True)
    assert operations(sandbox) == ["GetSAMLProvider"]
    sandbox.world.settings.refuse_writes = False
    assert predicted["changed"]
    assert predicted["saml_provider"]["arn"] == ARN

    created = provider(metadata=old, tags={"team": "voice"})
    assert created["changed"]
    assert (created["actions"], created["diff"]) == (predicted["actions"], predicted["diff"])
    assert created["actions"] == [f"Create the SAML provider 'Entra' for {saml.entity_id}"]
    assert operations(sandbox) == ["GetSAMLProvider", "CreateSAMLProvider", "GetSAMLProvider"]
    assert ("uuid" in created["saml_provider"]) == ENCRYPTION
    assert created["saml_provider"]["sign_in_url"] == "https://signin.aws.amazon.com/saml"
    assert created["saml_provider"]["tags"] == {"team": "voice"}

    for same in (
        old,
        "\ufeff" + old,
        "\n" + old.replace("><", ">\n  <").replace('"_1"', '"_9"').replace(">_1<", ">_9<"),
    ):
        again = provider(metadata=same, tags={"team": "voice"})
        assert not again["changed"]
        assert again["actions"] == []
        assert again["diff"]["before"] == again["diff"]["after"]
        assert again["saml_provider"] == created["saml_provider"]
        assert operations(sandbox) == ["GetSAMLProvider"]

    sandbox.world.settings.refuse_writes = True
    expected = provider(metadata=new, tags={"team": "chat"}, _check=True)
    assert operations(sandbox) == ["GetSAMLProvider"]
    sandbox.world.settings.refuse_writes = False
    changed = provider(metadata=new, tags={"team": "chat"})
    assert (changed["actions"], changed["diff"]) == (expected["actions"], expected["diff"])
    assert operations(sandbox) == ["GetSAMLProvider", "TagSAMLProvider", "UpdateSAMLProvider", "GetSAMLProvider"]
    assert changed["saml_provider"].get("uuid") == created["saml_provider"].get("uuid")
    assert not provider(metadata=new)["changed"]

    operations(sandbox)
    sandbox.world.settings.refuse_writes = True
    assert provider(state="absent", _check=True)["changed"]
    assert operations(sandbox) == ["GetSAMLProvider"]
    sandbox.world.settings.refuse_writes = False
    deleted = provider(state="absent")
    assert deleted["changed"]
    assert deleted["saml_provider"] == {}
    assert deleted["diff"]["after"] == {}
    assert operations(sandbox) == ["GetSAMLProvider", "DeleteSAMLProvider", "GetSAMLProvider"]
    assert not provider(state="absent")["changed"]
    assert operations(sandbox) == ["GetSAMLProvider"]


def test_without_the_account_sts_is_asked_once(sandbox: Sandbox, aws: dict[str, str], new: str) -> None:
    for _turn in range(2):
        result = run_module("iam_saml_provider", {"name": "Entra", "metadata": new}, aws)
        assert result["saml_provider"]["arn"] == ARN
    assert operations(sandbox)[-2:] == ["GetCallerIdentity", "GetSAMLProvider"]


def test_merge_keeps_what_is_trusted(provider: t.Callable[..., ModuleResult], old: str, new: str) -> None:
    before = {row["thumbprint"] for row in provider(metadata=old)["saml_provider"]["certificates"]}
    merged = provider(metadata=new, certificates="merge")
    after = {row["thumbprint"] for row in merged["saml_provider"]["certificates"]}
    assert before < after
    assert len(after) == 2
    assert not provider(metadata=new, certificates="merge")["changed"]
    assert not provider(metadata=old, certificates="merge")["changed"]
    replaced = provider(metadata=new)
    assert {row["thumbprint"] for row in replaced["saml_provider"]["certificates"]} == after - before


def test_govcloud(sandbox: Sandbox, govcloud: dict[str, str], new: str) -> None:
    for account in ({}, {"account_id": "210987654321"}):
        result = run_module("iam_saml_provider", {"name": "Entra", "metadata": new} | account, govcloud)
        assert result["saml_provider"]["arn"] == "arn:aws-us-gov:iam::210987654321:saml-provider/Entra"
        assert result["saml_provider"]["sign_in_url"] == "https://signin.amazonaws-us-gov.com/saml"
    assert {entry["host"] for entry in sandbox.world.traffic.entries("iam")} == {"iam.us-gov.amazonaws.com"}


def hostile(saml: SimpleNamespace) -> dict[str, tuple[dict[str, t.Any], str]]:
    """Metadata and what comes with it → the words that tell why it is refused."""
    good = saml.metadata(saml.certificate())
    bomb = "".join(f'<!ENTITY a{n} "{"&a" + str(n - 1) + ";" if n else "lol"}&a{max(n - 1, 0)};">' for n in range(10))
    return {
        "an HTML page": ({"metadata": "<!DOCTYPE html><html><body>Sign in</body></html>"}, "HTML page"),
        "truncated": ({"metadata": good[:-200]}, "not complete, well-formed XML"),
        "an external entity": (
            {"metadata": good.replace("?>", '?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>', 1)},
            "document type declaration",
        ),
        "an entity bomb": (
            {"metadata": good.replace("?>", f"?><!DOCTYPE a [{bomb}]>", 1)},
            "document type declaration",
        ),
        "eleven megabytes": ({"metadata": good + "<!--" + "x" * 11_000_000 + "-->"}, "at most 10,000,000"),
        "another tenant's": (
            {"metadata": good, "expected_entity_id": "https://sts.windows.net/other/"},
            "not of https://sts.windows.net/other/",
        ),
        "a thumbprint that is absent": (
            {"metadata": good, "expected_thumbprints": ["0" * 40]},
            "lacks the signing certificate 0000",
        ),
        "a service provider's": (
            {"metadata": good.replace("IDPSSODescriptor", "SPSSODescriptor")},
            "no IDPSSODescriptor",
        ),
        "no signing certificate": (
            {"metadata": saml.metadata(keys="", head="<!--" + "x" * 1000 + "-->")},
            "no signing certificate",
        ),
        "a weak key": ({"metadata": saml.metadata(saml.weak())}, "weak key of 512 bits"),
        "a repeated extension": ({"metadata": saml.metadata(saml.repeated_extension())}, "repeats an X.509 extension"),
        "an expired certificate": (
            {"metadata": saml.metadata(saml.certificate("expired", begins=-900, ends=-5))},
            "is valid now",
        ),
        "empty": ({"metadata": ""}, "needs metadata|is empty"),
        "none": ({}, "needs metadata"),
        "no such file": ({"metadata_file": "/nowhere/metadata.xml"}, "cannot be read"),
        "a bad name": ({"name": "a b", "metadata": good}, "not a name for an IAM SAML provider"),
        "a bad account": ({"account_id": "12", "metadata": good}, "not the id of an AWS account"),
        "encryption without a key": (
            {"metadata": good, "assertion_encryption_mode": "required"},
            "without a private key" if ENCRYPTION else "needs botocore",
        ),
        "a bad key": (
            {"metadata": good, "private_key": "certainly no key"},
            "private_key is not a private key in PEM" if ENCRYPTION else "needs botocore",
        ),
        "two sources": ({"metadata": good, "metadata_file": "/dev/null"}, "mutually exclusive"),
    }


def test_what_is_refused_before_the_first_write(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], saml: SimpleNamespace
) -> None:
    for name, (params, message) in hostile(saml).items():
        result = provider(**params)
        assert result.failed, name
        assert not result.get("changed"), name
        assert re.search(message, result["msg"]), (name, result["msg"][:500])
        assert len(result["msg"]) < 600, name
        assert "certainly no key" not in result["msg"]
        assert sandbox.world.traffic.writes() == [], name


def test_a_certificate_that_nears_its_end_is_a_warning(
    provider: t.Callable[..., ModuleResult], saml: SimpleNamespace
) -> None:
    left = (time.time() - saml.now.timestamp()) // 86400
    document = saml.metadata(saml.certificate("short", ends=int(left) + 20))
    assert any("expires on" in warning for warning in provider(metadata=document).warnings)
    assert provider(metadata=document, warn_days=5).warnings == []


def test_a_metadata_file(provider: t.Callable[..., ModuleResult], new: str, tmp_path: Path) -> None:
    file = tmp_path / "metadata.xml"
    file.write_bytes(b"\xef\xbb\xbf" + new.encode())
    assert provider(metadata_file=str(file))["changed"]
    assert not provider(metadata=new)["changed"]


def test_check_mode_before_the_metadata_exists(
    provider: t.Callable[..., ModuleResult], saml: SimpleNamespace, old: str
) -> None:
    create = provider(expected_entity_id=saml.entity_id, _check=True)
    assert create["actions"] == provider(metadata=old, expected_entity_id=saml.entity_id)["actions"]
    update = provider(expected_entity_id=saml.entity_id, _check=True)
    assert update["actions"] == [f"Update the SAML provider 'Entra' with the metadata of {saml.entity_id}"]
    assert "needs metadata" in provider(expected_entity_id=saml.entity_id)["msg"]


@needs_encryption
def test_assertion_encryption(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], new: str, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(*form))
    secret = file.read_text().splitlines()[3]
    options = {"metadata": new, "assertion_encryption_mode": "required", "private_key_file": str(file)}
    created = provider(**options)
    saml_provider = created["saml_provider"]
    assert saml_provider["assertion_encryption_mode"] == "required"
    assert (
        saml_provider["sign_in_url"] == f"https://eu-central-1.signin.aws.amazon.com/saml/acs/{saml_provider['uuid']}"
    )
    assert not provider(**options)["changed"]
    second = provider(metadata=new, private_key=file.read_text(), private_key_update="always")
    assert len(second["saml_provider"]["private_keys"]) == 2
    assert (
        "has 2 private keys already"
        in provider(metadata=new, private_key_file=str(file), private_key_update="always")["msg"]
    )
    first_key = saml_provider["private_keys"][0]["key_id"]
    removed = provider(metadata=new, remove_private_keys=[first_key])
    assert removed["actions"] == [f"Remove the private key {first_key} from the SAML provider 'Entra'"]
    assert not provider(metadata=new, remove_private_keys=[first_key])["changed"]
    last_key = removed["saml_provider"]["private_keys"][0]["key_id"]
    assert "without a private key" in provider(metadata=new, remove_private_keys=[last_key])["msg"]
    allowed = provider(metadata=new, remove_private_keys=[last_key], assertion_encryption_mode="allowed")
    assert allowed["saml_provider"]["sign_in_url"] == "https://signin.aws.amazon.com/saml"
    assert allowed["saml_provider"]["private_keys"] == []
    for result in (created, second, removed, allowed):
        assert secret not in result.raw


def test_replication_is_waited_for(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], old: str, new: str
) -> None:
    sandbox.world.settings.iam_replication = 2.0
    created = provider(metadata=old)
    assert created["saml_provider"]["arn"] == ARN
    changed = provider(metadata=new)
    assert changed["saml_provider"]["certificates"] != created["saml_provider"]["certificates"]
    assert not provider(metadata=new)["changed"]
    assert provider(state="absent")["changed"]
    assert not provider(state="absent")["changed"]


def test_a_wait_that_ends(sandbox: Sandbox, provider: t.Callable[..., ModuleResult], old: str) -> None:
    sandbox.world.settings.iam_replication = 3600.0
    result = provider(metadata=old, wait_timeout=1)
    waited = "waiting for IAM to show the SAML provider 'Entra' as it was written"
    assert f"Timed out after 1 seconds {waited}" in result["msg"]
    assert result["changed"]


def test_a_lost_answer_makes_no_second_provider(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], old: str
) -> None:
    sandbox.world.faults.add(Fault("iam", "CreateSAMLProvider", kind="lost"))
    assert provider(metadata=old)["changed"]
    assert not provider(metadata=old)["changed"]


@needs_encryption
def test_a_lost_answer_adds_no_second_private_key(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], new: str
) -> None:
    """The request that is repeated finds the provider that the first one made, with the key."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key = rsa.generate_private_key(65537, 2048).private_bytes(*form).decode()
    options = {"metadata": new, "assertion_encryption_mode": "allowed", "private_key": key}
    sandbox.world.faults.add(Fault("iam", "CreateSAMLProvider", kind="lost"))
    created = provider(**options, private_key_update="always")
    assert created["changed"]
    assert len(created["saml_provider"]["private_keys"]) == 1
    assert not provider(**options)["changed"]
    assert len(provider(**options, private_key_update="always")["saml_provider"]["private_keys"]) == 2


@pytest.mark.parametrize("seed", range(3))
def test_an_older_version_is_read(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], old: str, new: str, seed: int
) -> None:
    """A replica that is behind shows the provider as it was, or none: nothing that was written is lost."""
    sandbox.world.settings.change({"iam_replication": 1.0, "iam_flapping": 0.5, "flapping_seed": seed})
    first = provider(metadata=old)["saml_provider"]["certificates"]
    second = provider(metadata=new, certificates="merge")["saml_provider"]["certificates"]
    assert len(second) == 2
    again = provider(metadata=new, certificates="merge", tags={"team": "voice"})
    assert not again.failed, again["msg"]
    sandbox.world.settings.iam_replication = 0.0
    settled = provider(metadata=new, certificates="merge", tags={"team": "voice"})
    assert not settled["changed"]
    assert settled["saml_provider"]["certificates"] == second
    assert len(first) == 1


def meet(sandbox: Sandbox, operation: str, times: int) -> None:
    """Return once modules that run have called an operation so many times."""
    wait_for(lambda: len(sandbox.world.traffic.entries("iam", operation)) >= times, operation)


def test_a_stopped_run_is_finished_by_the_next(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], aws: dict[str, str], old: str, new: str
) -> None:
    """The next run is told that there is no provider, then that it exists; it waits until IAM shows it and updates
    it.
    """
    sandbox.world.settings.iam_replication = 3600.0
    options = {"name": "Entra", "account_id": "123456789012"}
    stopped = start_module("iam_saml_provider", options | {"metadata": old}, aws)
    meet(sandbox, "CreateSAMLProvider", 1)
    stopped.kill()
    stopped.communicate()
    following = start_module("iam_saml_provider", options | {"metadata": new, "tags": {"a": 1}}, aws)
    meet(sandbox, "CreateSAMLProvider", 2)
    sandbox.world.settings.iam_replication = 0.0
    output, errors = following.communicate(timeout=600)
    assert following.returncode == 0, output + errors
    assert [entry["error"] for entry in sandbox.world.traffic.entries("iam", "CreateSAMLProvider")] == [
        "",
        "EntityAlreadyExists",
    ]
    again = provider(metadata=new, tags={"a": "1"})
    assert not again["changed"]
    assert again["saml_provider"]["tags"] == {"a": "1"}


def test_a_refusal_says_what_was_tried(sandbox: Sandbox, provider: t.Callable[..., ModuleResult], old: str) -> None:
    sandbox.world.faults.add(
        Fault("iam", "CreateSAMLProvider", status=403, code="AccessDenied", message="not authorized")
    )
    result = provider(metadata=old)
    assert result["msg"].startswith(
        "Could not create the SAML provider 'Entra': AWS answered AccessDenied: not authorized"
    )
    assert result["error_code"] == "AccessDenied"
    assert result["failed_action"].startswith("Create the SAML provider")
    assert result["changed"] is False


def test_info(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], aws: dict[str, str], old: str, new: str
) -> None:
    assert run_module("iam_saml_provider_info", {}, aws)["saml_providers"] == []
    provider(metadata=old)
    other = provider(name="Another", metadata=new)["saml_provider"]
    operations(sandbox)
    every = run_module("iam_saml_provider_info", {}, aws, check=True)
    assert [row["name"] for row in every["saml_providers"]] == ["Another", "Entra"]
    assert every["saml_providers"][0] == other
    assert operations(sandbox) == ["ListSAMLProviders", "GetSAMLProvider", "GetSAMLProvider"]
    named = run_module("iam_saml_provider_info", {"name": "Another", "account_id": "123456789012"}, aws)
    assert named["saml_providers"] == [other]
    assert operations(sandbox) == ["GetSAMLProvider"]
    assert run_module("iam_saml_provider_info", {"name": "Nobody"}, aws)["saml_providers"] == []


def test_only_what_this_collection_made_is_removed(provider: t.Callable[..., ModuleResult], old: str) -> None:
    provider(metadata=old, tags={"managed-by": "others"})
    left = provider(state="absent", only_managed=True)
    assert (left["changed"], left["actions"]) == (False, [])
    provider(metadata=old, tags={"managed-by": "openccp.federation"}, adopt=True)
    assert provider(state="absent", only_managed=True, _check=True)["changed"]
    assert provider(state="absent", only_managed=True)["actions"] == ["Delete the SAML provider 'Entra'"]
    assert not provider(state="absent", only_managed=True)["changed"]
