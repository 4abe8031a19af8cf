"""Score statistics and interval bounds for two binomial rates, for whole arrays of tables at once.

The principle. Fix the value of a contrast (difference, ratio or odds ratio) and maximise the likelihood under it. The
Lagrange multiplier of that constraint is the score, and each arm's constrained rate is a *closed form* in it. No cubic
has to be solved, and nothing cancels at rates of one in a million. The statistic grows with the multiplier; the bound
is the contrast of the two constrained rates where it meets its critical value.

The statistic is skewed where the arms are uneven: its third moment is taken out (``skewness``), so that both sides err
alike. Where an arm expects few events the exact test decides (``sparse``): the score scale is stretched so that at no
effect it reads as the exact test does. One stretched scale serves p-value, difference, ratio, odds ratio and margins,
which therefore never contradict each other.

Sources: Miettinen & Nurminen (1985), Statistics in Medicine 4:213-226 (difference, ratio and odds ratio,
with the factor N/(N − 1)); Koopman (1984), Biometrics 40:513-517 (ratio); Farrington & Manning (1990); Gart & Nam
(1988), Biometrics 44:323-338, and (1990), Biometrics 46:637-643; Laud (2017), Pharmaceutical Statistics 16:334-348.

Every bound is computed as the *lower* bound of the first arm over the second; an upper bound is the mirrored lower
bound of the swapped arms. Exchanging the arms therefore mirrors every result exactly.
"""

from dataclasses import dataclass
from types import EllipsisType
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from abtest.stats import sparse
from abtest.stats.skewness import deviate, target

Floats = NDArray[np.float64]
Table = tuple[Floats, Floats, Floats, Floats]
"""Arrays of counts: events and units of the control, then of the treatment."""

Some = NDArray[np.bool_] | EllipsisType
"""Which points are meant."""
ALL = ...

TINY = float(np.finfo(np.float64).tiny)
MAX_STEPS = 200
TOLERANCE = 1e-14
SECANTS = 12
CLOSE = 1e-9
BISECTIONS = 64
FARTHEST = 1e18
"""A multiplier, over its natural unit, at which a contrast is at the end of its scale for all purposes."""


@dataclass(frozen=True, slots=True)
class NoEffect:
    """The test of equal rates, one entry per table.

    ``score``: the skewness-corrected statistic, signed as the difference. ``statistic``: the deviate that decides, the
    exact test's where events are ``few``. ``p_value`` is two-sided. At no effect all contrasts have this one test.
    """

    score: Floats
    statistic: Floats
    p_value: Floats
    few: NDArray[np.bool_]

    def critical(self, alpha: float) -> Floats:
        """Return the absolute score beyond which the deviate that decides is beyond the normal one at ``alpha``."""
        normal = -special.ndtri(alpha / 2)
        score, exact = np.abs(self.score), np.abs(self.statistic)
        shrunk = normal * score / np.where(exact > 0, exact, 1.0)
        return np.asarray(np.where(self.few, np.where(exact > normal, shrunk, score + (normal - exact)), normal))

    def decisive(self, score: Floats) -> Floats:
        """Return the deviate that decides for a score at any value of a contrast: the inverse of ``critical``."""
        known, exact, size = np.abs(self.score), np.abs(self.statistic), np.abs(score)
        inside = size * exact / np.where(known > 0, known, 1.0)
        stretched = np.copysign(np.where(size < known, inside, exact + (size - known)), score)
        return np.where(self.few, stretched, score)


@dataclass(frozen=True, slots=True)
class ScoreBounds:
    """Arrays, one entry per table: the deviate at no effect, its p-value, and the bounds.

    ``lift_low`` is −1 and ``lift_high`` is infinite where the data do not bound the ratio on that side. ``few`` marks
    the tables that the exact test decides.
    """

    statistic: Floats
    p_value: Floats
    difference_low: Floats
    difference_high: Floats
    lift_low: Floats
    lift_high: Floats
    few: NDArray[np.bool_]


def null_statistic(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats) -> Floats:
    """Score statistic at equal rates: (p_t − p_c) / √(p̄ q̄ (1/n_c + 1/n_t) N/(N − 1)), 0 where p̄ is 0 or 1."""
    total = n_c + n_t
    pooled = (x_c + x_t) / total
    spread = pooled * ((n_c - x_c) + (n_t - x_t)) / total
    variance = spread * (1 / n_c + 1 / n_t) * (total / (total - 1))
    difference = x_t / n_t - x_c / n_c
    return np.where(variance > 0, difference / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)


