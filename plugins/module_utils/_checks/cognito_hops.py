# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The sign-in path of a user pool, hop by hop, from what the info modules return of its application and its provider.
Pure.
"""

from __future__ import annotations

import collections.abc
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._access import listed
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, Problem, Status
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import from_text, key_id_of
from ansible_collections.openccp.federation.plugins.module_utils._saml.claim_values import BASIC_CLAIMS

Record = t.Mapping[str, t.Any]
Problems = collections.abc.Iterator[Problem]

GROUPS: t.Final = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"
_SIGNATURE: t.Final = "Invalid SAML response received: SAML Response signature is invalid."
_SIGN_IN: t.Final = "Run openccp.federation.cognito."


@dataclass(frozen=True)
class PoolPath:
    """What the path is checked on.

    pool: as cognito_saml_provider_info returns it. provider: None for none of the name. application: None for none with
    the identifier. clients: those that must offer the provider, by id or name. domain: the one where people sign in,
    empty for all of the pool. people: of whom the claims were read.
    """

    pool: Record
    provider_name: str
    provider: Record | None
    application: Record | None
    clients: tuple[str, ...] = ()
    domain: str = ""
    people: tuple[Record, ...] = ()


def check_pool(path: PoolPath) -> list[Finding]:
    """One finding for each hop, in the order of a sign-in; those behind one that is missing altogether are left out."""
    hops: list[tuple[str, str, t.Callable[[PoolPath], Problems]]] = [
        ("domain", "the user pool", _domain),
        ("provider", "the provider", _provider),
    ]
    if path.provider is not None:
        hops += [("clients", "the app clients", _clients), ("callback", "the app clients", _callback)]
    hops.append(("application", "the application", _application))
    if path.application is not None:
        hops += [("identifier", "the application", _identifier), ("reply_url", "the application", _reply_url)]
        hops += [("assignment", "the application", _assignment), ("certificate", "the application", _certificate)]
    if path.provider is not None and path.application is not None:
        hops += [
            ("trust", "the provider", _trust),
            ("mapping", "the provider", _mapping),
            ("claims", "the provider", _claims),
        ]
        if path.people:
            hops.append(("attributes", "the provider", _attributes))
    findings = [_finding(hop, subject, list(problems(path)), path) for hop, subject, problems in hops]
    findings += _encryption(path)
    if not path.people:
        reason = "The claims that Entra ID sends for each person were not checked."
        findings.append(Finding("attributes", path.provider_name, "unknown", reason))
    return findings


def _finding(hop: str, what: str, problems: t.Sequence[Problem], path: PoolPath) -> Finding:
    names = {
        "the user pool": str(path.pool["name"]),
        "the provider": path.provider_name,
        "the application": str((path.application or {}).get("name") or path.pool["sp_entity_id"]),
    }
    subject = names.get(what, str(path.pool["name"]))
    status: Status = "fail" if problems else "pass"
    if not problems:
        return Finding(hop, subject, status)
    first = problems[0]
    return Finding(hop, subject, status, " ".join(problem.reason for problem in problems), {}, first.symptom, first.fix)


def _domain(path: PoolPath) -> Problems:
    if not path.pool["domains"]:
        yield Problem(
            "The user pool has no domain, so that there is no page to sign in at.",
            "The browser finds no such host.",
            "Add one.",
        )
    elif path.domain and path.domain not in path.pool["domains"]:
        reason = f"The user pool has the domain {', '.join(path.pool['domains'])}, not {path.domain}."
        yield Problem(reason, "The browser finds no such host.", "Correct the domain of the pool in the inventory.")


def _provider(path: PoolPath) -> Problems:
    if path.provider is None:
        symptom = "The identity provider is not enabled for this client."
        yield Problem(f"The user pool has no SAML provider {path.provider_name}.", symptom, _SIGN_IN)
        return
    tenant = str((path.application or {}).get("tenant_id") or "")
    if tenant and tenant not in str(path.provider.get("entity_id") or tenant):
        reason = f"The provider trusts {path.provider['entity_id']}, which is not the directory of the application."
        yield Problem(reason, _SIGNATURE, _SIGN_IN)


def _clients(path: PoolPath) -> Problems:
    offering = (path.provider or {}).get("clients", ())
    names = {name for client in offering for name in (client["id"], client["name"])}
    symptom = "The identity provider is not enabled for this client."
    missing = [client for client in path.clients if client not in names]
    if missing:
        yield Problem(f"The app client {', '.join(missing)} does not offer {path.provider_name}.", symptom, _SIGN_IN)
    elif not offering:
        yield Problem(f"No app client offers {path.provider_name}.", symptom, "List one in clients of the pool.")


def _callback(path: PoolPath) -> Problems:
    for client in (path.provider or {}).get("clients", ()):
        if not client["oauth"]:
            symptom = "unauthorized_client: The client is not enabled for OAuth2.0 flows."
            reason = f"The app client {client['name']} is not allowed to use the authorization code flow."
            yield Problem(reason, symptom, "Enable the authorization code grant of the app client.")
        elif not client["callback_urls"]:
            yield Problem(f"The app client {client['name']} has no callback URL.", "redirect_mismatch", "Add one.")


def _application(path: PoolPath) -> Problems:
    if path.application is None:
        reason = f"The directory has no application with the identifier {path.pool['sp_entity_id']}."
        yield Problem(reason, "AADSTS700016: Application with identifier … was not found in the directory.", _SIGN_IN)
    elif not path.application["enabled"]:
        yield Problem(
            "The application is disabled.", "AADSTS7000112: Application … is disabled.", "Enable it in Entra ID."
        )
    elif path.application["single_sign_on_mode"] != "saml":
        yield Problem("The application is not set up for SAML.", "AADSTS650056: Misconfigured application.", _SIGN_IN)


def _identifier(path: PoolPath) -> Problems:
    application = path.application or {}
    if path.pool["sp_entity_id"] not in application["identifiers"]:
        reason = (
            f"The application has {', '.join(application['identifiers']) or 'no identifier'}, not "
            f"{path.pool['sp_entity_id']}."
        )
        yield Problem(reason, "AADSTS700016: Application with identifier … was not found in the directory.", _SIGN_IN)


def _reply_url(path: PoolPath) -> Problems:
    expected = [f"https://{path.domain}/saml2/idpresponse"] if path.domain else path.pool["reply_urls"]
    missing = [url for url in expected if url not in (path.application or {})["reply_urls"]]
    if missing:
        symptom = "AADSTS50011: The redirect URI specified in the request does not match the redirect URIs configured."
        yield Problem(f"The application lacks the reply URL {', '.join(missing)}.", symptom, _SIGN_IN)


def _assignment(path: PoolPath) -> Problems:
    application = path.application or {}
    assigned = application.get("assignments")
    if application["assignment_required"] and assigned is not None and not any(assigned.values()):
        symptom = (
            "AADSTS50105: Your administrator has configured the application to block users unless they are assigned."
        )
        yield Problem("Nobody is assigned to the application.", symptom, "Set assigned_groups of the pool.")


def _certificate(path: PoolPath) -> Problems:
    active = _active(path)
    if active is None:
        yield Problem(
            "The application has no active signing certificate.", "AADSTS50003: Missing signing key.", _SIGN_IN
        )
    elif not active["usable"]:
        symptom = "Invalid SAML response received: SAML Response signature is invalid."
        reason = (
            f"The active certificate {active['thumbprint']} is not valid now; it expires on {active['not_after'][:10]}."
        )
        yield Problem(reason, symptom, "Run openccp.federation.rotate_certificate.")


def _trust(path: PoolPath) -> Problems:
    active, provider = _active(path), path.provider or {}
    if active is not None and active["thumbprint"] not in provider["trusted_thumbprints"]:
        trusted = ", ".join(provider["trusted_thumbprints"]) or "none that is known"
        reason = f"Entra ID signs with {active['thumbprint']}, and the provider trusts {trusted}."
        yield Problem(reason, _SIGNATURE, "Run openccp.federation.rotate_certificate, or openccp.federation.cognito.")
    encrypts, expected = bool((path.application or {})["token_encryption_key_id"]), provider["encrypted_responses"]
    if encrypts != expected:
        reason = (
            "The provider accepts only encrypted responses, but Entra ID does not encrypt them."
            if expected
            else "Entra ID encrypts the responses, but the provider does not expect encryption."
        )
        yield Problem(reason, "Invalid SAML response received.", "Set encrypted_responses of the pool. " + _SIGN_IN)


def _encryption(path: PoolPath) -> list[Finding]:
    """Entra ID may encrypt for an earlier certificate of the provider's key, which works, or for another key."""
    text = str((path.provider or {}).get("encryption_certificate") or "")
    key_id = str((path.application or {}).get("token_encryption_key_id") or "")
    if not text or not key_id or key_id == key_id_of(from_text(text)):
        return []
    reason = "Entra ID encrypts for another certificate than the newest of the provider's key."
    symptom = "Invalid SAML response received, unless it is an earlier certificate of the same key."
    return [Finding("encryption", path.provider_name, "warning", reason, {}, symptom, _SIGN_IN)]


