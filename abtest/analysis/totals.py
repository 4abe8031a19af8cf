"""A difference of amounts as a sum over customers: what the treatment brought as run, and would if all were treated.

Principle: nothing is extrapolated in time. A total is of the metric's own window, for customers whose number is known.
"""

from collections.abc import Sequence

from abtest.analysis.board import analysed_units
from abtest.analysis.in_time import InTotal
from abtest.analysis.result import ArmPopulation, Comparison, CustomerBase, Effect, MetricResult
from abtest.analysis.verdicts import effect
from abtest.definition.model import ASSIGNMENTS, Definition
from abtest.metrics import traits_of
from abtest.stats.plain_words import money_within_horizon
from abtest.stats.values import Estimate


def with_totals(
    definition: Definition,
    population: Sequence[ArmPopulation],
    customers: CustomerBase | None,
    metrics: Sequence[MetricResult],
) -> list[MetricResult]:
    """Return the metrics, with the totals of every sum: the difference times customers, its interval too.

    ``arm``: over the arm's eligible customers, of whom immature ones are taken to do as the mature. ``base``: over all
    eligible customers of the customers table, as if all were treated and did as those who take part; ``None`` without
    such a table beside the assignments. Where only exposed units are analysed, the others count as unmoved. Sizes count
    as known. A winsorised difference is no money: the total is of the difference that is not winsorised.
    """
    base = customers.eligible if customers is not None and definition.arm_source == ASSIGNMENTS else None
    sizes = {arm.arm: arm for arm in population}

    def with_total(comparison: Comparison) -> Comparison:
        arm = sizes[comparison.arm]
        return comparison.model_copy(
            update={"in_total": _in_total(comparison, arm, base, triggered=definition.triggered)}
        )

    return [
        metric.model_copy(update={"comparisons": [with_total(comparison) for comparison in metric.comparisons]})
        if traits_of(metric.type).adds_up and metric.kind == "mean"
        else metric
        for metric in metrics
    ]


def _in_total(comparison: Comparison, arm: ArmPopulation, base: int | None, *, triggered: bool) -> InTotal | None:
    plain = comparison.not_winsorised
    difference = comparison.difference if plain is None else plain.difference
    if difference.estimate is None:
        return None
    treated = analysed_units(arm, triggered=triggered)
    if base is not None and triggered:
        base = round(base * treated / arm.eligible) if arm.eligible else 0
    return InTotal(
        arm_customers=treated,
        arm=_times(difference, treated),
        base_customers=base,
        base=None if base is None else _times(difference, base),
    )


def _times(difference: Effect, customers: int) -> Effect:
    each = Estimate(difference.estimate, difference.low, difference.high, difference.because)
    return effect(money_within_horizon(each, customers))
