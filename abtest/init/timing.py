"""Pure choices about numbers: arms' weights, windows, covariate windows, the last complete day."""

import datetime as dt
import math
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from abtest.grammar.time import DAY_US

MOST_MATURE = 0.8
"""Share of the units whose whole window must lie in the data for the window to be proposed."""
DEFAULT_WINDOW = (28, 56)
_CLOSE = 0.05
"""Relative distance between observed and simple shares that counts as the simple ones."""
_CHANCE = 0.01
"""p-value of equal arms from which small arms of unequal size may well be equal by plan."""
_LATE_HOUR = 20
"""An export whose last event comes after this hour is taken to cover its last day."""
_WINDOWS = ((28, 56), (28, 42), (14, 28), (7, 21), (7, 14), (0, 7))


@dataclass(frozen=True, slots=True)
class Weights:
    """Relative shares of the arms; ``simple`` when small whole numbers fit the observed sizes."""

    values: tuple[int, ...]
    simple: bool

    @property
    def equal(self) -> bool:
        """Whether all arms are of one size."""
        return len(set(self.values)) == 1


def weights(units: Sequence[int]) -> Weights:
    """Return the simplest planned shares that the observed arm sizes are close to: 1:1, 1:2, …, else percentages.

    Close is 5 % of each share, or what chance allows in small arms; larger arms that are off by less than that keep
    1:1, so that the check of the sample ratio sees it.
    """
    from abtest.stats.srm import sample_ratio_mismatch

    total = sum(units)
    if not total:
        return Weights((1,) * len(units), simple=True)
    observed = [size / total for size in units]
    equal = (1,) * len(units)
    chance = sample_ratio_mismatch(units, equal).p_value
    if _distance(observed, equal) <= _CLOSE or (chance is not None and chance >= _CHANCE):
        return Weights(equal, simple=True)
    # The nearest one, the simplest first where two are as near.
    simple = min(_ratios(len(units)), key=partial(_distance, observed))
    if _distance(observed, simple) <= _CLOSE:
        return Weights(simple, simple=True)
    fives, ones = (tuple(max(1, round(share * steps)) for share in observed) for steps in (20, 100))
    chosen = fives if _distance(observed, fives) <= _CLOSE else ones
    return Weights(tuple(value // math.gcd(*chosen) for value in chosen), simple=False)


def _ratios(arms: int) -> Iterator[tuple[int, ...]]:
    """Yield the unequal ratios that people plan, simple ones first: one arm of another size; 2:3, 3:7."""
    for times in [*range(2, 21), 99]:
        for place in range(arms):
            yield tuple(times if arm == place else 1 for arm in range(arms))
            if arms > 2:
                yield tuple(1 if arm == place else times for arm in range(arms))
    if arms == 2:
        yield from ((2, 3), (3, 2), (3, 7), (7, 3))


def _distance(observed: Sequence[float], ratio: Sequence[int]) -> float:
    """Return the largest relative distance of an observed share from the planned one."""
    planned = [weight / sum(ratio) for weight in ratio]
    return max(abs(have - want) / want for have, want in zip(observed, planned, strict=True))


@dataclass(frozen=True, slots=True)
class WindowChoice:
    """A window in whole days from the assignment. ``mature``: share of units whose window lies in the data."""

    low: int
    high: int
    mature: float
    aligned: bool


def horizons(cadences: Sequence[int]) -> list[int]:
    """Return the days after assignment at which to count mature units."""
    step = math.lcm(*cadences) if cadences else 7
    ends = {high for _, high in _WINDOWS} | {step, 2 * step} | set(range(1, 7))
    return sorted(end for end in ends if end <= 366)


def retention_window(mature: Mapping[int, float], cadences: Sequence[int]) -> WindowChoice:
    """Return the longest proposed window that most units have behind them, holding whole sends of every cadence.

    ``mature[days]``: share of units that were assigned at least ``days`` before the data's end, for :func:`horizons`.
    Without enough follow-up for any, the default window, which is not mature yet.
    """
    step = math.lcm(*cadences) if cadences else 7
    aligned = [(low, high) for low, high in _WINDOWS if low % step == 0 and high % step == 0]
    aligned += [(step, 2 * step), (0, step)]
    for low, high in aligned:
        if mature.get(high, 0.0) >= MOST_MATURE:
            return WindowChoice(low, high, mature[high], aligned=True)
    for low, high in [*_WINDOWS, *((0, end) for end in range(6, 0, -1))]:
        if mature.get(high, 0.0) >= MOST_MATURE:
            return WindowChoice(low, high, mature[high], aligned=not cadences)
    low, high = DEFAULT_WINDOW if DEFAULT_WINDOW[0] % step == 0 else (step, 2 * step)
    return WindowChoice(low, high, mature.get(high, 0.0), aligned=low % step == 0 and high % step == 0)


def covariate_days(first_event: int, first_assigned: int, high: int) -> int | None:
    """Return the length in days of a window before the assignment that every unit has data for, whole weeks if it can.

    ``first_event`` and ``first_assigned`` are microseconds since 1970 UTC. ``None`` when less than a week lies before.
    """
    before = (first_assigned - first_event) // DAY_US
    # Tables begin on some morning: a day may be missing from the longest window without harm.
    span = min(high, int(before) + 1)
    if span < 7:
        return None
    return span if span == high else span // 7 * 7


def local_day(instant: int, zone: str) -> dt.date:
    """Return the calendar day of an instant (microseconds since 1970 UTC) in ``zone``."""
    return _local(instant, zone).date()


def last_whole_day(last_event: int, zone: str, *, dates: bool) -> dt.date:
    """Return the last day that the events seem to cover completely: the last event's, or the one before it."""
    moment = _local(last_event, zone)
    return moment.date() if dates or moment.hour >= _LATE_HOUR else moment.date() - dt.timedelta(days=1)


def midnight(day: dt.date, zone: str) -> int:
    """Return the instant at which ``day`` begins in ``zone``, in microseconds since 1970 UTC."""
    return int(dt.datetime.combine(day, dt.time(), tzinfo=zoneinfo.ZoneInfo(zone)).timestamp()) * 1_000_000


def end_of(day: dt.date, zone: str) -> int:
    """Return the instant at which ``day`` has passed in ``zone``."""
    return midnight(day + dt.timedelta(days=1), zone)


def _local(instant: int, zone: str) -> dt.datetime:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=instant)
    return moment.astimezone(zoneinfo.ZoneInfo(zone))


def weeks(low: int, high: int) -> str:
    """Return ``weeks 5 to 8`` or ``days 1 to 10`` for a window from ``low`` to before ``high`` days."""
    if low % 7 or high % 7:
        return f"days {low + 1} to {high}"
    first, last = low // 7 + 1, high // 7
    return f"week {first}" if first == last else f"weeks {first} to {last}"


def length(high: int) -> str:
    """Return ``8 weeks`` or ``10 days``."""
    count, unit = (high // 7, "week") if high % 7 == 0 else (high, "day")
    return f"{count} {unit}{'s' if count > 1 else ''}"


def span(high: int) -> str:
    """Return ``8w`` or ``10d``, for a metric's name."""
    return f"{high // 7}w" if high % 7 == 0 else f"{high}d"
