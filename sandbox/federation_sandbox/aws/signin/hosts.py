# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of AWS sign-in and of the console: one for each partition, and one for each Region (facts/aws.md
4.1, 5.4).
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t
import urllib.parse

import botocore.session

#: third parties use this host, which AWS's table of sign-in endpoints does not have: us-east-1 has the address without
#: a Region
UNDOCUMENTED: t.Final = "us-east-1.signin.aws.amazon.com"


@functools.cache
def _regions(partition: str) -> frozenset[str]:
    """The Regions of a partition, as botocore knows them."""
    loader = botocore.session.get_session().get_component("data_loader")
    named = next(each for each in loader.load_data("partitions")["partitions"] if each["id"] == partition)
    return frozenset(region for region in named["regions"] if not region.endswith("-global"))


@dataclasses.dataclass(frozen=True)
class Site:
    """The hosts of a partition. audiences: the accepted audiences of a response. cookies: the domain of the cookies."""

    partition: str
    signin: str
    console: str
    cookies: str
    audiences: frozenset[str]
    region: str

    def host(self, kind: str, host: str) -> str | None:
        """The Region of a host of one kind; for the host without a Region that of the partition, None for any other
        host.
        """
        name = getattr(self, kind)
        match = re.fullmatch(rf"(?:([a-z0-9-]+)\.)?{re.escape(name)}", host)
        if match is None or (match[1] and match[1] not in _regions(self.partition)):
            return None
        return match[1] or self.region

    def in_console(self, url: str) -> bool:
        """Whether an address belongs to the console of this partition."""
        parts = urllib.parse.urlsplit(url)
        return (
            parts.scheme == "https" and parts.hostname is not None and self.host("console", parts.hostname) is not None
        )

    def takes(self, url: str, undocumented: bool) -> bool:
        """Whether a reply URL belongs to this partition. undocumented: whether the host that AWS's table does not list
        is accepted.
        """
        match = re.fullmatch(r"https://([^/?#]+)(/saml|/static/saml|/saml/acs/[A-Z0-9]+)", url)
        if match is None or (match[1] == UNDOCUMENTED and not undocumented):
            return False
        return self.host("signin", match[1]) is not None


SITES: t.Final = (
    Site(
        "aws",
        "signin.aws.amazon.com",
        "console.aws.amazon.com",
        "aws.amazon.com",
        frozenset({"https://signin.aws.amazon.com/saml", "urn:amazon:webservices"}),
        "us-east-1",
    ),
    Site(
        "aws-us-gov",
        "signin.amazonaws-us-gov.com",
        "console.amazonaws-us-gov.com",
        "amazonaws-us-gov.com",
        frozenset({"urn:amazon:webservices:govcloud"}),
        "us-gov-west-1",
    ),
    Site(
        "aws-cn",
        "signin.amazonaws.cn",
        "console.amazonaws.cn",
        "amazonaws.cn",
        frozenset({"https://signin.amazonaws.cn/saml", "urn:amazon:webservices:cn-north-1"}),
        "cn-north-1",
    ),
)


def pattern(kind: str) -> str:
    """A pattern of the hosts of one kind."""
    return "|".join(
        rf"(?:(?:{'|'.join(sorted(_regions(site.partition)))})\.)?{re.escape(getattr(site, kind))}" for site in SITES
    )


def site_of(kind: str, host: str) -> tuple[Site, str]:
    """The partition's hosts and the Region of a host."""
    return next((site, region) for site in SITES if (region := site.host(kind, host)))


def site_named(partition: str) -> Site:
    """The hosts of a partition."""
    return next(site for site in SITES if site.partition == partition)
