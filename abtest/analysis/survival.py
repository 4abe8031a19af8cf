"""Times to an event as results: medians, log-rank, hazard ratios, shares at landmarks, and the curves behind them.

Principles. Everything comes from the life table of each arm. Where other events preclude the metric's own, a unit that
had one of them is neither lost from view nor still free: shares with the event are Aalen–Johansen's of each cause, and
only what is about hazards (log-rank, Cox) takes the other causes for the end of follow-up, which is what a
cause-specific hazard means. All intervals are two-sided, for one look, and each by itself; curves have bands
for all points at once beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abtest.analysis.in_time import (
    Curve,
    CurveArm,
    CurveComparison,
    CurvePoint,
    CurveTest,
    HazardResult,
    Landmark,
    MedianResult,
    ReadingArm,
    ReadingComparison,
    Step,
    SurvivalResult,
    TimeUnit,
)
from abtest.analysis.result import OverallTest
from abtest.analysis.verdicts import effect
from abtest.definition.model import Definition
from abtest.grammar.time import DAY
from abtest.metrics.methods import life_table
from abtest.metrics.time_to_event import UNITS
from abtest.moments.sums import CompetingLifetimes, MetricMoments
from abtest.stats.competing import CompetingTable, compare_incidence, incidence_at
from abtest.stats.cox import compare_hazards_within, proportional_hazards_within
from abtest.stats.event_shares import compare_event_shares, event_share
from abtest.stats.survival import LifeTable, compare_survival, median_survival, survival_at
from abtest.stats.survival_curves import compare_event_free, compare_incidence_curves, event_free_curve, incidence_curve
from abtest.stats.survival_tests import log_rank, stratified_log_rank
from abtest.stats.values import Estimate, TwoSample
from abtest.stats.values import OverallTest as StatisticalTest
from abtest.words.reason import Reason

MOST_POINTS = 60
FEW_POINTS = 8
STEPS: dict[TimeUnit, Step] = {"hours": "hour", "days": "day", "weeks": "week", "months": "month"}
LOG_RANK = "Log-rank test"
NO_MEDIAN = Reason("why-no-median")


@dataclass(frozen=True, slots=True)
class EventFree:
    """Shares without the event."""

    tables: Sequence[LifeTable]
    cause: None = None
    method: str = "Kaplan–Meier"

    def value(self, arm: int, end: float, confidence: float) -> Estimate:
        """Return the event-free share of one arm."""
        return survival_at(self.tables[arm], end, confidence)

    def compare(self, arm: int, control: int, end: float, confidence: float) -> TwoSample:
        """Compare two event-free shares."""
        return compare_survival(self.tables[control], self.tables[arm], end, confidence)


@dataclass(frozen=True, slots=True)
class EventShares:
    """Shares with the event, when no other event precludes it."""

    tables: Sequence[LifeTable]
    cause: None = None
    method: str = "1 − Kaplan–Meier"

    def value(self, arm: int, end: float, confidence: float) -> Estimate:
        """Return the share of one arm with the event."""
        return event_share(self.tables[arm], end, confidence)

    def compare(self, arm: int, control: int, end: float, confidence: float) -> TwoSample:
        """Compare two shares with the event."""
        return compare_event_shares(self.tables[control], self.tables[arm], end, confidence)


@dataclass(frozen=True, slots=True)
class Incidence:
    """Shares with an event of one cause among several; ``number`` is its row in the tables."""

    tables: Sequence[CompetingTable]
    number: int
    cause: str
    method: str = "Aalen–Johansen"

    def value(self, arm: int, end: float, confidence: float) -> Estimate:
        """Return the cumulative incidence in one arm."""
        return incidence_at(self.tables[arm], self.number, end, confidence)

    def compare(self, arm: int, control: int, end: float, confidence: float) -> TwoSample:
        """Compare two cumulative incidences."""
        return compare_incidence(self.tables[control], self.tables[arm], self.number, end, confidence)


Shares = EventFree | EventShares | Incidence


@dataclass(frozen=True, slots=True)
class Arms:
    """The arms of a time to an event, in the order of the definition, and how they are read.

    ``events`` are life tables of the metric's own event, with other causes as ends of follow-up. With competing causes
    ``causes`` has a table per arm, and ``free`` are the life tables in which any of the causes is the event; without
    them ``free`` and ``events`` are the same. ``sources`` of the causes: the metric's own event first. ``step`` is the
    step of the follow-up in days, ``unit`` the unit of time that the metric is told in.
    """

    names: tuple[str, ...]
    control: int
    sources: tuple[str, ...]
    events: tuple[LifeTable, ...]
    free: tuple[LifeTable, ...]
    causes: tuple[CompetingTable, ...] | None
    step: float
    confidence: float
    unit: TimeUnit = "days"

    @classmethod
    def of(cls, definition: Definition, name: str, moments: MetricMoments) -> "Arms | None":
        """Return the arms of the metric ``name``; ``None`` where it is no time to an event.

        A definition has such metrics for independent units and one look only, so the intervals hold.
        """
        outcome = moments.outcome
        if not outcome.timed or outcome.curve_end is None:
            return None
        causes = tuple(competing_table(arm) for arm in moments.competing) if moments.competing else None
        if causes is not None:
            events = tuple(_own(table) for table in causes)
        elif moments.lifetimes is not None:
            events = tuple(life_table(arm) for arm in moments.lifetimes)
        else:
            return None
        names = tuple(arm.name for arm in definition.arms)
        return cls(
            names,
            names.index(definition.control.name),
            (outcome.source, *(rival.source for rival in outcome.rivals)),
            events,
            events if causes is None else tuple(table.any_cause for table in causes),
            causes,
            moments.step / DAY,
            definition.analysis.confidence,
            getattr(definition.metrics[name], "time_unit", "days"),
        )

    @property
    def days(self) -> float:
        """Days of the unit of time."""
        return UNITS[self.unit] / DAY

    @property
    def treatments(self) -> list[int]:
        """Places of all arms but the control."""
        return [place for place in range(len(self.names)) if place != self.control]

    @property
    def incidences(self) -> list[Incidence]:
        """The shares of each competing cause; none without competing causes."""
        if self.causes is None:
            return []
        return [Incidence(self.causes, number, source) for number, source in enumerate(self.sources)]

    def compare(self, shares: Shares, place: int, end: float) -> TwoSample:
        """Compare the shares of an arm and of the control by a time in steps."""
        return shares.compare(place, self.control, end, self.confidence)


def competing_table(arm: CompetingLifetimes) -> CompetingTable:
    """Return an arm's times to the first of several events as the statistics take them."""
    events = np.array(arm.events, dtype=np.int64).reshape(len(arm.events), len(arm.days))
    return CompetingTable(np.array(arm.days, dtype=np.int64), events, np.array(arm.censored, dtype=np.int64))


