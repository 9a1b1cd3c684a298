# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacks the collection amazon.aws, and nothing else, out of the ansible package's wheel: take_amazon_aws.py
FOLDER_OF_WHEELS.
"""

from __future__ import annotations

import pathlib
import sys
import sysconfig
import zipfile


def main(folder: str) -> int:
    """Put it where the ansible package puts it, which is among this Python's packages."""
    (wheel,) = pathlib.Path(folder).glob("ansible-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        members = [name for name in archive.namelist() if name.startswith("ansible_collections/amazon/aws/")]
        archive.extractall(sysconfig.get_path("purelib"), members)
    return 0 if members else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
