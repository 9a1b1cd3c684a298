# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the demo ends: with a browser and its picture, or without either, and it says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from federation import JANE, Federation
from sign_in import NotIn, prove

from demo_end import NO_BROWSER, DemoEnd
from federation_sandbox import browser

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000001", "AWS_SECRET_ACCESS_KEY": "secret"}


def test_the_agent_gets_in_and_the_administrator_is_thrown_out(
    demo: DemoEnd, federation: Federation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """facts/aws.md 4.1: the classic trap, and the private window as the way round it"""
    picture = tmp_path / "ccp.png"
    demo.run(prove, federation.sandbox, CREDENTIALS, federation.url, JANE, picture)
    output = capsys.readouterr().out
    assert f"Contact Control Panel at acme.my.connect.aws: {JANE}, Basic Routing Profile" in output
    before, kept, replaced = (line.rpartition(" ")[2] for line in output.splitlines()[-3:])
    assert (before, kept, replaced) == ("Administrator/alex", "Administrator/alex", f"Federation/{JANE}")
    assert picture.exists() is demo.chromium
    assert (NO_BROWSER in output) is not demo.chromium


def test_the_demo_fails_when_the_agent_does_not_get_in(
    federation: Federation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "missing", lambda: "not needed")
    with pytest.raises(NotIn, match="AADSTS50105"):
        prove(federation.sandbox, CREDENTIALS, federation.url, "nobody@contoso.com", tmp_path / "ccp.png")
