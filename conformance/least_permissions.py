# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The least permissions of each job, made from what its scenarios needed of a sandbox that asks for all that AWS and
Microsoft Graph ask for.

    make permissions

runs the scenarios (permission_scenarios.py), keeps what they needed (recorded_permissions.json) and writes
docs/permissions.
"""

from __future__ import annotations

import collections
import collections.abc
import copy
import fnmatch
import functools
import itertools
import json
import re
import typing as t
from pathlib import Path

from published_permissions import BESIDE_THE_DATA, Needs, read_table

from federation_sandbox.aws import policies

CHECKOUT: t.Final = Path(__file__).resolve().parents[1]
RECORDING: t.Final = Path(__file__).with_name("recorded_permissions.json")
FOLDER: t.Final = CHECKOUT / "docs" / "permissions"
PAGE: t.Final = CHECKOUT / "docs" / "permissions.md"

Need = dict[str, t.Any]
Policy = dict[str, t.Any]
Statement = dict[str, t.Any]
#: job → aws: what AWS asked for; graph: the calls of Microsoft Graph that were answered
Recording = dict[str, dict[str, t.Any]]

SERVICE_ROLE: t.Final = "role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect"
#: statement → what its resources match, and what it allows; an ARN belongs to the first that it matches
RESOURCES: t.Final[tuple[tuple[str, str, str], ...]] = (
    ("ServiceRole", rf"arn:aws:iam::\d+:{SERVICE_ROLE}.*", f"arn:aws:iam::*:{SERVICE_ROLE}*"),
    ("Role", r"arn:aws:iam::\d+:role/ConnectFederation-.*", "arn:aws:iam::*:role/ConnectFederation-*"),
    (
        "ProbeProvider",
        r"arn:aws:iam::\d+:saml-provider/openccp-.*",
        "arn:aws:iam::*:saml-provider/openccp-live-probe-*",
    ),
    ("Provider", r"arn:aws:iam::\d+:saml-provider/Entra-.*", "arn:aws:iam::*:saml-provider/Entra-*"),
    ("RolePolicies", r"arn:aws:iam::(\d+|aws):policy/.*", "arn:aws:iam::*:policy/*"),
    ("Agents", r"arn:aws:connect:.*/agent/.*", "arn:aws:connect:*:*:instance/*/agent/*"),
    (
        "SecurityProfiles",
        r"arn:aws:connect:.*/security-profile/.*",
        "arn:aws:connect:*:*:instance/*/security-profile/*",
    ),
    ("RoutingProfiles", r"arn:aws:connect:.*/routing-profile/.*", "arn:aws:connect:*:*:instance/*/routing-profile/*"),
    ("HierarchyGroups", r"arn:aws:connect:.*/agent-group/.*", "arn:aws:connect:*:*:instance/*/agent-group/*"),
    ("QuickConnects", r"arn:aws:connect:.*/transfer-.*", "arn:aws:connect:*:*:instance/*/transfer-destination/*"),
    ("Instance", r"arn:aws:connect:.*", "arn:aws:connect:*:*:instance/*"),
    ("Directory", r"arn:aws:ds:.*", "arn:aws:ds:*:*:directory/*"),
    ("Logs", r"arn:aws:logs:.*", "arn:aws:logs:*:*:log-group:/aws/connect/*"),
    ("UserPools", r"arn:aws:cognito-idp:.*", "arn:aws:cognito-idp:*:*:userpool/*"),
    ("Page", r"arn:aws:s3:::example-desk/support/.*", "arn:aws:s3:::example-desk/support/*"),
    ("PageBucket", r"arn:aws:s3:::example-desk", "arn:aws:s3:::example-desk"),
    ("Account", r"\*", "*"),
)
#: what removes an object that this collection made; others' objects carry no such tag
REMOVALS: t.Final = frozenset(
    {"connect:DeleteUser", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DeleteSAMLProvider"}
)
#: action → the condition key that narrows it, and the same as a request has it
NARROWED: t.Final[dict[str, tuple[str, str]]] = {
    "iam:CreateServiceLinkedRole": ("iam:AWSServiceName", "iam:awsservicename"),
    "connect:UpdateInstanceAttribute": ("connect:AttributeType", "connect:attributetype"),
    **dict.fromkeys(REMOVALS, ("aws:ResourceTag/managed-by", "aws:resourcetag/managed-by")),
}
#: what the bounded policy allows only on roles with the permissions boundary
BOUNDED: t.Final = frozenset(
    {
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
    }
)
#: what the modules by themselves do beside the playbooks
MODULES_ALONE: t.Final[tuple[Need, ...]] = (
    {
        "action": "connect:UntagResource",
        "resource": "arn:aws:connect:eu-central-1:111122223333:instance/id",
        "conditions": {},
    },
    {"action": "iam:UntagRole", "resource": "arn:aws:iam::111122223333:role/ConnectFederation-x", "conditions": {}},
    {
        "action": "iam:UntagSAMLProvider",
        "resource": "arn:aws:iam::111122223333:saml-provider/Entra-x",
        "conditions": {},
    },
)
#: IAM takes no managed policy longer than this, without white space
LONGEST: t.Final = 6144


# --- AWS --------------------------------------------------------------------------------------------------------------


def statement_of(arn: str) -> tuple[str, str]:
    """The statement that an ARN belongs to, and the resources of that statement."""
    return next((name, resource) for name, expression, resource in RESOURCES if re.fullmatch(expression, arn))


def policy_of(needs: collections.abc.Sequence[Need], conditions: collections.abc.Container[str] = NARROWED) -> Policy:
    """The least policy that allows what was needed. conditions: the actions that have theirs."""
    granted: dict[tuple[str, str, str], set[str]] = collections.defaultdict(set)
    for action, needed in _by_action(needs).items():
        condition = json.dumps(_condition(action, needed) if action in conditions else {})
        for name, resource in _widest({statement_of(need["resource"]) for need in needed}):
            granted[name, resource, condition].add(action)
    order = [name for name, *dummy in RESOURCES]
    statements = sorted(granted.items(), key=lambda item: (order.index(item[0][0]), item[0][2] != "{}", item[0][2]))
    return {"Version": "2012-10-17", "Statement": [_statement(key, actions) for key, actions in statements]}


def _by_action(needs: collections.abc.Iterable[Need]) -> dict[str, list[Need]]:
    by_action: dict[str, list[Need]] = collections.defaultdict(list)
    for need in needs:
        by_action[need["action"]].append(need)
    return dict(sorted(by_action.items()))


def _widest(statements: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those whose resources no other one covers."""

    def is_covered(resource: str) -> bool:
        return any(resource != other and fnmatch.fnmatchcase(resource, other) for dummy, other in statements)

    return sorted((name, resource) for name, resource in statements if not is_covered(resource))


