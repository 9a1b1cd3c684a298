# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios that show what each job needs. They follow one another in one pair of clouds, as a federation lives."""

from __future__ import annotations

import json
import tempfile
import typing as t
from pathlib import Path

from least_permissions import Recording, write
from permission_jobs import JOBS, everything
from permission_recorder import (
    ACCOUNT,
    BOUNDARY,
    EVE,
    GROUP,
    JANE,
    JOHN,
    MAX,
    NIA,
    REGION,
    TENANT,
    JobRecorder,
)

from federation_sandbox import clouds
from federation_sandbox.aws.connect.store import Connect
from federation_sandbox.testing import running_sandbox
from importable import make_importable
from saml_factory import make_certificate, make_metadata
from support import ansible_command, run_ansible

PERSON: t.Final = {"username": JANE, "first_name": "Jane", "last_name": "Doe"}
ATTRIBUTES: t.Final = (
    "auto_mute_agent_on_hold",
    "auto_resolve_best_voices",
    "contact_lens",
    "contactflow_logs",
    "early_media",
    "enhanced_chat_monitoring",
    "enhanced_contact_monitoring",
    "high_volume_outbound",
    "message_streaming",
    "multi_party_chat_conference",
    "multi_party_conference",
    "use_custom_tts_voices",
)
FIRST: t.Final[dict[str, t.Any]] = {
    "federation_agents": [PERSON, {**PERSON, "username": JOHN}],
    "federation_tags": {"team": "a", "unit": "1"},
    "connect_instance_approved_origins": {"set": ["https://one.example.com"]},
    "connect_instance_attributes": dict.fromkeys(ATTRIBUTES, True),
    "connect_instance_inbound_calls": True,
    "connect_instance_outbound_calls": True,
    "azure_saml_app_assigned_users": [NIA],
}
SECOND: t.Final[dict[str, t.Any]] = {
    **FIRST,
    "federation_agents": [
        {
            **PERSON,
            "first_name": "Janet",
            "security_profiles": ["Supervisors"],
            "routing_profile": "Sales",
            "hierarchy_group": "Berlin/Sales",
            "phone_type": "desk_phone",
            "desk_phone_number": "+4930123456",
        },
        {**PERSON, "username": JOHN, "channels": {"voice": {"auto_accept": True}}},
        {**PERSON, "username": MAX, "hierarchy_group": "Berlin"},
    ],
    "federation_tags": {"team": "b"},
    "federation_session_duration": 3600,
    "connect_users_mode": "set",
    "connect_users_leavers": "delete",
    "connect_users_max_removals": "100%",
    "connect_instance_approved_origins": {"set": ["https://two.example.com"]},
    "connect_instance_attributes": dict.fromkeys(ATTRIBUTES, False),
    "connect_instance_inbound_calls": False,
    "connect_instance_outbound_calls": False,
    "aws_federation_boundary": BOUNDARY,
    "aws_federation_permission_form": "instance_id",
    "aws_federation_set_source_identity": True,
    "aws_federation_role_description": "Another one",
    "azure_saml_app_unlisted_assignments": "remove",
    "azure_saml_app_assigned_users": [MAX],
    "azure_saml_app_notes": "Another one",
}
GROUPS: t.Final = {
    "federation_agents": [],
    "federation_assigned_groups": None,
    "connect_users_max_removals": "100%",
}


def _existing(recorder: JobRecorder) -> None:
    with recorder.job("site-existing-instance"):
        recorder.play("site", "kept", **FIRST)
        recorder.do(lambda: _foreign_certificate(recorder))
        recorder.play("site", "kept", **SECOND)
        restricted = {"connect_users_leavers": "restrict", "connect_users_restricted_security_profile": "Nothing"}
        other = {**PERSON, "username": NIA}
        agents = {"federation_agents": [other], "azure_saml_app_assigned_users": [NIA]}
        recorder.play("site", "kept", **{**SECOND, **restricted, **agents})


