"""The odds ratio of two rates by the score method."""

import math

import numpy as np

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.score import TINY, Floats, critical_square, descend, null_statistic, two_sided
from abtest.stats.values import Estimate, Rate


def odds_ratio(control: Rate, treatment: Rate, confidence: float = CONFIDENCE) -> Estimate:
    """Odds ratio of treatment over control with its score interval: Miettinen & Nurminen (1985), Stat. Med. 4:213-226.

    Estimand: [p_t/(1 − p_t)] / [p_c/(1 − p_c)]; 1 is no effect. At no effect the statistic is that of
    ``compare_rates``, so the interval excludes 1 exactly when that p-value is below 1 − confidence. An odds ratio is no
    ratio of rates: at 40 % against 50 % it is 1.5 where the lift is 25 %. Prefer the lift unless a model asks for odds.
    """
    alpha = 1 - checks.confidence_level(confidence)
    if control.n == 0 or treatment.n == 0:
        return Estimate(None, None, None, f"the {'control' if control.n == 0 else 'treatment'} has no units")
    successes, failures = control.successes + treatment.successes, control.n + treatment.n
    failures -= successes
    if successes == 0 or failures == 0:
        word = "a success" if successes == 0 else "a failure"
        return Estimate(None, None, None, f"neither arm has {word}, so the odds cannot be compared")
    x_c, n_c, x_t, n_t = (
        np.array([float(count)]) for count in (control.successes, control.n, treatment.successes, treatment.n)
    )
    statistic = null_statistic(x_c, n_c, x_t, n_t)
    significant = float(two_sided(statistic)[0]) < alpha
    square = critical_square(alpha, n_c + n_t)
    low = float(lowest_odds_ratio(x_t, n_t, x_c, n_c, square)[0])
    inverse = float(lowest_odds_ratio(x_c, n_c, x_t, n_t, square)[0])
    high = 1 / inverse if inverse else None
    above, below = significant and statistic[0] > 0, significant and statistic[0] < 0
    # The side of 1 is the test's, so that rounding cannot make the two disagree.
    low = max(low, math.nextafter(1, 2)) if above else min(low, 1.0)
    if high is not None:
        high = min(high, math.nextafter(1, 0)) if below else max(high, 1.0)
    denominator = control.successes * (treatment.n - treatment.successes)
    if denominator == 0:
        return Estimate(None, max(low, TINY), None, "an arm has no success or no failure: the odds ratio is unbounded")
    return Estimate(treatment.successes * (control.n - control.successes) / denominator, low, high)


def lowest_odds_ratio(x: Floats, n: Floats, y: Floats, m: Floats, square: Floats) -> Floats:
    """Lower bound of the odds ratio of x/n over y/m.

    With the multiplier ν of log(odds ratio) the first arm has x − ν and the second y + ν expected successes, and the
    squared statistic is ν²[1/(n P(1 − P)) + 1/(m Q(1 − Q))] at those rates.
    """
    failures = m - y
    nothing = (x == 0) | (failures == 0)
    x, failures = np.where(nothing, 0.5, x), np.where(nothing, 0.5, failures)
    misses, hits = np.where(nothing, n, n - x), np.where(nothing, m, m - failures)
    start = np.minimum(_single_arm_odds(x, misses, square), _single_arm_odds(failures, hits, square))

    def squared(nu: Floats) -> tuple[Floats, Floats]:
        value, slope = np.zeros_like(nu), np.zeros_like(nu)
        for low, high in ((x, misses), (failures, hits)):
            # ν²(a + b)/((a − ν)(b + ν)) = ν²/(a − ν) + ν²/(b + ν): a sum of convex terms.
            value = value + nu**2 / (low - nu) + nu**2 / (high + nu)
            slope = slope + nu * ((2 * low - nu) / (low - nu) ** 2 + (2 * high + nu) / (high + nu) ** 2)
        return value, slope

    nu = descend(squared, start, square)
    return np.where(nothing, 0.0, (x - nu) * (failures - nu) / ((misses + nu) * (hits + nu)))


def _single_arm_odds(low: Floats, high: Floats, square: Floats) -> Floats:
    """ν at which ν²(a + b) = square · (a − ν)(b + ν), in the form of the root that does not cancel."""
    linear = square * (high - low)
    lead = low + high + square
    root = np.sqrt(linear**2 + 4 * lead * square * low * high)
    falling = (root - linear) / (2 * lead)
    return np.where(linear > 0, 2 * square * low * high / np.where(linear > 0, linear + root, 1.0), falling)
