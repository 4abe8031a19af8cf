"""Bootstrap and permutation for statistics without a formula. Every draw is seeded: same input, same digits.

Poisson bootstrap (Hanley & MacGibbon 2006; Chamandy et al. 2012): each unit gets an independent Poisson(1) weight per
replicate. Weights can come from a seed, or from a hash of the unit's name where the rows stay in an engine.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import NO_VARIATION
from abtest.stats.score import Floats
from abtest.stats.values import Estimate, TwoSample
from abtest.words.reason import Reason

BOOTSTRAP = "Poisson bootstrap, percentile interval"
DRAWS = 2000
BLOCK = 2_000_000
# Cumulative Poisson(1) probabilities of 0, 1, 2, …: a uniform number becomes a weight by counting how many it exceeds.
POISSON = np.cumsum([math.exp(-1) / math.factorial(k) for k in range(18)])

Statistic = Callable[[Floats, Floats], float]


def poisson_weights(uniform: ArrayLike) -> Floats:
    """Poisson(1) weights from numbers uniform on [0, 1), such as a hash of (unit, replicate) divided by its range."""
    values = np.asarray(uniform, dtype=float)
    if not np.all((values >= 0) & (values < 1)):
        raise ValueError("uniform must hold numbers from 0 to below 1")
    return np.searchsorted(POISSON, values, side="right").astype(float)


def bootstrap_replicates(values: ArrayLike, statistic: Statistic, *, draws: int = DRAWS, seed: int = 0) -> Floats:
    """``statistic(values, weights)`` of one arm under ``draws`` seeded sets of Poisson weights.

    ``values`` has one row (or number) per unit. Give the two arms different seeds.
    """
    rows = _rows(values)
    random = np.random.default_rng(seed)
    return np.array([statistic(rows, poisson_weights(random.random(len(rows)))) for _ in range(_positive(draws))])


def _rows(values: ArrayLike) -> Floats:
    rows = np.asarray(values, dtype=float)
    if rows.ndim == 0 or len(rows) == 0 or not np.all(np.isfinite(rows)):
        raise ValueError("values must hold at least one unit and only finite numbers")
    return rows


def _positive(draws: int) -> int:
    if checks.count("draws", draws) < 100:
        raise ValueError(f"draws must be at least 100, got {draws}")
    return draws


def compare_replicates(
    control: tuple[float, ArrayLike], treatment: tuple[float, ArrayLike], confidence: float = CONFIDENCE
) -> TwoSample:
    """Compare two arms by (estimate, replicates): percentile intervals, Efron & Tibshirani (1993), ch. 13.

    Estimands: the difference of the two statistics and its lift. The p-value is 2(1 + #{replicates on the wrong side of
    0})/(draws + 1), the smaller side; the bounds are the order statistics at which it reaches 1 − confidence, so the
    three agree. The lift needs a positive control statistic in every replicate. Assumes that the statistic is smooth in
    the data and many units per arm; percentile intervals are too narrow for small samples.
    """
    alpha = 1 - checks.confidence_level(confidence)
    first, second = (np.asarray(arm[1], dtype=float) for arm in (control, treatment))
    if len(first) != len(second) or len(first) < 100:
        raise ValueError("control and treatment must have the same number of replicates, at least 100")
    if not (np.all(np.isfinite(first)) and np.all(np.isfinite(second))):
        reason = Reason("why-statistic-missing")
        nothing = Estimate(None, None, None, reason)
        return TwoSample(BOOTSTRAP, nothing, nothing, None, None, None, reason)
    estimate, differences = float(treatment[0] - control[0]), np.sort(second - first)
    if differences[0] == differences[-1]:
        given = Estimate(estimate, None, None, NO_VARIATION)
        return TwoSample(BOOTSTRAP, given, Estimate(None, None, None, NO_VARIATION), None, None, None, NO_VARIATION)
    draws = len(differences)
    fewer = min(int(np.sum(differences <= 0)), int(np.sum(differences >= 0)))
    p_value = min(1.0, 2 * (fewer + 1) / (draws + 1))
    # The greatest k with 2k/(draws + 1) < α: the k-th replicate from either end agrees with the p-value.
    place = math.ceil(alpha * (draws + 1) / 2) - 1
    if place < 1:
        reason = Reason.of("why-few-replicates", n=draws, confidence=confidence)
        nothing = Estimate(None, None, None, reason)
        return TwoSample(BOOTSTRAP, Estimate(estimate, None, None, reason), nothing, p_value, None, None, reason)
    difference = Estimate(estimate, float(differences[place - 1]), float(differences[-place]))
    lift = _lift(control[0], estimate, first, second, place)
    return TwoSample(BOOTSTRAP, difference, lift, p_value, None, None, None)


def _lift(control: float, difference: float, first: Floats, second: Floats, place: int) -> Estimate:
    if control <= 0 or np.any(first <= 0):
        return Estimate(None, None, None, Reason("why-control-not-positive"))
    lifts = np.sort((second - first) / first)
    return Estimate(difference / float(control), float(lifts[place - 1]), float(lifts[-place]))


def permutation_test(control: ArrayLike, treatment: ArrayLike, *, draws: int = 9999, seed: int = 0) -> float | None:
    """Two-sided permutation p-value of a studentised difference in means: Janssen (1997), Stat. Prob. Lett. 36:9-21.

    Exact when the arms have one distribution; right in large samples when only the means are equal, since the
    statistic is Welch's t. p = (1 + #{|t*| ≥ |t|})/(draws + 1). ``None`` when an arm has fewer than two units or
    nothing varies. For hypotheses about medians or other statistics it is not valid.
    """
    first, second = _rows(control), _rows(treatment)
    pooled = np.concatenate([first, second])
    if min(len(first), len(second)) < 2 or np.all(pooled == pooled[0]):
        return None
    observed = abs(_studentised(pooled[None, :], len(first))[0])
    random, left, reached = np.random.default_rng(seed), _positive(draws), 0
    while left:
        block = min(left, max(1, BLOCK // len(pooled)))
        shuffled = random.permuted(np.broadcast_to(pooled, (block, len(pooled))), axis=1)
        reached += int(np.sum(np.abs(_studentised(shuffled, len(first))) >= observed * (1 - 1e-12)))
        left -= block
    return (1 + reached) / (draws + 1)


def _studentised(rows: Floats, n: int) -> Floats:
    """Welch's t of the first ``n`` columns against the rest; without variation in both arms it is infinite, or 0."""
    first, second = rows[:, :n], rows[:, n:]
    difference = second.mean(1) - first.mean(1)
    variance = first.var(1, ddof=1) / n + second.var(1, ddof=1) / (rows.shape[1] - n)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = difference / np.sqrt(variance)
    return np.where(variance > 0, statistic, np.where(difference == 0, 0.0, np.copysign(np.inf, difference)))
