"""The lock of the definition: when it was locked, and what was changed since."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Cell, Column, Fact, Paragraph, RowGroup, Section, Table
from abtest.report.sections.part import Part
from abtest.report.view import View
from abtest.words import dates
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import Deviation

_NAMED = 3  # changed fields that page 1 names
_LONGEST = 300  # characters of a value in a table


def line(view: View) -> str:
    """Return ``Locked on 1 March 2026, no deviations`` or its like; an empty text when it is not locked."""
    experiment = view.analysis.experiment
    if not experiment.locked:
        return ""
    message = "lock.line.after" if experiment.locked_after_data else "lock.line"
    return view.say(message, locked=_when(view, dates.local_day), deviations=_count(view))


def fact(view: View) -> Fact | None:
    """Return the lock with the first changed fields, for page 1; ``None`` when it is not locked."""
    if not view.analysis.experiment.locked:
        return None
    keys = list(dict.fromkeys(clean(deviation.key) for deviation in view.analysis.experiment.deviations))
    named, more = ", ".join(keys[:_NAMED]), len(keys) - _NAMED
    if more > 0:
        named = view.say("lock.changed.more", keys=named, count=more)
    changed = (view.say("lock.changed", keys=named),) if keys else ()
    return Fact(view.say("fact.lock"), (line(view), *changed))


def method(view: View) -> Fact:
    """Return the lock with its time, for the section on the method."""
    experiment = view.analysis.experiment
    if not experiment.locked:
        return Fact(view.say("method.lock"), (view.say("lock.not"),))
    data = {True: "lock.data.after", False: "lock.data.before", None: "lock.data.unknown"}[experiment.locked_after_data]
    when = _when(view, dates.instant)
    lines = (view.say("lock.line", locked=when, deviations=_count(view)), view.say(data))
    return Fact(view.say("method.lock"), lines)


def changes(view: View) -> tuple[str, ...]:
    """Return a line for each changed field, for a terminal."""
    return tuple(
        view.say("lock.change", change=view.told(deviation.change, deviation.sentence), place=_place(deviation))
        if _place(deviation)
        else view.told(deviation.change, deviation.sentence)
        for deviation in view.analysis.experiment.deviations
    )


def section(view: View) -> Section | None:
    """Return the table of changed fields; ``None`` when nothing was changed."""
    deviations = view.analysis.experiment.deviations
    if not deviations:
        return None
    columns = (
        Column(view.say("column.field"), weight=4),
        Column(view.say("column.locked"), weight=4),
        Column(view.say("column.present"), weight=4),
        Column(view.say("column.place"), weight=2),
    )
    rows = tuple(
        (
            Cell(clean(deviation.key)),
            _value(view, deviation.old),
            _value(view, deviation.new),
            Cell(_place(deviation) or view.numbers.missing),
        )
        for deviation in deviations
    )
    title = view.say("section.deviations")
    table = Table(title, columns, (RowGroup(rows),))
    return Section("deviations", title, (Paragraph(view.say("section.deviations.intro")), table))


def _when(view: View, date: "dates.Instant") -> str:
    at = view.analysis.experiment.locked_at
    if at is None:
        return view.say("lock.locked")
    return view.say("lock.locked.on", date=date(at, view.analysis.experiment.timezone, view.language))


def _count(view: View) -> str:
    count = len(view.analysis.experiment.deviations)
    message = {0: "lock.deviations.none", 1: "lock.deviations.one"}.get(count, "lock.deviations")
    return view.say(message, count=view.numbers.count(count))


def _place(deviation: "Deviation") -> str:
    file = clean(deviation.file)
    return f"{file}:{deviation.line}" if deviation.line > 0 else file


def _value(view: View, text: str | None) -> Cell:
    if text is None:
        return Cell(view.say("lock.absent"), tone="muted")
    shown = clean(text)
    return Cell(shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…")


PART = Part(section)
