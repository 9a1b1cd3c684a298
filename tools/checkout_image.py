# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the definition of an execution image with the collection of this checkout in the place of a release: that of
execution-environment.yml, with an archive that was built here.
"""

from __future__ import annotations

import argparse
import pathlib
import typing as t

import yaml

CHECKOUT: t.Final = pathlib.Path(__file__).resolve().parents[1]
#: where ansible-builder puts additional files, below the folder in which it installs collections
FOLDER: t.Final = "archives"


def definition(archive: pathlib.Path) -> dict[str, t.Any]:
    """The definition with an archive of the collection."""
    known: dict[str, t.Any] = yaml.safe_load((CHECKOUT / "execution-environment.yml").read_text(encoding="utf-8"))
    local = {"name": f"{FOLDER}/{archive.name}", "type": "file"}
    collections = known["dependencies"]["galaxy"]["collections"]
    kept = [entry for entry in collections if entry["name"] != "openccp.federation"]
    known["dependencies"]["galaxy"]["collections"] = [local, *kept]
    return {**known, "additional_build_files": [{"src": str(archive.resolve()), "dest": FOLDER}]}


def main() -> None:
    """Write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=pathlib.Path, help="made by ansible-galaxy collection build")
    parser.add_argument("output", type=pathlib.Path, help="the file to write")
    options = parser.parse_args()
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(yaml.safe_dump(definition(options.archive), sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    main()
