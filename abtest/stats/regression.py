"""Regression adjustment: the difference of two arms with chance imbalance in covariates taken out.

Covariates must be measured before assignment. Nothing is assumed about the outcome's relation to them: a bad model
only removes less variance. One covariate gives CUPED (Deng et al. 2013, WSDM) with a slope per arm; indicators of
strata give post-stratification. All from the first two moments, so that the rows can stay where they are.
"""

from dataclasses import dataclass

import numpy as np

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import contrast, critical_value, satterthwaite, without_test
from abtest.stats.crossmoments import CrossMoments, checked_pair
from abtest.stats.means import compare_means
from abtest.stats.score import Floats
from abtest.stats.values import Estimate, TwoSample
from abtest.words.reason import Reason

__all__ = ["AdjustedTwoSample", "CrossMoments", "compare_adjusted"]

METHOD = "regression adjustment per arm (Lin), Welch t, lift by Fieller"
# Eigenvalues of the covariates' correlation matrix below this are rounding: the covariates are collinear there.
COLLINEAR = 1e-11


@dataclass(frozen=True, slots=True)
class AdjustedTwoSample(TwoSample):
    """An adjusted comparison, with what it was before.

    ``control`` and ``treatment``: adjusted means. ``variance_removed``: 1 − adjusted / unadjusted variance of the
    difference (negative when the covariates cost more than they explain). ``unadjusted``: the plain Welch comparison.
    """

    control: Estimate
    treatment: Estimate
    variance_removed: float | None
    unadjusted: TwoSample


@dataclass(frozen=True, slots=True)
class _Fit:
    """Least squares within one arm: slopes, rank, residual variance and the leverage of the point of evaluation."""

    slopes: Floats
    degrees: float
    mean: float
    square: float


def compare_adjusted(
    control: CrossMoments, treatment: CrossMoments, confidence: float = CONFIDENCE
) -> AdjustedTwoSample:
    """Lin's (2013) interacted regression adjustment, Ann. Appl. Stat. 7:295-318, in closed form from cross-moments.

    Estimands: the difference in means, and the lift, in the population that both arms were drawn from. Each arm's mean
    is moved along its own slopes β to the covariate mean x̄ of both arms together: ȳ_a − β_a·(x̄_a − x̄).
    Its variance is σ_a²(1/n_a + leverage) with σ_a² the residual variance on n_a − 1 − rank degrees of freedom; as x̄ is
    itself estimated, β_a·V(x̄)·β_b is added to every entry of the covariance of the two adjusted means. Degrees of
    freedom by Satterthwaite. Without covariates it is Welch's test.
    Collinear and constant covariates change nothing (pseudo-inverse). Assumes independent units and covariates that the
    treatment cannot have moved; it needs more units per arm than covariates + 1, and is worth it with many more.
    """
    checks.confidence_level(confidence)
    checked_pair(control, treatment)
    unadjusted = compare_means(control.outcome, treatment.outcome, confidence)
    centre, spread = _pooled(control, treatment)
    first, second = _fit(control, centre), _fit(treatment, centre)
    if first is None or second is None:
        arm = "control" if first is None else "treatment"
        reason = Reason.of("why-few-units-for-covariates", side=arm, n=control.covariates)
        return adjusted_result(without_test(METHOD, None, None, reason), None, None, None, unadjusted)
    slopes = np.column_stack([first.slopes, second.slopes])
    shared = slopes.T @ spread @ slopes
    errors = (first.square + float(shared[0, 0]), second.square + float(shared[1, 1]), float(shared[0, 1]))
    variance = errors[0] + errors[1] - 2 * errors[2]
    degrees = None
    if variance > 0 and first.square + second.square > 0:
        degrees = satterthwaite((first.square, second.square), (first.degrees, second.degrees), variance)
    compared = contrast(METHOD, first.mean, second.mean - first.mean, errors, degrees, confidence=confidence)
    before = _variance(control) + _variance(treatment)
    removed = float(1 - variance / before) if before > 0 else None
    means = [
        _mean(fit, error, confidence) if compared.reason is None else Estimate(fit.mean, None, None, compared.reason)
        for fit, error in ((first, errors[0]), (second, errors[1]))
    ]
    return adjusted_result(compared, means[0], means[1], removed, unadjusted)


def _variance(moments: CrossMoments) -> float:
    return moments.covariance[0][0] / moments.n


def _pooled(control: CrossMoments, treatment: CrossMoments) -> tuple[Floats, Floats]:
    """Covariate mean of both arms together, and the sampling covariance of that mean."""
    total = control.n + treatment.n
    shares = control.n / total, treatment.n / total
    centre = shares[0] * np.asarray(control.mean[1:]) + shares[1] * np.asarray(treatment.mean[1:])
    spread = (shares[0] * control.matrix[1:, 1:] + shares[1] * treatment.matrix[1:, 1:]) / total
    return centre, spread


def _fit(moments: CrossMoments, centre: Floats) -> _Fit | None:
    """Least squares within an arm, evaluated at ``centre``; ``None`` when no unit is left to estimate the residuals."""
    matrix = moments.matrix
    inverse, root = pseudo_inverse(matrix[1:, 1:])
    rank = root.shape[1]
    degrees = moments.n - 1 - rank
    if degrees < 1:
        return None
    slopes = inverse @ matrix[1:, 0]
    explained = float(slopes @ matrix[1:, 0])
    residual = max(matrix[0, 0] - explained, 0.0)
    if residual <= 1e-14 * matrix[0, 0]:
        residual = 0.0  # an exact fit: what is left is rounding
    offset = np.asarray(moments.mean[1:]) - centre
    leverage = 1 / moments.n + float(offset @ inverse @ offset) / (moments.n - 1)
    variance = residual * (moments.n - 1) / degrees
    return _Fit(slopes, degrees, moments.mean[0] - float(slopes @ offset), variance * leverage)


def pseudo_inverse(matrix: Floats) -> tuple[Floats, Floats]:
    """Pseudo-inverse of a covariance matrix and its root L (it is LL′), judged on the scale of correlations."""
    scale = np.sqrt(np.diag(matrix))
    weight = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    values, vectors = np.linalg.eigh(matrix * np.outer(weight, weight))
    kept = values > COLLINEAR * max(len(scale), 1)
    basis = vectors[:, kept] * weight[:, None]
    return (basis / values[kept]) @ basis.T, basis / np.sqrt(values[kept])


def _mean(fit: _Fit, square: float, confidence: float) -> Estimate:
    half = critical_value(1 - confidence, fit.degrees) * float(np.sqrt(square))
    return Estimate(fit.mean, fit.mean - half, fit.mean + half)


def adjusted_result(
    compared: TwoSample,
    control: Estimate | None,
    treatment: Estimate | None,
    removed: float | None,
    unadjusted: TwoSample,
) -> AdjustedTwoSample:
    """Return a comparison with its adjusted means, the share of variance removed and what it was before."""
    nothing = Estimate(None, None, None, compared.reason)
    return AdjustedTwoSample(
        compared.method,
        compared.difference,
        compared.lift,
        compared.p_value,
        compared.statistic,
        compared.degrees_of_freedom,
        compared.reason,
        control or nothing,
        treatment or nothing,
        removed,
        unadjusted,
    )
