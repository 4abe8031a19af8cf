"""Are there events enough for more than the exact test to say?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.moments.sums import MetricMoments
from abtest.stats.exact import expected_fewest
from abtest.stats.sparse import FEWEST
from abtest.stats.values import Rate
from abtest.words.reason import Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return ``sparse_events`` where a primary or guardrail rate has so few events that only the exact test holds."""
    few: list[tuple[float, str]] = []
    for name, moments in given.collected.metrics.items():
        if given.definition.metrics[name].role != "secondary" and moments.rate:
            fewest = _fewest(given, moments)
            if fewest is not None and fewest < FEWEST:
                few.append((fewest, name))
    if few:
        expected, first = min(few)
        message = Reason.of("check-sparse-events", metric=first, expected=float(f"{expected:.2g}"), n=len(few))
        yield Finding("sparse_events", "warn", message)


def _fewest(given: Given, moments: MetricMoments) -> float | None:
    """Return the fewest events, or units without, that an arm expects in a comparison with the control."""
    names = [arm.name for arm in given.definition.arms]
    control = names.index(given.definition.control.name)
    rates = [Rate(arm.total, arm.n) for arm in moments.arms]
    found = [
        expected_fewest(rates[control], rate)
        for place, rate in enumerate(rates)
        if place != control and rate.n and rates[control].n
    ]
    return min(found, default=None)
