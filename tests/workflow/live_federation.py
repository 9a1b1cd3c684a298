# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A healthy federation, made by the collection's modules in this process, and the clouds' own APIs to break it with."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import io
import json
import typing as t
import warnings

import boto3
import requests
from ansible.module_utils.testing import patch_module_args

from federation_sandbox import clouds, http_sign_in
from federation_sandbox.aws.connect.store import Connect
from federation_sandbox.testing import Sandbox

TENANT: t.Final = "11111111-1111-4111-8111-111111111111"
OTHER_TENANT: t.Final = "33333333-3333-4333-8333-333333333333"
CLIENT: t.Final = "22222222-2222-4222-8222-222222222222"
#: an application with the permissions that the documentation asks for of the check alone
READER: t.Final = "44444444-4444-4444-8444-444444444444"
READING: t.Final = ("Application.Read.All", "Policy.Read.All", "GroupMember.Read.All", "User.Read.All")
#: one that may not read policies
APPLICATIONS_READER: t.Final = "55555555-5555-4555-8555-555555555555"
SECRET: t.Final = "the-secret-of-the-tests"
ACCOUNT: t.Final = "111122223333"
REGION: t.Final = "eu-central-1"
JANE: t.Final = "jane.doe@example.com"
HEALTHY: t.Final = {"displayName": "Jane Doe", "mail": JANE, "employeeId": "4711"}
GROUP: t.Final = "Contact centre agents"
ROLE: t.Final = "ConnectFederation"
PROVIDER: t.Final = "Entra"
ROLE_ARN: t.Final = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
PROVIDER_ARN: t.Final = f"arn:aws:iam::{ACCOUNT}:saml-provider/{PROVIDER}"
REPLY_URL: t.Final = f"https://{REGION}.signin.aws.amazon.com/saml"
GRAPH: t.Final = "https://graph.microsoft.com/v1.0"
AWS: t.Final = "https://aws.amazon.com/SAML/Attributes/"
NAME_ID: t.Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
ENVIRONMENT: t.Final = {
    "AZURE_TENANT_ID": TENANT,
    "AZURE_CLIENT_ID": CLIENT,
    "AZURE_CLIENT_SECRET": SECRET,
    "AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000001",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_REGION": REGION,
}

Json = dict[str, t.Any]


def _client(name: str) -> Json:
    return {"client_id": CLIENT, "name": name, "secrets": [{"text": SECRET, "end": "2099-01-01T00:00:00Z"}]}


SEED: t.Final[Json] = {
    "entra": {
        "tenants": [
            {
                "id": TENANT,
                "domains": ["example.onmicrosoft.com", "example.com"],
                "clients": [
                    _client("automation"),
                    {**_client("reader"), "client_id": READER, "permissions": READING},
                    {
                        **_client("reader of applications"),
                        "client_id": APPLICATIONS_READER,
                        "permissions": [name for name in READING if not name.startswith("Policy.")],
                    },
                ],
                "users": [{"userPrincipalName": JANE, **HEALTHY}],
                "groups": [{"displayName": GROUP, "members": [JANE]}],
            },
            {
                "id": OTHER_TENANT,
                "domains": ["other.onmicrosoft.com"],
                "clients": [{**_client("other"), "client_id": TENANT}],
            },
        ]
    },
    "aws": {"accounts": [{"id": ACCOUNT, "access_keys": [{"id": ENVIRONMENT["AWS_ACCESS_KEY_ID"], "secret": SECRET}]}]},
}


def run_module(name: str, params: t.Mapping[str, t.Any]) -> Json:
    """What a module of the collection returns when it runs in this process."""
    module = importlib.import_module(f"ansible_collections.openccp.federation.plugins.modules.{name}")
    output = io.StringIO()
    values = {option: value for option, value in params.items() if value is not None}
    with (
        patch_module_args(values),
        contextlib.redirect_stdout(output),
        warnings.catch_warnings(),
        contextlib.suppress(SystemExit),
    ):
        module.main()
    return t.cast("Json", json.loads(output.getvalue().strip().splitlines()[-1]))


