# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an enterprise application with its assignments costs with azure_saml_app, and with HashiCorp's azuread provider.

Both make the same objects in the same sandbox in one run: an application from the template of AWS, its SAML settings, a
signing certificate, a claims mapping policy, and one assignment for each user. At the end, an unchanged site.yml of a
whole federation is compared with a plan of Terraform for the half in Entra ID alone. Requests are exact; times are told
as ratios, since they are this machine's. Each answer takes --latency seconds.

The exit status is 1 when azure_saml_app makes more requests in any case.
"""

from __future__ import annotations

import argparse
import collections.abc
import contextlib
import dataclasses
import json
import os
import sys
import tempfile
import typing as t
from pathlib import Path

import seeds
from _peers import HEADER, Cost, Terraform, play_task, row, run_playbook, terraform_plugins

from entra_factory import APP, ROLE, SECRET, Tenant
from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox, running_sandbox
from support import COLLECTIONS

COUNTS: t.Final = (1, 10, 50, 500)
#: those of a quick run, the last of which is the federation that site.yml is measured with
QUICK_COUNTS: t.Final = (1, 50)
CASES: t.Final = ("all new", "unchanged", "one change")
#: the template of AWS in the gallery, and the role of its applications that users are assigned
TEMPLATE: t.Final = "8b1025e4-1dd2-430b-a150-2ef79cd700f5"
ASSIGNED_ROLE: t.Final = "msiam_access"
NEW_RELAY_STATE: t.Final = APP["relay_state"].replace("ccp-v2", "agent-app-v2")
CLAIM: t.Final = "https://aws.amazon.com/SAML/Attributes/"
CLAIMS: t.Final = {
    "ClaimsMappingPolicy": {
        "Version": 1,
        "IncludeBasicClaimSet": "true",
        "ClaimsSchema": [
            {"Source": "user", "ID": "userprincipalname", "SamlClaimType": f"{CLAIM}RoleSessionName"},
            {"Value": f"{ROLE['role_arn']},{ROLE['provider_arn']}", "SamlClaimType": f"{CLAIM}Role"},
            {"Value": "43200", "SamlClaimType": f"{CLAIM}SessionDuration"},
        ],
    }
}


def user_names(count: int) -> list[str]:
    return [f"agent{number:03}@contoso.com" for number in range(count)]


def people(count: int) -> list[dict[str, str]]:
    return [{"userPrincipalName": name, "displayName": name.partition("@")[0]} for name in user_names(count)]


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to manage an application. apply: have it with this relay state. plan: only compare."""

    apply: t.Callable[[str], Cost]
    plan: t.Callable[[], Cost]


@contextlib.contextmanager
def by_playbook(tenant: Tenant) -> collections.abc.Iterator[Way]:
    """A playbook of one task."""
    assignments = {"users": {"set": sorted(tenant.users)}}

    def apply(relay_state: str, check_mode: bool = False) -> Cost:
        options = {key: APP[key] for key in ("name", "identifiers", "reply_urls", "session_name_source", "role_claims")}
        settings = {"session_duration": 43200, "assignment_required": True, "relay_state": relay_state}
        task = {"openccp.federation.azure_saml_app": {**options, **settings, "assignments": assignments}}
        return play_task(tenant.sandbox, {**task, "check_mode": check_mode}, tenant.environment)

    yield Way(apply, lambda: apply(APP["relay_state"], check_mode=True))


@contextlib.contextmanager
def by_terraform(plugins: Path, tenant: Tenant) -> collections.abc.Iterator[Way]:
    """HashiCorp's azuread provider."""
    caller = {"ARM_TENANT_ID": tenant.id, "ARM_CLIENT_ID": tenant.client["client_id"], "ARM_CLIENT_SECRET": SECRET}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**tenant.environment, **caller, "ARM_USE_CLI": "false"}
        terraform = Terraform(tenant.sandbox, Path(folder), plugins, terraform_configuration(), environment)

        def apply(relay_state: str) -> Cost:
            return terraform.apply({"users": sorted(tenant.users.values()), "relay_state": relay_state})

        yield Way(apply, lambda: terraform.run("plan"))


