"""The section of other readings: the same comparisons seen in other ways, none of which decides."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from abtest.report.blocks import Cell, Column, Paragraph, RowGroup, Section, Table
from abtest.report.sections import inference
from abtest.report.sections.cells import Notes, effect_cell, effect_note, group_title
from abtest.report.sections.headline import metric_details
from abtest.report.sections.part import Part
from abtest.report.view import View
from abtest.words.numbers import Scale, decimals_for, reveal_zero
from abtest.words.scales import revealing, scales
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import BayesResult, Comparison, Effect, MetricResult

Pair = tuple["MetricResult", "Comparison"]
Row = tuple[Cell, ...]
_POINTS = Scale(100, 1, "number.points")


def readings(view: View) -> Section | None:
    """Return the section, or ``None`` when no comparison was seen in another way."""
    tables = [table for table in (_bayes(view), _methods(view), _odds(view), _compliers(view)) if table is not None]
    if not tables:
        return None
    differs = inference.other(view, "readings")
    intro = Paragraph(" ".join([view.say("section.readings.intro"), *([differs] if differs else [])]))
    return Section("readings", view.say("section.readings"), (intro, *tables))


def topics(view: View) -> tuple[str, ...]:
    """Return the topics of the guide that explain what the section shows."""
    has: dict[str, Callable[[Comparison], object]] = {
        "bayes": lambda c: c.bayes,
        "exact": lambda c: c.exact,
        "odds": lambda c: c.odds_ratio,
        "winsorised": lambda c: c.not_winsorised,
        "bootstrap": lambda c: c.bootstrap,
        "permutation": lambda c: c.permutation_p_value is not None,
        "complier": lambda c: c.complier,
    }
    return tuple(topic for topic, shown in has.items() if any(shown(c) for _, c in _pairs(view)))


def asides(view: View) -> tuple[str, ...]:
    """Return the lines for a terminal: the Bayesian view of the headline metric, and exact p-values."""
    lines = []
    metric = view.headline_metric()
    lead = view.lead(metric) if metric else None
    seen = [lead] if lead else metric.comparisons if metric else []
    arms = [
        view.say(
            "text.bayes.arm",
            arm=view.arm(c.arm),
            control=view.arm(c.control),
            probability=view.numbers.probability(c.bayes.probability_better),
        )
        for c in seen
        if c.bayes is not None and c.bayes.probability_better is not None
    ]
    if arms:
        lines.append(view.say("text.bayes", arms="; ".join(arms)))
    for other, comparison in _pairs(view):
        if comparison.exact is not None and comparison.exact.p_value is not None:
            p = view.numbers.p_value(comparison.exact.p_value, view.alpha)
            lines.append(view.say("text.exact", metric=clean(other.title), arm=view.arm(comparison.arm), p=p))
    return tuple(lines)


def _pairs(view: View) -> list[Pair]:
    return [(metric, comparison) for metric in view.analysis.metrics for comparison in metric.comparisons]


def _bayes(view: View) -> Table | None:
    """Return the probability to be better, what a wrong choice costs, and the credible intervals."""
    notes = Notes()
    groups = []
    for metric in view.analysis.metrics:
        found = [(comparison, comparison.bayes) for comparison in metric.comparisons if comparison.bayes is not None]
        if not found:
            continue
        scale = revealing(scales(metric).change, [bayes.difference for _, bayes in found])
        lift = revealing(scales(metric).lift, [bayes.lift for _, bayes in found])
        rows = tuple(_bayes_row(view, (metric, comparison), bayes, (scale, lift), notes) for comparison, bayes in found)
        priors = ", ".join(dict.fromkeys(view.method(bayes.prior) for _, bayes in found))
        detail = view.join([metric_details(view, metric), view.say("bayes.prior", prior=priors)])
        groups.append(RowGroup(rows, clean(metric.title), detail))
    if not groups:
        return None
    columns = (
        Column(view.say("column.arm"), weight=3),
        Column(view.say("column.better"), "right", weight=2),
        Column(view.say("column.loss.treatment"), "right", weight=2),
        Column(view.say("column.loss.control", control=view.control), "right", weight=2),
        Column(view.say("column.credible.difference", confidence=view.confidence), "right", weight=3),
        Column(view.say("column.credible.lift", confidence=view.confidence), "right", weight=3),
    )
    lead = view.say("table.bayes.lead", control=view.control)
    return _table(view, "table.bayes", columns, groups, lead=lead, notes=notes)


def _bayes_row(view: View, pair: Pair, bayes: "BayesResult", found: tuple[Scale, Scale], notes: Notes) -> Row:
    metric, comparison = pair
    scale, lift = found
    loss = Scale(scale.factor, scale.decimals + 1, scale.pattern, scale.unit)
    note = None
    if bayes.probability_better is None:
        reason = clean(view.why(bayes) or view.why(bayes.difference) or view.say("note.unknown"))
        arm = view.arm(comparison.arm)
        note = notes.add(view.say("note.reason", metric=clean(metric.title), arm=arm, reason=reason))
    return (
        Cell(view.arm(comparison.arm)),
        Cell(view.numbers.probability(bayes.probability_better), note=note),
        Cell(view.numbers.size(bayes.expected_loss_treatment, loss)),
        Cell(view.numbers.size(bayes.expected_loss_control, loss)),
        effect_cell(view, (bayes.difference, None), scale, _note(view, pair, bayes.difference, notes)),
        effect_cell(view, (bayes.lift, None), lift, _note(view, pair, bayes.lift, notes)),
    )


def _methods(view: View) -> Table | None:
    """Return each comparison as reported over what other methods say: a row each."""
    notes = Notes()
    groups = []
    for metric, comparison in _pairs(view):
        others = _other_methods(view, comparison)
        if others:
            reported = "reading.reported.winsorised" if comparison.not_winsorised else "reading.reported"
            p = view.numbers.p_value(comparison.p_value, view.alpha)
            label = Cell(view.say(reported), (view.method(comparison.method),))
            first = (label, comparison.difference, comparison.lift, Cell(p))
            seen = [first, *others]
            effects = [difference for _, difference, _, _ in seen if difference is not None]
            lifts = [lift for _, _, lift, _ in seen if lift is not None]
            scale, relative = revealing(scales(metric).change, effects), revealing(scales(metric).lift, lifts)
            pair = (metric, comparison)
            rows = [
                (
                    label,
                    _optional(view, pair, difference, scale, notes),
                    _optional(view, pair, lift, relative, notes),
                    p_cell,
                )
                for label, difference, lift, p_cell in seen
            ]
            groups.append(RowGroup(tuple(rows), group_title(view, metric, comparison), metric_details(view, metric)))
    if not groups:
        return None
    columns = (
        Column(view.say("column.reading"), weight=4),
        Column(view.say("column.difference"), "right", weight=3),
        Column(view.say("column.lift"), "right", weight=3),
        Column(view.say("column.p"), "right", weight=2),
    )
    exact = any(comparison.exact is not None for _, comparison in _pairs(view))
    lead = " ".join([view.say("table.methods.lead"), *([view.say("table.methods.exact")] if exact else [])])
    return _table(view, "table.methods", columns, groups, lead=lead, notes=notes)


def _other_methods(view: View, comparison: "Comparison") -> "list[tuple[Cell, Effect | None, Effect | None, Cell]]":
    """Return a label, the difference and the lift where there are any, and the p-value of each other method."""
    p_value = view.numbers.p_value
    rows: list[tuple[Cell, Effect | None, Effect | None, Cell]] = []
    named = [
        ("reading.unadjusted", comparison.unadjusted if comparison.not_winsorised else None),
        ("reading.not winsorised", comparison.not_winsorised),
        ("reading.bootstrap", comparison.bootstrap),
    ]
    for message, other in named:
        if other is not None:
            label = Cell(view.say(message), (view.method(other.method),))
            rows.append((label, other.difference, other.lift, Cell(p_value(other.p_value, view.alpha))))
    if comparison.permutation_p_value is not None:
        p = Cell(p_value(comparison.permutation_p_value, view.alpha))
        rows.append((Cell(view.say("reading.permutation")), None, None, p))
    if comparison.exact is not None:
        exact, boschloo = comparison.exact, comparison.exact.boschloo_p_value
        details = () if boschloo is None else (view.say("reading.boschloo", p=p_value(boschloo, view.alpha)),)
        label = Cell(view.say("reading.exact"), (view.say("reading.exact.method"),))
        rows.append((label, exact.difference, None, Cell(p_value(exact.p_value, view.alpha), details)))
    return rows


def _optional(view: View, pair: Pair, effect: "Effect | None", scale: Scale, notes: Notes) -> Cell:
    """Return the effect's cell, an empty one where the method has no such effect."""
    return Cell("") if effect is None else effect_cell(view, (effect, None), scale, _note(view, pair, effect, notes))


