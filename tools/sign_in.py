# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of the demo: an agent signs in, and an administrator learns what that does to the browser's AWS console
session.
"""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import json
import pathlib
import typing as t
import urllib.parse

import boto3
from botocore.config import Config

from federation_sandbox import browser, http_sign_in
from federation_sandbox.http_sign_in import SignIn
from federation_sandbox.testing import Sandbox

CONSOLE: t.Final = "https://console.aws.amazon.com/console/home"
BROKER: t.Final = "https://signin.aws.amazon.com/federation"


class NotIn(Exception):
    """The agent did not get in."""


@dataclasses.dataclass(frozen=True)
class Browsers:
    """What people sign in with: real browsers, or clients that walk the same path."""

    #: opens a private browser, which shares nothing with another
    new: t.Callable[[], t.Any]
    sign_in: t.Callable[[t.Any, str, str], SignIn]
    visit: t.Callable[[t.Any, str], SignIn]


def prove(sandbox: Sandbox, credentials: t.Mapping[str, str], url: str, user: str, picture: pathlib.Path) -> None:
    """Sign an agent in at the user access URL, and show what one browser for two AWS roles leads to. Raises NotIn."""
    with open_browsers(sandbox, picture) as browsers:
        seen = browsers.sign_in(browsers.new(), url, user)
        if not seen.ok:
            raise NotIn(f"{user} did not get in, but saw: {seen.text}")
        print(f"  {seen.title} at {urllib.parse.urlsplit(seen.url).hostname}: {seen.agent}, {seen.routing_profile}")
        print(
            f"  The picture is kept: {picture.parent.name}/{picture.name}"
            if picture.exists()
            else "  No picture, because there is no browser"
        )
        print(
            "\nA browser has one AWS session at a time, and signing in to Amazon Connect replaces it. Who is in "
            "the AWS console?\n"
        )
        window = browsers.new()
        before = browsers.visit(window, _console_link(sandbox, credentials))
        browsers.sign_in(browsers.new(), url, user)
        kept = browsers.visit(window, CONSOLE)
        browsers.sign_in(window, url, user)
        replaced = browsers.visit(window, CONSOLE)
        print(f"  an administrator's window:                             {_session_name(before)}")
        print(f"  after an agent signed in to Connect in a private one:  {_session_name(kept)}")
        print(f"  after an agent signed in to Connect in the same one:   {_session_name(replaced)}")
        if _session_name(before) != _session_name(kept) or _session_name(kept) == _session_name(replaced):
            raise NotIn("The browsers did not keep apart what they should.")


def _session_name(seen: SignIn) -> str:
    return seen.text.partition("assumed-role/")[2].partition(" ")[0]


@contextlib.contextmanager
def open_browsers(sandbox: Sandbox, picture: pathlib.Path) -> collections.abc.Iterator[Browsers]:
    """Chromium, or a client without a browser. picture: of the page where a sign-in ended last, from Chromium alone."""
    picture.unlink(missing_ok=True)
    missing = browser.missing()
    if missing:
        print(f"A client without a browser walks the same path ({missing}; install the package chromium for one).\n")
        yield Browsers(lambda: http_sign_in.new_browser(sandbox.environment), http_sign_in.sign_in, http_sign_in.visit)
        return
    print("Headless Chromium opens the user access URL.\n")
    with browser.browser(sandbox.environment) as new:
        yield Browsers(new, lambda context, url, user: browser.sign_in(context, url, user, picture), browser.visit)


def _console_link(sandbox: Sandbox, credentials: t.Mapping[str, str]) -> str:
    """The address that opens the console for an administrator, as AWS's own tools make it."""
    account = boto3.session.Session(
        credentials["AWS_ACCESS_KEY_ID"], credentials["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1"
    )
    config = Config(proxies={"https": sandbox.environment["HTTPS_PROXY"]})
    authority = sandbox.environment["AWS_CA_BUNDLE"]
    iam = account.client("iam", config=config, verify=authority)
    sts = account.client("sts", config=config, verify=authority)
    principal = {"AWS": f"arn:aws:iam::{sts.get_caller_identity()['Account']}:root"}
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
    }
    role = iam.create_role(RoleName="Administrator", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    session = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="alex")["Credentials"]
    keys = {
        "sessionId": session["AccessKeyId"],
        "sessionKey": session["SecretAccessKey"],
        "sessionToken": session["SessionToken"],
    }
    with http_sign_in.new_browser(sandbox.environment) as client:
        answer = client.get(BROKER, params={"Action": "getSigninToken", "Session": json.dumps(keys)}, timeout=300)
    login = {"Action": "login", "Destination": CONSOLE, "SigninToken": answer.json()["SigninToken"]}
    return f"{BROKER}?{urllib.parse.urlencode(login)}"
