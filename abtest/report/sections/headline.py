"""The headline effect, for page 1, the card and the top of the terminal, and the other metrics at a glance."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Cell, Column, Headline, RowGroup, Table, Tile, Tone
from abtest.report.sections import levels, plain_words, windows
from abtest.report.sections.cells import Notes, effect_note
from abtest.report.view import ShownEffect, View, adjusts_margin, arm_result, is_time, sentence, shown, verdict_tone
from abtest.words.numbers import Scale
from abtest.words.scales import exact, scales
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import ArmResult, Comparison, Effect, MetricResult


_AT_A_GLANCE = 4
_URGENCY = {"harmed": 0, "worse": 1, "not shown safe": 2}


def glance(view: View) -> tuple[str, tuple[Tile, ...]]:
    """Return the other metrics for the card, under their heading: what harms first, then guardrails, then the rest."""
    first = view.headline_metric()
    others = [(metric, c) for metric in view.analysis.metrics if metric is not first for c in metric.comparisons]
    lead = view.lead(first) if first else None
    if lead is not None:  # the card tells of one arm: so do its other metrics
        others = [(metric, c) for metric, c in others if c.arm == lead.arm]
    others.sort(key=lambda pair: (_URGENCY.get(pair[1].verdict, 3), pair[0].role != "guardrail"))
    tiles = tuple(_glance_tile(view, metric, comparison) for metric, comparison in others[:_AT_A_GLANCE])
    more = len(others) - len(tiles)
    title = view.say("glance.more" if more else "glance", control=view.control, confidence=view.confidence, count=more)
    return title, tiles


def _glance_tile(view: View, metric: "MetricResult", comparison: "Comparison") -> Tile:
    effect, scale = shown(comparison).difference, scales(metric).change
    label = clean(metric.title)
    if len(metric.comparisons) > 1:
        label = view.say("glance.label", metric=label, arm=view.arm(comparison.arm))
    details = [view.join([view.say(f"role.{metric.role}"), view.verdict(metric, comparison)])]
    if effect.low is not None or effect.high is not None:
        details.insert(0, view.numbers.interval(effect.low, effect.high, scale, signed=True))
    elif effect.estimate is not None:
        details.insert(0, view.say("glance.open"))
    tone: Tone = verdict_tone(view, comparison.verdict)
    return Tile(label, view.numbers.quantity(effect.estimate, scale, signed=True), tuple(details), tone)


def headline(view: View) -> Headline | None:
    """Return the effect on the headline metric: tiles for one comparison, a table for several."""
    metric = view.headline_metric()
    if metric is None:
        return None
    lead = view.lead(metric)
    return Headline(
        title=clean(metric.title),
        details=metric_details(view, metric),
        plain=plain_words.sentence(view, metric, lead) if lead and not view.invalid else "",
        beside="" if lead else levels.finding(view, metric),
        tiles=_tiles(view, metric, lead) if lead else (),
        table=_table(view, metric) if lead is None and metric.comparisons else None,
    )


def metric_details(view: View, metric: "MetricResult") -> str:
    """Return ``primary · more is better · days 28 to 56 after assignment · margin 1 pp``."""
    good = view.say(f"good.{metric.good}.time" if is_time(metric) else f"good.{metric.good}")
    method = view.say("time.method") if is_time(metric) else ""
    window = windows.window(view, metric)
    return view.join([view.say(f"role.{metric.role}"), good, window, method, margin(view, metric)])


def units(view: View, result: "ArmResult", *, followed: bool) -> str:
    """Return what a value rests on: ``3 412 of 7 590`` for a rate, ``n = 7 590``, or ``7 590 units followed``."""
    n = view.numbers.count(result.n)
    if result.numerator is not None:
        return view.say("headline.arm.rate", numerator=view.numbers.count(result.numerator), n=n)
    return view.say("headline.arm.followed" if followed else "headline.arm.mean", n=n)


def margin(view: View, metric: "MetricResult") -> str:
    """Return what is tested against the metric's margin as text, or an empty one."""
    found = next((c.margin for c in metric.comparisons if c.margin), None)
    if found is None:
        return ""
    message = f"margin.{found.test}"
    if found.scale == "relative":
        return view.say(message, margin=view.numbers.share(abs(found.value), 2))
    scale = exact(scales(metric).change, found.value)
    return view.say(message, margin=view.numbers.quantity(abs(found.value), scale))


def _tiles(view: View, metric: "MetricResult", lead: "Comparison") -> tuple[Tile, ...]:
    scale, effect = scales(metric), shown(lead)
    tone: Tone = verdict_tone(view, lead.verdict)
    missing = view.say("headline.not estimable")
    control = view.arm(lead.control)
    tiles = [
        _arm_tile(view, metric, arm_result(metric, lead.control), lead.control, lead),
        _arm_tile(view, metric, arm_result(metric, lead.arm), lead.arm, lead),
        Tile(
            view.say("headline.difference", control=control),
            view.numbers.quantity(effect.difference.estimate, scale.change, signed=True),
            _interval_lines(view, effect, "difference", metric, margin=adjusts_margin(lead)),
            tone,
        ),
    ]
    if effect.lift.estimate is not None or effect.lift.low is not None or effect.lift.high is not None:
        value = view.numbers.quantity(effect.lift.estimate, scale.lift, signed=True)
        lines = _interval_lines(view, effect, "lift", metric)
        tiles.append(Tile(view.say("headline.lift", control=control), value, lines, tone))
    else:
        reason = sentence(view.why(effect.lift) or view.why(lead) or missing)
        tiles.append(Tile(view.say("headline.lift", control=control), view.numbers.missing, (reason,), "muted"))
    return tuple(tiles)


