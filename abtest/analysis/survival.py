"""Times to an event as results: medians, log-rank, hazard ratios, shares at landmarks, and the curves behind them.

Principles. Everything comes from the life table of each arm. Where other events preclude the metric's own, a unit that
had one of them is neither lost from view nor still free: shares with the event are Aalen–Johansen's of each cause, and
only what is about hazards (log-rank, Cox) takes the other causes for the end of follow-up, which is what a
cause-specific hazard means. All intervals are two-sided, for one look, and each by itself.
"""

from collections.abc import Callable, Sequence
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
    SurvivalResult,
)
from abtest.analysis.methods import life_table
from abtest.analysis.result import Effect, OverallTest
from abtest.analysis.verdicts import effect
from abtest.definition.metrics import TimeToEvent
from abtest.definition.model import Definition
from abtest.stats import competing, survival
from abtest.stats.competing import CompetingTable, compare_incidence, incidence_at
from abtest.stats.cox import compare_hazards, proportional_hazards
from abtest.stats.event_shares import compare_event_shares, event_share
from abtest.stats.survival import LifeTable, compare_survival, median_survival, survival_at
from abtest.stats.survival_tests import log_rank, stratified_log_rank
from abtest.stats.values import Estimate, TwoSample
from abtest.stats.values import OverallTest as StatisticalTest
from abtest.warehouse.moments import CompetingLifetimes, MetricMoments

DAY = 86_400
MOST_POINTS = 60
LOG_RANK = "Log-rank test"
KAPLAN_MEIER = "Kaplan–Meier"
AALEN_JOHANSEN = "Aalen–Johansen"
NO_MEDIAN = "other events preclude this one, so half of the units need not have it at all: see the shares by day"


@dataclass(frozen=True, slots=True)
class Arms:
    """The arms of a time to an event, in the order of the definition.

    ``events`` are life tables of the metric's own event, with other causes as ends of follow-up. With competing causes
    ``causes`` has a table per arm, and ``free`` are the life tables in which any of the causes is the event; without
    them ``free`` and ``events`` are the same. ``names`` of the causes: the metric's own event first.
    """

    arms: tuple[str, ...]
    control: int
    events: tuple[LifeTable, ...]
    free: tuple[LifeTable, ...]
    causes: tuple[CompetingTable, ...] | None
    names: tuple[str, ...]

    @property
    def treatments(self) -> list[int]:
        """Places of all arms but the control."""
        return [place for place in range(len(self.arms)) if place != self.control]

    @classmethod
    def of(cls, definition: Definition, moments: MetricMoments) -> "Arms | None":
        """Return the arms of a metric; ``None`` when it is no time to an event, or was not followed."""
        if moments.outcome.reduce != "time" or moments.outcome.window is None:
            return None
        names = tuple(arm.name for arm in definition.arms)
        control = names.index(definition.control.name)
        sources = (moments.outcome.source, *(rival.source for rival in moments.outcome.rivals))
        if moments.competing:
            causes = tuple(competing_table(arm) for arm in moments.competing)
            own = tuple(_own(table) for table in causes)
            return cls(names, control, own, tuple(table.any_cause for table in causes), causes, sources)
        if moments.lifetimes is None:
            return None
        tables = tuple(life_table(arm) for arm in moments.lifetimes)
        return cls(names, control, tables, tables, None, sources)


def competing_table(arm: CompetingLifetimes) -> CompetingTable:
    """Return an arm's times to the first of several events as the statistics take them."""
    events = np.array(arm.events, dtype=np.int64).reshape(len(arm.events), len(arm.days))
    return CompetingTable(np.array(arm.days, dtype=np.int64), events, np.array(arm.censored, dtype=np.int64))


def _own(table: CompetingTable) -> LifeTable:
    """Return the life table of the first cause; a unit that had another one was followed until then."""
    return LifeTable(table.times, table.events[0], table.censored + table.events[1:].sum(axis=0))


