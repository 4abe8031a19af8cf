"""Skewed amounts, such as money of which few customers pay any.

Principle: Welch's statistic takes each arm's own variance, which in a small arm of skewed values rises and falls with
its mean: an arm without its usual big spender looks poor and sure of it. So of 100 customers against 2,000 an increase
is found too often, a decrease hardly ever; and in even arms an interval ends too early on the side of more. Here the
variances are those of a model that both arms share, constrained at the tested ratio, and what skewness is left is
corrected for (one more sum, Σx³). The model has two parts, the share of units with an amount and the size of the
amounts, so that it serves effects on either and on both.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from abtest.stats.contrast import critical_value, lower_tail
from abtest.stats.fieller import sided
from abtest.stats.roots import bracketed_root
from abtest.stats.values import Estimate, Moments, Tail, TwoSample
from abtest.words.reason import Reason

METHOD = "skewness-corrected test of share and amounts"
LOPSIDED = 0.02
"""A correction (γ/6) below this moves a side's error by less than 0.015: Welch's test, which assumes less, serves."""
LEAST_VARIATION = 1e-3
"""Values that vary by less than this share of their mean are not amounts of this kind."""
OWN_NOISE, OWN_PENALTY = 2.0, 0.7
PLAUSIBLE, FARTHEST = 2.0, 3.0
"""Standard errors of the ratio's logarithm within which it may well lie, and the farthest that is looked at."""
REACH = 25.0
"""Logarithm of the largest ratio, to the estimated one, that is looked at."""
UNBOUNDED = Reason("why-amounts-one-side")


@dataclass(frozen=True, slots=True)
class _Model:
    """Both arms under one ratio of their means: variance and third cumulant of each, and the control's mean."""

    variances: tuple[float, float]
    thirds: tuple[float, float]
    control: float


@dataclass(frozen=True, slots=True)
class _Part:
    """One arm: units, units with an amount, and the amounts' raw moments (mean, of squares, of cubes)."""

    n: int
    payers: int
    mean: float
    second: float
    third: float

    @classmethod
    def of(cls, moments: Moments, tail: Tail, unit: float) -> Self:
        """Return an arm's part, in multiples of ``unit``."""
        mean, variance = (moments.mean or 0.0) / unit, (moments.variance or 0.0) / unit**2
        second = variance * (moments.n - 1) / moments.n + mean**2
        share = tail.positive / moments.n
        return cls(moments.n, tail.positive, mean / share, second / share, tail.third / unit**3 / share)


