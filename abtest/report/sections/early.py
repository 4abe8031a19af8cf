"""Reading early: a metric of the mature units alone and, beside it, of all units by Kaplan–Meier.

Principle: the two are never mixed. Each has rows of its own, and one of them decides.
"""

from typing import TYPE_CHECKING

from abtest.report.blocks import Block, Cell, Column, Paragraph, RowGroup, Section, Table
from abtest.report.sections import windows
from abtest.report.sections.cells import Notes, effect_cell, missing_note
from abtest.report.sections.measures import bounds_of, measure
from abtest.report.sections.part import Part
from abtest.report.view import View, is_time
from abtest.words.numbers import Scale
from abtest.words.scales import Scales, scales
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.in_time import Reading, ReadingArm, ReadingComparison
    from abtest.analysis.result import MetricResult
    from abtest.analysis.value import Effect


def section(view: View) -> Section | None:
    """Return the section, a table for each metric that was read in two ways; ``None`` where none was."""
    found = [metric for metric in view.analysis.metrics if metric.readings]
    if not found:
        return None
    blocks: list[Block] = [Paragraph(view.say("section.early.intro", confidence=view.confidence))]
    blocks += [_table(view, metric) for metric in found]
    return Section("early", view.say("section.early"), tuple(blocks))


def asides(view: View) -> tuple[str, ...]:
    """Return a line for the terminal for each reading that does not decide."""
    lines = []
    for metric in view.analysis.metrics:
        for reading in metric.readings:
            if reading.primary:
                continue
            name = view.say(f"early.{reading.reading}")
            if reading.withheld:
                lines.append(
                    view.say(
                        "text.early.withheld",
                        metric=clean(metric.title),
                        reading=name,
                        reason=_stop(_withheld(view, reading)),
                    )
                )
                continue
            scale = _scales(metric, reading)
            effects = [
                view.say("chart.alt.values", arm=view.arm(c.arm), value=view.effect_text(c.difference, scale.change))
                for c in reading.comparisons
                if c.difference.estimate is not None
            ]
            if effects:
                lines.append(
                    view.say("text.early", metric=clean(metric.title), reading=name, effects="; ".join(effects))
                )
    return tuple(lines)


def _scales(metric: "MetricResult", reading: "Reading") -> Scales:
    """Return the digits of a reading: the metric's own, which it is another look at; of a time, its own as a share."""
    if not is_time(metric):
        return scales(metric)
    compared = [bounds_of(c.difference) for c in reading.comparisons]
    shares = measure("fraction", compared or [(arm.low, arm.value, arm.high) for arm in reading.arms])
    lift = measure("fraction", [bounds_of(c.lift) for c in reading.comparisons]).value
    return Scales(shares.value, shares.change, lift)


def _table(view: View, metric: "MetricResult") -> Table:
    notes = Notes()
    columns = (
        Column(view.say("column.arm"), weight=3),
        Column(view.say("column.n.used"), "right", 2),
        Column(view.say("column.value"), "right", 3),
        Column(view.say("column.difference"), "right", 3),
        Column(view.say("column.lift"), "right", 3),
        Column(view.say("column.p"), "right", 2),
    )
    groups = tuple(_group(view, metric, reading, notes) for reading in metric.readings)
    lead = windows.window(view, metric) or view.control
    if is_time(metric):
        lead = view.say("early.share", day=view.numbers.plain(metric.readings[0].horizon_days))
    return Table(clean(metric.title), columns, groups, notes.texts, muted=view.invalid, lead=Paragraph(lead))


def _group(view: View, metric: "MetricResult", reading: "Reading", notes: Notes) -> RowGroup:
    scale = _scales(metric, reading)
    compared = {comparison.arm: comparison for comparison in reading.comparisons}
    rows = tuple(_row(view, arm, compared.get(arm.arm), scale, notes) for arm in reading.arms)
    if reading.withheld:
        rows = tuple(tuple(_quiet(cell) for cell in row) for row in rows)
    state = "withheld" if reading.withheld else "decides" if reading.primary else "beside"
    title = view.say(f"early.title.{state}", reading=view.say(f"early.{reading.reading}"))
    finding = view.say("early.withheld", reason=_stop(_withheld(view, reading))) if reading.withheld else ""
    if reading.withheld and reading.primary:
        finding = view.say("early.withheld.primary", reason=_stop(_withheld(view, reading)))
    detail = view.join([view.say(f"early.{reading.reading}.detail"), view.method(reading.method)])
    return RowGroup(rows, title, detail, finding)


def _row(
    view: View,
    arm: "ReadingArm",
    comparison: "ReadingComparison | None",
    scale: Scales,
    notes: Notes,
) -> tuple[Cell, ...]:
    bounded = arm.low is not None or arm.high is not None
    interval = (view.numbers.interval(arm.low, arm.high, scale.value),) if bounded else ()
    missing = missing_note(view, arm.arm, (arm.low, arm.value, arm.high), view.why(arm), notes)
    cells = [
        Cell(view.arm(arm.arm)),
        Cell(view.numbers.count(arm.n)),
        Cell(view.numbers.quantity(arm.value, scale.value), interval, note=missing),
    ]
    if comparison is None:
        return (*cells, Cell(view.say("cell.control"), tone="muted"), Cell(""), Cell(""))
    return (
        *cells,
        _effect(view, comparison, comparison.difference, scale.change, notes),
        _effect(view, comparison, comparison.lift, scale.lift, notes),
        Cell(view.numbers.p_value(comparison.p_value, view.alpha)),
    )


def _effect(view: View, comparison: "ReadingComparison", effect: "Effect", scale: Scale, notes: Notes) -> Cell:
    note = missing_note(view, comparison.arm, bounds_of(effect), view.why(effect) or view.why(comparison), notes)
    return effect_cell(view, (effect, None), scale, note)


def _quiet(cell: Cell) -> Cell:
    return Cell(cell.text, cell.details, cell.note, "muted")


def _stop(reason: str) -> str:
    """Return a reason as the end of a sentence, without its full stop."""
    return clean(reason).rstrip(".")


def _topics(view: View) -> tuple[str, ...]:
    return ("kaplan-meier",) if any(metric.readings for metric in view.analysis.metrics) else ()


PART = Part(section, asides, _topics)


def _withheld(view: View, reading: "Reading") -> str:
    code = reading.withheld_code
    return view.told(code.reason if code else None, reading.withheld or "")
