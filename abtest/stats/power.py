"""The power of one test, the units that it needs, and the effect that it could detect.

The principle. Each test of this package rejects where an estimate lies beyond a bar by so many standard errors. Its
power is the chance of that when the effect is what the planner believes: of the *good* direction alone, since a
significant loss is no success. Sizes and detectable effects are power solved for the other unknown, so that the three
never contradict each other.

Rates have the skewness-corrected score at the constrained estimate (``score``): its critical value comes from the
constrained rates and its chance from the true ones, as Farrington & Manning (1990), Statistics in Medicine
9:1447-1454, do, with the third moments of both; or, exactly, from all pairs of counts. Means have Welch's t.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from abtest.stats import checks
from abtest.stats.contrast import critical_value, satterthwaite
from abtest.stats.roots import bracketed_root
from abtest.stats.score import (
    deviate_at_difference,
    deviate_at_ratio,
    moments_at_difference,
    moments_at_ratio,
    no_effect,
)
from abtest.stats.skewness import target

Floats = NDArray[np.float64]
Pair = tuple[float, float]
"""A number of the control and one of the treatment."""

MOST_UNITS = 1e12
"""Units per arm beyond which nobody plans: no size is found that needs more."""
FEWEST_UNITS = 2.0
FEW = 30.0
"""Expected events, or units without, below which the closed form of a rate gives way to enumeration."""
TAIL_DEVIATIONS = 8.0


@dataclass(frozen=True, slots=True)
class Bar:
    """What an effect has to be shown to lie beyond.

    ``value`` is a difference in the metric's unit (``absolute``) or a lift (``relative``), 0 where any effect will do.
    ``side``: which side of it is to be shown. ``level``: the one-sided level, half of α for a two-sided test.
    """

    level: float
    side: Literal["above", "below"] = "above"
    value: float = 0.0
    scale: Literal["absolute", "relative"] = "absolute"

    def __post_init__(self) -> None:
        checks.confidence_level(1 - self.level)
        checks.one_of("side", self.side, ("above", "below"))
        checks.one_of("scale", self.scale, ("absolute", "relative"))
        checks.finite("value", self.value)

    @property
    def sign(self) -> int:
        """1 where larger values are to be shown, else −1."""
        return 1 if self.side == "above" else -1


def rate_power(rates: Pair, n: Pair, bar: Bar) -> float:
    """Return the chance that the score test of two rates shows what ``bar`` asks for.

    ``rates``: the true ones; ``n``: units with a value per arm, which need not be whole. Enumerated where an arm
    expects few events, else by the closed form, which is within 0.005 of the enumeration there (tests/stats).
    """
    _rates(rates)
    fewest = min(size * min(rate, 1 - rate) for rate, size in zip(rates, n, strict=True))
    return exact_rate_power(rates, n, bar) if fewest < FEW else approximate_rate_power(rates, n, bar)


def approximate_rate_power(rates: Pair, n: Pair, bar: Bar) -> float:
    """Return ``rate_power`` by its closed form: an Edgeworth expansion of the statistic to the third moment."""
    p_c, p_t = rates
    ratio = 1 + bar.value if bar.scale == "relative" else 1.0
    value = 0.0 if bar.scale == "relative" else bar.value
    critical = -float(special.ndtri(bar.level))

    step_c, step_t = (1e-4 * min(p, 1 - p) for p in rates)
    around = np.array([(0.0, 0.0), (step_c, 0.0), (-step_c, 0.0), (0.0, step_t), (0.0, -step_t)]) + np.array(rates)
    variance, moment = _constrained(around, n, bar)
    root = np.sqrt(variance)
    sixth = np.where(variance > 0, bar.sign * moment / (6 * np.where(variance > 0, variance * root, 1.0)), 0.0)
    # The excess beyond the bar that is significant at the rates that are seen; the bar moves with them.
    needed = target(np.array(critical), sixth) * root
    excess = bar.sign * (p_t - ratio * p_c - value) - float(needed[0])
    slope_c = float(needed[1] - needed[2]) / (2 * step_c) if step_c else 0.0
    slope_t = float(needed[3] - needed[4]) / (2 * step_t) if step_t else 0.0
    gradient = -bar.sign * ratio - slope_c, bar.sign - slope_t
    arms = [*zip(gradient, rates, n, strict=True)]
    spread = math.fsum(slope * slope * p * (1 - p) / size for slope, p, size in arms)
    third = math.fsum(slope * slope * slope * p * (1 - p) * (1 - 2 * p) / (size * size) for slope, p, size in arms)
    if spread <= 0:
        return float(excess > 0)
    x = -excess / math.sqrt(spread)
    density = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    power = float(special.ndtr(-x)) + third / (6 * spread * math.sqrt(spread)) * (x * x - 1) * density
    return min(max(power, 0.0), 1.0)


def _constrained(rates: Floats, n: Pair, bar: Bar) -> tuple[Floats, Floats]:
    """Return the variance of p_t − ratio · p_c at rows of rates constrained to the bar, and its third moment."""
    n_c, n_t = (np.full(len(rates), float(size)) for size in n)
    table = (n_c * rates[:, 0], n_c, n_t * rates[:, 1], n_t)
    if bar.scale == "absolute":
        return moments_at_difference(*table, bar.value)
    return moments_at_ratio(*table, 1 + bar.value)


def exact_rate_power(rates: Pair, n: Pair, bar: Bar) -> float:
    """Return ``rate_power`` by enumeration of every pair of counts with a chance, at sizes rounded to whole units.

    For each count of the control, the first count of the treatment that is significant is found by halving: the
    statistic grows with it.
    """
    _rates(rates)
    n_c, n_t = (max(round(size), 2) for size in n)
    p_c, p_t = rates
    if bar.side == "below":  # what the treatment has without the event is above where its events are below
        low, high = _likely(n_t, p_t)
        counts, fixed = np.arange(low, high + 1, dtype=float), (n_t, p_t)
        other = (n_c, p_c)
    else:
        low, high = _likely(n_c, p_c)
        counts, fixed = np.arange(low, high + 1, dtype=float), (n_c, p_c)
        other = (n_t, p_t)
    first = _first_significant(counts, fixed[0], other[0], bar)
    chances = _chances(counts, *fixed)
    beyond = np.where(first > other[0], 0.0, special.bdtrc(np.maximum(first - 1, 0), other[0], other[1]))
    beyond = np.where(first <= 0, 1.0, beyond)
    return float(min(max((chances * beyond).sum(), 0.0), 1.0))


def _first_significant(counts: Floats, size: int, other: int, bar: Bar) -> Floats:
    """Return, by count of one arm, the least count of the other one that is significant: beyond its size for none.

    Both sides are this one: with ``below`` the treatment's count is given and the control's is sought, since a control
    with more is the treatment with less.
    """
    low, high = np.full(counts.shape, -1.0), np.full(counts.shape, float(other + 1))
    while np.any(high - low > 1):
        middle = np.clip(np.floor((low + high) / 2), 0, other)
        shown = _shown(counts, size, middle, other, bar)
        open_ = high - low > 1
        high, low = np.where(open_ & shown, middle, high), np.where(open_ & ~shown, middle, low)
    return high


def _shown(counts: Floats, size: int, sought: Floats, other: int, bar: Bar) -> NDArray[np.bool_]:
    given, other_arm = (counts, np.full(counts.shape, float(size))), (sought, np.full(counts.shape, float(other)))
    table = (*given, *other_arm) if bar.side == "above" else (*other_arm, *given)
    critical = -float(special.ndtri(bar.level))
    with np.errstate(divide="ignore", invalid="ignore"):
        if bar.value == 0:
            found = no_effect(*table).statistic
        elif bar.scale == "absolute":
            found = deviate_at_difference(*table, bar.value)
        else:
            none = table[0] + table[2] == 0
            found = deviate_at_ratio(np.where(none, 1.0, table[0]), *table[1:], 1 + bar.value)
            found = np.where(none, 0.0, found)
    return np.asarray(bar.sign * found > critical)


def _likely(n: int, rate: float) -> tuple[int, int]:
    """Return the counts outside which a binomial count has no chance worth adding."""
    half = TAIL_DEVIATIONS * math.sqrt(n * rate * (1 - rate)) + TAIL_DEVIATIONS**2
    return max(0, math.floor(n * rate - half)), min(n, math.ceil(n * rate + half))


def _chances(counts: Floats, n: int, rate: float) -> Floats:
    if rate in {0.0, 1.0}:
        return np.where(counts == n * rate, 1.0, 0.0)
    log = special.gammaln(n + 1) - special.gammaln(counts + 1) - special.gammaln(n - counts + 1)
    chances = np.exp(log + counts * math.log(rate) + (n - counts) * math.log1p(-rate))
    return np.asarray(chances / max(chances.sum(), np.finfo(np.float64).tiny))


def mean_power(
    control: float, difference: float, variances: Pair, n: Pair, bar: Bar, *, spent: float = 1.0, normal: bool = False
) -> float:
    """Return the chance that Welch's t test (relative bars: Fieller's) shows what ``bar`` asks for.

    ``control``: its mean, which a relative bar is a share of. ``variances``: of a unit's value, per arm. ``spent``:
    degrees of freedom that each arm's estimate costs, 1 and one more per covariate. ``normal``: a z test. The statistic
    is noncentral t with Satterthwaite's degrees of freedom at the true variances (Student's power in equal arms).
    """
    ratio = 1 + math.copysign(1, control) * bar.value if bar.scale == "relative" else 1.0
    bound = abs(control) * bar.value if bar.scale == "relative" else bar.value
    squares = ratio**2 * variances[0] / n[0], variances[1] / n[1]
    excess = bar.sign * (difference - bound)
    if sum(squares) <= 0:
        return float(excess > 0)
    shift = excess / math.sqrt(sum(squares))
    degrees = None
    if not normal:
        degrees = satterthwaite(squares, (max(n[0] - spent, 1.0), max(n[1] - spent, 1.0)))
    return shifted_power(shift, bar.level, degrees)


def shifted_power(shift: float, level: float, degrees: float | None = None) -> float:
    """Return the chance that an estimate ``shift`` standard errors beyond its bar is significant at a one-sided level.

    ``degrees``: degrees of freedom of the estimated standard error (noncentral t); ``None`` where it counts as known.
    """
    critical = critical_value(2 * level, degrees)
    if degrees is None or degrees > 1e6:
        return float(special.ndtr(shift - critical))
    # Far out scipy's series may not converge, where nothing is left to know.
    if shift - critical > 9 * (1 + critical / math.sqrt(2 * degrees)):
        return 1.0
    below = float(special.nctdtr(degrees, shift, critical)) if shift >= 0 else _mirrored(degrees, shift, critical)
    if not math.isfinite(below):
        return float(special.ndtr(shift - critical))
    return min(max(1 - below, 0.0), 1.0)


def _mirrored(degrees: float, shift: float, critical: float) -> float:
    """P(T < critical) of a noncentral t with a negative shift, by its mirror: 1 − P(T′ < −critical)."""
    return 1 - float(special.nctdtr(degrees, -shift, -critical))


def units_needed(power_of: Callable[[float], float], power: float) -> float | None:
    """Return the least number at which ``power_of`` reaches ``power``; ``None`` where none below 10¹² does.

    ``power_of`` rises with its argument, units of one arm or of all; the number need not be whole.
    """
    _power(power)
    low, high = FEWEST_UNITS, 2 * FEWEST_UNITS
    if power_of(low) >= power:
        return low
    while power_of(high) < power:
        low, high = high, 4 * high
        if high > MOST_UNITS:
            return None
    return math.exp(_crossing(lambda log: power_of(math.exp(log)), power, math.log(low), math.log(high)))


def smallest_effect(power_of: Callable[[float], float], power: float, most: float) -> float | None:
    """Return the least effect in (0, ``most``] at which ``power_of`` reaches ``power``; ``None`` where none does."""
    _power(power)
    if power_of(most) < power:
        return None
    return _crossing(power_of, power, 0.0, most)


def _crossing(power_of: Callable[[float], float], power: float, low: float, high: float) -> float:
    if power_of(low) >= power:
        return low
    found = bracketed_root(lambda at: power_of(at) - power, low, high, tolerance=1e-8)
    while power_of(found) < power and found < high:  # on the side that has the power
        found = min(high, found + 1e-9 * max(1.0, abs(found)))
        if power_of(found) < power:
            found = min(high, found + 1e-4 * (high - low))
    return found


def _rates(rates: Pair) -> None:
    for rate in rates:
        if not 0 <= rate <= 1:
            raise ValueError(f"a rate must lie between 0 and 1, got {rate!r}")


def _power(power: float) -> None:
    if not 0 < power < 1:
        raise ValueError(f"power must lie strictly between 0 and 1, got {power!r}")
