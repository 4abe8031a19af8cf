"""Curves over consecutive periods since assignment: retention by week, orders per week, and amounts cumulated.

The principle. Each point stands on its own mature denominator, so half-mature customers count where they can. Points
of one curve share customers and are correlated; the sums of products tell how much, and the largest |statistic| under
that correlation gives one critical value for the whole curve. A band is the pointwise interval at the level of that
critical value. Band, pointwise interval and the test of the whole curve therefore never contradict each other.

Sources: Wilson and Miettinen–Nurminen as in ``rates``, Student and Welch as in ``means``; the cumulative amount is the
mean cumulative function with its robust variance, Lawless & Nadeau (1995), Technometrics 37:158-168, which is what R's
``survfit(Surv(start, stop, event), cluster = id)`` prints for counts.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import critical_value, without_test
from abtest.stats.curve_moments import CurveMoments
from abtest.stats.horizon import ArmEstimate, compare_estimates
from abtest.stats.means import compare_means, mean_interval
from abtest.stats.rates import agreeing, compare_many_rates, wilson
from abtest.stats.score import Floats
from abtest.stats.simultaneous import correlation, largest_exceeds, simultaneous_critical_value
from abtest.stats.values import Estimate, Moments, Rate, TwoSample
from abtest.words.reason import Reason

METHOD = "mean cumulative function z, lift by Fieller"
TEST = "largest |statistic| of the curve, multivariate normal"
NOBODY = Reason("why-nobody-mature")
NO_VARIATION = Reason("why-same-amount")


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One period of one arm.

    ``estimate`` holds the value with its pointwise interval, ``band`` the same value with the simultaneous one. ``n``
    units are mature for the period; ``variance`` is the sampling variance of the value.
    """

    n: int
    variance: float | None
    estimate: Estimate
    band: Estimate


@dataclass(frozen=True, slots=True)
class Curve:
    """One arm's points and the critical value of their band: ``None`` where no point varies, the band is pointwise."""

    points: tuple[CurvePoint, ...]
    critical_value: float | None


@dataclass(frozen=True, slots=True)
class CurveTest:
    """Do the two curves differ anywhere? ``statistic``: the largest |z| over ``points`` points that have one.

    ``p_value`` is below 1 − confidence exactly when the band excludes 0 somewhere.
    """

    method: str
    statistic: float | None
    points: int
    p_value: float | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class DifferencePoint:
    """Treatment against control in one period: ``pointwise`` by itself, ``band`` as part of the curve."""

    pointwise: TwoSample
    band: TwoSample


@dataclass(frozen=True, slots=True)
class CurveComparison:
    """The curve of the difference, its test as a whole, and the critical value of its band."""

    points: tuple[DifferencePoint, ...]
    test: CurveTest
    critical_value: float | None


def curve(moments: CurveMoments, confidence: float = CONFIDENCE, *, rate: bool) -> Curve:
    """Points of one arm: a rate (values 0 or 1) with Wilson's intervals, or a mean per unit with Student's t.

    Estimands: the mean of the period's value over all units of the arm, if the date of assignment tells nothing about
    it: late periods stand on early customers. The variance of a mean has the divisor n − 1, as in ``means``; that of a
    rate is p(1 − p)/n. A point without variation is not part of the band's critical value.
    """
    if rate:
        moments.check_rate()
    level, critical = _own_band(moments.covariance, confidence)

    def at(place: int, confidence: float) -> Estimate:
        if moments.n[place] == 0:
            return Estimate(None, None, None, NOBODY)
        return wilson(_rate(moments, place), confidence) if rate else mean_interval(_mean(moments, place), confidence)

    points = tuple(
        CurvePoint(int(n), _variance(moments, place, rate=rate), at(place, confidence), at(place, level))
        for place, n in enumerate(moments.n)
    )
    return Curve(points, critical)


