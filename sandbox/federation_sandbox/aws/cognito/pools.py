# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""User pools, their domains, tags and people."""

from __future__ import annotations

import json
import re
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from federation_sandbox.aws import tags
from federation_sandbox.aws.cognito.store import (
    Cognito,
    Item,
    Person,
    Pool,
    cognito_error,
    newest_certificate,
    page,
    pool_of,
)
from federation_sandbox.aws.protocol import Context, Params

_TEXTS: t.Final = (
    *(
        "sub",
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
    ),
    *("website", "email", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "address"),
)
#: attributes that every pool has, by the type of their values
STANDARD: t.Final[dict[str, str]] = {
    **dict.fromkeys(_TEXTS, "String"),
    "email_verified": "Boolean",
    "phone_number_verified": "Boolean",
    "updated_at": "Number",
}
_MOST_CUSTOM: t.Final = 50
_PREFIX: t.Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_CUSTOM: t.Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")


def create_user_pool(context: Context, params: Params) -> Item:
    """Create a pool with the standard attributes, as changed by the request, and the custom attributes."""
    settings = dict(params)
    name, own, pool_tags = settings.pop("PoolName"), settings.pop("Schema", []), settings.pop("UserPoolTags", {})
    own_tags = dict(tags.connect_tags({}, pool_tags))
    schema = {
        standard: _attribute({"Name": standard, "AttributeDataType": kind}, custom=False)
        for standard, kind in STANDARD.items()
    }
    for entry in own:
        attribute = _attribute(entry, custom=entry.get("Name") not in STANDARD)
        schema[attribute["Name"]] = attribute
    pool = context.world.state(Cognito).new_pool(context, name, schema, settings)
    pool.tags = own_tags
    return {"UserPool": _description(pool)}


def describe_user_pool(context: Context, params: Params) -> Item:
    """A pool."""
    return {"UserPool": _description(pool_of(context, params))}


def list_user_pools(context: Context, params: Params) -> Item:
    """The pools of the account in the Region."""
    pools = context.world.state(Cognito).of(context.account, context.region)
    rows = [
        {"Id": pool.id, "Name": pool.name, "CreationDate": pool.created, "LastModifiedDate": pool.modified}
        for pool in pools
    ]
    return page([{**row, "LambdaConfig": {}} for row in rows], params, "UserPools")


def delete_user_pool(context: Context, params: Params) -> None:
    """Delete a pool. A pool that still has a domain is not deleted."""
    pool = pool_of(context, params)
    if pool.hosts:
        raise cognito_error(
            "InvalidParameterException",
            "User pool cannot be deleted. It has a domain configured that should be deleted first.",
        )
    if pool.settings.get("DeletionProtection") == "ACTIVE":
        raise cognito_error(
            "InvalidParameterException", "The user pool cannot be deleted because deletion protection is activated."
        )
    del context.world.state(Cognito).pools[pool.id]


def add_custom_attributes(context: Context, params: Params) -> None:
    """Add attributes. They cannot be changed or removed afterwards."""
    pool = pool_of(context, params)
    schema = dict(pool.schema)
    for entry in params["CustomAttributes"]:
        attribute = _attribute(entry, custom=True)
        if attribute["Name"] in schema:
            raise cognito_error(
                "InvalidParameterException",
                f"{attribute['Name']}: Existing attribute already has name {attribute['Name']}.",
            )
        schema[attribute["Name"]] = attribute
    if len(schema) - len(STANDARD) > _MOST_CUSTOM:
        raise cognito_error("InvalidParameterException", f"A user pool has at most {_MOST_CUSTOM} custom attributes.")
    pool.schema = schema


def create_user_pool_domain(context: Context, params: Params) -> Item:
    """Give a pool a prefix domain or a custom domain. It can have one of each, and a domain belongs to one pool."""
    pool, domain, custom = pool_of(context, params), params["Domain"], params.get("CustomDomainConfig")
    taken = [
        each
        for each in context.world.state(Cognito).pools.values()
        if domain in (each.custom_domain, each.domain) and _near(each, pool, custom)
    ]
    if taken:
        raise cognito_error("InvalidParameterException", "Domain already associated with another user pool.")
    if custom and context.partition != "aws":
        raise cognito_error("InvalidParameterException", "Custom domains are not available in this Region.")
    if pool.custom_domain if custom else pool.domain:
        raise cognito_error("InvalidParameterException", "User pool already has a domain configured.")
    if not (_CUSTOM if custom else _PREFIX).fullmatch(domain):
        raise cognito_error("InvalidParameterException", f"{domain} is not a valid domain.")
    if not custom and re.search("aws|amazon|cognito", domain):
        raise cognito_error("InvalidParameterException", "Domain cannot contain reserved word: aws, amazon or cognito.")
    if not custom:
        pool.domain = domain
        return {}
    pool.custom_domain, pool.custom_domain_config = domain, custom
    return {"CloudFrontDomain": f"{pool.id.partition('_')[2]}.cloudfront.net"}


def describe_user_pool_domain(context: Context, params: Params) -> Item:
    """A domain; an empty description when there is none."""
    domain = params["Domain"]
    pools = context.world.state(Cognito).of(context.account, context.region)
    pool = next((each for each in pools if domain in (each.domain, each.custom_domain)), None)
    if pool is None:
        return {"DomainDescription": {}}
    description = {
        "UserPoolId": pool.id,
        "AWSAccountId": pool.account,
        "Domain": domain,
        "Status": "ACTIVE",
        "ManagedLoginVersion": 1,
    }
    return {
        "DomainDescription": description
        | ({"CustomDomainConfig": pool.custom_domain_config} if domain == pool.custom_domain else {})
    }


