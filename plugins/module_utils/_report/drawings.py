# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Where things stand in the report's two drawings: the sign-in path and the certificates' time line. Numbers only; the
template draws.
"""

from __future__ import annotations

import itertools
import math
import typing as t
from datetime import UTC, datetime, timedelta

from ansible_collections.openccp.federation.plugins.module_utils._checks.hops import DRAWN

Drawing = dict[str, t.Any]

WIDTH: t.Final = 1080

# --- the sign-in path ---

_TOP: t.Final = 46
_LANE_HEIGHT: t.Final = 104
_MARGIN: t.Final = 52


def sign_in_path(hops: t.Sequence[t.Mapping[str, str]]) -> Drawing:
    """The lanes, one for each cloud, with their nodes, and the links between the nodes. A hop that is not known stays
    in the lane of the one before.
    """
    lanes: list[tuple[str, list[t.Mapping[str, str]]]] = []
    for hop in hops:
        current = lanes[-1][0] if lanes else ""
        lane = DRAWN.get(hop["hop"], current)
        if lane != current or not lanes:
            lanes.append((lane, []))
        lanes[-1][1].append(hop)
    pitch = (WIDTH - 2 * _MARGIN) / max(1, max((len(nodes) for dummy, nodes in lanes), default=1) - 1)
    lane_drawings = [_lane(number, name, nodes, pitch) for number, (name, nodes) in enumerate(lanes)]
    every = [node for lane in lane_drawings for node in lane["nodes"]]
    links = [_link(left, other) for left, other in itertools.pairwise(every)]
    return {"width": WIDTH, "height": _LANE_HEIGHT * len(lanes), "lanes": lane_drawings, "links": links}


def _lane(number: int, name: str, hops: t.Sequence[t.Mapping[str, str]], pitch: float) -> Drawing:
    y = _LANE_HEIGHT * number
    nodes = [
        {**hop, "x": round(_MARGIN + pitch * index, 1), "y": y + _TOP, "lines": hop["hop"].split("_")}
        for index, hop in enumerate(hops)
    ]
    return {"name": name, "y": y, "height": _LANE_HEIGHT, "nodes": nodes}


def _link(left: Drawing, other: Drawing) -> str:
    """A path from one node to the next, which at the end of a lane goes down between the lanes."""
    if left["y"] == other["y"]:
        return f"M{left['x'] + 15} {left['y']}H{other['x'] - 15}"
    middle = left["y"] + _LANE_HEIGHT - _TOP
    return f"M{left['x']} {left['y'] + 40}V{middle}H{other['x']}V{other['y'] - 15}"


# --- the certificates ---

_ROW: t.Final = 46
_PAST: t.Final = timedelta(days=365)
_ROOM: t.Final = timedelta(days=30)
_TICKS: t.Final = 8
_LABEL: t.Final = 50


def certificate_timeline(certificates: t.Sequence[t.Mapping[str, t.Any]], checked_at: str) -> Drawing:
    """A bar for each certificate from its begin to its end, marks of the calendar, and now."""
    now = _time(checked_at)
    begins = [_time(certificate["not_before"]) for certificate in certificates]
    ends = [_time(certificate["not_after"]) for certificate in certificates]
    begun = [max(begin, now - _PAST) for begin in begins]
    start = min([now - _ROOM, *(end - _ROOM for end in ends), *begun])
    end = max([now + _ROOM, *(each + _ROOM for each in ends)])
    scale = WIDTH / (end - start).total_seconds()

    def x(moment: datetime) -> float:
        return round(max(0.0, (moment - start).total_seconds() * scale), 1)

    rows = [
        {**certificate, "y": _ROW * index, "x": x(begin), "width": max(2.0, round(x(each) - x(begin), 1))}
        for index, (certificate, begin, each) in enumerate(zip(certificates, begins, ends, strict=True))
    ]
    ticks = [
        {"x": x(moment), "label": moment.strftime("%Y-%m")}
        for moment in _months(start, end)
        if _has_room(x(moment), x(now))
    ]
    return {
        "width": WIDTH,
        "height": _ROW * len(rows) + 24,
        "axis": _ROW * len(rows),
        "now": x(now),
        "rows": rows,
        "ticks": ticks,
    }


def _has_room(place: float, now: float) -> bool:
    """Whether a label fits beside the edges and that of now."""
    return _LABEL / 2 < place < WIDTH - _LABEL / 2 and abs(place - now) > _LABEL


def _months(start: datetime, end: datetime) -> list[datetime]:
    """Beginnings of months, evenly apart, few enough for their labels."""
    first = start.year * 12 + start.month
    last = end.year * 12 + end.month - 1
    step = next((months for months in (1, 2, 3, 6, 12, 24, 60, 120) if (last - first) / months < _TICKS), 240)
    begin = math.ceil(first / step) * step
    return [datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(begin, last + 1, step)]


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
