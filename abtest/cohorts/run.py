"""The whole way: question → counts → rates with intervals beside the levels given → :class:`Retention`."""

import datetime as dt
import math
from collections.abc import Callable, Mapping
from pathlib import Path

from abtest.cohorts.counting import Counts, State, count
from abtest.cohorts.periods import first_day, label, last_day, number_of
from abtest.cohorts.question import Question, question, reworded
from abtest.cohorts.result import Asked, Cohort, Comparison, Data, Period, Retention
from abtest.cohorts.wording import notes_of, rule_of
from abtest.engines.choice import embedded
from abtest.engines.options import Limits
from abtest.errors import DataError, UsageError
from abtest.stats.rates import wilson
from abtest.stats.values import Rate

MOST_PERIODS = 1_200
"""Periods that are shown: 23 years of weeks. More are a slip, such as placeholder dates."""


def retention(
    events: str | Path | object,
    *,
    unit: str,
    at: str,
    by: str = "month",
    timezone: str | None = None,
    where: str | None = None,
    read: str | Mapping[str, object] | None = None,
    active_within: str | None = None,
    since: str | dt.date | None = None,
    periods: int | None = None,
    through: str | dt.date | None = None,
    confidence: float = 0.95,
    benchmark: str | float | None = None,
    goal: str | float | None = None,
    limits: Limits | None = None,
    progress: Callable[[str, float | None], None] | None = None,
) -> Retention:
    """Return the retention of a customer base, by period and by cohort of the first event.

    ``events`` is a file or glob (.csv, .csv.gz, .parquet, .ndjson, .jsonl) or a pandas, polars or Arrow table with a
    row per event; ``unit`` its column of customer ids, ``at`` that of the time. ``by``: ``week`` (ISO), ``month``,
    ``quarter`` or ``year``, by local date in ``timezone``, which times without a zone need. ``where`` filters rows in
    the language of a definition, such as ``"event = 'purchase'"``; ``read`` says how its values are written, as
    ``read`` of a table does: ``{"dates": "DD/MM/YYYY"}``.

    A customer counts for a period when they have an event in it; with ``active_within`` (``"90d"``) they count at an
    instant when they had an event in that time before it. The rate is (E − N − R) / S, a fraction, with the interval of
    Wilson (1927); ``benchmark`` and ``goal`` are fractions or texts such as ``"40%"``. ``since`` and ``periods`` (the
    last so many complete ones) choose what is returned; first events are found in all rows. ``through`` is the last day
    that the data cover; the last event's time when absent. A period that the data do not cover to its end is marked.

    Raises :class:`~abtest.errors.UsageError` for an argument that cannot be, and
    :class:`~abtest.errors.DataError` when the data cannot be read or do not hold what the arguments say.
    """
    asked = question(
        events,
        unit=unit,
        at=at,
        by=by,
        timezone=timezone,
        where=where,
        read=read,
        active_within=active_within,
        since=since,
        periods=periods,
        through=through,
        confidence=confidence,
        benchmark=benchmark,
        goal=goal,
    )
    engine = embedded(limits).open(progress)
    try:
        counts = count(asked, engine)
    except DataError as error:
        raise reworded(error) from None
    finally:
        engine.close()
    return result_of(asked, counts)


def result_of(asked: Question, counts: Counts) -> Retention:
    """Return the result of what was counted."""
    low = _first_shown(asked, counts)
    if counts.final - low + 1 > MOST_PERIODS:
        raise UsageError(
            f"by: {counts.final - low + 1:,} periods are more than {MOST_PERIODS:,}; choose longer ones, name the last "
            "ones with --periods, or leave placeholder dates out with --where"
        )
    periods = tuple(_period(asked, counts, number) for number in range(low, counts.final + 1))
    return Retention(
        _asked(asked, counts),
        rule_of(asked, counts.calendar.zone or "UTC"),
        _data(asked, counts),
        periods,
        tuple(_cohorts(asked, counts, low)),
        notes_of(asked, counts, periods),
    )


