"""The odds ratio of two rates by the score method."""

import math

import numpy as np

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.score import ALL, FARTHEST, TINY, Floats, Some, meet, no_effect, standardised
from abtest.stats.values import Estimate, Rate
from abtest.words.reason import Reason


def odds_ratio(control: Rate, treatment: Rate, confidence: float = CONFIDENCE) -> Estimate:
    """Odds ratio of treatment over control with its score interval: Miettinen & Nurminen (1985), Stat. Med. 4:213-226.

    With the correction for skewness of Laud (2017), and the exact test where events are few. Estimand:
    [p_t/(1 − p_t)] / [p_c/(1 − p_c)]; 1 is no effect. At no effect the statistic is that of ``compare_rates``, so the
    interval excludes 1 exactly when that p-value is below 1 − confidence. An odds ratio is no ratio of rates: at 40 %
    against 50 % it is 1.5 where the lift is 25 %. Prefer the lift unless a model asks for odds.
    """
    alpha = 1 - checks.confidence_level(confidence)
    if control.n == 0 or treatment.n == 0:
        empty = "control" if control.n == 0 else "treatment"
        return Estimate(None, None, None, Reason.of("why-side-without-units", side=empty))
    successes, failures = control.successes + treatment.successes, control.n + treatment.n
    failures -= successes
    if successes == 0 or failures == 0:
        return Estimate(None, None, None, Reason.of("why-no-odds", lacking="success" if successes == 0 else "failure"))
    x_c, n_c, x_t, n_t = (
        np.array([float(count)]) for count in (control.successes, control.n, treatment.successes, treatment.n)
    )
    equal = no_effect(x_c, n_c, x_t, n_t)
    statistic, significant, critical = equal.statistic, float(equal.p_value[0]) < alpha, equal.critical(alpha)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        low = float(lowest_odds_ratio(x_t, n_t, x_c, n_c, critical)[0])
        inverse = float(lowest_odds_ratio(x_c, n_c, x_t, n_t, critical)[0])
    high = 1 / inverse if inverse else None
    above, below = significant and statistic[0] > 0, significant and statistic[0] < 0
    # The side of 1 is the test's, so that rounding cannot make the two disagree.
    low = max(low, math.nextafter(1, 2)) if above else min(low, 1.0)
    if high is not None:
        high = min(high, math.nextafter(1, 0)) if below else max(high, 1.0)
    denominator = control.successes * (treatment.n - treatment.successes)
    if denominator == 0:
        return Estimate(None, max(low, TINY), None, Reason("why-odds-unbounded"))
    return Estimate(treatment.successes * (control.n - control.successes) / denominator, low, high)


def lowest_odds_ratio(
    x: Floats, n: Floats, y: Floats, m: Floats, critical: Floats, *, corrected: bool = True
) -> Floats:
    """Lower bound of the odds ratio of x/n over y/m.

    With the multiplier ν of log(odds ratio) the first arm has x − ν and the second y + ν expected successes. With the
    variances v = nP(1 − P) and w = mQ(1 − Q) the squared statistic is ν²(1/v + 1/w), and the third moment that of
    the difference of the two scores, (1 − 2P)/v² − (1 − 2Q)/w². The root is sought in ν over what is left to its end.
    """
    failures, factor = m - y, (n + m) / (n + m - 1)
    nothing = (x == 0) | (failures == 0)
    x, failures = np.where(nothing, 0.5, x), np.where(nothing, 0.5, failures)
    misses, hits = np.where(nothing, n, n - x), np.where(nothing, m, m - failures)
    square, most = critical**2 * factor, np.minimum(x, failures)
    alone = _single_arm_odds(x, misses, square), _single_arm_odds(failures, hits, square)
    guess = 1 / np.sqrt(alone[0] ** -2 + alone[1] ** -2)
    start = guess / np.maximum(most - guess, 1e-9 * most)

    def shares(v: Floats, some: Some = ALL) -> tuple[Floats, tuple[Floats, Floats], tuple[Floats, Floats]]:
        end = most[some]
        nu, left = end * (v / (1 + v)), end / (1 + v)
        first = (x[some] - end) + left, misses[some] + nu
        return nu, first, ((failures[some] - end) + left, hits[some] + nu)

    def at(v: Floats, some: Some = ALL) -> tuple[Floats, Floats]:
        nu, *arms = shares(v, some)
        inverse = [1 / low + 1 / high for low, high in arms]
        # (1 − 2P)/n of the first arm, and of the failures of the second: (high − low)/(high + low)².
        third = [of**2 * ((high - low) / (low + high)) for of, (low, high) in zip(inverse, arms, strict=True)]
        return standardised(nu, inverse[0] + inverse[1], corrected * (third[0] + third[1]), factor[some])

    v = meet(at, start, critical, nothing)
    _, (hit, miss), (fail, other) = shares(v)
    return np.where(nothing | (v >= FARTHEST), 0.0, hit * fail / (miss * other))


def _single_arm_odds(low: Floats, high: Floats, square: Floats) -> Floats:
    """ν at which ν²(a + b) = square · (a − ν)(b + ν), in the form of the root that does not cancel."""
    linear = square * (high - low)
    lead = low + high + square
    root = np.sqrt(linear**2 + 4 * lead * square * low * high)
    falling = (root - linear) / (2 * lead)
    return np.where(linear > 0, 2 * square * low * high / np.where(linear > 0, linear + root, 1.0), falling)
