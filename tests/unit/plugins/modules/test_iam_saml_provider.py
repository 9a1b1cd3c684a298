# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import boto3
import pytest
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_provider_resource import (
    ENCRYPTION_OPTIONS,
    SamlProviderResource,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

PARAMS: dict[str, t.Any] = dict.fromkeys(ENCRYPTION_OPTIONS) | {"name": "Entra", "state": "present", "wait_timeout": 1}


def module(**params: t.Any) -> t.Any:
    """A module under an old botocore, whose requests go nowhere."""
    return SimpleNamespace(
        params=PARAMS | params,
        check_mode=False,
        client=lambda service, **settings: boto3.client(service, region_name="eu-central-1", **settings),
        botocore_at_least=lambda version: False,
    )


@pytest.mark.parametrize(
    "params",
    [
        {"assertion_encryption_mode": "allowed"},
        {"private_key": "-----BEGIN"},
        {"private_key_file": "key.pem"},
        {"remove_private_keys": ["A" * 22]},
    ],
)
def test_encryption_needs_a_newer_botocore(params: dict[str, t.Any]) -> None:
    with pytest.raises(InvalidInput, match=r"needs botocore 1\.36\.13 or newer"):
        SamlProviderResource(module(**params)).read()


def test_all_else_does_not() -> None:
    with pytest.raises(InvalidInput, match="needs metadata"):
        SamlProviderResource(module(metadata=None, metadata_file=None, metadata_url=None)).read()
