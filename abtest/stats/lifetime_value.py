"""What a customer is worth: the part that was observed and the part that a model projects, always apart.

The principle. A customer pays a margin at the start of each period that he is still there. Up to the last observed
period T the share still there is Kaplan–Meier's: no model takes part. Beyond it the shifted-beta-geometric model
projects how those who are left go on, from the share that Kaplan–Meier found at T: S_KM(T) · S(t)/S(T). Both parts come
from the same customers, so their errors are correlated. Each part's error is the sum, over the periods, of its exact
derivative by the number lost in that period, squared, times that number's binomial variance: for the observed part
this is Greenwood's, for the model's part it stays right when the model fits badly.
"""

import math
from dataclasses import dataclass

import numpy as np

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import contrast, critical_value, without_test
from abtest.stats.sbg import FOREVER, MODEL, PERHAPS_FOREVER, ShiftedBetaGeometric, discount_rate, fit_table
from abtest.stats.sbg_likelihood import Churn
from abtest.stats.score import Floats
from abtest.stats.survival import LifeTable
from abtest.stats.values import Estimate, TwoSample
from abtest.words.reason import Reason

METHOD = "value per customer z, lift by Fieller"
NO_CUSTOMERS = Reason("why-no-customers")
NO_VARIATION = Reason("why-nobody-lost-while-others-stayed")
INSIDE = Reason("why-nothing-projected")


@dataclass(frozen=True, slots=True)
class Part:
    """A value per customer with its sampling variance (0 where it is certain, or cannot be told from certain)."""

    estimate: Estimate
    variance: float


@dataclass(frozen=True, slots=True, eq=False)
class CustomerValue:
    """Value per customer, in the unit of the margin.

    ``observed``: payments at periods 0 … ``last_observed``; ``extrapolated``: those after it, by the model ``fit``.
    ``total`` is their sum, the only number that mixes them. Intervals: normal for the observed part, on the log scale
    for the others.
    """

    observed: Part
    extrapolated: Part
    total: Part
    last_observed: int
    fit: ShiftedBetaGeometric


@dataclass(frozen=True, slots=True)
class ValueComparison:
    """Treatment against control: the observed part, the projected part, and the total, each by itself."""

    observed: TwoSample
    extrapolated: TwoSample
    total: TwoSample


def value_of(
    table: LifeTable,
    margin: float,
    horizon: int | None = None,
    *,
    discount: float = 0.0,
    observed: int | None = None,
    confidence: float = CONFIDENCE,
) -> CustomerValue:
    """Return margin · Σ S(t)/(1 + discount)^t over t = 0 … ``horizon`` − 1 per customer, observed and projected apart.

    ``table``: times are periods from 1; a customer lost in period t paid t times. ``horizon`` ``None`` is no end: it
    needs a discount, or a fitted α above 1. ``observed``: the last period to take from Kaplan–Meier, by default the
    last with anybody at risk; later data are not used. Choose it where enough customers are still at risk.
    """
    size, alpha = checks.finite("margin", margin), 1 - checks.confidence_level(confidence)
    if size <= 0:
        raise ValueError(f"margin must be positive, got {margin!r}")
    end = None if horizon is None else checks.count("horizon", horizon)
    if end == 0:
        raise ValueError("horizon must be at least 1 period")
    rate = discount_rate(discount)
    seen = _until(table, observed)
    fit = fit_table(seen, confidence)
    if not len(fit.losses.lost):
        nothing = Part(Estimate(None, None, None, NO_CUSTOMERS), 0.0)
        return CustomerValue(nothing, nothing, nothing, 0, fit)
    losses = fit.losses
    last = len(losses.lost)
    shares = np.concatenate([[1.0], np.cumprod(1 - losses.lost / losses.at_risk)])
    paid = size * shares * (1 + rate) ** -np.arange(last + 1.0)
    paid = paid if end is None else paid[:end]
    kept = losses.at_risk - losses.lost
    each = np.where(kept > 0, losses.lost * kept / losses.at_risk, 0.0)  # variance of the number lost in a period
    kept = np.where(kept > 0, kept, 1.0)
    to_come = np.array([float(paid[period:].sum()) for period in range(1, last + 1)])
    by_observed = -to_come / kept
    now = _part(math.fsum(paid), float(each @ by_observed**2), alpha, logarithmic=False)
    if end is not None and end <= last + 1:
        nothing = Part(Estimate(0.0, 0.0, 0.0, INSIDE), 0.0)
        return CustomerValue(now, nothing, now, last, fit)
    ahead = _projected(fit, last, end, rate)
    if isinstance(ahead, Reason):
        missing = Part(Estimate(None, None, None, ahead), 0.0)
        return CustomerValue(now, missing, missing, last, fit)
    per_unit, slope = ahead
    later = float(size * shares[-1] * per_unit)
    by_later = later * (slope - 1 / kept)
    parts = (later, by_later), (math.fsum(paid) + later, by_observed + by_later)
    extrapolated, total = (_part(value, float(each @ by**2), alpha, logarithmic=True) for value, by in parts)
    return CustomerValue(now, extrapolated, total, last, fit)


