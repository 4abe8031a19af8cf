"""Looking at any time: intervals and p-values that stay valid however often, and whenever, one looks at them.

The principle. A fixed-sample interval is an estimate ± z standard errors, right at one look. An asymptotic confidence
sequence is the same estimate ± c(n) standard errors, where c(n) is so much larger that *all* its intervals together
miss the truth with probability α at most. So every comparison of this package becomes valid at all looks by running
it at another confidence, ``anytime_confidence``, with the p-value replaced by ``anytime_p_value``.

What it is valid for. The estimate is, nearly, a mean over independent units, and ``n`` counts the units in it, of both
arms: those whose outcome is complete (mature), never those still on their way. More precisely n stands for information
and must grow in proportion to 1/variance of the estimate. The guarantee is asymptotic, as a z test's is: looks may
start once a single z test would be trusted (a hundred units and ten events an arm, say), may then come at every unit,
and the experiment may stop, or go on, for any reason. Fix ``planned`` and the tuning level before the first look.

Source: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Annals of Statistics 52:2613-2640, "Time-uniform central
limit theory and asymptotic confidence sequences", Theorem 2.2; the boundary is Robbins' (1970), Ann. Math. Stat.
41:1397-1409, normal mixture.
"""

import math

from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE

# Smallest p-value that still has a normal deviate in floating-point numbers.
SMALLEST_P = 1e-300
MAX_STEPS = 100


def tuned_information(alpha: float) -> float:
    """Return x = planned · ρ²: the mixture's tuning that makes the boundary at level ``alpha`` tightest at ``planned``.

    c² = (1 + 1/x)(log(1 + x) − 2 log α) is least where x = log(1 + x) − 2 log α, that is x = −1 − W₋₁(−α²/e) with
    Lambert's W; there c² = 1 + x. Solved by Newton's method, which also works where α² is too small for a number.
    """
    evidence = -2 * math.log(_level(alpha))
    x = evidence + math.sqrt(2 * evidence)  # above the root of a convex function, so Newton descends to it
    for _ in range(MAX_STEPS):
        following = x - (x - math.log1p(x) - evidence) * (1 + x) / x
        if following >= x:
            break
        x = following
    return x


def anytime_critical(n: float, planned: float, alpha: float, *, tuned_at: float | None = None) -> float:
    """Half-width in standard errors at ``n`` units, of a confidence sequence with error ``alpha`` over all looks.

    Two-sided; for a one-sided bound at α ask for 2α. ``planned``: the number of units at which it is to be tightest,
    about the size at which a decision is expected (at α = 0.05 it is 3.04 there, against 1.96 for a single look).
    ``tuned_at``: the level the tuning was chosen for, by default ``alpha``. All levels of one analysis (several
    comparisons, corrected levels) must share it, or its p-values and its intervals would come from different tests.
    """
    x = _information(n, planned, alpha if tuned_at is None else tuned_at)
    return math.sqrt((1 + 1 / x) * (math.log1p(x) - 2 * math.log(_level(alpha))))


def anytime_p_value(z: float, n: float, planned: float, alpha: float) -> float:
    """Return the p-value of an estimate ``z`` standard errors from 0, valid at all looks: 1 where ``z`` says nothing.

    It is the smallest level whose boundary |z| exceeds, in closed form √(1 + x) · exp(−z²/2 · x/(1 + x)), at most 1.
    ``alpha`` is the analysis's level, which tunes the mixture: the p-value is below any level a exactly when |z| is
    beyond ``anytime_critical(n, planned, a, tuned_at=alpha)``. It may be compared with any level and corrected as
    usual; the smallest over the looks so far is a p-value too.
    """
    x = _information(n, planned, alpha)
    squared = checks.finite("z", z) * (float(z) * x / (1 + x))
    return min(1.0, math.exp((math.log1p(x) - squared) / 2))


def anytime_confidence(
    n: float, planned: float, confidence: float = CONFIDENCE, *, tuned_at: float | None = None
) -> float | None:
    """Fixed-sample two-sided confidence whose interval is as wide as the confidence sequence's at ``n`` units.

    2Φ(c) − 1 with c = ``anytime_critical``; any method of this package that is run at it gives the sequence's interval
    at this look. ``tuned_at`` is a *level* α, by default 1 − ``confidence``. ``None`` when n is so far below
    ``planned`` (about a hundredth of it) that the level rounds to 1: there is no interval yet. Near that end the level
    is rounded upwards, so that the interval errs on the wide side (by less than one part in a hundred).
    """
    alpha = 1 - checks.confidence_level(confidence)
    tail = 2 * float(special.ndtr(-anytime_critical(n, planned, alpha, tuned_at=tuned_at)))
    level = 1 - tail
    if 1 - level > tail:
        level = math.nextafter(level, 1.0)
    return level if level < 1 else None


def normal_deviate(p_value: float) -> float:
    """Return the |z| that has this two-sided p-value, for ``anytime_p_value`` after a test that is not a z test.

    p-values below 1e-300 count as that: the result is then too small, never too large.
    """
    if not 0 <= p_value <= 1:
        raise ValueError(f"p_value must lie between 0 and 1, got {p_value!r}")
    return abs(float(special.ndtri(max(p_value, SMALLEST_P) / 2)))


def _level(alpha: float) -> float:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie strictly between 0 and 1, got {alpha!r}")
    return float(alpha)


def _information(n: float, planned: float, tuned_at: float) -> float:
    """Return n ρ², the information at ``n`` on the mixture's scale."""
    for name, value in (("n", n), ("planned", planned)):
        if checks.finite(name, value) <= 0:
            raise ValueError(f"{name} must be positive, got {value!r}")
    return tuned_information(tuned_at) * (n / planned)
