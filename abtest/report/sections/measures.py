"""The scales of quantities that are not a metric's own values: points of curves, landmarks, money, periods."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from abtest.words.numbers import Scale, decimals_for, reveal_zero
from abtest.words.scales import whole_cents, width
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.value import Effect

Bounds = tuple[float | None, float | None, float | None]
"""Low bound, estimate, high bound."""


@dataclass(frozen=True)
class Measure:
    """How values and their differences are shown: a share in percent with differences in percentage points."""

    value: Scale
    change: Scale

    @property
    def fraction(self) -> bool:
        """Whether the values are shares."""
        return self.value.pattern == "number.percent"


def measure(unit: str, values: Sequence[Bounds]) -> Measure:
    """Return the scales of values in ``unit`` (``fraction`` for shares), with the decimals that their intervals bear.

    They show two digits of the typical interval, and one more where a bound would read as 0 without it.
    """
    factor = 100.0 if unit == "fraction" else 1.0
    widths = [found for value in values if (found := width(*value))]
    typical = factor * median(widths) if widths else None
    bounds = [factor * bound for low, _, high in values for bound in (low, high) if bound is not None]
    if unit == "fraction":
        decimals = reveal_zero(bounds, decimals_for(typical, 1, 4), 1)
        return Measure(Scale(100, decimals, "number.percent"), Scale(100, decimals, "number.points"))
    name = clean(unit)
    decimals = whole_cents(reveal_zero(bounds, decimals_for(typical, 0, 6), 1), name)
    scale = Scale(1, decimals, "number.unit" if name else None, name)
    return Measure(scale, scale)


def bounds_of(effect: "Effect") -> Bounds:
    """Return low bound, estimate and high bound of an effect."""
    return effect.low, effect.estimate, effect.high