def no_effect(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, *, corrected: bool = True) -> NoEffect:
    """Test equal rates: by the skewness-corrected score, and exactly where events are few.

    ``corrected`` false: the statistic of Miettinen & Nurminen (1985) alone, to compare with.
    """
    plain = null_statistic(x_c, n_c, x_t, n_t)
    if not corrected:
        return NoEffect(plain, plain, two_sided(plain), np.zeros(plain.shape, dtype=bool))
    total = n_c + n_t
    pooled, against = (x_c + x_t) / total, ((n_c - x_c) + (n_t - x_t)) / total
    # μ₃/(6V^{3/2}) with V = p̄q̄(1/n_c + 1/n_t)N/(N − 1) and μ₃ = p̄q̄(q̄ − p̄)(1/n_t² − 1/n_c²).
    spread = np.sqrt(np.where(pooled * against > 0, pooled * against, 1.0))
    skew = (against - pooled) * (n_c - n_t) / (6 * spread * np.sqrt(n_c * n_t * total)) * ((total - 1) / total) ** 1.5
    few = sparse.few(x_c, n_c, x_t, n_t)
    log = np.zeros_like(plain)
    if np.any(few):
        log[few] = sparse.log_mid_p(x_c[few], n_c[few], x_t[few], n_t[few])
    return decided(deviate(plain, skew), plain, few, log)


def decided(score: Floats, direction: Floats, few: NDArray[np.bool_], log_mid_p: Floats) -> NoEffect:
    """Put the score test and, where events are ``few``, the exact one-sided mid-p value together."""
    p_value, statistic = two_sided(score), score
    if np.any(few):
        log = np.where(direction == 0, 0.0, log_mid_p)
        exact = np.maximum(-special.ndtri_exp(np.minimum(log, -np.log(2))), 0.0)
        statistic = np.where(few, np.copysign(exact, direction), score)
        p_value = np.where(few, np.minimum(2 * np.exp(log), 1.0), p_value)
    return NoEffect(score, statistic, p_value, few)


def two_sided(statistic: Floats) -> Floats:
    """Two-sided normal p-value of a statistic."""
    p_value: Floats = 2 * special.ndtr(-np.abs(statistic))
    return p_value


def score_bounds(
    x_c: ArrayLike, n_c: ArrayLike, x_t: ArrayLike, n_t: ArrayLike, confidence: float, *, corrected: bool = True
) -> ScoreBounds:
    """Bounds of difference and lift for arrays of tables with n_c, n_t ≥ 1 that broadcast together.

    ``corrected`` false: the intervals of Miettinen & Nurminen (1985) alone, to compare with.
    """
    x_c, n_c, x_t, n_t = np.broadcast_arrays(*(np.atleast_1d(np.asarray(a, dtype=float)) for a in (x_c, n_c, x_t, n_t)))
    alpha = 1 - confidence
    equal = no_effect(x_c, n_c, x_t, n_t, corrected=corrected)
    # First row: treatment over control; second row: control over treatment.
    x, n = np.stack([x_t, x_c]), np.stack([n_t, n_c])
    y, m = x[::-1], n[::-1]
    critical = equal.critical(alpha)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        difference = lowest_difference(x, n, y, m, critical, corrected=corrected)
        ratio = lowest_ratio(x, n, y, m, critical, corrected=corrected)
        lift, inverse = ratio[0] - 1, 1 / ratio[1] - 1
    # The bounds take their side of "no effect" from the p-value, so that rounding cannot make the two disagree.
    significant = equal.p_value < alpha
    up, down = significant & (equal.statistic > 0), significant & (equal.statistic < 0)
    return ScoreBounds(
        equal.statistic,
        equal.p_value,
        _on_its_side(difference[0], up),
        -_on_its_side(difference[1], down),
        _on_its_side(lift, up),
        -_on_its_side(-inverse, down),
        equal.few,
    )


