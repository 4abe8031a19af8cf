"""A difference of rates as a team says it: customers per 1,000, and how many to treat for one better outcome."""

from typing import Literal

from abtest.analysis.in_time import PlainWords
from abtest.analysis.result import Effect, MetricResult
from abtest.analysis.verdicts import effect
from abtest.stats.plain_words import Needed, kept_per_thousand, number_needed_to_treat
from abtest.stats.values import Estimate


def in_words(difference: Effect, metric: MetricResult) -> PlainWords | None:
    """Return a comparison's ``difference`` in other words; ``None`` where the metric is no rate or there is no number.

    ``per_thousand`` keeps the sign of the difference: with ``good: up`` more are kept where it is positive, with
    ``good: down`` fewer have the event where it is negative. ``needed`` is a number for benefit when the difference
    goes in the good direction. It all excludes "no effect" exactly when the difference does. Bounds beyond −1 and 1,
    which a regression can have, are cut there: no difference of rates is larger.
    """
    if not metric.is_rate or difference.estimate is None:
        return None
    estimate, low, high = (
        None if part is None else max(-1.0, min(part, 1.0))
        for part in (difference.estimate, difference.low, difference.high)
    )
    rates = Estimate(estimate, low, high, difference.because)
    needed = number_needed_to_treat(rates, metric.good)
    return PlainWords(
        per_thousand=effect(kept_per_thousand(rates)),
        needed=_customers(needed.estimate),
        needed_kind=_kind(needed.estimate),
        needed_best=_customers(needed.best),
        needed_best_kind=_kind(needed.best),
        needed_worst=_customers(needed.worst),
        needed_worst_kind=_kind(needed.worst),
        passes_infinity=needed.passes_infinity,
    )


def _customers(needed: Needed | None) -> float | None:
    return None if needed is None else needed.customers


def _kind(needed: Needed | None) -> Literal["benefit", "harm"] | None:
    return None if needed is None else needed.kind
