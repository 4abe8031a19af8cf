"""The effect on compliers: what the treatment does to the units that take it up because they were offered it.

Principle: intention to treat is the comparison that randomisation protects, and it stays the primary one. The complier
effect divides it by the difference in compliance, so both have *one* test: no difference by intention to treat, no
complier effect.
"""

import math
from dataclasses import dataclass

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import critical_value
from abtest.stats.crossmoments import CrossMoments, checked_pair
from abtest.stats.fieller import fieller_quotient
from abtest.stats.means import compare_means
from abtest.stats.values import Estimate, Moments, TwoSample
from abtest.words.reason import Reason

METHOD = "Wald (instrumental variable), Anderson–Rubin interval"
NO_DIFFERENCE = Reason("why-equal-compliance")
WEAK_REASONS = (
    Reason("why-compliance-whole-line"),
    Reason("why-compliance-half-line"),
    Reason("why-compliance-two-pieces"),
)


@dataclass(frozen=True, slots=True)
class ComplierEffect:
    """The complier average causal effect beside the two comparisons that it is the quotient of.

    ``effect`` is in the outcome's unit, with Anderson–Rubin bounds. ``p_value`` is that of ``intention_to_treat``,
    below 1 − confidence exactly when the bounds exclude 0. ``standard_error`` is the delta method's, for display beside
    other software: the bounds do not use it. ``compliance`` is the difference in compliance, a fraction.
    """

    method: str
    effect: Estimate
    standard_error: float | None
    p_value: float | None
    intention_to_treat: TwoSample
    compliance: Estimate
    reason: Reason | None


def complier_effect(control: CrossMoments, treatment: CrossMoments, confidence: float = CONFIDENCE) -> ComplierEffect:
    """Complier average causal effect from moments of (outcome, compliance) per assigned unit.

    Estimand: the mean effect of taking the treatment up among compliers, the units that take it up if and only if
    assigned to it: Imbens & Angrist (1994), Econometrica 62:467-475; Angrist, Imbens & Rubin (1996), J. Am. Stat.
    Assoc. 91:444-455, prop. 1. Estimate: difference in outcome / difference in compliance (Wald 1940), which is
    two-stage least squares with the assignment as the instrument.
    Bounds: all effects β for which the means of outcome − β·compliance do not differ between the arms: Anderson & Rubin
    (1949), Ann. Math. Stat. 20:46-63, that is Fieller's (1954) set of the quotient, with the critical value of the
    intention-to-treat test (Welch). They stay valid however small the difference in compliance; then they may be
    unbounded, with a reason.
    Assumes that the assignment moves the outcome only through compliance, and that nobody does the opposite of what he
    is assigned. The first fails where the offer itself works, as a message's subject line does on those who never open
    it. Compliance may be a dose: then the effect is per unit of it, weighted.
    """
    alpha = 1 - checks.confidence_level(confidence)
    checked_pair(control, treatment, size=2)
    outcome = compare_means(control.outcome, treatment.outcome, confidence)
    compliance = compare_means(_compliance(control), _compliance(treatment), confidence).difference
    numerator, denominator = (t - c for c, t in zip(control.mean, treatment.mean, strict=True))
    if denominator == 0:
        nothing = Estimate(None, None, None, NO_DIFFERENCE)
        return ComplierEffect(METHOD, nothing, None, outcome.p_value, outcome, compliance, NO_DIFFERENCE)
    if outcome.p_value is None or outcome.degrees_of_freedom is None:
        nothing = Estimate(numerator / denominator, None, None, outcome.reason)
        return ComplierEffect(METHOD, nothing, None, None, outcome, compliance, outcome.reason)
    of_outcome, of_compliance, covariance = (
        control.covariance[i][j] / control.n + treatment.covariance[i][j] / treatment.n
        for i, j in ((0, 0), (1, 1), (0, 1))
    )
    # A quotient does not change when both of its parts change sign, and neither do their variances and covariance.
    sign = math.copysign(1.0, denominator)
    effect = fieller_quotient(
        sign * denominator,
        sign * numerator,
        (of_compliance, of_outcome, covariance),
        critical_value(alpha, outcome.degrees_of_freedom),
        significant=outcome.p_value < alpha,
        reasons=WEAK_REASONS,
    )
    # Variance of outcome − β·compliance over the squared difference in compliance: White's sandwich for two-stage least
    # squares, but for the divisor n − 1.
    ratio = numerator / denominator
    residual = max(of_outcome - 2 * ratio * covariance + ratio**2 * of_compliance, 0.0)
    error = math.sqrt(residual) / abs(denominator)
    return ComplierEffect(METHOD, effect, error, outcome.p_value, outcome, compliance, effect.reason)


def _compliance(arm: CrossMoments) -> Moments:
    return Moments(arm.n, arm.mean[1], arm.covariance[1][1])
