"""Do the methods find the same numbers? Counts exactly, means to 1e-9; how far intervals lie apart is said."""

import math
from collections.abc import Mapping

from speed.workload import ARMS, MEANS, RATES

TOLERANCE = 1e-9
COUNTED = (*RATES, "orders")
Results = Mapping[str, Mapping[str, object]]


def disagreements(ours: Results, theirs: Results) -> list[str]:
    """Return what differs that may not: units, counts, means."""
    found = []
    for name in (*RATES, *MEANS):
        for arm in ARMS:
            mine, other = ours[name]["arms"][arm], theirs[name]["arms"][arm]  # type: ignore[index]
            if mine["n"] != other["n"]:
                found.append(f"{name}, {arm}: {other['n']} units where ours are {mine['n']}")
            # Ours prints a mean of orders, not their number: what it implies is whole but for rounding.
            if name in COUNTED and round(mine["total"]) != round(other["total"], 6):
                found.append(f"{name}, {arm}: {other['total']} in total where ours is {round(mine['total'])}")
            if not math.isclose(mine["mean"], other["mean"], rel_tol=TOLERANCE):
                found.append(f"{name}, {arm}: mean {other['mean']!r} where ours is {mine['mean']!r}")
    return found


def interval_gap(ours: Results, theirs: Results, name: str) -> float:
    """Return the larger distance between the bounds of the difference, as a share of the width of our interval."""
    mine, other = ours[name]["difference"], theirs[name]["difference"]
    width = mine["high"] - mine["low"]  # type: ignore[index]
    return max(abs(mine[side] - other[side]) for side in ("low", "high")) / width  # type: ignore[index, no-any-return]


def widest_gaps(ours: Results, theirs: Results) -> str:
    """Return, per kind of metric, how far apart the intervals lie at most and which methods made them."""
    parts = []
    for names in (RATES, ("orders",), ("revenue",)):
        gap, name = max((interval_gap(ours, theirs, name), name) for name in names)
        parts.append(f"{name} {gap:.1e} ({theirs[name]['method']})")
    return "; ".join(parts)