def _own(table: CompetingTable) -> LifeTable:
    """Return the life table of the first cause; a unit that had another one was followed until then."""
    return LifeTable(table.times, table.events[0], table.censored + table.events[1:].sum(axis=0))


def survival_result(definition: Definition, name: str, moments: MetricMoments) -> SurvivalResult | None:
    """Return what is known of the time to an event ``name`` beside its restricted mean; ``None`` for other metrics.

    Landmarks are the declared ones and the horizon, each for all causes where causes compete. The stratified log-rank
    test is there with strata (``moments.lifetimes_of``, in which other causes are ends of follow-up too).
    """
    arms = Arms.of(definition, name, moments)
    if arms is None:
        return None
    alone = arms.causes is None
    strata = [[life_table(arm) for arm in stratum] for stratum in moments.lifetimes_of.values()]
    kinds: Sequence[Shares] = [EventShares(arms.events)] if alone else arms.incidences
    others = "" if alone else ", other events as ends of follow-up"
    beyond = moments.outcome.followed_to
    if beyond is not None and beyond > (moments.outcome.curve_end or beyond):
        to = beyond / DAY / arms.days
        others += f", followed to day {to:g}" if arms.unit == "days" else f", followed for {to:g} {arms.unit}"
    return SurvivalResult(
        medians=[_median(arms, place) for place in range(len(arms.names))],
        log_rank=_test(f"{LOG_RANK} of all arms{others}", log_rank(arms.events)),
        stratified_log_rank=_test(f"Stratified {LOG_RANK.lower()} of all arms{others}", stratified_log_rank(strata))
        if strata
        else None,
        hazards=[_hazard(arms, place, [arms.events]) for place in arms.treatments],
        stratified_hazards=[_hazard(arms, place, strata) for place in arms.treatments] if strata else [],
        landmarks=[_landmark(arms, kind, day) for day in _landmark_days(definition, name) for kind in kinds],
        competing=[] if alone else list(arms.sources[1:]),
        time_unit=arms.unit,
    )


def _landmark_days(definition: Definition, name: str) -> list[float]:
    return [seconds / DAY for seconds in definition.metrics[name].shares_at()]


def _test(method: str, test: StatisticalTest) -> OverallTest:
    return OverallTest(
        method=method, statistic=test.statistic, degrees_of_freedom=test.degrees_of_freedom, p_value=test.p_value
    )


def _median(arms: Arms, place: int) -> MedianResult:
    if arms.causes is not None:
        return MedianResult(arm=arms.names[place], median=None, low=None, high=None, reason=NO_MEDIAN)
    found = median_survival(arms.events[place], arms.confidence)
    found = found.times(arms.step / arms.days)
    return MedianResult(
        arm=arms.names[place], median=found.estimate, low=found.low, high=found.high, reason=found.reason
    )


def _hazard(arms: Arms, place: int, strata: Sequence[Sequence[LifeTable]]) -> HazardResult:
    pairs = [(tables[arms.control], tables[place]) for tables in strata]
    found = compare_hazards_within(pairs, arms.confidence)
    return HazardResult(
        arm=arms.names[place],
        control=arms.names[arms.control],
        ratio=effect(found.ratio),
        p_value=found.p_value,
        proportionality_p_value=proportional_hazards_within(pairs).p_value,
        reason=found.reason,
    )


