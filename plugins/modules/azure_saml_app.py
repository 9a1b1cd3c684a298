#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: azure_saml_app
short_description: Manage a SAML enterprise application in Microsoft Entra ID
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Creates an enterprise application from a template, configures SAML single sign-on to AWS, creates and activates the
    signing certificate, configures the claims that AWS requires, and assigns users and groups.
  - The module looks up the application by O(app_id). If O(app_id) is omitted, it looks for an application that carries
    the tag of this module and has one of O(identifiers) or, if O(identifiers) is also omitted, is named O(name). An
    application is never matched by its name alone.
  - If a run is interrupted, the next run completes it without creating anything twice.
requirements:
  - lxml >= 5.0.0
options:
  name:
    description:
      - The display name. Required when creating an application.
      - If an application with this name exists that was not created by this module, the task fails and leaves it
        unchanged, unless O(adopt=true).
    type: str
  app_id:
    description:
      - The (client) ID of an existing application. The application is managed no matter how it was created.
    type: str
  adopt:
    description:
      - Whether to take over an existing application that was not created by this module and that has one of
        O(identifiers) or, failing that, is named O(name).
      - The module tags an adopted application and from then on treats it like one of its own.
    type: bool
    default: false
  template:
    description:
      - The template from which the application is created, V(non_gallery), V(aws_single_account) (AWS Single-Account
        Access) or the ID of another template.
      - Use V(aws_single_account) if the tenant holds more than one federation. Only gallery applications can have
        identifiers such as V(https://signin.aws.amazon.com/saml#sales), of which Entra ID sends only the part before
        C(#).
      - The template ID for V(non_gallery) depends on the Microsoft cloud and is chosen according to O(cloud).
      - The template is looked up before the application is created. If it does not exist in the cloud, the task fails
        before anything is changed.
      - Ignored if the application already exists.
    type: str
    default: non_gallery
  identifiers:
    description:
      - The complete list of identifiers (entity IDs). An identifier can be used only once in a tenant. Required when
        creating an application.
      - The identifiers of AWS are V(urn:amazon:webservices) and V(https://signin.aws.amazon.com/saml). The identifier
        of AWS GovCloud (US) is V(urn:amazon:webservices:govcloud).
    type: list
    elements: str
  reply_urls:
    description:
      - The complete list of reply URLs (assertion consumer service URLs). Required when creating an application. With a
        single reply URL, it is unambiguous which one Entra ID uses.
      - If O(role_claims) is given, the reply URLs must be AWS sign-in endpoints in the partition of the roles.
    type: list
    elements: str
  default_reply_url:
    description:
      - The reply URL, one of O(reply_urls), that Entra ID uses for sign-ins that start in Entra ID. It is given the
        lowest index.
      - If omitted, the indexes of the reply URLs are left unchanged.
    type: str
  logout_url:
    description:
      - The URL to which Entra ID sends the response to a sign-out request of the service. Set to V("") to remove it.
    type: str
  token_encryption_certificate:
    description:
      - The certificate with which Entra ID encrypts the responses, in base64 or PEM, such as
        RV(openccp.federation.cognito_saml_provider#module:saml_provider.signing_certificate). Set to V("") to disable
        encryption. The certificate itself remains in the application's keys.
      - Nobody can sign in while Entra ID encrypts the responses and the service cannot decrypt them, or while the
        service requires encryption and Entra ID does not encrypt.
      - If omitted, the current setting is left unchanged. Requires Entra ID P1 or P2.
    type: str
  relay_state:
    description:
      - The URL to which AWS redirects the agent after sign-in. Set to V("") to remove it.
    type: str
  session_name_source:
    description:
      - The user attribute that is sent as C(RoleSessionName) and, where Entra ID allows it, as C(NameID). It must match
        the username in Amazon Connect exactly, including case.
      - If omitted, the current attribute is left unchanged. A new claims policy uses V(userprincipalname).
    type: str
    choices:
      - userprincipalname
      - mail
      - employeeid
      - mailnickname
      - onpremisessamaccountname
      - onpremisesuserprincipalname
      - extensionattribute1
      - extensionattribute2
      - extensionattribute3
      - extensionattribute4
      - extensionattribute5
      - extensionattribute6
      - extensionattribute7
      - extensionattribute8
      - extensionattribute9
      - extensionattribute10
      - extensionattribute11
      - extensionattribute12
      - extensionattribute13
      - extensionattribute14
      - extensionattribute15
  name_id_source:
    description:
      - The user attribute that is sent as C(NameID) instead of the attribute of O(session_name_source).
      - The format of the C(NameID) is determined by the attribute or by the request of the service. A claims policy
        cannot set it.
    type: str
    choices:
      - mail
      - userprincipalname
      - onpremisessamaccountname
      - employeeid
      - telephonenumber
      - extensionattribute1
      - extensionattribute2
      - extensionattribute3
      - extensionattribute4
      - extensionattribute5
      - extensionattribute6
      - extensionattribute7
      - extensionattribute8
      - extensionattribute9
      - extensionattribute10
      - extensionattribute11
      - extensionattribute12
      - extensionattribute13
      - extensionattribute14
      - extensionattribute15
  aws_claims:
    description:
      - Whether a new claims policy sends C(RoleSessionName), which AWS requires for every sign-in.
      - Set to V(false) for applications of other services. Such an application has no claims policy unless
        O(name_id_source) or O(extra_claims) is given, and O(session_name_source), O(role_claims) and
        O(session_duration) are rejected.
    type: bool
    default: true
  group_claims:
    description:
      - Which of a person's groups are sent, by object ID, in the claim
        V(http://schemas.microsoft.com/ws/2008/06/identity/claims/groups).
      - V(assigned_groups) sends only the groups that are assigned to the application.
      - Entra ID sends no groups for a person who has more than 150. If omitted, the current setting is left unchanged.
    type: str
    choices: [none, security_groups, assigned_groups, directory_roles, all]
  role_claims:
    description:
      - The complete list of IAM roles that agents can assume, each with its SAML provider. They are sent as constant
        values of the C(Role) claim.
      - The roles and providers do not need to exist yet.
      - If the application was deleted permanently, which leaves its claims policy behind, the module finds the claims
        policy by these roles, and deletes it. If there are no roles, it finds the claims policy by its claims. This
        applies to both states.
    type: list
    elements: dict
    suboptions:
      role_arn:
        description: The ARN of the role.
        type: str
        required: true
      provider_arn:
        description: The ARN of the SAML provider, in the role's account.
        type: str
        required: true
  account_id:
    description:
      - The ID of the AWS account of the roles in O(role_claims). Roles of any other account are rejected.
    type: str
  session_duration:
    description:
      - The session duration in seconds, from 900 to 43200. It must not exceed the maximum session duration of the role.
    type: int
  extra_claims:
    description:
      - Additional claims. Each claim takes exactly one of O(extra_claims[].value), O(extra_claims[].id) and
        O(extra_claims[].extension_id).
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the claim, such as V(https://aws.amazon.com/SAML/Attributes/PrincipalTag:Department).
        type: str
        required: true
      value:
        description: A constant value.
        type: str
      source:
        description: The object whose attribute O(extra_claims[].id) is sent. Defaults to V(user).
        type: str
        choices: [user, application, resource, audience, company]
      id:
        description: The attribute to send, such as V(department).
        type: str
      extension_id:
        description: The directory extension attribute to send.
        type: str
  audience_override:
    description:
      - The audience, an absolute URI, that is sent instead of an identifier. Set to V("") to remove it.
      - An identifier can be used only once in a tenant. With an audience override, several non-gallery applications
        with different identifiers can all send the audience of AWS.
      - This is a setting of the claims policy. If omitted, the current setting is left unchanged.
    type: str
  issuer_with_application_id:
    description:
      - Whether the issuer of the responses ends with the application's ID, so that each application of a tenant has its
        own issuer.
      - RV(application.entity_id) and RV(application.metadata_xml) then contain this issuer, which AWS compares with the
        issuer of the responses. The document that Entra ID serves at RV(application.metadata_url) does not contain it,
        so do not use that URL for IAM.
      - After this setting changes, nobody can sign in until the metadata in IAM contains the new issuer.
      - This is a setting of the claims policy. If omitted, the current setting is left unchanged.
    type: bool
  keep_unknown_claims:
    description:
      - Whether to keep claims that are not covered by any option. V(false) removes them.
      - In either case, the claims of options that are omitted are left unchanged.
    type: bool
    default: true
  signing_certificate:
    description:
      - The properties of the signing certificate that is created if the application has no usable certificate. A usable
        certificate is kept regardless of its name.
      - If the active certificate is not usable but another one is, the other one is activated. Certificates are never
        removed.
    type: dict
    suboptions:
      common_name:
        description: The common name, without C(CN=).
        type: str
        default: Microsoft Azure Federated SSO Certificate
      validity_days:
        description: The validity period in days, at most 1095 (three years).
        type: int
        default: 1095
  assignment_required:
    description:
      - Whether only users who are assigned, directly or through a group, can sign in.
    type: bool
  assignments:
    description:
      - The users and groups that are assigned to the application. Members of groups that are nested in an assigned
        group cannot sign in.
    type: dict
    suboptions:
      users:
        description: Users by user principal name, object ID, e-mail address or unique display name.
        type: dict
        suboptions: &membership
          add:
            description: The objects to assign if they are not assigned yet.
            type: list
            elements: str
          remove:
            description: The objects to unassign. Objects that do not exist are ignored.
            type: list
            elements: str
          set:
            description: The complete list of objects to assign. O(assignments.unlisted) controls what happens to all
              others. An empty list unassigns everyone.
            type: list
            elements: str
      groups:
        description: Groups by display name or object ID. Requires Entra ID P1 or P2.
        type: dict
        suboptions: *membership
      unlisted:
        description:
          - What to do with users and groups that are assigned but not listed in C(set).
          - V(remove) unassigns them, so that they can no longer sign in.
          - V(report) keeps their assignments, and lists them in a warning and in RV(application.unlisted_assignments).
        type: str
        choices: [remove, report]
        default: remove
  notification_emails:
    description:
      - The complete list of up to five e-mail addresses that Entra ID notifies before the active certificate expires.
    type: list
    elements: str
  hidden:
    description:
      - Whether the application is hidden in My Apps.
    type: bool
  notes:
    description:
      - Notes for administrators, at most 1024 characters.
    type: str
  logo:
    description:
      - The path to the logo that is shown in My Apps, a PNG, JPEG or GIF file of at most 100 KB.
      - The logo is uploaded if it differs from the logo that this module uploaded last, as recorded in a tag of the
        application.
    type: path
  state:
    description:
      - V(absent) deletes the application, its service principal and the claims policy that this module created for it.
        Entra ID keeps the deleted application in the recycle bin for 30 days.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether O(state=absent) also permanently deletes the application from the recycle bin, including an application
        that an earlier run deleted.
    type: bool
    default: false
  wait_timeout:
    description:
      - The maximum time, in seconds, to wait after each write until Entra ID returns the written values.
    type: int
    default: 600
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_entra
  - openccp.federation.entra
notes:
  - Requires the Microsoft Graph application permission C(Application.ReadWrite.All). C(Application.ReadWrite.OwnedBy)
    is not sufficient, because an application that is created from a template has no owner.
  - Managing claims also requires C(Policy.ReadWrite.ApplicationConfiguration). Managing assignments also requires
    C(User.ReadBasic.All) and C(GroupMember.Read.All). Missing permissions are reported before anything is changed.
  - New identifiers and certificates are checked against the app management policies of the tenant and of the
    application before the first write. If an exemption from a policy cannot be read, such as an exemption of the caller
    by custom security attributes, the module warns instead of failing.
seealso:
  - module: openccp.federation.azure_saml_app_info
  - module: openccp.federation.iam_saml_provider
  - module: openccp.federation.connect_federation_role
"""

EXAMPLES = r"""
- name: Create an enterprise application for a contact centre
  openccp.federation.azure_saml_app:
    name: Contact centre
    identifiers: [urn:amazon:webservices]
    reply_urls: [https://signin.aws.amazon.com/saml]
    relay_state: https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-3333-4444-555555555555?destination=%2Fccp-v2
    role_claims:
      - role_arn: arn:aws:iam::123456789012:role/ConnectAgent
        provider_arn: arn:aws:iam::123456789012:saml-provider/Entra
    session_duration: 43200
    assignment_required: true
    notification_emails: [operations@example.com]
  register: contact_centre

- name: Show the federation metadata for AWS
  ansible.builtin.debug:
    msg: "{{ contact_centre.application.metadata_xml }}"

- name: Create an application for a second federation in the same tenant
  openccp.federation.azure_saml_app:
    name: Sales desk
    template: aws_single_account
    identifiers: ["https://signin.aws.amazon.com/saml#sales-desk"]
    reply_urls: [https://eu-central-1.signin.aws.amazon.com/saml]

- name: Create an application for an Amazon Cognito user pool, without the claims for AWS
  openccp.federation.azure_saml_app:
    name: Desk
    identifiers: [urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI]
    reply_urls: [https://desk.auth.eu-central-1.amazoncognito.com/saml2/idpresponse]
    logout_url: https://desk.auth.eu-central-1.amazoncognito.com/saml2/logout
    aws_claims: false
    group_claims: assigned_groups

- name: Hide an application from My Apps
  openccp.federation.azure_saml_app:
    app_id: "{{ contact_centre.application.app_id }}"
    hidden: true

- name: Delete an application permanently
  openccp.federation.azure_saml_app:
    name: Sales desk
    identifiers: ["https://signin.aws.amazon.com/saml#sales-desk"]
    state: absent
    purge: true
"""

RETURN = r"""
actions:
  description: The actions that were performed or, in check mode, would be performed, one sentence per action.
  returned: always
  type: list
  elements: str
  sample: ["Create the application 'Contact centre' from the template non_gallery"]
steps:
  description: The actions as structured data, one entry per action.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: The action, as in RV(actions).
      returned: always
      type: str
    object:
      description: The object that the action changes.
      returned: always
      type: str
    before:
      description: The values that change, before the action. Empty if the object did not exist.
      returned: always
      type: dict
    after:
      description: The same values after the action. Empty if the object was deleted.
      returned: always
      type: dict
    reason:
      description: The reason for the action. Empty if RV(steps[].before) and RV(steps[].after) are self-explanatory.
      returned: always
      type: str
application:
  description:
    - The application. Empty if it does not exist.
    - In check mode, the predicted application. Values that Entra ID generates are omitted if the application does not
      exist yet.
  returned: success
  type: dict
  contains:
    name:
      description: The display name.
      returned: when the application exists
      type: str
      sample: Contact centre
    app_id:
      description: The (client) ID.
      returned: when the application exists
      type: str
      sample: 0f0e0d0c-0b0a-4908-8706-050403020100
    object_id:
      description: The ID of the application object.
      returned: when the application exists
      type: str
    service_principal_id:
      description: The ID of the service principal.
      returned: when the application exists
      type: str
    tenant_id:
      description: The ID of the tenant.
      returned: when the application exists
      type: str
    template_id:
      description: The ID of the template from which the application was created.
      returned: when the application exists
      type: str
    managed:
      description: Whether the application carries the tag of this collection.
      returned: when the application exists
      type: bool
    enabled:
      description: Whether the application is enabled for users to sign in.
      returned: when the application exists
      type: bool
    single_sign_on_mode:
      description: The single sign-on mode.
      returned: when O(state=present)
      type: str
      sample: saml
    identifiers:
      description: The identifiers.
      returned: when O(state=present)
      type: list
      elements: str
      sample: ["urn:amazon:webservices"]
    reply_urls:
      description: The reply URLs.
      returned: when O(state=present)
      type: list
      elements: str
      sample: ["https://signin.aws.amazon.com/saml"]
    default_reply_url:
      description: The reply URL with the lowest index. Empty if no reply URL has an index.
      returned: when the application exists
      type: str
    token_encryption_key_id:
      description: The ID of the key with which Entra ID encrypts the responses. Empty if the responses are not
        encrypted.
      returned: when O(state=present)
      type: str
    logout_url:
      description: The URL to which Entra ID sends sign-out responses. Empty if none is set.
      returned: when the application exists
      type: str
    group_claims:
      description: Which groups are sent in the group claim.
      returned: when the application exists
      type: str
    relay_state:
      description: The URL to which AWS redirects the agent after sign-in.
      returned: when the application exists
      type: str
    assignment_required:
      description: Whether only assigned users can sign in.
      returned: when the application exists
      type: bool
    assignments:
      description:
        - The assigned C(users) and C(groups), each with C(id), C(display_name) and C(role_id). In check mode, only
          their names.
        - Omitted if the permissions do not allow reading it.
      returned: when the application exists
      type: dict
    notification_emails:
      description: The e-mail addresses that Entra ID notifies before the active certificate expires.
      returned: when the application exists
      type: list
      elements: str
    notes:
      description: The notes.
      returned: when the application exists
      type: str
    hidden:
      description: Whether the application is hidden in My Apps.
      returned: when the application exists
      type: bool
    claims:
      description:
        - The claims that will be sent, each with its C(name) and either a constant C(value) or its C(source). Omitted
          if the permissions do not allow reading it.
      returned: when the application exists
      type: list
      elements: dict
      sample: [{"name": "https://aws.amazon.com/SAML/Attributes/RoleSessionName", "source": "user.userprincipalname"}]
    audience_override:
      description:
        - The audience that the claims policy sends instead of an identifier. Null if none is set. Omitted if the
          permissions do not allow reading it.
      returned: when the application exists
      type: str
    issuer_with_application_id:
      description: Whether the issuer ends with the application's ID. Omitted if the permissions do not allow reading
        it.
      returned: when the application exists
      type: bool
    certificates:
      description: The signing certificates, sorted by expiry date with the latest first.
      returned: when O(state=present)
      type: list
      elements: dict
      contains:
        thumbprint:
          description: The SHA-1 thumbprint.
          returned: when the certificate exists
          type: str
        sha256:
          description: The SHA-256 fingerprint.
          returned: when the certificate exists
          type: str
        subject:
          description: The subject.
          returned: when the certificate exists
          type: str
        not_before:
          description: When the certificate becomes valid.
          returned: when the certificate exists
          type: str
        not_after:
          description: When the certificate expires.
          returned: when the certificate exists
          type: str
        days_left:
          description: The number of whole days until the certificate expires, according to the clock of Entra ID.
          returned: when the certificate exists
          type: int
        usable:
          description: Whether the certificate is within its validity period.
          returned: when the certificate exists
          type: bool
        key_bits:
          description: The size of the key in bits.
          returned: when the certificate exists
          type: int
        active:
          description: Whether Entra ID signs with this certificate.
          returned: always
          type: bool
        can_sign:
          description: Whether Entra ID holds the private key of the certificate.
          returned: when the certificate exists
          type: bool
        activated_at:
          description: When the certificate was last activated, as recorded in a tag of the service principal. Null if
            no activation was recorded.
          returned: when the certificate exists
          type: str
        managed:
          description: Whether the certificate was created by this collection, as recorded in a tag of the service
            principal.
          returned: when the certificate exists
          type: bool
    managed_thumbprints:
      description: The thumbprints of all certificates that this collection has created, including deleted ones, as
        recorded in tags of the service principal.
      returned: when the application exists
      type: list
      elements: str
    active_thumbprint:
      description: The thumbprint of the active certificate.
      returned: when the application exists
      type: str
    days_left:
      description: The number of whole days until the active certificate expires.
      returned: when the application exists
      type: int
    user_access_url:
      description: The URL that agents open to sign in.
      returned: when the application exists
      type: str
      sample: https://launcher.myapps.microsoft.com/api/signin/0f0e0d0c-0b0a-4908-8706-050403020100?tenantId=00112233-4455-6677-8899-aabbccddeeff
    user_access_url_with_audience:
      description: The same URL with the first identifier as its audience.
      returned: when there is more than one identifier
      type: str
    metadata_url:
      description: The URL of the federation metadata.
      returned: when the application exists
      type: str
    metadata_xml:
      description: The federation metadata, which contains the active certificate and has RV(application.entity_id) as
        its entity ID.
      returned: when the application exists; in check mode only if no certificate would be created
      type: str
    entity_id:
      description:
        - The issuer of the SAML responses. It is the same for all applications of a tenant unless
          O(issuer_with_application_id=true).
        - In check mode, C(<application id>) stands for the ID of an application that does not exist yet.
      returned: when O(state=present)
      type: str
      sample: https://sts.windows.net/00112233-4455-6677-8899-aabbccddeeff/
    not_readable:
      description: What could not be read for lack of permissions, C(policies) (the claims) or C(assignments).
      returned: when the application exists
      type: list
      elements: str
    unlisted_assignments:
      description: The users and groups that remain assigned although they are not listed in C(set).
      returned: when there are any and O(assignments.unlisted=report)
      type: list
      elements: str
      sample: [the group Night shift]
    access:
      description: Who can sign in to the application before and after the task.
      returned: when the task removes access from somebody, or changes the session name or whether assignment is
        required
      type: dict
      contains:
        required_before:
          description: Whether only assigned users could sign in before the task.
          returned: always
          type: bool
        required_after:
          description: Whether only assigned users can sign in after the task.
          returned: always
          type: bool
        people:
          description: All assigned people, each with the C(name) and the session name C(before) and C(after) the task.
            The session name is null where the person cannot sign in.
          returned: always
          type: list
          elements: dict
        unreadable:
          description: Why the people could not be read. Empty if they could be read.
          returned: always
          type: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._definition import Definition
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_settings import GROUP_CLAIMS
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC, entra_rules
from ansible_collections.openccp.federation.plugins.module_utils._entra.saml_app_resource import SamlApp
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import (
    COMMON_NAME,
    LONGEST_DAYS,
)
from ansible_collections.openccp.federation.plugins.module_utils._module import converge
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import (
    NAME_ID_CHOICES,
    SESSION_NAME_SOURCES,
)

#: Which application, and what becomes of it.
APPLICATION_OPTIONS: t.Final[dict[str, t.Any]] = {
    "name": {"type": "str"},
    "app_id": {"type": "str"},
    "adopt": {"type": "bool", "default": False},
    "template": {"type": "str", "default": "non_gallery"},
    "notification_emails": {"type": "list", "elements": "str"},
    "hidden": {"type": "bool"},
    "notes": {"type": "str"},
    "logo": {"type": "path"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "purge": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 600},
}

#: Who asks for a sign-in, where the answer goes, and with what it is signed and encrypted.
SAML_OPTIONS: t.Final[dict[str, t.Any]] = {
    "identifiers": {"type": "list", "elements": "str"},
    "reply_urls": {"type": "list", "elements": "str"},
    "default_reply_url": {"type": "str"},
    "logout_url": {"type": "str"},
    "relay_state": {"type": "str"},
    "token_encryption_certificate": {"type": "str", "no_log": False},
    "signing_certificate": {
        "type": "dict",
        "options": {
            "common_name": {"type": "str", "default": COMMON_NAME},
            "validity_days": {"type": "int", "default": LONGEST_DAYS},
        },
        "apply_defaults": True,
    },
}

_ROLE_CLAIM: t.Final = {
    "role_arn": {"type": "str", "required": True},
    "provider_arn": {"type": "str", "required": True},
}
_EXTRA_CLAIM: t.Final = {
    "name": {"type": "str", "required": True},
    "value": {"type": "str"},
    "source": {"type": "str", "choices": ["user", "application", "resource", "audience", "company"]},
    "id": {"type": "str"},
    "extension_id": {"type": "str"},
}
#: What is said of a person.
CLAIM_OPTIONS: t.Final[dict[str, t.Any]] = {
    "session_name_source": {"type": "str", "choices": list(SESSION_NAME_SOURCES)},
    "name_id_source": {"type": "str", "choices": list(NAME_ID_CHOICES)},
    "aws_claims": {"type": "bool", "default": True},
    "group_claims": {"type": "str", "choices": list(GROUP_CLAIMS)},
    "role_claims": {"type": "list", "elements": "dict", "options": _ROLE_CLAIM},
    "account_id": {"type": "str"},
    "session_duration": {"type": "int"},
    "extra_claims": {"type": "list", "elements": "dict", "options": _EXTRA_CLAIM},
    "audience_override": {"type": "str"},
    "issuer_with_application_id": {"type": "bool"},
    "keep_unknown_claims": {"type": "bool", "default": True},
}

_MEMBERSHIP: t.Final = {
    "type": "dict",
    "options": {key: {"type": "list", "elements": "str"} for key in ("add", "remove", "set")},
}
#: Who may sign in.
ACCESS_OPTIONS: t.Final[dict[str, t.Any]] = {
    "assignment_required": {"type": "bool"},
    "assignments": {
        "type": "dict",
        "options": {
            "users": _MEMBERSHIP,
            "groups": _MEMBERSHIP,
            "unlisted": {"type": "str", "choices": ["remove", "report"], "default": "remove"},
        },
    },
}


MODULE: t.Final = Definition(
    options=APPLICATION_OPTIONS | SAML_OPTIONS | CLAIM_OPTIONS | ACCESS_OPTIONS | ENTRA_ARGUMENT_SPEC,
    rules=entra_rules(required_one_of=[("name", "app_id", "identifiers")]),
    libraries=("msal", "requests", "cryptography", "lxml"),
    work=lambda module: converge(module, SamlApp(module), "application"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
