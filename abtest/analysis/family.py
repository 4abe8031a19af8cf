"""Many questions at once: the primary comparisons share one correction, and their intervals follow it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from abtest.analysis.contrasts import Contrasts
from abtest.analysis.inference import settled
from abtest.analysis.result import Comparison, Effect, MetricResult
from abtest.analysis.verdicts import effect
from abtest.metrics.methods import standard_error
from abtest.stats.corrections import TOO_SURE, Correction, adjust, interval_levels
from abtest.stats.dunnett import ArmContrast, dunnett
from abtest.stats.gatekeeping import Inside, gated_levels, gatekeep
from abtest.stats.values import Estimate
from abtest.words.reason import Field, Reason

if TYPE_CHECKING:
    from abtest.definition.model import Definition

Key = tuple[str, int]
LEVELS = (1 - 1e-9, 1 - 1e-7, 1 - 1e-5, 1 - 1e-3)
"""Levels to fall back on."""
CLOSED = Reason("why-gate-closed")


def family_of(definition: "Definition") -> Reason:
    """Say which comparisons share the correction."""
    primaries: list[Field] = [name for name, metric in definition.metrics.items() if metric.role == "primary"]
    arms, gatekeeping = len(definition.treatments), definition.analysis.gatekeeping
    count = len(primaries) * arms
    if count == 1:
        return Reason.of("family-one", names=primaries, gatekeeping=gatekeeping)
    return Reason.of("family-several", n=count, names=primaries, arms=arms, gatekeeping=gatekeeping)


@dataclass(frozen=True, slots=True)
class Correcting:
    """How many questions are corrected: over which families, by what, at which confidence.

    ``roles``: the families in the order of their gates; one, unless there is gatekeeping.
    """

    confidence: float
    correction: Correction | Literal["dunnett"]
    roles: tuple[str, ...] = ("primary",)

    @classmethod
    def of(cls, definition: "Definition") -> "Correcting":
        """Return what the definition asks for."""
        settings = definition.analysis
        roles = ("primary", "secondary") if settings.gatekeeping else ("primary",)
        return cls(settings.confidence, settings.correction, roles)

    @property
    def alpha(self) -> float:
        """One minus the confidence."""
        return 1 - self.confidence


@dataclass(frozen=True, slots=True)
class _Adjusted:
    """An adjusted p-value, and the level of the interval that goes with it.

    ``level`` is ``None`` behind a closed gate: it is not tested, so no interval can promise anything. ``own``: the
    interval of the difference that the correction itself gives, where it does.
    """

    key: Key
    p_value: float
    level: float | None
    own: Estimate | None = None


def corrected(how: Correcting, results: list[MetricResult], contrasts: Mapping[str, Contrasts]) -> list[MetricResult]:
    """Return the metrics with adjusted p-values and intervals on the primary comparisons (gatekeeping: secondary too).

    A comparison's adjusted interval is its own method at the level at which the correction tested it, so it excludes 0
    exactly when the adjusted p-value is below α.
    """
    by_name = {metric.name: metric for metric in results}
    families = [_keys(results, role) for role in how.roles]
    if sum(len(family) for family in families) < 2 or how.correction == "none":
        return results
    for adjusted in _adjusted(how, families, by_name, contrasts):
        name, place = adjusted.key
        if len(families[0]) == 1 and adjusted.key == families[0][0]:
            continue  # the one primary comparison is as it was
        comparison = by_name[name].comparisons[place]
        changed = _widened(how.alpha, how.correction, contrasts[name], comparison, adjusted)
        comparisons = [changed if i == place else other for i, other in enumerate(by_name[name].comparisons)]
        by_name[name] = by_name[name].model_copy(update={"comparisons": comparisons})
    return [by_name[metric.name] for metric in results]


def _keys(results: list[MetricResult], role: str) -> list[Key]:
    return [(m.name, place) for m in results if m.role == role for place in range(len(m.comparisons))]


def _adjusted(
    how: Correcting,
    families: list[list[Key]],
    metrics: Mapping[str, MetricResult],
    contrasts: Mapping[str, Contrasts],
) -> list[_Adjusted]:
    """Return for each comparison with a p-value its adjusted one, and the level of the interval that goes with it."""
    if how.correction == "dunnett":
        return _dunnett(how, families[0], metrics, contrasts)
    p_values = [[_p_value(contrasts[name], metrics[name], place) for name, place in family] for family in families]
    if len(families) > 1:
        inside: Inside = "hochberg" if how.correction == "hochberg" else "holm"
        inside = "bonferroni" if how.correction == "bonferroni" else inside
        adjusted = gatekeep(p_values, inside)
        levels = gated_levels(p_values, inside, how.confidence)
    else:
        adjusted = [adjust(family, how.correction) for family in p_values]
        levels = [[*interval_levels(family, how.correction, how.confidence)] for family in p_values]
    found = []
    for family, raw, values, family_levels in zip(families, p_values, adjusted, levels, strict=True):
        for key, p_value, corrected_p, level in zip(family, raw, values, family_levels, strict=True):
            if corrected_p is not None:
                found.append(_Adjusted(key, corrected_p, level))
            elif p_value is not None:
                found.append(_Adjusted(key, 1.0, None))  # behind a closed gate: it has a p-value and is not tested
    return found


def _dunnett(
    how: Correcting, family: list[Key], metrics: Mapping[str, MetricResult], contrasts: Mapping[str, Contrasts]
) -> list[_Adjusted]:
    """Dunnett over the arms of each primary metric; several primary metrics share α by Bonferroni."""
    names = list(dict.fromkeys(name for name, _ in family))
    level = 1 - how.alpha / len(names)
    found = []
    for name in names:
        used = contrasts[name]
        together = dunnett([_contrast(used, arm, how.confidence) for arm in _places(used, metrics[name])], level)
        for place, arm in enumerate(together.arms):
            if arm.p_value is not None:
                p_value = min(1.0, arm.p_value * len(names))
                found.append(_Adjusted((name, place), p_value, arm.confidence, arm.difference))
    return found


def _places(contrasts: Contrasts, metric: MetricResult) -> Sequence[int]:
    return [contrasts.names.index(comparison.arm) for comparison in metric.comparisons]


def _contrast(contrasts: Contrasts, arm: int, confidence: float) -> ArmContrast:
    result = contrasts.compare(arm, confidence)
    error = standard_error(result, confidence)
    control, treated = (contrasts.method.sampling_variance(place, confidence) for place in (contrasts.control, arm))
    share = control / (control + treated) if control + treated else 0.5
    usable = result.p_value is not None and error
    return ArmContrast(
        result.difference.estimate if usable else None, error if usable else None, share, result.degrees_of_freedom
    )


def _p_value(contrasts: Contrasts, metric: MetricResult, place: int) -> float | None:
    """Return the p-value that a comparison brings into its family: of the margin where that is what it tests.

    A margin's p-value is one-sided at half of α, so twice it stands beside two-sided ones.
    """
    comparison = metric.comparisons[place]
    margin = comparison.margin
    if margin is not None and margin.p_value is not None and contrasts.asked.tests_margin:
        return min(1.0, 2 * margin.p_value)
    return comparison.p_value


def _widened(
    alpha: float, correction: str, contrasts: Contrasts, comparison: Comparison, adjusted: _Adjusted
) -> Comparison:
    arm, level, shown = contrasts.names.index(comparison.arm), adjusted.level, adjusted.p_value < alpha
    by_margin = contrasts.asked.tests_margin and correction != "dunnett"
    margin = comparison.margin
    if level is None or (not shown and level > LEVELS[0]):
        # The gate of an earlier family is closed; or another arm has so few units that Dunnett's critical value is out
        # of reach, and no level that can be computed says that this one is not shown.
        reason = CLOSED if level is None else TOO_SURE
        closed = Effect(estimate=comparison.difference.estimate, low=None, high=None, reason=reason)
        lift = closed.model_copy(
            update={"estimate": comparison.lift.estimate, "reason": comparison.lift.because or reason}
        )
        wider = (closed if adjusted.own is None else effect(adjusted.own), lift)
        margin = margin.model_copy(update={"shown": False}) if margin else None
    else:
        # Dunnett's critical value may ask for a level nearer to 1 than an interval can be computed at. Where it shows
        # something, the next level that can be computed excludes 0 as well.
        lower = [other for other in LEVELS if other < level] if shown else []
        for computed in (min(level, LEVELS[0]), *lower):
            result, margin = contrasts.compare(arm, computed), contrasts.margin(arm, computed)
            if result.difference.low is not None or result.difference.high is not None:
                break
        if not by_margin:
            result = settled(result, shown)
        wider = (effect(result.difference), effect(result.lift))
    significant = shown
    if margin is not None:
        # The margin decides; whether the arm is better or worse is read from the interval at the same level.
        low, high = wider[0].low, wider[0].high
        significant = (low is not None and low > 0) or (high is not None and high < 0)
        margin = margin.model_copy(update={"p_value": comparison.margin.p_value if comparison.margin else None})
        if by_margin and margin.p_value is not None:
            one_sided = max(margin.p_value, adjusted.p_value / 2)  # twice a large one was cut at 1
            margin = margin.model_copy(update={"shown": shown and level is not None, "adjusted_p_value": one_sided})
    return comparison.model_copy(
        update={
            "adjusted_p_value": adjusted.p_value,
            "adjusted_difference": wider[0],
            "adjusted_lift": wider[1],
            "margin": margin,
            "verdict": contrasts.verdict(significant, comparison.difference.estimate, margin),
        }
    )
