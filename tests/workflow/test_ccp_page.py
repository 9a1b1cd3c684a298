# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""ccp_page.yml publishes pages into folders and buckets, and takes them away again; the pages themselves are seen in a
browser.
"""

from __future__ import annotations

import copy
import hashlib
import json
import typing as t
from pathlib import Path

import pytest
import yaml
from playbooks import Playbooks, Run
from seeds import ACCOUNTS

from federation_sandbox import clouds
from federation_sandbox.aws.connect.store import Connect
from federation_sandbox.aws.s3 import Buckets
from federation_sandbox.testing import Sandbox

REGION: t.Final = "eu-central-1"
LIBRARY: t.Final = b"// stands for the library, which no test here runs\n"
FILES: t.Final = {"index.html", "ccp.js", "ccp.css", "config.json", "connect-streams.js"}
LOGIN: t.Final = (
    "https://launcher.myapps.microsoft.com/api/signin/22222222-0000-4000-8000-000000000000?tenantId=11111111"
)
PERMISSIONS: t.Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "connect:ListInstances",
                "connect:DescribeInstance",
                "connect:ListInstanceAttributes",
                "ds:DescribeDirectories",
            ],
            "Resource": "*",
        },
        {"Effect": "Allow", "Action": ["connect:*ApprovedOrigin*"], "Resource": "arn:aws:connect:*:*:instance/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::example-desk"},
        {"Effect": "Allow", "Action": ["s3:*Object"], "Resource": "arn:aws:s3:::example-desk/support/*"},
    ],
}


class Publisher:
    """An operator who may publish pages, and no more."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, folder: Path) -> None:
        self.sandbox = sandbox
        self.playbooks = playbooks
        self.inventory = folder / "hosts.json"
        library = folder / "connect-streams-min.js"
        library.write_bytes(LIBRARY)
        self.variables = {
            "federation_region": REGION,
            "federation_instance_alias": "example-desk",
            "ccp_page_login_url": LOGIN,
            "ccp_page_library": str(library),
            "ccp_page_library_sha256": hashlib.sha256(LIBRARY).hexdigest(),
        }
        key = {"id": "AKIAPUBLISHER0000001", "secret": "secret", "user": "publisher", "policy": PERMISSIONS}
        account = {"id": ACCOUNTS["aws"], "access_keys": [key]}
        instance = {"account": ACCOUNTS["aws"], "region": REGION, "alias": "example-desk"}
        bucket = {"account": ACCOUNTS["aws"], "region": REGION, "name": "example-desk"}
        clouds.seed(sandbox.world, {"aws": {"accounts": [account], "instances": [instance], "buckets": [bucket]}})
        playbooks.environment |= {"AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": "secret"}

    def run(self, pages: list[dict[str, t.Any]], *arguments: str, fails: bool = False, **variables: t.Any) -> Run:
        hosts = {"desk": {**self.variables, "federation_pages": pages, **variables}}
        self.inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
        run = self.playbooks.fail if fails else self.playbooks.succeed
        return run("ccp_page", self.inventory, *arguments)

    @property
    def origins(self) -> list[str]:
        return next(iter(self.sandbox.world.state(Connect).instances.values())).origins

    @property
    def objects(self) -> dict[str, t.Any]:
        return self.sandbox.world.state(Buckets).by_name["example-desk"].objects