def survival_result(definition: Definition, name: str, moments: MetricMoments) -> SurvivalResult | None:
    """Return what is known of the time to an event ``name`` beside its restricted mean.

    ``None`` for other metrics, and where units are not independent or looks are several: nothing here would hold then.
    The stratified log-rank test is there with strata (``moments.lifetimes_of``) and without competing causes, which
    strata do not tell apart. Medians are there without competing causes.
    """
    arms = Arms.of(definition, moments) if definition.reads_early else None
    if arms is None:
        return None
    confidence = definition.analysis.confidence
    strata = list(moments.lifetimes_of.values()) if arms.causes is None else []
    specific = "" if arms.causes is None else ", other events as ends of follow-up"
    return SurvivalResult(
        medians=[_median(arms, place, moments.step, confidence) for place in range(len(arms.arms))],
        log_rank=_test(f"{LOG_RANK} of all arms{specific}", log_rank(arms.events)),
        stratified_log_rank=_test(
            f"Stratified {LOG_RANK.lower()} of all arms",
            stratified_log_rank([[life_table(arm) for arm in stratum] for stratum in strata]),
        )
        if strata
        else None,
        hazards=[_hazard(arms, place, confidence) for place in arms.treatments],
        landmarks=[
            _landmark(arms, seconds, moments.step, cause, confidence)
            for seconds in _landmark_seconds(definition, name, moments)
            for cause in (range(len(arms.names)) if arms.causes is not None else [None])
        ],
        competing=list(arms.names[1:]) if arms.causes is not None else [],
    )


def _landmark_seconds(definition: Definition, name: str, moments: MetricMoments) -> list[int]:
    """Return the declared landmarks and the horizon, rising, in seconds."""
    metric, window = definition.metrics[name], moments.outcome.window
    declared = metric.landmarks if isinstance(metric, TimeToEvent) else []
    return sorted({*declared, *([] if window is None else [window[1]])})


def _test(method: str, test: StatisticalTest) -> OverallTest:
    return OverallTest(
        method=method,
        statistic=test.statistic,
        degrees_of_freedom=test.degrees_of_freedom,
        p_value=test.p_value,
    )


def _median(arms: Arms, place: int, step: int, confidence: float) -> MedianResult:
    if arms.causes is not None:
        return MedianResult(arm=arms.arms[place], median=None, low=None, high=None, reason=NO_MEDIAN)
    found = median_survival(arms.events[place], confidence)
    in_days = [None if part is None else part * step / DAY for part in (found.estimate, found.low, found.high)]
    return MedianResult(arm=arms.arms[place], median=in_days[0], low=in_days[1], high=in_days[2], reason=found.reason)


def _hazard(arms: Arms, place: int, confidence: float) -> HazardResult:
    pair = arms.events[arms.control], arms.events[place]
    found = compare_hazards(*pair, confidence)
    return HazardResult(
        arm=arms.arms[place],
        control=arms.arms[arms.control],
        ratio=effect(found.ratio),
        p_value=found.p_value,
        proportionality_p_value=proportional_hazards(*pair).p_value,
        reason=found.reason,
    )


def _landmark(arms: Arms, seconds: int, step: int, cause: int | None, confidence: float) -> Landmark:
    """Return the shares with the event, or with the cause, by a day."""
    horizon = seconds / step
    tables = arms.causes
    if cause is None or tables is None:
        method, name = f"1 − {KAPLAN_MEIER}", None
        values = [event_share(table, horizon, confidence) for table in arms.events]
        compared = [
            compare_event_shares(arms.events[arms.control], arms.events[place], horizon, confidence)
            for place in arms.treatments
        ]
    else:
        method, name = AALEN_JOHANSEN, arms.names[cause]
        values = [incidence_at(table, cause, horizon, confidence) for table in tables]
        compared = [
            compare_incidence(tables[arms.control], tables[place], cause, horizon, confidence)
            for place in arms.treatments
        ]
    return Landmark(
        day=seconds / DAY,
        cause=name,
        method=method,
        arms=[
            ReadingArm(
                arm=arms.arms[place],
                n=arms.free[place].n,
                value=value.estimate,
                low=value.low,
                high=value.high,
                reason=value.reason,
            )
            for place, value in enumerate(values)
        ],
        comparisons=[
            ReadingComparison(
                arm=arms.arms[place],
                control=arms.arms[arms.control],
                difference=effect(found.difference),
                lift=effect(found.lift),
                p_value=found.p_value,
                reason=found.reason,
            )
            for place, found in zip(arms.treatments, compared, strict=True)
        ],
    )


