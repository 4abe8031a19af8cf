"""Share of units with the event by a horizon: the complement of the event-free share, from the same counts.

The principle. A share with the event is 1 − S, so its value, interval and difference are those of the event-free share
mirrored. Its lift is not: 10 % against 20 % with the event is −50 %, while 90 % against 80 % without it is +12.5 %. So
the lift is found anew, from the shares with the event and the same variances.
"""

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import without_test
from abtest.stats.horizon import ArmEstimate, compare_estimates, positive_horizon
from abtest.stats.survival import METHOD, LifeTable, combined, share_at, survival_at, unfinished_arm
from abtest.stats.values import Estimate, TwoSample


def event_share(table: LifeTable, horizon: float, confidence: float = CONFIDENCE) -> Estimate:
    """Share of units with the event by ``horizon`` (events at the horizon itself count): 1 − Kaplan–Meier.

    The interval is that of ``survival_at``, mirrored. ``None`` with a reason where follow-up ends before the horizon.
    """
    free = survival_at(table, horizon, confidence)
    return Estimate(_rest(free.estimate), _rest(free.high), _rest(free.low), free.reason)


def compare_event_shares(
    control: LifeTable, treatment: LifeTable, horizon: float, confidence: float = CONFIDENCE
) -> TwoSample:
    """Difference of the shares with the event by ``horizon``, by z with Greenwood's variances, and the lift by Fieller.

    Estimands: F_t − F_c as a fraction, and F_t/F_c − 1, where F = 1 − S. The p-value is that of ``compare_survival``
    and the difference its mirror image; p-value, difference and lift exclude 0 together. Without an event in the
    control there is no lift, but a reason. An arm without any event borrows its variance, see
    ``horizon.compare_estimates``.
    """
    horizon = positive_horizon(horizon)
    unfinished = unfinished_arm(control, treatment, horizon)
    if unfinished is not None:
        checks.confidence_level(confidence)
        return without_test(METHOD, None, None, unfinished)
    both = share_at(combined(control, treatment), horizon).value
    arms = _with_event(share_at(control, horizon)), _with_event(share_at(treatment, horizon))
    return compare_estimates(METHOD, arms, both * (1 - both), limit=1.0, confidence=confidence)


def _with_event(free: ArmEstimate) -> ArmEstimate:
    return ArmEstimate(1 - free.value, free.variance, free.known)


def _rest(share: float | None) -> float | None:
    return None if share is None else 1 - share
