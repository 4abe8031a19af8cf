"""Means and sums per unit: t intervals, Welch's comparison with Fieller's lift, margins, and all arms at once.

Units without events count with the value 0, so a mean over units is also a sum per unit. All is computed from moments.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import (
    GREATEST,
    NO_VARIATION,
    contrast,
    critical_value,
    lower_tail,
    satterthwaite,
    standardised,
    without_test,
)
from abtest.stats.rates import Good, Scale, Side, agreeing
from abtest.stats.skewed import compare_skewed, excess, skewed
from abtest.stats.values import Estimate, MarginTest, Moments, OverallTest, TwoSample
from abtest.words.reason import Reason

METHOD = "Welch t, lift by Fieller"


def mean_interval(moments: Moments, confidence: float = CONFIDENCE) -> Estimate:
    """Student's (1908) t interval for the mean of one arm.

    Estimand: the mean per unit. Assumes independent units and a mean that is nearly normal, which heavy tails delay:
    winsorise then. Without two units, or without variation, there is a mean and no interval.
    """
    alpha = 1 - checks.confidence_level(confidence)
    if moments.mean is None:
        return Estimate(None, None, None, Reason("why-no-units"))
    error = moments.standard_error
    if error is None:
        return Estimate(moments.mean, None, None, Reason("why-one-unit"))
    if error == 0:
        return Estimate(moments.mean, None, None, Reason("why-no-variation"))
    half = critical_value(alpha, moments.n - 1) * error
    return Estimate(moments.mean, moments.mean - half, moments.mean + half)


@dataclass(frozen=True, slots=True)
class _Welch:
    """Two means with the squared standard errors of each and Satterthwaite's degrees of freedom."""

    control: float
    treatment: float
    square_c: float
    square_t: float
    degrees: float

    @property
    def difference(self) -> float:
        return self.treatment - self.control

    def statistic(self, excess: float, ratio: float = 1.0) -> float:
        """``excess`` over its standard error, that of treatment − ratio · control."""
        return standardised(excess, self.square_t + ratio**2 * self.square_c)


def _welch(control: Moments, treatment: Moments) -> _Welch | Reason:
    """Return the ingredients of Welch's test, or the reason why there is none."""
    if control.mean is None or treatment.mean is None:
        return Reason.of("why-side-without-units", side="control" if control.mean is None else "treatment")
    if control.variance is None or treatment.variance is None:
        arm = "control" if control.variance is None else "treatment"
        return Reason.of("why-side-with-one-unit", side=arm)
    square_c, square_t = control.variance / control.n, treatment.variance / treatment.n
    if square_c + square_t == 0:
        return NO_VARIATION
    degrees = satterthwaite((square_c, square_t), (control.n - 1, treatment.n - 1))
    return _Welch(control.mean, treatment.mean, square_c, square_t, degrees)


def compare_means(control: Moments, treatment: Moments, confidence: float = CONFIDENCE) -> TwoSample:
    """Welch's (1947) t test, Biometrika 34:28-35, with the lift by Fieller (1954), J. R. Stat. Soc. B 16:175-185.

    Estimands: the difference of the means, and the lift: the difference divided by the *absolute value* of the control
    mean, so that a positive lift always means more, also where the control mean is negative (a loss). Difference and
    lift use the same statistic, degrees of freedom and critical value, so they exclude 0 together.
    Fieller's set can be unbounded when the control mean is not distinguishable from 0: then the branch that holds the
    estimate is given with one bound, or no bound if that branch alone would contradict the p-value.
    Amounts so skewed, in arms so uneven, that Welch's test would err on one side go to ``compare_skewed`` where the
    moments have their tails. Else assumes independent units and nearly normal means; for randomised clusters use
    ``compare_clusters``.
    """
    checks.confidence_level(confidence)
    lopsided = skewed(control, treatment)
    if lopsided is not None:
        return compare_skewed(lopsided, confidence)
    welch = _welch(control, treatment)
    if isinstance(welch, Reason):
        return without_test(METHOD, control.mean, treatment.mean, welch)
    errors = (welch.square_c, welch.square_t, 0.0)
    return contrast(METHOD, welch.control, welch.difference, errors, welch.degrees, confidence=confidence)


