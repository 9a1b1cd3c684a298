# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Signing in to Entra ID: the options, one class a method, and what a refusal means."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import typing as t
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ansible.module_utils.errors import AnsibleFallbackNotFound
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import UUID
from ansible_collections.openccp.federation.plugins.module_utils._domain.clouds import CLOUDS, Cloud, cloud_named
from ansible_collections.openccp.federation.plugins.module_utils._entra.retries import (
    CloudSession,
    GraphRetry,
    RepeatablePosts,
    retry_adapter,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied, FederationError, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._http import TROUBLE, kind_of_content, what_failed
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import from_der

try:
    import requests
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12
    from msal.application import ConfidentialClientApplication
    from msal.managed_identity import (
        ManagedIdentityClient,
        ManagedIdentityError,
        SystemAssignedManagedIdentity,
        UserAssignedManagedIdentity,
    )
except ImportError:
    pass  # The engine reports a missing library before anything here is called.

#: Both ways to name the clouds in the environment: ours, and that of the Azure tools.
CLOUD_NAMES: t.Final = {
    **{name: name for name in CLOUDS},
    "AzureCloud": "public",
    "AzureUSGovernment": "usgov",
    "AzureChinaCloud": "china",
}

#: Option → environment variables, for credentials. They count only when the task gives no credential at all.
CREDENTIAL_VARIABLES: t.Final = {
    "client_secret": ("AZURE_CLIENT_SECRET", "AZURE_SECRET"),
    "certificate_path": ("AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_X509_CERTIFICATE_PATH"),
    "certificate_password": ("AZURE_CLIENT_CERTIFICATE_PASSWORD",),
    "federated_token_file": ("AZURE_FEDERATED_TOKEN_FILE",),
}


def filled_fallback(*variables: str) -> str:
    """The first variable that holds something; an automation platform may set those that it has nothing for to an empty
    text.
    """
    for variable in variables:
        if os.environ.get(variable):
            return os.environ[variable]
    raise AnsibleFallbackNotFound


def cloud_fallback(*variables: str) -> str:
    """The cloud that the environment names, in either spelling."""
    name = filled_fallback(*variables)
    return CLOUD_NAMES.get(name, name)


#: The options of every Entra module; the doc fragment `entra` describes them.
ENTRA_ARGUMENT_SPEC: t.Final[dict[str, t.Any]] = {
    "tenant_id": {"type": "str", "fallback": (filled_fallback, ["AZURE_TENANT_ID", "AZURE_TENANT"])},
    "client_id": {"type": "str", "fallback": (filled_fallback, ["AZURE_CLIENT_ID"])},
    "client_secret": {"type": "str", "no_log": True},
    "certificate_path": {"type": "path"},
    "certificate_password": {"type": "str", "no_log": True},
    "federated_token_file": {"type": "path", "no_log": False},
    "managed_identity": {"type": "bool"},
    "cloud": {
        "type": "str",
        "choices": list(CLOUDS),
        "default": "public",
        "fallback": (cloud_fallback, ["AZURE_CLOUD_ENVIRONMENT"]),
    },
    "graph_url": {"type": "str"},
    "authority_url": {"type": "str", "fallback": (filled_fallback, ["AZURE_AUTHORITY_HOST"])},
}


def entra_rules(*, mutually_exclusive: t.Sequence[tuple[str, ...]] = (), **rules: t.Any) -> dict[str, t.Any]:
    """The rules of those options, and further ones of a module."""
    credentials = ("client_secret", "certificate_path", "federated_token_file", "managed_identity")
    return {
        "mutually_exclusive": [credentials, *mutually_exclusive],
        "required_by": {"certificate_password": ("certificate_path",)},
        **rules,
    }


_REFUSALS: t.Final = {
    7000215: (
        "the client secret is wrong",
        "Give the secret's value, not its id, and see that it belongs to this client_id.",
    ),
    7000222: (
        "the client secret has expired",
        "Create a new secret for the application, or use a certificate or a federated token.",
    ),
    700027: (
        "the certificate is not one of the application's",
        "Upload its public part to the application of client_id, or give another certificate.",
    ),
    700016: (
        "the tenant has no application with this client_id",
        "Check client_id and tenant_id; the application must exist in that tenant.",
    ),
    700211: (
        "the application trusts no federated credential of this issuer",
        "Add one whose issuer is that of federated_token_file.",
    ),
    700213: (
        "the application trusts no federated credential of this subject",
        "Add one whose subject is that of federated_token_file.",
    ),
    700024: (
        "the assertion is outside its lifetime",
        "Check this machine's clock and that federated_token_file is renewed.",
    ),
    7000112: ("the application is disabled", "Enable it, or use another client_id."),
    90002: ("there is no such tenant in this cloud", "Check tenant_id and cloud."),
    900023: ("tenant_id is neither a GUID nor a domain of a tenant", "Check tenant_id."),
    53003: ("Conditional Access blocks the sign-in", "Exempt the application or run from an allowed network."),
}
_CODE: t.Final = re.compile(r"AADSTS(\d+)")
_CONFIGURATION: t.Final = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Endpoint:
    """Where to sign in and as whom."""

    cloud: Cloud
    tenant_id: str | None
    client_id: str | None

    @property
    def scope(self) -> str:
        """The permission that is asked for: all that the application was granted."""
        return f"{self.cloud.graph_url}/.default"

    def required_tenant_id(self) -> str:
        """The tenant; InvalidInput without one."""
        return _required("tenant_id", self.tenant_id)

    def required_client_id(self) -> str:
        """The client; InvalidInput without one."""
        return _required("client_id", self.client_id)


def _required(option: str, value: str | None) -> str:
    if not value:
        raise InvalidInput(
            f"{option} is required to sign in to Entra ID.", hint=f"Give the option or set AZURE_{option.upper()}."
        )
    return value


class Credential(t.Protocol):
    """A credential with which the caller authenticates."""

    def client(self, place: Endpoint, session: requests.Session) -> t.Callable[[], dict[str, t.Any]]:
        """Make msal's client, and return the function that asks it for a token; it serves from its cache."""


@dataclass(frozen=True)
class _Answer:
    """An answer as msal reads one."""

    text: str
    status_code: int = 200
    headers: t.Mapping[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        """It is none that failed."""


class _KnownAuthority:
    """msal's way to a Microsoft cloud, without a request for the OpenID configuration: where a tenant's endpoints are
    is known.

    The token request reports a tenant that does not exist.
    """

    def __init__(self, session: requests.Session, authority: str) -> None:
        self._session = session
        endpoints = {
            f"{name}_endpoint": f"{authority}/oauth2/v2.0/{path}"
            for name, path in (("authorization", "authorize"), ("token", "token"))
        }
        self._configuration = json.dumps({"issuer": f"{authority}/v2.0", **endpoints})
        self._address = f"{authority}/v2.0{_CONFIGURATION}"

    def get(self, url: str, **more: t.Any) -> t.Any:
        """Make a request."""
        return _Answer(self._configuration) if url == self._address else self._session.get(url, **more)

    def post(self, url: str, **more: t.Any) -> t.Any:
        """Make a request."""
        return self._session.post(url, **more)

    def close(self) -> None:
        """End the session."""
        self._session.close()


def _confidential(place: Endpoint, session: requests.Session, credential: t.Any) -> t.Callable[[], dict[str, t.Any]]:
    # The authority comes from our own table or from the user, so asking Microsoft whether it exists is a request for
    # nothing.
    tenant = place.required_tenant_id()
    authority = f"{place.cloud.authority_url}/{tenant}"
    # A certificate's assertion names the token endpoint; only with the id in it is that sure to be the one that Entra
    # ID names itself.
    is_known = UUID.fullmatch(tenant) and place.cloud.authority_url == CLOUDS[place.cloud.name].authority_url
    client = ConfidentialClientApplication(
        place.required_client_id(),
        client_credential=credential,
        authority=authority,
        instance_discovery=False,
        http_client=_KnownAuthority(session, authority) if is_known else session,
    )
    return lambda: t.cast("dict[str, t.Any]", client.acquire_token_for_client(scopes=[place.scope]))


@dataclass(frozen=True)
class ClientSecret:
    """A secret of the application."""

    secret: str = field(repr=False)

    def client(self, place: Endpoint, session: requests.Session) -> t.Callable[[], dict[str, t.Any]]:
        """Sign in with the secret."""
        return _confidential(place, session, self.secret)


@dataclass(frozen=True)
class ClientCertificate:
    """A certificate of the application with its private key, in one PEM or PFX file."""

    path: str
    password: str | None = field(default=None, repr=False)

    def client(self, place: Endpoint, session: requests.Session) -> t.Callable[[], dict[str, t.Any]]:
        """Sign in with an assertion that the key signs."""
        return _confidential(place, session, self._credential())

    def _credential(self) -> dict[str, t.Any]:
        try:
            content = Path(self.path).read_bytes()
        except OSError as exc:
            raise InvalidInput(f"certificate_path {self.path} cannot be read: {exc.strerror}.") from None
        password = self.password.encode() if self.password else None
        try:
            if b"-----BEGIN" in content:
                key: t.Any = serialization.load_pem_private_key(content, password)
                certificate: t.Any = x509.load_pem_x509_certificate(content)
            else:
                key, certificate = pkcs12.load_key_and_certificates(content, password)[:2]
            pem = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            thumbprint = from_der(certificate.public_bytes(serialization.Encoding.DER)).thumbprint
        except (ValueError, TypeError, AttributeError):
            raise InvalidInput(
                (
                    f"certificate_path {self.path} does not hold a certificate with its private key that "
                    f"certificate_password opens."
                ),
                hint="Give one PEM file with both, or a PFX file.",
            ) from None
        return {"private_key": pem.decode(), "thumbprint": thumbprint}


@dataclass(frozen=True)
class FederatedTokenFile:
    """A token of another identity provider, such as a Kubernetes service account's, that the application trusts."""

    path: str

    def client(self, place: Endpoint, session: requests.Session) -> t.Callable[[], dict[str, t.Any]]:
        """Sign in with the contents of the file, read each time because it is renewed during the run."""
        return _confidential(place, session, {"client_assertion": self._read})

    def _read(self) -> str:
        try:
            return Path(self.path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise InvalidInput(f"federated_token_file {self.path} cannot be read: {exc}.") from None


@dataclass(frozen=True)
class ManagedIdentity:
    """The identity of the Azure machine that this runs on: client_id's when given, else the machine's own."""

    def client(self, place: Endpoint, session: requests.Session) -> t.Callable[[], dict[str, t.Any]]:
        """Ask the machine's metadata service, which is on this machine and without TLS."""
        session.mount("http://", retry_adapter(GraphRetry))
        identity = (
            UserAssignedManagedIdentity(client_id=place.client_id)
            if place.client_id
            else SystemAssignedManagedIdentity()
        )
        client = ManagedIdentityClient(identity, http_client=session)
        return lambda: t.cast("dict[str, t.Any]", client.acquire_token_for_client(resource=place.cloud.graph_url))


def place_of(params: t.Mapping[str, t.Any]) -> Endpoint:
    """Where the options say to sign in; addresses given by the user replace those of the cloud."""
    urls = {key: params[key].rstrip("/") for key in ("authority_url", "graph_url") if params.get(key)}
    for option, address in urls.items():
        if not address.startswith("https://"):
            raise InvalidInput(f"{option} {address!r} is not an https address.")
    return Endpoint(
        dataclasses.replace(cloud_named(params["cloud"]), **urls), params.get("tenant_id"), params.get("client_id")
    )


def credential_of(params: t.Mapping[str, t.Any], environment: t.Mapping[str, str] | None = None) -> Credential:
    """The credential that the task gives, or else the environment: a secret, a certificate, a federated token, in this
    order.
    """
    environment = os.environ if environment is None else environment
    names = ("client_secret", "certificate_path", "federated_token_file", "managed_identity")
    options = {name: params.get(name) for name in (*names, "certificate_password")}
    if not any(options[name] for name in names):
        for option, variables in CREDENTIAL_VARIABLES.items():
            options[option] = next((environment[name] for name in variables if environment.get(name)), None)
    if options["client_secret"]:
        return ClientSecret(options["client_secret"])
    if options["certificate_path"]:
        return ClientCertificate(options["certificate_path"], options["certificate_password"])
    if options["federated_token_file"]:
        return FederatedTokenFile(options["federated_token_file"])
    if options["managed_identity"]:
        return ManagedIdentity()
    raise InvalidInput(
        "No credentials for Entra ID were given.",
        hint=(
            "Give client_secret, certificate_path, federated_token_file or managed_identity, or set "
            "AZURE_CLIENT_SECRET or a similar variable."
        ),
    )


class SignInSession(CloudSession):
    """The way to the sign-in service. A response that is not its own is an error immediately: msal would take it for
    something else.
    """

    def __init__(self, authority_url: str) -> None:
        super().__init__()
        self.mount(authority_url, retry_adapter(RepeatablePosts))

    def request(self, method: str | bytes, url: str | bytes, *args: t.Any, **kwargs: t.Any) -> requests.Response:
        """Make one request."""
        response = super().request(method, url, *args, **kwargs)
        _check_answer(response, str(url))
        return response


def _check_answer(response: requests.Response, address: str) -> None:
    """FederationError unless the answer is an object in JSON with what the sign-in needs of it."""
    host = urlsplit(address).hostname
    hint = "Check authority_url and cloud, and whether a proxy or a sign-in page of the network answers instead."
    if 300 <= response.status_code < 400:
        raise FederationError(
            f"Could not sign in: {host} answered {response.status_code}, a redirect, which is not followed.", hint=hint
        )
    if response.status_code >= 500:
        raise FederationError(
            f"Could not sign in: {host} answered {response.status_code}.",
            hint="That is a fault of the server, or of a proxy on the way to it. Run the task again in a few minutes.",
            http_status=response.status_code,
        )
    try:
        content = json.loads(response.content)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        kind = kind_of_content(response.headers.get("Content-Type"), response.content)
        raise FederationError(
            f"Could not sign in: {host} answered {response.status_code} with {kind} instead of an object.", hint=hint
        )
    if response.status_code == 200 and address.partition("?")[0].endswith(_CONFIGURATION):
        _check_configuration(content, host, hint)


def _check_configuration(content: t.Mapping[str, t.Any], host: str | None, hint: str) -> None:
    for name in ("authorization_endpoint", "token_endpoint"):
        endpoint = content.get(name)
        if not isinstance(endpoint, str) or not endpoint.startswith("https://"):
            raise FederationError(
                f"Could not sign in: the OpenID configuration of {host} names no {name} with https.", hint=hint
            )


class SignIn:
    """Signs in when the first token is needed, and again when one has run out."""

    def __init__(self, place: Endpoint, credential: Credential, session: requests.Session) -> None:
        self.place = place
        self._credential = credential
        self._session = session
        self._acquire: t.Callable[[], dict[str, t.Any]] | None = None

    def token(self) -> str:
        """An access token for Microsoft Graph. Denied says why there is none."""
        try:
            if self._acquire is None:
                self._acquire = self._credential.client(self.place, self._session)
            answer = self._acquire()
        except FederationError:
            raise
        except TROUBLE as exc:
            reason, hint = what_failed(exc, _address_of(exc) or self.place.cloud.authority_url)
            raise FederationError(f"Could not sign in: {reason}.", hint=hint) from None
        except (ValueError, TypeError, ManagedIdentityError) as exc:
            raise refusal(self.place, {"error_description": str(exc)}) from None
        if "access_token" not in answer:
            raise refusal(self.place, answer)
        return _usable(answer["access_token"], self.place.cloud.authority_url)


def _address_of(exc: Exception) -> str | None:
    """Where the request was sent that failed: the sign-in service, or this machine's metadata service."""
    request = getattr(exc, "request", None)
    return getattr(request, "url", None)


def _usable(token: t.Any, authority_url: str) -> str:
    """A token that can be sent in a header."""
    if isinstance(token, str) and token.isascii() and token.isprintable() and token and " " not in token:
        return token
    raise FederationError(f"Could not sign in: {authority_url} did not answer with a valid access token.")


def refusal(place: Endpoint, answer: t.Mapping[str, t.Any]) -> Denied:
    """What a refused sign-in means. Only its codes are repeated: the description may quote what was sent."""
    description = str(answer.get("error_description") or "")
    codes = _codes(answer.get("error_codes"), description)
    known = next((code for code in codes if code in _REFUSALS), None)
    unknown_tenant = not codes and "authority configuration" in description
    # msal keeps the code of an unknown tenant to itself.
    code = known or next(iter(codes), 90002 if unknown_tenant else None)
    reason, hint = _REFUSALS.get(
        code or 0, ("the sign-in was refused", "Look the code up at https://login.microsoftonline.com/error.")
    )
    name = f"AADSTS{code}" if code else str(answer.get("error") or "no code")
    return Denied(
        (
            f"Could not sign in to the tenant {place.tenant_id} as {place.client_id or 'the managed identity'}: "
            f"{reason} ({name})."
        ),
        code=name,
        request_id=answer.get("correlation_id"),
        hint=hint,
    )


def _codes(listed: t.Any, description: str) -> list[int]:
    """The codes of a refusal, as it lists them, or as its description names one."""
    codes = [code for code in listed if isinstance(code, int)] if isinstance(listed, list) else []
    match = _CODE.search(description)
    return codes or ([int(match.group(1))] if match else [])