def survival_curves(definition: Definition, name: str, moments: MetricMoments, title: str) -> list[Curve]:
    """Return the event-free curve of a time to an event, and with competing causes the incidence of each.

    A point per day up to the horizon, at most ``MOST_POINTS`` with the last among them, each with its own interval.
    ``n`` is the number of units known to be free of the event after the day: at risk at its end. The comparisons are
    differences of shares; the event-free curve has the log-rank test of the two arms. With competing causes, free is
    free of any of them. Empty where ``survival_result`` is ``None``.
    """
    arms = Arms.of(definition, moments) if definition.reads_early else None
    window = moments.outcome.window
    if arms is None or window is None:
        return []
    confidence = definition.analysis.confidence
    ends = curve_ends(window[1] // moments.step)
    scale = moments.step / DAY

    def curve(
        value: Callable[[int, int], Estimate], compare: Callable[[int, int], TwoSample], cause: str | None, method: str
    ) -> Curve:
        """Make a curve of ``value(arm, end)`` and ``compare(arm, end)``."""
        return Curve(
            metric=name,
            title=title,
            kind="event-free" if cause is None else "incidence",
            step="day",
            unit="fraction",
            cause=cause,
            arms=[
                CurveArm(
                    arm=arm,
                    points=_points(ends, scale, [arms.free[place]], [value(place, end) for end in ends]),
                )
                for place, arm in enumerate(arms.arms)
            ],
            comparisons=[
                CurveComparison(
                    arm=arms.arms[place],
                    control=arms.arms[arms.control],
                    points=_points(
                        ends,
                        scale,
                        [arms.free[arms.control], arms.free[place]],
                        [compare(place, end).difference for end in ends],
                    ),
                    test=_curve_test(method, arms.free[arms.control], arms.free[place]) if cause is None else None,
                )
                for place in arms.treatments
            ],
        )

    def free(place: int, end: int) -> Estimate:
        return survival_at(arms.free[place], end, confidence)

    def compare_free(place: int, end: int) -> TwoSample:
        return compare_survival(arms.free[arms.control], arms.free[place], end, confidence)

    curves = [curve(free, compare_free, None, LOG_RANK if arms.causes is None else f"{LOG_RANK} of any event")]
    tables = arms.causes
    for number, cause in enumerate(arms.names if tables is not None else ()):
        assert tables is not None

        def share(place: int, end: int, number: int = number) -> Estimate:
            return incidence_at(tables[place], number, end, confidence)

        def compare_shares(place: int, end: int, number: int = number) -> TwoSample:
            return compare_incidence(tables[arms.control], tables[place], number, end, confidence)

        curves.append(curve(share, compare_shares, cause, ""))
    return curves


def curve_ends(horizon: int) -> list[int]:
    """Return the ends of the points of a curve up to a horizon in steps: every one, or at most ``MOST_POINTS``."""
    stride = -(-horizon // MOST_POINTS)
    return [*range(stride, horizon, stride), horizon]


def followed(table: LifeTable, end: int) -> int:
    """Count the units that were followed through the step ``end`` and had no event up to then, at its end included."""
    gone = table.events[table.times <= end].sum() + table.censored[table.times < end].sum()
    return table.n - int(gone)


def _points(
    ends: Sequence[int], scale: float, tables: Sequence[LifeTable], values: Sequence[Estimate]
) -> list[CurvePoint]:
    return [
        CurvePoint(
            start_day=start * scale,
            end_day=end * scale,
            n=sum(followed(table, end) for table in tables),
            value=value.estimate,
            low=value.low,
            high=value.high,
            reason=value.reason,
        )
        for start, end, value in zip([0, *ends[:-1]], ends, values, strict=True)
    ]


def _curve_test(method: str, control: LifeTable, treatment: LifeTable) -> CurveTest:
    test = log_rank([control, treatment])
    return CurveTest(method=method, statistic=test.statistic, p_value=test.p_value, reason=test.reason)
