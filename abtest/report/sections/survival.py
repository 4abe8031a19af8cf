"""The section of survival: what else is known of a time to an event, beside its restricted mean."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Block, Bullets, Cell, Column, Heading, Paragraph, RowGroup, Section, Table
from abtest.report.sections import inference, windows
from abtest.report.sections.cells import Notes, effect_cell, missing_note
from abtest.report.sections.headline import metric_details
from abtest.report.sections.measures import bounds_of, measure
from abtest.report.sections.part import Part
from abtest.report.sections.readings import ratio_scale
from abtest.report.view import View, sentence
from abtest.words.numbers import Scale
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.in_time import HazardResult, SurvivalResult
    from abtest.analysis.result import MetricResult
    from abtest.analysis.value import OverallTest


def section(view: View) -> Section | None:
    """Return the section, for every metric that is a time to an event; ``None`` where none is."""
    found = [(metric, metric.survival) for metric in view.analysis.metrics if metric.survival is not None]
    if not found:
        return None
    differs = inference.other(view, "time")
    intro = view.say("section.survival.intro", confidence=view.confidence)
    blocks: list[Block] = [Paragraph(" ".join([intro, *([differs] if differs else [])]))]
    for metric, survival in found:
        blocks += _metric(view, metric, survival)
    return Section("survival", view.say("section.survival"), tuple(blocks))


def _metric(view: View, metric: "MetricResult", survival: "SurvivalResult") -> list[Block]:
    blocks: list[Block] = [Heading(clean(metric.title), metric_details(view, metric))]
    if survival.competing:
        events = ", ".join(clean(event) for event in survival.competing)
        blocks.append(Paragraph(view.say("survival.competing", events=events)))
    tests = (survival.log_rank, survival.stratified_log_rank)
    blocks.append(Bullets(tuple(_test(view, test) for test in tests if test is not None)))
    if survival.hazards:
        blocks.append(_hazards(view, survival.hazards, "hazards"))
    if survival.stratified_hazards:
        blocks.append(_hazards(view, survival.stratified_hazards, "hazards.stratified"))
    if survival.medians:
        blocks.append(_medians(view, survival))
    if survival.landmarks:
        blocks.append(_landmarks(view, survival))
    return blocks


def _test(view: View, test: "OverallTest") -> str:
    name = sentence(view.method(test.method))
    if test.p_value is None or test.statistic is None:
        return view.say("survival.untested", test=name)
    parts = [view.say("survival.statistic", statistic=view.numbers.plain(test.statistic, 2))]
    df = test.degrees_of_freedom
    if df is not None:
        parts.append(view.say("segment.df", df=view.numbers.plain(df, 0 if float(df).is_integer() else 1)))
    parts.append(view.say("segment.p", p=view.numbers.p_value(test.p_value, view.alpha)))
    finding = "survival.differs" if test.p_value < view.alpha else "survival.same"
    return view.say(finding, test=name, numbers=", ".join(parts))


def _hazards(view: View, hazards: "list[HazardResult]", table: str) -> Table:
    notes = Notes()
    rows = tuple(
        (
            Cell(view.arm(hazard.arm)),
            _hazard(view, hazard, notes),
            Cell(view.numbers.p_value(hazard.p_value, view.alpha)),
            _proportional(view, hazard),
        )
        for hazard in hazards
    )
    columns = (
        Column(view.say("column.arm"), weight=2),
        Column(view.say("column.hazard"), "right", 2),
        Column(view.say("column.p"), "right"),
        Column(view.say("column.proportional"), weight=4),
    )
    lead = Paragraph(view.say(f"table.{table}.lead", control=view.control))
    return Table(view.say(f"table.{table}"), columns, (RowGroup(rows),), notes.texts, muted=view.invalid, lead=lead)


def _hazard(view: View, hazard: "HazardResult", notes: Notes) -> Cell:
    ratio, scale = hazard.ratio, ratio_scale(hazard.ratio)
    bounded = ratio.low is not None or ratio.high is not None
    note = missing_note(view, hazard.arm, bounds_of(ratio), view.why(ratio) or view.why(hazard), notes)
    interval = (view.numbers.interval(ratio.low, ratio.high, scale),) if bounded else ()
    return Cell(view.numbers.quantity(ratio.estimate, scale), interval, note=note)


def _proportional(view: View, hazard: "HazardResult") -> Cell:
    """Return whether one ratio describes the whole time, in words."""
    p = hazard.proportionality_p_value
    if p is None:
        return Cell(view.say("hazard.unchecked"), tone="muted")
    changes = p < view.alpha
    text = view.say("hazard.changes" if changes else "hazard.constant", p=view.numbers.p_value(p, view.alpha))
    return Cell(text, tone="caution" if changes else "plain")


def _medians(view: View, survival: "SurvivalResult") -> Table:
    notes, medians = Notes(), survival.medians
    ends = [(median.low, median.median, median.high) for median in medians]
    whole = all(bound is None or float(bound).is_integer() for end in ends for bound in end)
    days = Scale(1, 0 if whole else 1, "number.unit", view.say(f"survival.{survival.time_unit}"))
    rows = []
    for median in medians:
        note = None
        if median.median is None:
            reason = view.why(median) or view.say("survival.median.none")
            note = missing_note(view, median.arm, (median.low, None, median.high), reason, notes)
        rows.append(
            (
                Cell(view.arm(median.arm)),
                Cell(view.numbers.quantity(median.median, days), note=note),
                Cell(view.numbers.interval(median.low, median.high, days)),
            )
        )
    columns = (
        Column(view.say("column.arm"), weight=3),
        Column(view.say("column.median"), "right", 2),
        Column(view.say("column.interval", confidence=view.confidence), "right", 3),
    )
    lead = Paragraph(view.say("table.medians.lead", unit=view.say(f"survival.{survival.time_unit}.capital")))
    return Table(
        view.say("table.medians"), columns, (RowGroup(tuple(rows)),), notes.texts, muted=view.invalid, lead=lead
    )


def _landmarks(view: View, survival: "SurvivalResult") -> Table:
    """Return the shares with the event by each day: a group for each day, and each cause where causes compete."""
    notes = Notes()
    columns = (
        Column(view.say("column.arm"), weight=3),
        Column(view.say("column.n"), "right", 2),
        Column(view.say("column.landmark"), "right", 3),
        Column(view.say("column.difference"), "right", 3),
        Column(view.say("column.p"), "right", 2),
    )
    groups = []
    for landmark in survival.landmarks:
        compared = {comparison.arm: comparison for comparison in landmark.comparisons}
        scale = measure("fraction", [bounds_of(c.difference) for c in landmark.comparisons])
        rows = []
        for arm in landmark.arms:
            bounded = arm.low is not None or arm.high is not None
            interval = (view.numbers.interval(arm.low, arm.high, scale.value),) if bounded else ()
            note = missing_note(view, arm.arm, (arm.low, arm.value, arm.high), view.why(arm), notes)
            cells = [
                Cell(view.arm(arm.arm)),
                Cell(view.numbers.count(arm.n)),
                Cell(view.numbers.quantity(arm.value, scale.value), interval, note=note),
            ]
            comparison = compared.get(arm.arm)
            if comparison is None:
                cells += [Cell(view.say("cell.control"), tone="muted"), Cell("")]
            else:
                difference = comparison.difference
                reason = view.why(difference) or view.why(comparison)
                note = missing_note(view, arm.arm, bounds_of(difference), reason, notes)
                cells.append(effect_cell(view, (difference, None), scale.change, note))
                cells.append(Cell(view.numbers.p_value(comparison.p_value, view.alpha)))
            rows.append(tuple(cells))
        time = windows.days(view, landmark.day / windows.UNITS[survival.time_unit])
        by = view.say(f"landmark.by.{survival.time_unit}", time=time)
        title = sentence(by)
        if landmark.cause:
            title = view.say("landmark.cause", cause=clean(landmark.cause), by=by)
        groups.append(RowGroup(tuple(rows), title, view.method(landmark.method)))
    lead = Paragraph(view.say("table.landmarks.lead"))
    title = view.say("table.landmarks", unit=view.say(f"step.name.{survival.time_unit.removesuffix('s')}"))
    return Table(title, columns, tuple(groups), notes.texts, muted=view.invalid, lead=lead)


def _topics(view: View) -> tuple[str, ...]:
    found = (metric.survival for metric in view.analysis.metrics)
    return ("hazard",) if any(survival and survival.hazards for survival in found) else ()


PART = Part(section, topics=_topics)
