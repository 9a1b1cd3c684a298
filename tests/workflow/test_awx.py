# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job templates as AWX runs them: injectors rendered, then ansible-runner, in one process and as transmit | worker
| process.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from jobs import TEMPLATES, Job
from seeds import CLIENT, SECRET, TENANTS, account, tenant

from awx_rules import OBJECTS, inject
from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox
from key_pair import make_pair
from support import CHECKOUT

PASSWORD: t.Final = "opens-the-key-of-the-tests"
APPLICATION: t.Final = {"tenant_id": TENANTS["public"], "client_id": CLIENT, "cloud": "public"}


ARTIFACTS: t.Final = {"Report": "federation_report", "Report of certificates": "federation_certificates_report"}


def credentials(sandbox: Sandbox) -> dict[str, dict[str, str]]:
    """Both clouds are seeded, and one registration proves itself in three ways. The answer: AWX's credential for each
    way.
    """
    pair = make_pair()
    public = tenant("public")
    public["clients"][0] |= {
        "certificates": [pair.public_pem()],
        "federated_credentials": [pair.federated_credential()],
    }
    sandbox.world.reset()
    clouds.seed(sandbox.world, {"entra": {"tenants": [public]}, "aws": {"accounts": [account("aws")]}})
    return {
        "secret": {**APPLICATION, "client_secret": SECRET},
        "certificate": {
            **APPLICATION,
            "certificate": pair.pem(PASSWORD.encode()).decode(),
            "certificate_password": PASSWORD,
        },
        "token": {**APPLICATION, "federated_token": pair.token()},
    }


def test_every_template_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    """One after the other, as in an estate: Site first, then what keeps it; the first and the last on another
    machine.
    """
    ways = credentials(sandbox)
    elsewhere = ("Site", "Report of certificates")
    launches = (
        ("Site", "secret", {}, True),
        ("Users", "certificate", {"connect_users_leavers": "report", "connect_users_max_removals": "10%"}, False),
        ("Check", "token", {}, False),
        ("Rotate certificates", "secret", {"certificate_rotation_renew_when_days_left": 60}, False),
        ("Report of certificates", "certificate", {}, False),
        ("Report", "secret", {"federation_report_fail_on": "never"}, True),
        ("User pools", "secret", {}, False),
        ("Pages", "secret", {"ccp_page_state": "absent"}, False),
        ("Teardown", "secret", {}, True),
    )
    assert {launch[0] for launch in launches} == set(TEMPLATES)
    assert {way for template, way, *rest in launches if template not in elsewhere} == set(ways)
    for template, way, replies, changes in launches:
        node = tmp_path / f"node of {template}" if template in elsewhere else None
        job = Job(tmp_path / template, sandbox, template, ways[way], replies, node=node).run()
        assert set(job.stats()["processed"]) == {"demo"}, job.printed()
        assert job.stats()["failures"] == {}, job.printed()
        assert bool(job.stats()["changed"]) is changes, job.printed()
        assert leaks(job, ways) == []
        assert ARTIFACTS.get(template, "federation_run_report") in job.artifacts() or template == "Check"
        if template == "Check":
            assert "jane.doe@example.com" in job.printed(), (
                "the inventory's agent is not checked when the survey names nobody"
            )


def leaks(job: Job, ways: dict[str, dict[str, str]]) -> list[str]:
    """The secrets that AWX keeps or shows: whole lines of a key, tokens, words."""
    secrets = {value for way in ways.values() for name, value in way.items() if name not in APPLICATION}
    lines = {line for secret in secrets for line in secret.splitlines() if not line.startswith("-----")}
    output = job.printed()
    public = set(ways["certificate"]["certificate"].partition("-----BEGIN CERT")[2].splitlines())
    return [line for line in lines - public if line in output]


def test_a_check_of_somebody_who_cannot_get_in_fails(sandbox: Sandbox, tmp_path: Path) -> None:
    """There is no federation."""
    survey = {"federation_check_people": "jane.doe@example.com,john.roe@example.com"}
    job = Job(tmp_path / "job", sandbox, "Check", {**APPLICATION, "client_secret": SECRET}, survey).run()
    assert job.stats()["failures"] == {"demo": 1}
    assert "There is no Amazon Connect instance" in job.printed(), job.printed()
    assert sandbox.world.traffic.writes() == []
    assert SECRET not in job.printed()


@pytest.mark.parametrize(
    ("inputs", "environment"),
    [
        ({"client_secret": "s3cret"}, {"AZURE_CLIENT_SECRET": "s3cret"}),
        ({"certificate": "PEM", "certificate_password": "word"}, {"AZURE_CLIENT_CERTIFICATE_PASSWORD": "word"}),
        ({"federated_token": "token"}, {}),
    ],
    ids=["secret", "certificate", "federated-token"],
)
def test_a_credential_becomes_what_the_modules_read(
    inputs: dict[str, str], environment: dict[str, str], tmp_path: Path
) -> None:
    both = {"tenant_id": TENANTS["usgov"], "client_id": CLIENT, "cloud": "usgov"}
    injected, extra = inject(OBJECTS["awx_credential_types"][0], {**both, **inputs}, tmp_path)
    files = {
        name: Path(value).read_text(encoding="utf-8")
        for name, value in injected.items()
        if name.endswith(("_PATH", "_FILE")) and value
    }
    assert list(files.values()) == [
        value for name, value in inputs.items() if name in ("certificate", "federated_token")
    ]
    rest = {name: value for name, value in injected.items() if value and name not in files}
    assert rest == {"AZURE_TENANT_ID": TENANTS["usgov"], "AZURE_CLIENT_ID": CLIENT, **environment}
    assert extra == {"federation_cloud": "usgov"}
    assert set(injected) <= read_by_the_modules()


def read_by_the_modules() -> set[str]:
    """The environment variables that the Entra modules know."""
    source = CHECKOUT / "plugins" / "module_utils" / "_entra" / "auth.py"
    return set(re.findall(r'"(AZURE_[A-Z_0-9]+)"', source.read_text(encoding="utf-8")))
