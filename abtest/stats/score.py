"""Score statistics and interval bounds for two binomial rates, for whole arrays of tables at once.

The principle. Fix the value δ of a contrast (difference, ratio or odds ratio) and maximise the likelihood under it. The
Lagrange multiplier m of that constraint is the score, and each arm's constrained rate is a *closed form* in m. Put so,
the squared score statistic is a convex, increasing function of m, which Newton's method started above its root descends
without ever crossing it. No cubic has to be solved, nothing cancels at rates of one in a million, and no bracket can
fail. The bound itself is the contrast of the two constrained rates at the root.

Sources: Miettinen & Nurminen (1985), Statistics in Medicine 4:213-226 (difference, ratio and odds ratio,
with the factor N/(N − 1)); Koopman (1984), Biometrics 40:513-517 (ratio); Farrington & Manning (1990).

Every bound is computed as the *lower* bound of the first arm over the second; an upper bound is the mirrored lower
bound of the swapped arms. Exchanging the arms therefore mirrors every result exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

TINY = float(np.finfo(np.float64).tiny)
MAX_STEPS = 100
TOLERANCE = 1e-14


@dataclass(frozen=True, slots=True)
class ScoreBounds:
    """Arrays, one entry per table: the statistic at no effect, its p-value, and the bounds.

    ``lift_low`` is −1 and ``lift_high`` is infinite where the data do not bound the ratio on that side.
    """

    statistic: Floats
    p_value: Floats
    difference_low: Floats
    difference_high: Floats
    lift_low: Floats
    lift_high: Floats


def null_statistic(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats) -> Floats:
    """Score statistic at equal rates: (p_t − p_c) / √(p̄ q̄ (1/n_c + 1/n_t) N/(N − 1)), 0 where p̄ is 0 or 1."""
    total = n_c + n_t
    pooled = (x_c + x_t) / total
    spread = pooled * ((n_c - x_c) + (n_t - x_t)) / total
    variance = spread * (1 / n_c + 1 / n_t) * (total / (total - 1))
    difference = x_t / n_t - x_c / n_c
    return np.where(variance > 0, difference / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)


def two_sided(statistic: Floats) -> Floats:
    """Two-sided normal p-value of a statistic."""
    p_value: Floats = 2 * special.ndtr(-np.abs(statistic))
    return p_value


def score_bounds(x_c: ArrayLike, n_c: ArrayLike, x_t: ArrayLike, n_t: ArrayLike, confidence: float) -> ScoreBounds:
    """Bounds of difference and lift for arrays of tables with n_c, n_t ≥ 1 that broadcast together."""
    x_c, n_c, x_t, n_t = np.broadcast_arrays(*(np.atleast_1d(np.asarray(a, dtype=float)) for a in (x_c, n_c, x_t, n_t)))
    statistic = null_statistic(x_c, n_c, x_t, n_t)
    p_value = two_sided(statistic)
    alpha = 1 - confidence
    # First row: treatment over control; second row: control over treatment.
    x, n = np.stack([x_t, x_c]), np.stack([n_t, n_c])
    y, m = x[::-1], n[::-1]
    square = critical_square(alpha, n_c + n_t)
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = lowest_difference(x, n, y, m, square)
        ratio = lowest_ratio(x, n, y, m, square)
        lift, inverse = ratio[0] - 1, 1 / ratio[1] - 1
    # The bounds take their side of "no effect" from the p-value, so that rounding cannot make the two disagree.
    up, down = (p_value < alpha) & (statistic > 0), (p_value < alpha) & (statistic < 0)
    return ScoreBounds(
        statistic,
        p_value,
        _on_its_side(difference[0], up),
        -_on_its_side(difference[1], down),
        _on_its_side(lift, up),
        -_on_its_side(-inverse, down),
    )


def critical_square(alpha: float, total: Floats) -> Floats:
    """Squared critical value times N/(N − 1), the factor of Miettinen & Nurminen (1985)."""
    return np.asarray(special.ndtri(alpha / 2) ** 2 * total / (total - 1))


def lowest_difference(x: Floats, n: Floats, y: Floats, m: Floats, square: Floats) -> Floats:
    """Lower bound of x/n − y/m.

    The multiplier λ pulls the first arm's rate P down and the second arm's rate up, that is, its complement Q down, by
    one and the same rule (``_pulled``). With V the variance of the difference at the constrained rates, the squared
    statistic is λ²V and the bound is the observed difference − λV.
    """
    failures = m - y
    start = np.minimum(_single_arm_multiplier(x, n, square), _single_arm_multiplier(failures, m, square))
    # x = 0 of n against m of m: the difference is −1 already and no multiplier moves it.
    fixed = np.isinf(start)

    def squared(multiplier: Floats) -> tuple[Floats, Floats]:
        first, slope_first = _pulled(x, n, multiplier)
        second, slope_second = _pulled(failures, m, multiplier)
        value, slope = multiplier**2 * (first + second), multiplier * (slope_first + slope_second)
        return np.where(fixed, square, value), np.where(fixed, 1.0, slope)

    root = descend(squared, np.where(fixed, 1.0, start), square)
    variance = _pulled(x, n, root)[0] + _pulled(failures, m, root)[0]
    return np.where(fixed, -1.0, np.maximum(x / n - y / m - root * variance, -1.0))


def _pulled(x: Floats, n: Floats, multiplier: Floats) -> tuple[Floats, Floats]:
    """Variance P(1 − P)/n of an arm pulled down by λ, and the slope of its share of λ²V, divided by λ.

    P solves λP(1 − P) = x − nP. Each of P and 1 − P is taken from the form of the root in which nothing cancels.
    """
    root = np.sqrt((n - multiplier) ** 2 + 4 * multiplier * (n - x))
    rate = 2 * x / (n + multiplier + root)
    above = multiplier > n
    complement = np.where(
        above,
        (multiplier - n + root) / (2 * multiplier),
        2 * (n - x) / np.where(above | (x == n), 1.0, n - multiplier + root),
    )
    spread = rate * complement
    return spread / n, spread * (1 / n + 1 / np.maximum(root, TINY))


def _single_arm_multiplier(x: Floats, n: Floats, square: Floats) -> Floats:
    """λ at which one arm alone reaches the critical value: never below the root, at most twice the square there."""
    spread, skew = (x / n) * ((n - x) / n), (n - 2 * x) / n
    root = np.sqrt((skew * square) ** 2 + 4 * spread * square * (n + square))
    return np.where(
        skew >= 0, (skew * square + root) / (2 * spread), 2 * square * (n + square) / (root - skew * square)
    )


def lowest_ratio(x: Floats, n: Floats, y: Floats, m: Floats, square: Floats) -> Floats:
    """Lower bound of (x/n) / (y/m).

    With the multiplier μ of log(ratio) the constrained rates are (x − μ)/(n − μ) and (y + μ)/(m + μ), and the squared
    statistic is μ²[(1 − x/n)/(x − μ) + (1 − y/m)/(y + μ)].
    """
    empty, full = x == 0, x == n
    x = np.where(empty, 0.5, x)  # any value: the bound of an arm without successes is 0, set at the end
    first, second = np.where(empty, 1.0, (n - x) / n), (m - y) / m
    by_first = 2 * square * x / (square + np.sqrt(square**2 + 4 * first * square * x))
    by_second = (square + np.sqrt(square**2 + 4 * second * square * y)) / (2 * second)
    start = np.minimum(by_first, by_second)

    def squared(mu: Floats) -> tuple[Floats, Floats]:
        gap = np.where(full, 1.0, x - mu)
        value = mu**2 * (first / gap + second / (y + mu))
        slope = mu * (first * (2 * x - mu) / gap**2 + second * (2 * y + mu) / (y + mu) ** 2)
        # With x = n the second arm alone decides, and its closed form is the start already.
        return np.where(full, square, value), np.where(full, 1.0, slope)

    mu = descend(squared, start, square)
    # x = n: the multiplier stops at n, and the rate itself, not the multiplier, falls until the critical value is met.
    odds_against = np.maximum(square - second * mu**2 / (y + mu), 0.0) / n
    rate = np.where(full, 1 / (1 + odds_against), (x - mu) / np.where(full, 1.0, n - mu))
    return np.where(empty, 0.0, rate * (m + mu) / (y + mu))


def descend(function: Callable[[Floats], tuple[Floats, Floats]], start: Floats, target: Floats) -> Floats:
    """Root of a convex increasing function minus ``target``, by Newton's method from a start that is not below it.

    A point that has arrived stays, so that it does not depend on the points beside it.
    """
    point, arrived = start, np.zeros(np.shape(start), dtype=bool)
    for _ in range(MAX_STEPS):
        value, slope = function(point)
        step = (value - target) / slope
        point = np.where(arrived, point, point - step)
        arrived |= np.abs(step) <= TOLERANCE * point
        if np.all(arrived):
            break
    return point


def _on_its_side(low: Floats, significant: NDArray[np.bool_]) -> Floats:
    """Keep a lower bound above 0 where the effect is significantly positive, and at or below 0 elsewhere."""
    return np.where(significant, np.maximum(low, TINY), np.minimum(low, 0.0))


def statistic_at_difference(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float) -> Floats:
    """Score statistic of p_t − p_c against ``value`` in (−1, 1); its sign is that of the excess over ``value``."""
    multiplier, variance = _constrained_difference(x_c, n_c, x_t, n_t, value)
    return multiplier * np.sqrt(variance)


def variance_at_difference(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float) -> Floats:
    """Variance of p_t − p_c at the constrained rates, with the factor N/(N − 1)."""
    total = n_c + n_t
    return _constrained_difference(x_c, n_c, x_t, n_t, value)[1] * (total / (total - 1)) ** 2


def _constrained_difference(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float) -> tuple[Floats, Floats]:
    """Signed multiplier at which the constrained difference is ``value``, and the variance there times (N − 1)/N."""
    above = x_t / n_t - x_c / n_c >= value
    x, n = np.where(above, x_t, x_c), np.where(above, n_t, n_c)
    y, m = np.where(above, x_c, x_t), np.where(above, n_c, n_t)
    bound = np.where(above, value, -value)
    with np.errstate(divide="ignore", invalid="ignore"):
        multiplier = _multiplier_at(x, n, m - y, m, bound)
        variance = _pulled(x, n, multiplier)[0] + _pulled(m - y, m, multiplier)[0]
    total = n_c + n_t
    return np.where(above, multiplier, -multiplier), variance * (total - 1) / total


def _multiplier_at(x: Floats, n: Floats, failures: Floats, m: Floats, bound: Floats) -> Floats:
    """λ that brings the constrained difference down to ``bound``: Newton's method inside a shrinking bracket."""
    gap = x / n + failures / m - 1 - bound
    low = np.zeros_like(gap)
    # λP never exceeds x, so the difference P + Q − 1 is below the bound from here on.
    high = (x + failures) / (1 + bound)
    # For a narrow gap the variance is that of the observed rates, which gives the first step.
    guess = gap / (_pulled(x, n, low)[0] + _pulled(failures, m, low)[0])
    point = np.where(gap > 0, np.where(guess < high, guess, high / 2), 0.0)
    for _ in range(MAX_STEPS * 2):
        first, slope_first = _pulled(x, n, point)
        second, slope_second = _pulled(failures, m, point)
        excess = gap - point * (first + second)
        low, high = np.where(excess >= 0, point, low), np.where(excess >= 0, high, point)
        # d(λV)/dλ = Σ P(1 − P) / root: the slopes less the variances themselves.
        newton = point + excess / (slope_first + slope_second - first - second)
        inside = (newton > low) & (newton < high)
        following = np.where(inside, newton, (low + high) / 2)
        # Either the step or what is left to explain has sunk into rounding error.
        done = (np.abs(following - point) <= TOLERANCE * point) | (np.abs(excess) <= 1e-15 * gap) | (gap <= 0)
        point = np.where(done, point, following)
        if np.all(done):
            break
    return point


def statistic_at_ratio(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float) -> Floats:
    """Score statistic of p_t/p_c against ``value`` > 0: Miettinen & Nurminen (1985); needs a success."""
    variance = variance_at_ratio(x_c, n_c, x_t, n_t, value)
    statistic: Floats = (x_t / n_t - value * x_c / n_c) / np.sqrt(variance)
    return statistic


def variance_at_ratio(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float) -> Floats:
    """Variance of p_t − ratio · p_c at the constrained rates, with the factor N/(N − 1)."""
    total = n_c + n_t
    # The constrained rate of the control is the smaller root of N·r·p² − (n_t·r + x_t + n_c + x_c·r)p + (x_c + x_t).
    linear = n_t * value + x_t + n_c + x_c * value
    successes = x_c + x_t
    root = np.sqrt(np.maximum(linear**2 - 4 * total * value * successes, 0.0))
    p_c = np.minimum(2 * successes / (linear + root), min(1.0, 1 / value))
    p_t = np.minimum(value * p_c, 1.0)
    variance: Floats = (p_t * (1 - p_t) / n_t + value**2 * p_c * (1 - p_c) / n_c) * total / (total - 1)
    return variance
