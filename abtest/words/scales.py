"""With how many digits the numbers of a metric are written, wherever they stand.

Principle: all values and differences of a metric have one number of decimals, and all its lifts another, so that the
same quantity reads alike in a table, a chart, a reason and at the terminal. Decimals show two significant digits of the
narrowest interval; a bound that is not 0 is not shown as 0 when a few more can tell; a currency has none or two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from abtest.words.numbers import Scale, decimals_for, reveal_zero
from abtest.words.visible import clean


class Bounded(Protocol):
    """An estimate with its interval."""

    @property
    def estimate(self) -> float | None: ...  # noqa: D102
    @property
    def low(self) -> float | None: ...  # noqa: D102
    @property
    def high(self) -> float | None: ...  # noqa: D102


class Value(Protocol):
    """The value of one arm with its interval."""

    @property
    def value(self) -> float | None: ...  # noqa: D102
    @property
    def low(self) -> float | None: ...  # noqa: D102
    @property
    def high(self) -> float | None: ...  # noqa: D102


class Compared(Protocol):
    """One arm against the control."""

    @property
    def difference(self) -> Bounded: ...  # noqa: D102
    @property
    def lift(self) -> Bounded: ...  # noqa: D102
    @property
    def adjusted_difference(self) -> Bounded | None: ...  # noqa: D102
    @property
    def adjusted_lift(self) -> Bounded | None: ...  # noqa: D102


class Metric(Protocol):
    """What is asked of a metric."""

    @property
    def is_rate(self) -> bool: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def arms(self) -> Sequence[Value]: ...  # noqa: D102
    @property
    def comparisons(self) -> Sequence[Compared]: ...  # noqa: D102


@dataclass(frozen=True)
class Scales:
    """How a metric's values, differences and lifts are shown."""

    value: Scale
    change: Scale
    lift: Scale


def scales(metric: Metric) -> Scales:
    """Return the scales of a metric: one number of decimals for its values and differences, one for its lifts."""
    differences = [effect for c in metric.comparisons for effect in (c.difference, c.adjusted_difference) if effect]
    lifts = [effect for c in metric.comparisons for effect in (c.lift, c.adjusted_lift) if effect]
    lift_bounds = [100 * bound for effect in lifts for bound in (effect.low, effect.high) if bound is not None]
    lift_decimals = reveal_zero(lift_bounds, decimals_for(_narrowest(lifts, 100), 0, 3))
    lift = Scale(100, lift_decimals, "number.percent")
    factor = 100.0 if metric.is_rate else 1.0
    bounds = [factor * bound for effect in differences for bound in (effect.low, effect.high) if bound is not None]
    found = _narrowest(differences, factor) or _narrowest_value(metric.arms, factor)
    if metric.is_rate:
        decimals = reveal_zero(bounds, decimals_for(found, 1, 4))
        return Scales(Scale(100, decimals, "number.percent"), Scale(100, decimals, "number.points"), lift)
    unit = clean(metric.unit)
    decimals = whole_cents(reveal_zero(bounds, decimals_for(found, 0, 6)), unit)
    mean = Scale(1, decimals, "number.unit" if unit else None, unit)
    return Scales(mean, mean, lift)


def revealing(scale: Scale, effects: Sequence[Bounded]) -> Scale:
    """Return ``scale`` with the decimals that keep these effects' bounds, where they are not 0, from reading as 0."""
    bounds = [scale.factor * bound for effect in effects for bound in (effect.low, effect.high) if bound is not None]
    return replace(scale, decimals=whole_cents(reveal_zero(bounds, scale.decimals), scale.unit))


def exact(scale: Scale, value: float) -> Scale:
    """Return ``scale`` with the fewest decimals, up to four, that show a number which somebody wrote as it was."""
    shown = scale.factor * value
    found = next((d for d in range(5) if abs(round(shown, d) - shown) < 1e-9 * max(1, abs(shown))), scale.decimals)
    return replace(scale, decimals=whole_cents(found, scale.unit))


def whole_cents(decimals: int, unit: str) -> int:
    """Return the decimals, for a currency none or two: it is written with its cents or without."""
    return 2 if decimals == 1 and len(unit) == 3 and unit.isupper() else decimals


def width(low: float | None, estimate: float | None, high: float | None) -> float | None:
    """Return an interval's width; of one with one bound, twice the way from there to the estimate."""
    if low is not None and high is not None:
        return high - low
    bound = high if low is None else low
    return None if estimate is None or bound is None else 2 * abs(estimate - bound)


def _narrowest(effects: Sequence[Bounded], factor: float) -> float | None:
    """Return the width of the narrowest interval that has one."""
    widths = [width(effect.low, effect.estimate, effect.high) for effect in effects]
    return min((factor * found for found in widths if found), default=None)


def _narrowest_value(arms: Sequence[Value], factor: float) -> float | None:
    """Return the width of the narrowest of the arms' own intervals."""
    widths = [width(arm.low, arm.value, arm.high) for arm in arms]
    return min((factor * found for found in widths if found), default=None)