def compare_values(control: CustomerValue, treatment: CustomerValue, confidence: float = CONFIDENCE) -> ValueComparison:
    """Differences of the values per customer by z, and lifts by Fieller (1954).

    The two values must have the same margin, horizon, discount and last observed period, or they are not comparable;
    of these the last can be seen, and another one raises ``ValueError``.
    """
    checks.confidence_level(confidence)
    if control.last_observed != treatment.last_observed and min(control.last_observed, treatment.last_observed) > 0:
        raise ValueError(
            f"both arms must be observed to the same period, got {control.last_observed} and "
            f"{treatment.last_observed}: give value_of the smaller one as observed"
        )
    return ValueComparison(
        _difference(control.observed, treatment.observed, confidence),
        _difference(control.extrapolated, treatment.extrapolated, confidence),
        _difference(control.total, treatment.total, confidence),
    )


def _difference(control: Part, treatment: Part, confidence: float) -> TwoSample:
    first, second = control.estimate.estimate, treatment.estimate.estimate
    if first is None or second is None:
        arm, part = ("control", control) if first is None else ("treatment", treatment)
        return without_test(METHOD, first, second, Reason.of("why-of-side", side=arm, because=part.estimate.reason))
    errors = (control.variance, treatment.variance, 0.0)
    return contrast(METHOD, first, second - first, errors, None, confidence=confidence)


def _until(table: LifeTable, observed: int | None) -> LifeTable:
    """Cut a table at a period: whoever was followed beyond it counts as last seen at its end."""
    if observed is None:
        return table
    last = checks.count("observed", observed)
    if last == 0:
        raise ValueError("observed must be at least 1 period")
    inside = table.times <= last
    beyond = int((table.events + table.censored)[~inside].sum())
    times, events, censored = table.times[inside], table.events[inside], table.censored[inside].copy()
    if beyond and last not in times:
        times, events, censored = (np.append(part, new) for part, new in ((times, last), (events, 0), (censored, 0)))
    if beyond:
        censored[times == last] += beyond
    return LifeTable(times, events, censored)


def _projected(fit: ShiftedBetaGeometric, last: int, end: int | None, rate: float) -> tuple[float, Floats] | Reason:
    """Return the discounted payments after ``last`` per customer there, and how their log moves with each loss."""
    if fit.churn is None or fit.spread is None:
        return fit.reason or NO_CUSTOMERS

    def after(churn: Churn) -> float:
        return (churn.residual(last, end, rate) - 1) * (1 + rate) ** -last

    value = after(fit.churn)
    uncertain = fit.alpha.low is not None and fit.alpha.low <= 1
    if end is None and rate == 0 and (not math.isfinite(value) or uncertain):
        return PERHAPS_FOREVER if math.isfinite(value) else FOREVER
    along = fit.losses.directions(fit.churn)[:, : 2 if fit.model == MODEL else 1]
    # The maximum moves by information⁻¹ · ∂score/∂lost when one customer more is lost in a period.
    moves = along / (1 - fit.churn.hazard(fit.losses.periods))[:, None] @ fit.spread
    return value, moves @ fit.gradient(after) / value


def _part(value: float, variance: float, alpha: float, *, logarithmic: bool) -> Part:
    if variance <= 0 or value <= 0:
        return Part(Estimate(value, None, None, NO_VARIATION), 0.0)
    half = critical_value(alpha, None) * math.sqrt(variance)
    if logarithmic:
        factor = math.exp(half / value)
        return Part(Estimate(value, value / factor, value * factor), variance)
    return Part(Estimate(value, max(value - half, 0.0), value + half), variance)
