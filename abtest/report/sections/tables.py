"""The tables of a report: metrics, arms, methods, sources."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from abtest.report.blocks import Cell, Column, Paragraph, RowGroup, Table
from abtest.report.sections import inference, levels
from abtest.report.sections.headline import metric_details
from abtest.report.sections.notes import Notes, adjusted_note, effect_note
from abtest.report.view import View, adjusts_margin, clean, is_mean, is_time, scales, verdict_tone
from abtest.words.numbers import Scale

if TYPE_CHECKING:
    from abtest.analysis.result import ArmResult, Comparison, Effect, MetricResult


def metric_table(view: View, metrics: Sequence["MetricResult"]) -> Table:
    """Return the table of all metrics: a group per metric, a row per arm in the order of the result."""
    notes = Notes()
    adjusted = any(c.adjusted_p_value is not None for metric in metrics for c in metric.comparisons)
    columns = [
        Column(view.say("column.arm"), weight=3),
        Column(view.say("column.n"), "right"),
        Column(view.say("column.value"), "right"),
        Column(view.say("column.difference"), "right"),
        Column(view.say("column.lift"), "right"),
        Column(view.say("column.p"), "right"),
        *([Column(view.say("column.adjusted"), "right")] if adjusted else []),
        Column(view.say("column.verdict"), weight=2),
    ]
    groups = tuple(_metric_group(view, metric, notes, adjusted=adjusted) for metric in metrics)
    caption = inference.caption(view)
    return Table(
        view.say("table.metrics"),
        tuple(columns),
        groups,
        notes.texts,
        muted=view.invalid,
        lead=Paragraph(caption) if caption else None,
    )


def _metric_group(view: View, metric: "MetricResult", notes: Notes, *, adjusted: bool) -> RowGroup:
    comparisons = {comparison.arm: comparison for comparison in metric.comparisons}
    rows = []
    for result in metric.arms:
        cells = [
            Cell(view.arm(result.arm)),
            _n_cell(view, metric, result, notes),
            _value_cell(view, metric, result, scales(metric).value, notes),
        ]
        comparison = comparisons.get(result.arm)
        if comparison is None:
            blank = Cell(view.say("cell.control"), tone="muted") if metric.comparisons else Cell("")
            cells += [blank] + [Cell("")] * (4 if adjusted else 3)
        else:
            cells += _comparison_cells(view, metric, comparison, notes, adjusted=adjusted)
        rows.append(tuple(cells))
    return RowGroup(tuple(rows), clean(metric.title), metric_details(view, metric), levels.finding(view, metric))


def _n_cell(view: View, metric: "MetricResult", result: "ArmResult", notes: Notes) -> Cell:
    """Return the units; a time to an event uses those whose window is still open too."""
    note = notes.add(view.say("note.followed")) if is_time(metric) else None
    return Cell(view.numbers.count(result.n), note=note)


def _value_cell(view: View, metric: "MetricResult", result: "ArmResult", scale: Scale, notes: Notes) -> Cell:
    if result.value is not None:
        return Cell(view.numbers.quantity(result.value, scale))
    reason = clean(result.reason or view.say("note.unknown"))
    note = view.say("note.reason", metric=clean(metric.title), arm=view.arm(result.arm), reason=reason)
    return Cell(view.numbers.missing, note=notes.add(note))


def _comparison_cells(
    view: View, metric: "MetricResult", comparison: "Comparison", notes: Notes, *, adjusted: bool
) -> list[Cell]:
    scale = scales(metric)
    p_value = view.numbers.p_value
    difference_note = effect_note(view, metric, comparison, comparison.difference, notes)
    difference_note = difference_note or adjusted_note(view, metric, comparison.adjusted_difference, notes)
    if difference_note is None and comparison.unadjusted is not None:
        difference_note = notes.add(view.say("note.covariates"))
    lift_note = effect_note(view, metric, comparison, comparison.lift, notes)
    lift_note = lift_note or adjusted_note(view, metric, comparison.adjusted_lift, notes)
    cells = [
        effect_cell(view, (comparison.difference, comparison.adjusted_difference), scale.change, difference_note),
        effect_cell(view, (comparison.lift, comparison.adjusted_lift), scale.lift, lift_note),
        Cell(p_value(comparison.p_value, view.alpha)),
    ]
    if adjusted:
        text = p_value(comparison.adjusted_p_value, view.alpha) if comparison.adjusted_p_value is not None else ""
        note = notes.add(view.say("note.margin.adjusted")) if adjusts_margin(comparison) else None
        cells.append(Cell(text, note=note))
    verdict = view.verdict(metric, comparison)
    return [*cells, Cell(verdict, _margin_details(view, comparison), tone=verdict_tone(comparison.verdict))]


def _margin_details(view: View, comparison: "Comparison") -> tuple[str, ...]:
    margin = comparison.margin
    if margin is None or comparison.difference.estimate is None:
        return ()
    if margin.p_value is None:
        return (view.say("margin.by interval"),)
    return (view.say(f"margin.p.{margin.test}", p=view.numbers.p_value(margin.p_value, view.alpha / 2)),)


def group_title(view: View, metric: "MetricResult", comparison: "Comparison") -> str:
    """Return the title of rows about one comparison: the metric's, with the arm where there are several."""
    title = clean(metric.title)
    if len(metric.comparisons) == 1:
        return title
    return view.say("glance.label", metric=title, arm=view.arm(comparison.arm))


