# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection.

"""botocore's descriptions of AWS's services, parsed once a run and not by each module that makes a client."""

from __future__ import annotations

import functools
import importlib
import typing as t

#: The services that the modules call, and what botocore reads of each to make a client and its paginators.
SERVICES: t.Final = ("connect", "iam", "sts")
KINDS: t.Final = ("service-2", "paginators-1", "endpoint-rule-set-1")
COMMON: t.Final = ("endpoints", "partitions", "sdk-default-configuration", "_retry")


@functools.cache
def parsed() -> t.Any:
    """A loader of botocore that has read them."""
    loader = importlib.import_module("botocore.loaders").create_loader()
    for name in COMMON:
        loader.load_data_with_path(name)
    for service in SERVICES:
        for kind in KINDS:
            loader.load_service_model(service, kind)
    for kind in KINDS:
        loader.list_available_services(kind)
    return loader


def hand_over() -> None:
    """Have the sessions that this process makes use that loader."""
    if parsed.cache_info().currsize:
        importlib.import_module("botocore").register_initializer(share)


def share(session: t.Any) -> None:
    """Have a session of botocore use that loader, unless its user names descriptions of their own (AWS_DATA_PATH)."""

    def loader() -> t.Any:
        data_path = session.get_config_variable("data_path")
        return importlib.import_module("botocore.loaders").create_loader(data_path) if data_path else parsed()

    session.lazy_register_component("data_loader", loader)
