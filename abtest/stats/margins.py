"""Superiority by a margin and equivalence, for rates and means; non-inferiority is in ``rates`` and ``means``.

A margin is fixed before the data are seen. Each test is one-sided at half of 1 − confidence and agrees with the
two-sided interval of the plain comparison, so one interval answers all questions.
"""

from collections.abc import Sequence
from typing import Literal

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.means import mean_excess_test
from abtest.stats.rates import Good, Scale, Side, rate_excess_test
from abtest.stats.stratified import stratified_excess_test
from abtest.stats.values import MarginTest, Moments, Rate


def rate_superiority_test(
    control: Rate, treatment: Rate, margin: float, scale: Scale, good: Good, *, confidence: float = CONFIDENCE
) -> MarginTest:
    """Score test that the treatment's rate is better by more than ``margin`` > 0: Farrington & Manning (1990).

    With ``good`` up it rejects difference ≤ margin (relative: lift ≤ margin), with ``good`` down difference ≥ −margin.
    """
    value = _gain(margin, scale, good, below_one=scale == "absolute" or good == "down")
    side: Side = "above" if value > 0 else "below"
    return rate_excess_test(control, treatment, value, scale, side, confidence=confidence)


def mean_superiority_test(
    control: Moments, treatment: Moments, margin: float, scale: Scale, good: Good, *, confidence: float = CONFIDENCE
) -> MarginTest:
    """Welch test that the treatment's mean is better by more than ``margin`` > 0; see ``rate_superiority_test``."""
    value = _gain(margin, scale, good, below_one=scale == "relative" and good == "down")
    side: Side = "above" if value > 0 else "below"
    return mean_excess_test(control, treatment, value, scale, side, confidence=confidence)


def _gain(margin: float, scale: Scale, good: Good, *, below_one: bool) -> float:
    checks.one_of("scale", scale, ("absolute", "relative"))
    checks.one_of("good", good, ("up", "down"))
    margin = checks.positive_margin(margin, below_one=below_one)
    return margin if good == "up" else -margin


def rate_equivalence_test(
    control: Rate, treatment: Rate, margin: float, scale: Scale, *, confidence: float = CONFIDENCE
) -> MarginTest:
    """Two one-sided score tests (TOST): Schuirmann (1987), J. Pharmacokin. Biopharm. 15:657-680.

    Shows that the difference (absolute) or the lift (relative) lies within ±``margin``. The p-value is the larger of
    the two one-sided ones; ``shown`` when it is below half of 1 − confidence, that is when the whole two-sided interval
    lies within the margin. (The convention of 90 % intervals for tests at 5 % is ``confidence`` = 0.90.)
    """
    checks.one_of("scale", scale, ("absolute", "relative"))
    margin = checks.positive_margin(margin, below_one=True)
    return _both(
        rate_excess_test(control, treatment, -margin, scale, "above", confidence=confidence),
        rate_excess_test(control, treatment, margin, scale, "below", confidence=confidence),
    )


def mean_equivalence_test(
    control: Moments, treatment: Moments, margin: float, scale: Scale, *, confidence: float = CONFIDENCE
) -> MarginTest:
    """Two one-sided Welch tests that the difference or lift lies within ±``margin``; see ``rate_equivalence_test``."""
    checks.one_of("scale", scale, ("absolute", "relative"))
    margin = checks.positive_margin(margin, below_one=scale == "relative")
    return _both(
        mean_excess_test(control, treatment, -margin, scale, "above", confidence=confidence),
        mean_excess_test(control, treatment, margin, scale, "below", confidence=confidence),
    )


def stratified_margin_test(
    control: Sequence[Rate],
    treatment: Sequence[Rate],
    question: Literal["non-inferiority", "superiority", "equivalence"],
    margin: float,
    scale: Scale,
    *,
    good: Good,
    confidence: float = CONFIDENCE,
) -> MarginTest:
    """Test a ``margin`` > 0 within strata by the score at the margin; see ``stratified_excess_test``."""
    checks.one_of("good", good, ("up", "down"))
    if question == "equivalence":
        margin = checks.positive_margin(margin, below_one=True)
        return _both(
            stratified_excess_test(control, treatment, -margin, scale, "above", confidence=confidence),
            stratified_excess_test(control, treatment, margin, scale, "below", confidence=confidence),
        )
    if question == "superiority":
        value = _gain(margin, scale, good, below_one=scale == "absolute" or good == "down")
    else:
        margin = checks.positive_margin(margin, below_one=scale == "absolute" or good == "up")
        value = -margin if good == "up" else margin
    side: Side = "above" if good == "up" else "below"
    return stratified_excess_test(control, treatment, value, scale, side, confidence=confidence)


def _both(above: MarginTest, below: MarginTest) -> MarginTest:
    if above.p_value is None or below.p_value is None:
        return MarginTest(None, False, above.reason or below.reason)
    return MarginTest(max(above.p_value, below.p_value), above.shown and below.shown, None)