def compare_curves(
    control: CurveMoments, treatment: CurveMoments, confidence: float = CONFIDENCE, *, rate: bool
) -> CurveComparison:
    """Compare two curves: score intervals for rates, Welch's for means, and the test of the whole curve.

    A point is compared exactly as a metric with that window is (``compare_rates``, ``compare_means``). The test's
    p-value is the probability that the largest of the correlated |z| exceeds the observed one when the arms do not
    differ; a statistic of Student's t counts as the normal deviate with the same p-value.
    """
    _same_periods(control, treatment)
    if rate:
        control.check_rate()
        treatment.check_rate()

    places = range(len(control.n))

    def at_all(level: float) -> Sequence[TwoSample]:
        if rate:
            return compare_many_rates([(_rate(control, place), _rate(treatment, place)) for place in places], level)
        return [compare_means(_mean(control, place), _mean(treatment, place), level) for place in places]

    return compare_points(at_all, control.covariance + treatment.covariance, confidence)


def cumulative(moments: CurveMoments, confidence: float = CONFIDENCE) -> Curve:
    """Amount per unit up to the end of each period: the mean cumulative function M_k = Σ_{j ≤ k} Σyⱼ/nⱼ.

    Estimand: the mean amount per unit up to the end of the period, if follow-up tells nothing about the amount. Robust
    variance Σ cov(mᵢ, mⱼ) over i, j ≤ k with divisor n (not n − 1): equal to R's. Normal intervals. ``n`` is the number
    mature for the period itself; from a period for which nobody is mature there is no estimate.
    """
    alpha = 1 - checks.confidence_level(confidence)
    totals, covariance = _cumulated(moments)
    level, critical = _own_band(covariance, confidence)
    band_alpha = alpha if critical is None else 1 - level
    points = []
    for place, n in enumerate(moments.n):
        if n == 0:
            nothing = Estimate(None, None, None, NOBODY)
            points.append(CurvePoint(0, None, nothing, nothing))
            continue
        value, variance = float(totals[place]), float(covariance[place, place])
        intervals = (_normal(value, variance, part) for part in (alpha, band_alpha))
        points.append(CurvePoint(int(n), variance, *intervals))
    return Curve(tuple(points), critical)


def compare_cumulative(
    control: CurveMoments, treatment: CurveMoments, confidence: float = CONFIDENCE
) -> CurveComparison:
    """Compare the cumulative amounts at the end of each period, by z, and the lift by Fieller.

    The last point is the comparison at the horizon, from mature and immature units. An arm without variation (nobody
    ordered) borrows its variance, see ``horizon.compare_estimates``.
    """
    _same_periods(control, treatment)
    both = control.plus(treatment)
    arms = [(arm.n, *_cumulated(arm)) for arm in (control, treatment)]
    together = np.diag(_cumulated(both)[1]) * both.n

    def at(place: int, level: float) -> TwoSample:
        missing = [name for name, arm in zip(("control", "treatment"), arms, strict=True) if arm[0][place] == 0]
        if missing:
            return without_test(METHOD, None, None, Reason.of("why-of-side", side=missing[0], because=NOBODY))
        first, second = (
            ArmEstimate(float(totals[place]), float(covariance[place, place]), int(n[place]))
            for n, totals, covariance in arms
        )
        return compare_estimates(METHOD, (first, second), float(together[place]), limit=math.inf, confidence=level)

    return compare_points(each(at, len(control.n)), arms[0][2] + arms[1][2], confidence)


def _same_periods(control: CurveMoments, treatment: CurveMoments) -> None:
    if control.periods != treatment.periods:
        raise ValueError(f"both arms must have the same periods, got {control.periods} and {treatment.periods}")


def _rate(moments: CurveMoments, place: int) -> Rate:
    return Rate(int(moments.totals[place, place]), int(moments.n[place]))


def _mean(moments: CurveMoments, place: int) -> Moments:
    n = int(moments.n[place])
    mean = float(moments.values[place]) if n else None
    return Moments(n, mean, float(moments.covariance[place, place]) * n * (n / (n - 1)) if n > 1 else None)


def _variance(moments: CurveMoments, place: int, *, rate: bool) -> float | None:
    n = int(moments.n[place])
    if n == 0 or (n == 1 and not rate):
        return None
    return float(moments.covariance[place, place]) * (1.0 if rate else n / (n - 1))


