# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong values for every variable of every role: each has at least one, or is said to take anything."""

from __future__ import annotations

import typing as t

_ROLE: t.Final = "arn:aws:iam::111122223333:role/R"
_PROVIDER: t.Final = "arn:aws:iam::111122223333:saml-provider/P"
_NO_BOOLEAN: t.Final = ("perhaps", 7, ["yes"])
_NO_TEXT: t.Final = ({"a": 1}, ["a"], False)
_NO_NAMES: t.Final = ([""], [{"a": 1}], {"a": {"b": 1}})
_NO_UUID: t.Final = ("4711", "99999999-8888-4777-8666-55555555555", ["a"])
_NO_ALIAS: t.Final = ("d-support", "a" * 46, "my alias", "my_alias", "-a", "a-")
_NO_PATH: t.Final = ({"a": 1}, ["a"])
_NO_OUTPUT: t.Final = ("/dev/null/here.json", "/proc", *_NO_PATH)
_NO_TAGS: t.Final = ({"team": "R&D"}, {"aws:team": "a"}, {"": "a"}, {"a" * 129: "b"}, {"a": "b" * 257}, {"a": {"b": 1}}, "team", ["team"])
_NO_DURATION: t.Final = (3599, 43201, -1, "an hour", "1.5")
_NO_DAYS: t.Final = (-1, "soon", "4.5", 10**6)
_NO_ROLE_NAME: t.Final = ("a b", "a" * 65, "a/b", "ä")
_NO_PROVIDER_NAME: t.Final = ("a b", "a" * 129, "a@b", "a/b")
_NO_ROLE_PATH: t.Final = ("federation", "/federation", "federation/", "/a b/", "/" + "a" * 511 + "/")
_NO_ADDRESS: t.Final = ("http://desk.example.com", "desk.example.com", " https://desk.example.com", "https://", ["https://a b"])
_NO_ADDRESSES: t.Final = (["http://desk.example.com"], ["https://desk .example.com"], [""], {"a": 1})
_NO_EMAILS: t.Final = (["jane"], [f"a{n}@example.com" for n in range(6)], ["a b@example.com"])
_NO_DESTINATION: t.Final = ("%2Fagent-app-v2", "agent-app-v2", "/ccp-v2 ", "//evil.example.com", "http://desk.example.com", "/a\\b", ["/"])
_OF_ANOTHER_DOMAIN: t.Final = (
    "/ccp-v2&new_domain=true",
    "/ccp-v2?new_domain=true",
    "https://acme.my.connect.aws/ccp-v2",
    "https://acme.awsapps.com",
)
_NO_PAGES: t.Final[tuple[t.Any, ...]] = (
    [{}],
    [{"url": "http://a.example.com", "folder": "/tmp/a"}],
    [{"url": "https://a.example.com"}],
    ["https://a"],
)
_NO_GROUPS: t.Final[tuple[t.Any, ...]] = (
    [{}],
    [{"group": ""}],
    [{"security_profiles": ["Agent"]}],
    ["Agents"],
    {"group": "Agents"},
    [["Agents"]],
)
_NO_AGENTS: t.Final[tuple[t.Any, ...]] = ([{}], [{"first_name": "A"}], ["jane.doe@example.com"], [{"username": ""}], [{"username": ["a"]}])
_NO_SOURCE: t.Final = ("department", "user.mail", "Mail", ["mail"])
_NO_EXTERNAL_ID: t.Final = ("a", "a b", "ä" * 3, "a" * 1225)
_NO_ROLE_ARN: t.Final = ("R", _PROVIDER, _ROLE.replace("arn:aws:", "arn:moon:"), _ROLE.replace("111122223333", "1111"))
_NO_IDENTIFIER: t.Final = ("no uri", "signin.aws.amazon.com/saml", ["a"])
_NO_CHOICE: t.Final = ("perhaps", ["report"])
_NO_OPTIONS: t.Final = ("profile", ["profile"], 7)

