"""How many questions are asked, and what is decided: the rules of ``abtest.analysis.decision``, in words."""

from collections.abc import Iterator

from abtest.definition.explaining.sentences import listed, percent, plural
from abtest.definition.model import Definition

_CORRECTIONS = {
    "holm": "corrected by Holm's method",
    "hochberg": "corrected by Hochberg's method",
    "bonferroni": "corrected by Bonferroni's method",
    "bh": "corrected for the false discovery rate (Benjamini–Hochberg)",
    "by": "corrected for the false discovery rate under any dependence (Benjamini–Yekutieli)",
    "dunnett": "corrected by Dunnett's method over the arms, and by Bonferroni's over the metrics",
    "none": "not corrected",
}


def tests(definition: Definition) -> Iterator[str]:
    """Yield the level of the tests and the families that share a correction."""
    settings = definition.analysis
    level = percent(1 - settings.confidence)
    if settings.alternative == "one-sided":
        yield (
            f"- Intervals at {percent(settings.confidence)}. Primary and secondary metrics are tested one-sided, at "
            f"{level} in their good direction only, so that none is ever shown to be worse; guardrails two-sided."
        )
    else:
        yield f"- Intervals at {percent(settings.confidence)}; tests are two-sided, at {level}."
    if settings.monitoring is not None:
        yield (
            "- Results may be looked at any time (confidence sequences, valid at every look); the intervals are "
            f"tightest at {settings.monitoring.planned:,} units with a value."
        )
    else:
        yield "- Results are read once. Looking again and again until something is significant is not valid."
    yield _family(definition)
    if settings.gatekeeping:
        yield "- Secondary metrics are tested after all primary ones, within the same error rate (gatekeeping)."
    elif any(metric.role == "secondary" for metric in definition.metrics.values()):
        yield "- Secondary metrics explain; they stand outside the family, each at its own level."


def _family(definition: Definition) -> str:
    primaries, treatments = definition.primaries, definition.treatments
    count = len(primaries) * len(treatments)
    against = f"{listed([arm.name for arm in treatments])} against {definition.control.name}"
    what = f"- Family: {plural(count, 'primary comparison')} ({listed(primaries)}: {against})"
    if count == 1:
        return f"{what}; no correction is needed."
    return f"{what}, {_CORRECTIONS[definition.analysis.correction]}."


def decision(definition: Definition) -> Iterator[str]:
    """Yield the rules in the order in which they are tried."""
    guardrails = [name for name, metric in definition.metrics.items() if metric.role == "guardrail"]
    one = len(definition.treatments) == 1
    yield (
        "1. A failed health check (such as arms that do not split as planned, p < 0.001) makes the analysis invalid, "
        "whatever the effects."
    )
    yield "2. " + _ships(definition, guardrails, one=one)
    wait = _wait(definition, guardrails)
    if guardrails:
        yield f"3. Where {'it' if one else 'an arm'} would ship but for a guardrail that is not shown safe: {wait}."
    whom = f"{definition.treatments[0].name} is" if one else "every arm is"
    harm = f" or harms a guardrail ({listed(guardrails, 'or')})" if guardrails else ""
    yield f"{4 if guardrails else 3}. Where {whom} worse on a primary metric{harm}: keep {definition.control.name}."
    yield f"{5 if guardrails else 4}. Otherwise {wait}."
    yield from _meanings(definition, guardrails)


def _wait(definition: Definition, guardrails: list[str]) -> str:
    """Return what happens while nothing is shown."""
    deciding = [*definition.primaries, *guardrails]
    if not any(definition.outcome(name).window for name in deciding):
        return "inconclusive"
    what = "primary metrics and guardrails" if guardrails else "primary metrics"
    return f"keep running while units are immature for {what}, else inconclusive"


def _ships(definition: Definition, guardrails: list[str], *, one: bool) -> str:
    primaries = definition.primaries
    corrected = " at the corrected level" if len(primaries) * len(definition.treatments) > 1 else ""
    arm = definition.treatments[0].name if one else "An arm"
    if len(primaries) == 1:
        better = f"{primaries[0]} is better{corrected}"
    else:
        better = f"one of {listed(primaries)} is better{corrected}, none of them is worse"
    safe = f" and {_safe(guardrails)}" if guardrails else ""
    several = "" if one else f" Of several, the one with the largest effect on {primaries[0]} ships."
    return f"{arm} ships where {better}{',' if safe and len(primaries) > 1 else ''}{safe}.{several}"


def _safe(guardrails: list[str]) -> str:
    return f"the guardrail {guardrails[0]} is safe" if len(guardrails) == 1 else f"{listed(guardrails)} are all safe"


def _meanings(definition: Definition, guardrails: list[str]) -> Iterator[str]:
    """Yield what the words of the rules mean here."""
    margined = [name for name in guardrails if definition.metrics[name].margin is not None]
    free = [name for name in guardrails if definition.metrics[name].margin is None]
    if margined:
        yield (
            f"- {listed(margined)}: safe when {'its margin is' if len(margined) == 1 else 'their margins are'} shown; "
            "harmed when significantly worse and that is not shown."
        )
    if free:
        yield f"- {listed(free)}: without a margin, harmed when significantly worse, and else in no arm's way."
    tested = [name for name in definition.primaries if definition.metrics[name].margin is not None]
    if tested:
        yield (
            f"- {listed(tested)}: better means shown against the margin; twice the one-sided p-value stands in the "
            "family, and the margin is judged at the level that the correction leaves."
        )