def _foreign_certificate(recorder: JobRecorder) -> None:
    """Somebody else puts another document into the provider."""
    recorder.client("iam").update_saml_provider(
        SAMLProviderArn=f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra-example-kept",
        SAMLMetadataDocument=make_metadata(make_certificate()),
    )


def _new(recorder: JobRecorder) -> None:
    with recorder.job("site"):
        recorder.play("site", "made", **FIRST)
        recorder.play("site", "made", **FIRST)


def _people(recorder: JobRecorder) -> None:
    """Joiners, movers and leavers of two groups."""
    members = {"group": GROUP, "security_profiles": ["Agent"], "tags": {"day": "all"}}
    mover = {
        "group": GROUP,
        "security_profiles": ["Supervisors"],
        "routing_profile": "Sales",
        "hierarchy_group": "Berlin/Sales",
        "phone_type": "desk_phone",
        "desk_phone_number": "+4930123456",
        "tags": {"night": "all"},
    }
    leads = {"group": "Leads", "security_profiles": ["Agent"], "channels": {"voice": {"auto_accept": True}}}
    restrict = {"connect_users_leavers": "restrict", "connect_users_restricted_security_profile": "Nothing"}
    with recorder.job("users"):
        recorder.play("users", "kept", **GROUPS, federation_agent_groups=[members, {"group": "Leads"}])
        recorder.do(lambda: _join_and_rename(recorder))
        recorder.play("users", "kept", **GROUPS, **restrict, federation_agent_groups=[mover])
        recorder.play("users", "kept", **GROUPS, federation_agent_groups=[mover, leads])
        recorder.play(
            "users",
            "kept",
            **GROUPS,
            federation_agent_groups=[members],
            connect_users_leavers="delete",
            azure_saml_app_unlisted_assignments="remove",
        )


def _join_and_rename(recorder: JobRecorder) -> None:
    """Eve joins the group, Jane gets another name, and a quick connect leads to Nia, who leaves later."""
    jane = {"userPrincipalName": JANE, "givenName": "Janet", "surname": "Poe"}
    group = {"displayName": GROUP, "members": [JANE, JOHN, EVE]}
    clouds.seed(recorder.world, {"entra": {"tenants": [{"id": TENANT, "users": [jane], "groups": [group]}]}})
    _quick_connect(recorder, NIA)


def _quick_connect(recorder: JobRecorder, username: str) -> None:
    """A quick connect to an agent."""
    connect = recorder.client("connect")
    users = connect.list_users(InstanceId=recorder.instance_id)["UserSummaryList"]
    flow = next(iter(recorder.world.state(Connect).instances[recorder.instance_id].contact_flows))
    target = {"ContactFlowId": flow, "UserId": next(user["Id"] for user in users if user["Username"] == username)}
    settings = {"QuickConnectType": "USER", "UserConfig": target}
    connect.create_quick_connect(InstanceId=recorder.instance_id, Name=f"to {username}", QuickConnectConfig=settings)


def _reading(recorder: JobRecorder) -> None:
    """On a role with a managed policy, and with people from groups."""
    role = {"RoleName": "ConnectFederation-example-kept", "PolicyArn": BOUNDARY}
    groups = {**GROUPS, "federation_agent_groups": [{"group": GROUP}]}
    recorder.client("iam").attach_role_policy(**role)
    unassign = {"azure_saml_app_assigned_users": [], "azure_saml_app_unlisted_assignments": "remove"}
    recorder.play("site", "kept", "--skip-tags", "check", **groups, **unassign)
    with recorder.job("check"):
        recorder.play("check", "kept", **groups, federation_check_everyone_assigned=True)
    with recorder.job("report"):
        recorder.play("report", "kept", **groups)
    recorder.client("iam").detach_role_policy(**role)
    with recorder.job("certificates"):
        recorder.play("certificates", "kept")
    with recorder.job("inventory"):
        recorder.do(lambda: _discover(recorder))


