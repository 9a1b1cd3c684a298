# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS holds at the start.

A seed is refused as AWS would refuse it, and is visible at once, whatever the lags. All keys but those marked * may be
left out::

    accounts:
      - id*: "111122223333"
        partition: aws
        access_keys:
          - {id*: AKIA…, secret*: …, user: operator, policy: a policy document; everything is allowed without one}
        quotas: {instances: 2, users: 500, instance_changes: 100, saml_providers: 100}
        policies: {name: a policy document}                       managed policies of the account, such as a permissions
        boundary
        service_control_policies: [a policy document]             of the organization, beside the one that allows
        everything
        resource_control_policies: [a policy document]            likewise; of these services they reach STS
    providers:
      - {account*: …, name*: Entra, metadata*: the document, tags: {key: value}}
    roles:
      - {account*: …, name*: Federation, trust*: a policy document, path: /, description: …, max_session_duration: 3600,
         policies: {name: a policy document}, managed_policies: [ARN], permissions_boundary: ARN, tags: {key: value}}
    instances:
      - account*: …
        region*: us-east-1
        alias*: acme
        id: a UUID
        identity_management_type: SAML
        failure: why its creation failed; none without it
        attributes: {CONTACT_LENS: "true"}
        approved_origins: [https://agents.example.com]
        tags: {key: value}
        security_profiles: {Supervisors: [BasicAgentAccess]}      beside the four that every instance has
        routing_profiles: [Sales]                                 beside the basic one
        hierarchy: {levels: [Site, Team], groups: [Berlin, Berlin/Sales, [Berlin, Sales/EMEA]]}     a list of names
        where one has a slash
        old_domain: whether it answers at https://ALIAS.awsapps.com/connect, as instances made before April 2021 do;
        false
        predefined_attributes: {Language: [German, English]}
        users:
          - {username*: jane@example.com, first_name: Jane, last_name: Doe, secondary_email: …, mobile: …,
             security_profiles: [Agent], routing_profile: Basic Routing Profile, hierarchy_group: Berlin/Sales,
             phone: PhoneConfig as CreateUser takes it, configs: the …Configs of CreateUser,
             proficiencies: [{AttributeName: …, AttributeValue: …, Level: 3}], tags: {key: value}}
        quick_connects: {Jane: jane@example.com}                  each to an agent
    buckets:                                                      of Amazon S3
      - {account*: "111122223333", region*: eu-central-1, name*: example-desk}
    pools:                                                        user pools of Amazon Cognito
      - {account*: …, region*: us-west-2, name*: desk, domain: a prefix, custom_domain: auth.….example, tags: {key:
      value},
         settings: the other members of CreateUserPool, clients: [members of CreateUserPoolClient, without UserPoolId]}

The answer has the same sections, in order: accounts {id, access_keys}, providers {account, name, arn}, roles {account,
name, arn, id}, instances {account, region, alias, id, arn, access_url, and by name or path the ids of
security_profiles, routing_profiles, hierarchy_groups, users and quick_connects}, pools {account, region, name, id, arn,
clients: {name: {id, secret}}}.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import json
import typing as t

from federation_sandbox.aws import hosts
from federation_sandbox.aws.accounts import Accounts, Caller, Credentials, Quotas, unique_id
from federation_sandbox.aws.cognito.api import API as COGNITO
from federation_sandbox.aws.connect import defaults, hierarchy, instances, quick_connects, user_rules, users
from federation_sandbox.aws.connect.store import Connect, Instance, new_id
from federation_sandbox.aws.iam.api import API as IAM
from federation_sandbox.aws.iam.store import Iam
from federation_sandbox.aws.protocol import Context, Params
from federation_sandbox.aws.s3 import Bucket, Buckets
from federation_sandbox.service import Call, CloudError
from federation_sandbox.world import World

Entry = t.Mapping[str, t.Any]
Answer = dict[str, t.Any]


def seed(world: World, content: Entry) -> Answer:
    """Fill the accounts; ValueError says what makes no sense or what AWS would refuse."""
    fillers: dict[str, t.Callable[[World, Entry], Answer]] = {
        "accounts": _account,
        "providers": _provider,
        "roles": _role,
        "instances": _instance,
        "buckets": _bucket,
        "pools": _pool,
    }
    unknown = sorted(set(content) - set(fillers))
    if unknown:
        raise ValueError(f"a seed of AWS has {', '.join(fillers)}, not {', '.join(unknown)}")
    try:
        return {
            name: list(map(functools.partial(fill, world), content.get(name, []))) for name, fill in fillers.items()
        }
    except CloudError as refused:
        raise ValueError(f"{refused.code}: {refused.message}") from None


def _take(entry: Entry, *required: str, **optional: t.Any) -> Answer:
    missing, unknown = set(required) - set(entry), set(entry) - set(required) - set(optional)
    if missing or unknown:
        wrong = [f"without {name}" for name in sorted(missing)]
        wrong += [f"with {name}, which does not exist" for name in sorted(unknown)]
        takes = ", ".join([*required, *optional])
        raise ValueError(f"a seed {', '.join(wrong)}: {', '.join(entry)}; it takes {takes}")
    return {**optional, **entry}


def _account(world: World, entry: Entry) -> Answer:
    organization = {"service_control_policies": (), "resource_control_policies": ()}
    values = _take(entry, "id", partition="aws", access_keys=(), quotas={}, policies={}, **organization)
    if values["partition"] not in hosts.PARTITIONS:
        raise ValueError(f"the partitions are {', '.join(hosts.PARTITIONS)}, not {values['partition']}")
    accounts = world.state(Accounts)
    accounts.add(values["id"], values["partition"], Quotas(**_take(values["quotas"], **dataclasses.asdict(Quotas()))))
    accounts.service_control[values["id"]] = tuple(values["service_control_policies"])
    accounts.resource_control[values["id"]] = tuple(values["resource_control_policies"])
    for name, document in values["policies"].items():
        _iam(world, values["id"], "CreatePolicy", {"PolicyName": name, "PolicyDocument": json.dumps(document)})
    for key in values["access_keys"]:
        named = _take(key, "id", "secret", user="operator", policy=None)
        if accounts.key(named["id"]):
            raise ValueError(f"the access key {named['id']} exists already")
        arn = f"arn:{values['partition']}:iam::{values['id']}:user/{named['user']}"
        policies = (named["policy"],) if named["policy"] else None
        caller = Caller(values["id"], values["partition"], arn, unique_id("AIDA"), policies=policies)
        accounts.add_key(Credentials(named["id"], named["secret"], caller))
    return {"id": values["id"], "access_keys": [key["id"] for key in values["access_keys"]]}


def _provider(world: World, entry: Entry) -> Answer:
    values = _take(entry, "account", "name", "metadata", tags={})
    params = {"Name": values["name"], "SAMLMetadataDocument": values["metadata"], "Tags": _tag_list(values["tags"])}
    arn = _iam(world, values["account"], "CreateSAMLProvider", params)["SAMLProviderArn"]
    providers = world.state(Iam).providers
    providers.put(arn, t.cast("t.Any", providers.latest(arn)), settled=True)
    return {"account": values["account"], "name": values["name"], "arn": arn}


def _bucket(world: World, entry: Entry) -> Answer:
    values = _take(entry, "account", "region", "name")
    buckets = world.state(Buckets).by_name
    if values["name"] in buckets:
        raise ValueError(f"the bucket {values['name']} exists already")
    buckets[values["name"]] = Bucket(values["name"], values["account"], values["region"])
    return {"name": values["name"]}


def _pool(world: World, entry: Entry) -> Answer:
    values = _take(entry, "account", "region", "name", domain="", custom_domain="", tags={}, settings={}, clients=())

    def carry_out(operation: str, **params: t.Any) -> t.Any:
        return COGNITO.carry_out(_context(world, values["account"], "cognito-idp", operation, values["region"]), params)

    user_pool = carry_out("CreateUserPool", PoolName=values["name"], UserPoolTags=values["tags"], **values["settings"])[
        "UserPool"
    ]
    identifier = user_pool["Id"]
    if values["domain"]:
        carry_out("CreateUserPoolDomain", UserPoolId=identifier, Domain=values["domain"])
    if values["custom_domain"]:
        arn = f"arn:aws:acm:us-east-1:{values['account']}:certificate/{new_id()}"
        config = {"CertificateArn": arn}
        carry_out(
            "CreateUserPoolDomain", UserPoolId=identifier, Domain=values["custom_domain"], CustomDomainConfig=config
        )
    clients = [
        carry_out("CreateUserPoolClient", UserPoolId=identifier, **client)["UserPoolClient"]
        for client in values["clients"]
    ]
    named = {
        client["ClientName"]: {"id": client["ClientId"], "secret": client.get("ClientSecret")} for client in clients
    }
    return {
        "account": values["account"],
        "region": values["region"],
        "name": values["name"],
        "id": identifier,
        "arn": user_pool["Arn"],
        "clients": named,
    }


def _role(world: World, entry: Entry) -> Answer:
    optional: Answer = {
        "path": "/",
        "description": None,
        "max_session_duration": 3600,
        "policies": {},
        "managed_policies": (),
        "tags": {},
    }
    optional["permissions_boundary"] = None
    values = _take(entry, "account", "name", "trust", **optional)
    account, name = values["account"], {"RoleName": values["name"]}
    params = {
        **name,
        "Path": values["path"],
        "AssumeRolePolicyDocument": json.dumps(values["trust"]),
        "MaxSessionDuration": values["max_session_duration"],
        "Tags": _tag_list(values["tags"]),
    }
    named = {"Description": values["description"], "PermissionsBoundary": values["permissions_boundary"]}
    params |= {name: value for name, value in named.items() if value}
    role = _iam(world, account, "CreateRole", params)["Role"]
    for policy, document in values["policies"].items():
        _iam(world, account, "PutRolePolicy", {**name, "PolicyName": policy, "PolicyDocument": json.dumps(document)})
    for arn in values["managed_policies"]:
        _iam(world, account, "AttachRolePolicy", {**name, "PolicyArn": arn})
    roles = world.state(Iam).roles
    roles.put(role.arn, t.cast("t.Any", roles.latest(role.arn)), settled=True)
    return {"account": account, "name": values["name"], "arn": role.arn, "id": role.id}


def _iam(world: World, account: str, operation: str, params: Params) -> t.Any:
    """Carry out an operation of IAM as the account's root."""
    answer = IAM.carry_out(_context(world, account, "iam", operation), params)
    return getattr(answer, "content", answer)


def _context(world: World, account: str, service: str, operation: str, region: str = "") -> Context:
    partition = _partition(world, account)
    every = (endpoint for endpoint in hosts.endpoints(service).values() if endpoint.partition == partition)
    endpoint = next(endpoint for endpoint in every if region in ("", endpoint.region))
    caller = Caller(account, partition, f"arn:{partition}:iam::{account}:root", account)
    return Context(world, Call(world, service), endpoint, caller, operation)


def _partition(world: World, account: str) -> str:
    if account not in world.state(Accounts).partitions:
        raise ValueError(f"the account {account} is not seeded")
    return world.state(Accounts).partitions[account]


def _tag_list(tags: t.Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _instance(world: World, entry: Entry) -> Answer:
    optional: Answer = {
        "id": "", "identity_management_type": "SAML", "failure": "", "attributes": {}, "approved_origins": (),
        "tags": {}, "security_profiles": {}, "routing_profiles": (), "hierarchy": {}, "predefined_attributes": {},
        "users": (), "quick_connects": {}, "old_domain": False,
    }  # fmt: skip
    values = _take(entry, "account", "region", "alias", **optional)
    connect, now, partition = world.state(Connect), world.clock.now(), _partition(world, values["account"])
    if f"connect.{values['region']}.amazonaws.com" not in hosts.endpoints("connect"):
        raise ValueError(f"Amazon Connect is not in the Region {values['region']}")
    if instances.alias_taken(connect, values["alias"], partition):
        raise ValueError(f"the alias {values['alias']} is taken")
    instance = instances.build(
        connect,
        values["attributes"],
        **{
            name: values[name]
            for name in ("account", "region", "alias", "identity_management_type", "failure", "old_domain")
        },
        partition=partition,
        id=values["id"] or new_id(),
        created=now,
        active_at=now,
        tags=dict(values["tags"]),
        origins=list(values["approved_origins"]),
    )
    _furnish(instance, values, now)
    connect.instances[instance.id] = instance
    return {
        "account": instance.account,
        "region": instance.region,
        "alias": instance.alias,
        "id": instance.id,
        "arn": instance.arn,
        "access_url": instance.access_url,
        "security_profiles": _security_profiles(instance),
        "routing_profiles": _routing_profiles(instance),
        "hierarchy_groups": {_path_of(group): group["Id"] for group in instance.groups.values()},
        "users": dict(instance.usernames),
        "quick_connects": {item["Name"]: item["QuickConnectId"] for item in instance.quick_connects.values()},
    }


def _path_of(group: Answer) -> str:
    return "/".join(step["Name"] for step in group["HierarchyPath"].values())


def _furnish(instance: Instance, values: Answer, now: dt.datetime) -> None:
    for name, permissions in values["security_profiles"].items():
        defaults.add_security_profile(instance, name, permissions, now)
    for name in values["routing_profiles"]:
        defaults.add_routing_profile(instance, name, now)
    tree = _take(values["hierarchy"], levels=(), groups=())
    for name in tree["levels"]:
        hierarchy.add_level(instance, name, now)
    for path in tree["groups"]:
        hierarchy.add_group(instance, path, now)
    instance.predefined_attributes = dict(values["predefined_attributes"])
    names = _security_profiles(instance), _routing_profiles(instance)
    for user in values["users"]:
        _add_user(instance, user, now, *names)
    flow = next(iter(instance.contact_flows))
    stamp = {"LastModifiedTime": now, "LastModifiedRegion": instance.region}
    for name, username in values["quick_connects"].items():
        target = {"UserId": instance.usernames[username], "ContactFlowId": flow}
        quick_connects.add(instance, name, {"QuickConnectType": "USER", "UserConfig": target}, stamp)


def _add_user(
    instance: Instance, entry: Entry, now: dt.datetime, security: dict[str, str], routing: dict[str, str]
) -> None:
    values = _take(
        entry, "username", first_name="Given", last_name="Family", secondary_email="", mobile="",
        security_profiles=("Agent",),
        routing_profile=defaults.ROUTING_PROFILE, hierarchy_group="", phone=None, configs=(), proficiencies=(), tags={},
    )  # fmt: skip
    identity = {
        "FirstName": values["first_name"],
        "LastName": values["last_name"],
        "SecondaryEmail": values["secondary_email"],
        "Mobile": values["mobile"],
    }
    params: Params = {
        "Username": values["username"],
        "IdentityInfo": {name: value for name, value in identity.items() if value},
        "SecurityProfileIds": [security[name] for name in values["security_profiles"]],
        "RoutingProfileId": routing[values["routing_profile"]],
        "Tags": values["tags"],
        **dict(values["configs"]),
    }
    if values["hierarchy_group"]:
        params["HierarchyGroupId"] = hierarchy.by_path(instance, values["hierarchy_group"])["Id"]
    if values["phone"]:
        params["PhoneConfig"] = values["phone"]
    if instance.saml:
        user_rules.check_new(instance, params)
    if values["username"] in instance.usernames:
        raise ValueError(f"{values['username']} is seeded twice")
    user = {**users.build(instance, params, now), "Proficiencies": list(values["proficiencies"])}
    instance.users.put(user["Id"], user, settled=True)
    instance.usernames[user["Username"]] = user["Id"]


def _security_profiles(instance: Instance) -> dict[str, str]:
    return {profile["SecurityProfileName"]: profile["Id"] for profile in instance.security_profiles.values()}


def _routing_profiles(instance: Instance) -> dict[str, str]:
    return {profile["Name"]: profile["RoutingProfileId"] for profile in instance.routing_profiles.values()}
