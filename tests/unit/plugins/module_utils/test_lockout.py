# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What locks out everybody, and what only looks like it."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils import _run_plan
from ansible_collections.openccp.federation.plugins.module_utils._domain.policies import permission_policy, trust_policy
from ansible_collections.openccp.federation.plugins.module_utils._lockout import lockouts
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ROLE

IAM: t.Final = "arn:aws:iam::111122223333"
CENTRE: t.Final = f"{IAM}:role/Agents"
PROVIDER: t.Final = f"{IAM}:saml-provider/Entra"
OTHER: t.Final = f"{IAM}:saml-provider/Other"
INSTANCE: t.Final = "11111111-2222-3333-4444-555555555555"
ARN: t.Final = f"arn:aws:connect:us-east-1:111122223333:instance/{INSTANCE}"
ELSEWHERE: t.Final = ARN.replace("5555", "6666")
GLOBAL: t.Final = "https://signin.aws.amazon.com/saml"
FORMER: t.Final = "https://us-east-1.signin.aws.amazon.com/saml"
REGIONAL: t.Final = "https://eu-central-1.signin.aws.amazon.com/saml"
ISSUER: t.Final = "https://sts.windows.net/tenant/"


def role_claims(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"name": ROLE, "value": ",".join(pair)} for pair in pairs]


APPLICATION: t.Final[dict[str, t.Any]] = {
    "app_id": "app",
    "claims": role_claims((CENTRE, PROVIDER)),
    "reply_urls": [GLOBAL],
    "default_reply_url": "",
    "identifiers": ["urn:amazon:webservices"],
    "entity_id": ISSUER,
    "active_thumbprint": "A1",
    "certificates": [{"thumbprint": "A1"}],
}
SAML_PROVIDER: t.Final[dict[str, t.Any]] = {"arn": PROVIDER, "entity_id": ISSUER, "certificates": ["A1"]}
ROLE_VIEW: t.Final[dict[str, t.Any]] = {
    "arn": CENTRE,
    "trust_policy": trust_policy([PROVIDER], [GLOBAL]),
    "permission_policy": permission_policy([ARN]),
}


def results() -> dict[str, t.Any]:
    """A federation that is as it should be."""
    return copy.deepcopy(
        {
            "connect_instance": {"id": INSTANCE, "steps": []},
            "azure_saml_app": {**APPLICATION, "steps": []},
            "aws_federation": {"saml_provider": returned(SAML_PROVIDER), "role": ROLE_VIEW, "steps": []},
        }
    )


def step(before: dict[str, t.Any], after: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"action": "Set it", "object": "it", "before": before, "after": after, "reason": ""}


def application(**after: t.Any) -> t.Callable[[dict[str, t.Any]], None]:
    """The application changes."""

    def change(planned: dict[str, t.Any]) -> None:
        app = planned["azure_saml_app"]
        app["steps"].append(step({key: app[key] for key in after}, after))
        app |= after

    return change


def returned(view: dict[str, t.Any]) -> dict[str, t.Any]:
    """A provider as the module returns it; in a step, its certificates are thumbprints."""
    certificates = [{"thumbprint": thumbprint} for thumbprint in view.get("certificates", ())]
    return {**view, **({"certificates": certificates} if "certificates" in view else {})}


def provider(**after: t.Any) -> t.Callable[[dict[str, t.Any]], None]:
    """The provider changes."""

    def change(planned: dict[str, t.Any]) -> None:
        aws = planned["aws_federation"]
        before = {key: aws["saml_provider"][key] for key in after}
        if "certificates" in before:
            before["certificates"] = [each["thumbprint"] for each in before["certificates"]]
        aws["steps"].append(step(before, after))
        aws["saml_provider"] |= returned(after)

    return change


def role(**after: t.Any) -> t.Callable[[dict[str, t.Any]], None]:
    """The role changes."""

    def change(planned: dict[str, t.Any]) -> None:
        aws = planned["aws_federation"]
        aws["steps"].append(step({key: aws["role"][key] for key in after}, after))
        aws["role"] |= after

    return change


def was(part: str, **values: t.Any) -> t.Callable[[dict[str, t.Any]], None]:
    """An object is otherwise than in a federation that is as it should be, and the plan leaves it so."""

    def change(planned: dict[str, t.Any]) -> None:
        owner = planned[part] if part in planned else planned["aws_federation"][part]
        owner |= returned(values) if part == "saml_provider" else values

    return change


def without(name: str) -> t.Callable[[dict[str, t.Any]], None]:
    """A half that the run does not look at."""
    return lambda planned: planned.pop(name)


def deleted(name: str, key: str, view: dict[str, t.Any]) -> t.Callable[[dict[str, t.Any]], None]:
    def change(planned: dict[str, t.Any]) -> None:
        planned[name] = {**planned[name], key: {}} if key else {"steps": []}
        planned[name]["steps"].append(step(view, {}))

    return change


