# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credentials of a service principal. A signing certificate consists of a Sign key, a Verify key and a password."""

from __future__ import annotations

import base64
import collections.abc
import datetime as dt
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from federation_sandbox.entra.certificates import der, load_certificate, self_signed, thumbprint
from federation_sandbox.entra.graph.bodies import is_time
from federation_sandbox.entra.graph.errors import bad_request, invalid_value, unknown_parameter
from federation_sandbox.entra.graph.management import check_key_lifetime
from federation_sandbox.entra.state import Record, Tenant, moment, new_id, timestamp

_RESOURCE: t.Final[str] = "ServicePrincipal"
_LONGEST_NAME: t.Final[int] = 90
_YEARS: t.Final[int] = 3
#: of a certificate that is asked for without one (terraform-provider-azuread,
#: service_principal_token_signing_certificate)
_DEFAULT_NAME: t.Final[str] = "CN=Microsoft Azure Federated SSO Certificate"
#: each list, and the member that reads never return
_SECRETS: t.Final[dict[str, str]] = {"keyCredentials": "key", "passwordCredentials": "secretText"}
_KINDS: t.Final[dict[str, str]] = {
    "Sign": "X509CertAndPassword",
    "Verify": "AsymmetricX509Cert",
    "Encrypt": "AsymmetricX509Cert",
}