def delete_user_pool_domain(context: Context, params: Params) -> None:
    """Remove a domain from a pool."""
    pool, domain = pool_of(context, params), params["Domain"]
    if domain not in (pool.domain, pool.custom_domain):
        raise cognito_error("InvalidParameterException", "No such domain or user pool exists.")
    if domain == pool.domain:
        pool.domain = ""
    else:
        pool.custom_domain, pool.custom_domain_config = "", {}


def get_signing_certificate(context: Context, params: Params) -> Item:
    """The newest certificate of the key that signs the pool's requests, in base64 without header."""
    pool = pool_of(context, params)
    return {"Certificate": certificate_text(newest_certificate(pool, 0, pool.created, context.world.clock.now()))}


def tag_resource(context: Context, params: Params) -> None:
    """Tag a pool."""
    pool = _tagged(context, params)
    pool.tags = dict(tags.connect_tags(pool.tags, params["Tags"]))


def untag_resource(context: Context, params: Params) -> None:
    """Remove tags of a pool."""
    pool = _tagged(context, params)
    pool.tags = {key: value for key, value in pool.tags.items() if key not in params["TagKeys"]}


def list_tags_for_resource(context: Context, params: Params) -> Item:
    """The tags of a pool."""
    return {"Tags": _tagged(context, params).tags}


def list_users(context: Context, params: Params) -> Item:
    """The people of a pool."""
    pool = pool_of(context, params)
    return page(
        [_user(person) | {"Attributes": attributes_of(person)} for person in pool.people.values()], params, "Users"
    )


def admin_get_user(context: Context, params: Params) -> Item:
    """One person."""
    person = pool_of(context, params).people.get(params["Username"])
    if person is None:
        raise cognito_error("UserNotFoundException", "User does not exist.")
    return _user(person) | {"UserAttributes": attributes_of(person)}


def certificate_text(certificate: x509.Certificate) -> str:
    """A certificate, as the API writes it."""
    lines = certificate.public_bytes(Encoding.PEM).decode().splitlines()
    return "".join(lines[1:-1])


def attributes_of(person: Person) -> list[dict[str, str]]:
    """A person's attributes, with those that Cognito adds."""
    identity = {
        "userId": person.name_id,
        "providerName": person.provider,
        "providerType": "SAML",
        "issuer": person.issuer,
        "primary": True,
        "dateCreated": int(person.created.timestamp() * 1000),
    }
    every = {"sub": person.sub, "identities": json.dumps([identity]), **person.attributes}
    return [{"Name": name, "Value": value} for name, value in every.items()]


def _user(person: Person) -> Item:
    dates = {"UserCreateDate": person.created, "UserLastModifiedDate": person.modified}
    return {"Username": person.username, "Enabled": True, "UserStatus": "EXTERNAL_PROVIDER", **dates}


def _near(other: Pool, pool: Pool, custom: t.Any) -> bool:
    """Whether two pools compete for the same domains: prefix domains are unique in a Region, custom domains
    everywhere.
    """
    return bool(custom) or other.region == pool.region


def _attribute(entry: Item, *, custom: bool) -> Item:
    if "Name" not in entry:
        raise cognito_error("InvalidParameterException", "An attribute of the schema needs its Name.")
    kind = entry.get("AttributeDataType") or STANDARD.get(entry["Name"])
    if kind is None:
        raise cognito_error(
            "InvalidParameterException", f"{entry['Name']}: AttributeDataType is required for a custom attribute."
        )
    if custom and entry.get("Required"):
        raise cognito_error("InvalidParameterException", "Required custom attributes are not supported currently.")
    limits: Item = {"String": {"StringAttributeConstraints": {}}, "Number": {"NumberAttributeConstraints": {}}}.get(
        kind, {}
    )
    constraints = {key: value for key, value in entry.items() if key.endswith("Constraints")}
    return {
        "Name": f"custom:{entry['Name']}" if custom else entry["Name"],
        "AttributeDataType": kind,
        "DeveloperOnlyAttribute": entry.get("DeveloperOnlyAttribute", False),
        "Mutable": entry.get("Mutable", entry["Name"] != "sub"),
        "Required": entry.get("Required", entry["Name"] == "sub"),
        **limits,
        **constraints,
    }


def _description(pool: Pool) -> Item:
    return {
        **pool.settings,
        "Id": pool.id,
        "Name": pool.name,
        "Arn": pool.arn,
        "CreationDate": pool.created,
        "LastModifiedDate": pool.modified,
        "LambdaConfig": pool.settings.get("LambdaConfig", {}),
        "MfaConfiguration": pool.settings.get("MfaConfiguration", "OFF"),
        "DeletionProtection": pool.settings.get("DeletionProtection", "INACTIVE"),
        "SchemaAttributes": list(pool.schema.values()),
        "EstimatedNumberOfUsers": len(pool.people),
        "UserPoolTags": pool.tags,
        **({"Domain": pool.domain} if pool.domain else {}),
        **({"CustomDomain": pool.custom_domain} if pool.custom_domain else {}),
    }


def _tagged(context: Context, params: Params) -> Pool:
    pools = context.world.state(Cognito).of(context.account, context.region)
    pool = next((each for each in pools if each.arn == params["ResourceArn"]), None)
    if pool is None:
        raise cognito_error("ResourceNotFoundException", f"{params['ResourceArn']} does not exist.")
    return pool
