"""Effects on amounts in total: what a treatment brought within the window, as run and if all were treated."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Cell, Column, Paragraph, RowGroup, Table
from abtest.report.sections import windows
from abtest.report.sections.cells import Notes, missing_note
from abtest.report.sections.measures import bounds_of, measure
from abtest.report.view import View
from abtest.words.numbers import Scale
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import Comparison, MetricResult
    from abtest.analysis.value import Effect


def asides(view: View) -> tuple[str, ...]:
    """Return a line for each arm and amount: its total as run, and if all were treated."""
    lines = []
    for metric in view.analysis.metrics:
        scale = _scale(metric)
        for comparison in metric.comparisons:
            total = comparison.in_total
            if total is None:
                continue
            fields = {
                "metric": clean(metric.title),
                "arm": view.arm(comparison.arm),
                "run": view.effect_text(total.arm, scale),
                "customers": view.numbers.count(total.arm_customers),
            }
            if total.base is None:
                lines.append(view.say("text.totals.run", **fields))
            else:
                base = view.numbers.count(total.base_customers)
                lines.append(view.say("text.totals", **fields, all=view.effect_text(total.base, scale), base=base))
    return tuple(lines)


def table(view: View) -> Table | None:
    """Return all effects on amounts in total; ``None`` where the analysis has none."""
    notes = Notes()
    groups = []
    for metric in view.analysis.metrics:
        rows = tuple(_row(view, metric, c, notes) for c in metric.comparisons if c.in_total is not None)
        if rows:
            groups.append(RowGroup(rows, clean(metric.title), windows.window(view, metric)))
    if not groups:
        return None
    columns = (
        Column(view.say("column.arm"), weight=2),
        Column(view.say("column.totals.customers"), "right", 2),
        Column(view.say("column.totals.run"), "right", 4),
        Column(view.say("column.totals.base"), "right", 2),
        Column(view.say("column.totals.all"), "right", 4),
    )
    lead = Paragraph(view.say("table.totals.lead", confidence=view.confidence))
    title = view.say("table.totals", control=view.control)
    return Table(title, columns, tuple(groups), notes.texts, muted=view.invalid, lead=lead)


def _row(view: View, metric: "MetricResult", comparison: "Comparison", notes: Notes) -> tuple[Cell, ...]:
    total, scale = comparison.in_total, _scale(metric)

    def cell(effect: "Effect | None") -> Cell:
        if effect is None:
            return Cell(view.numbers.missing, note=notes.add(view.say("note.totals.base")))
        note = missing_note(view, comparison.arm, bounds_of(effect), view.why(effect), notes)
        bounded = effect.low is not None or effect.high is not None
        interval = (view.numbers.interval(effect.low, effect.high, scale, signed=True),) if bounded else ()
        return Cell(view.numbers.quantity(effect.estimate, scale, signed=True), interval, note=note)

    if total is None:
        raise ValueError(f"{metric.name}: has no totals")
    return (
        Cell(view.arm(comparison.arm)),
        Cell(view.numbers.count(total.arm_customers)),
        cell(total.arm),
        Cell(view.numbers.count(total.base_customers)),
        cell(total.base),
    )


def _scale(metric: "MetricResult") -> Scale:
    totals = [comparison.in_total for comparison in metric.comparisons if comparison.in_total is not None]
    effects = [effect for total in totals for effect in (total.arm, total.base) if effect is not None]
    return measure(metric.unit, [bounds_of(effect) for effect in effects]).change
