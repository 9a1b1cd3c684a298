# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Amazon Connect instances: the client, finding one, its addresses and its attributes."""

from __future__ import annotations

import os
import typing as t
import uuid

from ansible_collections.openccp.federation.plugins.module_utils._attributes import Attr, Settings
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt, client
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    UUID,
    check_home,
    check_instance_id,
    parse_connect_instance_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import (
    CONNECT_REGIONS,
    check_connect_region,
    partition_of_region,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import (
    instance_host,
    is_on_old_domain,
    relay_state,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Conflict,
    FederationError,
    NotFound,
    TimedOut,
)
from ansible_collections.openccp.federation.plugins.module_utils._plan import Step, close_matches
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

try:
    import botocore.loaders
    import botocore.regions
except ImportError:
    # The modules report the missing library.
    pass

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule

Instance = dict[str, t.Any]

#: In check mode, and only there: the id of an instance that the same run would have created by then. No request is made
#: of it.
PLANNED_ID: t.Final = "00000000-0000-0000-0000-000000000000"

#: seconds in which a new instance is listed; the alias of one that is not by then is somebody else's
LISTED_WITHIN: t.Final = 10.0
_ALIAS_TAKEN: t.Final = "alias is already used"


def connect_client(module: AwsModule) -> t.Any:
    """The client for Amazon Connect in the module's Region; InvalidInput, before any request, when it is not offered
    there.
    """
    region = module.region
    if region and region not in CONNECT_REGIONS:  # to ask botocore takes a tenth of a second
        check_connect_region(region, _offered(partition_of_region(region).name))
    return client(module, "connect")


def _offered(partition: str) -> list[str]:
    """The partition's Regions with Amazon Connect; a session would read the whole of Connect's API to tell them."""
    endpoints = botocore.loaders.create_loader(os.environ.get("AWS_DATA_PATH")).load_data("endpoints")
    regions: list[str] = botocore.regions.EndpointResolver(endpoints).get_available_endpoints(
        "connect", partition_name=partition
    )
    return regions


def list_instances(connect: t.Any) -> list[Instance]:
    """Every instance of the account in the Region, in short (no tags)."""
    with attempt(f"list the Amazon Connect instances in {connect.meta.region_name}"):
        instances: list[Instance] = (
            connect.get_paginator("list_instances").paginate().build_full_result().get("InstanceSummaryList", [])
        )
    return instances


def describe(connect: t.Any, instance_id: str) -> Instance | None:
    """One instance in full; None when there is none, or it is not shown yet."""
    try:
        with attempt(f"read the Amazon Connect instance {instance_id}"):
            answer = connect.describe_instance(InstanceId=instance_id)
    except NotFound:
        return None
    replication = answer.get("ReplicationConfiguration", {})
    instance: Instance = answer["Instance"] | {"GlobalSignInEndpoint": replication.get("GlobalSignInEndpoint")}
    return instance


def with_alias(instances: t.Iterable[Instance], alias: str) -> list[Instance]:
    """The instances of an alias (which is part of a host name, so case means nothing); failed creations do not
    count.
    """
    return [
        instance
        for instance in instances
        if (instance.get("InstanceAlias") or "").lower() == alias.lower()
        and instance.get("InstanceStatus") != "CREATION_FAILED"
    ]


def only(instances: t.Sequence[Instance], alias: str) -> Instance | None:
    """The one instance of an alias, or None; Conflict, with the ids, when there are several."""
    if len(instances) > 1:
        ids = ", ".join(instance["Id"] for instance in instances)
        raise Conflict(
            f"{len(instances)} Amazon Connect instances have the alias {alias!r}: {ids}.",
            hint="Identify the right one by its ID.",
        )
    return instances[0] if instances else None


def id_of_reference(connect: t.Any, reference: str) -> str:
    """The id that an alias, an id or an ARN refers to; only an alias takes a request."""
    if UUID.fullmatch(reference):
        return reference
    if reference.startswith("arn:"):
        return id_of_arn(reference, connect.meta.region_name)
    instances = list_instances(connect)
    instance = only(with_alias(instances, reference), reference)
    if instance is None:
        raise no_such_alias(reference, instances, connect.meta.region_name)
    check_saml(instance)
    return str(instance["Id"])


def id_of_arn(arn: str, region: str) -> str:
    """The id in an instance's ARN, when it lies in the Region that the module works in."""
    return check_home(
        parse_connect_instance_arn(arn), partition=partition_of_region(region).name, region=region
    ).instance_id


def check_reference(reference: str) -> str:
    """An instance's id or ARN, as given."""
    if not reference.startswith("arn:"):
        check_instance_id(reference)
    return reference


def no_such_alias(alias: str, instances: t.Iterable[Instance], region: str) -> NotFound:
    """What to say when no instance has an alias."""
    aliases = [instance["InstanceAlias"] for instance in instances if instance.get("InstanceAlias")]
    close = close_matches(alias, aliases)
    hint = (
        f"Did you mean {' or '.join(close)}?" if close else f"Instances there: {', '.join(sorted(aliases)) or 'none'}."
    )
    return NotFound(f"There is no Amazon Connect instance with the alias {alias!r} in {region}.", hint=hint)


def check_saml(instance: Instance) -> None:
    """Conflict unless the instance's identity management is SAML."""
    kind = instance.get("IdentityManagementType")
    if kind != "SAML":
        raise Conflict(
            (
                f"The Amazon Connect instance {instance.get('InstanceAlias') or instance['Id']} manages identities by "
                f"{kind}, not by SAML."
            ),
            hint=(
                "Amazon Connect never changes that on an existing instance: federation needs another instance, made "
                "with SAML."
            ),
        )


def once_active(instance: Instance | None) -> Instance | None:
    """A probe for waiting: the instance once it is ACTIVE, None until then; an error when its creation failed."""
    if instance is None or instance["InstanceStatus"] == "CREATION_IN_PROGRESS":
        return None
    if instance["InstanceStatus"] == "CREATION_FAILED":
        reason = (instance.get("StatusReason") or {}).get("Message", "no reason given")
        raise FederationError(f"Amazon Connect could not create the instance {instance['Id']}: {reason}.")
    return instance


def alias_taken(error: FederationError, alias: str) -> FederationError:
    """The error itself, or a clearer one when AWS says that somebody has the alias."""
    if _ALIAS_TAKEN not in str(error):
        return error
    return Conflict(
        f"The alias {alias!r} is taken by an instance of another account or Region.",
        code=error.code,
        request_id=error.request_id,
        hint="Aliases are unique in all of AWS: choose another.",
    )


def read_attributes(connect: t.Any, instance_id: str) -> dict[str, bool]:
    """The attributes by option name."""
    with attempt(f"list the attributes of the instance {instance_id}"):
        pages = connect.get_paginator("list_instance_attributes").paginate(InstanceId=instance_id)
        entries = pages.build_full_result().get("Attributes", [])
    attributes = {entry["AttributeType"]: entry["Value"] for entry in entries}
    values = {attr.option: attr.read(attributes) for attr in FEATURES}
    return {option: value for option, value in values.items() if value is not None}


class InstanceWriter:
    """Creates an instance, or changes the given one. id, arn: the instance; created: the instance that it created;
    listed: the instances of the Region, as last listed.
    """

    def __init__(self, connect: t.Any, waiter: Waiter) -> None:
        self._connect = connect
        self._waiter = waiter
        self.id = ""
        self.arn = ""
        self.created: Instance | None = None
        self.listed: list[Instance] = []

    def of_alias(self, alias: str) -> Instance | None:
        """The instance of an alias, once it is no longer being created; None where there is none.

        A list and a read that disagree are of a cloud that is behind: both are asked again.
        """
        return self._waiter.until(f"the instance {alias!r} to be active", lambda: self._look_for(alias))[0]

    def _look_for(self, alias: str) -> tuple[Instance | None] | None:
        self.listed = list_instances(self._connect)
        listed = only(with_alias(self.listed, alias), alias)
        if listed is None:
            return (None,)
        instance = once_active(describe(self._connect, listed["Id"]))
        return (instance,) if instance else None

    def create(self, alias: str, inbound_calls: bool, outbound_calls: bool, tags: t.Mapping[str, str]) -> None:
        """Create the instance, with SAML, and wait until it is active."""
        try:
            with attempt(f"create the Amazon Connect instance {alias!r}"):
                instance = self._connect.create_instance(
                    ClientToken=str(uuid.uuid4()),
                    IdentityManagementType="SAML",
                    InstanceAlias=alias,
                    InboundCallsEnabled=inbound_calls,
                    OutboundCallsEnabled=outbound_calls,
                    **({"Tags": dict(tags)} if tags else {}),
                )
        except FederationError as error:
            instance = self._created_before(alias, error)
        self.id, self.arn = instance["Id"], instance["Arn"]
        self.created = self.until_active()

    def update_attribute(self, attribute: str, value: bool) -> None:
        """Turn a feature on or off."""
        with attempt(f"change {attribute} of the instance {self.id}"):
            self._connect.update_instance_attribute(
                InstanceId=self.id, AttributeType=attribute, Value=str(value).lower()
            )

    def tag(self, tags: t.Mapping[str, str]) -> None:
        """Set tags."""
        with attempt(f"tag the instance {self.id}"):
            self._connect.tag_resource(resourceArn=self.arn, tags=dict(tags))

    def untag(self, keys: t.Sequence[str]) -> None:
        """Remove tags."""
        with attempt(f"remove tags of the instance {self.id}"):
            self._connect.untag_resource(resourceArn=self.arn, tagKeys=list(keys))

    def delete(self) -> None:
        """Delete the instance, and wait until it is gone."""
        with attempt(f"delete the Amazon Connect instance {self.id}"):
            self._connect.delete_instance(InstanceId=self.id)
        self._waiter.until(
            f"the instance {self.id} to be gone", lambda: None if describe(self._connect, self.id) else True, steady=1
        )

    def until_active(self) -> Instance:
        """The instance, once it is no longer being created."""
        return self._waiter.until(
            f"the instance {self.id} to be active", lambda: once_active(describe(self._connect, self.id)), steady=1
        )

    def _created_before(self, alias: str, error: FederationError) -> Instance:
        """The instance that holds the alias, where an earlier run of ours was stopped before the lists showed it; else
        the error.
        """
        refused = alias_taken(error, alias)
        if refused is error:
            raise error
        try:
            return self._waiter.until(
                f"the instance {alias!r} to be listed",
                lambda: only(with_alias(list_instances(self._connect), alias), alias),
                timeout=LISTED_WITHIN,
            )
        except TimedOut:
            raise refused from error


def _switch(option: str, kind: str, **rules: t.Any) -> Attr:
    """A feature that is on or off. kind: its AttributeType of UpdateInstanceAttribute."""

    def change(name: str, after: Settings) -> Step[InstanceWriter]:
        text = f"{'Enable' if after[option] else 'Disable'} {option} of the Amazon Connect instance {name!r}"
        return Step(InstanceWriter.update_attribute, text, attribute=kind, value=after[option])

    return Attr(option, spec={"type": "bool"}, change=change, **rules)


def _feature(option: str) -> Attr:
    """A feature that only ListInstanceAttributes shows."""
    values = {"true": True, "false": False}
    return _switch(option, option.upper(), source=option.upper(), normalize=values.get)


#: What DescribeInstance shows and a new instance is given.
CALLS: t.Final = (
    _switch("inbound_calls", "INBOUND_CALLS", member="InboundCallsEnabled", initial=True),
    _switch("outbound_calls", "OUTBOUND_CALLS", member="OutboundCallsEnabled", initial=True),
)
#: The other attributes, which are read only when an option names them.
FEATURES: t.Final = (
    _feature("auto_mute_agent_on_hold"),
    _feature("auto_resolve_best_voices"),
    _feature("contact_lens"),
    _feature("contactflow_logs"),
    _feature("early_media"),
    _feature("enhanced_chat_monitoring"),
    _feature("enhanced_contact_monitoring"),
    _feature("high_volume_outbound"),
    _feature("message_streaming"),
    _feature("multi_party_chat_conference"),
    _feature("multi_party_conference"),
    _feature("use_custom_tts_voices"),
)


def view(instance: Instance, region: str) -> dict[str, t.Any]:
    """The return value of the modules for an instance; account and partition come from its ARN."""
    arn = parse_connect_instance_arn(instance["Arn"])
    access = access_url(instance, region)
    legacy = is_on_old_domain(instance_host(access))
    ccp, workspace = ("/connect/ccp-v2", "/connect/agent-app-v2") if legacy else ("/ccp-v2", "/agent-app-v2")
    origin = f"https://{instance_host(access)}"
    return {
        "id": instance["Id"],
        "arn": instance["Arn"],
        "alias": instance.get("InstanceAlias"),
        "account_id": arn.account,
        "partition": arn.partition,
        "region": region,
        "identity_management_type": instance["IdentityManagementType"],
        "status": instance["InstanceStatus"],
        **{attr.option: attr.read(instance) for attr in CALLS},
        "access_url": access,
        "ccp_url": f"{origin}{ccp}/",
        "agent_workspace_url": f"{origin}{workspace}/",
        "relay_state": relay_state(region, instance["Id"]),
        "ccp_relay_state": relay_state(region, instance["Id"], ccp),
        "global_sign_in_endpoint": instance.get("GlobalSignInEndpoint"),
        "service_role": instance.get("ServiceRole"),
        "tags": dict(instance.get("Tags") or {}),
    }


def access_url(instance: Instance, region: str) -> str:
    """The instance's address as AWS states it, or as it is formed from the alias when AWS does not."""
    stated: str | None = instance.get("InstanceAccessUrl")
    return (
        stated
        or f"https://{instance.get('InstanceAlias') or instance['Id']}.{partition_of_region(region).instance_domain}"
    )