def effect_cell(view: View, effects: "tuple[Effect, Effect | None]", scale: Scale, note: int | None) -> Cell:
    """Return the estimate over its interval, over the adjusted interval where that is another one."""
    effect, adjusted = effects
    interval = view.numbers.interval
    text = view.numbers.quantity(effect.estimate, scale, signed=True)
    lines = []
    if effect.low is not None or effect.high is not None:
        lines.append(interval(effect.low, effect.high, scale, signed=True))
    if adjusted is not None and (adjusted.low, adjusted.high) != (effect.low, effect.high):
        lines.append(view.say("cell.adjusted", interval=interval(adjusted.low, adjusted.high, scale, signed=True)))
    return Cell(text, tuple(lines), note=note)


def arms_table(view: View, metrics: Sequence["MetricResult"], *, rates: bool) -> Table:
    """Return each arm's own value with its counts and its interval, for rates or for all others."""
    notes = Notes()
    missing = any(result.missing for metric in metrics for result in metric.arms)
    means = all(is_mean(metric) for metric in metrics)
    spread = not rates and any(r.standard_deviation is not None for metric in metrics for r in metric.arms)
    against = any(result.against for metric in metrics for result in metric.arms)
    value = "column.rate" if rates else "column.mean" if means else "column.value"
    columns = [
        Column(view.say("column.arm"), weight=4),
        *([Column(view.say("column.numerator"), "right", 2)] if rates else []),
        Column(view.say("column.n"), "right", 2),
        *([Column(view.say("column.missing"), "right", 2)] if missing else []),
        Column(view.say(value), "right", 2),
        Column(view.say("column.interval", confidence=view.confidence), "right", 4),
        *([Column(view.say("column.sd"), "right", 2)] if spread else []),
        *([Column(view.say("column.against"), weight=5)] if against else []),
    ]
    groups = []
    for metric in metrics:
        scale = scales(metric).value
        bounds = levels.telling(metric, scale)
        has_no_spread = is_time(metric) or not is_mean(metric)
        rows = []
        for result in metric.arms:
            numerator = [Cell(view.numbers.count(result.numerator))] if rates else []
            deviation = Cell("" if has_no_spread else view.numbers.quantity(result.standard_deviation, scale))
            beside, *further = levels.readings(view, metric, result) or ("",)
            rows.append(
                (
                    Cell(view.arm(result.arm)),
                    *numerator,
                    _n_cell(view, metric, result, notes),
                    *([Cell(view.numbers.count(result.missing))] if missing else []),
                    _value_cell(view, metric, result, scale, notes),
                    Cell(view.numbers.interval(result.low, result.high, bounds)),
                    *([deviation] if spread else []),
                    *([Cell(beside, tuple(further))] if against else []),
                )
            )
        groups.append(RowGroup(tuple(rows), clean(metric.title), metric_details(view, metric)))
    return Table(
        view.say("table.rates" if rates else "table.means" if means else "table.means.mixed"),
        tuple(columns),
        tuple(groups),
        notes.texts,
        muted=view.invalid,
    )


