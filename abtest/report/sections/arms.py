"""The sections of arms: each one's own value with its counts and its interval, first of rates, then of all others."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from abtest.report.blocks import Block, Cell, Chart, Column, Paragraph, RowGroup, Section, Table
from abtest.report.sections import charts, inference, levels
from abtest.report.sections.cells import Notes, units_cell, value_cell
from abtest.report.sections.headline import metric_details
from abtest.report.sections.part import Part
from abtest.report.view import View, is_mean, is_time
from abtest.words.scales import scales
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import MetricResult


def rates(view: View) -> Section | None:
    """Return the section of rates with their chart; ``None`` where no metric is one."""
    found = [metric for metric in view.analysis.metrics if metric.is_rate]
    if not found:
        return None
    blocks: list[Block] = [*_own(view, found), _arms_table(view, found, rates=True), Chart("retention")]
    return Section("rates", view.say("section.rates"), tuple(blocks))


def means(view: View) -> Section | None:
    """Return the section of means, and of what is neither rate nor mean; ``None`` where there are none."""
    found = [metric for metric in view.analysis.metrics if not metric.is_rate]
    if not found:
        return None
    blocks: list[Block] = [*_own(view, found), _arms_table(view, found, rates=False)]
    title = view.say("section.means" if all(is_mean(metric) for metric in found) else "section.means.mixed")
    return Section("means", title, tuple(blocks))


def _own(view: View, metrics: Sequence["MetricResult"]) -> list[Block]:
    """Return what the arms' own intervals are, where the comparisons' are something else."""
    against = any(arm.against for metric in metrics for arm in metric.arms)
    text = inference.other(view, "levels" if against else "own")
    return [Paragraph(text)] if text else []


def _arms_table(view: View, metrics: Sequence["MetricResult"], *, rates: bool) -> Table:
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
                    units_cell(view, metric, result, notes),
                    *([Cell(view.numbers.count(result.missing))] if missing else []),
                    value_cell(view, metric, result, scale, notes),
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


def _topics(view: View) -> tuple[str, ...]:
    return ("levels",) if any(arm.against for metric in view.analysis.metrics for arm in metric.arms) else ()


RATES = Part(rates, topics=_topics, plots=charts.retention, drawn=("retention",))
MEANS = Part(means)
