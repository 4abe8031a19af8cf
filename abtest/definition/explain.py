"""A definition in plain sentences: who is counted, what, when, and how it will be decided."""

import textwrap

from abtest.definition.model import Definition


def explain(definition: Definition) -> str:
    """Return the sentences, wrapped to 100 columns."""
    lines = [definition.title or definition.name]
    if definition.hypothesis:
        lines.append(f"Hypothesis: {definition.hypothesis}")
    total = sum(arm.weight for arm in definition.arms)
    arms = "; ".join(
        f"{arm.name}{' (control)' if arm.control else ''}, {arm.weight / total:.1%} of the units"
        for arm in definition.arms
    )
    lines += ["", f"Arms: {arms}."]
    lines.append(_population(definition))
    lines.append(_time(definition))
    lines += ["", "Metrics"]
    for name, metric in definition.metrics.items():
        margin = f" It must not be worse by more than {metric.margin}." if metric.margin else ""
        lines.append(f"- {name} ({metric.role}, good is {metric.good}): {metric.estimand(name)}.{margin}")
    settings = definition.analysis
    primaries = [name for name, metric in definition.metrics.items() if metric.role == "primary"]
    family = len(primaries) * len(definition.treatments)
    lines += ["", "Tests and decision"]
    lines.append(
        "- Rates: Miettinen–Nurminen score test and intervals. Means: Welch's test, lift by Fieller. "
        f"Intervals at {settings.confidence:.0%}."
    )
    correction = "no correction is needed" if family == 1 else f"correction: {settings.correction}"
    lines.append(
        f"- Family: {family} primary comparison{'s' if family > 1 else ''} ({', '.join(primaries)}); {correction}."
    )
    lines.append(
        "- An arm ships when a primary metric is better, none is worse, every guardrail is safe, "
        "and no health check fails."
    )
    return "\n".join(
        textwrap.fill(line, 100, subsequent_indent="  " if line.startswith("-") else "") if line else ""
        for line in lines
    )


def _population(definition: Definition) -> str:
    if definition.population.eligible:
        condition = definition.population.eligible
        return f"Counted: units for which {condition}. All others are left out, whatever they do later."
    return "Counted: every unit with an arm."


def _time(definition: Definition) -> str:
    if not definition.timed:
        return "Outcomes stand in the customers table; nothing depends on time."
    period = definition.period
    when = ""
    if period is not None:
        when = f" Units assigned from {period.start}" + (f" to {period.end}" if period.end else "") + " are counted."
    through = f"the end of {period.through}" if period and period.through else "the last event"
    return (
        "Windows are exact 24-hour days from each unit's assignment; a unit counts for a metric once its whole "
        f"window lies before the data's end ({through}).{when}"
    )
