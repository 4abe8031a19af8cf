"""The charts as data: which dots, intervals and labels stand on which axis."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Mark, MarkGroup, Panel, Plot
from abtest.report.sections import levels
from abtest.report.sections.headline import units
from abtest.report.view import View, arm_result, is_mean, is_time, shown, verdict_tone
from abtest.words.numbers import Scale
from abtest.words.scales import scales
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import ArmResult, Comparison, Effect, MetricResult


def _subtitle(view: View, *, adjusted: bool) -> str:
    message = "chart.interval.adjusted" if adjusted else "chart.interval"
    note = view.say(message, confidence=view.confidence)
    return view.say("chart.subtitle", title=clean(view.analysis.experiment.title), interval_name=note)


def _note(view: View) -> str:
    """Return what an arrow means, shown where there is one."""
    one_sided = any(view.one_sided(metric) for metric in view.analysis.metrics)
    return view.say("chart.clipped.one-sided" if one_sided else "chart.clipped")


def _warning(view: View) -> str:
    return view.say("chart.invalid") if view.invalid else ""


def headline(view: View) -> tuple[Plot, ...]:
    """Return the chart of the first primary metric: each arm's value, and each difference."""
    return (_headline(view),)


def _headline(view: View) -> Plot:
    metric = view.headline_metric()
    if metric is None:
        return _empty(view, "headline", view.say("headline"))
    scale = scales(metric)
    comparisons = {comparison.arm: comparison for comparison in metric.comparisons}
    control = metric.comparisons[0].control if metric.comparisons else None
    values = tuple(_value_mark(view, metric, result, scale.value) for result in metric.arms)
    effects = tuple(
        _effect_mark(view, comparisons[result.arm], shown(comparisons[result.arm]).difference, scale.change)
        if result.arm in comparisons
        else Mark(view.arm(result.arm), None, None, None, view.say("arm.control") if result.arm == control else "")
        for result in metric.arms
    )
    unit = view.say("chart.points") if metric.is_rate else clean(metric.unit)
    if metric.is_rate:
        values_title = view.say("chart.headline.values.rate")
    elif is_time(metric):
        values_title = view.say("chart.headline.values.time", unit=clean(metric.unit))
    else:
        message = {
            (True, True): "chart.headline.values.mean",
            (True, False): "chart.headline.values.plain",
            (False, True): "chart.headline.values.other",
            (False, False): "chart.headline.values.other.plain",
        }[is_mean(metric), bool(unit)]
        values_title = view.say(message, unit=unit)
    message = "chart.headline.difference" if unit else "chart.headline.difference.plain"
    effects_title = view.say(message, control=view.arm(control) if control else view.control, unit=unit)
    hints = (view.say("worse"), view.say("better"))
    lines = levels.lines(view, metric)
    panels = [Panel("", (MarkGroup("", values),), values_title, percent=metric.is_rate, lines=lines)]
    if metric.comparisons:
        ordered = hints if metric.good == "up" else (hints[1], hints[0])
        panels.append(Panel("", (MarkGroup("", effects),), effects_title, zero=True, hints=ordered))
    alt = view.say(
        "chart.alt.headline",
        metric=clean(metric.title),
        values=_values_alt(view, metric),
        effects="; ".join(_effect_alt(view, metric, c) for c in metric.comparisons) or view.numbers.missing,
    )
    adjusted = any(shown(c).adjusted for c in metric.comparisons)
    return Plot(
        "headline",
        view.say("chart.headline", metric=clean(metric.title)),
        _subtitle(view, adjusted=adjusted),
        _note(view),
        alt,
        tuple(panels),
        columns=True,
        warning=_warning(view),
    )


def retention(view: View) -> tuple[Plot, ...]:
    """Return the chart of all rates of all arms."""
    return (_retention(view),)


