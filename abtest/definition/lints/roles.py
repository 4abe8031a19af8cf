"""What primary metrics and guardrails are asked to carry."""

from collections.abc import Iterator

from abtest.definition.lints.finding import Finding
from abtest.definition.lints.windows import NOMINAL_DAYS, windowed
from abtest.definition.model import Definition
from abtest.grammar.fields import duration_text
from abtest.grammar.time import DAY

MOST_PRIMARIES = 3
MOST_COMPARISONS = 6
EARLY = 0.75
"""A guardrail that ends before this share of the longest primary window misses much of the harm that can come."""


def movable_denominator(definition: Definition) -> Iterator[Finding]:
    """Find primary metrics whose denominator is an outcome too, accepted by an explicit override."""
    for name, metric in definition.metrics.items():
        if metric.traits.conditional and metric.role == "primary" and getattr(metric, "allow_conditional", False):
            yield Finding(
                "movable-denominator",
                ("metrics", name, "allow_conditional"),
                "the treatment can change who or what is in the denominator, so the arms compare different customers: "
                "a cadence that brings back small buyers lowers their average and still earns more; decide on a "
                "metric over all units (retention, count, sum) and keep this one as secondary",
            )


def many_primaries(definition: Definition) -> Iterator[Finding]:
    """Find more primary comparisons than an experiment has power for."""
    primaries = definition.primaries
    treatments = len(definition.treatments)
    family = len(primaries) * treatments
    if len(primaries) <= MOST_PRIMARIES and family <= MOST_COMPARISONS:
        return
    alpha = 1 - definition.analysis.confidence
    if definition.analysis.correction == "none":
        cost = f"without a correction, up to {min(1.0, family * alpha):.2g} of them can be shown by chance alone"
    else:
        cost = (
            f"they share one error rate, so that one may have to pass {alpha * 100 / family:.2g} % instead of "
            f"{alpha * 100:.3g} %, which takes a larger effect or more units"
        )
    yield Finding(
        "many-primaries",
        ("metrics",),
        f"{len(primaries)} primary metrics in {treatments} treatment arm{'s' if treatments > 1 else ''} are {family} "
        f"comparisons: {cost}; keep the one to three metrics that decide as primary and make the others secondary",
    )


def guardrail_without_margin(definition: Definition) -> Iterator[Finding]:
    """Find guardrails that can only be shown to be harmed, never to be safe."""
    for name, metric in definition.metrics.items():
        if metric.role != "guardrail" or metric.margin is not None:
            continue
        cure = (
            f"add `margin`, the largest harm that you would accept, such as {_example(metric.kind)}"
            if metric.traits.margins
            else f"{metric.traits.noun} has no margin, so guard a rate, count or sum instead"
        )
        yield Finding(
            "guardrail-without-margin",
            ("metrics", name),
            "without a margin the guardrail only stops an arm that is significantly worse, and a small experiment "
            f"shows nothing either way: not significant is not the same as safe; {cure}",
        )


def _example(kind: str | None) -> str:
    return "5% (of the control's value)" if kind == "mean" else "1pp or 5%"


def guardrail_ends_early(definition: Definition) -> Iterator[Finding]:
    """Find guardrails that stop looking long before the primary metrics do."""
    ends = {part.name: _end(part.outcome.window or (0, 0), part.outcome.clock) for part in windowed(definition)}
    primaries = {name: ends[name] for name in definition.primaries if name in ends}
    if not primaries:
        return
    longest = max(primaries, key=lambda name: primaries[name])
    for part in windowed(definition):
        if part.metric.role == "guardrail" and ends[part.name] < EARLY * primaries[longest]:
            yield Finding(
                "guardrail-ends-early",
                part.path,
                f"ends {duration_text(ends[part.name])} after the assignment, but {longest} looks until "
                f"{duration_text(primaries[longest])}: harm that comes later, such as unsubscribes after many sends, "
                "is not seen when the arm is shipped; let the window end with that of the primary metric",
            )


def _end(window: tuple[int, int], clock: str) -> int:
    """Return the window's end in seconds; for calendar periods, that of a unit that enters at the end of its own."""
    return (window[1] - 1) * NOMINAL_DAYS[clock] * DAY if clock in NOMINAL_DAYS else window[1]
