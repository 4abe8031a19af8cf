"""The section of curves over the time since the start: charts of lines and bands, over tables of their values."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from abtest.process.publishing import stem
from abtest.report.blocks import Block, Cell, Chart, Column, Heading, Paragraph, RowGroup, Section, Table
from abtest.report.figures import CountRow, CurvePlot, LinePanel, LinePoint, Series, chosen
from abtest.report.sections import inference, windows
from abtest.report.sections.cells import Notes
from abtest.report.sections.measures import Measure, bounds_of, measure
from abtest.report.sections.part import Part
from abtest.report.view import View
from abtest.words.numbers import Scale
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.in_time import Curve, CurveArm, CurveComparison, CurvePoint

_MOST_ROWS = 12
_WIDE = 3  # comparisons whose columns fit beside each other
_MOST_BARS, _ALL_BARS = 16, 80  # points whose intervals are bars: of an arm, and of all arms with room between them


class Drawn(Protocol):
    """What tells one curve from another."""

    @property
    def metric(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def cause(self) -> str | None: ...  # noqa: D102
    @property
    def step(self) -> str: ...  # noqa: D102


def curve_ids(curves: Iterable[Drawn]) -> list[str]:
    """Return an id for each curve: ``curve-<metric>``, and longer ones where a metric has several."""
    found: dict[str, None] = {}
    for curve in curves:
        base = f"curve-{stem(curve.metric)}"
        if base in found:
            base = "-".join([base, *(stem(part) for part in (curve.kind, curve.cause, curve.step) if part)])
        name, number = base, 2
        while name in found:
            name, number = f"{base}-{number}", number + 1
        found[name] = None
    return list(found)


def section(view: View) -> Section | None:
    """Return the section: a chart, its table and its totals for each curve; ``None`` without curves."""
    found = _drawn(view)
    if not found:
        return None
    differs = inference.other(view, "time")
    blocks: list[Block] = [Paragraph(" ".join([view.say("section.curves.intro"), *([differs] if differs else [])]))]
    for curve, name in found:
        blocks += [Heading(clean(curve.title), _kind(view, curve)), Chart(name)]
        blocks += [Paragraph(_note_below(view, curve), "muted"), *(Paragraph(text) for text in _totals(view, curve))]
        blocks.append(_table(view, curve))
    return Section("curves", view.say("section.curves"), tuple(blocks))


def _table(view: View, curve: "Curve") -> Table:
    """Return at most twelve periods of a curve: each arm's value, and each difference with its interval."""
    arms = [point for arm in curve.arms for point in arm.points]
    found = sorted({(windows.place(curve, p), p.start_day, p.end_day): p for p in arms}.items())
    lines: list[CurveArm | CurveComparison] = [*curve.arms, *curve.comparisons]
    known = [each for each in found if any(_known(_at(line, each[1])) for line in lines)]
    waiting = len(found) - len(known)
    found = known or found[:1]
    places = [place for (place, _, _), _ in found]
    step = windows.stride(places, windows.STRIDES[curve.step], _MOST_ROWS)
    shown = [found[i][1] for i in chosen(places, step)]
    if found and shown[-1] != found[-1][1]:
        shown.append(found[-1][1])
    notes = Notes()
    title = view.say("table.curve", title=clean(curve.title), kind=_kind(view, curve))
    leads = [view.say("table.curve.thinned", shown=len(shown), all=len(found))] if len(shown) < len(found) else []
    leads += [view.say("table.curve.waiting", count=waiting)] if waiting else []
    make = _wide if len(curve.comparisons) <= _WIDE else _long
    columns, groups = make(view, curve, shown, notes)
    lead = Paragraph(" ".join(leads), "muted") if leads else None
    return Table(title, columns, groups, notes.texts, muted=view.invalid, lead=lead)


def _known(point: "CurvePoint | None") -> bool:
    return point is not None and point.value is not None


def _wide(
    view: View, curve: "Curve", shown: "list[CurvePoint]", notes: Notes
) -> tuple[tuple[Column, ...], tuple[RowGroup, ...]]:
    """Return a row for each period, the arms and their differences beside each other."""
    scale = _scale_of(curve)
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
            Cell(windows.period(view, curve, point)),
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
    scale = _scale_of(curve)
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
                    Cell(windows.period(view, curve, point)),
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
    return notes.add(_sentence(view.why(point) or view.say("note.unknown")))


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
            reason = clean(view.why(difference) or view.say("note.unknown")).rstrip(".")
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


