# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The experiments in AWS: IAM, the sign-in and Amazon Connect, each named as its question; and the removal of what they
make.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import NOT_FOUND, attempt
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._http import TROUBLE, PlainSession
from ansible_collections.openccp.federation.plugins.module_utils._probe.bench import (
    NOT_TOLD,
    Bench,
    Removal,
    Result,
    Untold,
)
from ansible_collections.openccp.federation.plugins.module_utils._probe.metadata import metadata

Item = dict[str, t.Any]
#: Makes a client of a service.
Clients = t.Callable[[str], t.Any]

_SIGN_IN: t.Final = "https://signin.aws.amazon.com/saml"
_OTHER_SIGN_IN: t.Final = "https://us-east-1.signin.aws.amazon.com/saml"
_LIMIT: t.Final = 10
_REFUSED: t.Final = ("InvalidParameterException", "InvalidRequestException")
_MOBILE: t.Final = "+15555550100"


@dataclass
class AwsBench(Bench):
    """Experiments in one account. instance_id: the Amazon Connect instance that users are made in."""

    clients: Clients = field(kw_only=True)
    instance_id: str | None = field(kw_only=True)

    def call(
        self, service: str, method: t.Callable[[t.Any], t.Callable[..., Item]], *, what: str, **params: t.Any
    ) -> Result[Item]:
        """One call. method: the one of a client of the service that makes it."""
        client = self.clients(service)
        self.stand_ins.allow(*params)
        began = time.monotonic()
        try:
            with attempt(what):
                answer = method(client)(**params)
        except FederationError as error:
            self.note(f"{service}: {what}", began, error)
            return Result(error=error)
        self.note(f"{service}: {what}", began)
        return Result(answer)

    def takes(self, service: str, operation: str, member: str) -> bool:
        """Whether this botocore knows a member of an operation."""
        return member in self.clients(service).meta.service_model.operation_model(operation).input_shape.members

    def new_user(self, **more: t.Any) -> Item:
        """A user of the instance, with the first profiles that are there: its id and its name."""
        if not self.instance_id:
            raise Untold("live_probe_instance_id names no instance to make a user in")
        instance = {"InstanceId": self.instance_id}
        security = self.call(
            "connect", lambda connect: connect.list_security_profiles, what="list security profiles", **instance
        ).get()
        routing = self.call(
            "connect", lambda connect: connect.list_routing_profiles, what="list routing profiles", **instance
        ).get()
        name, profile = self.name(), _profile_named(security["SecurityProfileSummaryList"], "Agent")
        user: Item = {
            "Username": name,
            "IdentityInfo": {"FirstName": "Live", "LastName": "Probe"},
            "PhoneConfig": {"PhoneType": "SOFT_PHONE"},
            "SecurityProfileIds": [profile["Id"]],
            "RoutingProfileId": routing["RoutingProfileSummaryList"][0]["Id"],
        }
        self.stand_ins.learn("id", profile["Id"], user["RoutingProfileId"])
        created = self.call(
            "connect", lambda connect: connect.create_user, what="create a user", **instance, **(user | more)
        ).get()
        self.stand_ins.learn("id", created["UserId"])
        self.removals[created["UserId"]] = _user(self.clients("connect"), self.instance_id, created["UserId"])
        return {"InstanceId": self.instance_id, "UserId": created["UserId"], "Username": name}

    def search(self, user: Item) -> Item | None:
        """A user as a search shows it, None where it does not."""
        criteria = {"StringCondition": {"FieldName": "Username", "Value": user["Username"], "ComparisonType": "EXACT"}}
        with attempt("search for a user"):
            result = self.clients("connect").search_users(InstanceId=user["InstanceId"], SearchCriteria=criteria)[
                "Users"
            ]
        return result[0] if result else None


def _profile_named(profiles: t.Sequence[Item], name: str) -> Item:
    return next((each for each in profiles if each.get("Name") == name), profiles[0])


def iam_update_keeps(bench: AwsBench) -> str:
    """Update the metadata of a provider alone, and see whether its encryption mode stays."""
    if not bench.takes("iam", "CreateSAMLProvider", "AssertionEncryptionMode"):
        raise Untold("this botocore does not know the encryption mode of a SAML provider")
    mode = {"AssertionEncryptionMode": "Allowed"}
    created = bench.call(
        "iam",
        lambda iam: iam.create_saml_provider,
        what="create a SAML provider",
        Name=bench.name(),
        SAMLMetadataDocument=metadata(1),
        **mode,
    ).get()
    arn = {"SAMLProviderArn": created["SAMLProviderArn"]}
    bench.removals[created["SAMLProviderArn"]] = _provider(bench.clients("iam"), created["SAMLProviderArn"])
    bench.call(
        "iam",
        lambda iam: iam.update_saml_provider,
        what="update its metadata alone",
        SAMLMetadataDocument=metadata(1),
        **arn,
    ).get()
    provider = bench.call("iam", lambda iam: iam.get_saml_provider, what="read it", **arn).get()
    return "kept" if provider.get("AssertionEncryptionMode") == "Allowed" else "cleared"


