# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""All signing certificates of an inventory: rows of plain values, as a table, and as text for Prometheus."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._printable import LONGEST_NAME, one_line
from ansible_collections.openccp.federation.plugins.module_utils._rotation.decision import consumer_id, held_thumbprints
from ansible_collections.openccp.federation.plugins.module_utils._words import aligned

Row = dict[str, t.Any]

#: An error stands in the middle of its row; the task that failed says all of it.
_LONGEST_STATE: t.Final = 200
_HEADINGS: t.Final = ("federation", "application", "certificate", "ends", "days left", "state", "in AWS", "made by")


def rows(host: str, application: t.Mapping[str, t.Any], providers: t.Sequence[t.Mapping[str, t.Any]]) -> list[Row]:
    """One row a certificate of a federation: those of the application, then those that only a provider holds.

    usable: whether Entra ID can sign with it now. trusted: whether every provider holds it. managed: whether this
    collection made it.
    """
    held: dict[str, list[str]] = {}
    dates: dict[str, t.Mapping[str, t.Any]] = {}
    for provider in providers:
        for certificate in provider.get("certificates", ()):
            dates[certificate["thumbprint"]] = certificate
        for thumbprint in held_thumbprints(provider):
            held.setdefault(thumbprint, []).append(consumer_id(provider))
    own = {certificate["thumbprint"]: certificate for certificate in application["certificates"]}
    certificates = [*own.values(), *(dates[thumbprint] for thumbprint in sorted(dates.keys() - own.keys()))]
    return [
        {
            "host": host,
            "application": application["name"],
            "app_id": application["app_id"],
            "thumbprint": certificate["thumbprint"],
            "not_after": certificate["not_after"],
            "days_left": certificate["days_left"],
            "active": bool(certificate.get("active")),
            "usable": bool(certificate["usable"] and certificate.get("can_sign")),
            "in_entra": certificate["thumbprint"] in own,
            "managed": certificate["thumbprint"] in application["managed_thumbprints"],
            "providers": sorted(held.get(certificate["thumbprint"], ())),
            "in_pools": any("arn" not in provider for provider in providers),
            "trusted": 0 < len(held.get(certificate["thumbprint"], ())) == len(providers),
        }
        for certificate in certificates
    ]


def problems(host: str, report: t.Iterable[Row], warn_days: int) -> list[str]:
    """What endangers the sign-ins of one federation, a sentence each."""
    host = one_line(host, LONGEST_NAME)
    active = next((row for row in report if row["active"]), None)
    if active is None:
        return [f"{host}: the application has no active certificate, so Entra ID cannot sign."]
    messages = []
    if active["days_left"] < warn_days:
        messages.append(f"{_ends(active['days_left'])} on {active['not_after'][:10]}")
    if not active["usable"] and active["days_left"] >= 0:
        messages.append("cannot sign, because it is not valid yet or its private key is missing")
    if not active["trusted"]:
        messages.append(
            "is not in every SAML provider that trusts the application"
            if active["in_pools"]
            else "is not in every IAM SAML provider"
        )
    return [f"{host}: the active certificate {active['thumbprint']} {message}." for message in messages]


def table(report: t.Iterable[Row], without: t.Mapping[str, str]) -> list[str]:
    """Lines of equal columns, the certificate that ends first at the top.

    without: hosts that have no certificate to show, with their state.
    """
    ordered = sorted(report, key=lambda row: (row["not_after"], row["host"], row["thumbprint"]))
    lines = [_line(row) for row in ordered]
    lines += [
        (one_line(host, LONGEST_NAME), "", "", "", "", one_line(state, _LONGEST_STATE), "", "")
        for host, state in sorted(without.items())
    ]
    return aligned([_HEADINGS, *lines])


def _line(row: Row) -> tuple[str, ...]:
    state = "inactive" if row["in_entra"] else "not in Entra"
    trusted = "in part" if row["providers"] else "no"
    return (
        one_line(row["host"], LONGEST_NAME),
        one_line(row["application"], LONGEST_NAME),
        row["thumbprint"],
        row["not_after"][:10],
        str(row["days_left"]),
        "active" if row["active"] else state,
        "yes" if row["trusted"] else trusted,
        "this collection" if row["managed"] else "others",
    )


def prometheus(
    report: t.Iterable[Row],
    read: t.Iterable[str],
    not_readable: t.Iterable[str] = (),
    not_federated: t.Iterable[str] = (),
) -> str:
    """The text format of Prometheus, for the textfile collector of node exporter.

    read, not_readable: hosts that could be looked at or not. not_federated: hosts that have no application, which was
    looked for.
    """
    report, not_federated = list(report), tuple(not_federated)
    metrics: list[tuple[str, str, t.Callable[[Row], int]]] = [
        ("days_left", "Whole days until the signing certificate expires.", lambda row: int(row["days_left"])),
        ("active", "Whether Entra ID signs with the certificate.", lambda row: int(row["active"])),
        ("trusted", "Whether every IAM SAML provider holds the certificate.", lambda row: int(row["trusted"])),
    ]
    lines = []
    for name, description, value in metrics:
        lines += [f"# HELP federation_certificate_{name} {description}", f"# TYPE federation_certificate_{name} gauge"]
        lines += [f"federation_certificate_{name}{_labels(row)} {value(row)}" for row in report]
    signing = {row["host"] for row in report if row["active"] and row["usable"]}
    hosts = [
        (
            "sign",
            "Whether Entra ID has an active certificate that can sign.",
            {host: int(host in signing) for host in read},
        ),
        (
            "read",
            "Whether the federation could be looked at.",
            {**dict.fromkeys((*read, *not_federated), 1), **dict.fromkeys(not_readable, 0)},
        ),
        (
            "federated",
            "Whether there is an application.",
            {**dict.fromkeys(read, 1), **dict.fromkeys(not_federated, 0)},
        ),
    ]
    for name, meaning, values in hosts:
        lines += [
            f"# HELP federation_certificates_{name} {meaning}",
            f"# TYPE federation_certificates_{name} gauge",
        ]
        lines += [
            f'federation_certificates_{name}{{federation="{_escaped(host)}"}} {value}'
            for host, value in sorted(values.items())
        ]
    return "\n".join(lines) + "\n"


def _ends(days_left: int) -> str:
    return "expired" if days_left < 0 else "expires"


def _labels(row: Row) -> str:
    labels = {"federation": row["host"], "application": row["application"], "thumbprint": row["thumbprint"]}
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
