# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the demo ends: with a browser and its picture, or without either, and it says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from federation import JANE, Federation
from sign_in import NotIn, prove

from federation_sandbox import browser

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000001", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.mark.parametrize("chromium", [True, False])
def test_the_agent_gets_in_and_the_administrator_is_thrown_out(
    chromium: bool,
    federation: Federation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """facts/aws.md 4.1: the classic trap, and the private window as the way round it"""
    if not chromium:
        monkeypatch.setattr(browser, "missing", lambda: "nobody installed one")
    elif browser.missing():
        pytest.skip(browser.missing())
    picture = tmp_path / "ccp.png"
    with (
        ThreadPoolExecutor() as apart
    ):  # Playwright takes one browser in a thread, and the other tests have theirs in this one
        apart.submit(prove, federation.sandbox, CREDENTIALS, federation.url, JANE, picture).result()
    told = capsys.readouterr().out
    assert f"Contact Control Panel at acme.my.connect.aws: {JANE}, Basic Routing Profile" in told
    before, kept, replaced = (line.rpartition(" ")[2] for line in told.splitlines()[-3:])
    assert (before, kept, replaced) == ("Administrator/alex", "Administrator/alex", f"Federation/{JANE}")
    assert picture.exists() is chromium
    assert ("nobody installed one" in told) is not chromium


def test_the_demo_fails_when_the_agent_does_not_get_in(
    federation: Federation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "missing", lambda: "not needed")
    with pytest.raises(NotIn, match="AADSTS50105"):
        prove(federation.sandbox, CREDENTIALS, federation.url, "nobody@contoso.com", tmp_path / "ccp.png")
