# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Modules that use AWS, with the options and clients of amazon.aws."""

from __future__ import annotations

import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.botocore import (
    boto3_conn,
    botocore_at_least,
    get_aws_connection_info,
    get_aws_region,
)
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule, aws_argument_spec
from ansible_collections.openccp.federation.plugins.module_utils._definition import ControllerModule, Definition
from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule


class AwsControllerModule(ControllerModule):
    """What a module's work needs of AnsibleAWSModule."""

    @property
    def region(self) -> str | None:
        """The Region of the options, else of the profile."""
        return get_aws_region(t.cast("t.Any", self))

    def client(self, service: str, **options: t.Any) -> t.Any:
        """A boto3 client with the credentials of the options."""
        region, endpoint_url, connection = get_aws_connection_info(t.cast("t.Any", self))
        defaults = {"region": region, "endpoint": endpoint_url, **connection}
        return boto3_conn(t.cast("t.Any", self), "client", service, **{**defaults, **options})

    def botocore_at_least(self, version: str) -> bool:
        """Whether botocore is that new."""
        return bool(botocore_at_least(version))


class AwsDefinition(Definition):
    """A module that uses AWS."""

    stand_in = AwsControllerModule

    def argument_spec(self) -> dict[str, t.Any]:
        """Its options, and those of amazon.aws's modules."""
        return {**aws_argument_spec(), **self.options}

    def new_module(self) -> AwsModule:
        """The module that Ansible has started in this process."""
        return AnsibleAWSModule(
            check_boto3=False,  # require names all that is missing at once
            argument_spec=dict(self.options),
            supports_check_mode=True,
            **self.rules,
        )
