"""May we read early? Checks of what Kaplan–Meier at the horizon assumes when half of the customers are immature.

The principle. A customer who was assigned late is followed for a short time only. His early days stand for those of
the customers assigned before him, and theirs for his late days. That is right if the date of assignment tells nothing
about the outcome (``enrolment_trend``). And both arms should be followed alike (``censoring_balance``): a split that
changed during the experiment moves the arms' follow-up apart, which does no harm to Kaplan–Meier by itself, but does to
every reading that forgets it, and adds to the harm of a drift. Both are log-rank tests, from counts per day.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from abtest.stats.score import Floats
from abtest.stats.survival import LifeTable, aligned
from abtest.stats.survival_tests import log_rank
from abtest.stats.values import OverallTest
from abtest.words.reason import Reason

NO_OVERLAP = Reason("why-no-event-between-periods")


@dataclass(frozen=True, slots=True)
class TrendTest:
    """A score test for a trend of the hazard over the date of assignment.

    ``slope`` is the first step of the log hazard ratio per enrolment period (a unit of ``scores``): score over
    information. Positive: events come faster for customers who were assigned later.
    """

    statistic: float | None
    slope: float | None
    p_value: float | None
    reason: Reason | None


def enrolment_trend(arms: Sequence[Sequence[LifeTable]], scores: Sequence[float] | None = None) -> TrendTest:
    """Test whether the hazard changes with the date of assignment: Tarone (1975), Biometrika 62:679-682; within arms.

    ``arms[a][g]``: arm a's life table of the customers of enrolment period g, in the order of time; an empty table
    where an arm enrolled nobody. ``scores``: the place of each period in time, by default 0, 1, …. The score of a Cox
    model with that covariate, with the hypergeometric variance: z normal, two-sided. Compare periods short enough that
    the date within one does not matter, and no shorter: a week, as a rule. Sensitive to a steady change; a change that
    goes up and down again may cancel out. Raises ``ValueError`` when the arms have not the same periods.
    """
    sizes = {len(periods) for periods in arms}
    if len(sizes) != 1 or min(sizes) == 0:
        raise ValueError(f"each arm must have the same enrolment periods, got {sorted(sizes) or 'no arm'}")
    place = _scores(scores, min(sizes))
    score = information = 0.0
    for periods in arms:
        of_arm, spread = _trend(periods, place)
        score, information = score + of_arm, information + spread
    if information <= 0:
        return TrendTest(None, None, None, NO_OVERLAP)
    statistic = float(score / np.sqrt(information))
    return TrendTest(statistic, score / information, 2 * float(special.ndtr(-abs(statistic))), None)


def censoring_balance(control: LifeTable, treatment: LifeTable, *further: LifeTable) -> OverallTest:
    """Are the arms followed alike? The log-rank test with the roles of event and censoring exchanged.

    χ² with one degree of freedom less than there are arms. On a day events come before censorings, so a unit with an
    event on a day is no longer at risk of being censored on it. Follow-up ends at the data's end, so a difference means
    that the arms enrolled at different times: a split that changed, or assignments that are missing.
    """
    return log_rank([_exchanged(table) for table in (control, treatment, *further)])


def _exchanged(table: LifeTable) -> LifeTable:
    """Censorings as events: each time becomes two, the events (which come first) at the earlier."""
    times = np.sort(np.concatenate([2 * table.times, 2 * table.times + 1]))
    events, censored = np.zeros_like(times), np.zeros_like(times)
    censored[0::2], events[1::2] = table.events, table.censored
    return LifeTable(times, events, censored)


def _scores(scores: Sequence[float] | None, size: int) -> Floats:
    place = np.arange(size, dtype=float) if scores is None else np.asarray(scores, dtype=float)
    if place.shape != (size,) or not np.all(np.isfinite(place)):
        raise ValueError(f"scores must be {size} finite numbers, one per enrolment period")
    centred: Floats = place - place.mean()
    return centred


def _trend(periods: Sequence[LifeTable], place: Floats) -> tuple[float, float]:
    """Score and hypergeometric variance of one arm: Σ (observed − expected) · place over the event times."""
    _, events, censored = aligned(periods)
    at_risk = np.cumsum((events + censored)[:, ::-1], axis=1)[:, ::-1].astype(float)
    d, n = events.sum(axis=0).astype(float), at_risk.sum(axis=0)
    used = (d > 0) & (n > 1)
    share, d, n = at_risk[:, used] / n[used], d[used], n[used]
    mean = place @ share
    variance = np.sum(share * (place[:, None] - mean) ** 2, axis=0)
    score = float(np.sum(place @ events[:, used] - d * mean))
    return score, float(np.sum(d * (n - d) / (n - 1) * variance))
