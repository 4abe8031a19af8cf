"""Rates (retention, conversion): Wilson intervals, the score comparison of two arms, margins, and all arms at once.

One score statistic serves the p-value, the difference and the lift, so the three never contradict each other. The
formulas and their sources are in ``score``.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.score import deviate_at_difference, deviate_at_ratio, score_bounds
from abtest.stats.values import ChiSquare, Estimate, MarginTest, OverallTest, Rate, TwoSample
from abtest.words.reason import Reason

Scale = Literal["absolute", "relative"]
Good = Literal["up", "down"]
Side = Literal["above", "below"]

METHOD = "Miettinen–Nurminen score, skewness-corrected"
FEW_METHOD = "exact conditional test of few events (mid-p)"
NO_CONTROL_SUCCESS = Reason("why-control-without-success")
NO_SUCCESS = Reason("why-no-success")


def wilson(rate: Rate, confidence: float = CONFIDENCE) -> Estimate:
    """Interval for one rate: Wilson (1927), J. Am. Stat. Assoc. 22:209-212.

    Estimand: the probability of the event for one unit of the arm. Assumes independent units. The bounds are the rates
    that a score test would just not reject; they never leave [0, 1] and do not collapse at 0 or n successes.
    Do not read the overlap of two arms' intervals as a comparison: use ``compare_rates``.
    """
    alpha = 1 - checks.confidence_level(confidence)
    if rate.value is None:
        return Estimate(None, None, None, Reason("why-no-units"))
    square = float(special.ndtri(alpha / 2)) ** 2
    half = math.sqrt(square**2 + 4 * square * rate.successes * ((rate.n - rate.successes) / rate.n))
    high = min((2 * rate.successes + square + half) / (2 * (rate.n + square)), 1.0)
    # The product of the two roots is x²/(n(n + z²)): so taken, the lower bound keeps its digits at tiny rates.
    low = rate.value * (rate.successes / ((rate.n + square) * high))
    return Estimate(rate.value, low, max(high, rate.value))


def compare_rates(control: Rate, treatment: Rate, confidence: float = CONFIDENCE) -> TwoSample:
    """Score comparison of two rates, corrected for skewness: Laud (2017), Pharm. Stat. 16:334-348, "SCAS".

    Estimands: the difference p_t − p_c as a fraction, and the lift p_t/p_c − 1. The p-value is two-sided. Assumes
    independent units with one binary outcome each and arms of fixed size; for randomised clusters use ``clusters``.
    The statistic is that of Miettinen & Nurminen (1985), Stat. Med. 4:213-226 (Pearson's √χ² times √((N − 1)/N); the
    ratio as Koopman 1984) with its skewness taken out, which changes nothing at no effect in arms of equal size.

    Where an arm expects fewer than five events, or units without one, the p-value is the exact one given the total of
    events (``sparse``), and the intervals are those of the score read on a scale stretched to agree with it at no
    effect. Without a success in the control the lift has only a lower bound; without one in either arm it has nothing.
    """
    return compare_many_rates([(control, treatment)], confidence)[0]


def compare_many_rates(pairs: Sequence[tuple[Rate, Rate]], confidence: float = CONFIDENCE) -> list[TwoSample]:
    """Return ``compare_rates`` of many pairs of control and treatment, all solved at once; equal to the last digit."""
    checks.confidence_level(confidence)
    missing = [_missing_arm(*pair) for pair in pairs]
    tables = np.array(
        [_table(*pair) for pair, reason in zip(pairs, missing, strict=True) if reason is None], dtype=float
    )
    x_c, n_c, x_t, n_t = tables.reshape(-1, 4).T
    bounds = score_bounds(x_c, n_c, x_t, n_t, confidence) if len(tables) else None
    found, place = [], 0
    for (control, treatment), reason in zip(pairs, missing, strict=True):
        if reason is not None or bounds is None:
            nothing = Estimate(None, None, None, reason)
            found.append(TwoSample(METHOD, nothing, nothing, None, None, None, reason))
            continue
        p_c, p_t = control.successes / control.n, treatment.successes / treatment.n
        low, high = float(bounds.difference_low[place]), float(bounds.difference_high[place])
        lift = _lift(p_c, p_t, float(bounds.lift_low[place]), float(bounds.lift_high[place]))
        p_value, statistic = float(bounds.p_value[place]), float(bounds.statistic[place])
        difference = Estimate(p_t - p_c, low, high)
        method = FEW_METHOD if bounds.few[place] else METHOD
        found.append(TwoSample(method, difference, lift, p_value, statistic, None, None))
        place += 1
    return found


def _missing_arm(control: Rate, treatment: Rate) -> Reason | None:
    if control.n == 0:
        return Reason.of("why-side-without-units", side="control")
    return Reason.of("why-side-without-units", side="treatment") if treatment.n == 0 else None


def _table(control: Rate, treatment: Rate) -> tuple[int, int, int, int]:
    return control.successes, control.n, treatment.successes, treatment.n


def _lift(p_c: float, p_t: float, low: float, high: float) -> Estimate:
    if p_c > 0:
        return Estimate(p_t / p_c - 1, low, high)
    if p_t > 0:
        return Estimate(None, low, None, NO_CONTROL_SUCCESS)
    return Estimate(None, None, None, NO_SUCCESS)


def rate_margin_test(
    control: Rate,
    treatment: Rate,
    margin: float,
    scale: Scale,
    good: Good,
    *,
    confidence: float = CONFIDENCE,
) -> MarginTest:
    """Non-inferiority by the score statistic *at the margin*: Farrington & Manning (1990), Stat. Med. 9:1447-1454.

    With the correction for skewness, and the exact scale where events are few, of ``compare_rates``.

    ``margin`` > 0 is the largest loss that would still be accepted: a fraction of units (``scale`` absolute) or of the
    control's rate (relative). With ``good`` up the hypothesis to reject is p_t − p_c ≤ −margin (ratio ≤ 1 − margin),
    with ``good`` down p_t − p_c ≥ margin (ratio ≥ 1 + margin). ``shown`` when the one-sided p-value is below half of
    1 − confidence, which is when the two-sided interval of ``compare_rates`` excludes the margin.
    The margin must be fixed before the data are seen; "not significant" is no evidence of non-inferiority.
    """
    checks.one_of("scale", scale, ("absolute", "relative"))
    checks.one_of("good", good, ("up", "down"))
    margin = checks.positive_margin(margin, below_one=scale == "absolute" or good == "up")
    if good == "up":
        return rate_excess_test(control, treatment, -margin, scale, "above", confidence=confidence)
    return rate_excess_test(control, treatment, margin, scale, "below", confidence=confidence)


def rate_excess_test(
    control: Rate,
    treatment: Rate,
    value: float,
    scale: Scale,
    side: Side,
    *,
    confidence: float = CONFIDENCE,
) -> MarginTest:
    """One-sided score test that the difference (absolute) or lift (relative) lies ``side`` of ``value``.

    The rate pair is constrained to ``value`` in the variance. ``shown`` at half of 1 − confidence, in step with the
    two-sided interval of ``compare_rates``. All margin tests of rates are this one.
    """
    checks.one_of("side", side, ("above", "below"))
    alpha = 1 - checks.confidence_level(confidence)
    missing = _missing_arm(control, treatment)
    if missing is None and scale == "relative" and control.successes + treatment.successes == 0:
        missing = NO_SUCCESS
    if missing is not None:
        return MarginTest(None, False, missing)
    x_c, n_c, x_t, n_t = (np.array([float(count)]) for count in _table(control, treatment))
    bounds = score_bounds(x_c, n_c, x_t, n_t, confidence)
    if scale == "absolute":
        statistic = float(deviate_at_difference(x_c, n_c, x_t, n_t, value)[0])
        low, high = float(bounds.difference_low[0]), float(bounds.difference_high[0])
    else:
        statistic = float(deviate_at_ratio(x_c, n_c, x_t, n_t, 1 + value)[0])
        low, high = float(bounds.lift_low[0]), float(bounds.lift_high[0])
    p_value = float(special.ndtr(-statistic if side == "above" else statistic))
    shown = low > value if side == "above" else high < value
    return MarginTest(agreeing(p_value, shown, alpha / 2), shown, None)


def agreeing(p_value: float, shown: bool, level: float) -> float:
    """Return the p-value on the interval's side of ``level``; it moves only by rounding error, if at all."""
    return min(p_value, math.nextafter(level, 0)) if shown else max(p_value, level)


def overall_rates(rates: Sequence[Rate]) -> ChiSquare:
    """Do all arms have the same rate? Pearson (1900) χ² of the k × 2 table, k − 1 degrees of freedom, no correction.

    Assumes independent units and expected counts of about 5 or more. Arms without units leave the degrees of freedom.
    When nobody, or everybody, has the event the arms agree exactly: statistic 0, p = 1. For two arms of equal size the
    statistic is N/(N − 1) times the square of that of ``compare_rates``.
    """
    used = [rate for rate in rates if rate.n]
    if len(used) < 2:
        return OverallTest(None, None, None, Reason("why-fewer-arms-with-units"))
    total = sum(rate.n for rate in used)
    successes = sum(rate.successes for rate in used)
    pooled = successes / total
    spread = pooled * ((total - successes) / total)
    deviations = (rate.n * (rate.successes / rate.n - pooled) ** 2 for rate in used)
    statistic = math.fsum(deviations) / spread if spread else 0.0
    degrees = len(used) - 1
    return OverallTest(statistic, float(degrees), float(special.chdtrc(degrees, statistic)))