def _mapping(path: PoolPath) -> Problems:
    provider = path.provider or {}
    for attribute in provider["attribute_mapping"]:
        mutable = path.pool["attributes"].get(attribute)
        if attribute == "username":
            continue
        if mutable is None:
            yield Problem(
                f"The user pool has no attribute {attribute}.",
                "Invalid user attributes.",
                "Leave it out of attribute_mapping.",
            )
        elif not mutable:
            symptom = f"Invalid user attributes: user.{attribute}: Attribute cannot be updated."
            yield Problem(
                f"{attribute} cannot be changed, so that everybody's second sign-in fails.",
                symptom,
                "Map another attribute.",
            )
        for client in provider.get("clients", ()):
            if client["write_attributes"] and attribute not in client["write_attributes"]:
                symptom = f"Invalid user attributes: {attribute}: A client attempted to write unauthorized attribute."
                reason = f"The app client {client['name']} may not write {attribute}."
                yield Problem(reason, symptom, "Add it to the WriteAttributes of the app client.")


def _claims(path: PoolPath) -> Problems:
    provider, application = path.provider or {}, path.application or {}
    sent = {*BASIC_CLAIMS, *(claim["name"] for claim in application.get("claims", ()))}
    if application["group_claims"] != "none":
        sent.add(GROUPS)
    mapping = provider["attribute_mapping"]
    missing = sorted(attribute for attribute, claim in mapping.items() if claim not in sent)
    lacking = [name for name in path.pool["required_attributes"] if name not in mapping]
    symptom = "Invalid user attributes: …: The attribute is required."
    for attribute in missing:
        if attribute in path.pool["required_attributes"]:
            yield Problem(
                f"{attribute} is required, and Entra ID does not send {mapping[attribute]}.",
                symptom,
                "Add it to extra_claims.",
            )
    if lacking:
        yield Problem(
            f"The user pool requires {', '.join(lacking)}, which is not mapped.",
            symptom,
            "Add it to attribute_mapping.",
        )


