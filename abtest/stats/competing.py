"""Several kinds of event that exclude each other (unsubscribed, or bounced first): cumulative incidence from counts.

The principle. A unit that had one kind of event can have no other, which is not the same as having been lost from view:
to count it as censored would overstate the other kinds. The Aalen–Johansen estimate gives each kind its own share, and
the shares of all kinds and the event-free share sum to 1.

Sources: Aalen & Johansen (1978), Scand. J. Stat. 5:141-150; the variance is that of the multinomial jumps carried
forward, which is the infinitesimal jackknife that R's ``survfit(Surv(time, factor))`` prints.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import without_test
from abtest.stats.horizon import ArmEstimate, compare_estimates, positive_horizon
from abtest.stats.rates import wilson
from abtest.stats.score import Floats
from abtest.stats.survival import (
    Integers,
    LifeTable,
    ProductLimit,
    log_log_band,
    or_none,
    rising_times,
    unfinished_arm,
    whole_counts,
)
from abtest.stats.values import Estimate, Rate, TwoSample

METHOD = "Aalen–Johansen z, lift by Fieller"


@dataclass(frozen=True, slots=True, eq=False)
class CompetingTable:
    """One arm: ``events[c, i]`` units have an event of cause c as their first at ``times[i]``.

    ``events`` is causes × times, ``censored`` one count per time; times rise. At equal times events come first.
    """

    times: Integers
    events: Integers
    censored: Integers

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", rising_times(self.times))
        object.__setattr__(self, "events", whole_counts("events", self.events, dimensions=2))
        object.__setattr__(self, "censored", whole_counts("censored", self.censored))
        if self.events.shape[1] != len(self.times) or len(self.censored) != len(self.times):
            raise ValueError(
                f"events and censored must have one count per time, got shapes {self.events.shape} and "
                f"{self.censored.shape} for {len(self.times)} times"
            )

    @property
    def any_cause(self) -> LifeTable:
        """The life table in which an event of any cause is the event."""
        return LifeTable(self.times, self.events.sum(axis=0), self.censored)


@dataclass(frozen=True, slots=True)
class IncidenceCurve:
    """A step curve: the share of units with an event of the cause by each time, with variance and pointwise bounds.

    ``low`` and ``high`` are ``None`` where the share is 0 or 1.
    """

    times: tuple[int, ...]
    at_risk: tuple[int, ...]
    incidence: tuple[float, ...]
    variance: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


def cumulative_incidence(table: CompetingTable, cause: int, confidence: float = CONFIDENCE) -> IncidenceCurve:
    """Share of units with an event of ``cause`` (a row of ``events``) over time, complementary log-log intervals.

    Estimand: the probability that a unit has an event by each time, and that its first is of this cause, in the world
    as it is, where the other causes happen too. Times after the last unit was seen are left out.
    """
    jumps = _Jumps.of(table, cause)
    count = len(jumps.curve.times)
    variance = np.array([jumps.variance(last) for last in range(count)])
    low, high = _band(jumps.incidence, variance, confidence)
    return IncidenceCurve(
        tuple(jumps.curve.times.tolist()),
        tuple(int(n) for n in jumps.curve.at_risk),
        tuple(jumps.incidence.tolist()),
        tuple(variance.tolist()),
        or_none(low),
        or_none(high),
    )


def incidence_at(table: CompetingTable, cause: int, horizon: float, confidence: float = CONFIDENCE) -> Estimate:
    """Cumulative incidence of ``cause`` at ``horizon``; Wilson's interval where it is 0 or 1.

    ``None`` with a reason when follow-up ends before the horizon while units without any event are left.
    """
    horizon = positive_horizon(horizon)
    checks.confidence_level(confidence)
    jumps, reason = _Jumps.of(table, cause), table.any_cause.unfinished(horizon)
    if reason is not None:
        return Estimate(None, None, None, reason)
    arm = jumps.at(horizon, table.any_cause.known(horizon))
    if arm.variance == 0:
        return wilson(Rate(round(arm.value * arm.known), arm.known), confidence)
    low, high = _band(np.array([arm.value]), np.array([arm.variance]), confidence)
    return Estimate(arm.value, float(low[0]), float(high[0]))


def compare_incidence(
    control: CompetingTable, treatment: CompetingTable, cause: int, horizon: float, confidence: float = CONFIDENCE
) -> TwoSample:
    """Difference of the cumulative incidences of ``cause`` at ``horizon``, by z, and the lift by Fieller (1954).

    Estimands: F_t − F_c as a fraction, and F_t/F_c − 1. p-value, difference and lift exclude 0 together. An arm
    without an event of the cause borrows its variance, see ``horizon.compare_estimates``.
    """
    horizon = positive_horizon(horizon)
    first, second = _Jumps.of(control, cause), _Jumps.of(treatment, cause)
    unfinished = unfinished_arm(control.any_cause, treatment.any_cause, horizon)
    if unfinished is not None:
        checks.confidence_level(confidence)
        return without_test(METHOD, None, None, unfinished)
    arms = (
        first.at(horizon, control.any_cause.known(horizon)),
        second.at(horizon, treatment.any_cause.known(horizon)),
    )
    both = _Jumps.of(_combined(control, treatment), cause).at(horizon, 1).value
    return compare_estimates(METHOD, arms, both * (1 - both), limit=1.0, confidence=confidence)


def incidence_covariance(table: CompetingTable, cause: int, times: Sequence[float]) -> tuple[Floats, Floats]:
    """Cumulative incidences of ``cause`` at rising ``times``, and their covariance matrix.

    Both are 0 at times that the follow-up does not reach. The diagonal is the variance of ``incidence_at``.
    """
    jumps, whole = _Jumps.of(table, cause), table.any_cause
    last = np.searchsorted(jumps.curve.times, np.asarray(times, dtype=float), side="right") - 1
    reached = np.array([whole.unfinished(time) is None for time in times])
    incidence = np.where(reached & (last >= 0), np.append(jumps.incidence, 0.0)[last], 0.0)
    covariance = jumps.covariance(last)
    covariance[~reached, :] = covariance[:, ~reached] = 0.0
    return incidence, covariance


@dataclass(frozen=True, slots=True)
class _Jumps:
    """The event-free curve, and the incidence of one cause at the same times."""

    curve: ProductLimit
    of_cause: Floats
    incidence: Floats

    @classmethod
    def of(cls, table: CompetingTable, cause: int) -> "_Jumps":
        if not 0 <= cause < len(table.events):
            raise ValueError(f"cause must be a row of events, 0 to {len(table.events) - 1}, got {cause!r}")
        curve = ProductLimit.of(table.any_cause)
        of_cause = table.events[cause][: len(curve.times)].astype(float)
        before = np.concatenate([[1.0], curve.survival[:-1]])
        return cls(curve, of_cause, np.cumsum(before[: len(of_cause)] * of_cause / curve.at_risk))

    def at(self, horizon: float, known: int) -> ArmEstimate:
        last = int(np.searchsorted(self.curve.times, horizon, side="right")) - 1
        if last < 0 or not self.of_cause[: last + 1].any():
            return ArmEstimate(0.0, 0.0, known)
        if self.curve.survival[last] == 0 and np.array_equal(self.of_cause[: last + 1], self.curve.events[: last + 1]):
            return ArmEstimate(1.0, 0.0, known)  # exactly, whatever the sum of the jumps rounds to
        return ArmEstimate(float(self.incidence[last]), self.variance(last), known)

    def variance(self, last: int) -> float:
        """Return the variance of the incidence at the time of index ``last``."""
        return float(self.covariance(np.array([last]))[0, 0])

    def covariance(self, last: Integers) -> Floats:
        """Return the covariance of the incidences at the times of indices ``last`` (−1: before the first).

        An event of the cause at time j, with hazard h, adds S(j−) to the incidence; an event of any cause, the others
        with hazard o, takes away its unit's share g of what was still to come. The events of one time are multinomial,
        so each time adds S(j−)²/n · [h(1 − h)(1 − g)(1 − g′) + o(1 − o)gg′ + ho·(g(1 − g′) + g′(1 − g))] up to the
        earlier of the two: a sum of positive terms.
        """
        n, survival = self.curve.at_risk, self.curve.survival
        before = np.concatenate([[1.0], survival])[: len(survival)]
        hazard, other = self.of_cause / n, (self.curve.events - self.of_cause) / n
        inside = np.arange(len(n)) <= last[:, None]
        to_come = np.where(last >= 0, np.append(self.incidence, 0.0)[last], 0.0)[:, None] - self.incidence
        share = np.clip(to_come / np.where(survival > 0, survival, 1.0), 0.0, 1.0)  # none is to come where S is 0
        own, lost, weight = inside * (1 - share), inside * share, before**2 / n
        mixed = (own * (weight * hazard * other)) @ lost.T
        matrix: Floats = (own * (weight * hazard * (1 - hazard))) @ own.T + mixed + mixed.T
        return matrix + (lost * (weight * other * (1 - other))) @ lost.T


def _band(incidence: Floats, variance: Floats, confidence: float) -> tuple[Floats, Floats]:
    inside = (incidence > 0) & (incidence < 1)
    share = np.where(inside, incidence, 1.0)
    return log_log_band(np.log(share), variance / share**2, confidence)


def _combined(first: CompetingTable, second: CompetingTable) -> CompetingTable:
    if len(first.events) != len(second.events):
        raise ValueError(f"both arms must have the same causes, got {len(first.events)} and {len(second.events)}")
    times: Integers = np.unique(np.concatenate([first.times, second.times]))
    events = np.zeros((len(first.events), len(times)), dtype=np.int64)
    censored = np.zeros(len(times), dtype=np.int64)
    for table in (first, second):
        at = np.searchsorted(times, table.times)
        events[:, at] += table.events
        censored[at] += table.censored
    return CompetingTable(times, events, censored)
