#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: saml_response_info
short_description: Get the contents of a SAML response and check whether AWS would accept it
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Decodes a SAML response that was copied from a browser, and checks it against the SAML provider and the role that it
    names, or against files.
  - A SAML response is a live credential. For several minutes, anybody who has it can sign in as its subject. The module
    never returns it.
options:
  response:
    description:
      - The value of the form field C(SAMLResponse) in base64, the complete form body, the XML document, the contents of
        a HAR file or of a SAML-tracer export, or a request that was copied as cURL, fetch, PowerShell or raw text.
      - Artefacts of copying (quotes, line breaks, percent-encoding, missing padding) are removed. The contents of the
        response are evaluated exactly as sent, including whitespace.
      - If there are several responses, the last one that was sent to AWS is used.
      - Prefer O(file), because a value of this option passes through the playbook and its variables.
    type: str
  file:
    description:
      - The path to a file with any of the contents that O(response) accepts, in UTF-8 or UTF-16.
      - A HAR file contains other secrets of the browser as well. Delete it afterwards.
    type: path
  metadata_file:
    description:
      - The path to the metadata with which to verify the signature, instead of the metadata of the SAML provider in
        IAM.
      - With O(metadata_file) or O(trust_policy_file), no requests are sent to AWS.
    type: path
  trust_policy_file:
    description:
      - The path to the trust policy of the role as JSON, instead of the trust policy in IAM.
      - With O(metadata_file) or O(trust_policy_file), no requests are sent to AWS.
    type: path
  max_session_duration:
    description: The maximum session duration, in seconds, of the role that O(trust_policy_file) belongs to.
    type: int
    default: 3600
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
  - cryptography >= 42.0.0
  - lxml >= 5.0.0
  - signxml >= 3.2.2
notes:
  - To capture a response safely, open the network tab of the developer tools in a private browser window, enable the
    option to preserve the log, sign in, and copy the C(SAMLResponse) of the request to the AWS sign-in endpoint into a
    file that nobody else can read. AWS accepts a response only once and only for five minutes, so let the sign-in
    finish, wait five minutes, and delete the file afterwards.
  - An expired response is reported as a warning, not as a failure. All other checks are made as if the response had
    been received in time.
seealso:
  - module: openccp.federation.federation_check
"""

EXAMPLES = r"""
- name: Check whether AWS would accept a response
  openccp.federation.saml_response_info:
    file: response.txt
  register: asked

- name: Show the findings
  ansible.builtin.debug:
    var: asked.table

- name: Check a response of a different account against files
  openccp.federation.saml_response_info:
    file: session.har
    metadata_file: federationmetadata.xml
    trust_policy_file: trust-policy.json
    max_session_duration: 43200
"""

RETURN = r"""
accepted:
  description:
    - Whether AWS accepts the response. Null if this cannot be determined.
    - If the response contains several roles, from which AWS lets the person choose, it is accepted if at least one role
      can be assumed.
  returned: always
  type: bool
answer:
  description: The error message of AWS. Empty if AWS accepts the response or if this cannot be determined.
  returned: always
  type: str
  sample: Response signature invalid
saml_response:
  description: The contents of the response.
  returned: always
  type: dict
  contains:
    issuer:
      description: The entity ID of the identity provider.
      returned: always
      type: str
    destination:
      description: The URL to which the response must be posted.
      returned: always
      type: str
    recipient:
      description: The reply URL for which the response is intended, which is compared with the role's trust policy.
      returned: always
      type: str
    audiences:
      description: The audiences for which the response is intended.
      returned: always
      type: list
      elements: str
    name_id:
      description: The name identifier.
      returned: always
      type: str
    name_id_format:
      description: The format of the name identifier.
      returned: always
      type: str
    issued:
      description: When the response was issued.
      returned: always
      type: str
    not_before:
      description: When the response becomes valid.
      returned: always
      type: str
    not_on_or_after:
      description: When the certificate expires.
      returned: always
      type: str
    claims:
      description: The claims, each name with its list of values.
      returned: always
      type: dict
    signed:
      description: The signed elements, C(response), C(assertion) or both.
      returned: always
      type: list
      elements: str
    algorithms:
      description: The algorithms of the signatures.
      returned: always
      type: list
      elements: str
    encrypted:
      description: Whether the assertion is encrypted. The contents of an encrypted assertion cannot be read.
      returned: always
      type: bool
    relay_state:
      description: The relay state.
      returned: when the relay state was also copied
      type: str
    posted_to:
      description: The URL to which the browser posted the response.
      returned: when the copied text contains the URL
      type: str
findings:
  description: The findings, in the same format as returned by M(openccp.federation.federation_check).
  returned: always
  type: list
  elements: dict
table:
  description: The findings as text lines for a terminal.
  returned: always
  type: list
  elements: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._checks import response as response_check
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import table
from ansible_collections.openccp.federation.plugins.module_utils._facts.trust import from_files, from_iam, read_bytes
from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule, inform
from ansible_collections.openccp.federation.plugins.module_utils._saml import pasted, responses


def described(copied: pasted.Copied, response: responses.Response) -> dict[str, t.Any]:
    """What is in a response, but not the response itself."""
    assertion = response.assertion
    beside = {"relay_state": copied.relay_state, "posted_to": copied.posted_to}
    moments = {
        "issued": assertion.issued,
        "not_before": assertion.not_before,
        "not_on_or_after": assertion.not_on_or_after,
    }
    return {
        "issuer": assertion.issuer,
        "destination": response.destination,
        "recipient": assertion.recipient,
        "audiences": list(assertion.audiences),
        "name_id": assertion.name_id,
        "name_id_format": assertion.name_id_format,
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
        "claims": {name: list(values) for name, values in assertion.attributes.items()},
        "signed": list(response.signed),
        "algorithms": list(response.algorithms),
        "encrypted": response.encrypted,
        **{name: value for name, value in beside.items() if value is not None},
    }


def checked(module: AwsModule) -> dict[str, t.Any]:
    """What the module returns."""
    params = module.params
    copied = pasted.response_in(params["response"] or pasted.text_of(read_bytes(params["file"], "file"), "file"))
    response = responses.read(copied.document)
    read = from_files if params["metadata_file"] or params["trust_policy_file"] else from_iam
    findings = response_check.check(response, read(module, response_check.pairs(response)))
    return {
        "accepted": response_check.accepted(findings),
        "answer": response_check.answer(findings),
        "saml_response": described(copied, response),
        "findings": [finding.as_dict() for finding in findings],
        "table": table(findings),
    }


MODULE: t.Final = AwsDefinition(
    options={
        "response": {"type": "str", "no_log": True},
        "file": {"type": "path"},
        "metadata_file": {"type": "path"},
        "trust_policy_file": {"type": "path"},
        "max_session_duration": {"type": "int", "default": 3600},
    },
    rules={"mutually_exclusive": [("response", "file")], "required_one_of": [("response", "file")]},
    libraries=("boto3", "botocore", "cryptography", "lxml", "signxml"),
    work=lambda module: inform(module, lambda: checked(module)),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