def _attributes(path: PoolPath) -> Problems:
    """Person by person: a required attribute whose claim Entra ID does not send, because its source is empty."""
    mapping = (path.provider or {})["attribute_mapping"]
    required = {name: mapping[name] for name in path.pool["required_attributes"] if name in mapping}
    everybody = not (path.application or {})["assignment_required"]
    admitted = [person for person in path.people if person["id"] and (everybody or person["assigned"])]
    lacking: dict[str, list[str]] = {}
    for attribute, claim in required.items():
        names = [person["name"] for person in admitted if person["claims"].get(claim) == []]
        if names:
            lacking[attribute] = names
    for attribute, names in sorted(lacking.items()):
        reason = f"Entra ID has nothing to send as {attribute}, which the user pool requires, of {listed(names)}."
        symptom = f"Invalid user attributes: {attribute}: The attribute is required."
        yield Problem(reason, symptom, f"Fill the source of {mapping[attribute]} in Entra ID.")
    unknown = [person["name"] for person in path.people if not person["id"]]
    if unknown:
        yield Problem(f"The directory has no user named {listed(unknown)}.", "AADSTS50034", "Correct the name.")


def _active(path: PoolPath) -> Record | None:
    certificates = (path.application or {}).get("certificates", ())
    return next((certificate for certificate in certificates if certificate["active"]), None)