def _odds(view: View) -> Table | None:
    notes = Notes()
    rows = []
    for metric, comparison in _pairs(view):
        odds = comparison.odds_ratio
        if odds is not None:
            scale = ratio_scale(odds)
            rows.append(
                (
                    Cell(clean(metric.title)),
                    Cell(view.arm(comparison.arm)),
                    Cell(
                        view.numbers.quantity(odds.estimate, scale), note=_note(view, (metric, comparison), odds, notes)
                    ),
                    Cell(view.numbers.interval(odds.low, odds.high, scale)),
                )
            )
    if not rows:
        return None
    columns = (
        Column(view.say("column.metric"), weight=4),
        Column(view.say("column.arm"), weight=3),
        Column(view.say("column.odds"), "right", weight=2),
        Column(view.say("column.interval", confidence=view.confidence), "right", weight=3),
    )
    lead = view.say("table.odds.lead", control=view.control)
    return _table(view, "table.odds", columns, [RowGroup(tuple(rows))], lead=lead, notes=notes)


def ratio_scale(ratio: "Effect") -> Scale:
    """Return a scale that shows two digits of the interval's width, and on which side of 1 the bounds lie."""
    bounds = [bound for bound in (ratio.low, ratio.high) if bound is not None]
    width = max(bounds) - min(bounds) if len(bounds) == 2 else None
    return Scale(1, reveal_zero([bound - 1 for bound in bounds], decimals_for(width, 2, 4)))


