# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The federation role's two policies: who may take it (trust) and what it may do (permission).

Policies are dictionaries in IAM's form. Those that IAM returns are URL-encoded JSON; `parse` takes every form.
"""

from __future__ import annotations

import json
import typing as t
from urllib.parse import unquote

from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    check_instance_id,
    parse_connect_instance_arn,
    parse_saml_provider_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import undocumented_spelling
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

Policy = dict[str, t.Any]

TRUST_LIMIT = 2048
"""Characters of a trust policy, white space not counted; an account's quota can be raised to 4,096."""
INLINE_LIMIT = 10240
"""Characters of all inline policies of a role together, white space not counted."""

_ANSWERS: t.Mapping[str, tuple[str, ...]] = {
    "Role.AssumeRolePolicyDocument": ("Role", "AssumeRolePolicyDocument"),
    "AssumeRolePolicyDocument": ("AssumeRolePolicyDocument",),
    "PolicyVersion.Document": ("PolicyVersion", "Document"),
    "PolicyDocument": ("PolicyDocument",),
    "Document": ("Document",),
    "Roles[0].AssumeRolePolicyDocument": ("Roles",),
}
"""Where the answers of AWS's command line have a policy."""
_VERSION = "2012-10-17"
_FIRST_VERSION = "2008-10-17"
_CASELESS_LISTS = ("Action", "NotAction")
_LISTS = ("Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")


def trust_policy(
    provider_arns: t.Sequence[str],
    reply_urls: t.Sequence[str],
    *,
    tag_session: bool = False,
    set_source_identity: bool = False,
) -> Policy:
    """Who may take the role: sessions that these SAML providers vouch for, posted to exactly these reply URLs.

    tag_session: allow session tags, for claims PrincipalTag and TransitiveTagKeys.
    set_source_identity: allow a source identity, for the claim SourceIdentity.
    A reply URL with `*` (Global Resiliency) makes the comparison StringLike.
    """
    if not provider_arns or not reply_urls:
        raise InvalidInput("A trust policy needs at least one SAML provider and one reply URL.")
    for arn in provider_arns:
        parse_saml_provider_arn(arn)
    actions = ["sts:AssumeRoleWithSAML"]
    if tag_session:
        actions.append("sts:TagSession")
    if set_source_identity:
        actions.append("sts:SetSourceIdentity")
    operator = "StringLike" if any("*" in url for url in reply_urls) else "StringEquals"
    statement = {
        "Sid": "ConnectFederation",
        "Effect": "Allow",
        "Principal": {"Federated": _one_or_many(provider_arns)},
        "Action": _one_or_many(actions),
        "Condition": {operator: {"SAML:aud": _one_or_many(reply_urls)}},
    }
    return {"Version": _VERSION, "Statement": [statement]}


def with_former_spelling(desired: Policy, actual: Policy) -> Policy:
    """A trust policy that continues to trust the other spelling of a reply URL of us-east-1, where the present one
    does.

    Responses may be on their way to it, and Entra posts there until it has seen the application's new reply URL
    everywhere.
    """
    (statement,) = desired["Statement"]
    ((operator, condition),) = statement["Condition"].items()
    urls = _list(condition["SAML:aud"])
    former = {undocumented_spelling(url) for url in urls} - set(urls)
    kept = sorted(former & trusted_reply_urls(actual))
    if not kept:
        return desired
    return {**desired, "Statement": [{**statement, "Condition": {operator: {"SAML:aud": [*urls, *kept]}}}]}


def trusted_providers(trust: Policy) -> list[str]:
    """The SAML providers that a trust policy names, in its order."""
    principals = [_dict(statement).get("Principal") for statement in _list(trust.get("Statement"))]
    named = [name for principal in principals for name in _list(_dict(principal).get("Federated", []))]
    return [str(name) for name in named if ":saml-provider/" in str(name)]


def trusted_reply_urls(trust: Policy) -> set[str]:
    """The reply URLs that the statements of a trust policy name."""
    conditions = [_dict(statement).get("Condition") for statement in _list(trust.get("Statement"))]
    keys = [_dict(values) for condition in conditions for values in _dict(condition).values()]
    return {
        str(url)
        for values in keys
        for name, urls in values.items()
        if name.lower() == "saml:aud"
        for url in _list(urls)
    }


def _list(value: t.Any) -> list[t.Any]:
    return value if isinstance(value, list) else [value]


def _dict(value: t.Any) -> dict[str, t.Any]:
    return value if isinstance(value, dict) else {}


def permission_policy(instance_arns: t.Sequence[str]) -> Policy:
    """What the role may do: sign in to these instances, each session only as the user of its own name (AWS's documented
    form).
    """
    if not instance_arns:
        raise InvalidInput("A permission policy needs at least one Amazon Connect instance.")
    return _permission(
        {"Resource": _one_or_many([f"{parse_connect_instance_arn(arn)}/user/${{aws:userid}}" for arn in instance_arns])}
    )


def permission_policy_by_instance_id(instance_ids: t.Sequence[str]) -> Policy:
    """The same by the condition connect:InstanceId, which also holds for an instance's replica in another Region."""
    if not instance_ids:
        raise InvalidInput("A permission policy needs at least one Amazon Connect instance.")
    ids = [check_instance_id(instance_id) for instance_id in instance_ids]
    return _permission({"Resource": "*", "Condition": {"StringEquals": {"connect:InstanceId": _one_or_many(ids)}}})