def _condition(action: str, needed: collections.abc.Sequence[Need]) -> dict[str, t.Any]:
    """The condition that every request for an action met; none where one of them had not the key."""
    key, fact = NARROWED.get(action, ("", ""))
    values = [need["conditions"].get(fact) for need in needed]
    if not key or None in values:
        return {}
    unique_values = sorted(set(itertools.chain.from_iterable(values)))
    return {"StringEquals": {key: unique_values if len(unique_values) > 1 else unique_values[0]}}


def _statement(key: tuple[str, str, str], actions: set[str]) -> Statement:
    name, resource, condition = key
    narrowed = json.loads(condition)
    words = "".join(word for word in re.findall(r"[A-Za-z]+", "".join(narrowed.get("StringEquals", ()))))
    suffix = {"": "", "iamAWSServiceName": "Creation", "connectAttributeType": "Attributes"}.get(words, "Removal")
    listed = sorted(actions)
    statement = {
        "Sid": name + suffix,
        "Effect": "Allow",
        "Action": listed if len(listed) > 1 else listed[0],
        "Resource": resource,
    }
    return statement | ({"Condition": narrowed} if narrowed else {})


def bounded(policy: Policy) -> Policy:
    """The policy for a principal that creates and changes only roles with the permissions boundary of the
    documentation.
    """
    boundary = {"iam:PermissionsBoundary": "arn:aws:iam::*:policy/ConnectFederationBoundary"}
    statements: list[Statement] = []
    for statement in policy["Statement"]:
        parts = _split(statement) if statement["Sid"].startswith("Role") else [(statement, False)]
        for part, limited in parts:
            condition = {**part.get("Condition", {}), "ArnLike": boundary}
            more = {"Sid": f"{part['Sid']}WithBoundary", "Condition": condition} if limited else {}
            statements.append({**part, **more})
    return {**policy, "Statement": [*statements, *_KEEP_BOUNDARY]}


