"""Quantiles and medians: order-statistic intervals, and the difference of two arms by the Poisson bootstrap."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.resampling import DRAWS, compare_replicates
from abtest.stats.score import Floats
from abtest.stats.values import Estimate, TwoSample
from abtest.words.reason import Reason


def quantile_ranks(n: int, quantile: float, confidence: float = CONFIDENCE) -> tuple[int | None, int | None]:
    """Ranks (1 = smallest) of the order statistics that bound a quantile: Conover (1999), ch. 3.

    Exact for continuous values, on the safe side with ties: P(X₍low₎ ≤ ξ ≤ X₍high₎) ≥ ``confidence``. ``None`` where
    even the smallest or largest value is no bound at this confidence. An engine then only has to return two values.
    """
    alpha = 1 - checks.confidence_level(confidence)
    count = checks.count("n", n)
    _fraction(quantile)
    if count == 0:
        return None, None
    # Greatest rank r with P(fewer than r values below the quantile) = F(r − 1) ≤ α/2, F binomial(n, quantile).
    low = _greatest(count, quantile, alpha / 2)
    high = _greatest(count, 1 - quantile, alpha / 2)
    return low or None, (count + 1 - high) if high else None


def _fraction(quantile: float) -> None:
    if not 0 < quantile < 1:
        raise ValueError(f"quantile must lie strictly between 0 and 1, got {quantile!r}")


def _greatest(n: int, p: float, level: float) -> int:
    """Greatest r with P(Binomial(n, p) ≤ r − 1) ≤ ``level``; 0 when there is none."""
    low, high = 0, n + 1
    while high - low > 1:
        middle = (low + high) // 2
        if float(special.bdtr(middle - 1, n, p)) <= level:
            low = middle
        else:
            high = middle
    return low


def rank_of(n: int, quantile: float) -> int:
    """Rank of the sample quantile: the smallest value that at least this fraction of the units does not exceed."""
    _fraction(quantile)
    return min(max(math.ceil(quantile * n - 1e-9), 1), n)


def quantile_interval(values: ArrayLike, quantile: float, confidence: float = CONFIDENCE) -> Estimate:
    """Sample quantile of one arm with its order-statistic interval; see ``quantile_ranks``."""
    ordered = _ordered("values", values)
    low, high = quantile_ranks(len(ordered), quantile, confidence)
    if len(ordered) == 0:
        return Estimate(None, None, None, Reason("why-no-units"))
    reason = None if low and high else Reason("why-few-units-for-bounds")
    return Estimate(
        float(ordered[rank_of(len(ordered), quantile) - 1]),
        float(ordered[low - 1]) if low else None,
        float(ordered[high - 1]) if high else None,
        reason,
    )


def _ordered(name: str, values: ArrayLike) -> Floats:
    ordered = np.sort(np.asarray(values, dtype=float))
    if ordered.ndim != 1 or not np.all(np.isfinite(ordered)):
        raise ValueError(f"{name} must be a list of finite numbers")
    return ordered


def compare_quantiles(
    control: ArrayLike,
    treatment: ArrayLike,
    quantile: float,
    confidence: float = CONFIDENCE,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> TwoSample:
    """Difference and lift of a quantile by the Poisson bootstrap, without weighting a single row.

    The rank that a bootstrap quantile has in the original sample is binomial(n + 1, quantile) to good approximation
    (Schultzberg & Ankargren 2022), so a replicate is one look-up. Two-sided percentile intervals and p-value from the
    same replicates. Assumes many distinct values round the quantile: for counts with many ties a difference of
    quantiles jumps, and a rate or mean says more.
    """
    first, second = _ordered("control", control), _ordered("treatment", treatment)
    _fraction(quantile)
    for arm, ordered in (("control", first), ("treatment", second)):
        if len(ordered) < 2:
            reason = Reason.of("why-side-with-few-units", side=arm)
            nothing = Estimate(None, None, None, reason)
            return TwoSample("bootstrap of quantiles", nothing, nothing, None, None, None, reason)
    random = np.random.default_rng(seed)
    pairs = []
    for ordered in (first, second):
        ranks = np.clip(random.binomial(len(ordered) + 1, quantile, draws), 1, len(ordered))
        pairs.append((float(ordered[rank_of(len(ordered), quantile) - 1]), ordered[ranks - 1]))
    return compare_replicates(pairs[0], pairs[1], confidence)
