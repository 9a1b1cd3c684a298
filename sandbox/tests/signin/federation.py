# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole federation, set up through the clouds' own APIs, with what a test needs to break it."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
import typing as t
import urllib.parse

import boto3
import requests

from federation_sandbox import clouds, http_sign_in
from federation_sandbox.entra.certificates import SigningCertificate, active_signing_certificate
from federation_sandbox.entra.state import directory
from federation_sandbox.testing import Sandbox

ACCOUNT, REGION = "111122223333", "us-east-1"
TENANT = "aaaaaaaa-0000-4000-8000-000000000001"
CLIENT = "bbbbbbbb-0000-4000-8000-000000000002"
GRAPH = "https://graph.microsoft.com/v1.0"
JANE = "jane@contoso.com"
ANN = "ann@contoso.com"
AWS = "https://aws.amazon.com/SAML/Attributes/"
NAME_ID = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
AUDIENCE = "https://signin.aws.amazon.com/saml"
REPLY_URL = "https://signin.aws.amazon.com/saml"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Federation"

SEED: dict[str, t.Any] = {
    "entra": {
        "tenants": [
            {
                "id": TENANT,
                "clients": [{"client_id": CLIENT, "secrets": [{"text": "s3cret", "end": "2090-01-01T00:00:00Z"}]}],
                "users": [
                    {
                        "userPrincipalName": JANE,
                        "givenName": "Jane",
                        "surname": "Doe",
                        "displayName": "Jane Doe",
                        "mail": JANE,
                    },
                    {"userPrincipalName": ANN, "displayName": "Ann", "mail": ANN},
                    {"userPrincipalName": "nested@contoso.com", "displayName": "Ned"},
                    {"userPrincipalName": "nobody@contoso.com", "displayName": "Nobody"},
                    {"userPrincipalName": "gone@contoso.com", "displayName": "Gone", "accountEnabled": False},
                    {
                        "userPrincipalName": "o'brien@contoso.com",
                        "displayName": "O'Brien",
                        "mail": "obrien@contoso.com",
                    },
                    {
                        "userPrincipalName": "alice_fabrikam.com#EXT#@contoso.onmicrosoft.com",
                        "displayName": "Alice",
                        "mail": "alice@fabrikam.com",
                        "userType": "Guest",
                    },
                    {
                        "userPrincipalName": "bob_fabrikam.com#EXT#@contoso.onmicrosoft.com",
                        "displayName": "Bob",
                        "mail": "robert@fabrikam.com",
                        "userType": "Guest",
                        "identities": [
                            {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}
                        ],
                    },
                ],
                "groups": [
                    {"displayName": "Team", "members": ["nested@contoso.com"]},
                    {"displayName": "Agents", "members": [ANN, "Team"]},
                ],
            }
        ]
    },
    "aws": {
        "accounts": [{"id": ACCOUNT, "access_keys": [{"id": "AKIAOPERATOR00000001", "secret": "secret"}]}],
        "instances": [
            {
                "account": ACCOUNT,
                "region": REGION,
                "alias": "acme",
                "routing_profiles": ["Sales"],
                "users": [
                    {"username": JANE, "first_name": "Jane", "last_name": "Doe"},
                    {
                        "username": ANN,
                        "first_name": "Ann",
                        "last_name": "Smith",
                        "routing_profile": "Sales",
                    },
                    {"username": "bob@fabrikam.com", "first_name": "Bob", "last_name": "Roe"},
                ],
            }
        ],
    },
}


_OPERATOR = {"aws_access_key_id": "AKIAOPERATOR00000001", "aws_secret_access_key": "secret"}


@functools.cache
def _client(_sandbox: str, service: str, **credentials: str) -> t.Any:
    """A client, made once for each sandbox, because making one takes long."""
    return boto3.session.Session(region_name=REGION, **credentials).client(service)