def _split(statement: Statement) -> list[tuple[Statement, bool]]:
    """A statement in two: what needs the boundary, and what does not. Nobody takes a boundary away."""
    actions = [action for action in actions_of(statement) if action != "iam:DeleteRolePermissionsBoundary"]
    free = [action for action in actions if action not in BOUNDED]
    limited = [action for action in actions if action in BOUNDED]
    return [({**statement, "Action": part}, part is limited) for part in (free, limited) if part]


_KEEP_BOUNDARY: t.Final[tuple[Statement, ...]] = (
    {"Sid": "KeepBoundary", "Effect": "Deny", "Action": "iam:DeleteRolePermissionsBoundary", "Resource": "*"},
    {
        "Sid": "KeepBoundaryPolicy",
        "Effect": "Deny",
        "Action": [
            "iam:CreatePolicy",
            "iam:CreatePolicyVersion",
            "iam:DeletePolicy",
            "iam:DeletePolicyVersion",
            "iam:SetDefaultPolicyVersion",
        ],
        "Resource": "arn:aws:iam::*:policy/ConnectFederationBoundary",
    },
)


def actions_of(statement: Statement) -> list[str]:
    """The actions of a statement."""
    return [statement["Action"]] if isinstance(statement["Action"], str) else list(statement["Action"])


def every_action(policy: Policy) -> list[tuple[int, str]]:
    """Each action that a policy allows, with the number of its statement."""
    return [
        (number, action)
        for number, statement in enumerate(policy["Statement"])
        if statement["Effect"] == "Allow"
        for action in actions_of(statement)
    ]


def without(policy: Policy, number: int, action: str) -> Policy:
    """The policy without one action of one statement."""
    reduced = copy.deepcopy(policy)
    left = [other for other in actions_of(reduced["Statement"][number]) if other != action]
    if left:
        reduced["Statement"][number]["Action"] = left
    else:
        del reduced["Statement"][number]
    return reduced


def denied(policy: Policy, needs: collections.abc.Iterable[Need]) -> list[Need]:
    """What was needed and a policy does not allow."""
    return [
        need
        for need in needs
        if policies.verdict([policy], need["action"], need["resource"], need["conditions"]) != "allow"
    ]


# --- Microsoft Graph --------------------------------------------------------------------------------------------------

#: from the narrowest to the widest; what is not named here is never proposed: the permissions with Basic in their name
#: are not in every cloud, and OwnedBy does not do for what is made from a template (docs/facts/entra.md E5)
PREFERENCE: t.Final = (
    "Organization.Read.All",
    "GroupMember.Read.All",
    "User.Read.All",
    "Policy.Read.All",
    "Application.Read.All",
    "Group.Read.All",
    "Directory.Read.All",
    "Policy.ReadWrite.ApplicationConfiguration",
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
)
#: shows people with less, but without what is read of them (facts/entra.md 5.7)
SHOWS_LESS: t.Final = frozenset({"GET /groups/{id}/members", "GET /users", "GET /users/{id}"})
PEOPLE: t.Final = frozenset({"User.Read.All", "Directory.Read.All"})


@functools.cache
def graph_needs(call: str) -> Needs:
    """The alternatives of a call."""
    alternatives = {**read_table(), **BESIDE_THE_DATA}[call]
    if call not in SHOWS_LESS:
        return alternatives
    return frozenset(alternative | {people} for alternative in alternatives for people in PEOPLE)


def refused(permissions: collections.abc.Collection[str], calls: collections.abc.Iterable[str]) -> list[str]:
    """The calls that permissions do not allow, or for which they do not show what is read."""
    granted = set(permissions)
    return [call for call in calls if not any(map(granted.issuperset, graph_needs(call)))]


def graph_permissions(calls: collections.abc.Collection[str]) -> list[str]:
    """The least application permissions that allow the calls: the fewest of the narrowest."""
    ranks = {name: rank for rank, name in enumerate(PREFERENCE)}
    sets = itertools.chain.from_iterable(
        itertools.combinations(PREFERENCE, size) for size in range(len(PREFERENCE) + 1)
    )
    sufficient = (chosen for chosen in sets if not refused(chosen, calls))
    # Each is weighed as more than all narrower ones together.
    return sorted(min(sufficient, key=lambda chosen: sum(2 ** ranks[name] for name in chosen)))


