"""What a customer of each arm is worth: times to a loss, grouped into periods, observed and projected.

Principles. The observed part is Kaplan–Meier's by the day, read at the ends of the periods. All arms are observed up
to the same period and projected from there. A customer lost by any of several competing causes is lost, whichever
cause the metric is about. One look, two-sided.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from abtest.analysis.in_time import ArmValue, ProjectionPoint, ValueComparison, ValueResult
from abtest.analysis.result import Effect
from abtest.analysis.survival import Arms, still_at_risk
from abtest.analysis.verdicts import effect
from abtest.definition.model import CustomerWorth, Definition
from abtest.grammar.time import DAY
from abtest.moments.sums import MetricMoments
from abtest.stats.contrast import critical_value
from abtest.stats.lifetime_value import CustomerValue, compare_values, value_of
from abtest.stats.sbg import GEOMETRIC, MODEL, ShiftedBetaGeometric
from abtest.stats.sbg_likelihood import Churn
from abtest.stats.survival import LifeTable, ProductLimit, share_at, survival_at
from abtest.stats.values import Estimate
from abtest.words.reason import Reason

MOST_POINTS = 60
LEAST_CUSTOMERS, LEAST_SHARE = 30, 0.1
LARGEST_LOG = 700.0
NO_CUSTOMERS = Reason("why-arm-without-customers")
NO_PERIOD = Reason.of("why-no-period", n=LEAST_CUSTOMERS, share=LEAST_SHARE)
_WORDS = {MODEL: "shifted beta-geometric", GEOMETRIC: "geometric"}


def value_result(definition: Definition, moments: Mapping[str, MetricMoments]) -> ValueResult | None:
    """Return the customer value by arm that ``value`` of the definition asks for; ``None`` without it.

    ``moments`` are those of all metrics by name.

    A customer pays the margin at the start of each period that he is still there, the first included: a loss on day d
    falls into period ⌈d/length⌉. The last observed period is the last at whose end at least ``LEAST_CUSTOMERS``
    customers and ``LEAST_SHARE`` of an arm's are known to be still there, in each arm that has customers. Later data
    are not used. Lifetimes are not discounted, so without a horizon they may be infinite, which is a reason and no
    number.
    """
    worth = definition.value
    found = None if worth is None else moments.get(worth.metric)
    arms = None if worth is None or found is None else Arms.of(definition, worth.metric, found)
    if worth is None or arms is None:
        return None
    length = round(worth.period / DAY / arms.step)
    last = last_observed(arms.free, length)
    tables = [by_period(table, length, last) for table in arms.free]
    values = [_values(table, worth, arms.confidence) if last and table.n else None for table in tables]
    return ValueResult(
        metric=worth.metric,
        unit=worth.unit or "",
        margin=worth.margin,
        period_days=worth.period // DAY,
        last_observed=last,
        horizon=worth.horizon,
        discount=worth.discount,
        arms=[
            _empty(arm, table.n)
            if pair is None
            else _arm(arm, pair, projection_of(table, length, pair[0].fit, worth.horizon, arms.confidence), table.n)
            for arm, table, pair in zip(arms.names, arms.free, values, strict=True)
        ],
        comparisons=[
            _comparison(
                arms.names[place], arms.names[arms.control], values[place], values[arms.control], arms.confidence
            )
            for place in arms.treatments
        ],
    )


def last_observed(tables: Sequence[LifeTable], length: int) -> int:
    """Return the last period of ``length`` steps that every arm with customers observes; 0 when there is none."""
    used = [table for table in tables if table.n]
    if not used:
        return 0
    last = min(int(table.times[-1]) for table in used) // length
    least = [max(LEAST_CUSTOMERS, math.ceil(LEAST_SHARE * table.n)) for table in used]
    for period in range(last, 0, -1):
        if all(still_at_risk(table, period * length) >= n for table, n in zip(used, least, strict=True)):
            return period
    return 0


def by_period(table: LifeTable, length: int, last: int) -> LifeTable:
    """Group a life table into periods 1 … ``last`` of ``length`` steps, at the end of which somebody is still at risk.

    Where nobody is lost from view inside a period, these are plain counts: an event at step t falls into period
    ⌈t/length⌉, and a unit last seen at t counts as last seen at the end of period ⌊t/length⌋ (or of ``last``).

    Units that are last seen inside a period cannot be counted so: of those who were followed for a part of the period
    only the lost would count, and the share lost would come out too high. So that share is Kaplan–Meier's over the
    steps of the period, and the number at risk is the n whose binomial variance q(1 − q)/n is Greenwood's: as many
    units, followed for the whole period, would tell as much. Numbers are rounded, and the remainder of the lost is
    carried to the next period: the losses so far are right to half a unit.
    """
    curve = ProductLimit.of(table)
    lost, at_risk = np.zeros(last, dtype=np.int64), np.zeros(last, dtype=np.int64)
    remainder, kept = 0.0, table.n
    for period in range(1, last + 1):
        inside = (curve.times > (period - 1) * length) & (curve.times <= period * length)
        n, events = curve.at_risk[inside], curve.events[inside]
        share = -math.expm1(float(np.log1p(-events / n).sum()))
        error = float(np.sum(events / (n * (n - events))))  # Greenwood's, relative
        telling = share / (1 - share) / error if error else float(still_at_risk(table, period * length))
        units = min(round(telling), kept)
        gone = min(round(telling * share + remainder), units)
        remainder += telling * share - gone
        at_risk[period - 1], lost[period - 1], kept = units, gone, units - gone
    return LifeTable(np.arange(1, last + 1), lost, at_risk - lost - np.append(at_risk[1:], 0)[:last])


def projected_periods(horizon: int | None, last: int) -> list[int]:
    """Return the periods to show: from 0 to the horizon, thinned to ``MOST_POINTS``, with the last observed one.

    Without a horizon they end at ``MOST_POINTS`` − 1, or at twice the last observed period where that is later.
    """
    end = max(MOST_POINTS - 1, 2 * last) if horizon is None else horizon
    if end < MOST_POINTS:
        return list(range(end + 1))
    stride = -(-end // (MOST_POINTS - 3))
    return sorted({*range(0, end, stride), end, *([last] if last < end else [])})


def projected_share(fit: ShiftedBetaGeometric, share: float, period: int, confidence: float) -> Estimate:
    """Share still there after ``period``, beyond the last that was fitted, from the ``share`` found there.

    S_KM(T) · S(t)/S(T), as the projected value takes it. Interval on the complementary log-log scale; its error is the
    sum over the fitted periods of the exact derivative by the number lost, squared, times that number's binomial
    variance, as in ``lifetime_value``: Kaplan–Meier's part and the model's part are correlated.
    """
    if fit.churn is None or fit.spread is None:
        return Estimate(None, None, None, fit.reason)
    losses, churn = fit.losses, fit.churn
    ahead = np.arange(len(losses.lost) + 1, period + 1, dtype=float)

    def log_kept(at: Churn) -> float:
        return float(at.log_kept(ahead).sum())

    value = share * math.exp(log_kept(churn))
    if not 0 < value < 1:
        return Estimate(value, None, None)
    kept, gradient = losses.at_risk - losses.lost, fit.gradient(log_kept)
    along = losses.directions(churn)[:, : len(gradient)] / (1 - churn.hazard(losses.periods))[:, None]
    slope = along @ fit.spread @ gradient - 1 / kept  # of the log share, by one customer more lost in each period
    error = math.sqrt(float(losses.lost * kept / losses.at_risk @ slope**2))
    stretch = math.exp(min(critical_value(1 - confidence, None) * error / -math.log(value), LARGEST_LOG))
    return Estimate(value, value**stretch, value ** (1 / stretch))


def _values(table: LifeTable, worth: CustomerWorth, confidence: float) -> tuple[CustomerValue, CustomerValue]:
    """Return the value, and the lifetime in periods."""
    return (
        value_of(table, worth.margin, worth.horizon, discount=worth.discount, confidence=confidence),
        value_of(table, 1.0, worth.horizon, confidence=confidence),
    )


def _arm(
    arm: str, values: tuple[CustomerValue, CustomerValue], projection: list[ProjectionPoint], customers: int
) -> ArmValue:
    value, lifetime = values
    fit = value.fit
    return ArmValue(
        arm=arm,
        customers=customers,
        observed=effect(value.observed.estimate),
        extrapolated=effect(value.extrapolated.estimate),
        total=effect(value.total.estimate),
        lifetime_observed=effect(lifetime.observed.estimate),
        lifetime_extrapolated=effect(lifetime.extrapolated.estimate),
        lifetime_total=effect(lifetime.total.estimate),
        model=_WORDS.get(fit.model or ""),
        alpha=effect(fit.alpha),
        beta=effect(fit.beta),
        fit_p_value=fit.goodness.p_value,
        projection=projection,
        reason=fit.reason,
    )


def projection_of(
    table: LifeTable, length: int, fit: ShiftedBetaGeometric, horizon: int | None, confidence: float
) -> list[ProjectionPoint]:
    """Return the shares still there by period: first Kaplan–Meier's of a table in steps, then the model's."""
    last = fit.observed
    reached = share_at(table, last * length).value
    points = []
    for period in projected_periods(horizon, last):
        if period == 0:
            share = Estimate(1.0, 1.0, 1.0)
        elif period <= last:
            share = survival_at(table, period * length, confidence)
        else:
            share = projected_share(fit, reached, period, confidence)
        points.append(
            ProjectionPoint(
                period=period, share=share.estimate, low=share.low, high=share.high, extrapolated=period > last
            )
        )
    return points


def _empty(arm: str, customers: int) -> ArmValue:
    reason = NO_PERIOD if customers else NO_CUSTOMERS
    nothing = Effect(estimate=None, low=None, high=None, reason=reason)
    return ArmValue(
        arm=arm,
        customers=customers,
        observed=nothing,
        extrapolated=nothing,
        total=nothing,
        lifetime_observed=nothing,
        lifetime_extrapolated=nothing,
        lifetime_total=nothing,
        model=None,
        alpha=nothing,
        beta=nothing,
        fit_p_value=None,
        projection=[],
        reason=reason,
    )


def _comparison(
    arm: str,
    control: str,
    treated: tuple[CustomerValue, CustomerValue] | None,
    untreated: tuple[CustomerValue, CustomerValue] | None,
    confidence: float,
) -> ValueComparison:
    if treated is None or untreated is None:
        nothing = Effect(estimate=None, low=None, high=None, reason=Reason("why-one-arm-without-value"))
        return ValueComparison(
            arm=arm,
            control=control,
            observed=nothing,
            extrapolated=nothing,
            total=nothing,
            observed_p_value=None,
            total_p_value=None,
        )
    found = compare_values(untreated[0], treated[0], confidence)
    return ValueComparison(
        arm=arm,
        control=control,
        observed=effect(found.observed.difference),
        extrapolated=effect(found.extrapolated.difference),
        total=effect(found.total.difference),
        observed_p_value=found.observed.p_value,
        total_p_value=found.total.p_value,
    )
