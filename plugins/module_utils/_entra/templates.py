# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The application templates that enterprise applications are made from, whose ids differ by cloud."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Request, read
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

_US_GOVERNMENT: t.Final = "4602d0b4-76bb-404b-bca9-2652e1a39c6d"

#: Cloud → the id of the template of applications that are not in the gallery.
_NON_GALLERY: t.Final[t.Mapping[str, str]] = {
    "public": "8adf8e6e-67b2-4cf2-a259-e3dc5476c621",
    "usgov": _US_GOVERNMENT,
    "usgov_dod": _US_GOVERNMENT,
    "china": "5a532e38-1581-4918-9658-008dc27c1d68",
}

#: AWS's template in the gallery. No source says whether it has another id in the national clouds.
_AWS_SINGLE_ACCOUNT: t.Final = "8b1025e4-1dd2-430b-a150-2ef79cd700f5"

#: The names that stand for the id of a template.
NAMES: t.Final = ("non_gallery", "aws_single_account")


def template_id(template: str, cloud: str) -> str:
    """The id of a template in a cloud. template: one of NAMES, or an id."""
    return {"non_gallery": _NON_GALLERY[cloud], "aws_single_account": _AWS_SINGLE_ACCOUNT}.get(template, template)


def is_gallery(identifier: str | None) -> bool:
    """Whether an application of this template is one of the gallery. None: an application without a template."""
    return identifier is not None and identifier not in _NON_GALLERY.values()


def template_ask(template: str, cloud: str) -> Request:
    """The request that shows whether a cloud has a template. It takes no permission."""
    identifier = template_id(template, cloud)
    return read(f"/applicationTemplates/{identifier}", f"find the application template {identifier}", select=("id",))


def refuse_template(template: str, cloud: str) -> t.NoReturn:
    """InvalidInput: the cloud does not have the template, so no application can be made from it."""
    identifier = template_id(template, cloud)
    named = f"{template} ({identifier})" if template in NAMES else identifier
    raise InvalidInput(
        f"The Microsoft cloud '{cloud}' has no application template {named}.",
        hint=(
            f"Set {setting('azure_saml_app.template')} to non_gallery, or to the id of a template that GET "
            f"/applicationTemplates of that cloud shows."
        ),
    )
