# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""All signing certificates of an inventory: rows of plain values, as a table, and as text for Prometheus."""

from __future__ import annotations

import typing as t

Row = dict[str, t.Any]

_HEADINGS: t.Final = ("federation", "application", "certificate", "ends", "days left", "state", "in AWS")


def rows(host: str, application: t.Mapping[str, t.Any], providers: t.Sequence[t.Mapping[str, t.Any]]) -> list[Row]:
    """One row a certificate of a federation: those of the application, then those that only a provider holds.

    trusted: whether every provider holds it.
    """
    held: dict[str, list[str]] = {}
    dates: dict[str, t.Mapping[str, t.Any]] = {}
    for provider in providers:
        for one in provider.get("certificates", ()):
            held.setdefault(one["thumbprint"], []).append(provider["arn"])
            dates[one["thumbprint"]] = one
    own = {one["thumbprint"]: one for one in application["certificates"]}
    found = [*own.values(), *(dates[thumbprint] for thumbprint in sorted(dates.keys() - own.keys()))]
    return [
        {
            "host": host,
            "application": application["name"],
            "app_id": application["app_id"],
            "thumbprint": one["thumbprint"],
            "not_after": one["not_after"],
            "days_left": one["days_left"],
            "active": bool(one.get("active")),
            "in_entra": one["thumbprint"] in own,
            "providers": sorted(held.get(one["thumbprint"], ())),
            "trusted": len(held.get(one["thumbprint"], ())) == len(providers),
        }
        for one in found
    ]


def problems(report: t.Iterable[Row], warn_days: int) -> list[str]:
    """What endangers sign-ins, a sentence each."""
    active = [row for row in report if row["active"]]
    near = [
        f"{row['host']}: the active certificate {row['thumbprint']} {_ends(row['days_left'])} on {row['not_after'][:10]}."
        for row in active
        if row["days_left"] < warn_days
    ]
    distrusted = [
        f"{row['host']}: the active certificate {row['thumbprint']} is not in every IAM SAML provider."
        for row in active
        if not row["trusted"]
    ]
    return near + distrusted


def table(report: t.Iterable[Row]) -> list[str]:
    """Lines of equal columns, the certificate that ends first at the top."""
    shown = [
        (
            row["host"],
            row["application"],
            row["thumbprint"],
            row["not_after"][:10],
            str(row["days_left"]),
            "active" if row["active"] else "inactive" if row["in_entra"] else "not in Entra",
            "yes" if row["trusted"] else "in part" if row["providers"] else "no",
        )
        for row in sorted(report, key=lambda row: (row["not_after"], row["host"], row["thumbprint"]))
    ]
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *shown, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in (_HEADINGS, *shown)]


def prometheus(report: t.Iterable[Row], unread: t.Iterable[str] = ()) -> str:
    """The text format of Prometheus, for the textfile collector of its node exporter. unread: hosts that could not be looked at."""
    report = list(report)
    metrics: list[tuple[str, str, t.Callable[[Row], int]]] = [
        ("days_left", "Whole days until the signing certificate ends.", lambda row: int(row["days_left"])),
        ("active", "Whether Entra ID signs with the certificate.", lambda row: int(row["active"])),
        ("trusted", "Whether every IAM SAML provider holds the certificate.", lambda row: int(row["trusted"])),
    ]
    lines = []
    for name, told, value in metrics:
        lines += [f"# HELP federation_certificate_{name} {told}", f"# TYPE federation_certificate_{name} gauge"]
        lines += [f"federation_certificate_{name}{_labels(row)} {value(row)}" for row in report]
    lines += ["# HELP federation_certificates_read Whether the federation could be looked at.", "# TYPE federation_certificates_read gauge"]
    hosts = {**dict.fromkeys((row["host"] for row in report), 1), **dict.fromkeys(unread, 0)}
    lines += [f'federation_certificates_read{{federation="{_escaped(host)}"}} {read}' for host, read in sorted(hosts.items())]
    return "\n".join(lines) + "\n"


def _ends(days_left: int) -> str:
    return "ended" if days_left < 0 else "ends"


def _labels(row: Row) -> str:
    labels = {"federation": row["host"], "application": row["application"], "thumbprint": row["thumbprint"]}
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