def several_certificates_at_iam(bench: AwsBench) -> str:
    """Create a provider from metadata with two signing certificates."""
    outcome = bench.call(
        "iam",
        lambda iam: iam.create_saml_provider,
        what="create a SAML provider of two certificates",
        Name=bench.name(),
        SAMLMetadataDocument=metadata(2),
    )
    if outcome.ok:
        arn = outcome.get()["SAMLProviderArn"]
        bench.removals[arn] = _provider(bench.clients("iam"), arn)
        return "taken"
    return "refused" if outcome.error is not None and outcome.error.code == "InvalidInput" else NOT_TOLD


def sign_in_host_us_east_1(bench: AwsBench) -> str:
    """Post what is no response to the address that is not in AWS's table, and to the one that is."""
    documented, other = (_posted(bench, address) for address in (_SIGN_IN, _OTHER_SIGN_IN))
    if documented is None:
        raise Untold("AWS's sign-in cannot be reached")
    return "answers" if other == documented else "no_answer"


def _posted(bench: AwsBench, address: str) -> int | None:
    """The status with which a sign-in address answers, None without an answer."""
    began, what = time.monotonic(), "post to the sign-in" if address == _SIGN_IN else "post to the undocumented sign-in"
    try:
        with PlainSession() as session:
            status = session.post(
                address, data={"SAMLResponse": "cHJvYmU="}, timeout=15, allow_redirects=False
            ).status_code
    except TROUBLE as error:
        bench.note(what, began, FederationError(type(error).__name__))
        return None
    bench.note(f"{what}: {status}", began)
    return status


def search_users_lag(bench: AwsBench) -> str:
    """Measure how long a search takes to show a new user."""

    def once() -> bool:
        user = bench.new_user()
        return bench.measure("connect_search_lag", "a search to show a new user", lambda: bench.search(user), None)

    return "in_time" if bench.repeatedly(once) else "too_late"


def channel_time_limit_unit(bench: AwsBench) -> str:
    """Give a user a limit by channel, and see what a search returns of it."""
    if not bench.takes("connect", "CreateUser", "AfterContactWorkConfigs"):
        raise Untold("this botocore does not know time limits by channel")
    config = {"Channel": "VOICE", "AfterContactWorkConfig": {"AfterContactWorkTimeLimit": _LIMIT}}
    user = bench.new_user(AfterContactWorkConfigs=[config])
    settings = bench.waiter.until("a search to show the user", lambda: bench.search(user))
    limits = [
        each["AfterContactWorkConfig"]["AfterContactWorkTimeLimit"]
        for each in settings.get("AfterContactWorkConfigs", ())
    ]
    if not limits:
        raise Untold("the search returns no limits by channel")
    return "milliseconds" if limits[0] == _LIMIT * 1000 else "seconds"


def identity_info_left_out(bench: AwsBench) -> str:
    """Update the names of a user that has a mobile number, without the number."""
    names = {"FirstName": "Live", "LastName": "Probe"}
    user = bench.new_user(IdentityInfo={**names, "Mobile": _MOBILE})
    place = {name: user[name] for name in ("InstanceId", "UserId")}
    bench.call(
        "connect",
        lambda connect: connect.update_user_identity_info,
        what="update its names alone",
        IdentityInfo=names,
        **place,
    ).get()
    described = bench.call("connect", lambda connect: connect.describe_user, what="read it", **place).get()["User"]
    return "kept" if (described.get("IdentityInfo") or {}).get("Mobile") else "cleared"


def hierarchy_without_group(bench: AwsBench) -> str:
    """Update the hierarchy of a user without a group."""
    user = bench.new_user()
    outcome = bench.call(
        "connect",
        lambda connect: connect.update_user_hierarchy,
        what="update the hierarchy of a user without a group",
        InstanceId=user["InstanceId"],
        UserId=user["UserId"],
    )
    if outcome.ok:
        return "accepted"
    return "refused" if outcome.error is not None and outcome.error.code in _REFUSED else NOT_TOLD


