# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""App clients of a user pool. An update resets every setting that it omits (facts/aws.md 8); moto's does not."""

from __future__ import annotations

import secrets
import typing as t

from federation_sandbox.aws.cognito.pools import STANDARD
from federation_sandbox.aws.cognito.store import Item, Pool, cognito_error, page, pool_of
from federation_sandbox.aws.protocol import Context, Params

#: the defaults of a client (the service model's documentation of each member)
_DEFAULTS: t.Final[Item] = {
    "RefreshTokenValidity": 30,
    "AllowedOAuthFlowsUserPoolClient": False,
    "EnableTokenRevocation": True,
    "EnablePropagateAdditionalUserContextData": False,
    "AuthSessionValidity": 3,
}
#: members that an update never changes
_LASTING: t.Final = ("UserPoolId", "ClientId", "ClientSecret", "CreationDate")
_SCOPES: t.Final = frozenset({"phone", "email", "openid", "profile", "aws.cognito.signin.user.admin"})
_BUILT_IN: t.Final = frozenset({"COGNITO", "Facebook", "Google", "SignInWithApple", "LoginWithAmazon"})


def create_user_pool_client(context: Context, params: Params) -> Item:
    """Create a client."""
    pool, settings = pool_of(context, params), dict(params)
    secret = {"ClientSecret": secrets.token_hex(26)} if settings.pop("GenerateSecret", False) else {}
    client = {"UserPoolId": pool.id, "ClientId": secrets.token_hex(13), **secret, "CreationDate": _now(context)}
    return {"UserPoolClient": _put(context, pool, client, settings)}


def update_user_pool_client(context: Context, params: Params) -> Item:
    """Replace the settings of a client. A setting that is omitted returns to its default, except the name."""
    pool = pool_of(context, params)
    client = _client(pool, params)
    lasting: Item = {key: client[key] for key in _LASTING if key in client}
    return {"UserPoolClient": _put(context, pool, lasting, {"ClientName": client["ClientName"], **params})}


def describe_user_pool_client(context: Context, params: Params) -> Item:
    """A client."""
    return {"UserPoolClient": _client(pool_of(context, params), params)}


def list_user_pool_clients(context: Context, params: Params) -> Item:
    """The names and IDs of the clients of a pool."""
    clients = pool_of(context, params).clients.values()
    return page([_summary(client) for client in clients], params, "UserPoolClients")


def _summary(client: Item) -> Item:
    return {key: client[key] for key in ("UserPoolId", "ClientId", "ClientName")}


def delete_user_pool_client(context: Context, params: Params) -> None:
    """Delete a client."""
    pool = pool_of(context, params)
    del pool.clients[_client(pool, params)["ClientId"]]


def _put(context: Context, pool: Pool, lasting: Item, settings: Params) -> Item:
    client = {**_DEFAULTS, **settings, **lasting, "LastModifiedDate": _now(context)}
    _check(pool, client)
    pool.clients[client["ClientId"]] = client
    return client


def _check(pool: Pool, client: Item) -> None:
    unknown = [
        name
        for name in client.get("SupportedIdentityProviders", [])
        if name not in _BUILT_IN and name not in pool.providers
    ]
    if unknown:
        raise cognito_error(
            "InvalidParameterException", f"The provider {unknown[0]} does not exist for User Pool {pool.id}."
        )
    for name in (*client.get("ReadAttributes", []), *client.get("WriteAttributes", [])):
        if name not in pool.schema:
            raise cognito_error(
                "InvalidParameterException", f"Invalid write attributes specified while creating a client: {name}"
            )
    scopes = set(client.get("AllowedOAuthScopes", []))
    if scopes - _SCOPES:
        raise cognito_error(
            "ScopeDoesNotExistException", f"Invalid scope requested: {', '.join(sorted(scopes - _SCOPES))}"
        )
    flows = client.get("AllowedOAuthFlows", [])
    if client["AllowedOAuthFlowsUserPoolClient"] and bool(flows) != bool(scopes):
        raise cognito_error(
            "InvalidOAuthFlowException",
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
        )
    if "client_credentials" in flows and (len(flows) > 1 or "ClientSecret" not in client):
        raise cognito_error(
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected along with code flow or implicit flow.",
        )
    for url in (*client.get("CallbackURLs", []), *client.get("LogoutURLs", [])):
        if (url.startswith("http://") and not url.startswith("http://localhost")) or "#" in url or ":" not in url:
            raise cognito_error("InvalidParameterException", f"{url} is not a valid redirect URI.")
    default = client.get("DefaultRedirectURI")
    if default and default not in client.get("CallbackURLs", []):
        raise cognito_error(
            "InvalidParameterException", f"The DefaultRedirectURI {default} is not in the list of CallbackURLs."
        )


def writes(client: Item, attribute: str) -> bool:
    """Whether a client may write an attribute: one of its WriteAttributes, by default the standard attributes."""
    named = client.get("WriteAttributes")
    return attribute in named if named else attribute in STANDARD


def reads(client: Item, attribute: str) -> bool:
    """Whether a client may read an attribute: one of its ReadAttributes, by default the standard attributes."""
    named = client.get("ReadAttributes")
    return attribute in named if named else attribute in STANDARD


def _client(pool: Pool, params: Params) -> Item:
    client = pool.clients.get(params["ClientId"])
    if client is None:
        raise cognito_error("ResourceNotFoundException", f"User pool client {params['ClientId']} does not exist.")
    return client


def _now(context: Context) -> t.Any:
    return context.world.clock.now().replace(microsecond=0)