@pytest.fixture
def publisher(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> Publisher:
    return Publisher(sandbox, playbooks, tmp_path)


def test_a_folder(publisher: Publisher, tmp_path: Path) -> None:
    site = tmp_path / "site" / "panel"
    # Where the user stands, and not beside the playbook.
    pages = [{"url": "https://Desk.example.com:443/panel/", "folder": "site/panel"}]
    publisher.sandbox.world.settings.refuse_writes = True
    predicted = publisher.run(pages, "--check", "--diff")
    assert not site.exists()
    publisher.sandbox.world.settings.refuse_writes = False
    done = publisher.run(pages)
    assert {path.name for path in site.iterdir()} == FILES
    assert publisher.origins == ["https://desk.example.com"]
    actions = done.result("ccp_page")["actions"]
    assert actions == predicted.result("ccp_page")["actions"]
    assert len(actions) == len(FILES) + 1
    assert done.changed() == predicted.changed() > 0
    config = json.loads((site / "config.json").read_text(encoding="utf-8"))
    assert config["login_url"] == LOGIN
    assert config["ccp_url"] == "https://example-desk.my.connect.aws/ccp-v2/"
    assert config["logout_url"] == "https://example-desk.my.connect.aws/logout"
    (site / "ccp.js").write_text("changed by hand", encoding="utf-8")
    assert publisher.run(pages).result("ccp_page")["actions"] == [f"Replace ccp.js in {site}"]
    removed = publisher.run(pages, ccp_page_state="absent")
    assert not any(site.iterdir())
    assert publisher.origins == []
    assert len(removed.result("ccp_page")["actions"]) == len(FILES) + 1


def test_a_bucket(publisher: Publisher) -> None:
    pages = [
        {"url": "https://desk.example.com/support/", "bucket": "example-desk", "prefix": "support/", "language": "de"}
    ]
    own = {"url": "https://crm.example.com/agents", "ccp_url": "https://example-desk.my.connect.aws/ccp-v2/"}
    published = publisher.run([*pages, own])
    puts = [event["check"] for event in published.events if event.get("action") == "amazon.aws.s3_object"]
    assert puts == [False, False], "the library and the loop over the other files are tasks of no plan"
    assert set(publisher.origins) == {"https://desk.example.com", "https://crm.example.com"}
    assert set(publisher.objects) == {f"support/{name}" for name in FILES}
    kept = {name.removeprefix("support/"): stored.headers for name, stored in publisher.objects.items()}
    assert kept["index.html"] == {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"}
    assert kept["ccp.js"] == {"Content-Type": "text/javascript", "Cache-Control": "max-age=300"}
    before = copy.copy(publisher.objects)
    publisher.run(pages, ccp_page_load_timeout=9000)
    assert [name for name, stored in publisher.objects.items() if before[name] is not stored] == ["support/config.json"]
    publisher.run(pages, ccp_page_state="absent")
    assert publisher.objects == {}


@pytest.mark.soak
@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_what_is_as_it_should_be_is_left_alone(place: str, publisher: Publisher, tmp_path: Path) -> None:
    page = {
        "url": "https://desk.example.com/support/",
        place: {"folder": str(tmp_path / "site"), "bucket": "example-desk"}[place],
    }
    pages = [page | ({"prefix": "support/"} if place == "bucket" else {})]
    for state in ("present", "absent"):
        publisher.sandbox.world.settings.refuse_writes = True
        predicted = publisher.run(pages, "--check", ccp_page_state=state)
        publisher.sandbox.world.settings.refuse_writes = False
        done = publisher.run(pages, ccp_page_state=state)
        assert done.result("ccp_page")["actions"] == predicted.result("ccp_page")["actions"] != []
        publisher.sandbox.world.traffic.clear()
        again = publisher.run(pages, ccp_page_state=state)
        assert (again.changed(), again.result("ccp_page")["actions"]) == (0, [])
        assert publisher.sandbox.world.traffic.writes() == []


WRONG: t.Final[dict[str, tuple[dict[str, t.Any], dict[str, t.Any], str]]] = {
    "no https": ({"url": "http://desk.example.com/"}, {}, "not a plain https address"),
    "a blank": ({"url": "https://desk.example.com/ "}, {}, "not a plain https address"),
    "no place": ({"folder": None}, {}, "needs a folder or a bucket, and not both, or, if it is your own, its ccp_url"),
    "two places": (
        {"bucket": "example-desk"},
        {},
        "needs a folder or a bucket, and not both, or, if it is your own, its ccp_url",
    ),
    "an empty text": ({"texts": {"title": " "}}, {}, "no text for title"),
    "another library": ({}, {"ccp_page_library_sha256": "0" * 64}, "has the SHA-256 checksum"),
    "no library": ({}, {"ccp_page_library": "/nowhere/streams.js"}, "is not there"),
    "a short attempt": ({}, {"ccp_page_load_timeout": 5}, "1000 to 60000 milliseconds"),
    "no instance": (
        {},
        {"federation_instance_alias": "example-other"},
        "There is no Amazon Connect instance example-other",
    ),
}


def test_what_is_wrong_is_said_before_anything_is_written(publisher: Publisher, tmp_path: Path) -> None:
    hosts = {}
    for number, (page, variables, _message) in enumerate(WRONG.values()):
        entry = {"url": "https://desk.example.com/", "folder": str(tmp_path / "site"), **page}
        pages = [{key: value for key, value in entry.items() if value is not None}]
        hosts[f"case-{number}"] = {**publisher.variables, "federation_pages": pages, **variables}
    publisher.inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    run = publisher.playbooks.fail("ccp_page", publisher.inventory)
    for host, (case, (_page, _variables, message)) in zip(hosts, WRONG.items(), strict=True):
        assert message in run.message(host), case
    assert not (tmp_path / "site").exists()
    assert publisher.origins == []


def test_every_language_has_every_text() -> None:
    variables = Path(__file__).resolve().parents[2] / "roles" / "ccp_page" / "vars" / "main.yml"
    languages = yaml.safe_load(variables.read_text(encoding="utf-8"))["__ccp_page_languages"]
    assert {frozenset(texts) for texts in languages.values()} == {frozenset(languages["en"])}