#: Variable → wrong values.
WRONG: t.Final[t.Mapping[str, tuple[t.Any, ...]]] = {
    "aws_federation_adopt": _NO_BOOLEAN,
    "aws_federation_boundary": (_ROLE, "Boundary", ["a"]),
    "aws_federation_certificates": _NO_CHOICE,
    "aws_federation_entity_id": _NO_IDENTIFIER,
    "aws_federation_instance_arns": (["support"], [_ROLE], [""], [{"a": 1}]),
    "aws_federation_metadata": _NO_TEXT,
    "aws_federation_metadata_file": ("/nowhere/metadata.xml", *_NO_PATH),
    "aws_federation_permission_form": _NO_CHOICE,
    "aws_federation_provider_name": _NO_PROVIDER_NAME,
    "aws_federation_reply_urls": _NO_ADDRESSES,
    "aws_federation_role_description": ("a" * 1001, "→", {"a": 1}),
    "aws_federation_role_name": _NO_ROLE_NAME,
    "aws_federation_role_path": _NO_ROLE_PATH,
    "aws_federation_session_duration": _NO_DURATION,
    "aws_federation_set_source_identity": _NO_BOOLEAN,
    "aws_federation_state": _NO_CHOICE,
    "aws_federation_tag_session": _NO_BOOLEAN,
    "aws_federation_tags": _NO_TAGS,
    "aws_session_duration": (899, 43201, "an hour"),
    "aws_session_external_id": _NO_EXTERNAL_ID,
    "aws_session_name": ("a", "a b", "a" * 65),
    "aws_session_role_arn": _NO_ROLE_ARN,
    "azure_saml_app_adopt": _NO_BOOLEAN,
    "azure_saml_app_app_id": _NO_UUID,
    "azure_saml_app_assigned_groups": _NO_NAMES,
    "azure_saml_app_assigned_users": _NO_NAMES,
    "azure_saml_app_assignment_required": _NO_BOOLEAN,
    "azure_saml_app_extra_claims": ([{"value": "a"}], [{"name": "a"}], [{"name": "a", "value": "b", "id": "mail"}], ["a"]),
    "azure_saml_app_hidden": _NO_BOOLEAN,
    "azure_saml_app_identifiers": (["no uri"], ["example"], [""]),
    "azure_saml_app_keep_unknown_claims": _NO_BOOLEAN,
    "azure_saml_app_logo": ("/nowhere/logo.png", *_NO_PATH),
    "azure_saml_app_name": ("a" * 201, "  ", "a\nb", {"a": 1}),
    "azure_saml_app_notes": ("a" * 1025, *_NO_TEXT),
    "azure_saml_app_notification_emails": _NO_EMAILS,
    "azure_saml_app_purge": _NO_BOOLEAN,
    "azure_saml_app_relay_state": _NO_ADDRESS,
    "azure_saml_app_reply_urls": _NO_ADDRESSES,
    "azure_saml_app_role_claims": (
        [{"role_arn": _ROLE}],
        [{"role_arn": _PROVIDER, "provider_arn": _ROLE}],
        [{"role_arn": _ROLE, "provider_arn": _PROVIDER.replace("111122223333", "444455556666")}],
        [_ROLE],
    ),
    "azure_saml_app_session_duration": (899, 43201, "an hour"),
    "azure_saml_app_session_name_source": _NO_SOURCE,
    "azure_saml_app_signing_certificate": ({"validity_days": "long"}, {"unknown": 1}, "active", ["a"]),
    "azure_saml_app_state": _NO_CHOICE,
    "azure_saml_app_template": ("salesforce", "8adf8e6e", ["a"]),
    "azure_saml_app_unlisted_assignments": _NO_CHOICE,
    "ccp_page_identifier": _NO_IDENTIFIER,
    "ccp_page_instance_alias": _NO_ALIAS,
    "ccp_page_instance_id": ("d-support", _ROLE),
    "ccp_page_library": _NO_PATH,
    "ccp_page_library_sha256": ("abc", "g" * 64),
    "ccp_page_library_url": _NO_ADDRESS,
    "ccp_page_load_timeout": (999, 60001, -1, "soon"),
    "ccp_page_login_url": _NO_ADDRESS,
    "ccp_page_pages": _NO_PAGES,
    "ccp_page_state": _NO_CHOICE,
    "certificate_rotation_adopt_unmanaged": _NO_BOOLEAN,
    "certificate_rotation_app_id": _NO_UUID,
    "certificate_rotation_aws_options": _NO_OPTIONS,
    "certificate_rotation_check": _NO_BOOLEAN,
    "certificate_rotation_common_name": _NO_TEXT,
    "certificate_rotation_compromised": _NO_BOOLEAN,
    "certificate_rotation_name": ("a" * 201, "  "),
    "certificate_rotation_notification_emails": _NO_EMAILS,
    "certificate_rotation_now": _NO_BOOLEAN,
    "certificate_rotation_proof": ("/nowhere/proof.yml", *_NO_PATH),
    "certificate_rotation_providers": (["Entra"], [_ROLE], [""]),
    "certificate_rotation_remove_unmanaged": _NO_BOOLEAN,
    "certificate_rotation_renew_when_days_left": _NO_DAYS,
    "certificate_rotation_report_fail_on_not_federated": _NO_BOOLEAN,
    "certificate_rotation_report_json": _NO_OUTPUT,
    "certificate_rotation_report_prometheus": _NO_OUTPUT,
    "certificate_rotation_report_warn_days": _NO_DAYS,
    "certificate_rotation_resume": _NO_BOOLEAN,
    "certificate_rotation_retire_after_days": _NO_DAYS,
    "certificate_rotation_settle_seconds": (-1, "soon", 10**7),
    "certificate_rotation_validity_days": (0, 1096, "long"),
    "certificate_rotation_wait": _NO_BOOLEAN,
    "connect_instance_alias": _NO_ALIAS,
    "connect_instance_approved_origins": ({"unknown": []}, {"add": [{"a": 1}]}, "https://desk.example.com", ["https://desk.example.com"]),
    "connect_instance_attributes": _NO_OPTIONS,
    "connect_instance_confirm_alias": _NO_ALIAS,
    "connect_instance_id": _NO_UUID,
    "connect_instance_inbound_calls": _NO_BOOLEAN,
    "connect_instance_outbound_calls": _NO_BOOLEAN,
    "connect_instance_state": _NO_CHOICE,
    "connect_instance_tags": _NO_TAGS,
    "connect_users_agents": _NO_AGENTS,
    "connect_users_burst": (0, -1, "many"),
    "connect_users_groups": _NO_GROUPS,
    "connect_users_guests": _NO_BOOLEAN,
    "connect_users_hierarchy_group": _NO_TEXT,
    "connect_users_instance_id": ("d-support", _ROLE),
    "connect_users_invalid": _NO_CHOICE,
    "connect_users_leavers": ("remove", ["report"]),
    "connect_users_manage_unowned": _NO_BOOLEAN,
    "connect_users_match": _NO_CHOICE,
    "connect_users_max_removals": ("many", "-5", "5.5", "5 %%", ["5%"]),
    "connect_users_mode": _NO_CHOICE,
    "connect_users_name_fallbacks": (["surname"], "nickname", [{"a": 1}]),
    "connect_users_rate": (0, -1, "fast"),
    "connect_users_renames": _NO_CHOICE,
    "connect_users_restricted_security_profile": _NO_TEXT,
    "connect_users_routing_profile": _NO_TEXT,
    "connect_users_security_profiles": _NO_NAMES,
    "connect_users_session_name_source": _NO_SOURCE,
    "connect_users_state": _NO_CHOICE,
    "connect_users_tags": ("team", ["team"], 7),
    "connect_users_unusable_members": _NO_CHOICE,
    "federation_account_id": ("1111", 111122223, "11112222333a"),
    "federation_agent_groups": _NO_GROUPS,
    "federation_agents": _NO_AGENTS,
    "federation_application_name": ("a" * 201, "  "),
    "federation_assigned_groups": _NO_NAMES,
    "federation_assume_role_arn": _NO_ROLE_ARN,
    "federation_assume_role_external_id": _NO_EXTERNAL_ID,
    "federation_aws_options": _NO_OPTIONS,
    "federation_check_app_id": _NO_UUID,
    "federation_check_destination": _NO_DESTINATION,
    "federation_check_embedding_origins": (["desk.example.com"], ["http://desk.example.com"]),
    "federation_check_everyone_assigned": _NO_BOOLEAN,
    "federation_check_fail_on": _NO_CHOICE,
    "federation_check_file": _NO_OUTPUT,
    "federation_check_identifier": _NO_IDENTIFIER,
    "federation_check_instance_id": ("d-support", _ROLE),
    "federation_check_overview": _NO_BOOLEAN,
    "federation_check_pages": ([{}], [{"url": "http://a.example.com"}], ["https://a.example.com"]),
    "federation_check_people": _NO_NAMES,
    "federation_check_provider": ("a b", _ROLE),
    "federation_check_role": ("a b", _PROVIDER),
    "federation_check_wait_timeout": (-1, "long"),
    "federation_check_warn_days": _NO_DAYS,
    "federation_client_id": _NO_UUID,
    "federation_cloud": ("germany", ["public"]),
    "federation_destination": (*_NO_DESTINATION, *_OF_ANOTHER_DOMAIN),
    "federation_entra_options": _NO_OPTIONS,
    "federation_identifier": _NO_IDENTIFIER,
    "federation_instance_alias": _NO_ALIAS,
    "federation_instance_id": _NO_UUID,
    "federation_more_tags": _NO_NAMES,
    "federation_new_domain": _NO_BOOLEAN,
    "federation_pages": _NO_PAGES,
    "federation_plan_file": _NO_OUTPUT,
    "federation_planned_status": (-1, 256, "ten"),
    "federation_provider_name": _NO_PROVIDER_NAME,
    "federation_region": ("europe", "eu-central", "EU-CENTRAL-1", False),
    "federation_reply_url": _NO_ADDRESS,
    "federation_report_fail_on": _NO_CHOICE,
    "federation_report_html": _NO_OUTPUT,
    "federation_report_json": _NO_OUTPUT,
    "federation_report_previous": ("/nowhere/report.json", *_NO_PATH),
    "federation_role_name": _NO_ROLE_NAME,
    "federation_role_path": _NO_ROLE_PATH,
    "federation_session_duration": _NO_DURATION,
    "federation_session_name_source": _NO_SOURCE,
    "federation_tags": _NO_TAGS,
    "federation_template": ("salesforce", ["a"]),
    "federation_wait_timeout": (-1, "long"),
    "federation_tenant_id": ("contoso", "99999999-8888", ["a"]),
    "handover_folder": ("/dev/null/here", *_NO_PATH),
    "handover_when_waiting": _NO_CHOICE,
    "live_probe_confirm": ("yes", True, "contoso/111122223333", ["a"]),
    "live_probe_instance_id": ("support", _ROLE, *_NO_UUID),
    "live_probe_report": _NO_OUTPUT,
    "live_probe_wait_timeout": (-1, "long"),
}