def lowest_difference(
    x: Floats, n: Floats, y: Floats, m: Floats, critical: Floats, *, corrected: bool = True
) -> Floats:
    """Lower bound of x/n − y/m.

    The multiplier λ pulls the first arm's rate P down and the second arm's rate up, that is, its complement Q down, by
    one and the same rule (``_pulled``). With V the variance of the difference at the constrained rates, the squared
    statistic is λ²V and the bound is the observed difference − λV. Both arms add to the skewness alike.
    """
    failures, factor = m - y, (n + m) / (n + m - 1)
    square = critical**2 * factor
    alone = _single_arm_multiplier(x, n, square), _single_arm_multiplier(failures, m, square)
    # Where neither arm varies the statistic is 0 up to a multiplier of n or m, and the root is sought beyond it.
    still = ((x == 0) | (x == n)) & ((failures == 0) | (failures == m))
    idle = np.minimum(np.where(x == n, n, np.inf), np.where(failures == m, m, np.inf))
    # x = 0 of n against m of m: the difference is −1 already and no multiplier moves it.
    fixed = still & np.isinf(idle)
    idle = np.where(still & ~fixed, idle, 0.0)
    start = np.where(still, np.minimum(*alone) - idle, 1 / np.sqrt(alone[0] ** -2 + alone[1] ** -2))

    def at(beyond: Floats, some: Some = ALL) -> tuple[Floats, Floats]:
        multiplier = idle[some] + beyond
        first = _pulled(x[some], n[some], multiplier)
        second = _pulled(failures[some], m[some], multiplier)
        return standardised(multiplier, first[0] + second[0], corrected * (first[1] + second[1]), factor[some])

    root = idle + meet(at, np.where(fixed, 1.0, start), critical, fixed)
    variance = _pulled(x, n, root)[0] + _pulled(failures, m, root)[0]
    return np.where(fixed | (root >= FARTHEST), -1.0, np.maximum(x / n - y / m - root * variance, -1.0))


def standardised(multiplier: Floats, variance: Floats, third: Floats, factor: Floats) -> tuple[Floats, Floats]:
    """Return the statistic and a sixth of its skewness, from the multiplier and moments without N/(N − 1)."""
    spread = np.sqrt(variance / factor)
    return multiplier * spread, third / (6 * factor**3 * np.where(spread > 0, spread, 1.0) ** 3)


def _pulled(x: Floats, n: Floats, multiplier: Floats) -> tuple[Floats, Floats]:
    """Variance P(1 − P)/n of an arm pulled down by λ, and its third moment P(1 − P)(1 − 2P)/n².

    P solves λP(1 − P) = x − nP. Each of P and 1 − P is taken from the form of the root in which nothing cancels.
    """
    rate, complement, _ = _rates(x, n, multiplier)
    variance = rate * complement / n
    return variance, variance * (complement - rate) / n


def _rates(x: Floats, n: Floats, multiplier: Floats) -> tuple[Floats, Floats, Floats]:
    """P and 1 − P of an arm pulled down by λ, and the root of the quadratic."""
    root = np.sqrt((n - multiplier) ** 2 + 4 * multiplier * (n - x))
    rate = 2 * x / (n + multiplier + root)
    above = multiplier > n
    complement = np.where(
        above,
        (multiplier - n + root) / (2 * multiplier),
        2 * (n - x) / np.where(above | (x == n), 1.0, n - multiplier + root),
    )
    return rate, complement, root


def _single_arm_multiplier(x: Floats, n: Floats, square: Floats) -> Floats:
    """λ at which one arm alone reaches the critical value without skewness: a first guess."""
    spread, skew = (x / n) * ((n - x) / n), (n - 2 * x) / n
    root = np.sqrt((skew * square) ** 2 + 4 * spread * square * (n + square))
    return np.where(
        skew >= 0, (skew * square + root) / (2 * spread), 2 * square * (n + square) / (root - skew * square)
    )


def lowest_ratio(x: Floats, n: Floats, y: Floats, m: Floats, critical: Floats, *, corrected: bool = True) -> Floats:
    """Lower bound of (x/n) / (y/m).

    With the multiplier μ of log(ratio) the constrained rates are (x − μ)/(n − μ) and (y + μ)/(m + μ). With a and b the
    odds against the event in the two arms, the variance over the squared rate is V = a/n + b/m, the squared statistic
    μ²V and the third moment a(a − 1)/n² − b(b − 1)/m². With x = n the multiplier stops at n, and the rate itself, not
    the multiplier, falls from there on. The root is sought in μ/(x − μ), which has no end.
    """
    factor = (n + m) / (n + m - 1)
    empty, full = x == 0, x == n
    x = np.where(empty, 0.5, x)  # any value: the bound of an arm without successes is 0, set at the end
    misses, square = np.where(empty, n, n - x), critical**2 * factor

    def rates(v: Floats, some: Some = ALL) -> tuple[Floats, Floats, Floats]:
        mu = np.where(full[some], n[some] * np.minimum(v, 1.0), x[some] * (v / (1 + v)))
        first = np.where(full[some], np.maximum(v - 1, 0.0), misses[some] * (1 + v) / x[some])
        return mu, first, (m[some] - y[some]) / (y[some] + mu)

    def at(v: Floats, some: Some = ALL) -> tuple[Floats, Floats]:
        mu, a, b = rates(v, some)
        of_a, of_b = a / n[some], b / m[some]
        third = of_a * (a - 1) / n[some] - of_b * (b - 1) / m[some]
        return standardised(mu, of_a + of_b, corrected * third, factor[some])

    second = (m - y) / m
    by_second = np.minimum((square + np.sqrt(square**2 + 4 * second * square * y)) / (2 * second), x * (1 - 1e-9))
    by_first = square * (square + np.sqrt(square**2 + 4 * (misses / n) * square * x)) / (2 * (misses / n) * x * square)
    by_second = np.where(full, by_second / n, by_second / (x - by_second))
    start = np.where(full, by_second, 1 / np.sqrt(by_first**-2 + by_second**-2))
    v = meet(at, start, critical, empty)
    mu, a, _ = rates(v)
    rate = np.where(full, 1 / (1 + a), (x / (1 + v)) / np.where(full, 1.0, n - mu))
    return np.where(empty | (v >= FARTHEST), 0.0, rate * (m + mu) / (y + mu))


