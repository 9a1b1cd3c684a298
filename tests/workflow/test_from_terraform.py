# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A federation that Terraform's providers made is taken over as the guide says: docs/from-terraform.md."""

from __future__ import annotations

import json
import re
import textwrap
import typing as t
from pathlib import Path

import boto3
import requests
import yaml
from botocore.config import Config
from playbooks import Playbooks
from seeds import ACCOUNTS, CLIENT, SECRET, TENANTS

from federation_sandbox import clouds, http_sign_in
from federation_sandbox.testing import Sandbox
from support import CHECKOUT

GUIDE: t.Final = (CHECKOUT / "docs" / "from-terraform.md").read_text(encoding="utf-8")
VARIABLES: t.Final = yaml.safe_load(
    textwrap.dedent(t.cast("re.Match[str]", re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL))[1])
)
PLANNED: t.Final = textwrap.dedent(t.cast("re.Match[str]", re.search(r"```text\n(.*?) *```", GUIDE, re.DOTALL))[1])
GRAPH: t.Final = "https://graph.microsoft.com/v1.0"
LOGIN: t.Final = "https://login.microsoftonline.com"
NON_GALLERY: t.Final = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
REPLY_URL: t.Final = "https://eu-central-1.signin.aws.amazon.com/saml"
ACCOUNT: t.Final = ACCOUNTS["aws"]
ROLE: t.Final = f"arn:aws:iam::{ACCOUNT}:role/{VARIABLES['federation_role_name']}"
PROVIDER: t.Final = f"arn:aws:iam::{ACCOUNT}:saml-provider/{VARIABLES['federation_provider_name']}"
JANE: t.Final = "jane.doe@example.com"
#: of Terraform, and of the take-over, whose policy has the names that Terraform chose
KEY: t.Final[dict[str, t.Any]] = {
    "id": "AKIATERRAFORM0000000",
    "secret": SECRET,
    "policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
}