def parse(policy: str | t.Mapping[str, t.Any], what: str = "policy") -> Policy:
    """A policy as IAM returns it (URL-encoded or decoded JSON, also as a string within JSON), or as it is."""
    if not isinstance(policy, str):
        return dict(policy)
    parsed = _decoded(policy, what)
    if isinstance(parsed, str):
        parsed = _decoded(parsed, what)
    if isinstance(parsed, t.Mapping) and "Statement" in parsed:
        return dict(parsed)
    query = next(
        (query for query, keys in _ANSWERS.items() if isinstance(parsed, t.Mapping) and _holds(parsed, keys)), None
    )
    if query is not None:
        raise InvalidInput(
            f"The {what} is a whole answer of AWS's command line, in which the policy is at {query}.",
            hint=f"Give only that part: aws iam ... --query {query} --output json.",
        )
    raise InvalidInput(f"The {what} is JSON, but not a policy: it is {_named(parsed)}, without statements.")


def _decoded(text: str, what: str) -> t.Any:
    stripped = text.strip()
    try:
        return json.loads(unquote(stripped) if stripped.startswith("%") else stripped)
    except (ValueError, RecursionError) as exc:
        raise InvalidInput(f"The {what} is not JSON: {exc}.") from None


def _holds(answer: t.Mapping[str, t.Any], keys: t.Sequence[str]) -> bool:
    """Whether an answer has these keys, one within the other."""
    inner: t.Any = answer
    for key in keys:
        if not isinstance(inner, t.Mapping) or key not in inner:
            return False
        inner = inner[key]
    return True


def _named(value: t.Any) -> str:
    """What a JSON value is."""
    if isinstance(value, t.Mapping):
        return f"an object with {', '.join(sorted(map(str, value))[:5]) or 'nothing'}"
    kinds = {list: "an array", str: "a text", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")


def same_meaning(policy: str | t.Mapping[str, t.Any], other: str | t.Mapping[str, t.Any]) -> bool:
    """Whether two policies allow and deny the same: order, one-element lists, Sid and the case of actions mean
    nothing.
    """
    return _canonical(parse(policy)) == _canonical(parse(other))


def dump(policy: t.Mapping[str, t.Any]) -> str:
    """The policy as it is sent: compact, so that it takes the least of IAM's limits."""
    return json.dumps(policy, separators=(",", ":"))


def check_trust_size(policy: t.Mapping[str, t.Any], limit: int = TRUST_LIMIT) -> None:
    """InvalidInput when IAM would refuse the trust policy for its length."""
    size = len(dump(policy))
    if size > limit:
        raise InvalidInput(
            f"The trust policy would have {size} characters; IAM allows {limit}.",
            hint="Name fewer providers or reply URLs, or have the quota raised.",
        )


def _permission(where: Policy) -> Policy:
    statement = {"Sid": "ConnectSignIn", "Effect": "Allow", "Action": "connect:GetFederationToken"} | where
    return {"Version": _VERSION, "Statement": [statement]}


def _one_or_many(values: t.Sequence[str]) -> str | list[str]:
    """IAM's usual form: one value bare, several as a list in the order given."""
    unique = list(dict.fromkeys(values))
    return unique[0] if len(unique) == 1 else unique


def _listed(value: t.Any) -> list[t.Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _texts(value: t.Any) -> list[str]:
    """Values as IAM compares them: a set of strings, in which true and "true" are one."""
    return sorted({str(item).lower() if isinstance(item, bool) else str(item) for item in _listed(value)})


def _canonical(policy: Policy) -> tuple[t.Any, list[str]]:
    statements = [_canonical_statement(statement) for statement in _listed(policy.get("Statement", []))]
    unique = {json.dumps(statement, sort_keys=True) for statement in statements}
    return policy.get("Version", _FIRST_VERSION), sorted(unique)


def _canonical_statement(statement: t.Any) -> dict[str, t.Any]:
    if not isinstance(statement, dict):
        raise InvalidInput(f"The policy has a statement that is not an object: {statement!r}.")
    canonical: dict[str, t.Any] = {}
    for key, value in statement.items():
        if key in _CASELESS_LISTS:
            canonical[key] = sorted({text.lower() for text in _texts(value)})
        elif key in _LISTS:
            canonical[key] = _texts(value)
        elif key in _PRINCIPALS:
            named = {"AWS": "*"} if value == "*" else _object(value, f"{key} '*' or")
            canonical[key] = {kind: _texts(names) for kind, names in named.items()}
        elif key == "Condition":
            canonical |= {key: condition} if (condition := _canonical_condition(value)) else {}
        elif key != "Sid":
            canonical[key] = value
    return canonical


def _canonical_condition(condition: t.Any) -> dict[str, dict[str, list[str]]]:
    """Operators and keys have no case; an empty condition is none."""
    canonical = {}
    for operator, tests in _object(condition, "Condition").items():
        if tests:
            canonical[operator.lower()] = {
                key.lower(): _texts(values) for key, values in _object(tests, f"Condition {operator}").items()
            }
    return canonical


def _object(value: t.Any, what: str) -> t.Mapping[str, t.Any]:
    if not isinstance(value, t.Mapping):
        raise InvalidInput(f"The policy has a {what} that is not an object: {value!r}.")
    return value
