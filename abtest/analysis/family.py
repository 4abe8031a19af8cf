"""Many questions at once: the primary comparisons share one correction, and their intervals follow it."""

from collections.abc import Mapping

from abtest.analysis.estimate import Estimator
from abtest.analysis.result import Comparison, Effect, MetricResult
from abtest.analysis.verdicts import effect
from abtest.definition.model import Definition
from abtest.metrics.methods import Rates, standard_error
from abtest.stats.corrections import TOO_SURE, adjust, interval_levels
from abtest.stats.dunnett import ArmContrast, dunnett
from abtest.stats.gatekeeping import Inside, gated_levels, gatekeep
from abtest.words.reason import Field, Reason

Key = tuple[str, int]
LEVELS = (1 - 1e-9, 1 - 1e-7, 1 - 1e-5, 1 - 1e-3)
"""Levels to fall back on."""
CLOSED = Reason("why-gate-closed")


def family_of(definition: Definition) -> Reason:
    """Say which comparisons share the correction."""
    primaries: list[Field] = [name for name, metric in definition.metrics.items() if metric.role == "primary"]
    arms, gatekeeping = len(definition.treatments), definition.analysis.gatekeeping
    count = len(primaries) * arms
    if count == 1:
        return Reason.of("family-one", names=primaries, gatekeeping=gatekeeping)
    return Reason.of("family-several", n=count, names=primaries, arms=arms, gatekeeping=gatekeeping)


def corrected(
    definition: Definition, results: list[MetricResult], estimators: Mapping[str, Estimator]
) -> list[MetricResult]:
    """Return the metrics with adjusted p-values and intervals on the primary comparisons (gatekeeping: secondary too).

    A comparison's adjusted interval is its own method at the level at which the correction tested it, so it excludes 0
    exactly when the adjusted p-value is below α.
    """
    by_name = {metric.name: metric for metric in results}
    families = [_keys(results, "primary")]
    if definition.analysis.gatekeeping:
        families.append(_keys(results, "secondary"))
    if sum(len(family) for family in families) < 2 or definition.analysis.correction == "none":
        return results
    for key, adjusted, level in _adjusted(definition, families, by_name, estimators):
        name, place = key
        if len(families[0]) == 1 and key == families[0][0]:
            continue  # the one primary comparison is as it was
        comparison = by_name[name].comparisons[place]
        changed = _widened(definition, estimators[name], comparison, adjusted, level)
        comparisons = [changed if i == place else other for i, other in enumerate(by_name[name].comparisons)]
        by_name[name] = by_name[name].model_copy(update={"comparisons": comparisons})
    return [by_name[metric.name] for metric in results]


def _keys(results: list[MetricResult], role: str) -> list[Key]:
    return [(m.name, place) for m in results if m.role == role for place in range(len(m.comparisons))]


def _adjusted(
    definition: Definition,
    families: list[list[Key]],
    metrics: Mapping[str, MetricResult],
    estimators: Mapping[str, Estimator],
) -> list[tuple[Key, float, float | None]]:
    """Return for each comparison with a p-value its adjusted one, and the level of the interval that goes with it.

    The level is ``None`` behind a closed gate: it is not tested, so no interval can promise anything.
    """
    settings = definition.analysis
    p_values = [[_p_value(definition, metrics[name], place) for name, place in family] for family in families]
    if settings.correction == "dunnett":
        by_arm = _dunnett(definition, families[0], metrics, estimators)
        families, p_values = families[:1], p_values[:1]
        adjusted = [[p for p, _ in by_arm]]
        levels: list[list[float | None]] = [[level for _, level in by_arm]]
    elif settings.gatekeeping:
        inside: Inside = "hochberg" if settings.correction == "hochberg" else "holm"
        inside = "bonferroni" if settings.correction == "bonferroni" else inside
        adjusted = gatekeep(p_values, inside)
        levels = gated_levels(p_values, inside, settings.confidence)
    else:
        adjusted = [adjust(family, settings.correction) for family in p_values]
        levels = [[*interval_levels(family, settings.correction, settings.confidence)] for family in p_values]
    found = []
    for family, raw, values, family_levels in zip(families, p_values, adjusted, levels, strict=True):
        for key, p_value, corrected_p, level in zip(family, raw, values, family_levels, strict=True):
            if corrected_p is not None:
                found.append((key, corrected_p, level))
            elif p_value is not None:
                found.append((key, 1.0, None))  # behind a closed gate: it has a p-value and is not tested
    return found


