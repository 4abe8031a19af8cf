"""Effects by segment: does the effect differ at all, and what is left of each after shrinkage.

Principle: many small groups give extreme figures by chance. The interaction test comes first, the shrunken effects say
what to expect, and whatever was not declared before the start is labelled exploratory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from abtest.analysis.result import Effect, SegmentLevel, SegmentResult
from abtest.analysis.verdicts import effect
from abtest.definition.model import Definition, Segment
from abtest.metrics.methods import Rates, counted_term, plain_method, standard_error, sum_of
from abtest.moments.sums import Arms, MetricMoments
from abtest.stats.corrections import adjust
from abtest.stats.rates import FEW_METHOD, compare_many_rates
from abtest.stats.segments import SegmentEffect, heterogeneity, interaction, shrink
from abtest.stats.values import Estimate, TwoSample
from abtest.words.names import identifies
from abtest.words.reason import Reason

SMALLEST = 20
"""Levels with fewer units than this in either arm are put together: they say little, and could point at a person."""
OTHER = "(smaller levels)"
FEW = Reason.of("why-few-units-in-arm", n=SMALLEST)


def segment_results(definition: Definition, metrics: Mapping[str, MetricMoments]) -> list[SegmentResult]:
    """Return the segments of every plain metric, for each arm against the control."""
    found = []
    for segment in definition.segments:
        for name, moments in metrics.items():
            if not moments.outcome.averages or moments.clusters is not None:
                continue
            for arm, other in enumerate(definition.arms):
                if not other.control:
                    found.append(_result(definition, segment, name, moments, arm))
    return found


def _result(
    definition: Definition,
    segment: Segment,
    name: str,
    moments: MetricMoments,
    arm: int,
) -> SegmentResult:
    confidence = definition.analysis.confidence
    names = [other.name for other in definition.arms]
    control = names.index(definition.control.name)
    merged = _merged(moments.segments[segment.column], (control, arm))
    compared = dict(zip(merged, _levels(moments, list(merged.values()), (control, arm), confidence), strict=True))
    effects = [
        SegmentEffect(result.difference.estimate, _error(result, confidence), arms[arm].n + arms[control].n)
        for (result, _, _), arms in zip(compared.values(), merged.values(), strict=True)
    ]
    test, spread, shrunken = interaction(effects), heterogeneity(effects, confidence), shrink(effects, confidence)
    p_values = [result.p_value for result, _, _ in compared.values()]
    adjusted = adjust(p_values, "holm") if segment.declared else [None] * len(p_values)
    return SegmentResult(
        column=segment.column,
        declared=segment.declared,
        metric=name,
        arm=names[arm],
        control=names[control],
        interaction_statistic=test.statistic,
        interaction_degrees_of_freedom=test.degrees_of_freedom,
        interaction_p_value=test.p_value,
        heterogeneity=spread.i_squared,
        levels=[
            SegmentLevel(
                level=level,
                control_n=merged[level][control].n,
                n=merged[level][arm].n,
                control_value=control_value,
                value=value,
                difference=effect(result.difference),
                shrunken=effect(small.effect)
                if result.difference.estimate is not None
                else Effect(estimate=None, low=None, high=None, reason=result.reason),
                p_value=result.p_value,
                adjusted_p_value=holm,
            )
            for (level, (result, control_value, value)), small, holm in zip(
                compared.items(), shrunken, adjusted, strict=True
            )
        ],
        reason=test.reason,
    )


def _error(result: TwoSample, confidence: float) -> float | None:
    """Return the standard error of a level: where events are few its p-value has none, but its interval has."""
    return standard_error(replace(result, statistic=None) if result.method == FEW_METHOD else result, confidence)


def _merged(levels: Mapping[str, Arms], places: tuple[int, int]) -> dict[str, Arms]:
    """Put the levels with few units in either arm together, with the next smallest until they are many."""

    def smaller(arms: Arms) -> int:
        return min(arms[place].n for place in places)

    kept = {level: arms for level, arms in _named(levels).items() if smaller(arms) >= SMALLEST}
    few = [arms for level, arms in _named(levels).items() if level not in kept]
    if not few:
        return kept
    rest = sum_arms(few)
    while smaller(rest) < SMALLEST and kept:
        next_level = min(kept, key=lambda level: (smaller(kept[level]), level))
        rest = sum_arms([rest, kept.pop(next_level)])
    label = OTHER
    while label in levels:
        label += "*"
    return {**kept, label: rest}


def _named(levels: Mapping[str, Arms]) -> dict[str, Arms]:
    """Return the levels by names that may stand in a report: what finds a person is numbered, however many hold it."""
    numbers = {level: number for number, level in enumerate(filter(identifies, levels), 1)}
    return {f"(hidden level {numbers[level]})" if level in numbers else level: arms for level, arms in levels.items()}


def sum_arms(parts: Sequence[Arms]) -> Arms:
    """Return the sums per arm over all parts."""
    return tuple(sum_of(arms) for arms in zip(*parts, strict=True))


def _levels(
    moments: MetricMoments, levels: Sequence[Arms], places: tuple[int, int], confidence: float
) -> list[tuple[TwoSample, float | None, float | None]]:
    """Return per level the comparison, the control's value and the arm's; rates of all levels are solved at once."""
    methods = [
        plain_method(MetricMoments(moments.outcome, moments.rate, arms), counted_term(moments), tails=False)
        for arms in levels
    ]
    large = [all(arms[place].n >= SMALLEST for place in places) for arms in levels]
    control, arm = places
    rates = [
        (method.rates[control], method.rates[arm])
        for method, enough in zip(methods, large, strict=True)
        if enough and isinstance(method, Rates)
    ]
    together = iter(compare_many_rates(rates, confidence))
    found: list[tuple[TwoSample, float | None, float | None]] = []
    for method, enough in zip(methods, large, strict=True):
        if not enough:
            nothing = Estimate(None, None, None, FEW)
            found.append((TwoSample("", nothing, nothing, None, None, None, FEW), None, None))
        elif isinstance(method, Rates):
            found.append((next(together), method.rates[control].value, method.rates[arm].value))
        else:
            values = method.moments[control].mean, method.moments[arm].mean
            found.append((method.compare(arm, control, confidence), *values))
    return found