class Federation:
    """One instance joined to one tenant."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        seeded = clouds.seed(sandbox.world, SEED)
        self.instance = seeded["aws"]["instances"][0]
        self.users: dict[str, str] = seeded["entra"]["tenants"][0]["users"]
        self.groups: dict[str, str] = seeded["entra"]["tenants"][0]["groups"]
        self.session = http_sign_in.new_browser(sandbox.environment)
        self._federate()

    def _federate(self) -> None:
        created = self.graph(
            "POST", "/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate", displayName="Connect"
        )
        self.application, self.principal = created["application"], created["servicePrincipal"]
        self.principal_path = f"/servicePrincipals/{self.principal['id']}"
        self.application_path = f"/applications/{self.application['id']}"
        self.change_principal(
            preferredSingleSignOnMode="saml", samlSingleSignOnSettings={"relayState": self.relay_state()}
        )
        self.change_application(identifierUris=[AUDIENCE], web={"redirectUris": [REPLY_URL]})
        self.activate(self.add_certificate())
        self.set_claims()
        self.assign(self.users[JANE])
        self.assign(self.groups["Agents"])
        self.iam.create_saml_provider(SAMLMetadataDocument=self.metadata(), Name="Entra")
        self.iam.create_role(
            RoleName="Federation", AssumeRolePolicyDocument=json.dumps(self.trust()), MaxSessionDuration=43200
        )
        self.permit(self.statement())

    # --- Entra ---

    @functools.cached_property
    def _token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "client_secret": "s3cret",
            "scope": "https://graph.microsoft.com/.default",
        }
        answer = self.session.post(
            f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token", data=form, timeout=300
        )
        return str(answer.json()["access_token"])

    def graph(self, method: str, path: str, **body: t.Any) -> t.Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = self.session.request(method, GRAPH + path, json=body or None, headers=headers, timeout=300)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def change_principal(self, **values: t.Any) -> None:
        self.graph("PATCH", self.principal_path, **values)

    def change_application(self, **values: t.Any) -> None:
        self.graph("PATCH", self.application_path, **values)

    def add_certificate(self, **values: t.Any) -> str:
        certificate = self.graph(
            "POST", f"{self.principal_path}/addTokenSigningCertificate", displayName="CN=Federation", **values
        )
        return str(certificate["thumbprint"])

    def activate(self, thumbprint: str | None) -> None:
        self.change_principal(preferredTokenSigningKeyThumbprint=thumbprint)

    def set_claims(
        self, *claims: dict[str, t.Any], basic: str = "true", transformations: t.Any = (), **settings: t.Any
    ) -> None:
        """Assign a claims mapping policy, the healthy one when no claims are given, in place of the one before."""
        policy: dict[str, t.Any] = {
            "Version": 1,
            "IncludeBasicClaimSet": basic,
            "ClaimsSchema": list(claims or self.claims()),
            **settings,
        }
        if transformations:
            policy["ClaimsTransformation"] = list(transformations)
        self.remove_claims()
        definition = [json.dumps({"ClaimsMappingPolicy": policy})]
        response = self.graph("POST", "/policies/claimsMappingPolicies", displayName="Connect", definition=definition)
        link = {"@odata.id": f"{GRAPH}/policies/claimsMappingPolicies/{response['id']}"}
        self.graph("POST", f"{self.principal_path}/claimsMappingPolicies/$ref", **link)

    def remove_claims(self) -> None:
        for policy in self.graph("GET", f"{self.principal_path}/claimsMappingPolicies")["value"]:
            self.graph("DELETE", f"{self.principal_path}/claimsMappingPolicies/{policy['id']}/$ref")

    def claims(self, **values: t.Any) -> list[dict[str, t.Any]]:
        """The healthy claims. values: name of an AWS attribute → what it is instead, None for not at all."""
        claims: dict[str, t.Any] = {
            "RoleSessionName": {"Source": "user", "ID": "userprincipalname"},
            "Role": {"Value": f"{ROLE},{PROVIDER}"},
            "SessionDuration": {"Value": "43200"},
            **values,
        }
        aws = [{**value, "SamlClaimType": AWS + name} for name, value in claims.items() if value is not None]
        return [{"Source": "user", "ID": "userprincipalname", "SamlClaimType": NAME_ID}, *aws]

    def set_issuance(self, **values: str) -> None:
        """Assign a token issuance policy."""
        policy = {"TokenIssuancePolicy": {"Version": 1, "SamlTokenVersion": "2.0", **values}}
        response = self.graph(
            "POST", "/policies/tokenIssuancePolicies", displayName="Signing", definition=[json.dumps(policy)]
        )
        link = {"@odata.id": f"{GRAPH}/policies/tokenIssuancePolicies/{response['id']}"}
        self.graph("POST", f"{self.application_path}/tokenIssuancePolicies/$ref", **link)

    def refresh(self) -> None:
        """Take a new access token, after the clock was moved."""
        self.__dict__.pop("_token", None)

    def assign(self, principal_id: str) -> str:
        role = next(role for role in self.principal["appRoles"] if role["value"] is None)
        body = {"principalId": principal_id, "resourceId": self.principal["id"], "appRoleId": role["id"]}
        return str(self.graph("POST", f"{self.principal_path}/appRoleAssignedTo", **body)["id"])

    def metadata(self) -> str:
        return self.session.get(self.metadata_url(self.application["appId"]), timeout=300).content.decode("utf-8-sig")

    @staticmethod
    def metadata_url(app_id: str) -> str:
        return f"https://login.microsoftonline.com/{TENANT}/federationmetadata/2007-06/federationmetadata.xml?appid={app_id}"

    def relay_state(self, region: str = REGION, destination: str = "/ccp-v2", instance: str = "") -> str:
        query = f"?destination={urllib.parse.quote(destination, safe='')}" if destination else ""
        return f"https://{region}.console.aws.amazon.com/connect/federate/{instance or self.instance['id']}{query}"

    # --- AWS ---

    def client(self, service: str, **credentials: str) -> t.Any:
        return _client(self.sandbox.url, service, **(credentials or _OPERATOR))

    provider, role = PROVIDER, ROLE

    @functools.cached_property
    def iam(self) -> t.Any:
        return self.client("iam")

    @functools.cached_property
    def connect(self) -> t.Any:
        return self.client("connect")

    def trust(
        self, *audiences: str, actions: t.Any = "sts:AssumeRoleWithSAML", provider: str = PROVIDER
    ) -> dict[str, t.Any]:
        condition = {"StringEquals": {"SAML:aud": list(audiences or [REPLY_URL])}}
        statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": actions, "Condition": condition}
        return {"Version": "2012-10-17", "Statement": [statement]}

    def trust_text(self, *audiences: str, **more: t.Any) -> str:
        return json.dumps(self.trust(*audiences, **more))

    @staticmethod
    def pair(role: str = ROLE, provider: str = PROVIDER) -> str:
        """The value of the Role claim."""
        return f"{role},{provider}"

    def later(self, **duration: float) -> None:
        self.sandbox.world.clock.advance(dt.timedelta(**duration))

    def set_relay_state(self, relay_state: str | None) -> None:
        self.change_principal(samlSingleSignOnSettings={"relayState": relay_state})

    def set_trust(self, policy: dict[str, t.Any]) -> None:
        self.iam.update_assume_role_policy(RoleName="Federation", PolicyDocument=json.dumps(policy))

    def statement(self, **values: t.Any) -> dict[str, t.Any]:
        resource = f"{self.instance['arn']}/user/${{aws:userid}}"
        return {"Effect": "Allow", "Action": "connect:GetFederationToken", "Resource": resource, **values}

    def permit(self, *statements: dict[str, t.Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.iam.put_role_policy(RoleName="Federation", PolicyName="Connect", PolicyDocument=document)

    # --- people ---

    @property
    def url(self) -> str:
        """The user access URL."""
        return f"https://launcher.myapps.microsoft.com/api/signin/{self.application['appId']}?tenantId={TENANT}"

    def sign_in(self, user: str = JANE, browser: requests.Session | None = None, **more: str) -> http_sign_in.SignIn:
        """A sign-in, in a new browser unless one is given."""
        return http_sign_in.sign_in(browser or self.sandbox.environment, self.url, user, **more)

    def post(
        self, response: str | bytes, relay_state: str = "", browser: requests.Session | None = None, **more: str
    ) -> http_sign_in.SignIn:
        """Send a response to AWS by hand, as somebody would who made it up."""
        text = response if isinstance(response, str) else base64.b64encode(response).decode()
        fields = {"SAMLResponse": text, "RelayState": relay_state, **more}
        with http_sign_in.new_browser(self.sandbox.environment) as new:
            return http_sign_in.read((browser or new).post(more.pop("to", REPLY_URL), data=fields, timeout=300))

    @property
    def signer(self) -> SigningCertificate:
        """The certificate that signs for the application now, with its key."""
        tenant = directory(self.sandbox.world).tenants[TENANT]
        principal = tenant.current("servicePrincipals", id=self.principal["id"])
        certificate = (
            active_signing_certificate(principal, tenant.signing_keys, self.sandbox.world.clock.now())
            if principal
            else None
        )
        assert certificate
        return certificate

    def saml_response(self, user: str = JANE) -> str:
        """A response as a person would copy it from the browser."""
        with http_sign_in.new_browser(self.sandbox.environment) as browser:
            return http_sign_in.saml_response(browser, self.url, user)
