"""The section of customer value: what was observed and what a model projects, visibly apart."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Block, Bullets, Cell, Chart, Column, Paragraph, RowGroup, Section, Table
from abtest.report.figures import CurvePlot, Divider, LinePanel, LinePoint, Series
from abtest.report.sections import inference
from abtest.report.sections.cells import Notes, missing_note
from abtest.report.sections.measures import bounds_of, measure
from abtest.report.sections.part import Part
from abtest.report.view import View
from abtest.words.numbers import Scale
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.in_time import ArmValue, ValueComparison, ValueResult
    from abtest.analysis.value import Effect

PLOT = "value"


def section(view: View) -> Section | None:
    """Return the section: chart, money and lifetime, what the model is and whether it fits; ``None`` without value."""
    value = view.analysis.value
    if value is None:
        return None
    blocks: list[Block] = [
        Paragraph(_intro(view, value)),
        *(Paragraph(_fit(view, arm), "bad") for arm in value.arms if _misfits(view, arm)),
        _table(view, value),
        *(block for plot in plots(view) for block in (Chart(PLOT), Paragraph(plot.note, "muted"))),
    ]
    fits = tuple(_fit(view, arm) for arm in value.arms if not _misfits(view, arm))
    blocks += [Bullets(fits)] if fits else []
    return Section("value", view.say("section.value"), tuple(blocks))


def _intro(view: View, value: "ValueResult") -> str:
    differs = inference.other(view, "time")
    apart = view.say("section.value.apart", confidence=view.confidence)
    return " ".join([_terms(view, value), apart, *([differs] if differs else [])])


def plots(view: View) -> tuple[CurvePlot, ...]:
    """Return the chart of the shares still there by period; none where nothing can be drawn."""
    value = view.analysis.value
    if value is None or not _drawn(value):
        return ()
    series = tuple(
        Series(
            view.arm(arm.arm),
            view.place(arm.arm),
            tuple(
                LinePoint(
                    float(p.period), _percent(p.share), _percent(p.low), _percent(p.high), projected=p.extrapolated
                )
                for p in arm.projection
            ),
        )
        for arm in value.arms
    )
    projected = any(point.extrapolated for arm in value.arms for point in arm.projection)
    divider = Divider(float(value.last_observed), view.say("value.observed"), view.say("value.projected"))
    panel = LinePanel(
        view.say("value.chart.panel"),
        series,
        view.say("value.chart.axis", days=view.numbers.count(value.period_days)),
        percent=True,
        divider=divider if projected else None,
    )
    title = view.say("value.chart.title")
    return (
        CurvePlot(
            PLOT,
            title,
            view.join([clean(view.analysis.experiment.title), _metric_title(view, value)]),
            view.say("value.chart.note" if projected else "value.chart.note.observed", confidence=view.confidence),
            view.say("curve.clipped"),
            view.say("value.chart.alt", last=view.numbers.count(value.last_observed), values=_alt(view, value)),
            panel,
            warning=view.say("chart.invalid") if view.invalid else "",
        ),
    )


def asides(view: View) -> tuple[str, ...]:
    """Return a line for each comparison: the observed difference, and apart from it the one with the projection."""
    value = view.analysis.value
    if value is None:
        return ()
    scale = measure(value.unit, [bounds_of(e) for c in value.comparisons for e in (c.observed, c.total)]).change
    bad = {arm.arm for arm in value.arms if _misfits(view, arm)}
    return tuple(
        view.say(
            "text.value.bad" if bad & {c.arm, c.control} else "text.value",
            arm=view.arm(c.arm),
            control=view.arm(c.control),
            observed=view.effect_text(c.observed, scale),
            total=view.effect_text(c.total, scale),
        )
        for c in value.comparisons
        if c.observed.estimate is not None or c.total.estimate is not None
    )


def _drawn(value: "ValueResult") -> bool:
    return any(point.share is not None for arm in value.arms for point in arm.projection)


def _percent(part: float | None) -> float | None:
    return None if part is None else 100 * part


def _metric_title(view: View, value: "ValueResult") -> str:
    found = (metric.title for metric in view.analysis.metrics if metric.name == value.metric)
    return clean(next(found, value.metric))


def _terms(view: View, value: "ValueResult") -> str:
    """Return what is counted: the margin, the periods, the horizon and the discount."""
    money = measure(value.unit, []).value
    decimals = next((d for d in range(5) if abs(round(value.margin, d) - value.margin) < 1e-9), 4)
    money = Scale(1, 2 if decimals == 1 else decimals, money.pattern, money.unit)
    horizon = view.say("value.endless")
    if value.horizon is not None:
        horizon = view.say("value.horizon", periods=view.numbers.count(value.horizon))
    discount = view.say("value.undiscounted")
    if value.discount:
        discount = view.say("value.discount", rate=view.numbers.share(value.discount, 2))
    return view.say(
        "section.value.terms",
        margin=view.numbers.quantity(value.margin, money),
        days=view.numbers.count(value.period_days),
        metric=_metric_title(view, value),
        last=view.numbers.count(value.last_observed),
        horizon=horizon,
        discount=discount,
    )


def _table(view: View, value: "ValueResult") -> Table:
    notes = Notes()
    money = measure(value.unit, [bounds_of(e) for arm in value.arms for e in (arm.observed, arm.total)])
    compared = [e for c in value.comparisons for e in (c.observed, c.total)]
    change = measure(value.unit, [bounds_of(e) for e in compared]).change
    lifetimes = [e for arm in value.arms for e in (arm.lifetime_observed, arm.lifetime_total)]
    life = measure("", [bounds_of(e) for e in lifetimes]).value
    groups = [
        RowGroup(tuple(_money(view, arm, money.value, notes) for arm in value.arms), view.say("value.group.money")),
        *(
            [
                RowGroup(
                    tuple(_change(view, c, change, notes) for c in value.comparisons),
                    view.say("value.group.change", control=view.control),
                )
            ]
            if value.comparisons
            else []
        ),
        RowGroup(tuple(_life(view, arm, life, notes) for arm in value.arms), view.say("value.group.life")),
    ]
    columns = (
        Column(view.say("column.arm"), weight=3),
        Column(view.say("column.customers"), "right", 2),
        Column(view.say("column.observed", last=view.numbers.count(value.last_observed)), "right", 3),
        Column(view.say("column.extrapolated"), "right", 3, apart=True),
        Column(view.say("column.total"), "right", 3, apart=True),
    )
    return Table(view.say("table.value"), columns, tuple(groups), notes.texts, muted=view.invalid)


def _money(view: View, arm: "ArmValue", scale: Scale, notes: Notes) -> tuple[Cell, ...]:
    effects = (arm.observed, arm.extrapolated, arm.total)
    cells = (_part(view, arm.arm, effect, scale, notes, reason=view.why(arm)) for effect in effects)
    return (Cell(view.arm(arm.arm)), Cell(view.numbers.count(arm.customers)), *cells)


def _life(view: View, arm: "ArmValue", scale: Scale, notes: Notes) -> tuple[Cell, ...]:
    effects = (arm.lifetime_observed, arm.lifetime_extrapolated, arm.lifetime_total)
    cells = (_part(view, arm.arm, effect, scale, notes, reason=view.why(arm)) for effect in effects)
    return (Cell(view.arm(arm.arm)), Cell(view.numbers.count(arm.customers)), *cells)


def _change(view: View, comparison: "ValueComparison", scale: Scale, notes: Notes) -> tuple[Cell, ...]:
    parts = (
        (comparison.observed, comparison.observed_p_value),
        (comparison.extrapolated, None),
        (comparison.total, comparison.total_p_value),
    )
    cells = []
    for effect, p_value in parts:
        cell = _part(view, comparison.arm, effect, scale, notes, signed=True)
        p = (view.say("headline.p", p=view.numbers.p_value(p_value, view.alpha)),) if p_value is not None else ()
        cells.append(Cell(cell.text, (*cell.details, *p), cell.note))
    return (Cell(view.arm(comparison.arm)), Cell(""), *cells)


def _part(
    view: View,
    arm: str,
    effect: "Effect",
    scale: Scale,
    notes: Notes,
    *,
    reason: str | None = None,
    signed: bool = False,
) -> Cell:
    note = missing_note(view, arm, bounds_of(effect), view.why(effect) or reason, notes)
    bounded = effect.low is not None or effect.high is not None
    interval = (view.numbers.interval(effect.low, effect.high, scale, signed=signed),) if bounded else ()
    return Cell(view.numbers.quantity(effect.estimate, scale, signed=signed), interval, note=note)


def _misfits(view: View, arm: "ArmValue") -> bool:
    """Whether an arm's model does not fit what was observed."""
    return arm.fit_p_value is not None and arm.fit_p_value < view.alpha


