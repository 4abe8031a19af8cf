"""The log-rank test: do two or more arms have the same hazard at all times? From counts, plain and stratified."""

from collections.abc import Sequence

import numpy as np
from scipy import special

from abtest.stats.score import Floats
from abtest.stats.survival import LifeTable, aligned
from abtest.stats.values import OverallTest
from abtest.words.reason import Reason

# Directions in which the variance is smaller than this share of the largest are rounding error, not information.
NEGLIGIBLE = 1e-11


def log_rank(arms: Sequence[LifeTable]) -> OverallTest:
    """Log-rank test of k arms, χ² with the hypergeometric variance: Mantel (1966); Peto & Peto (1972).

    Sensitive to hazards that are proportional; curves that cross may cancel out. Arms that are never at risk when an
    event happens say nothing and leave the degrees of freedom. Equal to R's ``survdiff``.
    """
    return stratified_log_rank([arms])


def stratified_log_rank(strata: Sequence[Sequence[LifeTable]]) -> OverallTest:
    """Log-rank test within strata: observed less expected, and variances, summed over the strata.

    ``strata[s][k]`` is arm k in stratum s; an empty table where the stratum has no unit of the arm. Raises
    ``ValueError`` when the strata do not have the same number of arms, or fewer than two.
    """
    sizes = {len(arms) for arms in strata}
    if len(sizes) != 1 or min(sizes) < 2:
        raise ValueError(f"each stratum must have the same arms, two or more, got {sorted(sizes) or 'no stratum'}")
    excess, variance = np.zeros(min(sizes)), np.zeros((min(sizes), min(sizes)))
    for arms in strata:
        of_stratum, spread = _scores(arms)
        excess, variance = excess + of_stratum, variance + spread
    informed = np.diag(variance) > 0
    if informed.sum() < 2:
        return OverallTest(None, None, None, Reason("why-no-event-in-two-arms"))
    # Scaled to a unit diagonal, so that an arm of ten beside arms of a billion keeps its digits.
    size = np.sqrt(np.diag(variance)[informed])
    values, vectors = np.linalg.eigh(variance[np.ix_(informed, informed)] / np.outer(size, size))
    kept = values > NEGLIGIBLE * values[-1]
    along = (vectors.T @ (excess[informed] / size))[kept]
    statistic, degrees = float(np.sum(along**2 / values[kept])), float(kept.sum())
    return OverallTest(statistic, degrees, float(special.chdtrc(degrees, statistic)))


def _scores(arms: Sequence[LifeTable]) -> tuple[Floats, Floats]:
    """Observed less expected events of each arm, and their hypergeometric covariance, summed over the times."""
    _, events, censored = aligned(arms)
    at_risk = np.cumsum((events + censored)[:, ::-1], axis=1)[:, ::-1].astype(float)
    d, n = events.sum(axis=0).astype(float), at_risk.sum(axis=0)
    used = (d > 0) & (n > 1)
    share, d, n = at_risk[:, used] / n[used], d[used], n[used]
    weight = d * (n - d) / (n - 1)
    variance = -(share * weight) @ share.T
    # The rows of the covariance sum to 0. So taken, the variance of an arm that is nearly everybody keeps its digits.
    np.fill_diagonal(variance, 0.0)
    np.fill_diagonal(variance, -variance.sum(axis=1))
    excess: Floats = (events[:, used] - d * share).sum(axis=1)
    return excess, variance