def add_token_signing_certificate(
    tenant: Tenant, record: Record, body: collections.abc.Mapping[str, t.Any], caller_id: str
) -> dict[str, t.Any]:
    """Create a certificate, add its three credentials to a service principal, and return the certificate as the
    response contains it. caller_id: the calling service principal, which a policy of the tenant may exempt.
    """
    name, start, end = _certificate_request(tenant, body)
    application = tenant.current("applications", appId=record["appId"]) or record
    check_key_lifetime(tenant, application, caller_id, start, end)
    key, certificate = self_signed(name.removeprefix("CN="), start, end)
    identifier = base64.b64encode(bytes.fromhex(thumbprint(certificate))).decode()
    dates = {"startDateTime": timestamp(start), "endDateTime": timestamp(end)}
    common = {"customKeyIdentifier": identifier, "displayName": name, **dates}
    sign, verify = {**common, "keyId": new_id()}, {**common, "keyId": new_id()}
    public = base64.b64encode(der(certificate)).decode()
    record["keyCredentials"] += [
        {**sign, "type": _KINDS["Sign"], "usage": "Sign", "key": None},
        {**verify, "type": _KINDS["Verify"], "usage": "Verify", "key": public},
    ]
    record["passwordCredentials"].append({**sign, "hint": None, "secretText": None})
    tenant.signing_keys[identifier] = key
    return {
        **sign,
        "key": public,
        "thumbprint": thumbprint(certificate),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def _certificate_request(
    tenant: Tenant, body: collections.abc.Mapping[str, t.Any]
) -> tuple[str, dt.datetime, dt.datetime]:
    unknown = sorted(set(body) - {"displayName", "endDateTime"})
    if unknown:
        raise unknown_parameter(unknown[0], "addTokenSigningCertificate")
    name = body.get("displayName") or _DEFAULT_NAME
    if not isinstance(name, str) or not name.startswith("CN=") or not 3 < len(name) <= _LONGEST_NAME:
        message = "The display name of a token signing certificate must start with 'CN='."
        raise bad_request(message, target="displayName", detail="InvalidValue")
    start = tenant.world.entra_now().replace(microsecond=0)
    latest = _years_after(start)
    end = body.get("endDateTime")
    if end is not None and not is_time(end):
        raise invalid_value("endDateTime", _RESOURCE)
    end_date = latest if end is None else moment(end)
    # A client that adds three years to its own clock is some seconds ahead of ours.
    if not start < end_date <= latest + dt.timedelta(minutes=5):
        raise bad_request(
            f"The end date of a token signing certificate must be in the future and at most {_YEARS} years from now.",
            target="endDateTime",
            detail="InvalidValue",
        )
    drift = dt.timedelta(seconds=tenant.world.settings.certificate_end_drift)
    return name, start, end_date.replace(microsecond=0) + drift


def _years_after(start: dt.datetime) -> dt.datetime:
    try:
        return start.replace(year=start.year + _YEARS)
    except ValueError:  # the 29th of February
        return start.replace(year=start.year + _YEARS, day=28)


def changed_credentials(tenant: Tenant, record: Record, content: collections.abc.Mapping[str, t.Any]) -> None:
    """Replace the lists of credentials by those of a PATCH request. A credential that is kept must be sent unchanged
    and without its secret.

    The credentials of a signing certificate belong together: a PATCH that omits only some of them succeeds and does not
    change them.
    """
    for name in set(_SECRETS) & set(content):
        _check_kept(record, name, content[name], left_out=tenant.world.settings.kept_key_may_be_left_out)
    passwords = {
        credential.get("customKeyIdentifier"): credential.get("secretText")
        for credential in content.get("passwordCredentials") or ()
    }
    makers = {
        "keyCredentials": lambda credential: _new_key(tenant, credential, passwords),
        "passwordCredentials": _new_password,
    }
    after = {
        name: _replaced(record[name], content[name], make) if name in content else record[name]
        for name, make in makers.items()
    }
    indivisible = _certificates(record) & {
        credential.get("customKeyIdentifier") for name in _SECRETS for credential in after[name]
    }
    for name, credentials in after.items():
        before = {credential["keyId"] for credential in record[name]}
        left = {credential["keyId"] for credential in credentials}
        kept = [
            credential
            for credential in record[name]
            if credential["keyId"] in left or credential["customKeyIdentifier"] in indivisible
        ]
        record[name] = kept + [credential for credential in credentials if credential["keyId"] not in before]


def changed_application_keys(tenant: Tenant, record: Record, keys: list[Record]) -> list[Record]:
    """The keys of an application after a PATCH request, under the rule for kept credentials (facts/entra.md E1). Graph
    uses the thumbprint as customKeyIdentifier when the request has none.
    """
    before, settings = record.get("keyCredentials") or [], tenant.world.settings
    left_out = settings.application_key_may_be_left_out
    _check_kept({"keyCredentials": before}, "keyCredentials", keys, left_out=left_out)

    def make(credential: Record) -> Record:
        try:
            name = base64.b64encode(bytes.fromhex(thumbprint(load_certificate(credential["key"])))).decode()
        except (KeyError, TypeError, ValueError) as reason:
            raise invalid_value("keyCredentials", "Application") from reason
        key_id = credential.get("keyId") if settings.application_keys_keep_their_ids else None
        return _new_key(tenant, {"customKeyIdentifier": name, **credential, "keyId": key_id}, {})

    return _replaced(before, keys, make)


def changed_application_passwords(record: Record, passwords: list[Record]) -> list[Record]:
    """The passwords of an application after a PATCH request, which may only take some away."""
    before = record.get("passwordCredentials") or []
    _check_kept({"passwordCredentials": before}, "passwordCredentials", passwords, left_out=False)

    def refused(_each: Record) -> Record:
        message = "New password credentials must be generated with service actions."
        raise bad_request(message, target="passwordCredentials", detail="InvalidValue")

    return _replaced(before, passwords, refused)


def _check_kept(record: Record, name: str, credentials: collections.abc.Iterable[Record], *, left_out: bool) -> None:
    """400 when a kept credential is sent with its secret or with any other change. left_out: whether the secret may be
    omitted instead of null.
    """
    known = {credential["keyId"]: credential for credential in record[name]}
    secret = _SECRETS[name]
    for credential in credentials:
        kept = known.get(credential.get("keyId"))
        if kept is None:
            continue
        is_left_out = secret not in credential and left_out
        if credential.get(secret, "") is not None and not is_left_out:
            message = f"Existing credential with KeyId '{kept['keyId']}' must be sent back with null value."
            raise bad_request(message, target=name, detail="KeyValueMustBeNull")
        if any(value != kept.get(member) for member, value in credential.items() if member != secret):
            message = f"Update to existing credential with KeyId '{kept['keyId']}' is not allowed."
            raise bad_request(message, target=name, detail="KeyNotUpdatable")


def _replaced(
    before: collections.abc.Iterable[Record],
    credentials: collections.abc.Iterable[Record],
    make: collections.abc.Callable[[Record], Record],
) -> list[Record]:
    known = {each["keyId"]: each for each in before}
    return [known.get(each.get("keyId")) or make(each) for each in credentials]


def _certificates(record: Record) -> set[str]:
    """The identifiers that the credentials of each signing certificate share."""
    return {
        each["customKeyIdentifier"]
        for each in record["keyCredentials"]
        if each["usage"] == "Sign" and each["customKeyIdentifier"]
    }


def _new_key(
    tenant: Tenant, credential: dict[str, t.Any], passwords: collections.abc.Mapping[t.Any, t.Any]
) -> dict[str, t.Any]:
    usage, identifier = credential.get("usage"), credential.get("customKeyIdentifier")
    if usage not in _KINDS or credential.get("type") != _KINDS[usage] or not credential.get("key") or not identifier:
        raise invalid_value("keyCredentials", _RESOURCE)
    try:
        if usage != "Sign":
            certificate = load_certificate(credential["key"])
        else:
            certificate = _open(tenant, identifier, credential["key"], passwords.get(identifier))
    except ValueError as reason:
        raise invalid_value("keyCredentials", _RESOURCE) from reason
    return {
        "customKeyIdentifier": identifier,
        "displayName": (credential.get("displayName") or certificate.subject.rfc4514_string())[:_LONGEST_NAME],
        "startDateTime": timestamp(certificate.not_valid_before_utc),
        "endDateTime": timestamp(certificate.not_valid_after_utc),
        "keyId": credential.get("keyId") or new_id(),
        "type": credential["type"],
        "usage": usage,
        "key": credential["key"] if usage != "Sign" else None,
    }


def _open(tenant: Tenant, identifier: str, content: str, password: t.Any) -> x509.Certificate:
    """Store the private key of a PFX; ValueError when the password does not decrypt it."""
    key, certificate, _chain = pkcs12.load_key_and_certificates(base64.b64decode(content), str(password or "").encode())
    if not isinstance(key, rsa.RSAPrivateKey) or certificate is None:
        raise ValueError("A PFX with an RSA key and its certificate is needed.")
    tenant.signing_keys[identifier] = key
    return certificate


def _new_password(credential: dict[str, t.Any]) -> dict[str, t.Any]:
    if not credential.get("secretText") or not credential.get("customKeyIdentifier"):
        raise invalid_value("passwordCredentials", _RESOURCE)
    return {
        "customKeyIdentifier": credential["customKeyIdentifier"],
        "displayName": credential.get("displayName"),
        "startDateTime": credential.get("startDateTime"),
        "endDateTime": credential.get("endDateTime"),
        "hint": None,
        "keyId": credential.get("keyId") or new_id(),
        "secretText": None,
    }
