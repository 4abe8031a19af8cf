"""Does a metric hold anything at all, and do the arms lack its values alike?

Principle: nothing there is not health. A metric in which nobody has anything but 0 is more often a broken join than a
quiet month, and blanks that gather in one arm bias whatever is computed from the rest.
"""

from collections.abc import Iterator

from abtest.checks.finding import SURPRISE, Finding, Given
from abtest.moments.sums import MetricMoments
from abtest.stats.balance import balance_p_value
from abtest.stats.values import Rate
from abtest.words.reason import Field, Reason

LARGE_SHARE = 0.2
"""The share of units without a value from which on a reader is warned."""
_DECIDING = frozenset({"primary", "guardrail"})


def findings(given: Given) -> Iterator[Finding]:
    """Return ``happened.<metric>`` where nothing did, and ``missing.<metric>`` for each outcome with blanks."""
    for name, moments in given.collected.metrics.items():
        metric = given.definition.metrics[name]
        if moments.nothing_happened:
            yield Finding(f"happened.{name}", "warn", _nothing(name, moments))
        if moments.outcome.of_column and any(arm.n < arm.mature for arm in moments.arms):
            yield _missing(name, moments, decides=metric.role in _DECIDING)


def missing_balance(moments: MetricMoments) -> float | None:
    """Return the p-value of blanks that are equally frequent in all arms; ``None`` where it cannot be tested."""
    if not moments.outcome.of_column:
        return None
    return balance_p_value([Rate(arm.n, arm.mature) for arm in moments.arms])


def lacks_unequally(moments: MetricMoments) -> bool:
    """Whether the arms lack values so unequally that no chance explains it."""
    p_value = missing_balance(moments)
    return p_value is not None and p_value < SURPRISE


def _nothing(name: str, moments: MetricMoments) -> Reason:
    if moments.outcome.of_column:
        return Reason.of("check-only-zeros", metric=name, n=sum(arm.n for arm in moments.arms))
    return Reason.of("check-nothing-happened", metric=name, n=sum(arm.mature for arm in moments.arms))


def _missing(name: str, moments: MetricMoments, *, decides: bool) -> Finding:
    lacking, sizes = [arm.mature - arm.n for arm in moments.arms], [arm.mature for arm in moments.arms]
    shown: dict[str, Field] = {"metric": name, "by_arm": [*lacking], "sizes": [*sizes]}
    p_value = missing_balance(moments)
    key, found = f"missing.{name}", Reason.of("check-missing-alike", **shown)
    ones = moments.rate and all(arm.total == arm.n for arm in moments.arms)
    if lacks_unequally(moments):
        found = Reason.of("check-ones-and-blanks" if ones else "check-missing-unequally", **shown)
        return Finding(key, "fail" if decides else "warn", found, p_value)
    if ones:
        return Finding(key, "warn", Reason.of("check-ones-and-blanks", **shown), p_value)
    if sum(lacking) > LARGE_SHARE * sum(sizes):
        found = Reason.of("check-many-missing", n=sum(lacking), counted=sum(sizes), **shown)
        return Finding(key, "warn", found, p_value)
    return Finding(key, "pass", found, p_value)
