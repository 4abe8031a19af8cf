"""Fieller's interval for a lift, from two means that may be correlated.

Source: Fieller (1954), J. R. Stat. Soc. B 16:175-185.

The quadratic is solved in the lift itself, not in the ratio: its constant term is then d² − c²·var(d), whose sign *is*
the two-sided test, and a small lift of a large mean loses no digits.
"""

import math

from abtest.stats.score import TINY
from abtest.stats.values import Estimate
from abtest.words.reason import Reason

ZERO_CONTROL = Reason("why-control-mean-zero")
TOO_SMALL = Reason("why-control-mean-tiny")
WHOLE_LINE = Reason("why-lift-whole-line")
HALF_LINE = Reason("why-lift-half-line")
TWO_PIECES = Reason("why-lift-two-pieces")
REASONS = (WHOLE_LINE, HALF_LINE, TWO_PIECES)


def sided(low: float, high: float, significant: bool, estimate: float) -> tuple[float, float]:
    """Bounds that exclude 0 exactly when ``significant``; they move only by rounding error, if at all."""
    if not significant:
        return min(low, 0.0), max(high, 0.0)
    return (max(low, TINY), high) if estimate > 0 else (low, min(high, -TINY))


def fieller_lift(
    control: float,
    difference: float,
    errors: tuple[float, float, float],
    critical: float,
    *,
    significant: bool,
) -> Estimate:
    """Lift = ``difference`` / |``control``| with Fieller's bounds at the critical value of the difference test.

    ``errors`` holds the sampling variances of the control mean and of the treatment mean, and their covariance.
    ``significant`` is the verdict of the two-sided test of the difference, with which the bounds agree.
    """
    if control == 0:
        return Estimate(None, None, None, ZERO_CONTROL)
    if control < 0:  # mirrored: lift = difference / |control|
        mirrored = fieller_lift(-control, -difference, errors, critical, significant=significant)
        return Estimate(
            difference / -control,
            None if mirrored.high is None else -mirrored.high,
            None if mirrored.low is None else -mirrored.low,
            mirrored.reason,
        )
    square_c, square_t, covariance = errors
    of_difference = square_c + square_t - 2 * covariance
    # The lift is the quotient of the difference by the control, whose covariance is cov(t, c) − var(c).
    parts = (square_c, of_difference, covariance - square_c)
    return fieller_quotient(control, difference, parts, critical, significant=significant)


def fieller_quotient(
    denominator: float,
    numerator: float,
    errors: tuple[float, float, float],
    critical: float,
    *,
    significant: bool,
    reasons: tuple[Reason, Reason, Reason] = REASONS,
) -> Estimate:
    """``numerator`` / ``denominator`` with Fieller's bounds; the denominator is positive.

    ``errors``: sampling variances of denominator and numerator, and their covariance. ``significant``: whether the
    numerator differs from 0, with which the bounds agree. ``reasons``: whole line, half line, two pieces.
    """
    estimate, square = numerator / denominator, critical**2
    of_denominator, of_numerator, covariance = errors
    if not math.isfinite(estimate):
        return Estimate(None, None, None, TOO_SMALL)
    # A common power of two leaves every digit and the quotient as they are, and keeps squares within range.
    parts = numerator, denominator, math.sqrt(of_denominator), math.sqrt(of_numerator)
    size = -max(math.frexp(part)[1] for part in parts)
    numerator, denominator = math.ldexp(numerator, size), math.ldexp(denominator, size)
    of_denominator, of_numerator, covariance = (math.ldexp(error, 2 * size) for error in errors)
    lead = denominator**2 - square * of_denominator
    half = numerator * denominator - square * covariance
    constant = numerator**2 - square * of_numerator
    # The discriminant, expanded so that the leading terms cancel by algebra and not by subtraction.
    inside = square * (
        denominator**2 * of_numerator
        - 2 * denominator * numerator * covariance
        + numerator**2 * of_denominator
        - square * (of_numerator * of_denominator - covariance**2)
    )
    if inside <= 0:
        return Estimate(estimate, None, None, reasons[0])
    # An exact 0 has no sign here: −0 would solve for the other root first and differ in the last digit.
    far = half + math.copysign(math.sqrt(inside), half + 0.0)
    roots = sorted((far / lead, constant / far)) if lead else [constant / far]
    if lead > 0:
        low, high = sided(roots[0], roots[1], significant, estimate)
        return Estimate(estimate, low, high)
    return _branch(estimate, roots, significant, reasons)


def _branch(estimate: float, roots: list[float], significant: bool, reasons: tuple[Reason, Reason, Reason]) -> Estimate:
    """Return the branch of an unbounded set that holds the estimate, unless 0 lies only in the other branch."""
    if estimate >= roots[-1]:
        low = max(roots[-1], TINY) if significant else roots[-1]
        kept = Estimate(estimate, low, None, reasons[1])
        holds_zero = low <= 0
    else:
        high = min(roots[0], -TINY) if significant else roots[0]
        kept = Estimate(estimate, None, high, reasons[1])
        holds_zero = high >= 0
    if holds_zero == significant:
        return Estimate(estimate, None, None, reasons[2])
    return kept
