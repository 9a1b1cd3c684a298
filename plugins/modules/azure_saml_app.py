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
  - Creates an enterprise application from a template, sets up single sign-on by SAML for AWS, makes and activates its
    signing certificate, sends the claims that AWS needs, and assigns users and groups.
  - An application is found by O(app_id), else by the tag that this module gives to what it makes together with one of
    O(identifiers), else, when O(identifiers) is omitted, by that tag together with O(name). It is never found by its
    name alone.
  - A run that was stopped is continued by the next one; nothing is made twice.
requirements:
  - lxml >= 5.0.0
options:
  name:
    description:
      - The display name. Needed to create an application.
      - An application of this name that this module did not make is left alone, and the task fails, unless
        O(adopt=true).
    type: str
  app_id:
    description:
      - The (client) id of an existing application, which is then managed whoever made it.
    type: str
  adopt:
    description:
      - V(true) takes over an application that somebody else made and that has one of O(identifiers), or else is named
        O(name).
      - It then bears this module's tag and is found like those that the module made.
    type: bool
    default: false
  template:
    description:
      - What the application is created from, V(non_gallery), V(aws_single_account) (AWS Single-Account Access) or the
        id of another template.
      - A tenant that holds more than one federation needs V(aws_single_account), because only gallery applications may
        have identifiers such as V(https://signin.aws.amazon.com/saml#sales), of which Entra ID sends the part before
        C(#).
      - The id that V(non_gallery) stands for differs between the Microsoft clouds; it follows O(cloud).
      - It is looked up before an application is created. One that the cloud does not have ends the task before anything
        is made.
      - It means nothing for an application that exists.
    type: str
    default: non_gallery
  identifiers:
    description:
      - The identifiers (entity ids), all of them. A tenant has each identifier once. Needed to create an application.
      - AWS's are V(urn:amazon:webservices) and V(https://signin.aws.amazon.com/saml), that of AWS GovCloud (US) is
        V(urn:amazon:webservices:govcloud).
    type: list
    elements: str
  reply_urls:
    description:
      - The reply URLs (assertion consumer service), all of them. Needed to create an application. With one there is no
        doubt which one is used.
      - When O(role_claims) is given, they must be addresses of AWS's sign-in in the roles' partition.
    type: list
    elements: str
  default_reply_url:
    description:
      - The one of O(reply_urls) that a sign-in uses which begins in Entra ID. It is given the lowest index.
      - When omitted, the indexes of reply URLs are left as they are.
    type: str
  logout_url:
    description:
      - Where Entra ID sends the answer to a sign-out that the service asked for. V("") removes it.
    type: str
  token_encryption_certificate:
    description:
      - The certificate for which Entra ID encrypts the responses, in base64 or PEM, such as
        RV(openccp.federation.cognito_saml_provider#module:saml_provider.signing_certificate). V("") ends the
        encryption, and the certificate stays among the application's keys.
      - Nobody can sign in while the service does not read what is encrypted, or still expects that it is.
      - When omitted, it is left as it is. It needs Entra ID P1 or P2.
    type: str
  relay_state:
    description:
      - Where AWS sends the agent after the sign-in. V("") removes it.
    type: str
  session_name_source:
    description:
      - The user's attribute that is sent as C(RoleSessionName) and, where Entra ID allows it, as C(NameID).
        The Connect user must have the same name, byte for byte.
      - When omitted, it is left as it is, or is V(userprincipalname) in a new claims policy.
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
      - The user's attribute that is sent as C(NameID), instead of the one of O(session_name_source).
      - Its format follows from the attribute, or from what the service asks for; a claims policy cannot set it.
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
      - Whether a new claims policy sends C(RoleSessionName), without which AWS lets nobody in.
      - V(false) is for applications of other services. They get no claims policy at all unless O(name_id_source) or
        O(extra_claims) is given, and O(session_name_source), O(role_claims) and O(session_duration) are refused.
    type: bool
    default: true
  group_claims:
    description:
      - Which groups of a person are sent, by their object ids, as the claim
        V(http://schemas.microsoft.com/ws/2008/06/identity/claims/groups).
      - V(assigned_groups) are those that are assigned to the application.
      - Entra ID sends none of a person with more than 150. When omitted, it is left as it is.
    type: str
    choices: [none, security_groups, assigned_groups, directory_roles, all]
  role_claims:
    description:
      - The IAM roles that agents get, each with the SAML provider that vouches for them; all of them. They are sent as
        the constant C(Role) claim.
      - The ARNs need not exist yet.
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
      - The ID of the AWS account whose roles O(role_claims) names. A role of another account is refused.
    type: str
  session_duration:
    description:
      - How long a session lasts, in seconds from 900 to 43200. The role's own maximum must not be less.
    type: int
  extra_claims:
    description:
      - Further claims. Give each one of O(extra_claims[].value), O(extra_claims[].id) and
        O(extra_claims[].extension_id).
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the claim, such as V(https://aws.amazon.com/SAML/Attributes/PrincipalTag:Department).
        type: str
        required: true
      value:
        description: A constant.
        type: str
      source:
        description: Where O(extra_claims[].id) comes from; V(user) when omitted.
        type: str
        choices: [user, application, resource, audience, company]
      id:
        description: The attribute that is sent, such as V(department).
        type: str
      extension_id:
        description: The extension attribute of the directory that is sent.
        type: str
  audience_override:
    description:
      - The audience that is sent in place of an identifier, an absolute URI. V("") removes it.
      - A tenant has each identifier once. With this, further applications that are not from the gallery can send AWS's
        audience too, each with an identifier of its own.
      - It is a setting of the claims policy. When omitted, it is left as it is.
    type: str
  issuer_with_application_id:
    description:
      - Whether the issuer of the responses ends in the application's id, so that each application of a tenant has an
        issuer of its own.
      - RV(application.entity_id) and RV(application.metadata_xml) then have this issuer, which AWS compares with that
        of the responses. The document that Entra ID serves at RV(application.metadata_url) has not, so do not give IAM
        that address.
      - Nobody can sign in from the moment at which this changes until IAM has the metadata with the other issuer.
      - It is a setting of the claims policy. When omitted, it is left as it is.
    type: bool
  keep_unknown_claims:
    description:
      - Whether claims that no option names are kept. V(false) removes them.
      - Either way, the claims of an option that is omitted are left as they are.
    type: bool
    default: true
  signing_certificate:
    description:
      - The certificate that is made when the application has none that can be used. One that can be used is kept,
        whatever its name.
      - When the active certificate cannot be used and another one can, that is activated. None is ever removed.
    type: dict
    suboptions:
      common_name:
        description: The common name, without C(CN=).
        type: str
        default: Microsoft Azure Federated SSO Certificate
      validity_days:
        description: How many days it is valid, 1095 (three years) at most.
        type: int
        default: 1095
  assignment_required:
    description:
      - Whether only users who are assigned, directly or by a group, may sign in.
    type: bool
  assignments:
    description:
      - Who may sign in. Members of groups within an assigned group may not.
    type: dict
    suboptions:
      users:
        description: Users by user principal name, object id, e-mail address, or a display name that nobody else has.
        type: dict
        suboptions: &membership
          add:
            description: Those that are assigned if they are not.
            type: list
            elements: str
          remove:
            description: Those whose assignment is removed; who does not exist is no error.
            type: list
            elements: str
          set:
            description: Those that are assigned, and no others (see O(assignments.unlisted)). An empty list removes
              all.
            type: list
            elements: str
      groups:
        description: Groups by display name or object id. Needs Entra ID P1 or P2.
        type: dict
        suboptions: *membership
      unlisted:
        description:
          - What is done with those that are assigned and that C(set) does not list.
          - V(remove) removes their assignment, so that they can no longer sign in.
          - V(report) keeps it, and names them in a warning and in RV(application.unlisted_assignments).
        type: str
        choices: [remove, report]
        default: remove
  notification_emails:
    description:
      - Up to five addresses to which Entra ID writes before the active certificate ends, all of them.
    type: list
    elements: str
  hidden:
    description:
      - Whether My Apps hides the application.
    type: bool
  notes:
    description:
      - Notes for administrators, up to 1024 characters.
    type: str
  logo:
    description:
      - A picture for My Apps, a PNG, JPEG or GIF file of up to 100 KB.
      - It is uploaded when it differs from the one that was uploaded last by this module, which a tag of the
        application remembers.
    type: path
  state:
    description:
      - V(absent) deletes the application, its service principal and the claims policy that this module made for it.
        Entra ID keeps the deleted application for 30 days.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - With O(state=absent), also deletes the application from the recycle bin, where it may have been since an earlier
        run.
    type: bool
    default: false
  wait_timeout:
    description:
      - How many seconds to wait at most, each time, until Entra ID shows what was written.
    type: int
    default: 600
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_entra
  - openccp.federation.entra
notes:
  - Needs the Microsoft Graph application permission C(Application.ReadWrite.All). C(Application.ReadWrite.OwnedBy) is
    not enough, since an application that is made from a template has no owner.
  - Claims need C(Policy.ReadWrite.ApplicationConfiguration); assignments need C(User.ReadBasic.All) and
    C(GroupMember.Read.All). A permission that is missing is named before anything is written.
  - New identifiers and certificates are held to the tenant's app management policy and to the one of the application
    itself before the first write. Where an exemption cannot be read, such as that of a caller by its custom security
    attributes, there is a warning in place of a refusal.
seealso:
  - module: openccp.federation.azure_saml_app_info
  - module: openccp.federation.iam_saml_provider
  - module: openccp.federation.connect_federation_role
"""

EXAMPLES = r"""
- name: Have an enterprise application for a contact centre
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

- name: Give the metadata to AWS
  ansible.builtin.debug:
    msg: "{{ contact_centre.application.metadata_xml }}"

- name: Have a second federation in the same tenant
  openccp.federation.azure_saml_app:
    name: Sales desk
    template: aws_single_account
    identifiers: ["https://signin.aws.amazon.com/saml#sales-desk"]
    reply_urls: [https://eu-central-1.signin.aws.amazon.com/saml]

- name: Have an application for an Amazon Cognito user pool, which gets none of AWS's claims
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

- name: Delete an application for good
  openccp.federation.azure_saml_app:
    name: Sales desk
    identifiers: ["https://signin.aws.amazon.com/saml#sales-desk"]
    state: absent
    purge: true
"""

RETURN = r"""
actions:
  description: What was done or, in check mode, would be done, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["Create the application 'Contact centre' from the template non_gallery"]
steps:
  description: The same as data, one entry for each action.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: The action, as in RV(actions).
      returned: always
      type: str
    object:
      description: The object that it changes.
      returned: always
      type: str
    before:
      description: What differs, as it was. Empty for an object that did not exist.
      returned: always
      type: dict
    after:
      description: The same as it is then. Empty for an object that is gone.
      returned: always
      type: dict
    reason:
      description: Why it is done; empty where RV(steps[].before) and RV(steps[].after) say it all.
      returned: always
      type: str
application:
  description:
    - The application; empty when it is absent.
    - In check mode it is as it would be, with what Entra ID invents left out when it does not exist yet.
  returned: success
  type: dict
  contains:
    name:
      description: The display name.
      returned: when it exists
      type: str
      sample: Contact centre
    app_id:
      description: The (client) id.
      returned: when it exists
      type: str
      sample: 0f0e0d0c-0b0a-4908-8706-050403020100
    object_id:
      description: The id of the application object.
      returned: when it exists
      type: str
    service_principal_id:
      description: The id of the service principal.
      returned: when it exists
      type: str
    tenant_id:
      description: The id of the tenant.
      returned: when it exists
      type: str
    template_id:
      description: The id of the template that it was created from.
      returned: when it exists
      type: str
    managed:
      description: Whether it bears the tag of this collection.
      returned: when it exists
      type: bool
    enabled:
      description: Whether users may sign in at all.
      returned: when it exists
      type: bool
    single_sign_on_mode:
      description: How users sign in.
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
      description: The reply URL with the lowest index; empty when none has one.
      returned: when it exists
      type: str
    token_encryption_key_id:
      description: The ID of the key with which Entra ID encrypts the responses; empty when it does not.
      returned: when O(state=present)
      type: str
    logout_url:
      description: Where Entra ID answers a sign-out; empty without one.
      returned: when it exists
      type: str
    group_claims:
      description: Which groups are sent as a claim.
      returned: when it exists
      type: str
    relay_state:
      description: Where AWS sends the agent.
      returned: when it exists
      type: str
    assignment_required:
      description: Whether only assigned users may sign in.
      returned: when it exists
      type: bool
    assignments:
      description:
        - Who is assigned, C(users) and C(groups), each with C(id), C(display_name) and C(role_id). In check mode the
          names.
        - Not there when the permissions do not show it.
      returned: when it exists
      type: dict
    notification_emails:
      description: Who is told before the active certificate ends.
      returned: when it exists
      type: list
      elements: str
    notes:
      description: The notes.
      returned: when it exists
      type: str
    hidden:
      description: Whether My Apps hides it.
      returned: when it exists
      type: bool
    claims:
      description:
        - The claims as they will be sent, each with its C(name) and a constant C(value) or its C(source). Not there
          when the permissions do not show it.
      returned: when it exists
      type: list
      elements: dict
      sample: [{"name": "https://aws.amazon.com/SAML/Attributes/RoleSessionName", "source": "user.userprincipalname"}]
    audience_override:
      description:
        - The audience that the claims policy sends in place of an identifier, null for none. Not there when the
          permissions do not show it.
      returned: when it exists
      type: str
    issuer_with_application_id:
      description: Whether the issuer ends in the application's id. Not there when the permissions do not show it.
      returned: when it exists
      type: bool
    certificates:
      description: The signing certificates, the one that ends last first.
      returned: when O(state=present)
      type: list
      elements: dict
      contains:
        thumbprint:
          description: The SHA-1 thumbprint.
          returned: when it exists
          type: str
        sha256:
          description: The SHA-256 fingerprint.
          returned: when it exists
          type: str
        subject:
          description: The subject.
          returned: when it exists
          type: str
        not_before:
          description: When it begins.
          returned: when it exists
          type: str
        not_after:
          description: When it ends.
          returned: when it exists
          type: str
        days_left:
          description: Whole days until it ends, by the clock of Entra ID.
          returned: when it exists
          type: int
        usable:
          description: Whether it has begun and not ended.
          returned: when it exists
          type: bool
        key_bits:
          description: The size of the key.
          returned: when it exists
          type: int
        active:
          description: Whether Entra ID signs with it.
          returned: always
          type: bool
        can_sign:
          description: Whether Entra ID holds its private key.
          returned: when it exists
          type: bool
        activated_at:
          description: When it was last made the active one, null when that was not noted. A tag of the service
            principal keeps it.
          returned: when it exists
          type: str
        managed:
          description: Whether this collection made it. A tag of the service principal keeps that.
          returned: when it exists
          type: bool
    managed_thumbprints:
      description: The thumbprints of all certificates that this collection made, also of those that are gone. Tags keep
        them.
      returned: when it exists
      type: list
      elements: str
    active_thumbprint:
      description: The thumbprint of the active certificate.
      returned: when it exists
      type: str
    days_left:
      description: Whole days until the active certificate ends.
      returned: when it exists
      type: int
    user_access_url:
      description: The address that agents open.
      returned: when it exists
      type: str
      sample: https://launcher.myapps.microsoft.com/api/signin/0f0e0d0c-0b0a-4908-8706-050403020100?tenantId=00112233-4455-6677-8899-aabbccddeeff
    user_access_url_with_audience:
      description: The same, naming the first identifier.
      returned: when there is more than one identifier
      type: str
    metadata_url:
      description: Where Entra ID serves the federation metadata.
      returned: when it exists
      type: str
    metadata_xml:
      description: The federation metadata, which holds the active certificate, with RV(application.entity_id) as its
        entity ID.
      returned: when it exists; in check mode only when no certificate would be made
      type: str
    entity_id:
      description:
        - The issuer of the SAML responses. It is the same for all applications of a tenant, but for
          O(issuer_with_application_id=true).
        - In check mode, C(<application id>) stands for the id of an application that is yet to be made.
      returned: when O(state=present)
      type: str
      sample: https://sts.windows.net/00112233-4455-6677-8899-aabbccddeeff/
    not_readable:
      description: What the permissions do not show, C(policies) (the claims) or C(assignments).
      returned: when it exists
      type: list
      elements: str
    unlisted_assignments:
      description: The users and groups that stay assigned though C(set) does not list them.
      returned: when there are any and O(assignments.unlisted=report)
      type: list
      elements: str
      sample: [the group Night shift]
    access:
      description: Whom the application lets in before and after the task.
      returned: when the task takes the application from somebody, or changes the session name or whether an assignment
        is required
      type: dict
      contains:
        required_before:
          description: Whether only those who are assigned could sign in.
          returned: always
          type: bool
        required_after:
          description: Whether only those who are assigned can sign in afterwards.
          returned: always
          type: bool
        people:
          description: Everybody who is assigned, by C(name), with the session name C(before) and C(after), null where
            they are not let in.
          returned: always
          type: list
          elements: dict
        unreadable:
          description: Why the people could not be read; empty when they could.
          returned: always
          type: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_settings import GROUP_CLAIMS
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import (
    ENTRA_ARGUMENT_SPEC,
    ENTRA_CONSTRAINTS,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.saml_app_resource import SamlApp
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import (
    COMMON_NAME,
    LONGEST_DAYS,
)
from ansible_collections.openccp.federation.plugins.module_utils._module import converge, require
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import (
    NAME_ID_CHOICES,
    SESSION_NAME_SOURCES,
)


def argument_spec() -> dict[str, t.Any]:
    """The module's own options."""
    membership = {
        "type": "dict",
        "options": {key: {"type": "list", "elements": "str"} for key in ("add", "remove", "set")},
    }
    unlisted = {"type": "str", "choices": ["remove", "report"], "default": "remove"}
    arns = {"role_arn": {"type": "str", "required": True}, "provider_arn": {"type": "str", "required": True}}
    claim = {
        "name": {"type": "str", "required": True},
        "value": {"type": "str"},
        "source": {"type": "str", "choices": ["user", "application", "resource", "audience", "company"]},
        "id": {"type": "str"},
        "extension_id": {"type": "str"},
    }
    certificate = {
        "common_name": {"type": "str", "default": COMMON_NAME},
        "validity_days": {"type": "int", "default": LONGEST_DAYS},
    }
    return {
        "name": {"type": "str"},
        "app_id": {"type": "str"},
        "adopt": {"type": "bool", "default": False},
        "template": {"type": "str", "default": "non_gallery"},
        "identifiers": {"type": "list", "elements": "str"},
        "reply_urls": {"type": "list", "elements": "str"},
        "default_reply_url": {"type": "str"},
        "logout_url": {"type": "str"},
        "token_encryption_certificate": {"type": "str", "no_log": False},
        "relay_state": {"type": "str"},
        "session_name_source": {"type": "str", "choices": list(SESSION_NAME_SOURCES)},
        "name_id_source": {"type": "str", "choices": list(NAME_ID_CHOICES)},
        "aws_claims": {"type": "bool", "default": True},
        "group_claims": {"type": "str", "choices": list(GROUP_CLAIMS)},
        "role_claims": {"type": "list", "elements": "dict", "options": arns},
        "account_id": {"type": "str"},
        "session_duration": {"type": "int"},
        "extra_claims": {"type": "list", "elements": "dict", "options": claim},
        "audience_override": {"type": "str"},
        "issuer_with_application_id": {"type": "bool"},
        "keep_unknown_claims": {"type": "bool", "default": True},
        "signing_certificate": {"type": "dict", "options": certificate, "apply_defaults": True},
        "assignment_required": {"type": "bool"},
        "assignments": {"type": "dict", "options": {"users": membership, "groups": membership, "unlisted": unlisted}},
        "notification_emails": {"type": "list", "elements": "str"},
        "hidden": {"type": "bool"},
        "notes": {"type": "str"},
        "logo": {"type": "path"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "purge": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 600},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec=argument_spec() | ENTRA_ARGUMENT_SPEC,
        required_one_of=[("name", "app_id", "identifiers")],
        supports_check_mode=True,
        **ENTRA_CONSTRAINTS,
    )
    require(module, "msal", "requests", "cryptography", "lxml")
    converge(module, SamlApp(module), "application")


if __name__ == "__main__":
    main()