class Terraform:
    """The requests of the providers, in the order of their resources."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.proxies, self.session.verify = (
            {"https": sandbox.url},
            sandbox.environment["REQUESTS_CA_BUNDLE"],
        )
        grant = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        url = f"{LOGIN}/{TENANTS['public']}/oauth2/v2.0/token"
        token = self.session.post(url, {**grant, "scope": "https://graph.microsoft.com/.default"}, timeout=300).json()
        self.session.headers["Authorization"] = f"Bearer {token['access_token']}"

    def graph(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """One request, which succeeds."""
        response = self.session.request(method, GRAPH + path, json=body, timeout=300)
        response.raise_for_status()
        return response.json() if response.content else None

    def aws(self, service: str) -> t.Any:
        """A client of AWS."""
        return boto3.client(
            service,
            region_name="eu-central-1",
            aws_access_key_id=KEY["id"],
            aws_secret_access_key=KEY["secret"],
            verify=self.sandbox.environment["AWS_CA_BUNDLE"],
            config=Config(proxies={"https": self.sandbox.url}),
        )

    def apply(self) -> tuple[str, str]:
        """A whole federation. The answer: the application's client ID, and the address where agents sign in."""
        instance = self.instance()
        application = self.application(instance)
        self.iam(application, instance)
        return application, f"https://launcher.myapps.microsoft.com/api/signin/{application}?tenantId=" + TENANTS[
            "public"
        ]

    def instance(self) -> str:
        """aws_connect_instance and aws_connect_user. The answer: the instance's ID."""
        agent = {"username": JANE, "first_name": "Jane", "last_name": "Doe"}
        alias = VARIABLES["federation_instance_alias"]
        entry = {"account": ACCOUNT, "region": "eu-central-1", "alias": alias, "users": [agent]}
        clouds.seed(self.sandbox.world, {"aws": {"instances": [entry]}})
        return str(self.aws("connect").list_instances()["InstanceSummaryList"][0]["Id"])

    def application(self, instance: str) -> str:
        """The resources of azuread."""
        path = f"/applicationTemplates/{NON_GALLERY}/instantiate"
        created = self.graph("POST", path, {"displayName": "Contact centre"})
        application, principal = created["application"], f"/servicePrincipals/{created['servicePrincipal']['id']}"
        settings = {"identifierUris": ["urn:amazon:webservices"], "web": {"redirectUris": [REPLY_URL]}}
        self.graph("PATCH", f"/applications/{application['id']}", settings)
        relay_state = f"https://eu-central-1.console.aws.amazon.com/connect/federate/{instance}?destination=%2Fccp-v2"
        sign_on = {
            "preferredSingleSignOnMode": "saml",
            "appRoleAssignmentRequired": True,
            "samlSingleSignOnSettings": {"relayState": relay_state},
        }
        self.graph("PATCH", principal, sign_on)
        certificate = {"displayName": "CN=Terraform", "endDateTime": "2028-01-01T00:00:00Z"}
        key = self.graph("POST", f"{principal}/addTokenSigningCertificate", certificate)
        self.graph("PATCH", principal, {"preferredTokenSigningKeyThumbprint": key["thumbprint"]})
        policy = self.graph("POST", "/policies/claimsMappingPolicies", claims_policy())
        reference = {"@odata.id": f"{GRAPH}/policies/claimsMappingPolicies/{policy['id']}"}
        self.graph("POST", f"{principal}/claimsMappingPolicies/$ref", reference)
        (group,) = self.graph("GET", "/groups?$filter=displayName eq 'Contact centre agents'")["value"]
        role = next(role["id"] for role in application["appRoles"] if role["displayName"] == "User")
        assignment = {"principalId": group["id"], "resourceId": created["servicePrincipal"]["id"], "appRoleId": role}
        self.graph("POST", f"{principal}/appRoleAssignedTo", assignment)
        return str(application["appId"])

    def iam(self, application: str, instance: str) -> None:
        """aws_iam_saml_provider, aws_iam_role and aws_iam_role_policy."""
        url = f"{LOGIN}/{TENANTS['public']}/federationmetadata/2007-06/federationmetadata.xml?appid={application}"
        metadata = self.session.get(url, timeout=300).content.decode("utf-8-sig")
        iam, role = self.aws("iam"), VARIABLES["federation_role_name"]
        iam.create_saml_provider(Name=VARIABLES["federation_provider_name"], SAMLMetadataDocument=metadata)
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithSAML",
            "Condition": {"StringEquals": {"SAML:aud": REPLY_URL}},
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=document, MaxSessionDuration=43200)
        resource = f"arn:aws:connect:eu-central-1:{ACCOUNT}:instance/{instance}/user/${{aws:userid}}"
        permission = {"Effect": "Allow", "Action": "connect:GetFederationToken", "Resource": resource}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [permission]})
        iam.put_role_policy(RoleName=role, PolicyName="federate", PolicyDocument=policy)


def claims_policy() -> dict[str, t.Any]:
    """azuread_claims_mapping_policy."""
    attributes = "https://aws.amazon.com/SAML/Attributes/"
    schema = [
        {"Value": f"{ROLE},{PROVIDER}", "SamlClaimType": f"{attributes}Role"},
        {"Source": "user", "ID": "userprincipalname", "SamlClaimType": f"{attributes}RoleSessionName"},
    ]
    content = {"ClaimsMappingPolicy": {"Version": 1, "IncludeBasicClaimSet": "true", "ClaimsSchema": schema}}
    return {"displayName": "Contact centre", "definition": [json.dumps(content)]}


def test_a_federation_of_terraform_is_taken_over(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    clouds.seed(sandbox.world, {"aws": {"accounts": [{"id": ACCOUNT, "access_keys": [KEY]}]}})
    application, url = Terraform(sandbox).apply()
    assert http_sign_in.sign_in(sandbox.environment, url, JANE).ok
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"centre": VARIABLES}}}), encoding="utf-8")
    keys = {"AWS_ACCESS_KEY_ID": KEY["id"], "AWS_SECRET_ACCESS_KEY": KEY["secret"], "APPLICATION_ID": application}
    terminal = Playbooks({**playbooks.environment, **keys}, tmp_path)

    sandbox.world.traffic.clear()
    planned = terminal.succeed("site", inventory, "--check").planned()
    assert sandbox.world.traffic.writes() == []
    assert planned == PLANNED.splitlines()

    done = terminal.succeed("site", inventory)
    assert done.done() == planned
    assert done.result("azure_saml_app")["app_id"] == application
    assert http_sign_in.sign_in(sandbox.environment, url, JANE).ok
    assert terminal.succeed("site", inventory).changed() == 0
