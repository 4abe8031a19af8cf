"""Windows against the calendar: the declared period, the data that was seen, and the days of the week."""

import datetime as dt
from collections.abc import Iterator

from abtest.definition.lints.finding import DataRange, Finding
from abtest.definition.lints.windows import Windowed, windowed
from abtest.definition.model import Definition
from abtest.definition.timeline import Timeline, day_text
from abtest.grammar.time import DAY
from abtest.moments.outcome import Outcome

PAST_PERIOD = "window-past-period"
PAST_DATA = "window-longer-than-data"
MATURE_SHARE = 0.75
"""With fewer of the enrolment days mature, intervals are more than 15 % wider than they would be (1/√0.75)."""
QUIET = 7 * DAY
"""Seconds without an event before the data's end from which an export looks cut off; the health checks' own limit."""
GAP_SHARE = 0.1
"""A covariate's first event may be this share of its window (and a day) late before the data look cut off."""


def window_past_period(definition: Definition) -> Iterator[Finding]:
    """Find outcome windows that the declared period leaves open for all units, or for many."""
    line = Timeline.of(definition)
    end = line.through_end
    if end is None or line.first is None or line.through is None:
        return
    for part in windowed(definition):
        if not line.mature(part.outcome, line.first, end):
            yield Finding(PAST_PERIOD, part.path, _never(line, part, day_text(line.through)))
        elif line.days is not None and line.last is not None and not part.metric.traits.counts_immature:
            # A time to an event uses every unit for as long as it was followed.
            mature = line.mature_days(part.outcome, end)
            if mature < MATURE_SHARE * line.days:
                yield Finding(PAST_PERIOD, part.path, _partly(line, part, mature, line.days))


def _never(line: Timeline, part: Windowed, through: str) -> str:
    first = line.span(part.outcome, line.first) if line.first else None
    if first is None:
        return f"{part.text} ends after the year 9999, so no unit can ever be mature; shorten the window"
    return (
        f"no unit can be mature: the window of those who enter first ends on {day_text(line.complete(first))}, after "
        f"period.through ({through}), so the metric would be empty; {_cure(line, part)}"
    )


def _partly(line: Timeline, part: Windowed, mature: int, days: int) -> str:
    if mature == 0 or line.start is None:
        until = f"not even the first of the {days} days of enrolment"
    else:
        last = line.start + dt.timedelta(days=mature - 1)
        until = (
            f"only units that enter until {day_text(last)} ({mature} of {days} days of enrolment, {mature / days:.0%})"
        )
    return (
        f"{until} can be mature by period.through: the others are left out of this metric, which makes its intervals "
        f"wider and speaks for the early customers alone; {_cure(line, part)}"
    )


def _cure(line: Timeline, part: Windowed) -> str:
    """Return which end of the data would make every unit mature."""
    latest = line.last or line.first
    span = line.span(part.outcome, latest) if latest else None
    if span is None:
        return "shorten the window"
    whom = "every unit" if line.last else "the first units"
    return (
        f"set period.through to {line.complete(span)} once the data reach it (then {whom} can be mature), "
        "or shorten the window"
    )


def window_longer_than_data(definition: Definition, data: DataRange | None) -> Iterator[Finding]:
    """Find windows and covariates that reach beyond the events that were seen."""
    if data is None:
        return
    line = Timeline.of(definition)
    lasts = [last for name in definition.event_sources if (last := data.last.get(name)) is not None]
    if not lasts:
        return
    try:
        seen = line.later(line.instant(max(lasts)), -line.lag)
    except OverflowError:
        return  # a placeholder for a time; reading the data refuses it
    end = line.through_end or seen
    for part in windowed(definition):
        if line.through is None and line.first is not None and not line.mature(part.outcome, line.first, end):
            yield Finding(PAST_DATA, part.path, _unseen(line, part, seen))
        yield from _covariates(line, part, data)
    for name in definition.event_sources:
        last = data.last.get(name)
        if last is not None:
            yield from _cut_off(definition, line, name, line.instant(last), end)