def mean_margin_test(
    control: Moments,
    treatment: Moments,
    margin: float,
    scale: Scale,
    good: Good,
    *,
    confidence: float = CONFIDENCE,
) -> MarginTest:
    """Non-inferiority of a mean by Welch's statistic at the margin (relative: Fieller's statistic at 1 ∓ margin).

    ``margin`` > 0 is the largest loss still accepted: in the metric's unit (absolute), or as a fraction of the absolute
    control mean (relative). With ``good`` up the hypothesis to reject is difference ≤ −margin, with ``good`` down
    difference ≥ margin. ``shown`` when the one-sided p-value is below half of 1 − confidence; it agrees with the
    interval of ``compare_means`` wherever that is bounded on both sides. See Hauschke et al. (1999) for the ratio.
    """
    checks.one_of("scale", scale, ("absolute", "relative"))
    checks.one_of("good", good, ("up", "down"))
    margin = checks.positive_margin(margin, below_one=scale == "relative" and good == "up")
    if good == "up":
        return mean_excess_test(control, treatment, -margin, scale, "above", confidence=confidence)
    return mean_excess_test(control, treatment, margin, scale, "below", confidence=confidence)


def mean_excess_test(
    control: Moments,
    treatment: Moments,
    value: float,
    scale: Scale,
    side: Side,
    *,
    confidence: float = CONFIDENCE,
) -> MarginTest:
    """One-sided test that the difference (absolute) or lift (relative) lies ``side`` of ``value``.

    The statistic is Welch's (relative: Fieller's at the ratio 1 ± ``value``), or that of ``compare_skewed``. ``shown``
    at half of 1 − confidence. All margin tests of means are this one.
    """
    checks.one_of("side", side, ("above", "below"))
    checks.confidence_level(confidence)
    welch = _welch(control, treatment)
    if isinstance(welch, Reason):
        return MarginTest(None, False, welch)
    lopsided, degrees = skewed(control, treatment), welch.degrees
    if lopsided is not None:
        statistic, degrees = excess(lopsided, value, relative=scale == "relative"), lopsided.degrees
    elif scale == "absolute":
        statistic = welch.statistic(welch.difference - value)
    elif welch.control == 0:
        return MarginTest(None, False, Reason("why-margin-without-size"))
    else:
        ratio = 1 + math.copysign(1, welch.control) * value
        statistic = welch.statistic(welch.difference - value * abs(welch.control), ratio)
    p_value = lower_tail(-statistic if side == "above" else statistic, degrees)
    level = (1 - confidence) / 2
    comparison = compare_means(control, treatment, confidence)
    effect = comparison.difference if scale == "absolute" else comparison.lift
    shown = _excluded(effect, value, side, p_value < level)
    return MarginTest(agreeing(p_value, shown, level), shown, None)


def _excluded(effect: Estimate, value: float, side: Side, significant: bool) -> bool:
    """Let the interval decide where rounding could; where it has no bound on that side the test decides alone."""
    bound = effect.low if side == "above" else effect.high
    if bound is None or not math.isclose(bound, value, rel_tol=1e-9):
        return significant
    return bound > value if side == "above" else bound < value


def overall_means(moments: Sequence[Moments]) -> OverallTest:
    """Do all arms have the same mean? Welch's (1951) heteroscedastic F test, Biometrika 38:330-336.

    Assumes independent units and nearly normal means, not equal variances. With two arms F is the square of Welch's t.
    An arm with fewer than two units, or without variation, has no weight in it, so there is no result.
    """
    if len(moments) < 2:
        return OverallTest(None, None, None, Reason("why-fewer-arms-given"))
    if any(arm.n < 2 for arm in moments):
        return OverallTest(None, None, None, Reason("why-arm-with-few-units"))
    variances = [arm.variance or 0.0 for arm in moments]
    least = min(variances)
    if least == 0:
        return OverallTest(None, None, None, Reason("why-arm-without-variation"))
    # Weights n/variance, times the least variance so that they stay in range.
    weights = [arm.n * (least / variance) for arm, variance in zip(moments, variances, strict=True)]
    means = [arm.mean or 0.0 for arm in moments]
    # Weighted deviations from the first mean, not from 0: large means keep their digits.
    total, arms = math.fsum(weights), len(moments)
    centre = math.fsum(w * (m - means[0]) for w, m in zip(weights, means, strict=True)) / total
    between = math.fsum(w * (m - means[0] - centre) ** 2 for w, m in zip(weights, means, strict=True))
    spread = math.fsum((1 - w / total) ** 2 / (arm.n - 1) for w, arm in zip(weights, moments, strict=True))
    scale = least * (arms - 1) * (1 + 2 * (arms - 2) / (arms**2 - 1) * spread)
    statistic = min(between / scale, GREATEST)
    second = (arms**2 - 1) / (3 * spread)
    return OverallTest(statistic, arms - 1.0, float(special.fdtrc(arms - 1, second, statistic)), None, second)
