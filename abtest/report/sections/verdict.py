"""What was tested and what the verdict is, in sentences."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Banner, Fact, Tone
from abtest.report.sections import locking, status
from abtest.report.sections.population import exposure
from abtest.report.view import View, arm_result, sentence, shown
from abtest.words import dates
from abtest.words.scales import scales
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import ArmInfo, MetricResult

_IN_A_SENTENCE = 3
_NAMED = 2  # changed fields that the banner names
_TONES: dict[str, Tone] = {
    "ship": "good",
    "keep control": "neutral",
    "keep running": "caution",
    "inconclusive": "neutral",
    "invalid": "bad",
}


def facts(view: View) -> tuple[Fact, ...]:
    """Return what was tested: arms, enrolment, who, and until when the data goes."""
    experiment = view.analysis.experiment
    period = dates.period(experiment.period_start, experiment.period_end, view.language)
    through = view.analysis.data.through
    found = [
        Fact(view.say("fact.arms"), tuple(_arm_line(view, arm) for arm in experiment.arms) or (view.numbers.missing,)),
        Fact(view.say("fact.who"), _who(view)),
    ]
    if period:
        lines = (view.join([period, experiment.timezone or ""]),)
        found.append(Fact(view.say("fact.period"), lines))
    if through:
        found.append(Fact(view.say("fact.data"), (dates.data_end(through, experiment.timezone, view.language),)))
    lock = locking.fact(view)
    return (*found, *([lock] if lock else []))


def _arm_line(view: View, arm: "ArmInfo") -> str:
    label = view.arm(arm.name)
    details = []
    if label != clean(arm.name):
        details.append(clean(arm.name))
    if arm.control:
        details.append(view.say("arm.control"))
    details.append(view.say("arm.share", share=view.numbers.share(arm.share)))
    if arm.cadence_days is not None:
        days = view.numbers.plain(arm.cadence_days, 0 if float(arm.cadence_days).is_integer() else 1)
        details.append(view.say("arm.cadence.one" if arm.cadence_days == 1 else "arm.cadence", days=days))
    line = view.say("arm.line", arm=label, details=", ".join(details))
    return view.say("arm.described", arm=line, description=clean(arm.description)) if arm.description else line


def _who(view: View) -> tuple[str, ...]:
    experiment = view.analysis.experiment
    lines = []
    if view.analysis.population:
        eligible = view.numbers.count(sum(arm.eligible for arm in view.analysis.population))
        assigned = view.numbers.count(sum(arm.assigned for arm in view.analysis.population))
        lines.append(view.say("who.eligible", eligible=eligible, assigned=assigned))
    unit = view.say("who.unit", unit=clean(experiment.unit)) if experiment.unit else view.say("who.row")
    lines.append(unit)
    if experiment.cluster:
        lines.append(view.say("who.cluster", cluster=clean(experiment.cluster)))
    if experiment.strata:
        lines.append(view.say("who.strata", strata=", ".join(clean(column) for column in experiment.strata)))
    if experiment.eligible:
        lines.append(view.say("who.rule", rule=clean(experiment.eligible)))
    return (view.join(lines), *_triggered(view))


def _triggered(view: View) -> tuple[str, ...]:
    """Return that only exposed units are analysed, where that is so."""
    if not view.analysis.experiment.triggered:
        return ()
    counts = [arm.exposed for arm in view.analysis.population if arm.exposed is not None]
    if not counts:
        return (view.say("who.triggered", exposure=exposure(view)),)
    return (view.say("who.triggered.count", exposed=view.numbers.count(sum(counts)), exposure=exposure(view)),)


def banner(view: View) -> Banner:
    """Return the verdict, with the headline effect (or the failed checks) in a sentence."""
    decision = view.analysis.decision
    if view.invalid:
        failed = " ".join(view.failed)
        sentence = view.say("verdict.failed", message=failed) if failed else view.say("invalid.effects")
        return Banner(view.say("verdict"), view.say("verdict.invalid"), sentence, "bad")
    if decision.exploratory:
        changed = [clean(each.sentence) for each in view.analysis.experiment.deviations if each.decides]
        lead = view.say(
            "verdict.changed", changes="; ".join(changed[:_NAMED]) + ("; …" if len(changed) > _NAMED else "")
        )
        return Banner(view.say("verdict"), view.say("verdict.exploratory"), f"{lead} {_sentence(view)}", "caution")
    told = _sentence(view)
    if decision.because is not None and decision.because.what == "guardrail" and view.reasons:
        # The reason that decides is told before an effect that does not.
        told = f"{view.reasons[0]} {told}"
    return Banner(view.say("verdict"), _title(view), told, _TONES[decision.recommendation])


def _title(view: View) -> str:
    """Return the recommendation with what decides: a metric that is worse or not shown safe, or a date."""
    decision, because = view.analysis.decision, view.analysis.decision.because
    if decision.recommendation == "ship" and decision.arm is None:
        return view.say("verdict.ship.none")
    message = f"verdict.{decision.recommendation}"
    if because is not None and because.metric is not None and because.arm is not None:
        found = next((metric for metric in view.analysis.metrics if metric.name == because.metric), None)
        if found is not None and view.language.knows(f"{message}.{because.what}"):
            fields = {"metric": clean(found.title), "arm": view.arm(because.arm), "control": view.control}
            return view.say(f"{message}.{because.what}", **fields)
    if decision.recommendation == "keep running" and decision.readable_on is not None:
        return view.say("verdict.keep running.on", date=dates.day(decision.readable_on, view.language))
    arm = view.arm(decision.arm) if decision.arm else ""
    return view.say(message, arm=arm, control=view.control)


def _sentence(view: View) -> str:
    if status.alone(view):
        return status.sentence(view)
    metric = view.headline_metric()
    if metric is None:
        return view.say("verdict.no metric")
    lead = view.lead(metric)
    if lead is None:
        if not metric.comparisons:
            return clean(metric.title)
        return _several(view, metric)
    effect = shown(lead)
    if effect.difference.estimate is None:
        reason = sentence(view.why(lead) or view.why(effect.difference) or view.say("note.unknown"))
        return view.say("verdict.missing", metric=clean(metric.title), arm=view.arm(lead.arm), reason=reason)
    scale = scales(metric)
    arm, control = arm_result(metric, lead.arm), arm_result(metric, lead.control)
    value, control_value = (arm.value if arm else None), (control.value if control else None)
    if lead.adjusted_values is not None:  # the difference is that of these two
        value, control_value = lead.adjusted_values.arm.estimate, lead.adjusted_values.control.estimate
    bounded = effect.difference.low is not None or effect.difference.high is not None
    return view.say(
        "verdict.effect" if bounded else "verdict.effect.open",
        reason=clean(view.why(effect.difference) or view.say("note.unknown")).rstrip("."),
        metric=clean(metric.title),
        arm=view.arm(lead.arm),
        control=view.arm(lead.control),
        value=view.numbers.quantity(value, scale.value),
        control_value=view.numbers.quantity(control_value, scale.value),
        like=lead.adjusted_values is not None,
        difference=view.numbers.quantity(effect.difference.estimate, scale.change, signed=True),
        interval_name=view.interval_name(metric, adjusted=effect.adjusted),
        interval=view.numbers.interval(effect.difference.low, effect.difference.high, scale.change, signed=True),
    )


def _several(view: View, metric: "MetricResult") -> str:
    """Return the effects of two or three arms in a sentence, of more arms only their number."""
    count = len(metric.comparisons)
    control = view.arm(metric.comparisons[0].control)
    if count > _IN_A_SENTENCE:
        return view.say("verdict.many", metric=clean(metric.title), count=count, control=control)
    effects = [
        f"{view.arm(c.arm)} {view.effect_text(shown(c).difference, scales(metric).change)}" for c in metric.comparisons
    ]
    found = [shown(comparison).difference for comparison in metric.comparisons]
    bounded = any(effect.low is not None or effect.high is not None for effect in found)
    return view.say(
        "verdict.several" if bounded else "verdict.several.open",
        reason=clean(next(filter(None, map(view.why, found)), view.say("note.unknown"))).rstrip("."),
        metric=clean(metric.title),
        control=control,
        effects="; ".join(effects),
        interval_name=view.interval_name(metric, adjusted=any(shown(c).adjusted for c in metric.comparisons)),
    )