class LiveFederation:
    """One instance joined to one tenant. The environment of this process must be that of the sandbox, with
    ENVIRONMENT.
    """

    def __init__(self, sandbox: Sandbox, **application: t.Any) -> None:
        self.sandbox = sandbox
        clouds.seed(sandbox.world, SEED)
        self.session = http_sign_in.new_browser(sandbox.environment)
        self.application_options = application
        self.have_instance()
        self.application = self.have_application()
        self.have_provider()
        self.have_role()
        self.have_user()

    # --- the collection's modules, as the findings' fixes name them ---

    def have(self, module: str, **params: t.Any) -> Json:
        """Run a module, which must succeed."""
        result = run_module(module, params)
        assert not result.get("failed"), result
        return result

    def have_instance(self, alias: str = "example") -> None:
        """connect_instance; every other part of the federation is to point to it."""
        self.instance = self.have("connect_instance", alias=alias)["instance"]
        self.relay_state = (
            f"https://{REGION}.console.aws.amazon.com/connect/federate/{self.instance['id']}?destination=%2Fccp-v2"
        )

    def have_application(self, **params: t.Any) -> Json:
        """azure_saml_app as for the healthy federation, but for what is given."""
        healthy = {
            "name": "Amazon Connect example",
            "template": "aws_single_account",
            "identifiers": ["https://signin.aws.amazon.com/saml#example"],
            "reply_urls": [REPLY_URL],
            "relay_state": self.relay_state,
            "session_name_source": "userprincipalname",
            "role_claims": [{"role_arn": ROLE_ARN, "provider_arn": PROVIDER_ARN}],
            "session_duration": 43200,
            "extra_claims": [],
            "keep_unknown_claims": False,
            "assignment_required": True,
            "assignments": {"groups": {"set": [GROUP]}, "users": {"set": []}},
        }
        known = {"app_id": self.application["app_id"]} if hasattr(self, "application") else {}
        created = self.have("azure_saml_app", **{**healthy, **known, **self.application_options, **params})
        return t.cast("Json", created["application"])

    def have_provider(self, **params: t.Any) -> Json:
        """iam_saml_provider with the application's metadata and issuer."""
        healthy = {"name": PROVIDER, "metadata": self.metadata(), "entity_id": self.application["entity_id"]}
        return self.have("iam_saml_provider", **{**healthy, **params})

    def have_role(self, **params: t.Any) -> Json:
        """connect_federation_role as for the healthy federation, but for what is given."""
        healthy = {
            "name": ROLE,
            "saml_provider_arns": [PROVIDER_ARN],
            "reply_urls": [REPLY_URL],
            "instance_arns": [self.instance["arn"]],
            "max_session_duration": 43200,
        }
        return self.have("connect_federation_role", **{**healthy, **params})

    def have_user(self, username: str = JANE, **params: t.Any) -> Json:
        """connect_users with one agent."""
        user = {
            "first_name": "Jane",
            "last_name": "Doe",
            "security_profiles": ["Agent"],
            "routing_profile": "Basic Routing Profile",
        }
        return self.have(
            "connect_users", instance_id=self.instance["id"], users=[{"username": username, **user, **params}]
        )

    def check(self, *people: str, **params: t.Any) -> Json:
        """What federation_check returns."""
        meant = {
            "app_id": self.application["app_id"],
            "instance_id": self.instance["id"],
            "role": ROLE,
            "saml_provider": PROVIDER,
            "destination": "/ccp-v2",
            "people": list(people) or None,
            "fail_on": "never",
        }
        return self.have("federation_check", **{**meant, **params})

    def sign_in(self, user: str = JANE) -> http_sign_in.SignIn:
        """A sign-in in a new browser."""
        return http_sign_in.sign_in(self.sandbox.environment, str(self.application["user_access_url"]), user)

    # --- a page of one's own ---

    def have_page(self, **changes: str) -> None:
        """Declare the page that embeds the panel, as it is right but for what is given."""
        healthy = {
            "url": "https://desk.example.com/",
            "ccp_url": f"{self.instance['access_url']}/ccp-v2/",
            "login_url": str(self.application["user_access_url"]),
        }
        self.page = healthy | changes

    def approve(self, *origins: str) -> None:
        """Approve these origins, and no others."""
        self.have("connect_approved_origin", instance_id=self.instance["id"], origins={"set": list(origins)})

    def move_to_old_domain(self, relay_state: str) -> None:
        """Make the instance one of those that are on the old domain by default, and lead agents to it."""
        self.sandbox.world.state(Connect).instances[self.instance["id"]].old_domain = True
        self.set_relay_state(relay_state)

    def open_page(self, user: str = JANE) -> http_sign_in.SignIn:
        """What the page's frame shows once somebody has signed in with its window."""
        with http_sign_in.new_browser(self.sandbox.environment) as browser:
            http_sign_in.sign_in(browser, self.page["login_url"], user)
            return http_sign_in.frame(browser, self.page["ccp_url"], self.page["url"].rstrip("/"))

    # --- Entra ID ---

    def graph(self, method: str, path: str, **body: t.Any) -> t.Any:
        """One request to Microsoft Graph, which must succeed."""
        form = {
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "scope": "https://graph.microsoft.com/.default",
        }
        token = self.session.post(
            f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token", data=form, timeout=300
        ).json()["access_token"]
        answer = self.session.request(
            method, GRAPH + path, json=body or None, headers={"Authorization": f"Bearer {token}"}, timeout=300
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    @property
    def principal(self) -> str:
        """The path of the service principal."""
        return f"/servicePrincipals/{self.application['service_principal_id']}"

    def change_principal(self, **values: t.Any) -> None:
        """Change the service principal."""
        self.graph("PATCH", self.principal, **values)

    def change_application(self, **values: t.Any) -> None:
        """Change the application object."""
        self.graph("PATCH", f"/applications/{self.application['object_id']}", **values)

    def set_relay_state(self, text: str | None) -> None:
        """Set the relay state."""
        self.change_principal(samlSingleSignOnSettings={"relayState": text})

    def set_reply_urls(self, *urls: str) -> None:
        """Set the reply URLs."""
        self.change_application(web={"redirectUris": list(urls)})

    def policies(self) -> list[Json]:
        """The claims policies that are assigned."""
        return t.cast("list[Json]", self.graph("GET", f"{self.principal}/claimsMappingPolicies")["value"])

    def change_claims(self, change: t.Callable[[list[Json]], list[Json]]) -> None:
        """Put other claims into the policy that is assigned."""
        (policy,) = self.policies()
        content = json.loads(policy["definition"][0])
        content["ClaimsMappingPolicy"]["ClaimsSchema"] = change(content["ClaimsMappingPolicy"]["ClaimsSchema"])
        self.graph("PATCH", f"/policies/claimsMappingPolicies/{policy['id']}", definition=[json.dumps(content)])

    def set_policy(self, **settings: t.Any) -> None:
        """Put other settings into the policy that is assigned, beside its claims."""
        (policy,) = self.policies()
        content = json.loads(policy["definition"][0])
        content["ClaimsMappingPolicy"] |= settings
        self.graph("PATCH", f"/policies/claimsMappingPolicies/{policy['id']}", definition=[json.dumps(content)])

    def set_claim(self, name: str, *entries: Json) -> None:
        """Replace an AWS claim by other entries; by none, to take it away."""
        own = [{"SamlClaimType": AWS + name, **entry} for entry in entries]
        self.change_claims(lambda schema: [*(entry for entry in schema if entry["SamlClaimType"] != AWS + name), *own])

    def add_certificate(self, **values: t.Any) -> str:
        """Make a signing certificate; its thumbprint."""
        return str(
            self.graph("POST", f"{self.principal}/addTokenSigningCertificate", displayName="CN=Other", **values)[
                "thumbprint"
            ]
        )

    def activate(self, thumbprint: str | None) -> None:
        """Choose the signing certificate."""
        self.change_principal(preferredTokenSigningKeyThumbprint=thumbprint)

    def expire_certificate(self) -> None:
        """Have a signing certificate of one day, known to IAM, alone and active, and let two days go by."""
        tomorrow = (self.sandbox.world.clock.now() + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        old = self.graph("GET", f"{self.principal}?$select=keyCredentials")["keyCredentials"]
        self.activate(self.add_certificate(endDateTime=tomorrow))
        left = self.graph("GET", f"{self.principal}?$select=keyCredentials,passwordCredentials")
        removed = {key["customKeyIdentifier"] for key in old}

        def kept(name: str, secret: str) -> list[Json]:
            others = [entry for entry in left[name] if entry["customKeyIdentifier"] not in removed]
            return [{**credential, secret: None} for credential in others]

        self.change_principal(
            keyCredentials=kept("keyCredentials", "key"), passwordCredentials=kept("passwordCredentials", "secretText")
        )
        self.have_provider()
        self.sandbox.world.clock.advance(dt.timedelta(days=2))

    def metadata(self, tenant: str = TENANT, app_id: str = "") -> str:
        """The federation metadata of the application, or of another tenant."""
        query = f"?appid={app_id or self.application['app_id']}" if tenant == TENANT else ""
        url = f"https://login.microsoftonline.com/{tenant}/federationmetadata/2007-06/federationmetadata.xml{query}"
        answer: requests.Response = self.session.get(url, timeout=300)
        return answer.content.decode("utf-8-sig")

    def directory(self, **content: t.Any) -> None:
        """Change users and groups as the tenant's administrators do."""
        clouds.seed(self.sandbox.world, {"entra": {"tenants": [{"id": TENANT, **content}]}})

    def person(self, name: str = JANE, **values: t.Any) -> None:
        """Change or make a user of the directory, as a member of the assigned group. Jane is as she was but for what is
        given.
        """
        self.directory(users=[{"userPrincipalName": name, **(HEALTHY if name == JANE else {}), **values}])
        self.directory(groups=[{"displayName": GROUP, "members": sorted({JANE, name})}])

    # --- AWS ---

    @property
    def iam(self) -> t.Any:
        """boto3's client."""
        return boto3.session.Session(region_name=REGION).client("iam")

    @property
    def connect(self) -> t.Any:
        """boto3's client."""
        return boto3.session.Session(region_name=REGION).client("connect")

    def replace_provider(self, metadata: str) -> None:
        """Give the SAML provider other metadata."""
        self.iam.update_saml_provider(SAMLProviderArn=PROVIDER_ARN, SAMLMetadataDocument=metadata)

    def set_trust(self, **changes: t.Any) -> None:
        """Put other elements into the one statement of the trust policy."""
        policy = self.iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
        policy["Statement"][0].update(changes)
        self.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(policy))

    def permit(self, name: str = "AmazonConnectFederation", **statement: t.Any) -> None:
        """Write an inline policy of one statement."""
        resource = f"{self.instance['arn']}/user/${{aws:userid}}"
        healthy = {"Effect": "Allow", "Action": "connect:GetFederationToken", "Resource": resource}
        document = {"Version": "2012-10-17", "Statement": [{**healthy, **statement}]}
        self.iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(document))

    def managed_policy(self, name: str, **statement: t.Any) -> str:
        """Make a managed policy of one statement; its ARN."""
        document = {"Version": "2012-10-17", "Statement": [{"Resource": "*", **statement}]}
        return str(self.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))["Policy"]["Arn"])

    def user_id(self, username: str = JANE) -> str:
        """The id of a user of the instance."""
        users = self.connect.list_users(InstanceId=self.instance["id"])["UserSummaryList"]
        return str(next(user["Id"] for user in users if user["Username"] == username))

    def delete_user(self, username: str = JANE) -> None:
        """Delete a user of the instance."""
        self.connect.delete_user(InstanceId=self.instance["id"], UserId=self.user_id(username))

    def set_profiles(self, *names: str) -> None:
        """Give Jane other security profiles."""
        listed = self.connect.list_security_profiles(InstanceId=self.instance["id"])["SecurityProfileSummaryList"]
        ids = [profile["Id"] for profile in listed if profile["Name"] in names]
        self.connect.update_user_security_profiles(
            InstanceId=self.instance["id"], UserId=self.user_id(), SecurityProfileIds=ids
        )

    def delete_role(self) -> None:
        """Delete the role with its policy."""
        self.iam.delete_role_policy(RoleName=ROLE, PolicyName="AmazonConnectFederation")
        self.iam.delete_role(RoleName=ROLE)
