"""Many questions at once: the primary comparisons share one correction, and their intervals follow it."""

from abtest.analysis.estimate import Estimator, effect, verdict
from abtest.analysis.result import MetricResult
from abtest.definition.model import Definition
from abtest.stats.corrections import adjust, effective_confidence


def family_name(definition: Definition) -> str:
    """Say which comparisons share the correction."""
    primaries = [name for name, metric in definition.metrics.items() if metric.role == "primary"]
    count = len(primaries) * len(definition.treatments)
    if count == 1:
        return f"the one primary comparison ({primaries[0]}); no correction is needed"
    treatments = len(definition.treatments)
    return f"{count} primary comparisons: {', '.join(primaries)}, {treatments} arm(s) against the control"


def corrected(
    definition: Definition, results: list[MetricResult], estimators: dict[str, Estimator]
) -> list[MetricResult]:
    """Return the metrics with adjusted p-values and intervals on the primary comparisons.

    A comparison's adjusted interval is its own method at the level at which the correction tested it, so it excludes 0
    exactly when the adjusted p-value is below α.
    """
    settings = definition.analysis
    family = [
        (metric.name, place)
        for metric in results
        if metric.role == "primary"
        for place in range(len(metric.comparisons))
    ]
    by_name = {metric.name: metric for metric in results}
    p_values = [by_name[name].comparisons[place].p_value for name, place in family]
    if len(family) < 2 or settings.correction == "none":
        return results
    names = [arm.name for arm in definition.arms]
    control = names.index(definition.control.name)
    for (name, place), p_value, adjusted in zip(family, p_values, adjust(p_values, settings.correction), strict=True):
        metric = by_name[name]
        comparison = metric.comparisons[place]
        if adjusted is None:
            continue
        level = effective_confidence(p_value, adjusted, settings.confidence)
        wider = estimators[name].compare(names.index(comparison.arm), control, level)
        declared = definition.metrics[name]
        changed = comparison.model_copy(
            update={
                "adjusted_p_value": adjusted,
                "adjusted_difference": effect(wider.difference),
                "adjusted_lift": effect(wider.lift),
                "verdict": verdict(
                    adjusted, comparison.difference.estimate, declared, 1 - settings.confidence, comparison.margin
                ),
            }
        )
        comparisons = [changed if index == place else other for index, other in enumerate(metric.comparisons)]
        by_name[name] = metric.model_copy(update={"comparisons": comparisons})
    return [by_name[metric.name] for metric in results]
