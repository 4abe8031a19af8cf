"""Who is counted, who is left out, and when units enter."""

from collections.abc import Iterator

from abtest.definition.explaining.sentences import percent, plural
from abtest.definition.model import ASSIGNMENTS, CUSTOMERS, Arm, Definition
from abtest.definition.timeline import Timeline, day_text
from abtest.grammar.fields import duration_text


def arms(definition: Definition) -> Iterator[str]:
    """Yield a line for each arm."""
    total = sum(arm.weight for arm in definition.arms)
    for arm in definition.arms:
        yield _arm(arm, arm.weight / total)


def _arm(arm: Arm, share: float) -> str:
    name = arm.name + (" (control)" if arm.control else "")
    cadence = f", one send every {duration_text(arm.cadence)}" if arm.cadence else ""
    called = f" Called {arm.title}." if arm.title else ""
    about = f" {arm.description}" if arm.description else ""
    return f"- {name}: {percent(share)} of the units{cadence}.{called}{about}"


def population(definition: Definition) -> Iterator[str]:
    """Yield who is counted and why others are not."""
    yield _unit(definition)
    eligible = definition.population.eligible
    if eligible:
        yield (
            f"- Counted: units for which {eligible}. All others are left out, whatever they do later; so are units for "
            "which an empty cell leaves this open."
        )
    else:
        yield "- Counted: every unit with an arm."
    for name, source in definition.data.items():
        if source.where:
            yield f"- Of {name}, only the rows for which {source.where}."
    if reasons := _left_out(definition):
        yield f"- Left out, and counted by arm and reason in the report: units {', '.join(reasons)}."
    yield from _exposure(definition)


def _unit(definition: Definition) -> str:
    unit = definition.unit_column(definition.arm_source)
    if unit is None:
        return f"- Each row of {definition.arm_source} is one unit."
    if definition.cluster is not None:
        return (
            f"- What was randomised is the {definition.cluster}; counted are the units in it (ids in {unit}), and "
            "uncertainty comes from the differences between clusters."
        )
    return f"- The unit is what {unit} names; each counts once, from its first assignment."


def _left_out(definition: Definition) -> list[str]:
    if definition.unit_column(definition.arm_source) is None:
        return []
    reasons = ["in several arms"]
    if definition.timed:
        reasons.append("without a time of assignment")
    if definition.period is not None:
        reasons.append("assigned outside the period")
    if CUSTOMERS in definition.data:
        if ASSIGNMENTS in definition.data:
            reasons.append("not in the customers table")
        reasons.append("with conflicting rows in it" if ASSIGNMENTS in definition.data else "with conflicting rows")
    if definition.cluster is not None:
        reasons.append(f"without a {definition.cluster}")
    return reasons


def _exposure(definition: Definition) -> Iterator[str]:
    exposure = definition.population.exposure
    treated = "whatever it was sent, opened or did"
    if exposure is None:
        yield f"- A counted unit stays in the arm that it was assigned to, {treated} (intention to treat)."
        return
    within = (
        f"from {duration_text(exposure.window[0])} to before {duration_text(exposure.window[1])} after assignment"
        if exposure.window
        else "after assignment"
    )
    if definition.triggered:
        yield (
            f"- Only exposed units are counted: those with an event in {exposure.event} {within}. Their windows start "
            "at the first such event, so the result speaks for exposed units, not for all (triggered analysis)."
        )
    else:
        yield (
            f"- A counted unit stays in the arm that it was assigned to, {treated} (intention to treat). That a unit "
            f"was exposed (an event in {exposure.event} {within}) is only counted."
        )


def time(definition: Definition) -> Iterator[str]:
    """Yield when units enter, how far the data go, and how windows are read."""
    if not definition.timed:
        yield "- Outcomes stand in the customers table; nothing depends on time."
        if definition.period is not None:
            yield _enrolment(Timeline.of(definition))
        return
    line = Timeline.of(definition)
    yield _enrolment(line)
    if line.through is not None:
        yield f"- Data: declared complete through {day_text(line.through)}."
    else:
        lag = f", less the {duration_text(line.lag)} that events may be late" if line.lag else ""
        yield f"- Data: complete until the last event{lag}, since period.through is not given."
    clocks = {definition.outcome(name).clock for name in definition.metrics if definition.outcome(name).window}
    start = "the first exposure" if definition.triggered else "the assignment"
    days = {
        frozenset({"exact"}): f"exact 24-hour days from the moment of {start}, so clock changes move their hour",
        frozenset({"day"}): f"calendar days from midnight to midnight in {line.zone.key}; the day of {start} is day 0",
    }.get(frozenset(clocks), "exact or of the calendar, as each metric says")
    if clocks:
        yield f"- Days of a window are {days}. A window [from, to) does not hold its end."
        yield "- A unit counts for a metric once its whole window lies before the end of the data: it is mature."


def _enrolment(line: Timeline) -> str:
    if line.start is None:
        return "- Enrolment: no period is given, so units count whenever they were assigned."
    if line.end is None:
        return f"- Enrolment: from {line.start} on, without a last day; days begin at midnight in {line.zone.key}."
    days = line.days or 0
    weeks = f" ({plural(days // 7, 'week')})" if days % 7 == 0 else ""
    return (
        f"- Enrolment: {line.start} to {line.end}, {plural(days, 'day')}{weeks}; days begin at midnight in "
        f"{line.zone.key}."
    )