def _discover(recorder: JobRecorder) -> str:
    source = recorder.folder / "connect_instances.yml"
    source.write_text(
        json.dumps({"plugin": "openccp.federation.connect_instances", "regions": [REGION]}), encoding="utf-8"
    )
    command = ansible_command("ansible-inventory", "--inventory", source, "--list")
    done = run_ansible(command, recorder.terminal.environment, recorder.folder)
    assert done.returncode == 0, done.stderr
    assert '"federated": true' in done.stdout, done.stderr
    assert "unknown" not in done.stderr, done.stderr
    return str(done.stderr)


def _rotation(recorder: JobRecorder) -> None:
    with recorder.job("rotate-certificate"):
        _rotate(recorder)
        recorder.play("rotate_certificate", "kept", certificate_rotation_now=True)
        recorder.play("rotate_certificate", "kept", "--tags", "rollback")


def _rotate(recorder: JobRecorder, **variables: t.Any) -> None:
    recorder.play("rotate_certificate", "kept", certificate_rotation_now=True, **variables)
    recorder.later(8)
    recorder.play("rotate_certificate", "kept", **variables)


def _page(recorder: JobRecorder) -> None:
    page = {"url": "https://desk.example.com/support/", "bucket": "example-desk", "prefix": "support/"}
    with recorder.job("ccp-page"):
        recorder.play("ccp_page", "kept", federation_pages=[page])
        recorder.play("ccp_page", "kept", federation_pages=[{**page, "language": "de"}])
        recorder.play("ccp_page", "kept", federation_pages=[page], ccp_page_state="absent")


def _pools(recorder: JobRecorder) -> None:
    pool = {
        "user_pool_name": "desk",
        "domain": f"desk.auth.{REGION}.amazoncognito.com",
        "clients": [recorder.pool["clients"]["web"]["id"]],
    }
    pools = {"federation_user_pools": [pool], "federation_tags": {"team": "a"}}
    claim = {"name": "department", "id": "department"}
    changed = {"attribute_mapping": {"name": "displayname"}, "assigned_users": [NIA], "extra_claims": [claim]}
    changed |= {"request_signing": True}
    with recorder.job("cognito"):
        recorder.play("cognito", "kept", **pools)
        recorder.play("cognito", "kept", federation_user_pools=[{**pool, **changed}])
    with recorder.job("check-user-pools"):
        recorder.play("check", "kept", **pools)
    with recorder.job("rotate-certificate-user-pools"):
        _rotate(recorder, **pools)
    with recorder.job("teardown-user-pools"):
        recorder.play("teardown", "kept", **pools, azure_saml_app_purge=True, cognito_federation_purge=True)


def _probe(recorder: JobRecorder) -> None:
    with recorder.job("live-probe"):
        recorder.play(
            "live_probe",
            "kept",
            live_probe_confirm=f"{TENANT}/{ACCOUNT}",
            live_probe_instance_id=recorder.instance_id,
            live_probe_wait_timeout=10,
        )


def _removal(recorder: JobRecorder) -> None:
    recorder.play("site", "kept", **FIRST)
    _quick_connect(recorder, JANE)
    agents = {"federation_agents": FIRST["federation_agents"], "federation_remove_agents": True}
    with recorder.job("teardown"):
        recorder.play("teardown", "kept", azure_saml_app_purge=True, **agents)
    with recorder.job("teardown-instance"):
        recorder.play("teardown", "made", azure_saml_app_purge=True, federation_confirm_instance_alias="example-made")


#: in the order in which a federation lives
SCENARIOS: t.Final = (_existing, _new, _people, _reading, _rotation, _page, _pools, _probe, _removal)


def record(recorder: JobRecorder) -> Recording:
    """Run every job, and return what each needs."""
    for scenario in SCENARIOS:
        scenario(recorder)
    return {job: recorder.recording[job] for job in JOBS}


def main() -> None:
    """Record every job with all permissions, and write what each needs."""
    make_importable()
    with running_sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        write(record(JobRecorder(sandbox, Path(folder), everything, print)), JOBS)


if __name__ == "__main__":
    main()
