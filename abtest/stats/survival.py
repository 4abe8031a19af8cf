"""Time to an event from counts per day: Kaplan–Meier curves, their medians, and two arms compared at a horizon.

The principle. An arm is a life table: how many units had the event on each day, and how many were last seen that day
without it. Everything here is computed from those counts, so the cost does not depend on the number of units. Time is
in whole steps (days, as a rule), from each unit's own start; events and follow-up come in the same unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import critical_value, without_test
from abtest.stats.horizon import ArmEstimate, compare_estimates, positive_horizon
from abtest.stats.rates import wilson
from abtest.stats.score import Floats
from abtest.stats.values import Estimate, Rate, TwoSample
from abtest.words.reason import Reason

METHOD = "Kaplan–Meier z, lift by Fieller"
NO_UNITS = Reason("why-no-units")
# How near 1/2 counts as 1/2 in a median: √ε, as in R's quantile.survfit.
TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))

Integers = NDArray[np.int64]


def whole_counts(name: str, values: ArrayLike, dimensions: int = 1) -> Integers:
    """Return a read-only array of non-negative whole numbers, or raise ``ValueError`` with the argument's name."""
    array = np.asarray(values)
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"{name} must be whole numbers, got values of type {array.dtype}")
    if array.ndim != dimensions:
        raise ValueError(f"{name} must have {dimensions} dimension(s), got shape {array.shape}")
    array = array.astype(np.int64)
    if array.size and array.min() < 0:
        raise ValueError(f"{name} must not be negative, got {array.min()}")
    array.setflags(write=False)
    return array


def rising_times(values: ArrayLike) -> Integers:
    """Return times as a read-only array, or raise ``ValueError`` when they are negative or do not rise."""
    times = whole_counts("times", values)
    if np.any(np.diff(times) <= 0):
        raise ValueError("times must rise, each later than the one before")
    return times


@dataclass(frozen=True, slots=True, eq=False)
class LifeTable:
    """One arm: ``events[i]`` units have their event at ``times[i]``, ``censored[i]`` are last seen there without it.

    Three arrays of whole numbers of one length; times rise and may have gaps, or days on which nothing happened.
    At equal times events come before censorings: a unit censored on a day was at risk of that day's events.
    """

    times: Integers
    events: Integers
    censored: Integers

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", rising_times(self.times))
        for name in ("events", "censored"):
            counts = whole_counts(name, getattr(self, name))
            object.__setattr__(self, name, counts)
            if len(counts) != len(self.times):
                raise ValueError(f"{name} must have one count per time, got {len(counts)} for {len(self.times)} times")

    @property
    def n(self) -> int:
        """All units of the arm."""
        return int(self.events.sum() + self.censored.sum())

    @property
    def at_risk(self) -> Integers:
        """Units that were followed to each time without an earlier event."""
        at_risk: Integers = np.cumsum((self.events + self.censored)[::-1])[::-1]
        return at_risk

    def known(self, horizon: float) -> int:
        """Count units whose state at ``horizon`` is known: those not censored before it."""
        return self.n - int(self.censored[self.times < horizon].sum())

    def unfinished(self, horizon: float) -> Reason | None:
        """Why nothing can be said at ``horizon``: no units, or units without the event but none followed so far."""
        if self.n == 0:
            return NO_UNITS
        last = np.flatnonzero(self.events + self.censored)[-1]
        if self.times[last] < horizon and self.censored[last]:
            return Reason.of("why-follow-up-ends", ends=float(self.times[last]), horizon=float(horizon))
        return None


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """A step curve: from each time on (until the next) the event-free share is ``survival``, before the first it is 1.

    ``at_risk`` units were at risk just before each time. ``variance`` is Greenwood's. ``low`` and ``high`` are ``None``
    where the share is 1 (before the first event) or 0: the complementary log-log scale has no width there.
    """

    times: tuple[int, ...]
    at_risk: tuple[int, ...]
    survival: tuple[float, ...]
    variance: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class ProductLimit:
    """Kaplan–Meier's arrays, one entry per time at which somebody was at risk.

    ``relative_variance`` is Greenwood's sum Σ d/(n(n − d)), the squared coefficient of variation of ``survival``.
    """

    times: Integers
    at_risk: Floats
    events: Floats
    survival: Floats
    log_survival: Floats
    relative_variance: Floats

    @classmethod
    def of(cls, table: LifeTable) -> "ProductLimit":
        """Kaplan & Meier (1958), J. Am. Stat. Assoc. 53:457-481; variance by Greenwood (1926)."""
        seen = table.at_risk > 0
        n, d = table.at_risk[seen].astype(float), table.events[seen].astype(float)
        with np.errstate(divide="ignore"):
            # By log1p: a share of events of one in a million keeps its digits in the logarithm.
            log_survival = np.cumsum(np.log1p(-d / n))
        return cls(table.times[seen], n, d, np.cumprod((n - d) / n), log_survival, np.cumsum(hazard_terms(n, d)))

    def variance(self) -> Floats:
        """Greenwood's variance of the event-free share; 0 where the share is 0, its limit without censoring."""
        variance: Floats = self.survival**2 * self.relative_variance
        return variance