def plots(view: View) -> tuple[CurvePlot, ...]:
    """Return a chart for each curve."""
    return tuple(_plot(view, curve, name) for curve, name in _drawn(view))


def _drawn(view: View) -> "list[tuple[Curve, str]]":
    """Return the curves that have a point, with their ids."""
    found = view.analysis.curves
    return [
        (curve, name)
        for curve, name in zip(found, curve_ids(found), strict=True)
        if view.analysis.status is None or any(_known(point) for arm in curve.arms for point in arm.points)
    ]


def _scale_of(curve: "Curve") -> Measure:
    """Return the scales of a curve's values and differences: one number of decimals for all of its points."""
    compared = [point for comparison in curve.comparisons for point in comparison.points]
    points = compared or [point for arm in curve.arms for point in arm.points]
    return measure(curve.unit, [(point.low, point.value, point.high) for point in points])


def _kind(view: View, curve: "Curve") -> str:
    """Return what the curve shows: ``in each week``, ``so far, without the event (Kaplan–Meier)``."""
    step = view.say(f"step.name.{curve.step}")
    return view.say(f"curve.kind.{curve.kind}", step=step, cause=clean(curve.cause or ""))


def _findings(view: View, curve: "Curve") -> list[str]:
    """Return a sentence for each comparison whose curve was tested as a whole."""
    return [_finding(view, curve, comparison) for comparison in curve.comparisons if comparison.test is not None]


def _finding(view: View, curve: "Curve", comparison: "CurveComparison") -> str:
    """Return what the test of a whole curve shows; steps are tested as times to an event, by a test that is named."""
    test = comparison.test
    arms = {"arm": view.arm(comparison.arm), "control": view.arm(comparison.control)}
    if test is None or test.p_value is None:
        reason = clean((view.why(test) if test else None) or view.say("note.unknown")).rstrip(".")
        return view.say("curve.untested", **arms, reason=reason)
    message = "curve.differs" if test.p_value < view.alpha else "curve.same"
    name = view.method(test.method).lower() if curve.kind in windows.STEPPED else view.say("curve.test")
    return view.say(message, **arms, test=name, p=view.numbers.p_value(test.p_value, view.alpha))


def _note_below(view: View, curve: "Curve") -> str:
    """Return the caption: what interval, band and the printed counts are, and what the whole curve shows."""
    compared = [point for comparison in curve.comparisons for point in comparison.points]
    points = [point for arm in curve.arms for point in arm.points] + compared
    parts = [view.say("curve.note.bars" if _bars(curve) else "curve.note.bands", confidence=view.confidence)]
    if any(point.band_low is not None for point in points):
        parts.append(view.say("curve.note.band", confidence=view.confidence))
    parts.append(
        view.say("curve.note.n.followed" if curve.kind in windows.STEPPED else f"curve.note.n.{_counted(curve)}")
    )
    return " ".join([*parts, *_findings(view, curve)])


def _counted(curve: "Curve") -> str:
    return "cumulative" if curve.kind == "cumulative" else "mature"


def _plot(view: View, curve: "Curve", name: str) -> CurvePlot:
    scale = _scale_of(curve)
    title = clean(curve.title)
    what = _kind(view, curve)
    unit = "" if scale.fraction else clean(curve.unit)
    stepped = curve.kind in windows.STEPPED
    named = _capital(view.say("curve.panel.unit", kind=what, unit=unit) if unit else what)
    panel = LinePanel(
        named,
        tuple(_arm(view, curve, arm, scale.value) for arm in curve.arms),
        windows.axis(view, curve),
        percent=scale.fraction,
        steps=stepped,
        bars=_bars(curve),
        strides=windows.STRIDES[curve.step],
    )
    counts = tuple(
        CountRow(
            view.arm(arm.arm),
            view.place(arm.arm),
            tuple((windows.place(curve, point), view.numbers.count(point.n)) for point in arm.points),
        )
        for arm in curve.arms
    )
    return CurvePlot(
        name,
        title,
        view.join([clean(view.analysis.experiment.title), what]),
        _note_below(view, curve),
        view.say("curve.clipped"),
        _alt(view, curve, scale),
        panel,
        view.say("curve.counts.followed" if stepped else f"curve.counts.{_counted(curve)}"),
        counts,
        tuple(_difference(view, curve, comparison, scale) for comparison in curve.comparisons),
        _differences_title(view, curve, scale) if len(curve.comparisons) > 1 else "",
        warning=view.say("chart.invalid") if view.invalid else "",
    )


