"""Ratios of two sums per arm (orders per session), in many units; ``clusters`` has those in few."""

import numpy as np

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import contrast, critical_value, satterthwaite, without_test
from abtest.stats.crossmoments import CrossMoments, checked_pair
from abtest.stats.values import Estimate, TwoSample
from abtest.words.reason import Reason

METHOD = "delta method, Welch t, lift by Fieller"


ROUNDING = 1e-13
"""A linearised variance below this share of its parts is what is left of their cancelling."""


def linearised(moments: CrossMoments) -> CrossMoments:
    """Moments of the linearised ratio R + (y − Rx)/x̄ and the covariates, from those of (y, x, covariates).

    Its mean is the ratio R = ȳ/x̄, its variance (s_yy − 2R s_xy + R² s_xx)/x̄²: Cochran (1977), ch. 6. To adjust a ratio
    for covariates, give the linearised moments of both arms to ``compare_adjusted``.
    """
    y, x = moments.mean[:2]
    if x == 0:
        raise ValueError("moments must have a denominator whose mean is not 0")
    ratio = y / x
    weights = np.zeros((len(moments.mean), len(moments.mean) - 1))
    weights[0, 0], weights[1, 0] = 1 / x, -ratio / x
    weights[2:, 1:] = np.eye(len(moments.mean) - 2)
    matrix = weights.T @ moments.matrix @ weights
    symmetric = (matrix + matrix.T) / 2
    full = moments.matrix
    if symmetric[0, 0] <= ROUNDING * (full[0, 0] + ratio**2 * full[1, 1]) / x**2:
        # A ratio that is the same for all units: what is left is rounding, in its covariances too.
        symmetric[0, :] = symmetric[:, 0] = 0.0
    bound = np.sqrt(np.outer(np.diag(symmetric), np.diag(symmetric)))
    symmetric = np.clip(symmetric, -bound, bound)
    return CrossMoments(moments.n, (ratio, *moments.mean[2:]), tuple(tuple(row) for row in symmetric.tolist()))


def linearised_variance(moments: CrossMoments) -> float:
    """Variance of the estimate mean(y)/mean(x) by the delta method."""
    return linearised(moments).covariance[0][0] / moments.n


def ratio_interval(moments: CrossMoments, confidence: float = CONFIDENCE) -> Estimate:
    """Ratio of sums of one arm with its delta-method t interval on n − 1 degrees of freedom."""
    alpha = 1 - checks.confidence_level(confidence)
    checked_pair(moments, moments, size=2)
    if moments.mean[1] == 0:
        return Estimate(None, None, None, Reason("why-denominator-zero"))
    value, variance = moments.mean[0] / moments.mean[1], linearised_variance(moments)
    if variance == 0:
        return Estimate(value, None, None, Reason("why-same-ratio"))
    half = critical_value(alpha, moments.n - 1) * variance**0.5
    return Estimate(value, value - half, value + half)


def compare_ratios(control: CrossMoments, treatment: CrossMoments, confidence: float = CONFIDENCE) -> TwoSample:
    """Compare Σy/Σx of two arms by the delta method: Deng, Knoblich & Lu (2018), KDD; lift by Fieller (1954).

    Estimands: the difference of the two ratios of means, and its lift. The moments are those of (numerator,
    denominator) per *randomised* unit. Degrees of freedom by Satterthwaite on n − 1 per arm. Assumes many units, none
    of which dominates the denominator: with 15 an arm it covers 0.93, so few units go to ``compare_clusters``. Where
    the treatment can move the denominator too, show that beside the ratio.
    """
    checks.confidence_level(confidence)
    checked_pair(control, treatment, size=2)
    for arm, moments in (("control", control), ("treatment", treatment)):
        if moments.mean[1] == 0:
            return without_test(METHOD, None, None, Reason.of("why-side-without-denominator", side=arm))
    squares = linearised_variance(control), linearised_variance(treatment)
    first, second = (arm.mean[0] / arm.mean[1] for arm in (control, treatment))
    degrees = satterthwaite(squares, (control.n - 1, treatment.n - 1)) if sum(squares) else None
    return contrast(METHOD, first, second - first, (*squares, 0.0), degrees, confidence=confidence)