class Skewed:
    """Two arms of amounts, none negative, whose statistic is to be corrected; see :func:`skewed`."""

    def __init__(self, control: Moments, treatment: Moments, tails: tuple[Tail, Tail]) -> None:
        # In multiples of the control's mean, so that cubes stay in range.
        self.unit = control.mean or 1.0
        self.sizes = control.n, treatment.n
        self.means = 1.0, (treatment.mean or 0.0) / self.unit
        self.own = (control.variance or 0.0) / self.unit**2, (treatment.variance or 0.0) / self.unit**2
        self.parts = _Part.of(control, tails[0], self.unit), _Part.of(treatment, tails[1], self.unit)

    @property
    def ratio(self) -> float:
        """The estimated ratio of the means."""
        return self.means[1] / self.means[0]

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the variance, which both arms share."""
        return sum(self.sizes) - 2

    def _shares(self, ratio: float) -> tuple[float, float]:
        """Return the factors of share and amount whose product is ``ratio``, nearest to the data.

        Each departs from its estimate in proportion to the variance of its logarithm.
        """
        first, second = self.parts
        units, payers = sum(self.sizes), first.payers + second.payers
        of_share = (units / payers - 1) * (1 / first.n + 1 / second.n)
        amounts = second.mean / first.mean
        mean = (first.payers * first.mean + second.payers * second.mean / amounts) / payers
        square = (first.payers * first.second + second.payers * second.second / amounts**2) / payers
        of_amount = max(square / mean**2 - 1, 0.0) * (1 / first.payers + 1 / second.payers)
        share = (second.payers / second.n) / (first.payers / first.n)
        gap = math.log(ratio / (share * amounts))
        moved = of_share / (of_share + of_amount) if of_share + of_amount else 0.5
        share *= math.exp(gap * moved)
        return share, ratio / share

    def _model(self, ratio: float) -> _Model:
        """Pool the arms at a ratio of the means: payers' amounts scaled to each other, and their shares."""
        first, second = self.parts
        share, amount = self._shares(ratio)
        payers = first.payers + second.payers
        pooled = [
            (first.payers * own + second.payers * other / amount**power) / payers
            for power, (own, other) in enumerate(
                ((first.mean, second.mean), (first.second, second.second), (first.third, second.third)), start=1
            )
        ]
        # Neither share passes 1.
        lowest = min(1.0, 1 / share)
        control = min((first.payers + second.payers / share) / sum(self.sizes), lowest)
        factor = sum(self.sizes) / self.degrees
        found = []
        for part, scale in ((control, 1.0), (control * share, amount)):
            m1, m2, m3 = (part * moment * scale**power for power, moment in enumerate(pooled, start=1))
            found.append(((m2 - m1**2) * factor, m3 - 3 * m1 * m2 + 2 * m1**3))
        return _Model((found[0][0], found[1][0]), (found[0][1], found[1][1]), control * pooled[0])

    @cached_property
    def _weight(self) -> float:
        """How far the arms' own variances count: as far as these contradict the model beyond their noise."""
        model = self._model(self.ratio)
        noise = sum(
            (2 + OWN_NOISE * third**2 / variance**3) / n
            for n, variance, third in zip(self.sizes, model.variances, model.thirds, strict=True)
        )
        apart = math.log(self.own[0] / self.own[1]) - math.log(model.variances[0] / model.variances[1])
        return max(0.0, 1 - OWN_PENALTY * noise / apart**2) if apart else 0.0

    def _variances(self, ratio: float) -> _Model:
        model, weight = self._model(ratio), self._weight
        if not weight:
            return model
        blended = [v ** (1 - weight) * own**weight for v, own in zip(model.variances, self.own, strict=True)]
        thirds = [
            third * (new / old) ** 1.5 for third, new, old in zip(model.thirds, blended, model.variances, strict=True)
        ]
        return _Model((blended[0], blended[1]), (thirds[0], thirds[1]), model.control)

    def correction(self, ratio: float = 1.0) -> float:
        """Return γ/6, the sixth of the skewness of the statistic at a ratio."""
        return self._corrected(self._variances(ratio), ratio, 0.0)[1]

    @property
    def lopsidedness(self) -> float:
        """The largest correction (γ/6), either way, of the differences that may well be.

        In arms of equal size there is none at equal means. But the amounts of an arm that has twice the mean vary twice
        as much, so the statistic of that difference is as skewed as in uneven arms.
        """
        squares = (v / n / m**2 for v, n, m in zip(self.own, self.sizes, self.means, strict=True))
        reach = min(PLAUSIBLE * math.sqrt(sum(squares)), FARTHEST)
        places = (1.0, *(self.ratio * math.exp(reach * side) for side in (-1, 0, 1)))
        return max(abs(self._corrected(self._variances(place), 1.0, 0.0)[1]) for place in places)

    def of_ratio(self, ratio: float) -> float:
        """Return the deviate of treatment/control = ``ratio``; it falls with the ratio."""
        model = self._variances(ratio)
        statistic, sixth = self._corrected(model, ratio, self.means[1] - ratio * self.means[0])
        return deviate(statistic, sixth)

    def of_difference(self, ratio: float) -> float:
        """Return the deviate of the difference that goes with a ratio: see :meth:`difference`."""
        model = self._variances(ratio)
        excess = self.means[1] - self.means[0] - (ratio - 1) * model.control
        statistic, sixth = self._corrected(model, 1.0, excess)
        return deviate(statistic, sixth)

    def _corrected(self, model: _Model, ratio: float, excess: float) -> tuple[float, float]:
        """Return ``excess`` over the standard error of treatment − ratio · control, and γ/6 of that."""
        (n1, n2), (v1, v2), (k1, k2) = self.sizes, model.variances, model.thirds
        variance = v2 / n2 + ratio**2 * v1 / n1
        return excess / math.sqrt(variance), (k2 / n2**2 - ratio**3 * k1 / n1**2) / variance**1.5 / 6

    def difference(self, ratio: float) -> float:
        """Return the difference of the means at a ratio, with the control's mean as it is constrained there."""
        return (ratio - 1) * self._model(ratio).control * self.unit

    def ratio_at(self, difference: float) -> float:
        """Return the ratio that goes with a difference; the least or the greatest where none does."""
        low, high = math.log(self.ratio) - REACH, math.log(self.ratio) + REACH

        def apart(log_ratio: float) -> float:
            return (self.difference(math.exp(log_ratio)) - difference) / self.unit

        if apart(low) >= 0:
            return math.exp(low)
        return math.exp(high if apart(high) <= 0 else bracketed_root(apart, low, high))