def _first_shown(asked: Question, counts: Counts) -> int:
    low = counts.first
    if asked.since is not None:
        low = max(low, number_of(asked.since, asked.by))
    if asked.periods is not None:
        low = max(low, counts.final - asked.periods + (0 if counts.running else 1))
    if low > counts.final:
        raise DataError(
            f"since: the data end in {label(counts.final, asked.by)}, before {asked.since}; name an earlier day"
        )
    return low


def _asked(asked: Question, counts: Counts) -> Asked:
    return Asked(
        asked.unit,
        asked.at,
        asked.by,
        counts.calendar.zone or "UTC",
        asked.where,
        asked.within_text,
        asked.since.isoformat() if asked.since else None,
        asked.periods,
        asked.confidence,
        asked.benchmark,
        asked.goal,
    )


def _data(asked: Question, counts: Counts) -> Data:
    customers = sum(size for (cohort, period), size in counts.triangle.items() if cohort == period)
    first, last, through = (
        str(counts.calendar.iso(instant)) for instant in (counts.first_us, counts.last_us, counts.through_us)
    )
    return Data(
        asked.shown,
        counts.rows,
        counts.without_unit,
        counts.without_time,
        counts.after_through,
        counts.events,
        customers,
        first,
        last,
        through,
        asked.through is not None,
    )


def _period(asked: Question, counts: Counts, number: int) -> Period:
    state = counts.states.get(number, State())
    at_start = counts.states.get(number - 1, State()).at_end if number > counts.first else None
    complete = number < counts.final or not counts.running
    reason = _missing(at_start, complete) or _not_whole(asked, counts, number)
    start = at_start if reason is None else None
    estimate = None if start is None else wilson(Rate(state.stayed, start), asked.confidence)
    rate, low, high = (estimate.estimate, estimate.low, estimate.high) if estimate else (None, None, None)
    return Period(
        label=label(number, asked.by),
        start=first_day(number, asked.by).isoformat(),
        end=last_day(number, asked.by).isoformat(),
        complete=complete,
        at_start=at_start,
        retained=state.stayed,
        acquired=state.acquired,
        reactivated=state.at_end - state.stayed - state.acquired,
        at_end=state.at_end,
        rate=rate,
        low=low,
        high=high,
        plain_rate=None if start is None else (state.at_end - state.acquired) / start,
        reason=reason,
        benchmark=_beside(asked.benchmark, start, state.stayed, low, high),
        goal=_beside(asked.goal, start, state.stayed, low, high),
    )


def _missing(at_start: int | None, complete: bool) -> str | None:
    if not complete:
        return "the period is still running"
    if at_start is None:
        return "the data begin in this period, so who was a customer at its start is not known"
    return None if at_start else "nobody was a customer at the start"


def _not_whole(asked: Question, counts: Counts, number: int) -> str | None:
    """Say that the look-back at the start of period ``number`` reaches to before the data, which hide who lapsed."""
    if asked.within is None:
        return None
    start = counts.calendar.midnight(first_day(number, asked.by))
    if start >= counts.first_us + asked.within * 1_000_000:
        return None
    return f"at its start the data were not yet {asked.within_text} long, so who was a customer is not known"


def _beside(
    level: float | None, at_start: int | None, retained: int, low: float | None, high: float | None
) -> Comparison | None:
    if level is None or at_start is None or low is None or high is None:
        return None
    # A product such as 0.29 × 100 that rounding puts just above a whole number is that number.
    missing = max(0, math.ceil(level * at_start - 1e-9) - retained)
    return Comparison(level, "above" if low > level else "below" if high < level else "not clear", missing)


def _cohorts(asked: Question, counts: Counts, low: int) -> list[Cohort]:
    return [
        Cohort(
            label(cohort, asked.by),
            first_day(cohort, asked.by).isoformat(),
            counts.triangle[cohort, cohort],
            tuple(counts.triangle.get((cohort, period), 0) for period in range(cohort, counts.final + 1)),
            counts.running,
        )
        for cohort in range(low, counts.final + 1)
        if (cohort, cohort) in counts.triangle
    ]