def overall_table(view: View, metrics: Sequence["MetricResult"]) -> Table:
    """Return the tests that all arms are equal, for the metrics that have one."""
    rows = []
    for metric in metrics:
        if metric.overall is None:
            continue
        overall = metric.overall
        statistic = view.numbers.missing if overall.statistic is None else view.numbers.plain(overall.statistic, 2)
        df = overall.degrees_of_freedom
        rows.append(
            (
                Cell(clean(metric.title)),
                Cell(clean(overall.method)),
                Cell(statistic),
                Cell(
                    view.numbers.missing if df is None else view.numbers.plain(df, 0 if float(df).is_integer() else 1)
                ),
                Cell(view.numbers.p_value(overall.p_value, view.alpha)),
            )
        )
    columns = (
        Column(view.say("column.metric"), weight=3),
        Column(view.say("column.method"), weight=3),
        Column(view.say("column.statistic"), "right"),
        Column(view.say("column.df"), "right"),
        Column(view.say("column.p"), "right"),
    )
    looks = inference.other(view, "overall", sides=False)
    lead = Paragraph(looks) if looks else None
    return Table(view.say("table.overall"), columns, (RowGroup(tuple(rows)),), muted=view.invalid, lead=lead)


def adjustment_table(view: View, metrics: Sequence["MetricResult"]) -> Table:
    """Return the comparisons that a covariate adjusts beside what they are without it."""
    groups = []
    for metric in metrics:
        scale = scales(metric).change
        rows = []
        for comparison in metric.comparisons:
            plain = comparison.unadjusted
            if plain is None:
                continue
            rows.append(
                (
                    Cell(view.arm(comparison.arm)),
                    effect_cell(view, (comparison.difference, None), scale, None),
                    Cell(view.numbers.p_value(comparison.p_value, view.alpha)),
                    effect_cell(view, (plain.difference, None), scale, None),
                    Cell(view.numbers.p_value(plain.p_value, view.alpha)),
                    Cell(view.numbers.share(comparison.variance_removed, 0)),
                )
            )
        if rows:
            groups.append(RowGroup(tuple(rows), clean(metric.title), metric_details(view, metric)))
    columns = (
        Column(view.say("column.arm"), weight=3),
        Column(view.say("column.adjusted.difference"), "right"),
        Column(view.say("column.p"), "right"),
        Column(view.say("column.unadjusted.difference"), "right"),
        Column(view.say("column.unadjusted.p"), "right"),
        Column(view.say("column.removed"), "right"),
    )
    return Table(view.say("table.adjustment"), columns, tuple(groups), muted=view.invalid)


def method_table(view: View) -> Table:
    """Return what each metric estimates, and how."""
    rows = []
    for metric in view.analysis.metrics:
        stated = clean(metric.method)
        others = [clean(comparison.method) for comparison in metric.comparisons]
        methods = [stated, *(method for method in others if method.lower() not in stated.lower())]
        description = (clean(metric.description),) if metric.description else ()
        rows.append(
            (
                Cell(clean(metric.title), description),
                Cell(clean(metric.estimand)),
                Cell("; ".join(dict.fromkeys(method[:1].upper() + method[1:] for method in methods if method))),
            )
        )
    columns = (
        Column(view.say("column.metric"), weight=3),
        Column(view.say("column.estimand"), weight=4),
        Column(view.say("column.method"), weight=4),
    )
    return Table(view.say("table.method"), columns, (RowGroup(tuple(rows)),))


def sources_table(view: View) -> Table:
    """Return the tables that were read, with their rows and fingerprints."""
    rows = tuple(
        (
            Cell(clean(source.name), (clean(source.path or view.say(_no_path(source.fingerprint))),)),
            Cell(view.numbers.count(source.rows)),
            Cell(clean(source.fingerprint)),
        )
        for source in view.analysis.data.sources
    )
    columns = (
        Column(view.say("column.source"), weight=2),
        Column(view.say("column.rows"), "right"),
        Column(view.say("column.fingerprint"), weight=3),
    )
    return Table(view.say("table.sources"), columns, (RowGroup(rows),))


def _no_path(fingerprint: str) -> str:
    """Return what stands in place of a path: a table of a catalogue has none, nor has a frame."""
    return "provenance.path.catalogue" if fingerprint == "catalogue" else "provenance.path.none"
