# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from textwrap import indent

_AGENT = r"""
username:
  description:
    - The username, exact in upper and lower case. It must equal the role session name that Entra sends,
      and cannot be changed later.
    - It has 2 to 64 letters, digits and C(_.-), and C(@) only as in an e-mail address.
    - That is what both AWS STS and Amazon Connect accept.
    - A user whose name differs in case only is reported, not duplicated.
  type: str
  required: true
first_name:
  description: The first name. Needed for a new user.
  type: str
last_name:
  description: The last name. Needed for a new user.
  type: str
email:
  description:
    - Always refused, because Amazon Connect takes no e-mail address for users of a SAML instance.
    - Use the secondary e-mail address, where notifications go.
  type: str
secondary_email:
  description: The e-mail address for notifications. An empty text removes it.
  type: str
mobile:
  description: The mobile number in E.164 form. An empty text removes it.
  type: str
security_profiles:
  description: The names or IDs of one to ten security profiles, exactly those that the user is to have. Needed for a
    new user.
  type: list
  elements: str
routing_profile:
  description: The name or ID of the routing profile. Needed for a new user.
  type: str
hierarchy_group:
  description:
    - The hierarchy group by its path such as C(Europe/Support), or by its ID.
    - An empty text takes the user out of the hierarchy.
  type: str
phone_type:
  description: Where calls ring. A new user gets V(soft_phone) when nothing is said.
  type: str
  choices: [soft_phone, desk_phone]
desk_phone_number:
  description: The number of the desk phone in E.164 form.
  type: str
auto_accept:
  description: Whether contacts of every channel are taken without a click.
  type: bool
after_contact_work_time_limit:
  description: Seconds for work after a contact of any channel, up to 2000000; V(0) is no limit.
  type: int
persistent_connection:
  description: Whether the connection stays open between calls.
  type: bool
channels:
  description:
    - The same settings channel by channel, in place of the five above. What is omitted is left as it is.
    - Needs botocore 1.42.46 or newer.
  type: dict
  suboptions:
    voice:
      description: Calls.
      type: dict
      suboptions:
        auto_accept:
          description: Whether contacts are taken without a click.
          type: bool
        agent_first_callback_auto_accept:
          description: The same for agent-first callbacks. Needs C(auto_accept) beside it.
          type: bool
        after_contact_work_time_limit:
          description: Seconds for work after a contact; V(0) is no limit.
          type: int
        agent_first_callback_after_contact_work_time_limit:
          description: The same for agent-first callbacks. Needs C(after_contact_work_time_limit) beside it.
          type: int
        phone_type:
          description: Where calls ring.
          type: str
          choices: [soft_phone, desk_phone]
        phone_number:
          description: The desk phone's number in E.164 form. Needs C(phone_type) beside it.
          type: str
        persistent_connection:
          description: Whether the connection stays open between calls.
          type: bool
        voice_enhancement_mode:
          description: How the agent's voice is cleaned of noise.
          type: str
          choices: [voice_isolation, noise_suppression, none]
    chat:
      description: Chats.
      type: dict
      suboptions: &channel
        auto_accept:
          description: Whether contacts are taken without a click.
          type: bool
        agent_first_callback_auto_accept:
          description: The same for agent-first callbacks. Needs C(auto_accept) beside it.
          type: bool
        after_contact_work_time_limit:
          description: Seconds for work after a contact; V(0) is no limit.
          type: int
        agent_first_callback_after_contact_work_time_limit:
          description: The same for agent-first callbacks. Needs C(after_contact_work_time_limit) beside it.
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
    - The object ID of the person in Entra. It is kept in the tag C(openccp.federation/entra-id).
    - By it M(openccp.federation.connect_users) recognises a person whose username has changed.
  type: str
tags:
  description: The tags. When omitted, they are left as they are.
  type: dict
  aliases: [resource_tags]
"""

_INSTANCE = r"""
instance_id:
  description: The instance's ID, ARN or alias. Only an alias takes a request to resolve.
  type: str
  required: true
  aliases: [instance_arn]
"""

_TASK = r"""
purge_tags:
  description: Whether tags that are not among the given C(tags) are removed. The collection's own tag and those of
    AWS stay.
  type: bool
  default: true
wait_timeout:
  description: How many seconds to wait for a user who exists, but is not shown yet.
  type: int
  default: 300
"""

_NOTES = r"""
notes:
  - A write of secondary e-mail address or mobile number leaves the tag C(openccp.federation/contact) on the user,
    with a digest of both and the time. By it a later run knows without a request for each user that they are as wanted,
    unless somebody modified the user since.
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
