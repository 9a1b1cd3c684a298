# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._rotation.state import Run, planned_steps

APPLICATION: t.Final = {"name": "App", "active_thumbprint": "OLD", "notification_emails": ["a@example.com"]}


def planned(stage: str, held: tuple[str, ...] = ("OLD",), thumbprint: str | None = "NEW", **more: t.Any) -> list[str]:
    decision = {
        "stage": stage,
        "message": "…",
        "thumbprint": thumbprint,
        "retired": ["OLD"] if stage == "retire" else [],
        "wait_seconds": 30,
    }
    decision |= {"failing_since": more.pop("failing_since", None), "former": "FORMER"}
    providers = [
        {"arn": f"arn:{name}", "certificates": [{"thumbprint": digest} for digest in held]} for name in ("a", "b")
    ]
    compromised = more.pop("compromised", False)
    steps = planned_steps(decision, APPLICATION, providers, Run(**more), compromised=compromised)
    return [step["action"] for step in steps]


STAGE: t.Final = "Create a signing certificate for 'App' without activating it"
PUBLISH: t.Final = [f"Publish the certificate NEW to the SAML provider arn:{name}" for name in ("a", "b")]
SETTLE: t.Final = "Wait 30 seconds until all of AWS trusts the certificate NEW"
ACTIVATE: t.Final = "Activate the certificate NEW of 'App' instead of OLD"
RETIRE: t.Final = [
    f"Remove the certificate OLD from {place}"
    for place in ("'App'", "the SAML provider arn:a", "the SAML provider arn:b")
]


@pytest.mark.parametrize(
    ("options", "actions"),
    [
        ({"stage": "watch"}, []),
        ({"stage": "held"}, []),
        ({"stage": "publish"}, [*PUBLISH, SETTLE, ACTIVATE]),
        ({"stage": "publish", "held": ("OLD", "NEW")}, [*PUBLISH, SETTLE, ACTIVATE]),
        ({"stage": "publish", "thumbprint": "OLD", "held": ()}, [action.replace("NEW", "OLD") for action in PUBLISH]),
        ({"stage": "publish", "wait": False}, PUBLISH),
        ({"stage": "publish", "failing_since": "2026-01-01T00:00:00Z"}, [*PUBLISH, ACTIVATE]),
        ({"stage": "settle"}, [SETTLE, ACTIVATE]),
        ({"stage": "activate"}, [ACTIVATE]),
        ({"stage": "activate", "compromised": True}, [ACTIVATE, *RETIRE]),
        ({"stage": "activate", "tags": ["retire"]}, []),
        ({"stage": "publish", "tags": ["publish"]}, PUBLISH),
        ({"stage": "publish", "tags": ["all"]}, [*PUBLISH, SETTLE, ACTIVATE]),
        ({"stage": "retire"}, RETIRE),
        (
            {"stage": "watch", "tags": ["rollback"]},
            ["Reactivate the former certificate FORMER of 'App' instead of OLD"],
        ),
        ({"stage": "held", "tags": ["all", "rollback"]}, []),
        ({"stage": "watch", "notification_emails": ["a@example.com"]}, []),
        ({"stage": "watch", "notification_emails": ["b@example.com"]}, ["Set the notification e-mails of 'App'"]),
        ({"stage": "watch", "notification_emails": ["b@example.com"], "tags": ["stage"]}, []),
    ],
)
def test_what_a_run_takes_on(options: dict[str, t.Any], actions: list[str]) -> None:
    assert planned(**options) == actions


def test_from_the_beginning_the_certificate_has_no_thumbprint_yet() -> None:
    actions = planned("stage", thumbprint=None)
    assert [action.replace("the new certificate", "the certificate NEW") for action in actions] == [
        STAGE,
        *PUBLISH,
        SETTLE,
        ACTIVATE,
    ]
