"""The rules between what is expected (`plan`), what was planned (`planned`), and the rest of a definition."""

from collections.abc import Iterator

from abtest.definition.model import Definition
from abtest.grammar.fields import nearest
from abtest.grammar.nodes import Problem


def plan_problems(definition: Definition) -> Iterator[Problem]:
    """Return what is wrong between `plan`, `planned` and the rest."""
    plan, planned = definition.plan, definition.planned
    for part, names in (
        (("plan", "metrics"), plan.metrics if plan else {}),
        (("planned", "detectable"), planned.detectable if planned else {}),
    ):
        for name in names:
            if name not in definition.metrics:
                yield Problem(
                    (*part, name), f"{name!r} is not a metric{nearest(name, definition.metrics)}", on_key=True
                )
    if plan is None:
        return
    arms = [arm.name for arm in definition.arms]
    for arm in plan.cost:
        if arm not in arms:
            yield Problem(("plan", "cost", arm), f"{arm!r} is not an arm{nearest(arm, arms)}", on_key=True)
    if plan.clusters is not None and definition.cluster is None:
        yield Problem(("plan", "clusters"), "has no meaning without `cluster`; add it, or remove this", on_key=True)
    for name, expected in plan.metrics.items():
        metric, here = definition.metrics.get(name), ("plan", "metrics", name)
        if metric is None or expected.baseline is None:
            continue
        share = metric.is_rate or (metric.traits.times and expected.baseline.percent)
        if share and not 0 < expected.baseline.value < 1:
            yield Problem((*here, "baseline"), "must lie between 0 and 1 (0 and 100 %): it is a share of units")
        if metric.is_mean and not metric.traits.times and expected.baseline.percent:
            yield Problem((*here, "baseline"), "must be a number in the metric's unit: its values are no shares")
