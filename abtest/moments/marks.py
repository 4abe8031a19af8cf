"""In which windows a unit has an event: one mask of bits per source, read in one pass, however many windows.

Principle: a window test per window and event is what makes retention slow. Windows of fixed length share a grid: the
step between their edges. An event sets the bit of its cell, and a window is a set of cells. Where no grid of 60 cells
fits, one CASE over the sorted edges sets the bits of all windows that hold the event. Calendar windows, whose edges
are columns, have a bit each.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

BITS = 60
"""Bits of a mask, a 64-bit integer."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window [low, high) as SQL, and in microseconds from ``origin`` where it has a fixed length."""

    edges: tuple[str, str]
    origin: str | None = None
    low: int = 0
    high: int = 0

    @property
    def holds(self) -> str:
        """The condition that an event ``e`` lies in the window."""
        return f"e.at_us >= {self.edges[0]} AND e.at_us < {self.edges[1]}"


@dataclass(frozen=True)
class Marks:
    """The masks of one source: the SQL of each over events ``e`` and units ``p``; the mask and bits of each window."""

    columns: tuple[str, ...]
    bits: dict[Window, tuple[int, int]]

    @classmethod
    def of(cls, windows: Iterable[Window]) -> "Marks":
        """Return masks in which every window can be told."""
        distinct = list(dict.fromkeys(windows))
        columns: list[str] = []
        bits: dict[Window, tuple[int, int]] = {}
        for origin in dict.fromkeys(window.origin for window in distinct if window.origin):
            fixed = [window for window in distinct if window.origin == origin]
            grid = _grid(fixed)
            for group in [fixed] if grid else _batches(fixed):
                sql, found = (_on_grid if grid else _between_edges)(origin, group)
                bits |= {window: (len(columns), cells) for window, cells in found.items()}
                columns.append(sql)
        for group in _batches([window for window in distinct if window.origin is None]):
            tests = [f"CASE WHEN {window.holds} THEN {1 << bit} ELSE 0 END" for bit, window in enumerate(group)]
            bits |= {window: (len(columns), 1 << bit) for bit, window in enumerate(group)}
            columns.append(" +\n         ".join(tests))
        return cls(tuple(f"bit_or(CAST({sql} AS BIGINT))" for sql in columns), bits)


def _batches(windows: list[Window]) -> list[list[Window]]:
    return [windows[first : first + BITS] for first in range(0, len(windows), BITS)]


def _edges(windows: list[Window]) -> list[int]:
    return sorted({edge for window in windows for edge in (window.low, window.high)})


def _grid(windows: list[Window]) -> tuple[int, int, int] | None:
    """Return first edge, step and last edge of a grid on which all edges lie; ``None`` when it has too many cells."""
    edges = _edges(windows)
    step = math.gcd(*(later - earlier for earlier, later in pairwise(edges)))
    if step == 0 or (edges[-1] - edges[0]) // step > BITS:
        return None
    return edges[0], step, edges[-1]


def _on_grid(origin: str, windows: list[Window]) -> tuple[str, dict[Window, int]]:
    grid = _grid(windows)
    if grid is None:
        raise ValueError("the windows share no grid")
    first, step, last = grid
    begin = _moved(origin, first)
    cell = f"shiftleft(CAST(1 AS BIGINT), CAST(whole_div(e.at_us - ({begin}), {step}) AS INTEGER))"
    sql = f"CASE WHEN e.at_us >= {begin} AND e.at_us < {_moved(origin, last)}\n         THEN {cell} ELSE 0 END"
    cells = {
        window: sum(1 << number for number in range((window.low - first) // step, (window.high - first) // step))
        for window in windows
    }
    return sql, cells


def _between_edges(origin: str, windows: list[Window]) -> tuple[str, dict[Window, int]]:
    edges = _edges(windows)
    whens = [f"WHEN e.at_us < {_moved(origin, edges[0])} THEN 0"]
    for begin, end in pairwise(edges):
        held = sum(1 << bit for bit, window in enumerate(windows) if window.low <= begin and end <= window.high)
        whens.append(f"WHEN e.at_us < {_moved(origin, end)} THEN {held}")
    return f"CASE {' '.join(whens)} ELSE 0 END", {window: 1 << bit for bit, window in enumerate(windows)}


def _moved(origin: str, amount: int) -> str:
    return origin if amount == 0 else f"{origin} {'+' if amount > 0 else '-'} {abs(amount)}"
