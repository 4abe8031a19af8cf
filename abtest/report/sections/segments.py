"""The section of segments: whether the effect differs between groups of customers, then what it is in each."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Block, Cell, Column, Paragraph, RowGroup, Section, Table
from abtest.report.sections import inference
from abtest.report.sections.cells import Notes, effect_cell
from abtest.report.sections.part import Part
from abtest.report.view import View
from abtest.words.numbers import Scale
from abtest.words.scales import revealing, scales
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import Effect, MetricResult, SegmentLevel, SegmentResult


def segments(view: View) -> Section | None:
    """Return the section, a table for each column, or ``None`` when no segment was looked at."""
    found = view.analysis.segments
    if not found:
        return None
    kinds = dict.fromkeys((segment.column, segment.declared) for segment in found)
    differs = inference.other(view, "segments")
    intro = " ".join([view.say("section.segments.intro"), *([differs] if differs else [])])
    blocks: list[Block] = [Paragraph(intro)]
    for column, declared in kinds:
        here = [segment for segment in found if (segment.column, segment.declared) == (column, declared)]
        blocks.append(_table(view, here, declared=declared))
    return Section("segments", view.say("section.segments"), tuple(blocks))


def asides(view: View) -> tuple[str, ...]:
    """Return a line for each declared segment between whose levels the effect differs."""
    return tuple(
        view.say(
            "text.segment",
            arm=view.arm(segment.arm),
            metric=clean(view.analysis.metric(segment.metric).title),
            column=clean(segment.column),
            p=view.numbers.p_value(segment.interaction_p_value, view.alpha),
        )
        for segment in view.analysis.segments
        if segment.declared and _differs(view, segment)
    )


def _differs(view: View, segment: "SegmentResult") -> bool:
    return segment.interaction_p_value is not None and segment.interaction_p_value < view.alpha


def _table(view: View, found: "list[SegmentResult]", *, declared: bool) -> Table:
    notes = Notes()
    adjusted = any(level.adjusted_p_value is not None for segment in found for level in segment.levels)
    arms = list(dict.fromkeys(segment.arm for segment in found))
    kind = "declared" if declared else "exploratory"
    columns = (
        Column(view.say("column.level"), weight=3),
        Column(view.control, "right", weight=2),
        Column(view.arm(arms[0]) if len(arms) == 1 else view.say("column.segment.arm"), "right", weight=2),
        Column(view.say("column.difference"), "right", weight=3),
        Column(view.say("column.shrunken"), "right", weight=3),
        Column(view.say("column.p"), "right"),
        *([Column(view.say("column.adjusted"), "right")] if adjusted else []),
    )
    groups = tuple(_group(view, segment, notes, adjusted=adjusted) for segment in found)
    lead = Paragraph(view.say(f"segment.{kind}"), "plain" if declared else "caution")
    title = view.say(f"table.segment.{kind}", column=clean(found[0].column))
    return Table(title, columns, groups, notes.texts, muted=view.invalid, lead=lead)


def _group(view: View, segment: "SegmentResult", notes: Notes, *, adjusted: bool) -> RowGroup:
    metric = view.analysis.metric(segment.metric)
    effects = [effect for level in segment.levels for effect in (level.difference, level.shrunken)]
    scale = revealing(scales(metric).change, effects)
    rows = []
    for level in segment.levels:
        cells = [
            Cell(_name(view, level)),
            _value_cell(view, metric, level.control_value, level.control_n),
            _value_cell(view, metric, level.value, level.n),
            _effect_cell(view, (metric, level), level.difference, scale, notes),
            _effect_cell(view, (metric, level), level.shrunken, scale, notes),
            Cell(view.numbers.p_value(level.p_value, view.alpha)),
        ]
        if adjusted:
            cells.append(Cell(view.numbers.p_value(level.adjusted_p_value, view.alpha)))
        rows.append(tuple(cells))
    title = view.say(
        f"segment.group.{'declared' if segment.declared else 'exploratory'}",
        metric=clean(metric.title),
        arm=view.arm(segment.arm),
        control=view.arm(segment.control),
    )
    return RowGroup(tuple(rows), title, finding=_finding(view, segment))


def _name(view: View, level: "SegmentLevel") -> str:
    return clean(level.level) or view.say("segment.blank")


def _finding(view: View, segment: "SegmentResult") -> str:
    """Return the interaction test in words."""
    statistic, p_value = segment.interaction_statistic, segment.interaction_p_value
    if statistic is None or p_value is None:
        return view.say("segment.untested", reason=clean(view.why(segment) or view.say("note.unknown")))
    parts = [view.say("segment.q", statistic=view.numbers.plain(statistic, 2))]
    df = segment.interaction_degrees_of_freedom
    if df is not None:
        parts.append(view.say("segment.df", df=view.numbers.plain(df, 0 if float(df).is_integer() else 1)))
    parts.append(view.say("segment.p", p=view.numbers.p_value(p_value, view.alpha)))
    if segment.heterogeneity is not None:
        parts.append(view.say("segment.heterogeneity", share=view.numbers.share(segment.heterogeneity, 0)))
    message = "segment.differs" if _differs(view, segment) else "segment.same"
    return view.say(message, test=", ".join(parts))


def _value_cell(view: View, metric: "MetricResult", value: float | None, n: int) -> Cell:
    return Cell(
        view.numbers.quantity(value, scales(metric).value), (view.say("headline.arm.mean", n=view.numbers.count(n)),)
    )


def _effect_cell(
    view: View, place: "tuple[MetricResult, SegmentLevel]", effect: "Effect", scale: Scale, notes: Notes
) -> Cell:
    note = None
    if effect.estimate is None or effect.low is None or effect.high is None:
        metric, level = place
        reason = clean(view.why(effect) or view.say("note.unknown"))
        note = notes.add(view.say("note.reason", metric=clean(metric.title), arm=_name(view, level), reason=reason))
    return effect_cell(view, (effect, None), scale, note)


def _topics(view: View) -> tuple[str, ...]:
    return ("segments",) if view.analysis.segments else ()


PART = Part(segments, asides, _topics)
