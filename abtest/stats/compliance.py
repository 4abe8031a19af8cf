"""The effect among those whom the treatment reached: the complier average effect, beside intention to treat."""

import math
from dataclasses import dataclass

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import NO_VARIATION, critical_value, lower_tail, satterthwaite
from abtest.stats.crossmoments import CrossMoments, checked_pair
from abtest.stats.fieller import fieller_quotient
from abtest.stats.values import Estimate

REASONS = (
    "assignment moved compliance too little: every complier effect is compatible with the data",
    "assignment barely moved compliance, so the complier effect is bounded on one side only",
    "assignment barely moved compliance: the compatible effects fall into two pieces, which no interval describes",
)


@dataclass(frozen=True, slots=True)
class ComplierEffect:
    """``effect`` with its interval; ``compliance`` is the difference in compliance that carries it."""

    effect: Estimate
    p_value: float | None
    compliance: float | None
    standard_error: float | None
    reason: str | None


def complier_effect(control: CrossMoments, treatment: CrossMoments, confidence: float = CONFIDENCE) -> ComplierEffect:
    """Complier average causal effect by the Wald/IV estimator: Angrist, Imbens & Rubin (1996), JASA 91:444-455.

    Moments of (outcome, compliance) per unit; compliance is 1 when the unit was reached (delivered, opened). Estimand:
    the mean effect among units reached because they were assigned, (ȳ_t − ȳ_c)/(d̄_t − d̄_c). Assumes that assignment
    acts on the outcome only through compliance, and that nobody is reached *because* of being in the control.
    The interval is Fieller's, which for one instrument is Anderson & Rubin's (1949): valid for weak compliance too, and
    it excludes 0 exactly when the intention-to-treat test is significant (``p_value`` is that test's).
    ``standard_error`` is the delta method's, for reading only.
    """
    alpha = 1 - checks.confidence_level(confidence)
    checked_pair(control, treatment, size=2)
    outcome, reached = (treatment.mean[i] - control.mean[i] for i in (0, 1))
    parts = [[arm.matrix[i, j] / arm.n for i, j in ((0, 0), (1, 1), (0, 1))] for arm in (control, treatment)]
    of_outcome, of_reached, covariance = (float(a + b) for a, b in zip(*parts, strict=True))
    if of_outcome == 0:
        nothing = Estimate(outcome / reached if reached else None, None, None, NO_VARIATION)
        return ComplierEffect(nothing, None, reached, None, NO_VARIATION)
    degrees = satterthwaite((float(parts[0][0]), float(parts[1][0])), (control.n - 1, treatment.n - 1))
    p_value = 2 * lower_tail(-abs(outcome) / math.sqrt(of_outcome), degrees)
    if reached == 0:
        reason = "assignment did not move compliance at all"
        return ComplierEffect(Estimate(None, None, None, reason), p_value, 0.0, None, reason)
    sign = math.copysign(1, reached)
    effect = fieller_quotient(
        abs(reached),
        sign * outcome,
        (of_reached, of_outcome, covariance),
        critical_value(alpha, degrees),
        significant=p_value < alpha,
        reasons=REASONS,
    )
    ratio = outcome / reached
    error = math.sqrt(max(of_outcome - 2 * ratio * covariance + ratio**2 * of_reached, 0.0)) / abs(reached)
    return ComplierEffect(effect, p_value, reached, error, None)
