"""A difference of amounts as a sum over customers: what the treatment brought as run, and would if all were treated.

Principle: nothing is extrapolated in time. A total is of the metric's own window, for customers whose number is known.
"""

from collections.abc import Sequence

from abtest.analysis.board import analysed_units
from abtest.analysis.in_time import InTotal
from abtest.analysis.result import ArmPopulation, Comparison, Effect, MetricResult
from abtest.analysis.verdicts import effect
from abtest.definition.model import Definition
from abtest.metrics import traits_of
from abtest.stats.plain_words import money_within_horizon
from abtest.stats.values import Estimate


def with_totals(
    definition: Definition,
    population: Sequence[ArmPopulation],
    metrics: Sequence[MetricResult],
) -> list[MetricResult]:
    """Return the metrics, with the totals of every sum: the difference times customers, its interval too.

    ``arm``: over the arm's eligible customers, of whom immature ones are taken to do as the mature. ``base``: over the
    eligible customers of all arms, as if all of them were treated; customers without an arm are not spoken for. Where
    only exposed units are analysed, they alone count. Sizes count as known. A winsorised difference is no money: the
    total is of the difference that is not winsorised.
    """
    base = sum(analysed_units(arm, triggered=definition.triggered) for arm in population)
    sizes = {arm.arm: arm for arm in population}

    def with_total(comparison: Comparison) -> Comparison:
        arm = sizes[comparison.arm]
        return comparison.model_copy(
            update={"in_total": _in_total(comparison, arm, base, triggered=definition.triggered)}
        )

    return [
        metric.model_copy(update={"comparisons": [with_total(comparison) for comparison in metric.comparisons]})
        if traits_of(metric.type).adds_up and not metric.is_rate
        else metric
        for metric in metrics
    ]


def _in_total(comparison: Comparison, arm: ArmPopulation, base: int, *, triggered: bool) -> InTotal | None:
    plain = comparison.not_winsorised
    difference = comparison.difference if plain is None else plain.difference
    if difference.estimate is None:
        return None
    treated = analysed_units(arm, triggered=triggered)
    return InTotal(
        arm_customers=treated,
        arm=_times(difference, treated),
        base_customers=base,
        base=_times(difference, base),
    )


def _times(difference: Effect, customers: int) -> Effect:
    each = Estimate(difference.estimate, difference.low, difference.high, difference.because)
    return effect(money_within_horizon(each, customers))
