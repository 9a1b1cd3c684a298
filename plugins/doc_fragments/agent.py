# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from textwrap import indent

_AGENT = r"""
username:
  description:
    - The username, which is case-sensitive. It must equal the role session name that Entra ID sends, and cannot be
      changed later.
    - It consists of 2 to 64 letters, digits and the characters C(_.-), and can contain C(@) only as in an e-mail
      address.
    - These are the names that both AWS STS and Amazon Connect accept.
    - If a user exists whose name differs only in case, this is reported and no second user is created.
  type: str
  required: true
first_name:
  description: The first name. Required when creating a user.
  type: str
last_name:
  description: The last name. Required when creating a user.
  type: str
email:
  description:
    - Always rejected, because Amazon Connect does not accept an e-mail address for users of an instance with SAML
      identity management.
    - Use the secondary e-mail address for notifications.
  type: str
secondary_email:
  description: The e-mail address for notifications. An empty string removes it.
  type: str
mobile:
  description: The mobile number in E.164 format. An empty string removes it.
  type: str
security_profiles:
  description: The complete list of the user's security profiles, one to ten names or IDs. Required when creating a
    user.
  type: list
  elements: str
routing_profile:
  description: The name or ID of the routing profile. Required when creating a user.
  type: str
hierarchy_group:
  description:
    - The hierarchy group, by path such as C(Europe/Support) or by ID.
    - An empty string removes the user from the hierarchy.
  type: str
phone_type:
  description: The type of phone. A new user has V(soft_phone) by default.
  type: str
  choices: [soft_phone, desk_phone]
desk_phone_number:
  description: The number of the desk phone in E.164 format.
  type: str
auto_accept:
  description: Whether contacts of all channels are accepted automatically.
  type: bool
after_contact_work_time_limit:
  description: The time limit for after contact work in all channels, in seconds, at most 2000000. V(0) means no limit.
  type: int
persistent_connection:
  description: Whether the connection stays open between calls.
  type: bool
channels:
  description:
    - The settings for each channel, as an alternative to the five options above. Settings that are omitted are left
      unchanged.
    - Requires botocore 1.42.46 or newer.
  type: dict
  suboptions:
    voice:
      description: Calls.
      type: dict
      suboptions:
        auto_accept:
          description: Whether contacts are accepted automatically.
          type: bool
        agent_first_callback_auto_accept:
          description: Whether agent-first callbacks are accepted automatically. Requires C(auto_accept).
          type: bool
        after_contact_work_time_limit:
          description: The time limit for after contact work, in seconds. V(0) means no limit.
          type: int
        agent_first_callback_after_contact_work_time_limit:
          description: The time limit for work after agent-first callbacks. Requires C(after_contact_work_time_limit).
          type: int
        phone_type:
          description: The type of phone.
          type: str
          choices: [soft_phone, desk_phone]
        phone_number:
          description: The number of the desk phone in E.164 format. Requires C(phone_type).
          type: str
        persistent_connection:
          description: Whether the connection stays open between calls.
          type: bool
        voice_enhancement_mode:
          description: The noise reduction mode for the agent's voice.
          type: str
          choices: [voice_isolation, noise_suppression, none]
    chat:
      description: Chats.
      type: dict
      suboptions: &channel
        auto_accept:
          description: Whether contacts are accepted automatically.
          type: bool
        agent_first_callback_auto_accept:
          description: Whether agent-first callbacks are accepted automatically. Requires C(auto_accept).
          type: bool
        after_contact_work_time_limit:
          description: The time limit for after contact work, in seconds. V(0) means no limit.
          type: int
        agent_first_callback_after_contact_work_time_limit:
          description: The time limit for work after agent-first callbacks. Requires C(after_contact_work_time_limit).
          type: int
    task:
      description: Tasks.
      type: dict
      suboptions: *channel
    email:
      description: E-mail.
      type: dict
      suboptions: *channel
person_id:
  description:
    - The object ID of the person in Entra ID. It is stored in the tag C(openccp.federation/entra-id).
    - M(openccp.federation.connect_users) uses it to recognize a person whose username has changed.
  type: str
tags:
  description: The tags of the user. If omitted, the current tags are left unchanged.
  type: dict
  aliases: [resource_tags]
"""

_INSTANCE = r"""
instance_id:
  description: The ID, ARN or alias of the instance. Resolving an alias takes one more request.
  type: str
  required: true
  aliases: [instance_arn]
"""

_TASK = r"""
purge_tags:
  description: Whether to remove tags that are not listed in C(tags). Tags of AWS and of this collection are kept.
  type: bool
  default: true
wait_timeout:
  description: The maximum time, in seconds, to wait for a user who exists but is not returned by Amazon Connect yet.
  type: int
  default: 300
"""

_NOTES = r"""
notes:
  - When the module writes a secondary e-mail address or a mobile number, it also sets the tag
    C(openccp.federation/contact) on the user, with a digest of both values and the time. A later run uses the tag to
    verify both values without a request for each user, unless the user was modified in the meantime.
"""


class ModuleDocFragment:
    """The options of one agent, alone and in each element of a list, and what the modules for agents have in common.

    The texts are put together, which ansible-test's look at plain assignments does not understand: hence the
    annotations.
    """

    DOCUMENTATION: t.Final = "options:" + indent(_AGENT + _INSTANCE + _TASK, "  ") + _NOTES

    LISTED: t.Final = (
        "options:\n  users:\n    suboptions:" + indent(_AGENT, "      ") + indent(_INSTANCE + _TASK, "  ") + _NOTES
    )

    INSTANCE: t.Final = "options:" + indent(_INSTANCE, "  ")
