"""A definition in plain sentences: who is counted, what, when, and how it will be decided. No data is read."""

from collections.abc import Iterator

from abtest.definition.explaining import dates, decision, methods, population
from abtest.definition.explaining.sentences import section, wrap
from abtest.definition.lints import lints
from abtest.definition.model import Definition
from abtest.definition.timeline import all_readable, day_text

_ROLES = {
    "primary": "primary, decides",
    "secondary": "secondary, explains",
    "guardrail": "guardrail, must not get worse",
}


def explain(definition: Definition) -> str:
    """Return the sentences under short headings, wrapped to 100 columns."""
    title = [wrap(definition.title or definition.name)]
    if definition.hypothesis:
        title.append(wrap(f"Hypothesis: {definition.hypothesis}"))
    sections = [
        "\n".join(title),
        section("Arms", population.arms(definition)),
        section("Who is counted", population.population(definition)),
        section("When", [*population.time(definition), *_ready(definition), *_planned(definition)]),
        section("Metrics", _metrics(definition)),
        section("Tests", [*decision.tests(definition), *methods.companions(definition)]),
        section("Decision", decision.decision(definition)),
        section("Warnings", (f"- {_place(found.path)}: {found.message} [{found.code}]" for found in lints(definition))),
    ]
    return "\n\n".join(part for part in sections if part)


def _metrics(definition: Definition) -> Iterator[str]:
    told: dict[object, str] = {}
    for name, metric in definition.metrics.items():
        outcome = definition.outcome(name)
        called = f": {metric.title}" if metric.title else ""
        yield f"- {name}{called} ({_ROLES[metric.role]}; good is {metric.good})"
        if metric.description:
            yield f"  {metric.description}"
        yield f"  {definition.estimand(name)}."
        window = (outcome.window, outcome.clock, outcome.timed)
        if outcome.window is not None and window in told:
            yield f"  Looked at, and mature, on the same dates as {told[window]}."
        else:
            told[window] = name
            yield "  " + " ".join([dates.looked_at(definition, outcome), *dates.maturity(definition, outcome)])
        yield f"  Test: {methods.test(definition, metric, outcome)}."
        for line in methods.further(definition, metric, outcome):
            yield f"  {line}"


def _ready(definition: Definition) -> Iterator[str]:
    """Yield the day on which every unit is mature for what decides."""
    day = all_readable(definition)
    if day is not None:
        then = "nothing is left open then" if definition.analysis.monitoring else "analyse then"
        yield f"- Every unit is mature for every primary metric and guardrail on {day_text(day)}: {then}."


def _planned(definition: Definition) -> Iterator[str]:
    """Yield what was planned before the start."""
    planned = definition.planned
    if planned is None:
        return
    sizes = ", ".join(f"{size} on {name}" for name, size in planned.detectable.items())
    found = f"; with so many, effects can be found of {sizes}" if sizes else ""
    day = f"; readable on {day_text(planned.readable)}" if planned.readable else ""
    yield f"- Planned: {planned.units:,} units of all arms, for a power of {100 * planned.power:.3g} %{found}{day}."


def _place(path: tuple[str | int, ...]) -> str:
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else (f".{part}" if name else part)
    return name