def _retention(view: View) -> Plot:
    title = view.say("chart.retention")
    rates = [metric for metric in view.analysis.metrics if metric.is_rate]
    if not rates:
        return _empty(view, "retention", title)
    panels = []
    for metric in rates:
        scale = scales(metric).value
        marks = tuple(_value_mark(view, metric, result, scale) for result in metric.arms)
        lines = levels.lines(view, metric)
        panels.append(Panel(clean(metric.title), (MarkGroup("", marks),), percent=True, lines=lines))
    alt = view.say("chart.alt.retention", values="; ".join(f"{clean(m.title)}: {_values_alt(view, m)}" for m in rates))
    subtitle = _subtitle(view, adjusted=False)
    return Plot("retention", title, subtitle, _note(view), alt, tuple(panels), warning=_warning(view))


def effects(view: View) -> tuple[Plot, ...]:
    """Return the chart of all lifts."""
    return (_effects(view),)


def _effects(view: View) -> Plot:
    title = view.say("chart.effects.title", control=view.control)
    groups = []
    alts = []
    for metric in view.analysis.metrics:
        lift = scales(metric).lift
        several = len(metric.comparisons) > 1
        marks = []
        for comparison in metric.comparisons:
            label = view.arm(comparison.arm) if several else clean(metric.title)
            effect = shown(comparison).lift
            verdict = view.verdict(metric, comparison)
            marks.append(_effect_mark(view, comparison, effect, lift, label=label, detail=verdict))
            alts.append(
                f"{clean(metric.title)}, {view.arm(comparison.arm)}: {view.effect_text(effect, lift)}, {verdict}"
            )
        if marks:
            groups.append(MarkGroup(clean(metric.title) if several else "", tuple(marks)))
    if not groups:
        return _empty(view, "effects", title)
    adjusted = any(shown(c).adjusted for metric in view.analysis.metrics for c in metric.comparisons)
    panel = Panel("", tuple(groups), view.say("chart.effects", control=view.control), percent=True, zero=True)
    alt = view.say("chart.alt.effects", values="; ".join(alts))
    return Plot(
        "effects", title, _subtitle(view, adjusted=adjusted), _note(view), alt, (panel,), warning=_warning(view)
    )


def _empty(view: View, plot: str, title: str) -> Plot:
    nothing = view.say("chart.empty")
    return Plot(plot, title, clean(view.analysis.experiment.title), nothing, nothing, (), warning=_warning(view))


def _value_mark(view: View, metric: "MetricResult", result: "ArmResult", scale: Scale) -> Mark:
    label = view.arm(result.arm)
    detail = units(view, result, followed=is_time(metric))
    if result.value is None:
        return Mark(label, None, None, None, view.say("chart.none"), detail, arm=view.place(result.arm))
    text = view.numbers.quantity(result.value, scale)
    low, high = (None if bound is None else bound * scale.factor for bound in (result.low, result.high))
    return Mark(label, result.value * scale.factor, low, high, text, detail, arm=view.place(result.arm))


def _effect_mark(
    view: View, comparison: "Comparison", effect: "Effect", scale: Scale, *, label: str | None = None, detail: str = ""
) -> Mark:
    name = label or view.arm(comparison.arm)
    tone = verdict_tone(view, comparison.verdict)
    if effect.estimate is None and effect.low is None and effect.high is None:
        return Mark(name, None, None, None, view.say("chart.none"), detail, tone=tone)
    low, estimate, high = (None if v is None else v * scale.factor for v in (effect.low, effect.estimate, effect.high))
    text = view.effect_text(effect, scale)
    if effect.low is None and effect.high is None:
        text = view.say("chart.open", estimate=text)
    excludes = (effect.low is not None and effect.low > 0) or (effect.high is not None and effect.high < 0)
    return Mark(name, estimate, low, high, text, detail, tone=tone, closed=excludes)


def _values_alt(view: View, metric: "MetricResult") -> str:
    scale = scales(metric).value
    values = [
        view.say("chart.alt.values", arm=view.arm(result.arm), value=view.numbers.quantity(result.value, scale))
        for result in metric.arms
    ]
    return ", ".join([*values, *(line.label for line in levels.lines(view, metric))])


def _effect_alt(view: View, metric: "MetricResult", comparison: "Comparison") -> str:
    effect = view.effect_text(shown(comparison).difference, scales(metric).change)
    control = arm_result(metric, comparison.control)
    return view.say(
        "chart.alt.effect",
        arm=view.arm(comparison.arm),
        control=view.arm(control.arm if control else comparison.control),
        effect=effect,
    )
