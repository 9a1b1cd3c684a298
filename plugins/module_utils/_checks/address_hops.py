# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The hops of the application's addresses: identifier, reply URL, relay state."""

from __future__ import annotations

import collections.abc
import re
import typing as t
from urllib.parse import unquote, urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._checks import advice, symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, Problem
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import (
    Path,
    judged,
    unknown,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import Arn
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import PARTITIONS, Partition
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import (
    RelayState,
    accepted_audiences,
    audience_of,
    check_reply_url,
    in_sign_in_table,
    is_of_user_pool,
    leads_to_new_domain,
    parse_relay_state,
    relay_state,
    reply_url,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

_RESILIENT: t.Final = ".sign-in.connect.aws"


def identifier(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether AWS is the audience."""
    app, accepted = path.application, accepted_audiences(path.desired.partition)
    first = next(iter(app.identifiers), "")
    overridden = path.policy.audience_override if path.policy else None
    audience = overridden or audience_of(first)
    evidence = {"identifiers": list(app.identifiers), "audience": audience, "accepted": list(accepted)}
    if overridden:
        reason = f"The claims policy sends the audience {overridden!r}."
        problems = [Problem(reason, symptoms.AUDIENCE, f"{advice.application(path, audience_override=accepted[-1])}.")]
        yield judged("identifier", app.name, [] if overridden in accepted else problems, evidence)
        return
    if audience not in accepted:
        fix = f"{advice.application(path, identifiers=[f'{accepted[-1]}#{_suffix(app.name)}'])}."
        reason = f"The audience is {audience!r}." if first else "The application has no identifier."
        yield judged(
            "identifier",
            app.name,
            [Problem(reason, symptoms.AUDIENCE, fix)],
            evidence,
        )
        return
    others = [uri for uri in app.identifiers if audience_of(uri) not in accepted and not is_of_user_pool(uri)]
    warning = (
        f"Which of its identifiers is sent is for Entra to say; AWS does not take {', '.join(others)}."
        if others
        else ""
    )
    if "#" in first and not app.gallery:
        warning = "Microsoft documents for applications of the gallery alone that '#' and what follows it are not sent."
    yield Finding("identifier", app.name, "warning" if warning else "pass", warning, evidence)


def _suffix(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def where_posted(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the response goes to AWS's sign-in."""
    app, posted = path.application, path.reply_url
    evidence = {"reply_urls": list(app.reply_urls)}
    fix = _reply_advice(path)
    if posted is None:
        yield judged(
            "reply_url", app.name, [Problem("The application has no reply URL.", symptoms.NO_REPLY_URL, fix)], evidence
        )
        return
    problems = [problem for url in app.reply_urls[:1] for problem in _reply_problems(path, url, fix)]
    alternatives = [url for url in app.reply_urls[1:] if not (app.has_default and is_of_user_pool(url))]
    others = [url for url in alternatives if list(_reply_problems(path, url, fix))]
    if not problems and not in_sign_in_table(posted, path.desired.partition):
        reason = (
            f"{posted} is not in AWS's table of sign-in endpoints; where it works, nothing guarantees that it "
            "continues to."
        )
        yield Finding("reply_url", app.name, "warning", reason, evidence, fix=fix)
        return
    if problems or not others:
        yield judged("reply_url", app.name, problems, evidence)
        return
    reason = f"Which of its reply URLs Entra posts to is not fixed; {', '.join(others)} would not do."
    yield Finding("reply_url", app.name, "warning", reason, evidence, fix=fix)


def _reply_advice(path: Path) -> str:
    """A reply URL that the role trusts already, the Region's own before the global one; else both sides of another."""
    partition = path.desired.partition
    urls = [reply_url(partition, path.desired.home.region), reply_url(partition)]
    role, provider_arn = path.role, path.provider_arn
    if role is not None and provider_arn is not None:
        for url in urls:
            if path.trusts(role, provider_arn, url, path.everybody[0][1]).effect == "allow":
                return f"{advice.application(path, reply_urls=[url])}."
    return f"{advice.application(path, reply_urls=urls[:1])}, and connect_federation_role with the same."


def _reply_problems(path: Path, url: str, fix: str) -> collections.abc.Iterator[Problem]:
    reason = path.wrong_with(url)
    if not reason:
        return
    host = (urlsplit(url).hostname or "").lower()
    others = [partition.signin_host for partition in PARTITIONS.values() if partition != path.desired.partition]
    symptom = symptoms.ELSEWHERE
    if _reaches_aws(url, path.desired.partition):
        symptom = symptoms.INVALID_RESPONSE
    elif any(host == other or host.endswith(f".{other}") for other in others):
        symptom = symptoms.NO_SUCH_PROVIDER
    yield Problem(reason, symptom, fix)


def _reaches_aws(url: str, partition: Partition) -> bool:
    """Whether the browser finds AWS's sign-in there, as it does when only the case of the host differs."""
    parts = urlsplit(url)
    try:
        check_reply_url(parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl(), partition)
    except InvalidInput:
        return False
    return True


def landing(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the relay state leads to the instance."""
    app = path.application
    posted = urlsplit(path.reply_url or "").hostname or ""
    if posted.endswith(_RESILIENT):
        yield unknown("relay_state", app.name, "The sign-in of Global Resiliency takes none; it is not evaluated here.")
        return
    expected = _expected_relay_state(path)
    fix = f"{advice.application(path, relay_state=expected)}."
    evidence = {"relay_state": app.relay_state, "expected": expected}
    yield judged(
        "relay_state",
        app.name,
        [problem._replace(fix=fix) for problem in _relay_problems(path, app.relay_state or "")],
        evidence,
    )


def _expected_relay_state(path: Path) -> str:
    home, destination = path.desired.home, path.desired.destination or ""
    new_domain = leads_to_new_domain(path.facts.instance.access_url if path.facts.instance else "", destination)
    return relay_state(home.region, home.instance_id, destination or None, new_domain=new_domain)


def _relay_problems(path: Path, text: str) -> collections.abc.Iterator[Problem]:
    home = path.desired.home
    if not text:
        yield Problem("There is no relay state.", symptoms.CONSOLE_HOME)
        return
    try:
        relay_state = parse_relay_state(text)
    except InvalidInput as error:
        yield Problem(error.message, _unusable(path, text))
        return
    if relay_state.partition != home.partition:
        yield Problem(
            f"It leads to the partition {relay_state.partition}, the instance is in {home.partition}.",
            symptoms.CONSOLE_HOME,
        )
        return
    region = relay_state.region or path.desired.partition.console_region
    if region != home.region:
        where = f"leads to the Region {region}," if relay_state.region else "names no Region, so AWS chooses one;"
        yield Problem(f"It {where} the instance is in {home.region}.", _symptom_at(path, relay_state, region))
    if relay_state.instance_id != home.instance_id:
        case = (
            " They differ only in case, and both are case-sensitive."
            if relay_state.instance_id.lower() == home.instance_id.lower()
            else ""
        )
        yield Problem(
            f"It leads to the instance {relay_state.instance_id}, not to {home.instance_id}.{case}",
            _symptom_at(path, relay_state, region),
        )
    if missing := _missing_page(path, relay_state):
        yield Problem(missing, symptoms.NO_CCP)
    desired = path.desired.destination
    if desired is not None and _page(relay_state.destination or "") != _page(desired):
        yield Problem(
            f"It leads to the page {relay_state.destination or '(home)'}, not to {desired or '(home)'}.",
            symptoms.OTHER_PAGE,
        )


def _missing_page(path: Path, relay_state: RelayState) -> str:
    """Why the page is not on the domain that an agent is led to; empty where it is."""
    if path.facts.instance is None:
        return ""
    try:
        leads_to_new_domain(
            path.facts.instance.access_url, _page(relay_state.destination or ""), relay_state.new_domain
        )
    except InvalidInput as error:
        return error.message
    return ""


def _page(destination: str) -> str:
    """A page of the instance as its server sees it, which decodes the path that the browser asks for; an address
    elsewhere as it is.
    """
    return destination if not destination or "://" in destination else "/" + unquote(destination).lstrip("/")


def _unusable(path: Path, text: str) -> str:
    """AWS follows a relay state to any page of the partition's console, and to nothing else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return symptoms.CONSOLE_HOME
    host, console = parts.hostname or "", path.desired.partition.console_host
    in_console = parts.scheme == "https" and (host == console or host.endswith("." + console))
    if in_console and re.fullmatch(r"/connect/federate/[^/]+", parts.path):
        return symptoms.DENIED
    return symptoms.CONSOLE_HOME


def _symptom_at(path: Path, relay_state: RelayState, region: str) -> str:
    """What an agent of this role sees at another instance."""
    if path.role is None:
        return ""
    other = Arn(
        relay_state.partition, "connect", region, path.desired.home.account, f"instance/{relay_state.instance_id}"
    )
    return (
        symptoms.NOT_ONBOARDED
        if path.permits(path.role, other, path.everybody[0][1]).effect == "allow"
        else symptoms.DENIED
    )
