"""Sends per window: does each arm get the number of sends that its cadence implies?

Principle: an arm with cadence c sends at the assignment and every c after it. Over whole cycles of all arms each one
gets exactly (length of the window) / c sends, wherever the cycle begins. Any other window holds a send more or less of
some arm, so that part of the difference between arms is the calendar's.
"""

import math
from collections.abc import Iterator

from abtest.definition.lints.finding import Finding
from abtest.definition.lints.windows import NOMINAL_DAYS, Windowed, windowed
from abtest.definition.model import Definition
from abtest.grammar.fields import duration_text
from abtest.grammar.time import DAY

CODE = "cadence"
LONGEST_CYCLE = 366 * DAY
"""No experiment waits longer than a year for the arms' cycles to meet."""


def cadence(definition: Definition) -> Iterator[Finding]:
    """Find outcome windows that hold another number of sends than the cadences imply."""
    cadences = {arm.name: arm.cadence for arm in definition.arms if arm.cadence is not None}
    if not cadences or len({arm.cadence for arm in definition.arms}) == 1:
        return  # the arms send alike, so whatever a window holds is the same in all of them
    cycle = math.lcm(*cadences.values())
    if cycle > LONGEST_CYCLE:
        if any(True for _ in windowed(definition)):
            yield Finding(CODE, ("arms",), _endless(cadences, cycle))
        return
    for part in windowed(definition):
        window = _in_seconds(part)
        if window is not None and (window[1] - window[0]) % cycle:
            yield Finding(CODE, part.path, _message(part, window, cadences, cycle))


def _in_seconds(part: Windowed) -> tuple[int, int] | None:
    """Return the window since the assignment; ``None`` where it has no fixed place.

    The nth week is 7n days later for every unit: cadences of whole weeks fall into it alike. Months and longer begin at
    another point of each unit's cycle, so that over the units a send more and a send less even out.
    """
    low, high = part.outcome.window or (0, 0)
    clock = part.outcome.clock
    if clock == "week":
        return low * NOMINAL_DAYS["week"] * DAY, high * NOMINAL_DAYS["week"] * DAY
    return None if clock in NOMINAL_DAYS else (low, high)


def sends(window: tuple[int, int], cadence: int) -> int:
    """Return how many of the times 0, c, 2c, … lie in ``[low, high)``, for a window that does not start below 0."""
    low, high = window
    return -(-high // cadence) - -(-low // cadence)


def aligned(window: tuple[int, int], cycle: int, *, from_zero: bool = False) -> tuple[int, int]:
    """Return the window nearest to ``window`` that begins and ends with a whole cycle, in the same unit as both.

    Nearest is the least total shift of the two edges; of equally near ones the longer, then the earlier. It lasts at
    least one cycle. ``from_zero`` keeps its start at 0.
    """
    low, high = window
    starts = [0] if from_zero else [max(0, low // cycle + step) * cycle for step in (-1, 0, 1)]
    ends = [(high // cycle + step) * cycle for step in (-1, 0, 1, 2)]
    return min(
        ((start, end) for start in starts for end in ends if end > start),
        key=lambda found: (abs(found[0] - low) + abs(found[1] - high), found[0] - found[1], found[0]),
    )


def _message(part: Windowed, window: tuple[int, int], cadences: dict[str, int], cycle: int) -> str:
    grid = math.lcm(cycle, DAY) if part.outcome.clock != "exact" else cycle
    better = aligned(window, grid, from_zero=part.metric.traits.times)
    implied = [
        f"{_sent(window, every)} of {_named(cadences, every)} (every {duration_text(every)} implies "
        f"{_number((window[1] - window[0]) / every)})"
        for every in _distinct(cadences)
    ]
    then = [f"{_sent(better, every)} of {_named(cadences, every)}" for every in _distinct(cadences)]
    return (
        f"{part.text} holds {' and '.join(implied)}: a send more or less comes from where the window begins and ends, "
        f"not from the cadence, yet shows as a difference between arms; use {part.metric.spelled(better)}, whole "
        f"cycles of {duration_text(cycle)} ({' and '.join(then)})"
    )


def _endless(cadences: dict[str, int], cycle: int) -> str:
    listed = " and ".join(duration_text(every) for every in _distinct(cadences))
    return (
        f"cadences of {listed} only meet every {duration_text(cycle)}, more than a year, so no usable window holds "
        "the sends that they imply in every arm; make each cadence a multiple of the shortest one"
    )


def _distinct(cadences: dict[str, int]) -> list[int]:
    return list(dict.fromkeys(cadences.values()))


def _sent(window: tuple[int, int], every: int) -> str:
    count = sends(window, every)
    return f"{count} send{'' if count == 1 else 's'}"


def _named(cadences: dict[str, int], every: int) -> str:
    arms = [name for name, other in cadences.items() if other == every]
    return arms[0] if len(arms) == 1 else f"{arms[0]} and {len(arms) - 1} more"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