def deviate(statistic: float, sixth: float) -> float:
    """Return the z that solves s = z + (γ/6)(z² − 1): Cornish & Fisher (1937), first term, as Laud (2017) uses it.

    Where its slope would pass 2, on the side against which the statistic is skewed, it goes on with that slope: the
    series says nothing there, and a deviate must grow with its statistic.
    """
    if sixth == 0:
        return statistic
    edge = -1 / (4 * sixth)
    at_edge = edge + sixth * (edge**2 - 1)
    if (statistic - at_edge) * sixth < 0:
        return edge + 2 * (statistic - at_edge)
    inside = 1 + 4 * sixth * (sixth + statistic)
    return 2 * (sixth + statistic) / (1 + math.sqrt(inside))


def skewed(control: Moments, treatment: Moments) -> Skewed | None:
    """Return two arms whose statistic skewness makes lopsided, or ``None`` where Welch's test serves.

    That is: third moments are known, no value is negative, at least two units of each arm have an amount, and the
    correction is not negligible at some difference that may well be.
    """
    if control.tail is None or treatment.tail is None or min(control.n, treatment.n) < 2:
        return None
    for arm in (control, treatment):
        if arm.tail is None or arm.tail.negative or arm.tail.positive < 2 or not arm.variance or not arm.mean:
            return None
        if math.sqrt(arm.variance) < LEAST_VARIATION * arm.mean:
            return None
    found = Skewed(control, treatment, (control.tail, treatment.tail))
    return found if found.lopsidedness > LOPSIDED else None


def compare_skewed(arms: Skewed, confidence: float) -> TwoSample:
    """Compare two means of skewed amounts, with one statistic for p-value, difference and lift.

    s = (x̄₂ − Rx̄₁)/√(v₂/n₂ + R²v₁/n₁) (for a difference δ: x̄₂ − x̄₁ − δ, over √(v₂/n₂ + v₁/n₁)), and z by
    ``deviate`` with γ = (κ₂/n₂² − R³κ₁/n₁²)/(…)^{3/2}; v and κ, the variances and third cumulants, constrained at R.
    Where the arms' own variances contradict the model by more than their noise, they take over by so much (an
    empirical-Bayes weight). Simulated in ``benchmarks/error_rates.py``. It is off where neither share nor amounts are
    scaled: a constant added to everybody's, or an arm whose values vary more at the same mean; yet less than Welch's.
    """
    alpha = 1 - confidence
    at_null = arms.of_ratio(1.0)
    p_value = min(1.0, 2 * lower_tail(-abs(at_null), arms.degrees))
    critical = critical_value(alpha, arms.degrees)
    shown = p_value < alpha
    low, high = (_bound(arms.of_ratio, arms.ratio, side * critical) for side in (1, -1))
    # Amounts are not negative, so nothing falls by more than all of it.
    lift = _effect(arms.ratio - 1, -1.0 if low is None else low - 1, None if high is None else high - 1, shown)
    ends = [_bound(arms.of_difference, arms.ratio, side * critical) for side in (1, -1)]
    low, high = (None if end is None else arms.difference(end) for end in ends)
    difference = _effect((arms.means[1] - arms.means[0]) * arms.unit, low, high, shown)
    return TwoSample(METHOD, difference, lift, p_value, at_null, float(arms.degrees), None)


def excess(arms: Skewed, value: float, *, relative: bool) -> float:
    """Return the deviate of a difference, or of a lift, of ``value``: positive where the estimate lies above it."""
    if relative:
        return arms.of_ratio(max(1 + value, math.exp(-REACH)))
    return arms.of_difference(arms.ratio_at(value))


def _bound(deviate_at: Callable[[float], float], ratio: float, target: float) -> float | None:
    """Return the ratio below (``target`` > 0) or above the estimated one at which the deviate is ``target``."""

    def apart(log_ratio: float) -> float:
        return deviate_at(math.exp(log_ratio)) - target

    start, side = math.log(ratio), -math.copysign(1, target)
    at_start = apart(start)
    if at_start * target >= 0:
        return ratio  # fewer units than any deviate could be large for: the estimate is the bound
    near, step = start, 0.25
    while step <= REACH:
        far = start + side * step
        if apart(far) * at_start <= 0:
            return math.exp(bracketed_root(apart, *sorted((near, far))))
        near, step = far, 2 * step
    return None


def _effect(estimate: float, low: float | None, high: float | None, shown: bool) -> Estimate:
    """Return an estimate with bounds that exclude 0 exactly when ``shown``; they move by rounding only."""
    kept = sided(-math.inf if low is None else low, math.inf if high is None else high, shown, estimate)
    found = [bound if math.isfinite(bound) else None for bound in kept]
    return Estimate(estimate, found[0], found[1], UNBOUNDED if None in found else None)
