"""Does a metric hold anything at all, and do the arms lack its values alike?

Principle: nothing there is not health. A metric in which nobody has anything but 0 is more often a broken join than a
quiet month, and blanks that gather in one arm bias whatever is computed from the rest.
"""

from collections.abc import Iterator

from abtest.checks.finding import SURPRISE, Finding, Given
from abtest.moments.sums import MetricMoments
from abtest.stats.balance import balance_p_value
from abtest.stats.values import Rate

LARGE_SHARE = 0.2
"""The share of units without a value from which on a reader is warned."""
_DECIDING = frozenset({"primary", "guardrail"})


def findings(given: Given) -> Iterator[Finding]:
    """Return ``happened.<metric>`` where nothing did, and ``missing.<metric>`` for each outcome with blanks."""
    for name, moments in given.collected.metrics.items():
        metric = given.definition.metrics[name]
        title = metric.title or name
        if moments.nothing_happened:
            yield Finding(f"happened.{name}", "warn", _nothing(title, moments))
        if moments.outcome.of_column and any(arm.n < arm.mature for arm in moments.arms):
            yield _missing(name, title, moments, decides=metric.role in _DECIDING)


def missing_balance(moments: MetricMoments) -> float | None:
    """Return the p-value of blanks that are equally frequent in all arms; ``None`` where it cannot be tested."""
    if not moments.outcome.of_column:
        return None
    return balance_p_value([Rate(arm.n, arm.mature) for arm in moments.arms])


def lacks_unequally(moments: MetricMoments) -> bool:
    """Whether the arms lack values so unequally that no chance explains it."""
    p_value = missing_balance(moments)
    return p_value is not None and p_value < SURPRISE


def _nothing(title: str, moments: MetricMoments) -> str:
    units = sum(arm.n if moments.outcome.of_column else arm.mature for arm in moments.arms)
    if moments.outcome.of_column:
        return f"{title}: the value is 0 for all {units:,} counted units; is this the right column, and is it filled?"
    return (
        f"{title}: none of the {units:,} counted units of any arm has an event in the window; check that ids are "
        "written alike in all tables, the window, and the conditions of the table."
    )


def _missing(name: str, title: str, moments: MetricMoments, *, decides: bool) -> Finding:
    lacking = [arm.mature - arm.n for arm in moments.arms]
    units = sum(arm.mature for arm in moments.arms)
    shown = " / ".join(f"{blanks:,} of {arm.mature:,}" for blanks, arm in zip(lacking, moments.arms, strict=True))
    p_value = missing_balance(moments)
    key = f"missing.{name}"
    if lacks_unequally(moments):
        message = (
            f"{title}: the arms lack values unequally ({shown} units by arm), so the units that have one cannot be "
            "compared; find out why they are blank."
        )
        return Finding(key, "fail" if decides else "warn", message, p_value)
    if moments.rate and all(arm.total == arm.n for arm in moments.arms):
        message = (
            f"{title}: every value is 1 and the rest is blank ({shown} units by arm); if a blank means no, write 0 "
            "in its place, otherwise every arm has a rate of 100 %."
        )
        return Finding(key, "warn", message, p_value)
    if sum(lacking) > LARGE_SHARE * units:
        message = (
            f"{title}: {sum(lacking):,} of {units:,} counted units have no value ({shown} by arm) and are left out; "
            "the result is about the others."
        )
        return Finding(key, "warn", message, p_value)
    return Finding(key, "pass", f"{title}: the arms lack values alike ({shown} units by arm).", p_value)
