"""The section of metrics: every comparison with its verdict, then its effect adjusted, in plain words, in total."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from abtest.metrics import guides
from abtest.report.blocks import Block, Cell, Chart, Column, Paragraph, RowGroup, Section, Table
from abtest.report.sections import charts, inference, levels, plain_words, status, totals
from abtest.report.sections.cells import Notes, adjusted_note, effect_cell, effect_note, units_cell, value_cell
from abtest.report.sections.headline import metric_details
from abtest.report.sections.part import Part
from abtest.report.view import View, adjusts_margin, shown, verdict_tone
from abtest.words.scales import scales
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import Comparison, MetricResult

_NOTHING = 1e-9
_AT_A_GLANCE = 6  # comparisons whose chart fits on page 1


def overview(view: View) -> Section | None:
    """Return the chart of all effects for page 1; ``None`` where it would show one metric only, or too many."""
    return Section("overview", view.say("overview"), (Chart("effects"),)) if _few(view) else None


def _few(view: View) -> bool:
    metrics = view.analysis.metrics
    return len(metrics) >= 2 and sum(len(metric.comparisons) for metric in metrics) <= _AT_A_GLANCE


def section(view: View) -> Section:
    """Return the section; the chart of all effects stands in it where page 1 has no room for it."""
    metrics = view.analysis.metrics
    blocks: list[Block] = [Paragraph(view.say("invalid.effects"), "bad")] if view.invalid else []
    if not metrics:
        blocks.append(Paragraph(view.say("empty.metrics")))
        return Section("metrics", view.say("section.metrics"), tuple(blocks))
    adjusted = any(c.adjusted_p_value is not None for metric in metrics for c in metric.comparisons)
    correction = view.say(
        "section.metrics.adjusted" if adjusted else "section.metrics.none",
        correction=view.correction,
        family=view.family,
    )
    intro = view.say("section.metrics.intro", control=view.control, confidence=view.confidence, correction=correction)
    blocks += [Paragraph(intro), _metric_table(view, metrics), *([Chart("effects")] if not _few(view) else [])]
    if any(comparison.unadjusted is not None for metric in metrics for comparison in metric.comparisons):
        blocks += [Paragraph(view.say("section.adjustment.intro")), _adjustment_table(view, metrics)]
    if any(metric.overall is not None for metric in metrics):
        blocks.append(_overall_table(view, metrics))
    blocks += [table for table in (plain_words.table(view), totals.table(view)) if table]
    return Section("metrics", view.say("section.metrics"), tuple(blocks))


def _metric_table(view: View, metrics: Sequence["MetricResult"]) -> Table:
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
    waiting = status.not_yet(view, metric)
    if waiting:  # rows of dashes would say less
        return RowGroup((), clean(metric.title), metric_details(view, metric), waiting)
    comparisons = {comparison.arm: comparison for comparison in metric.comparisons}
    rows = []
    for result in metric.arms:
        cells = [
            Cell(view.arm(result.arm)),
            units_cell(view, metric, result, notes),
            value_cell(view, metric, result, scales(metric).value, notes),
        ]
        comparison = comparisons.get(result.arm)
        adjusted_value = _adjusted_value(view, metric, result.arm)
        if adjusted_value:
            cells[-1] = replace(cells[-1], details=(adjusted_value,))
        if comparison is None:
            blank = Cell(view.say("cell.control"), tone="muted") if metric.comparisons else Cell("")
            cells += [blank] + [Cell("")] * (4 if adjusted else 3)
        else:
            cells += _comparison_cells(view, metric, comparison, notes, adjusted=adjusted)
        rows.append(tuple(cells))
    sentences = (levels.finding(view, metric), *_other_signs(view, metric), *_cautions(view, metric))
    finding = " ".join(text for text in sentences if text)
    return RowGroup(tuple(rows), clean(metric.title), metric_details(view, metric), finding)


def _adjusted_value(view: View, metric: "MetricResult", arm: str) -> str:
    """Return the arm's value as if its covariates were the control's; of several arms, beside the control's."""
    scale = scales(metric).value
    single = len(metric.comparisons) == 1
    for comparison in metric.comparisons:
        values = comparison.adjusted_values
        if values is None or arm not in {comparison.arm, *([comparison.control] if single else [])}:
            continue
        own = values.control if arm == comparison.control else values.arm
        shown = view.numbers.quantity(own.estimate, scale)
        if single:
            return view.say("cell.adjusted value", value=shown)
        control = view.numbers.quantity(values.control.estimate, scale)
        return view.say("cell.adjusted values", arm=shown, control=control)
    return ""


def _other_signs(view: View, metric: "MetricResult") -> list[str]:
    """Return a sentence for each arm whose own value differs from the control's the other way than the adjusted."""
    found = []
    scale = scales(metric).change
    for comparison in metric.comparisons:
        before = comparison.unadjusted.difference.estimate if comparison.unadjusted else None
        after = comparison.difference.estimate
        # An adjusted difference of nothing is rounding, and has no sign.
        if before is not None and after is not None and before * after < -(_NOTHING * before**2):
            shown = [view.numbers.quantity(size, scale, signed=True) for size in (before, after)]
            found.append(view.say("metric.other signs", arm=view.arm(comparison.arm), before=shown[0], after=shown[1]))
    return found


def _cautions(view: View, metric: "MetricResult") -> list[str]:
    """Return what a reader must know of the intervals; of several arms, each by name."""
    found = []
    for comparison in metric.comparisons:
        for caution in comparison.cautions:
            text = view.told(caution.reason, caution.code)
            found.append(
                text
                if len(metric.comparisons) == 1
                else view.say("metric.caution", arm=view.arm(comparison.arm), caution=text)
            )
    return found


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
        text = p_value(shown(comparison).p_value, view.alpha) if comparison.adjusted_p_value is not None else ""
        note = notes.add(view.say("note.margin.adjusted")) if adjusts_margin(comparison) else None
        cells.append(Cell(text, note=note))
    verdict = view.verdict(metric, comparison)
    return [*cells, Cell(verdict, _margin_details(view, comparison), tone=verdict_tone(view, comparison.verdict))]


def _margin_details(view: View, comparison: "Comparison") -> tuple[str, ...]:
    margin = comparison.margin
    if margin is None or comparison.difference.estimate is None:
        return ()
    if margin.p_value is None:
        return (view.say("margin.by interval"),)
    return (view.say(f"margin.p.{margin.test}", p=view.numbers.p_value(margin.p_value, view.alpha / 2)),)


def _overall_table(view: View, metrics: Sequence["MetricResult"]) -> Table:
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
                Cell(view.method(overall.method)),
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


def _adjustment_table(view: View, metrics: Sequence["MetricResult"]) -> Table:
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


def _topics(view: View) -> tuple[str, ...]:
    metrics = view.analysis.metrics
    comparisons = [comparison for metric in metrics for comparison in metric.comparisons]
    return (
        *(["adjustment"] if any(comparison.unadjusted is not None for comparison in comparisons) else []),
        *guides(metric.type for metric in metrics),
        *(["needed"] if any(comparison.in_words is not None for comparison in comparisons) else []),
    )


PART = Part(section, totals.asides, _topics, charts.effects, ("effects",))