class At(Protocol):
    """The statistic and its skewness at positive multipliers, of some tables."""

    def __call__(self, point: Floats, some: Some = ..., /) -> tuple[Floats, Floats]:
        """Return both, one entry per point."""
        ...


def meet(at: At, start: Floats, critical: Floats, known: NDArray[np.bool_]) -> Floats:
    """Return the multiplier at which the statistic meets its critical value, at least ``FARTHEST`` where it never does.

    ``at`` gives the statistic and its skewness for positive multipliers. Secants first, which arrive in a few steps
    from a good start; where they do not, a bracket that is halved. A point that has arrived stays, so that it does not
    depend on the points beside it. ``known`` marks those that nobody needs.
    """
    critical = np.broadcast_to(critical, start.shape)
    before, (value_before, wanted) = start, _excess(at, start, critical)
    point = start * np.clip(wanted / (wanted + value_before), 0.1, 10.0)  # the statistic grows like the multiplier
    arrived = known
    for _ in range(SECANTS):
        value = _excess(at, point, critical)[0]
        step = value * (point - before) / (value - value_before)
        step = np.where(value == 0, 0.0, np.clip(step, -2 * point, 0.8 * point))
        # The next error is of the order of the product of the last two: below this there is nothing left to gain.
        near = np.abs(step) <= CLOSE * point
        before, value_before = point, value
        point = np.where(arrived, point, point - step)
        arrived = arrived | near
        if np.all(arrived):
            return point
    late = ~arrived
    point[late] = _halved(at, critical, late)
    return point


def _excess(at: At, point: Floats, critical: Floats, some: Some = ALL) -> tuple[Floats, Floats]:
    statistic, skew = at(point, some)
    wanted = target(critical, skew)
    return statistic - wanted, wanted


def _halved(at: At, critical: Floats, some: NDArray[np.bool_]) -> Floats:
    """Do as ``meet`` for some of the points, by bisection on the log scale: slow, and always right."""
    low, high = np.full(int(some.sum()), 1 / FARTHEST), np.full(int(some.sum()), FARTHEST)
    for _ in range(BISECTIONS):
        middle = np.sqrt(low * high)
        below = _excess(at, middle, critical[some], some)[0] < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(low > FARTHEST / 2, FARTHEST, high)


def statistic_at_difference(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float) -> Floats:
    """Score statistic of p_t − p_c against ``value`` in (−1, 1); its sign is that of the excess over ``value``."""
    multiplier, variance, _ = _constrained_difference(x_c, n_c, x_t, n_t, value)
    return multiplier * np.sqrt(variance)


def moments_at_difference(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float) -> tuple[Floats, Floats]:
    """Variance of p_t − p_c at the constrained rates, with the factor N/(N − 1), and its third moment."""
    total = n_c + n_t
    _, variance, third = _constrained_difference(x_c, n_c, x_t, n_t, value)
    return variance * (total / (total - 1)) ** 2, third


def deviate_at_difference(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float) -> Floats:
    """Deviate that decides whether p_t − p_c exceeds ``value``: ``score_bounds`` excludes it beyond the normal one."""
    multiplier, variance, third = _constrained_difference(x_c, n_c, x_t, n_t, value)
    factor = (n_c + n_t) / (n_c + n_t - 1)
    statistic = multiplier * np.sqrt(variance)
    return no_effect(x_c, n_c, x_t, n_t).decisive(deviate(statistic, _sixth(third, variance * factor**2)))