def _compliers(view: View) -> Table | None:
    notes = Notes()
    groups = []
    for metric in view.analysis.metrics:
        found = [(c, c.complier) for c in metric.comparisons if c.complier is not None]
        if not found:
            continue
        scale = revealing(scales(metric).change, [complier.effect for _, complier in found])
        rows = []
        for comparison, complier in found:
            points = revealing(_POINTS, [complier.compliance])
            effect_reason = _arm_note(view, comparison, complier.effect, notes)
            compliance_reason = _arm_note(view, comparison, complier.compliance, notes)
            rows.append(
                (
                    Cell(view.arm(comparison.arm)),
                    effect_cell(view, (complier.effect, None), scale, effect_reason),
                    effect_cell(view, (complier.compliance, None), points, compliance_reason),
                    Cell(view.numbers.p_value(complier.p_value, view.alpha)),
                )
            )
        groups.append(RowGroup(tuple(rows), clean(metric.title), metric_details(view, metric)))
    if not groups:
        return None
    columns = (
        Column(view.say("column.arm"), weight=4),
        Column(view.say("column.complier"), "right", weight=3),
        Column(view.say("column.compliance"), "right", weight=3),
        Column(view.say("column.p"), "right", weight=2),
    )
    return _table(view, "table.complier", columns, groups, lead=view.say("table.complier.lead"), notes=notes)


def _arm_note(view: View, comparison: "Comparison", effect: "Effect", notes: Notes) -> int | None:
    """Return the note of an effect that is not there, which compliance gives to all metrics alike."""
    if effect.estimate is not None and effect.low is not None and effect.high is not None:
        return None
    reason = clean(view.why(effect) or view.say("note.unknown"))
    return notes.add(view.say("note.arm", arm=view.arm(comparison.arm), reason=reason))


def _note(view: View, pair: Pair, effect: "Effect", notes: Notes) -> int | None:
    return effect_note(view, *pair, effect, notes)


def _table(
    view: View, title: str, columns: Sequence[Column], groups: Sequence[RowGroup], *, notes: Notes, lead: str = ""
) -> Table:
    return Table(
        view.say(title),
        tuple(columns),
        tuple(groups),
        notes.texts,
        muted=view.invalid,
        lead=Paragraph(lead) if lead else None,
    )


PART = Part(readings, asides, topics)