def of_a_stopped_run(**before: t.Any) -> t.Callable[[dict[str, t.Any]], None]:
    """The application was not set up before this run."""

    def change(planned: dict[str, t.Any]) -> None:
        planned["azure_saml_app"]["steps"][-1]["before"] |= before

    return change


def recreated(planned: dict[str, t.Any]) -> None:
    """An application that is recreated, with a certificate of its own."""
    planned["azure_saml_app"] = {"entity_id": ISSUER, "steps": [step({}, APPLICATION)]}
    provider(certificates=["B2"])(planned)


MOVED: t.Final = trust_policy([PROVIDER], [GLOBAL, FORMER])
RENAMED: t.Final = trust_policy([OTHER], [GLOBAL])
BOTH: t.Final = trust_policy([PROVIDER, OTHER], [GLOBAL])
ENTRA: t.Final = without("aws_federation")
AWS: t.Final = without("azure_saml_app")

#: what the run changes → a piece of why everybody would be locked out
LOCKOUTS: t.Final[dict[str, tuple[list[t.Callable[[dict[str, t.Any]], t.Any]], str]]] = {
    "metadata of another issuer": (
        [provider(entity_id="https://idp/", certificates=["C3"])],
        "the issuer https://idp/",
    ),
    "the same, by the AWS half": ([AWS, provider(entity_id="https://idp/")], "the issuer https://idp/"),
    "metadata of another application": ([provider(certificates=["C3"])], "none of the signing certificates"),
    "the same, by the AWS half ": ([AWS, provider(certificates=["C3"])], "none of the signing certificates"),
    "another provider in the trust": ([role(trust_policy=RENAMED)], f"no longer trust {PROVIDER}"),
    "the same, by the AWS half  ": ([AWS, role(trust_policy=RENAMED)], f"no longer trust {PROVIDER}"),
    "another reply URL in the trust": (
        [role(trust_policy=trust_policy([PROVIDER], [REGIONAL]))],
        f"no longer trust the reply URL {GLOBAL}",
    ),
    "the same, by the AWS half   ": (
        [AWS, role(trust_policy=trust_policy([PROVIDER], [REGIONAL]))],
        f"no longer trust the reply URL {GLOBAL}",
    ),
    "a trust that names nobody": ([role(trust_policy={"Statement": []})], f"no longer trust {PROVIDER}"),
    "another role claimed": (
        [application(claims=role_claims((f"{IAM}:role/New", PROVIDER)))],
        "the Role claim would send",
    ),
    "another role claimed, by the Entra half": (
        [ENTRA, application(claims=role_claims((f"{IAM}:role/New", PROVIDER)))],
        "the Role claim would send",
    ),
    "the role of another federation no longer claimed": (
        [
            was("azure_saml_app", claims=role_claims((CENTRE, PROVIDER), (f"{IAM}:role/Other", OTHER))),
            application(claims=role_claims((CENTRE, PROVIDER))),
        ],
        f"the Role claim would no longer send the role {IAM}:role/Other",
    ),
    "no role claimed": ([application(claims=[])], "the Role claim would send nothing"),
    "a provider of another name": (
        [application(claims=role_claims((CENTRE, OTHER))), role(trust_policy=RENAMED)],
        "the Role claim would send",
    ),
    "another reply URL": ([application(reply_urls=[REGIONAL])], f"post to {REGIONAL} in place of {GLOBAL}"),
    "another reply URL, by the Entra half": ([ENTRA, application(reply_urls=[REGIONAL])], f"post to {REGIONAL}"),
    "another default reply URL": (
        [application(reply_urls=[GLOBAL, REGIONAL], default_reply_url=REGIONAL), was("azure_saml_app")],
        f"post to {REGIONAL}",
    ),
    "an audience that AWS does not take": ([application(identifiers=["urn:other"])], "AWS accepts none"),
    "a role for another instance": ([role(permission_policy=permission_policy([ELSEWHERE]))], f"instance {INSTANCE}"),
    "no application": ([deleted("azure_saml_app", "", APPLICATION)], "the application would be deleted"),
    "no provider": ([deleted("aws_federation", "saml_provider", SAML_PROVIDER)], "the SAML provider would be deleted"),
    "no role": ([deleted("aws_federation", "role", ROLE_VIEW)], "the role would be deleted"),
}

