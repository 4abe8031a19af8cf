"""Masks tell in which windows a unit has an event, on a grid, between edges and by columns: all as Python counts."""

import random

import duckdb
import pytest

from abtest.engines.duckdb.database import MACROS
from abtest.moments.marks import Marks, Window

HOUR = 3_600_000_000
GRIDS = {
    "one window": [(14 * 24, 42 * 24)],
    "weeks and their sum": [(168 * week, 168 * (week + 1)) for week in range(6)] + [(336, 1008)],
    "before and after": [(-336, 0), (0, 168), (168, 336)],
    "sixty cells": [(day * 24, day * 24 + 24) for day in range(60)],
    "more cells than bits": [(0, 1), (0, 24 * 56), (672, 1344), (7, 1000)],
    "more windows than bits": [(k, k + 1 + k % 7) for k in range(150)],
    "no common step": [(0, 7), (11, 1013), (500, 1009)],
}


@pytest.mark.parametrize("name", GRIDS)
def test_masks_hold_the_windows_of_the_events(name: str) -> None:
    draw = random.Random(name)
    asked = [(low * HOUR, high * HOUR) for low, high in GRIDS[name]]
    windows = [
        Window((f"p.started_at + {low}", f"p.started_at + {high}"), "p.started_at", low, high) for low, high in asked
    ]
    windows += [Window(("p.from_0", "p.to_0"))]
    edges = sorted({edge for window in asked for edge in window})
    units = [(unit, draw.randrange(0, 10**9), 5 * HOUR, 90 * HOUR) for unit in range(40)]
    offsets = [
        *edges,
        *(edge - 1 for edge in edges),
        *(draw.randrange(edges[0] - HOUR, edges[-1] + HOUR) for _ in edges),
    ]
    events = [(unit, start + draw.choice(offsets)) for unit, start, _, _ in units for _ in range(draw.randrange(5))]

    connection = duckdb.connect()
    connection.execute(MACROS)
    connection.execute("CREATE TABLE p (unit BIGINT, started_at BIGINT, from_0 BIGINT, to_0 BIGINT)")
    connection.executemany("INSERT INTO p VALUES (?, ?, ?, ?)", units)
    connection.execute("CREATE TABLE e (unit BIGINT, at_us BIGINT)")
    connection.executemany("INSERT INTO e VALUES (?, ?)", events)
    marks = Marks.of(windows)
    masks = ", ".join(marks.columns)
    rows = connection.execute(f"SELECT p.unit, {masks} FROM e JOIN p ON p.unit = e.unit GROUP BY p.unit").fetchall()
    found = {unit: bits for unit, *bits in rows}

    for unit, start, begin, end in units:
        times = [at for owner, at in events if owner == unit]
        for window in windows:
            low, high = (start + window.low, start + window.high) if window.origin else (begin, end)
            mask, bits = marks.bits[window]
            held = unit in found and found[unit][mask] & bits != 0
            assert held == any(low <= at < high for at in times), (unit, window)


def test_weekly_windows_and_their_sum_share_one_mask_of_seven_bits() -> None:
    week = 168 * HOUR
    weeks = [Window(("", ""), "p.started_at", k * week, (k + 1) * week) for k in range(7)]
    whole = Window(("", ""), "p.started_at", 2 * week, 6 * week)
    marks = Marks.of([*weeks, whole])
    assert len(marks.columns) == 1
    assert marks.bits[whole] == (0, 0b111100)