def _difference(view: View, curve: "Curve", comparison: "CurveComparison", scale: Measure) -> LinePanel:
    arm = view.arm(comparison.arm)
    several = len(curve.comparisons) > 1
    lines = tuple(_line_point(curve, point, scale.change.factor) for point in comparison.points)
    origin = _origin(curve, 0.0)
    return LinePanel(
        arm if several else _differences_title(view, curve, scale),
        (Series(arm, view.place(comparison.arm), (*origin, *lines)),),
        windows.axis(view, curve),
        zero=True,
        steps=curve.kind in windows.STEPPED,
        bars=_bars(curve),
        strides=windows.STRIDES[curve.step],
    )


def _differences_title(view: View, curve: "Curve", scale: Measure) -> str:
    """Return what the differences are, with their arm where there is one only."""
    unit = view.say("chart.points") if scale.fraction else clean(curve.unit)
    control = view.arm(curve.comparisons[0].control)
    if len(curve.comparisons) > 1:
        message = "chart.headline.difference" if unit else "chart.headline.difference.plain"
        return view.say(message, control=control, unit=unit)
    message = "curve.difference" if unit else "curve.difference.plain"
    return view.say(message, arm=view.arm(curve.comparisons[0].arm), control=control, unit=unit)


def _bars(curve: "Curve") -> bool:
    """Whether the points are few enough that each arm's interval is a bar beside the others'."""
    most = max((len(arm.points) for arm in curve.arms), default=0)
    return curve.kind not in windows.STEPPED and most <= _MOST_BARS and most * (len(curve.arms) + 1) <= _ALL_BARS


def _arm(view: View, curve: "Curve", arm: "CurveArm", scale: Scale) -> Series:
    start = _origin(curve, scale.factor if curve.kind == "event-free" else 0.0)
    points = (*start, *(_line_point(curve, point, scale.factor) for point in arm.points))
    return Series(view.arm(arm.arm), view.place(arm.arm), points)


def _origin(curve: "Curve", value: float) -> tuple[LinePoint, ...]:
    """Return the point at the start, where a curve of what happened so far is known: all, or nothing."""
    known = curve.kind in ("event-free", "incidence", "cumulative")
    first = [arm.points[0] for arm in curve.arms if arm.points]
    if not known or any(point.end_day <= 0 or point.start_day > 0 for point in first):
        return ()
    return (LinePoint(0.0, value, value, value, value, value),)


def _line_point(curve: "Curve", point: "CurvePoint", factor: float) -> LinePoint:
    def scaled(part: float | None) -> float | None:
        return None if part is None else factor * part

    return LinePoint(
        windows.place(curve, point),
        scaled(point.value),
        scaled(point.low),
        scaled(point.high),
        scaled(point.band_low),
        scaled(point.band_high),
    )


def _alt(view: View, curve: "Curve", scale: Measure) -> str:
    """Return the chart in words: each arm's first and last value, each difference at the end."""
    arms = []
    for arm in curve.arms:
        known = [point for point in arm.points if point.value is not None]
        if not known:
            arms.append(view.say("chart.alt.values", arm=view.arm(arm.arm), value=view.numbers.missing))
            continue
        ends = [known[0], known[-1]] if len(known) > 1 else known
        values = [
            view.say(
                "chart.alt.values",
                arm=windows.period(view, curve, point),
                value=view.numbers.quantity(point.value, scale.value),
            )
            for point in ends
        ]
        arms.append(view.say("level.reading", level=view.arm(arm.arm), reading=", ".join(values)))
    return view.say("curve.alt", title=clean(curve.title), kind=_kind(view, curve), values="; ".join(arms))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _topics(view: View) -> tuple[str, ...]:
    return ("curves",) if view.analysis.curves else ()


PART = Part(section, topics=_topics, plots=plots)