#: what a run may do
SAFE: t.Final[dict[str, list[t.Callable[[dict[str, t.Any]], t.Any]]]] = {
    "nothing": [],
    "the move of us-east-1": [was("azure_saml_app", reply_urls=[FORMER]), application(reply_urls=[GLOBAL])],
    "the move of us-east-1, with both in the trust": [
        was("azure_saml_app", reply_urls=[FORMER]),
        was("role", trust_policy=trust_policy([PROVIDER], [FORMER])),
        application(reply_urls=[GLOBAL]),
        role(trust_policy=MOVED),
    ],
    "the move of us-east-1, by the Entra half": [
        ENTRA,
        was("azure_saml_app", reply_urls=[FORMER]),
        application(reply_urls=[GLOBAL]),
    ],
    "the move of us-east-1, by the AWS half": [
        AWS,
        was("role", trust_policy=trust_policy([PROVIDER], [FORMER])),
        role(trust_policy=MOVED),
    ],
    "the former spelling goes from the trust": [
        was("role", trust_policy=MOVED),
        role(trust_policy=ROLE_VIEW["trust_policy"]),
    ],
    "a reply URL that the role trusts already": [
        was("role", trust_policy=trust_policy([PROVIDER], [GLOBAL, REGIONAL])),
        application(reply_urls=[REGIONAL]),
    ],
    "a pattern in the trust": [
        was("role", trust_policy=trust_policy([PROVIDER], ["https://*.signin.aws.amazon.com/saml", GLOBAL])),
        application(reply_urls=[REGIONAL]),
    ],
    "a provider that the role trusts already": [
        was("role", trust_policy=BOTH),
        application(claims=role_claims((CENTRE, OTHER))),
    ],
    "another provider beside": [
        application(claims=role_claims((CENTRE, PROVIDER), (CENTRE, OTHER))),
        role(trust_policy=BOTH),
    ],
    "one of two providers of a role": [
        was("azure_saml_app", claims=role_claims((CENTRE, PROVIDER), (CENTRE, OTHER))),
        application(claims=role_claims((CENTRE, OTHER))),
    ],
    "a certificate beside": [provider(certificates=["A1", "B2"])],
    "an old certificate goes": [was("saml_provider", certificates=["A1", "Z9"]), provider(certificates=["A1"])],
    "a provider that is mended": [
        was("saml_provider", entity_id="https://idp/", certificates=["C3"]),
        provider(entity_id=ISSUER, certificates=["A1"]),
    ],
    "a trust that is mended": [was("role", trust_policy=RENAMED), role(trust_policy=ROLE_VIEW["trust_policy"])],
    "an issuer that both sides change": [application(entity_id=f"{ISSUER}app"), provider(entity_id=f"{ISSUER}app")],
    "an application that is recreated": [recreated],
    "an application that a stopped run has not set up": [
        was("azure_saml_app", single_sign_on_mode="saml"),
        application(single_sign_on_mode="saml", reply_urls=[REGIONAL]),
        of_a_stopped_run(single_sign_on_mode=None),
    ],
    "an application that a stopped run gave no certificate": [
        application(reply_urls=[REGIONAL], certificates=[{"common_name": "new"}]),
        of_a_stopped_run(certificates=[]),
    ],
    "claims beside the role": [application(claims=[*APPLICATION["claims"], {"name": "x", "source": "user.mail"}])],
    "a role claimed the other way round": [application(claims=role_claims((PROVIDER, CENTRE)))],
    "an identifier beside": [application(identifiers=["urn:amazon:webservices", "urn:other"])],
    "an instance beside": [role(permission_policy=permission_policy([ELSEWHERE, ARN]))],
    "a longer session": [was("role", max_session_duration=3600), role(max_session_duration=43200)],
}


@pytest.mark.parametrize("name", LOCKOUTS)
def test_everybody_is_locked_out(name: str) -> None:
    changes, why = LOCKOUTS[name]
    planned = results()
    for change in changes:
        change(planned)
    assert why in "; ".join(lockouts(planned))


@pytest.mark.parametrize("name", SAFE)
def test_nobody_is_locked_out(name: str) -> None:
    planned = results()
    for change in SAFE[name]:
        change(planned)
    assert lockouts(planned) == ()


PARTS: t.Final = {name: name for name in ("connect_instance", "azure_saml_app", "aws_federation", "connect_users")}


@pytest.mark.parametrize(
    ("limit", "usernames", "refused"),
    [("5%", None, True), ("50", ["jane"], True), ("100%", None, False), ("5%", [], False), ("", None, False)],
)
def test_only_everybody_is_enough(limit: str, usernames: list[str] | None, refused: bool) -> None:
    planned = {**results(), "connect_users": {"steps": [], "access": {"agents": 1, "lost": []}}}
    role(trust_policy=RENAMED)(planned)
    plan = _run_plan.run_plan(PARTS, planned, usernames, limit)
    assert ("Everybody would lose access: the role would no longer trust" in plan.refusal) is refused
    assert ("connect_users_max_removals=100%" in plan.refusal) is refused
    is_stated = any(line.startswith("Access: everybody loses it: the role") for line in _run_plan.sentences(plan))
    assert is_stated is (usernames != [] and limit != "")
