"""The tables of a report: metrics, arms, population, checks, sources."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from abtest.report.headline import metric_details
from abtest.report.numbers import Scale
from abtest.report.parts import Cell, Column, RowGroup, Table, Tone
from abtest.report.view import View, adjusts_margin, clean, is_mean, scales, verdict_tone

if TYPE_CHECKING:
    from abtest.analysis.result import ArmPopulation, ArmResult, Comparison, Effect, MetricResult

ARMS_PER_TABLE = 4
_STATUS_TONES: dict[str, Tone] = {"pass": "good", "warn": "caution", "fail": "bad", "skipped": "muted"}


class Notes:
    """Collects a table's notes; the same text gets the same number."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add(self, text: str) -> int:
        """Return the number of the note ``text``, from 1."""
        if text not in self._texts:
            self._texts.append(text)
        return self._texts.index(text) + 1

    @property
    def texts(self) -> tuple[str, ...]:
        """The notes in the order of their numbers."""
        return tuple(self._texts)


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
    return Table(view.say("table.metrics"), tuple(columns), groups, notes.texts, muted=view.invalid)


def _metric_group(view: View, metric: "MetricResult", notes: Notes, *, adjusted: bool) -> RowGroup:
    comparisons = {comparison.arm: comparison for comparison in metric.comparisons}
    rows = []
    for result in metric.arms:
        cells = [
            Cell(view.arm(result.arm)),
            Cell(view.numbers.count(result.n)),
            _value_cell(view, metric, result, scales(metric).value, notes),
        ]
        comparison = comparisons.get(result.arm)
        if comparison is None:
            blank = Cell(view.say("cell.control"), tone="muted") if metric.comparisons else Cell("")
            cells += [blank] + [Cell("")] * (4 if adjusted else 3)
        else:
            cells += _comparison_cells(view, metric, comparison, notes, adjusted=adjusted)
        rows.append(tuple(cells))
    return RowGroup(tuple(rows), clean(metric.title), metric_details(view, metric))


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
    if difference_note is None and comparison.unadjusted is not None:
        difference_note = notes.add(view.say("note.covariates"))
    lift_note = effect_note(view, metric, comparison, comparison.lift, notes)
    cells = [
        effect_cell(view, (comparison.difference, comparison.adjusted_difference), scale.change, difference_note),
        effect_cell(view, (comparison.lift, comparison.adjusted_lift), scale.lift, lift_note),
        Cell(p_value(comparison.p_value, view.alpha)),
    ]
    if adjusted:
        text = p_value(comparison.adjusted_p_value, view.alpha) if comparison.adjusted_p_value is not None else ""
        note = notes.add(view.say("note.margin.adjusted")) if adjusts_margin(comparison) else None
        cells.append(Cell(text, note=note))
    verdict = view.say(f"metric.verdict.{comparison.verdict}")
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


