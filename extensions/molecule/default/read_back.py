# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both clouds hold of one federation, read with boto3 and requests, as JSON."""

from __future__ import annotations

import base64
import json
import os
import sys

import boto3
import requests

LOGIN = "https://login.microsoftonline.com"
GRAPH = "https://graph.microsoft.com/v1.0"


def token() -> str:
    """An access token for Graph."""
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["AZURE_CLIENT_ID"],
        "client_secret": os.environ["AZURE_CLIENT_SECRET"],
        "scope": "https://graph.microsoft.com/.default",
    }
    answer = requests.post(f"{LOGIN}/{os.environ['AZURE_TENANT_ID']}/oauth2/v2.0/token", form, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def read_back(region: str, alias: str) -> dict[str, object]:
    """Both halves, and whether they fit."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token()}"

    def get(path: str) -> dict:
        answer = session.get(f"{GRAPH}{path}", timeout=30)
        answer.raise_for_status()
        return dict(answer.json())

    iam, connect = boto3.client("iam"), boto3.client("connect", region_name=region)
    instances = connect.list_instances()["InstanceSummaryList"]
    providers = [entry["Arn"] for entry in iam.list_saml_providers()["SAMLProviderList"]]
    state = {
        "instances": [entry["InstanceAlias"] for entry in instances],
        "providers": [arn.partition("/")[2] for arn in providers],
    }
    applications = get(f"/applications?$filter=displayName eq 'Amazon Connect {alias}'")["value"]
    state["applications"] = len(applications)
    if not applications or not instances:
        return state
    application, instance = applications[0], instances[0]["Id"]
    principal = get(f"/servicePrincipals(appId='{application['appId']}')")
    policies = get(f"/servicePrincipals/{principal['id']}/claimsMappingPolicies")["value"]
    keys = get(f"/servicePrincipals/{principal['id']}?$select=keyCredentials")["keyCredentials"]
    thumbprint = principal["preferredTokenSigningKeyThumbprint"].lower()
    verifying = [key for key in keys if key["usage"] == "Verify"]
    active = [key["key"] for key in verifying if base64.b64decode(key["customKeyIdentifier"]).hex() == thumbprint]
    role = iam.get_role(RoleName=f"ConnectFederation-{alias}")["Role"]
    trusted = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Federated"]
    metadata = iam.get_saml_provider(SAMLProviderArn=trusted)["SAMLMetadataDocument"]
    return state | {
        "sign_on": principal["preferredSingleSignOnMode"],
        "identifiers": application["identifierUris"],
        "reply_urls": application["web"]["redirectUris"],
        "active_certificate_in_provider": len(active) == 1 and active[0] in "".join(metadata.split()),
        "trusted_provider": trusted.partition("/")[2],
        "claims_lead_to_role": len(policies) == 1 and f"{role['Arn']},{trusted}" in policies[0]["definition"][0],
        "assigned": [
            entry["principalDisplayName"]
            for entry in get(f"/servicePrincipals/{principal['id']}/appRoleAssignedTo")["value"]
        ],
        "relay_state_leads_to_instance": f"/federate/{instance}?"
        in principal["samlSingleSignOnSettings"]["relayState"],
        "agents": [user["Username"] for user in connect.list_users(InstanceId=instance)["UserSummaryList"]],
        "origins": connect.list_approved_origins(InstanceId=instance)["Origins"],
    }


if __name__ == "__main__":
    json.dump(read_back(*sys.argv[1:]), sys.stdout)
