"""The comparison that every method ends in: two estimates with standard errors, tested and turned into intervals."""

import math
import sys

from scipy import special

from abtest.stats import checks
from abtest.stats.fieller import fieller_lift, sided
from abtest.stats.values import Estimate, TwoSample
from abtest.words.reason import Reason

GREATEST = sys.float_info.max
NO_VARIATION = Reason("why-no-variation-in-arms")


def critical_value(alpha: float, degrees: float | None) -> float:
    """Two-sided critical value of Student's t, or of the normal distribution when ``degrees`` is ``None``."""
    return -float(special.ndtri(alpha / 2) if degrees is None else special.stdtrit(degrees, alpha / 2))


def standardised(difference: float, variance: float) -> float:
    """``difference`` over its standard error, at most the largest number that there is."""
    return max(-GREATEST, min(difference / math.sqrt(variance), GREATEST))


def lower_tail(statistic: float, degrees: float | None) -> float:
    """Probability that t, or a normal deviate when ``degrees`` is ``None``, lies below ``statistic``."""
    return float(special.ndtr(statistic) if degrees is None else special.stdtr(degrees, statistic))


def satterthwaite(parts: tuple[float, float], degrees: tuple[float, float], total: float | None = None) -> float:
    """Return degrees of freedom of a sum of two variance estimates: Satterthwaite (1946), Biometrics Bulletin 2:110.

    ``total`` is the whole variance when it has further parts that count as known.
    """
    whole = sum(parts) if total is None else total
    # Shares rather than squares, so that nothing under- or overflows.
    first, second = (part / whole for part in parts)
    return 1 / (first**2 / degrees[0] + second**2 / degrees[1])


def contrast(
    method: str,
    control: float,
    difference: float,
    errors: tuple[float, float, float],
    degrees: float | None,
    *,
    confidence: float,
) -> TwoSample:
    """Test a difference of two estimates and give its interval, and the lift's by Fieller, from one statistic.

    ``errors``: sampling variance of the control's estimate, of the treatment's, and their covariance. ``degrees``:
    degrees of freedom of t, ``None`` for a normal reference. The lift is relative to the absolute control estimate.
    """
    alpha = 1 - checks.confidence_level(confidence)
    variance = errors[0] + errors[1] - 2 * errors[2]
    if variance <= 0:
        return without_test(method, control, control + difference, NO_VARIATION, difference=difference)
    statistic = standardised(difference, variance)
    p_value = 2 * lower_tail(-abs(statistic), degrees)
    critical = critical_value(alpha, degrees)
    significant = p_value < alpha
    half = critical * math.sqrt(variance)
    low, high = sided(difference - half, difference + half, significant, difference)
    lift = fieller_lift(control, difference, errors, critical, significant=significant)
    return TwoSample(method, Estimate(difference, low, high), lift, p_value, statistic, degrees, None)


def without_test(
    method: str,
    control: float | None,
    treatment: float | None,
    reason: Reason,
    *,
    difference: float | None = None,
) -> TwoSample:
    """Return the point estimates that exist, with the reason why nothing can be said about chance."""
    if difference is None and control is not None and treatment is not None:
        difference = treatment - control
    lift = None if difference is None or not control else difference / abs(control)
    lift = lift if lift is not None and math.isfinite(lift) else None
    return TwoSample(
        method,
        Estimate(difference, None, None, reason),
        Estimate(lift, None, None, reason),
        None,
        None,
        None,
        reason,
    )