def _interval_lines(
    view: View, effect: ShownEffect, part: str, metric: "MetricResult", *, margin: bool = False
) -> tuple[str, ...]:
    shown_part = effect.lift if part == "lift" else effect.difference
    scale = scales(metric).lift if part == "lift" else scales(metric).change
    if shown_part.low is None and shown_part.high is None:
        reason = clean(view.why(shown_part) or view.say("headline.not estimable"))
        return (sentence(reason) if shown_part.estimate is None else view.say("headline.open", reason=reason),)
    interval = view.numbers.interval(shown_part.low, shown_part.high, scale, signed=True)
    name = view.interval_name(metric, adjusted=effect.adjusted, short=True)
    if part == "lift" or effect.p_value is None:
        return (interval, name)
    p_message = "headline.p.adjusted" if effect.adjusted else "headline.p"
    p_message += ".margin" if margin else ""
    return (interval, view.join([name, view.say(p_message, p=view.numbers.p_value(effect.p_value, view.alpha))]))


def _arm_tile(view: View, metric: "MetricResult", result: "ArmResult | None", arm: str, lead: "Comparison") -> Tile:
    label = view.arm(arm)
    if result is None or result.value is None:
        reason = sentence((view.why(result) if result else None) or view.say("headline.not estimable"))
        return Tile(label, view.numbers.missing, (reason,), "muted")
    control = (view.say("arm.control"),) if arm == _control_of(metric) else ()
    own = lead.adjusted_values
    adjusted: tuple[str, ...] = ()
    if own is not None:
        value = (own.control if arm == lead.control else own.arm).estimate
        adjusted = (view.say("cell.adjusted value", value=view.numbers.quantity(value, scales(metric).value)),)
    counted = units(view, result, followed=is_time(metric))
    details = (counted, *adjusted, *control, *levels.readings(view, metric, result))
    tone: Tone = "muted" if view.invalid else "plain"
    return Tile(label, view.numbers.quantity(result.value, scales(metric).value), details, tone)


def _control_of(metric: "MetricResult") -> str | None:
    return metric.comparisons[0].control if metric.comparisons else None


def _table(view: View, metric: "MetricResult") -> Table:
    """Return the comparisons of the headline metric, one row each, under the control's row."""
    scale = scales(metric)
    adjusted = any(shown(c).adjusted for c in metric.comparisons)
    notes = Notes()
    control = arm_result(metric, metric.comparisons[0].control)
    rows = [
        (
            Cell(view.arm(metric.comparisons[0].control), (view.say("arm.control"),)),
            Cell(view.numbers.count(control.n if control else None)),
            Cell(view.numbers.quantity(control.value if control else None, scale.value)),
            *(Cell("") for _ in range(4)),
        )
    ]
    for comparison in metric.comparisons:
        effect, result = shown(comparison), arm_result(metric, comparison.arm)
        margin_note = notes.add(view.say("note.margin.adjusted")) if adjusts_margin(comparison) else None
        rows.append(
            (
                Cell(view.arm(comparison.arm)),
                Cell(view.numbers.count(result.n if result else None)),
                Cell(view.numbers.quantity(result.value if result else None, scale.value)),
                _effect_cell(view, (metric, comparison), effect.difference, scale.change, notes),
                _effect_cell(view, (metric, comparison), effect.lift, scale.lift, notes),
                Cell(view.numbers.p_value(effect.p_value, view.alpha), note=margin_note),
                Cell(view.verdict(metric, comparison), tone=verdict_tone(view, comparison.verdict)),
            )
        )
    columns = (
        Column(view.say("column.arm"), weight=2),
        Column(view.say("column.n"), "right"),
        Column(view.say("column.value"), "right"),
        Column(view.say("column.difference"), "right"),
        Column(view.say("column.lift"), "right"),
        Column(view.say("column.adjusted" if adjusted else "column.p"), "right"),
        Column(view.say("column.verdict"), weight=1),
    )
    title = view.say("table.headline", control=view.arm(metric.comparisons[0].control))
    return Table(title, columns, (RowGroup(tuple(rows)),), notes.texts, muted=view.invalid)


def _effect_cell(
    view: View, pair: "tuple[MetricResult, Comparison]", effect: "Effect", scale: Scale, notes: Notes
) -> Cell:
    note = effect_note(view, *pair, effect, notes)
    bounded = effect.low is not None or effect.high is not None
    interval = (view.numbers.interval(effect.low, effect.high, scale, signed=True),) if bounded else ()
    return Cell(view.numbers.quantity(effect.estimate, scale, signed=True), interval, note=note)
