"""What an inconclusive comparison could have found, and how many units, or weeks, would find more.

Principle: the size is of the statistic that is used: its standard error, its degrees of freedom, the level at which a
correction tests it. It is a size to plan once, under an assumption that is said with it, and no reason to look again.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from abtest.analysis.contrasts import Contrasts
from abtest.analysis.result import Comparison, MetricResult
from abtest.analysis.status import Status
from abtest.analysis.value import Detectable
from abtest.definition.model import Definition
from abtest.definition.timeline import readable
from abtest.metrics.methods import Rates, standard_error
from abtest.stats.detectable import (
    POWER,
    detectable,
    detectable_rate,
    rate_times_larger,
    times_larger,
)
from abtest.words.reason import Reason

OPEN = frozenset({"no difference shown", "margin not shown", "not shown safe"})
"""Verdicts after which a reader asks what could have been found."""
SPARSE = Reason("why-size-of-few-events")
UNKNOWN = Reason("why-size-unknown")
_LONGEST_WEEKS = 520
_FEWEST_DAYS = 3


@dataclass(frozen=True, slots=True)
class _Sized:
    """The smallest difference that is found, and how many times as many units find the target."""

    difference: float | None
    times: float | None


def with_detectable(
    definition: Definition, metrics: Sequence[MetricResult], contrasts: Mapping[str, Contrasts], status: Status | None
) -> list[MetricResult]:
    """Return the metrics with what their comparisons that show nothing could have found."""
    family = sum(c.adjusted_p_value is not None for m in metrics if m.role == "primary" for c in m.comparisons)
    return [_metric(definition, metric, contrasts[metric.name], max(family, 1), status) for metric in metrics]


def _metric(
    definition: Definition, metric: MetricResult, contrasts: Contrasts, family: int, status: Status | None
) -> MetricResult:
    if metric.role == "secondary" or contrasts.asked.empty or not any(c.verdict in OPEN for c in metric.comparisons):
        return metric
    comparisons = []
    for comparison in metric.comparisons:
        if comparison.verdict in OPEN and comparison.difference.estimate is not None:
            sized = _comparison(metric, contrasts, comparison, family)
            if sized.units:
                sized = sized.model_copy(update=_enrolment(definition, metric, sized.units, status))
            comparisons.append(comparison.model_copy(update={"detectable": sized}))
        else:
            comparisons.append(comparison)
    return metric.model_copy(update={"comparisons": comparisons})


def _comparison(metric: MetricResult, contrasts: Contrasts, comparison: Comparison, family: int) -> Detectable:
    questions = family if comparison.adjusted_p_value is not None else 1
    inference, confidence = contrasts.asked.inference, contrasts.asked.confidence
    sides = 2 if inference.one_sided and comparison.margin is None else 1
    arms = {arm.arm: arm.n for arm in metric.arms}
    sizes = arms[comparison.control], arms[comparison.arm]
    level = inference.one_look(1 - (1 - confidence) * sides / questions, sum(sizes))
    target = "observed" if comparison.margin is None else "margin"
    if level is None:
        return Detectable(power=POWER, level=(1 - confidence) / questions, target=target, reason=UNKNOWN)
    empty = Detectable(power=POWER, level=(1 - level) / sides, target=target)
    if comparison.expected_fewest is not None:
        return Detectable.model_validate({**empty.model_dump(), "reason": SPARSE})
    found = _sized(metric, contrasts, comparison, sizes, 1 - level)
    if found is None:
        return Detectable.model_validate({**empty.model_dump(), "reason": UNKNOWN})
    if found.times is None:
        return empty.model_copy(update={"difference": found.difference})
    units = {
        name: math.ceil(found.times * size)
        for name, size in zip((comparison.control, comparison.arm), sizes, strict=True)
    }
    return empty.model_copy(update={"difference": found.difference, "units": units})


def _sized(
    metric: MetricResult, contrasts: Contrasts, comparison: Comparison, sizes: tuple[int, int], alpha: float
) -> _Sized | None:
    """Return the sizes; ``None`` where the statistic has no standard error."""
    values = {arm.arm: arm.value for arm in metric.arms}
    control, treated = values[comparison.control], values[comparison.arm]
    sign = 1 if metric.good == "up" else -1
    estimate = comparison.difference.estimate or 0.0
    power, margin = POWER, comparison.margin
    towards = sign * estimate if contrasts.asked.inference.one_sided and margin is None else abs(estimate)
    edge = 0.0
    if margin is not None:
        edge = margin.value * (abs(control or 0.0) if margin.scale == "relative" else 1.0)
        towards = sign * estimate - edge if margin.test == "superiority" else edge
        # Both sides of an equivalence must be shown.
        power = 1 - (1 - POWER) / 2 if margin.test == "equivalence" else POWER
    beyond = edge if margin is not None and margin.test == "superiority" else 0.0
    if isinstance(contrasts.method, Rates) and control is not None and treated is not None:
        rates = control, treated
        if margin is None:
            least = detectable_rate(control, sizes, alpha, up=sign > 0)
            return _Sized(least, rate_times_larger(rates, sizes, alpha) if towards > 0 else None)
        return _at_margin(rates, sizes, alpha, (towards, beyond), power)
    place = contrasts.names.index(comparison.arm)
    result = contrasts.method.compare(place, contrasts.control, contrasts.asked.confidence)
    error = standard_error(result, contrasts.asked.confidence)
    if not error:
        return None
    least = detectable(error, alpha, result.degrees_of_freedom, power)
    if not math.isfinite(least):
        return None
    return _Sized(beyond + least, times_larger(error, alpha, result.degrees_of_freedom, towards, power))


def _at_margin(
    rates: tuple[float, float], sizes: tuple[int, int], alpha: float, distances: tuple[float, float], power: float
) -> _Sized | None:
    """Return the sizes of a margin of two rates, whose variances are those of the pooled rate.

    ``distances``: of the supposed difference from what is tested, and of what is tested from no difference.
    """
    towards, beyond = distances
    pooled = (rates[0] * sizes[0] + rates[1] * sizes[1]) / sum(sizes)
    error = math.sqrt(pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1]))
    if not error:
        return None
    return _Sized(beyond + detectable(error, alpha, None, power), times_larger(error, alpha, None, towards, power))


def _enrolment(
    definition: Definition, metric: MetricResult, units: Mapping[str, int], status: Status | None
) -> dict[str, object]:
    """Return how many units are not enrolled yet, and when they will be and can be read."""
    enrolled = {arm.arm: arm.mature + arm.immature for arm in metric.arms}
    more = sum(max(0, wanted - enrolled[name]) for name, wanted in units.items())
    found: dict[str, object] = {"more": more}
    days = [day.day for day in status.enrolment] if status is not None else []
    if not days or status is None or not status.enrolled_days or not more:
        return found
    begun, last = dt.date.fromisoformat(days[0]), dt.date.fromisoformat(status.enrolled_days[-1])
    span = (last - begun).days + 1
    if span < _FEWEST_DAYS or not all(enrolled[name] for name in units):
        return found
    longer = span * max(wanted / enrolled[name] - 1 for name, wanted in units.items())
    weeks = longer / 7
    if weeks > _LONGEST_WEEKS:
        return found
    on = readable(definition, definition.outcome(metric.name), last + dt.timedelta(days=math.ceil(longer)))
    return {**found, "weeks": weeks, "readable_on": None if on is None else on.isoformat()}