def hazard_terms(at_risk: Floats, events: Floats) -> Floats:
    """Greenwood's terms d/(n(n − d)), 0 where all have the event: the curve is 0 from there on, whatever they are."""
    left = at_risk - events
    return np.where(left > 0, events / (at_risk * np.where(left > 0, left, 1.0)), 0.0)


def log_log_band(log_share: Floats, relative_variance: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Bounds of shares on the complementary log-log scale: Kalbfleisch & Prentice (2002), section 1.4.

    NaN where the share is 0 or 1.
    """
    critical = critical_value(1 - checks.confidence_level(confidence), None)
    inside = (log_share < 0) & np.isfinite(log_share)
    exponent = np.where(inside, log_share, np.nan)
    stretch = np.exp(critical * np.sqrt(relative_variance) / np.abs(exponent))
    return np.exp(exponent * stretch), np.exp(exponent / stretch)


def or_none(values: Floats) -> tuple[float | None, ...]:
    """Python numbers, with ``None`` for NaN."""
    return tuple(None if np.isnan(value) else float(value) for value in values)


def kaplan_meier(table: LifeTable, confidence: float = CONFIDENCE) -> SurvivalCurve:
    """Event-free share of one arm over time, with pointwise intervals (R: ``conf.type = "log-log"``).

    Estimand: the probability that a unit has no event up to and including each time, if censoring tells nothing about
    the event. Times after the last unit was seen are left out. The intervals hold for each time by itself, not for
    the curve as a whole.
    """
    curve = ProductLimit.of(table)
    low, high = log_log_band(curve.log_survival, curve.relative_variance, confidence)
    return SurvivalCurve(
        tuple(curve.times.tolist()),
        tuple(int(n) for n in curve.at_risk),
        tuple(curve.survival.tolist()),
        tuple(curve.variance().tolist()),
        or_none(low),
        or_none(high),
    )


def survival_at(table: LifeTable, horizon: float, confidence: float = CONFIDENCE) -> Estimate:
    """Event-free share at ``horizon`` (events at the horizon itself count), with the interval of ``kaplan_meier``.

    A share of 1 or 0, where that interval has no width, gets Wilson's interval for the units whose state at the
    horizon is known. Nothing is estimated beyond the follow-up, unless no unit was left by then.
    """
    horizon = positive_horizon(horizon)
    checks.confidence_level(confidence)
    reason = table.unfinished(horizon)
    if reason is not None:
        return Estimate(None, None, None, reason)
    arm = share_at(table, horizon)
    if arm.value in {0.0, 1.0}:
        return wilson(Rate(round(arm.value * arm.known), arm.known), confidence)
    curve = ProductLimit.of(table)
    last = [int(np.searchsorted(curve.times, horizon, side="right")) - 1]
    low, high = log_log_band(curve.log_survival[last], curve.relative_variance[last], confidence)
    return Estimate(arm.value, float(low[0]), float(high[0]))


def median_survival(table: LifeTable, confidence: float = CONFIDENCE) -> Estimate:
    """Time at which half of the units have had the event: Brookmeyer & Crowley (1982), Biometrics 38:29-41.

    The bounds are the times at which the bounds of ``kaplan_meier`` reach 1/2. Where a curve *is* 1/2 for a while, its
    time is the middle of that step (R: ``quantile.survfit``). ``None`` where a curve does not come down to 1/2.
    """
    curve = kaplan_meier(table, confidence)
    if not curve.times:
        return Estimate(None, None, None, NO_UNITS)
    median, low, high = (_half_time(curve.times, part) for part in (curve.survival, curve.low, curve.high))
    if median is None:
        return Estimate(None, low, None, Reason("why-half-without-event"))
    if low is None or high is None:
        return Estimate(median, low, high, Reason("why-bound-above-half"))
    return Estimate(median, low, high)


def _half_time(times: tuple[int, ...], shares: tuple[float | None, ...]) -> float | None:
    """Return when a falling step curve reaches 1/2; the middle of the step where it stays there."""
    steps = [(time, share) for time, share in zip(times, shares, strict=True) if share is not None]
    reached = next((time for time, share in steps if share <= 0.5 + TOLERANCE), None)
    if reached is None:
        return None
    below = next((time for time, share in steps if share < 0.5 - TOLERANCE), times[-1])
    return (reached + below) / 2


def share_at(table: LifeTable, horizon: float) -> ArmEstimate:
    """Return the event-free share at a horizon that the follow-up reaches, with Greenwood's variance."""
    curve = ProductLimit.of(table)
    last = int(np.searchsorted(curve.times, horizon, side="right")) - 1
    known = table.known(horizon)
    if last < 0:
        return ArmEstimate(1.0, 0.0, known)
    return ArmEstimate(float(curve.survival[last]), float(curve.variance()[last]), known)


def combined(first: LifeTable, second: LifeTable) -> LifeTable:
    """Both arms as one table."""
    times, events, censored = aligned([first, second])
    return LifeTable(times, events.sum(axis=0), censored.sum(axis=0))


def aligned(tables: Sequence[LifeTable]) -> tuple[Integers, Integers, Integers]:
    """All times of some tables, and their events and censorings there: arrays of (tables × times)."""
    times: Integers = np.unique(np.concatenate([table.times for table in tables]))
    events = np.zeros((len(tables), len(times)), dtype=np.int64)
    censored = np.zeros_like(events)
    for row, table in enumerate(tables):
        at = np.searchsorted(times, table.times)
        events[row, at], censored[row, at] = table.events, table.censored
    return times, events, censored


def compare_survival(
    control: LifeTable, treatment: LifeTable, horizon: float, confidence: float = CONFIDENCE
) -> TwoSample:
    """Difference of the event-free shares at ``horizon``, by the sum of Greenwood's variances and the normal law.

    Estimands: S_t − S_c as a fraction, and the lift S_t/S_c − 1 by Fieller (1954) with the same variances and critical
    value, so p-value, difference and lift exclude 0 together. See Klein, Logan, Harhoff & Andersen (2007), Stat. Med.
    26:4505-4519, whose first statistic this is. Assumes independent units, censoring that tells nothing about the
    event, and events in both arms; an arm without any borrows its variance, see ``horizon.compare_estimates``.
    """
    horizon = positive_horizon(horizon)
    unfinished = unfinished_arm(control, treatment, horizon)
    if unfinished is not None:
        checks.confidence_level(confidence)
        return without_test(METHOD, None, None, unfinished)
    both = share_at(combined(control, treatment), horizon).value
    arms = share_at(control, horizon), share_at(treatment, horizon)
    return compare_estimates(METHOD, arms, both * (1 - both), limit=1.0, confidence=confidence)


def unfinished_arm(control: LifeTable, treatment: LifeTable, horizon: float) -> Reason | None:
    """Name the arm that says nothing at the horizon, and why."""
    for arm, table in (("control", control), ("treatment", treatment)):
        reason = table.unfinished(horizon)
        if reason is not None:
            if reason == NO_UNITS:
                return Reason.of("why-side-without-units", side=arm)
            return Reason.of("why-of-side", side=arm, because=reason)
    return None