def deviate_at_ratio(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float) -> Floats:
    """Deviate that decides whether p_t/p_c exceeds ``value`` > 0; needs a success."""
    variance, third = moments_at_ratio(x_c, n_c, x_t, n_t, value)
    statistic = statistic_at_ratio(x_c, n_c, x_t, n_t, value)
    return no_effect(x_c, n_c, x_t, n_t).decisive(deviate(statistic, _sixth(third, variance)))


def _sixth(third: Floats, variance: Floats) -> Floats:
    return np.where(variance > 0, third / (6 * np.where(variance > 0, variance, 1.0) ** 1.5), 0.0)


def _constrained_difference(
    x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float
) -> tuple[Floats, Floats, Floats]:
    """Signed multiplier where the difference is ``value``; the variance there times (N − 1)/N; the third moment."""
    above = x_t / n_t - x_c / n_c >= value
    x, n = np.where(above, x_t, x_c), np.where(above, n_t, n_c)
    y, m = np.where(above, x_c, x_t), np.where(above, n_c, n_t)
    bound = np.where(above, value, -value)
    with np.errstate(divide="ignore", invalid="ignore"):
        multiplier = _multiplier_at(x, n, m - y, m, bound)
        first, second = _pulled(x, n, multiplier), _pulled(m - y, m, multiplier)
    total, third = n_c + n_t, first[1] + second[1]
    signed = np.where(above, multiplier, -multiplier), np.where(above, third, -third)
    return signed[0], (first[0] + second[0]) * (total - 1) / total, signed[1]


def _multiplier_at(x: Floats, n: Floats, failures: Floats, m: Floats, bound: Floats) -> Floats:
    """λ that brings the constrained difference down to ``bound``: Newton's method inside a shrinking bracket."""
    gap = x / n + failures / m - 1 - bound
    low = np.zeros_like(gap)
    # λP never exceeds x, so the difference P + Q − 1 is below the bound from here on.
    high = (x + failures) / (1 + bound)
    # For a narrow gap the variance is that of the observed rates, which gives the first step.
    guess = gap / (_pulled(x, n, low)[0] + _pulled(failures, m, low)[0])
    point = np.where(gap > 0, np.where(guess < high, guess, high / 2), 0.0)
    for _ in range(MAX_STEPS):
        first, slope_first = _sloped(x, n, point)
        second, slope_second = _sloped(failures, m, point)
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


def _sloped(x: Floats, n: Floats, multiplier: Floats) -> tuple[Floats, Floats]:
    """Variance P(1 − P)/n of an arm pulled down by λ, and the slope of its share of λ²V, divided by λ."""
    rate, complement, root = _rates(x, n, multiplier)
    spread = rate * complement
    return spread / n, spread * (1 / n + 1 / np.maximum(root, TINY))


def statistic_at_ratio(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float) -> Floats:
    """Score statistic of p_t/p_c against ``value`` > 0: Miettinen & Nurminen (1985); needs a success."""
    variance = moments_at_ratio(x_c, n_c, x_t, n_t, value)[0]
    excess = x_t / n_t - value * x_c / n_c
    sure = np.where(excess == 0, 0.0, np.copysign(np.inf, excess))
    return np.where(variance > 0, excess / np.sqrt(np.where(variance > 0, variance, 1.0)), sure)


def moments_at_ratio(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats, value: float) -> tuple[Floats, Floats]:
    """Variance of p_t − ratio · p_c at the constrained rates, with the factor N/(N − 1), and its third moment."""
    total = n_c + n_t
    # The constrained rate of the control is the smaller root of N·r·p² − (n_t·r + x_t + n_c + x_c·r)p + (x_c + x_t).
    linear = n_t * value + x_t + n_c + x_c * value
    successes = x_c + x_t
    root = np.sqrt(np.maximum(linear**2 - 4 * total * value * successes, 0.0))
    p_c = np.minimum(2 * successes / (linear + root), min(1.0, 1 / value))
    p_t = np.minimum(value * p_c, 1.0)
    of_t, of_c = p_t * (1 - p_t) / n_t, value**2 * p_c * (1 - p_c) / n_c
    third = of_t * (1 - 2 * p_t) / n_t - value * of_c * (1 - 2 * p_c) / n_c
    return (of_t + of_c) * total / (total - 1), third


def _on_its_side(low: Floats, significant: NDArray[np.bool_]) -> Floats:
    """Keep a lower bound above 0 where the effect is significantly positive, and at or below 0 elsewhere."""
    return np.where(significant, np.maximum(low, TINY), np.minimum(low, 0.0))
