# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where people sign in to AWS and find its console: a host for the whole partition and one for each Region (facts 4.1, 5.4)."""

from __future__ import annotations

import dataclasses
import re
import typing as t
import urllib.parse


@dataclasses.dataclass(frozen=True)
class Site:
    """One partition's hosts. audiences: what a response may be meant for. cookies: the domain that they share."""

    partition: str
    signin: str
    console: str
    cookies: str
    audiences: frozenset[str]
    region: str

    def host(self, kind: str, host: str) -> str | None:
        """The Region of a host of one kind, the partition's own for the host without one; None when it is another host."""
        name = getattr(self, kind)
        found = re.fullmatch(rf"(?:([a-z]{{2}}(?:-[a-z]+)+-\d)\.)?{re.escape(name)}", host)
        return (found[1] or self.region) if found else None

    def in_console(self, url: str) -> bool:
        """Whether an address is one of this partition's console."""
        parts = urllib.parse.urlsplit(url)
        return parts.scheme == "https" and parts.hostname is not None and self.host("console", parts.hostname) is not None

    def takes(self, url: str) -> bool:
        """Whether a reply URL is one of this partition's."""
        found = re.fullmatch(r"https://([^/?#]+)(/saml|/static/saml|/saml/acs/[A-Z0-9]+)", url)
        return found is not None and self.host("signin", found[1]) is not None


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
    return "|".join(rf"(?:[a-z]{{2}}(?:-[a-z]+)+-\d\.)?{re.escape(getattr(site, kind))}" for site in SITES)


def site_of(kind: str, host: str) -> tuple[Site, str]:
    """The site and the Region of a host."""
    return next((site, region) for site in SITES if (region := site.host(kind, host)))


def site_named(partition: str) -> Site:
    """The site of a partition."""
    return next(site for site in SITES if site.partition == partition)
