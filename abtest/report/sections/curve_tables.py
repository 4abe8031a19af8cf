"""The section of curves: under each chart a compact table of the values behind it."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Block, Cell, Chart, Column, Heading, Paragraph, RowGroup, Section, Table
from abtest.report.names import curve_ids
from abtest.report.sections import curves, inference, periods
from abtest.report.sections.measures import Measure, bounds_of, measure
from abtest.report.sections.notes import Notes
from abtest.report.view import View, clean

if TYPE_CHECKING:
    from abtest.analysis.in_time import Curve, CurveArm, CurveComparison, CurvePoint

_MOST_ROWS = 12
_WIDE = 3  # comparisons whose columns fit beside each other


def section(view: View) -> Section | None:
    """Return the section: a chart, its table and its totals for each curve; ``None`` without curves."""
    found = view.analysis.curves
    if not found:
        return None
    differs = inference.other(view, "time")
    blocks: list[Block] = [Paragraph(" ".join([view.say("section.curves.intro"), *([differs] if differs else [])]))]
    for curve, name in zip(found, curve_ids(found), strict=True):
        blocks += [Heading(clean(curve.title), curves.kind(view, curve)), Chart(name)]
        blocks += [Paragraph(curves.note(view, curve), "muted"), *(Paragraph(text) for text in _totals(view, curve))]
        blocks.append(table(view, curve))
    return Section("curves", view.say("section.curves"), tuple(blocks))


def table(view: View, curve: "Curve") -> Table:
    """Return at most twelve periods of a curve: each arm's value, and each difference with its interval."""
    arms = [point for arm in curve.arms for point in arm.points]
    found = sorted({(periods.place(curve, p), p.start_day, p.end_day): p for p in arms}.items())
    places = [place for (place, _, _), _ in found]
    step = periods.stride(places, periods.STRIDES[curve.step], _MOST_ROWS)
    shown = [found[i][1] for i in periods.chosen(places, step)]
    if found and shown[-1] != found[-1][1]:
        shown.append(found[-1][1])
    notes = Notes()
    title = view.say("table.curve", title=clean(curve.title), kind=curves.kind(view, curve))
    lead = Paragraph(view.say("table.curve.thinned", shown=len(shown), all=len(found)), "muted")
    make = _wide if len(curve.comparisons) <= _WIDE else _long
    columns, groups = make(view, curve, shown, notes)
    return Table(
        title, columns, groups, notes.texts, muted=view.invalid, lead=lead if len(shown) < len(found) else None
    )


def _wide(
    view: View, curve: "Curve", shown: "list[CurvePoint]", notes: Notes
) -> tuple[tuple[Column, ...], tuple[RowGroup, ...]]:
    """Return a row for each period, the arms and their differences beside each other."""
    scale = curves.scale_of(curve)
    several = len(curve.comparisons) > 1
    columns = (
        Column(view.say("column.period"), weight=2),
        *(Column(view.arm(arm.arm), "right", 2) for arm in curve.arms),
        *(
            Column(
                view.say("column.difference.of", arm=view.arm(c.arm)) if several else view.say("column.difference"),
                "right",
                3,
            )
            for c in curve.comparisons
        ),
    )
    rows = tuple(
        (
            Cell(periods.name(view, curve, point)),
            *(_value(view, _at(arm, point), scale, notes) for arm in curve.arms),
            *(_change(view, _at(comparison, point), scale, notes) for comparison in curve.comparisons),
        )
        for point in shown
    )
    return columns, (RowGroup(rows),)


def _long(
    view: View, curve: "Curve", shown: "list[CurvePoint]", notes: Notes
) -> tuple[tuple[Column, ...], tuple[RowGroup, ...]]:
    """Return a group of rows for each comparison, where the arms are too many to stand beside each other."""
    scale = curves.scale_of(curve)
    arms = {arm.arm: arm for arm in curve.arms}
    columns = (
        Column(view.say("column.period"), weight=2),
        Column(view.control, "right", 2),
        Column(view.say("column.segment.arm"), "right", 2),
        Column(view.say("column.difference"), "right", 3),
    )
    groups = tuple(
        RowGroup(
            tuple(
                (
                    Cell(periods.name(view, curve, point)),
                    _value(view, _at(arms.get(comparison.control), point), scale, notes),
                    _value(view, _at(arms.get(comparison.arm), point), scale, notes),
                    _change(view, _at(comparison, point), scale, notes),
                )
                for point in shown
            ),
            view.arm(comparison.arm),
        )
        for comparison in curve.comparisons
    )
    return columns, groups


def _at(line: "CurveArm | CurveComparison | None", point: "CurvePoint") -> "CurvePoint | None":
    """Return the line's point of the same period."""
    period = (point.start_day, point.end_day)
    return next((p for p in (line.points if line else ()) if (p.start_day, p.end_day) == period), None)


def _value(view: View, point: "CurvePoint | None", scale: Measure, notes: Notes) -> Cell:
    return Cell(view.numbers.quantity(point.value if point else None, scale.value), note=_note(view, point, notes))


def _change(view: View, point: "CurvePoint | None", scale: Measure, notes: Notes) -> Cell:
    bounded = point is not None and (point.low is not None or point.high is not None)
    interval = (view.numbers.interval(point.low, point.high, scale.change, signed=True),) if bounded and point else ()
    text = view.numbers.quantity(point.value if point else None, scale.change, signed=True)
    return Cell(text, interval, note=_note(view, point, notes))


def _note(view: View, point: "CurvePoint | None", notes: Notes) -> int | None:
    if point is None or (point.value is not None and point.low is not None and point.high is not None):
        return None
    return notes.add(_sentence(point.reason or view.say("note.unknown")))


def _sentence(reason: str) -> str:
    text = clean(reason).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def _totals(view: View, curve: "Curve") -> list[str]:
    """Return what a cumulated amount has come to at the end of the last period."""
    totals = [c.total_difference for c in curve.comparisons if c.total_difference is not None]
    lifts = [c.total_lift for c in curve.comparisons if c.total_lift is not None]
    change = measure(curve.unit, [bounds_of(total) for total in totals]).change
    relative = measure("fraction", [bounds_of(lift) for lift in lifts]).value
    found = []
    for comparison in curve.comparisons:
        difference, lift = comparison.total_difference, comparison.total_lift
        if difference is None:
            continue
        arm, control = view.arm(comparison.arm), view.arm(comparison.control)
        if difference.estimate is None:
            reason = clean(difference.reason or view.say("note.unknown")).rstrip(".")
            found.append(view.say("curve.total.none", arm=arm, control=control, reason=reason))
            continue
        effects = [view.say("curve.total.difference", effect=view.effect_text(difference, change))]
        if lift is not None and lift.estimate is not None:
            effects.append(view.say("curve.total.lift", effect=view.effect_text(lift, relative)))
        if comparison.total_p_value is not None:
            p = view.numbers.p_value(comparison.total_p_value, view.alpha)
            effects.append(view.say("segment.p", p=p))
        last = comparison.points[-1].end_day if comparison.points else 0
        days = view.numbers.plain(last, 0 if float(last).is_integer() else 1)
        found.append(view.say("curve.total", arm=arm, control=control, days=days, effects=", ".join(effects)))
    return found
