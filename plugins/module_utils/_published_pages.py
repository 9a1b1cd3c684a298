# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Reads what a page that embeds the Contact Control Panel gives to Amazon Connect Streams, from the folder that it was
published to.
"""

from __future__ import annotations

import json
import pathlib
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Page

CONFIGURATION: t.Final = "config.json"


def read_page(page: t.Mapping[str, t.Any]) -> Page:
    """A page as it is declared, completed by what was published."""
    published: t.Mapping[str, t.Any] = {}
    not_readable = ""
    if page.get("folder") and not (page.get("ccp_url") and page.get("login_url")):
        published, not_readable = _configuration(pathlib.Path(page["folder"]) / CONFIGURATION)
    ccp_url, login_url = (page.get(name) or _text(published, name) for name in ("ccp_url", "login_url"))
    return Page(page["url"], ccp_url, login_url, not_readable)


def _configuration(file: pathlib.Path) -> tuple[t.Mapping[str, t.Any], str]:
    """What a configuration says, or nothing and why."""
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}, f"The page is not published yet: there is no {file}."
    except OSError as error:
        return {}, f"{file} cannot be read: {error.strerror}."
    except (ValueError, RecursionError):
        return {}, f"{file} is not the configuration of a page."
    return (content, "") if isinstance(content, dict) else ({}, f"{file} is not the configuration of a page.")


def _text(published: t.Mapping[str, t.Any], name: str) -> str | None:
    value = published.get(name)
    return value if isinstance(value, str) else None