def _cumulated(moments: CurveMoments) -> tuple[Floats, Floats]:
    """Return the sums of the points up to each period, and their covariance."""
    sums = np.cumsum(np.nan_to_num(moments.values))
    return sums, np.cumsum(np.cumsum(moments.covariance, axis=0), axis=1)


def _normal(value: float, variance: float, alpha: float) -> Estimate:
    if variance <= 0:
        return Estimate(value, None, None, NO_VARIATION)
    half = critical_value(alpha, None) * math.sqrt(variance)
    return Estimate(value, value - half, value + half)


def _own_band(covariance: Floats, confidence: float) -> tuple[float, float | None]:
    """Level at which each point by itself has the simultaneous critical value, and that value."""
    checks.confidence_level(confidence)
    varies = np.diag(covariance) > 0
    if not varies.any():
        return confidence, None
    critical = simultaneous_critical_value(correlation(covariance[np.ix_(varies, varies)]), confidence)
    return band_level(critical, confidence), critical


def band_level(critical: float | None, confidence: float) -> float:
    """Return 1 − 2Φ(−c) for a critical value c, never below the pointwise level (which rounding could do)."""
    return confidence if critical is None else max(1 - 2 * float(special.ndtr(-critical)), confidence)


def each(at: Callable[[int, float], TwoSample], count: int) -> Callable[[float], Sequence[TwoSample]]:
    """Return what compares at all ``count`` places by what compares ``at`` one."""
    return lambda level: [at(place, level) for place in range(count)]


def compare_points(
    at_all: Callable[[float], Sequence[TwoSample]], covariance: Floats, confidence: float
) -> CurveComparison:
    """Compare at points whose differences have this covariance: by themselves, with a band, and as a whole.

    ``at_all`` compares at all places with a confidence level. The test agrees with the band.
    """
    alpha = 1 - checks.confidence_level(confidence)
    pointwise = at_all(confidence)
    tested = [place for place in range(len(covariance)) if _moves(pointwise[place], covariance[place, place])]
    if not tested:
        reason = next((one.reason for one in pointwise if one.reason is not None), Reason("why-no-point-varies"))
        points = tuple(DifferencePoint(one, one) for one in pointwise)
        return CurveComparison(points, CurveTest(TEST, None, 0, None, reason), None)
    matrix = _tested_correlation(covariance, tested)
    critical = simultaneous_critical_value(matrix, confidence)
    level = band_level(critical, confidence)
    bands = at_all(level)
    statistic = max(_deviate(pointwise[place].p_value) for place in tested)
    shown = any(_excludes_zero(bands[place].difference) for place in tested)
    p_value = agreeing(largest_exceeds(statistic, matrix), shown, alpha)
    test = CurveTest(TEST, statistic, len(tested), p_value, None)
    points = tuple(DifferencePoint(*pair) for pair in zip(pointwise, bands, strict=True))
    return CurveComparison(points, test, critical)


def _moves(one: TwoSample, variance: float) -> bool:
    """Whether chance can move the point: two arms without variation that agree are left out."""
    return one.p_value is not None and (variance > 0 or one.p_value < 1)


def _tested_correlation(covariance: Floats, tested: Sequence[int]) -> Floats:
    """Correlation of the differences; one without estimated variance (0 of n against n of n) is independent."""
    part = covariance[np.ix_(tested, tested)].copy()
    still = np.diag(part) <= 0
    part[still, :] = part[:, still] = 0.0
    part[still, still] = 1.0
    return correlation(part)


def _deviate(p_value: float | None) -> float:
    """Return the normal deviate with this two-sided p-value, at most what a computer can tell from certainty."""
    if p_value is None:
        return 0.0
    return -float(special.ndtri(max(p_value, 1e-300) / 2))


def _excludes_zero(difference: Estimate) -> bool:
    return (difference.low is not None and difference.low > 0) or (difference.high is not None and difference.high < 0)
