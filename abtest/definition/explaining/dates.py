"""When the units of a metric are looked at, and when the last one is mature."""

import datetime as dt
from collections.abc import Iterator

from abtest.definition.explaining.sentences import plural
from abtest.definition.model import Definition
from abtest.definition.timeline import Timeline, day_text, moment_text, span_text
from abtest.grammar.fields import duration_text
from abtest.moments.outcome import Outcome

_BEYOND = "beyond the year 9999"


def looked_at(definition: Definition, outcome: Outcome) -> str:
    """Return the window of the first and of the last unit in calendar dates."""
    if outcome.window is None:
        return "What the customers table holds; nothing depends on time."
    line = Timeline.of(definition)
    entered = "first exposed" if definition.triggered else "enrolled"
    first, last = line.first, line.last
    if first is None:
        return f"Each unit {_relative(outcome, triggered=definition.triggered)}; without a period there are no dates."
    told = [f"A unit {entered} {_at(line, first, outcome, end=False)} is looked at {_span(line, outcome, first)}"]
    if last is not None and not (outcome.clock != "exact" and last.date() == first.date()):
        told.append(f"one {entered} {_at(line, last, outcome, end=True)}, {_span(line, outcome, last)}")
    ending = "" if not outcome.timed else " Of each, the time to its first event counts, or that it had none."
    return "; ".join(told) + "." + ending


def _relative(outcome: Outcome, *, triggered: bool) -> str:
    low, high = outcome.window or (0, 0)
    after = "its first exposure" if triggered else "its assignment"
    if outcome.clock in {"exact", "day"}:
        days = "" if outcome.clock == "exact" else ", in calendar days"
        return f"is looked at from {duration_text(low)} to before {duration_text(high)} after {after}{days}"
    return f"is looked at in {outcome.clock} {low} after that of {after.removeprefix('its ')}"


def _at(line: Timeline, moment: dt.datetime, outcome: Outcome, *, end: bool) -> str:
    """Say when a unit enters: on a day, or at its very start or end where the hour counts."""
    if outcome.clock != "exact":
        return f"on {day_text(moment.date())}"
    day = moment.date()
    edge = line.last_instant(day) if end else line.midnight(day)
    if moment == edge:
        return f"at the {'end' if end else 'start'} of {day_text(day)}"
    return f"on {moment_text(moment)}"


def _span(line: Timeline, outcome: Outcome, begun: dt.datetime) -> str:
    span = line.span(outcome, begun)
    return _BEYOND if span is None else span_text(span)


def maturity(definition: Definition, outcome: Outcome) -> Iterator[str]:
    """Yield when the last unit is mature, and how many can be by the declared end of the data."""
    line = Timeline.of(definition)
    if outcome.window is None or line.first is None:
        return
    last = line.span(outcome, line.last) if line.last else None
    if line.last is None:
        why = "exposure has no end" if line.end is not None else "enrolment has no last day"
        yield f"Since {why}, the last unit's date is not known."
    elif last is None:
        yield f"The last unit is mature {_BEYOND}."
    else:
        yield f"The last unit is mature once the data cover {day_text(line.complete(last))}{_readable(line, outcome)}."
    if line.through_end is None or line.days is None:
        return
    mature = line.mature_days(outcome, line.through_end)
    if mature == line.days:
        yield "The declared data reach that far."
    elif line.last is not None and outcome.timed:
        yield "Until then, units count for as long as the data follow them."
    elif line.last is not None and line.start is not None and mature:
        until = day_text(line.start + dt.timedelta(days=mature - 1))
        days = f"{mature} of {plural(line.days, 'day')} of enrolment"
        yield f"When the declared data end, units enrolled until {until} are mature: {days}."
    elif line.last is not None:
        yield "When the declared data end, no day of enrolment is mature as a whole."


def _readable(line: Timeline, outcome: Outcome) -> str:
    day = readable(line, outcome)
    late = f", since events are up to {duration_text(line.lag)} late" if line.lag else ""
    return f": analyse on {day_text(day)} or later{late}" if day else ""


def readable(line: Timeline, outcome: Outcome) -> dt.date | None:
    """Return the first day on which the last unit is mature and its events have arrived; ``None`` when not known."""
    span = line.span(outcome, line.last) if line.last else None
    return line.readable(span) if span else None