def effect_note(
    view: View, metric: "MetricResult", comparison: "Comparison", effect: "Effect", notes: Notes
) -> int | None:
    """Return the number of the note that says why the effect has no estimate or not both bounds."""
    if effect.estimate is not None and effect.low is not None and effect.high is not None:
        return None
    reason = clean(effect.reason or comparison.reason or view.say("note.unknown"))
    arm = view.arm(comparison.arm)
    return notes.add(view.say("note.reason", metric=clean(metric.title), arm=arm, reason=reason))


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
    value = "column.rate" if rates else "column.mean" if means else "column.value"
    columns = [
        Column(view.say("column.arm"), weight=4),
        *([Column(view.say("column.numerator"), "right", 2)] if rates else []),
        Column(view.say("column.n"), "right", 2),
        *([Column(view.say("column.missing"), "right", 2)] if missing else []),
        Column(view.say(value), "right", 2),
        Column(view.say("column.interval", confidence=view.confidence), "right", 4),
        *([Column(view.say("column.sd"), "right", 2)] if spread else []),
    ]
    groups = []
    for metric in metrics:
        scale = scales(metric).value
        rows = []
        for result in metric.arms:
            numerator = [Cell(view.numbers.count(result.numerator))] if rates else []
            deviation = Cell(view.numbers.quantity(result.standard_deviation, scale))
            rows.append(
                (
                    Cell(view.arm(result.arm)),
                    *numerator,
                    Cell(view.numbers.count(result.n)),
                    *([Cell(view.numbers.count(result.missing))] if missing else []),
                    _value_cell(view, metric, result, scale, notes),
                    Cell(view.numbers.interval(result.low, result.high, scale)),
                    *([deviation] if spread else []),
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
    return Table(view.say("table.overall"), columns, (RowGroup(tuple(rows)),), muted=view.invalid)


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


def population_tables(view: View) -> tuple[Table, ...]:
    """Return the ledger, arms as columns, in as many tables as keep their columns readable."""
    population = view.analysis.population
    chunks = [population[i : i + ARMS_PER_TABLE] for i in range(0, len(population), ARMS_PER_TABLE)]
    tables = []
    for part, chunk in enumerate(chunks, start=1):
        title = view.say("table.population")
        if len(chunks) > 1:
            title = view.say("table.population.part", part=part, parts=len(chunks))
        columns = (
            Column(view.say("column.step"), weight=3),
            *(Column(view.arm(arm.arm), "right", weight=2) for arm in chunk),
        )
        tables.append(Table(title, columns, (RowGroup(_ledger(view, chunk)),)))
    return tuple(tables)


def _ledger(view: View, chunk: Sequence["ArmPopulation"]) -> tuple[tuple[Cell, ...], ...]:
    shares = {arm.name: arm.share for arm in view.analysis.experiment.arms}
    population = view.analysis.population
    reasons = list(dict.fromkeys(reason for arm in population for reason in arm.excluded))

    def row(title: str, count: Callable[["ArmPopulation"], int | None]) -> tuple[Cell, ...]:
        return (Cell(title), *(_count_cell(view, count(arm), arm.assigned) for arm in chunk))

    rows = [(Cell(view.say("step.share")), *(Cell(view.numbers.share(shares.get(arm.arm))) for arm in chunk))]
    rows.append((Cell(view.say("step.assigned")), *(Cell(view.numbers.count(arm.assigned)) for arm in chunk)))
    for reason in reasons:
        title = view.say("step.excluded", reason=clean(reason.replace("_", " ")))
        rows.append(row(title, lambda arm, reason=reason: arm.excluded.get(reason, 0)))  # type: ignore[misc]
    rows.append(row(view.say("step.eligible"), lambda arm: arm.eligible))
    if any(arm.exposed is not None for arm in population):
        rows.append(row(view.say("step.exposed"), lambda arm: arm.exposed))
    rows.append(row(view.say("step.immature"), lambda arm: arm.eligible - arm.mature))
    rows.append(row(view.say("step.mature"), lambda arm: arm.mature))
    return tuple(rows)


def _count_cell(view: View, count: int | None, assigned: int) -> Cell:
    if count is None:
        return Cell(view.numbers.missing)
    share = (view.numbers.quantity(count / assigned, Scale(100, 1, "number.percent")),) if assigned else ()
    return Cell(view.numbers.count(count), share)


def checks_table(view: View) -> Table:
    """Return all health checks, the failed first, then the warnings."""
    order = ["fail", "warn", "skipped", "pass"]
    checks = sorted(view.analysis.checks, key=lambda check: order.index(check.status))
    rows = tuple(
        (
            Cell(view.say(f"status.{check.status}"), tone=_STATUS_TONES[check.status]),
            Cell(clean(check.id.replace("_", " "))),
            Cell(clean(check.message)),
            Cell("" if check.p_value is None else view.numbers.p_value(check.p_value, 0.001)),
        )
        for check in checks
    )
    columns = (
        Column(view.say("column.status")),
        Column(view.say("column.check"), weight=1),
        Column(view.say("column.message"), weight=3),
        Column(view.say("column.p"), "right"),
    )
    return Table(view.say("table.checks"), columns, (RowGroup(rows),))


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
            Cell(clean(source.name), (clean(source.path or view.say("provenance.path.none")),)),
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