def terraform_configuration() -> dict[str, t.Any]:
    """The resources as the provider documents them, each with the IDs of the directory instead of names to look up."""
    principal, template = "azuread_service_principal.app", "azuread_application_from_template.app"
    roles = f'[for role in {principal}.app_roles : role.id if role.display_name == "{ASSIGNED_ROLE}"]'
    return {
        "terraform": {"required_providers": {"azuread": {"source": "hashicorp/azuread"}}},
        "variable": {"users": {"type": "set(string)"}, "relay_state": {"type": "string"}},
        "data": {
            "azuread_application": {"app": {"object_id": f"${{{template}.application_object_id}}"}},
        },
        "resource": {
            "azuread_application_from_template": {"app": {"display_name": APP["name"], "template_id": TEMPLATE}},
            "azuread_service_principal": {
                "app": {
                    "client_id": "${data.azuread_application.app.client_id}",
                    "use_existing": True,
                    "app_role_assignment_required": True,
                    "preferred_single_sign_on_mode": "saml",
                    "saml_single_sign_on": {"relay_state": "${var.relay_state}"},
                    "feature_tags": {"enterprise": True, "custom_single_sign_on": True},
                }
            },
            # The template has set the reply URL; azuread_application_redirect_uris would find it and refuse.
            "azuread_application_identifier_uri": {
                "app": {
                    "application_id": f"${{{template}.application_id}}",
                    "identifier_uri": APP["identifiers"][0],
                    "depends_on": [principal],  # which sets the SSO mode, without which Entra ID refuses the identifier
                }
            },
            "azuread_service_principal_token_signing_certificate": {
                "app": {"service_principal_id": f"${{{principal}.id}}"}
            },
            "azuread_claims_mapping_policy": {
                "app": {"display_name": APP["name"], "definition": [json.dumps(CLAIMS)]},
            },
            "azuread_service_principal_claims_mapping_policy_assignment": {
                "app": {
                    "claims_mapping_policy_id": "${azuread_claims_mapping_policy.app.id}",
                    "service_principal_id": f"${{{principal}.id}}",
                }
            },
            "azuread_app_role_assignment": {
                "user": {
                    "for_each": "${var.users}",
                    "app_role_id": f"${{one({roles})}}",
                    "principal_object_id": "${each.value}",
                    "resource_object_id": f"${{{principal}.object_id}}",
                }
            },
        },
    }


def costs(
    sandbox: Sandbox, count: int, latency: float, way: t.Callable[[Tenant], contextlib.AbstractContextManager[Way]]
) -> list[Cost]:
    """What each case costs in a tenant of its own, and what a plan costs after it."""
    sandbox.world.reset()
    tenant = Tenant(sandbox, users=people(count), groups=[])
    with way(tenant) as manage:
        sandbox.world.settings.change({"latency": latency})
        applied = [manage.apply(state) for state in (APP["relay_state"], APP["relay_state"], NEW_RELAY_STATE)]
        return [*applied, manage.plan()]


def unchanged_site(sandbox: Sandbox, count: int, latency: float) -> Cost:
    """The cost of an unchanged site.yml of one federation, with an instance, an agent, a provider and a role."""
    sandbox.world.reset()
    entra = {"tenants": [{**seeds.tenant("public"), "users": people(count), "groups": []}]}
    clouds.seed(sandbox.world, {"entra": entra, "aws": {"accounts": [seeds.account("aws")]}})
    host = {
        "federation_region": "eu-central-1",
        "federation_instance_alias": "example-demo",
        "federation_agents": [{"username": user_names(1)[0], "first_name": "Jane", "last_name": "Doe"}],
        "azure_saml_app_assigned_users": user_names(count),
    }
    environment = {**sandbox.environment, **seeds.credentials()}
    with tempfile.TemporaryDirectory() as folder:
        inventory = Path(folder) / "hosts.json"
        inventory.write_text(json.dumps({"all": {"hosts": {"demo": host}}}), encoding="utf-8")
        run_playbook(sandbox, "openccp.federation.site", inventory, environment)
        sandbox.world.settings.change({"latency": latency})
        return run_playbook(sandbox, "openccp.federation.site", inventory, environment)


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out 10 and 500 assignments")
    parser.add_argument("--latency", type=float, default=0.06, help="how long an answer takes, in seconds")
    parser.add_argument("--terraform-plugins", type=Path, help="a filesystem mirror that has hashicorp/azuread")
    options = parser.parse_args()
    os.environ.setdefault("PYTHONPATH", str(COLLECTIONS))
    plugins, fewer = terraform_plugins(options.terraform_plugins, "azuread"), True
    if not plugins:
        return 0
    print(HEADER)
    plans: dict[int, Cost] = {}
    with running_sandbox() as sandbox:
        for count in QUICK_COUNTS if options.quick else COUNTS:
            ours = costs(sandbox, count, options.latency, by_playbook)
            theirs = costs(sandbox, count, options.latency, lambda tenant: by_terraform(plugins, tenant))
            plans[count] = theirs[-1]
            for case, our, their in zip(CASES, ours, theirs, strict=False):
                fewer &= our.requests <= their.requests
                print(row(case, count, "azuread", our, their), flush=True)
        count = QUICK_COUNTS[-1]
        site = unchanged_site(sandbox, count, options.latency)
        print(row("unchanged site.yml, and a plan of Terraform", count, "azuread", site, plans[count]))
    return 0 if fewer else 1


if __name__ == "__main__":
    sys.exit(main())