# --- files ------------------------------------------------------------------------------------------------------------

#: job → the jobs that it does as well
INCLUDES: t.Final[dict[str, str]] = {
    "site": "site-existing-instance",
    "check-user-pools": "check",
    "rotate-certificate-user-pools": "rotate-certificate",
    "teardown-user-pools": "teardown",
    "teardown-instance": "teardown",
}
#: jobs whose permissions are documented by themselves, and are in no policy for everything
APART: t.Final = frozenset({"live-probe", "ccp-page"})


def read_recording() -> Recording:
    """What the scenarios needed when they were last recorded."""
    return t.cast("Recording", json.loads(RECORDING.read_text(encoding="utf-8")))


def aws_needs(recording: Recording, job: str) -> list[Need]:
    """What a job needs of AWS."""
    jobs = [job, INCLUDES[job]] if job in INCLUDES else [job]
    return [need for each in jobs for need in recording[each]["aws"]]


def graph_calls(recording: Recording, job: str) -> list[str]:
    """The calls that a job makes of Microsoft Graph."""
    jobs = [job, INCLUDES[job]] if job in INCLUDES else [job]
    return sorted({call for each in jobs for call in recording[each]["graph"]})


def of_pools(need: Need) -> bool:
    """Whether a permission is about user pools."""
    return str(need["action"]).startswith("cognito-idp:")


def documents(recording: Recording) -> dict[str, t.Any]:
    """Every file of docs/permissions that is made of the recording, and its content."""
    needs = [need for job in recording if job not in APART for need in recording[job]["aws"]]
    # A principal with one policy for everything may also remove what others created (connect_users_manage_unowned).
    everything = [*(need for need in needs if not of_pools(need)), *MODULES_ALONE]
    policy = policy_of(everything, NARROWED.keys() - REMOVALS)
    jobs = {f"jobs/{job}.json": policy_of(aws_needs(recording, job)) for job in recording}
    return {
        **jobs,
        "graph.json": {job: graph_permissions(graph_calls(recording, job)) for job in recording},
        "aws-policy.json": policy,
        "aws-policy-bounded.json": bounded(policy),
        "aws-policy-cognito.json": policy_of([need for need in needs if of_pools(need)]),
    }


def written(content: t.Any) -> str:
    """JSON as the repository keeps it."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _code_list(names: collections.abc.Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def page(text: str, recording: Recording, jobs: collections.abc.Mapping[str, str]) -> str:
    """The documentation with the table of all jobs, and the policy for all of them. jobs: job → what it is."""
    content = documents(recording)
    rows = [
        f"| {what} | [{job}.json](permissions/jobs/{job}.json) | {_code_list(content['graph.json'][job])} |"
        for job, what in jobs.items()
    ]
    table = "\n".join(["| Job | AWS | Microsoft Graph |", "|---|---|---|", *rows])
    text = _between(text, "jobs", table)
    return _between(text, "aws-policy", f"```json\n{written(content['aws-policy.json'])}```")


def _between(text: str, name: str, content: str) -> str:
    before, start, rest = text.partition(f"<!-- {name} -->\n")
    old, end, after = rest.partition(f"\n<!-- /{name} -->")
    if not (start and end and old):
        raise ValueError(f"{PAGE} has no part {name}")
    return before + start + content + end + after


def write(recording: Recording, jobs: collections.abc.Mapping[str, str]) -> None:
    """Keep the recording, and make of it what the documentation has."""
    RECORDING.write_text(_lines(recording), encoding="utf-8")
    for name, content in documents(recording).items():
        file = FOLDER / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(written(content), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), recording, jobs), encoding="utf-8")


def _lines(recording: Recording) -> str:
    """A recording with a line for each permission and call."""

    def listed(items: list[t.Any]) -> str:
        return "[\n" + ",\n".join(json.dumps(item) for item in items) + "\n]"

    jobs = [
        f'{json.dumps(job)}: {{"aws": {listed(recorded["aws"])}, "graph": {listed(recorded["graph"])}}}'
        for job, recorded in recording.items()
    ]
    return "{\n" + ",\n".join(jobs) + "\n}\n"