def _fit(view: View, arm: "ArmValue") -> str:
    """Return what an arm's model is, and whether it fits what was observed."""
    label = view.arm(arm.arm)
    if arm.model is None:
        return view.say(
            "value.fit.none", arm=label, reason=clean(view.why(arm) or view.say("note.unknown")).rstrip(".")
        )
    parts = [
        view.say(f"value.fit.{name}", value=_parameter(view, effect))
        for name, effect in (("alpha", arm.alpha), ("beta", arm.beta))
        if effect.estimate is not None
    ]
    name = view.method(arm.model)
    model = view.say("effect", estimate=name, interval=", ".join(parts)) if parts else name
    if arm.fit_p_value is None:
        return view.say("value.fit.untested", arm=label, model=model)
    p = view.numbers.p_value(arm.fit_p_value, view.alpha)
    message = "value.fit.bad" if _misfits(view, arm) else "value.fit.good"
    return view.say(message, arm=label, model=model, p=p)


def _parameter(view: View, effect: "Effect") -> str:
    scale = measure("", [bounds_of(effect)]).value
    estimate = view.numbers.quantity(effect.estimate, scale)
    if effect.low is None and effect.high is None:
        return estimate
    return view.say("effect", estimate=estimate, interval=view.numbers.interval(effect.low, effect.high, scale))


def _alt(view: View, value: "ValueResult") -> str:
    scale = measure("fraction", [(p.low, p.share, p.high) for arm in value.arms for p in arm.projection]).value
    found = []
    for arm in value.arms:
        ends = [
            points[-1]
            for points in ([p for p in arm.projection if p.extrapolated is e] for e in (False, True))
            if points
        ]
        texts = [
            view.say(
                f"value.alt.{'projected' if point.extrapolated else 'observed'}",
                share=view.numbers.quantity(point.share, scale),
                period=view.numbers.count(point.period),
            )
            for point in ends
        ]
        found.append(view.say("level.reading", level=view.arm(arm.arm), reading=", ".join(texts)))
    return "; ".join(found)


def _topics(view: View) -> tuple[str, ...]:
    return ("projection",) if view.analysis.value is not None else ()


PART = Part(section, asides, _topics, plots, (PLOT,))
