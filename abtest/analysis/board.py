"""The experiment's effect in the board's words: what it did to the customer retention rate (E − N)/S of the base.

The principle. E − N counts those customers of the base S who are still there at the end of the period, so it moves by
the number of customers that a treatment kept: the difference of the primary retention times the arm's customers.
"""

from collections.abc import Sequence

from abtest.analysis.in_time import BoardResult, BoardRow
from abtest.analysis.result import ArmPopulation, Comparison, CustomerBase, Effect, MetricResult
from abtest.definition.model import ASSIGNMENTS, Definition
from abtest.metrics import traits_of


def board_result(
    definition: Definition,
    population: Sequence[ArmPopulation],
    customers: CustomerBase | None,
    metrics: Sequence[MetricResult],
) -> BoardResult | None:
    """Return the effect on the retention rate of the whole base, by the first primary retention that is a rate.

    ``None`` without a customers table beside the assignments, whose eligible customers are S, and without such a
    metric. ``moved`` is difference × the arm's customers ÷ S: it takes the difference of those with a value, the mature
    ones, to hold for the arm's immature customers too. ``if_all`` is the difference itself, as if all of S were treated
    as the arm was: right when those who take part are like those who do not. Intervals scale alike; S and the sizes of
    the arms count as known. By intention to treat: whoever was assigned counts, treated or not. Where only exposed
    units are analysed, the others of an arm count as unmoved, and in ``if_all`` the same share of S would be exposed.

    Only customers of S count: those who join later are in neither side of E − N.
    """
    metric = next((one for one in metrics if _of_the_board(one)), None)
    if metric is None or customers is None or customers.eligible == 0 or definition.arm_source != ASSIGNMENTS:
        return None
    control = definition.control.name
    sizes = {arm.arm: arm for arm in population}
    assigned = sum(arm.eligible for arm in population)
    return BoardResult(
        metric=metric.name,
        base=customers.eligible,
        assigned=assigned,
        share_assigned=assigned / customers.eligible,
        control_rate=next((arm.value for arm in metric.arms if arm.arm == control), None),
        rows=[
            _row(comparison, sizes[comparison.arm], customers.eligible, triggered=definition.triggered)
            for comparison in metric.comparisons
        ],
    )


def _of_the_board(metric: MetricResult) -> bool:
    primary = metric.role == "primary" and traits_of(metric.type).of_the_base
    return primary and metric.is_rate and bool(metric.comparisons)


def analysed_units(arm: ArmPopulation, *, triggered: bool) -> int:
    """Return how many units of an arm an effect is about: where only the exposed are analysed, those alone."""
    return (arm.exposed or 0) if triggered else arm.eligible


def _row(comparison: Comparison, arm: ArmPopulation, base: int, *, triggered: bool) -> BoardRow:
    analysed = analysed_units(arm, triggered=triggered)
    treated = analysed / arm.eligible if arm.eligible else 0.0
    difference = comparison.difference
    return BoardRow(
        arm=comparison.arm,
        share_reached=arm.eligible / base,
        moved=scaled(difference, analysed / base),
        if_all=scaled(difference, treated),
        customers_moved=scaled(difference, analysed),
        customers_if_all=scaled(difference, treated * base),
    )


def scaled(effect: Effect, factor: float) -> Effect:
    """Return an effect and its interval times a factor of at least 0; an arm without units moves nothing known."""
    estimate, low, high = (
        None if part is None else part * factor for part in (effect.estimate, effect.low, effect.high)
    )
    return Effect(estimate=estimate, low=low, high=high, reason=effect.because)