def _new_instance(bench: AwsBench, alias: str, token: str) -> str:
    """The id of an instance, once it is active."""
    more = {"IdentityManagementType": "SAML", "InboundCallsEnabled": False, "OutboundCallsEnabled": False}
    created = bench.call(
        "connect",
        lambda connect: connect.create_instance,
        what="create an instance",
        InstanceAlias=alias,
        ClientToken=token,
        **more,
    ).get()
    bench.stand_ins.learn("id", created["Id"])
    bench.removals[created["Id"]] = _instance(bench.clients("connect"), created["Id"])
    return str(created["Id"])


def _until_active(bench: AwsBench, instance_id: str) -> None:
    def look() -> bool | None:
        with attempt("read the instance"):
            instance = bench.clients("connect").describe_instance(InstanceId=instance_id)["Instance"]
        return instance["InstanceStatus"] == "ACTIVE" or None

    bench.waiter.until("the instance to become active", look)


def client_token_memory(bench: AwsBench) -> str:
    """Create an instance, delete it, and send the same request once more."""
    alias = bench.name()
    first = _new_instance(bench, alias, alias)
    _until_active(bench, first)
    bench.call("connect", lambda connect: connect.delete_instance, what="delete it", InstanceId=first).get()
    return "remembered" if _new_instance(bench, alias, alias) == first else "forgotten"


def profiles_of_a_new_instance(bench: AwsBench) -> str:
    """Measure how long a new instance takes to list its profiles."""
    alias = bench.name()
    instance = _new_instance(bench, alias, alias)
    _until_active(bench, instance)

    def look() -> bool | None:
        with attempt("list the profiles"):
            security = bench.clients("connect").list_security_profiles(InstanceId=instance)[
                "SecurityProfileSummaryList"
            ]
            routing = bench.clients("connect").list_routing_profiles(InstanceId=instance)["RoutingProfileSummaryList"]
        return bool(security and routing) or None

    profiles = bench.measure("profile_creation", "a new instance to list its profiles", look, None)
    return "in_time" if profiles else "too_late"


def sweep_iam(clients: Clients, is_marked: t.Callable[[t.Any], bool]) -> list[Removal]:
    """The SAML providers that the probe made."""
    iam = clients("iam")
    with attempt("look for SAML providers that the probe made"):
        arns = [each["Arn"] for each in iam.list_saml_providers()["SAMLProviderList"]]
    return [_provider(iam, arn) for arn in arns if is_marked(arn.rpartition("/")[2])]


def sweep_connect(clients: Clients, instance_id: str | None, is_marked: t.Callable[[t.Any], bool]) -> list[Removal]:
    """The instances that the probe made, and its users of the one instance."""
    connect = clients("connect")
    with attempt("look for instances that the probe made"):
        instances = [
            each for page in connect.get_paginator("list_instances").paginate() for each in page["InstanceSummaryList"]
        ]
    removals = [_instance(connect, each["Id"]) for each in instances if is_marked(each.get("InstanceAlias"))]
    if instance_id:
        with attempt("look for users that the probe made"):
            pages = connect.get_paginator("list_users").paginate(InstanceId=instance_id)
            users = [user for page in pages for user in page["UserSummaryList"]]
        removals += [_user(connect, instance_id, user["Id"]) for user in users if is_marked(user.get("Username"))]
    return removals


def _provider(iam: t.Any, arn: str) -> Removal:
    return Removal(
        f"the SAML provider {arn}", lambda: _removed(lambda: iam.delete_saml_provider(SAMLProviderArn=arn), arn)
    )


def _instance(connect: t.Any, instance_id: str) -> Removal:
    return Removal(
        f"the instance {instance_id}",
        lambda: _removed(lambda: connect.delete_instance(InstanceId=instance_id), instance_id),
    )


def _user(connect: t.Any, instance_id: str, user_id: str) -> Removal:
    return Removal(
        f"the user {user_id}",
        lambda: _removed(lambda: connect.delete_user(InstanceId=instance_id, UserId=user_id), f"the user {user_id}"),
    )


def _removed(remove: t.Callable[[], t.Any], what: str) -> None:
    try:
        with attempt(f"remove {what}"):
            remove()
    except FederationError as error:
        if error.code not in NOT_FOUND:
            raise


EXPERIMENTS: t.Final[dict[str, t.Callable[[AwsBench], str]]] = {
    each.__name__: each
    for each in (
        iam_update_keeps,
        several_certificates_at_iam,
        sign_in_host_us_east_1,
        search_users_lag,
        channel_time_limit_unit,
        identity_info_left_out,
        hierarchy_without_group,
        client_token_memory,
        profiles_of_a_new_instance,
    )
}

#: The questions whose experiments need credentials of an account.
IN_AN_ACCOUNT: t.Final = frozenset(EXPERIMENTS) - {sign_in_host_us_east_1.__name__}