def _unseen(line: Timeline, part: Windowed, seen: dt.datetime) -> str:
    first = line.span(part.outcome, line.first) if line.first else None
    need = f"they need events until {day_text(line.complete(first))}" if first else "the window is too long"
    return (
        f"no unit is mature: the data end on {day_text(seen.date())} and even for those who entered first {need}; "
        "wait, bring the data up to date, or shorten the window"
    )


def _covariates(line: Timeline, part: Windowed, data: DataRange) -> Iterator[Finding]:
    if line.start is None:
        return
    begun = line.midnight(line.start)
    told = set()
    for covariate in part.outcome.covariates:
        span, first = line.span(covariate, begun), data.first.get(covariate.source)
        if span is None or first is None or covariate.source in told:
            continue
        length = (span.end - span.start).total_seconds()
        late = (line.instant(first) - span.start).total_seconds()
        if late > max(GAP_SHARE * length, DAY):
            told.add(covariate.source)
            yield Finding(
                PAST_DATA,
                ("metrics", part.name, _covariate_key(part)),
                f"the covariate of those who enter first begins on {day_text(span.start.date())}, but "
                f"{covariate.source} begins on {day_text(line.instant(first).date())}: what is missing counts as 0, "
                "more of it for early units than for late ones, and explains less of the outcome; "
                "shorten the covariate's window or add the older events",
            )


def _covariate_key(part: Windowed) -> str:
    single = getattr(part.metric, "covariate", None)
    return "covariate" if single is not None and single.window is not None else "covariates"


def _cut_off(
    definition: Definition, line: Timeline, source: str, last: dt.datetime, end: dt.datetime
) -> Iterator[Finding]:
    """Find a table whose events stop while windows that count them are still open."""
    needed = max((_needed(line, outcome, end) for outcome in _counted(definition, source)), default=last)
    if (needed - last).total_seconds() > QUIET:
        yield Finding(
            PAST_DATA,
            ("data", source),
            f"the last event is on {day_text(last.date())}, but windows look until {day_text(line.last_day(needed))}: "
            "if the export stops early, what is missing counts as 0, as if customers had not come back; bring the "
            f"table up to date, or set period.through to {last.date()}",
        )


def _counted(definition: Definition, source: str) -> list[Outcome]:
    parts = [part.outcome for part in windowed(definition)]
    sides = [side for outcome in parts for side in (outcome, outcome.denominator) if side is not None]
    return [outcome for outcome in sides if outcome.source == source]


def _needed(line: Timeline, outcome: Outcome, end: dt.datetime) -> dt.datetime:
    """Return until when the events of mature units are counted."""
    span = line.span(outcome, line.last) if line.last else None
    return min(span.end, end) if span else end


def partial_weeks(definition: Definition) -> Iterator[Finding]:
    """Find an enrolment that is not a whole number of weeks; one day, when all enter at once, is no sample of days."""
    line = Timeline.of(definition)
    if line.days is None or line.end is None or line.days == 1 or line.days % 7 == 0:
        return
    over = line.days % 7
    ends = {7 - over: line.end + dt.timedelta(days=7 - over)}
    if line.days > 7:
        ends[over] = line.end - dt.timedelta(days=over)
    near = " or ".join(str(ends[distance]) for distance in sorted(ends))
    weeks = f"{line.days // 7} week{'s' if line.days // 7 != 1 else ''} and {over} day{'s' if over > 1 else ''}"
    what = f"{weeks}: some weekdays enter once more than others" if line.days > 7 else f"{line.days} days of a week"
    yield Finding(
        "partial-weeks",
        ("period", "end"),
        f"enrolment lasts {what}, and customers who come on a Sunday are not those who come on a Tuesday, so the "
        f"result speaks for a mix of days that no other period has; end it on {near}",
    )