def _dunnett(
    definition: Definition, family: list[Key], metrics: Mapping[str, MetricResult], estimators: Mapping[str, Estimator]
) -> list[tuple[float | None, float]]:
    """Dunnett over the arms of each primary metric; several primary metrics share α by Bonferroni."""
    confidence = definition.analysis.confidence
    names = list(dict.fromkeys(name for name, _ in family))
    level = 1 - (1 - confidence) / len(names)
    found: dict[Key, tuple[float | None, float]] = {}
    for name in names:
        contrasts = [_contrast(estimators[name], comparison, confidence) for comparison in metrics[name].comparisons]
        for place, arm in enumerate(dunnett(contrasts, level).arms):
            p_value = None if arm.p_value is None else min(1.0, arm.p_value * len(names))
            found[(name, place)] = (p_value, arm.confidence)
    return [found[key] for key in family]


def _contrast(estimator: Estimator, comparison: Comparison, confidence: float) -> ArmContrast:
    arm = estimator.names.index(comparison.arm)
    result = estimator.compare(arm, confidence)
    error = standard_error(result, confidence)
    control, treated = (_arm_variance(estimator, place) for place in (estimator.control, arm))
    share = control / (control + treated) if control + treated else 0.5
    usable = result.p_value is not None and error
    return ArmContrast(
        result.difference.estimate if usable else None, error if usable else None, share, result.degrees_of_freedom
    )


def _arm_variance(estimator: Estimator, arm: int) -> float:
    """Return the sampling variance of one arm's value, up to a factor that the arms share: under the null for rates."""
    if isinstance(estimator.method, Rates):
        n = estimator.method.rates[arm].n
        return 1 / n if n else 0.0
    value = estimator.method.value(arm, estimator.confidence)
    return (value.high - value.low) ** 2 if value.low is not None and value.high is not None else 0.0


def _p_value(definition: Definition, metric: MetricResult, place: int) -> float | None:
    """Return the p-value that a comparison brings into its family: of the margin where that is what it tests.

    A margin's p-value is one-sided at half of α, so twice it stands beside two-sided ones.
    """
    comparison = metric.comparisons[place]
    margin = comparison.margin
    if margin is not None and margin.p_value is not None and definition.metrics[metric.name].test is not None:
        return min(1.0, 2 * margin.p_value)
    return comparison.p_value


def _widened(
    definition: Definition, estimator: Estimator, comparison: Comparison, adjusted: float, level: float | None
) -> Comparison:
    alpha = 1 - definition.analysis.confidence
    arm = estimator.names.index(comparison.arm)
    if level is None or (adjusted >= alpha and level > LEVELS[0]):
        # The gate of an earlier family is closed; or another arm has so few units that Dunnett's critical value is out
        # of reach, and no level that can be computed says that this one is not shown.
        reason = CLOSED if level is None else TOO_SURE
        closed = Effect(estimate=comparison.difference.estimate, low=None, high=None, reason=reason)
        lift = closed.model_copy(update={"estimate": comparison.lift.estimate})
        margin, wider = comparison.margin, (closed, lift)
        margin = margin.model_copy(update={"shown": False}) if margin else None
    else:
        # Dunnett's critical value may ask for a level nearer to 1 than an interval can be computed at. Where it shows
        # something, the next level that can be computed excludes 0 as well.
        lower = [other for other in LEVELS if other < level] if adjusted < alpha else []
        for computed in (min(level, LEVELS[0]), *lower):
            result, margin = estimator.compare(arm, computed), estimator.margin(arm, computed)
            if result.difference.low is not None or result.difference.high is not None:
                break
        wider = (effect(result.difference), effect(result.lift))
    significant = adjusted < alpha
    if margin is not None:
        # The adjusted p-value is the margin's; whether the arm is worse is read from the interval at the same level.
        low, high = wider[0].low, wider[0].high
        significant = (low is not None and low > 0) or (high is not None and high < 0)
    return comparison.model_copy(
        update={
            "adjusted_p_value": adjusted,
            "adjusted_difference": wider[0],
            "adjusted_lift": wider[1],
            "margin": margin,
            "verdict": estimator.verdict(significant, comparison.difference.estimate, margin),
        }
    )