def _landmark(arms: Arms, shares: Shares, day: float) -> Landmark:
    """Return the shares with the event, or with one cause, by a day."""
    end = day / arms.step
    values = [shares.value(place, end, arms.confidence) for place in range(len(arms.names))]
    compared = [(place, arms.compare(shares, place, end)) for place in arms.treatments]
    return Landmark(
        day=day,
        cause=shares.cause,
        method=shares.method,
        arms=[
            ReadingArm(arm=arm, n=table.n, value=value.estimate, low=value.low, high=value.high, reason=value.reason)
            for arm, table, value in zip(arms.names, arms.free, values, strict=True)
        ],
        comparisons=[
            ReadingComparison(
                arm=arms.names[place],
                control=arms.names[arms.control],
                difference=effect(found.difference),
                lift=effect(found.lift),
                p_value=found.p_value,
                reason=found.reason,
            )
            for place, found in compared
        ],
    )


def survival_curves(definition: Definition, name: str, moments: MetricMoments, title: str) -> list[Curve]:
    """Return the event-free curve of a time to an event, and with competing causes the incidence of each.

    A point per step of the follow-up, or at most ``MOST_POINTS`` up to the horizon, each with its own interval,
    and bands, as have their differences. ``n`` is the number of units at risk at the end of the
    point: followed so far without any event. Comparisons are differences of shares; that of the event-free curves has
    the log-rank test of the two arms. With competing causes, free is free of all of them. Empty where
    ``survival_result`` is ``None``.
    """
    arms, horizon = Arms.of(definition, name, moments), moments.outcome.curve_end
    if arms is None or horizon is None:
        return []
    ends = curve_ends(horizon // moments.step, round(arms.days / arms.step))
    kinds: list[Shares] = [EventFree(arms.free), *arms.incidences]
    return [
        Curve(
            metric=name,
            title=title,
            kind="event-free" if shares.cause is None else "incidence",
            step=STEPS[arms.unit],
            unit="fraction",
            cause=shares.cause,
            arms=[_curve_arm(arms, shares, place, ends) for place in range(len(arms.names))],
            comparisons=[_curve_comparison(arms, shares, place, ends) for place in arms.treatments],
        )
        for shares in kinds
    ]


def curve_ends(horizon: int, unit: int = 1) -> list[int]:
    """Return the ends of the points of a curve up to a horizon in steps: every step, or at most ``MOST_POINTS``.

    Of a horizon of ``FEW_POINTS`` units of ``unit`` steps or more, every unit, or every second, …
    """
    whole = unit if horizon // unit >= FEW_POINTS else 1
    stride = -(-horizon // (MOST_POINTS * whole)) * whole
    return [*range(stride, horizon, stride), horizon]


def still_at_risk(table: LifeTable, end: float) -> int:
    """Count the units that were followed to the end of the step ``end`` and had no event by then."""
    gone = table.events[table.times <= end].sum() + table.censored[table.times < end].sum()
    return table.n - int(gone)


def _curve_arm(arms: Arms, shares: Shares, place: int, ends: Sequence[int]) -> CurveArm:
    if isinstance(shares, Incidence):
        found = incidence_curve(shares.tables[place], shares.number, ends, arms.confidence).points
    else:
        found = event_free_curve(arms.free[place], ends, arms.confidence).points
    values, bands = [point.estimate for point in found], [point.band for point in found]
    return CurveArm(arm=arms.names[place], points=_points(ends, arms.step, [arms.free[place]], values, bands))


def _curve_comparison(arms: Arms, shares: Shares, place: int, ends: Sequence[int]) -> CurveComparison:
    pair = arms.free[arms.control], arms.free[place]
    if isinstance(shares, Incidence):
        tables = shares.tables[arms.control], shares.tables[place]
        compared = compare_incidence_curves(*tables, shares.number, ends, arms.confidence)
        # The log-rank test is about hazards: it says nothing of the shares of one cause.
        whole = compared.test
        test = CurveTest(method=whole.method, statistic=whole.statistic, p_value=whole.p_value, reason=whole.reason)
    else:
        compared, found = compare_event_free(*pair, ends, arms.confidence), log_rank(pair)
        method = LOG_RANK if arms.causes is None else f"{LOG_RANK} of any event"
        test = CurveTest(method=method, statistic=found.statistic, p_value=found.p_value, reason=found.reason)
    differences = [point.pointwise.difference for point in compared.points]
    bands = [point.band.difference for point in compared.points]
    return CurveComparison(
        arm=arms.names[place],
        control=arms.names[arms.control],
        points=_points(ends, arms.step, pair, differences, bands),
        test=test,
    )


def _points(
    ends: Sequence[int],
    step: float,
    tables: Sequence[LifeTable],
    values: Sequence[Estimate],
    bands: Sequence[Estimate],
) -> list[CurvePoint]:
    return [
        CurvePoint(
            start_day=start * step,
            end_day=end * step,
            n=sum(still_at_risk(table, end) for table in tables),
            value=value.estimate,
            low=value.low,
            high=value.high,
            band_low=band.low,
            band_high=band.high,
            reason=value.reason,
        )
        for start, end, value, band in zip([0, *ends[:-1]], ends, values, bands, strict=True)
    ]
