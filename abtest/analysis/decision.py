"""What the pre-declared rules say.

The rules, in this order:

1. A failed health check: *invalid*.
2. An arm wins when a primary metric is better at the corrected level, none is worse, and every guardrail is safe:
   *ship* the winner with the largest effect on the first primary metric.
3. An arm that would win but for a guardrail: harmed → it is not shipped; not shown safe → more data (*keep running*) or
   *inconclusive*.
4. Every arm is worse on a primary metric, or harms a guardrail: *keep control*.
5. Otherwise, also when nothing can be estimated yet: *keep running* while eligible units are still immature, else
   *inconclusive*.
"""

import math
from collections.abc import Mapping, Sequence

from abtest.analysis.result import (
    Check,
    Comparison,
    Deciding,
    Decision,
    Detectable,
    Effect,
    MarginResult,
    MetricResult,
    Recommendation,
)
from abtest.analysis.telling import decided
from abtest.words.reason import Field, Reason

WINNING = frozenset({"better", "safe", "equivalent"})
"""Verdicts of a primary metric that show what it was to show: safe and equivalent exist only where a margin was."""
UNSAFE = frozenset({"not shown safe", "margin not shown", "not estimable"})
"""Verdicts of a guardrail that keep an arm that would win from being shipped."""

SIZES = ("decision-excluded", "decision-detectable", "decision-needed")
"""Codes of the reasons that say what could have been found: they stand after the reason that they explain."""
_SIZED = 4
"""Comparisons of which that is told; ``detectable`` in the results has it of all."""


def decide(
    metrics: Sequence[MetricResult],
    checks: Sequence[Check],
    confidence: float,
    *,
    one_sided: bool = False,
    monitored: bool = False,
) -> Decision:
    """Return the recommendation with its reasons in plain words.

    ``one_sided``: primary metrics were tested in their good direction only; ``monitored``: figures hold at every look.
    """
    failed = [check for check in checks if check.status == "fail"]
    if failed:
        mismatch = [Reason.of("decision-mismatch")] * any(check.id.startswith("srm_") for check in failed)
        mismatch += [Reason.of("decision-lacking")] * any(check.id.startswith("missing.") for check in failed)
        why: list[Reason | Check] = [*failed, *mismatch, Reason.of("decision-diagnosis")]
        return decided("invalid", None, why, metrics, because=Deciding(what="check", check=failed[0].id))
    primaries = [metric for metric in metrics if metric.role == "primary"]
    guardrails = [metric for metric in metrics if metric.role == "guardrail"]
    empty = {check.id.removeprefix("happened.") for check in checks if check.id.startswith("happened.")}
    open_units = _open_units(metrics)
    arms = [comparison.arm for comparison in primaries[0].comparisons]
    standing = {arm: _standing(arm, primaries, guardrails, 1 - confidence) for arm in arms}
    winners = [arm for arm in arms if standing[arm] == "wins"]
    recommendation: Recommendation
    chosen = None
    if winners:
        chosen = max(winners, key=lambda arm: _gain(primaries[0], arm))
        recommendation = "ship"
    elif all(state in {"worse", "harmed"} for state in standing.values()):
        recommendation = "keep control"
    else:
        recommendation = _wait(open_units)
    because = _because(recommendation, chosen, standing, primaries, guardrails)
    compared = [
        (metric, comparison, _primary_reason(metric, comparison, confidence, one_sided=one_sided))
        for metric in primaries
        for comparison in metric.comparisons
    ]
    compared += [
        (metric, comparison, _guardrail_reason(metric, comparison, confidence))
        for metric in guardrails
        for comparison in metric.comparisons
    ]
    compared = [
        (metric, comparison, _empty_reason(metric, comparison) if metric.name in empty else reason)
        for metric, comparison, reason in compared
    ]
    # What decides comes first, then what is said of the same arm.
    compared.sort(key=lambda each: (not _is(because, each[0], each[1]), each[1].arm != because.arm))
    reasons = []
    for place, (metric, comparison, reason) in enumerate(compared):
        reasons.append(reason)
        if recommendation == "inconclusive" and place < _SIZED:
            reasons += _sizes(metric, comparison, confidence)
    if chosen is not None and len(winners) > 1:
        others: list[Field] = [arm for arm in winners if arm != chosen]
        reasons.append(Reason.of("decision-largest", arm=chosen, others=others))
    few = [_few_reason(m, c) for m in primaries for c in m.comparisons if _doubted(c, 1 - confidence)]
    reasons = [*few, *reasons] if few and not winners else [*reasons, *few]
    maturity = _maturity_reason(metrics, monitored=monitored)
    reasons = [*maturity, *reasons] if because.what == "maturity" else [*reasons, *maturity]
    told = [m for m in primaries if m.name not in empty]
    tested = any(c.verdict == "no difference shown" for m in told for c in m.comparisons)
    if recommendation == "inconclusive" and tested and "unsafe" not in standing.values():
        reasons.append(Reason.of("decision-possible-effects"))
    return decided(recommendation, chosen, reasons, metrics, because=because)


def _because(
    recommendation: Recommendation,
    chosen: str | None,
    standing: Mapping[str, str],
    primaries: Sequence[MetricResult],
    guardrails: Sequence[MetricResult],
) -> Deciding:
    """Return what the recommendation rests on: the arm that came furthest, and the metric that stopped it or won."""

    def first(arm: str, metrics: Sequence[MetricResult], verdicts: frozenset[str]) -> Deciding | None:
        found = next((metric for metric in metrics if _of(metric, arm).verdict in verdicts), None)
        if found is None:
            return None
        return Deciding(what="guardrail" if found.role == "guardrail" else "primary", metric=found.name, arm=arm)

    if chosen is not None:
        return first(chosen, primaries, WINNING) or Deciding(what="primary", metric=primaries[0].name, arm=chosen)
    best = sorted(standing, key=lambda arm: -_gain(primaries[0], arm))
    for state, metrics, verdicts in (
        ("unsafe", guardrails, UNSAFE),
        ("harmed", guardrails, frozenset({"harmed"})),
        ("worse", primaries, frozenset({"worse"})),
    ):
        if state == "unsafe" or recommendation == "keep control":
            for arm in best:
                if standing[arm] == state and (found := first(arm, metrics, verdicts)):
                    return found
    if recommendation == "keep running":
        return Deciding(what="maturity")
    return Deciding(what="primary", metric=primaries[0].name, arm=best[0])


def _is(because: Deciding, metric: MetricResult, comparison: Comparison) -> bool:
    return (because.metric, because.arm) == (metric.name, comparison.arm)


def _wait(open_units: int) -> Recommendation:
    return "keep running" if open_units else "inconclusive"


def _open_units(metrics: Sequence[MetricResult]) -> int:
    return sum(arm.immature for metric in metrics if metric.role != "secondary" for arm in metric.arms)


def _of(metric: MetricResult, arm: str) -> Comparison:
    return next(comparison for comparison in metric.comparisons if comparison.arm == arm)


def _gain(metric: MetricResult, arm: str) -> float:
    estimate = _of(metric, arm).difference.estimate or 0.0
    return estimate if metric.good == "up" else -estimate


def _doubted(comparison: Comparison, alpha: float) -> bool:
    """Whether an effect rests on few events and the test that never errs more often than it says does not show it."""
    exact = comparison.exact
    shown = comparison.verdict in WINNING and comparison.expected_fewest is not None
    return shown and exact is not None and exact.p_value is not None and exact.p_value >= alpha


def _standing(arm: str, primaries: Sequence[MetricResult], guardrails: Sequence[MetricResult], alpha: float) -> str:
    compared = [_of(metric, arm) for metric in primaries]
    verdicts = {comparison.verdict for comparison in compared if not _doubted(comparison, alpha)}
    guards = {_of(metric, arm).verdict for metric in guardrails}
    if "worse" in verdicts:
        return "worse"
    if "harmed" in guards:
        return "harmed"
    if not verdicts & WINNING:
        return "open"
    return "unsafe" if guards & UNSAFE else "wins"


def _primary_reason(metric: MetricResult, comparison: Comparison, confidence: float, *, one_sided: bool) -> Reason:
    arms = {arm.arm: arm for arm in metric.arms}
    treated, control = arms[comparison.arm], arms[comparison.control]
    own = comparison.adjusted_values
    named: dict[str, Field] = {"metric": metric.name, "arm": comparison.arm, "control": comparison.control}
    if comparison.verdict == "not estimable":
        empty = [arm for arm in (treated, control) if arm.n == 0]
        because = (empty[0].because if empty else comparison.because) or Reason.of("reason-too-little")
        return Reason.of("decision-not-compared", **named, because=because)
    code = {
        "better": "decision-better",
        "worse": "decision-worse",
        "safe": "decision-safe",
        "equivalent": "decision-equivalent",
        "margin not shown": "decision-margin-not-shown",
        "not shown safe": "decision-not-shown-safe",
    }.get(comparison.verdict, "decision-no-improvement" if one_sided else "decision-no-difference")
    corrected = comparison.adjusted_p_value is not None
    p_value = comparison.adjusted_p_value if corrected else comparison.p_value
    margin, of_margin = comparison.margin, False
    if margin is not None and margin.p_value is not None and (margin.adjusted_p_value is not None or not corrected):
        # The question was the margin, so its p-value is the one that answers.
        of_margin = True
        p_value = margin.p_value if margin.adjusted_p_value is None else margin.adjusted_p_value
    return Reason.of(
        code,
        **named,
        value=treated.value if own is None else own.arm.estimate,
        control_value=control.value if own is None else own.control.estimate,
        like=own is not None,
        **_effect(comparison.adjusted_difference or comparison.difference, confidence),
        p_value=p_value,
        of_margin=of_margin,
        corrected=corrected,
    )


def _sizes(metric: MetricResult, comparison: Comparison, confidence: float) -> list[Reason]:
    """Return which effects the interval excludes, what could have been found, and how many units would find more."""
    sized = comparison.detectable
    if sized is None:
        return []
    named: dict[str, Field] = {"metric": metric.name, "arm": comparison.arm, "control": comparison.control}
    shown = comparison.adjusted_difference or comparison.difference
    found = [
        Reason.of(f"decision-excluded-{which}", **named, **bounds, confidence=confidence)
        for which, bounds in _excluded(shown)
    ]
    by_margin = sized.target == "margin"
    if sized.difference is not None:
        test = comparison.margin.test if comparison.margin else None
        kind = "-superiority" if test == "superiority" else "-margin" if by_margin else ""
        code = f"decision-detectable{kind}"
        found.append(Reason.of(code, **named, found=sized.difference, power=sized.power, level=sized.level))
    elif sized.because is not None:
        found.append(Reason.of("decision-detectable-not", **named, because=sized.because))
    if sized.units and not (by_margin and sized.more == 0 and not _immature(metric)):
        found.append(_needed(sized, named, question=comparison.margin.test if comparison.margin else "observed"))
    return found


def _excluded(effect: Effect) -> list[tuple[str, dict[str, Field]]]:
    """Return what an interval excludes: rises and falls, or what lies beyond a bound on the other side of 0."""
    low, high = effect.low, effect.high
    if low is not None and high is not None and low < 0 < high:
        return [("both", {"rise": high, "fall": -low})]
    if high is not None and high > 0 and low is None:
        return [("rise", {"rise": high})]
    if low is not None and low < 0 and high is None:
        return [("fall", {"fall": -low})]
    if low is None and high is None:
        return []
    return [("beyond", {"difference": effect.estimate, "low": low, "high": high})]


def _needed(sized: Detectable, named: Mapping[str, Field], *, question: str) -> Reason:
    """Return how many units the target needs, and how long they take; figures in words are rounded up."""
    control, arm = (_rounded(sized.units[str(named[part])]) for part in ("control", "arm"))
    weeks = 0 if sized.weeks is None else math.ceil(sized.weeks)
    return Reason.of(
        "decision-needed",
        **named,
        question=question,
        power=sized.power,
        control_units=control,
        arm_units=arm,
        alike=control == arm,
        more=_rounded(sized.more or 0),
        weeks=weeks,
        on=sized.readable_on if weeks else None,
        dated=bool(weeks and sized.readable_on),
    )


def _rounded(units: int) -> int:
    """Return a number of units with two digits, rounded up."""
    step = int("1".ljust(max(1, len(str(units)) - 1), "0"))
    return -(-units // step) * step


def _immature(metric: MetricResult) -> int:
    return sum(arm.immature for arm in metric.arms)


def _empty_reason(metric: MetricResult, comparison: Comparison) -> Reason:
    code = "guardrail-empty" if metric.role == "guardrail" else "decision-empty"
    return Reason.of(code, metric=metric.name, arm=comparison.arm, control=comparison.control)


def _few_reason(metric: MetricResult, comparison: Comparison) -> Reason:
    p_value = comparison.exact.p_value if comparison.exact else None
    arms = {"arm": comparison.arm, "control": comparison.control}
    return Reason.of("decision-few-events", metric=metric.name, **arms, p_value=p_value)


def _effect(effect: Effect, confidence: float) -> dict[str, Field]:
    return {"difference": effect.estimate, "low": effect.low, "high": effect.high, "confidence": confidence}


def _guardrail_reason(metric: MetricResult, comparison: Comparison, confidence: float) -> Reason:
    margin = comparison.margin
    if margin is None:
        codes = {"harmed": "worse", "better": "better", "not estimable": "not-compared"}
        code, declared = codes.get(comparison.verdict, "without-margin"), {}
    else:
        code = comparison.verdict if comparison.verdict in {"safe", "harmed"} else "not-shown-safe"
        if code == "harmed" and _wholly_beyond(metric, comparison, margin):
            code = "harmed-beyond"
        declared = {"margin": margin.value, "margin_scale": margin.scale}
    return Reason.of(
        f"guardrail-{code}",
        metric=metric.name,
        arm=comparison.arm,
        control=comparison.control,
        **_effect(comparison.difference, confidence),
        **declared,
    )


def _wholly_beyond(metric: MetricResult, comparison: Comparison, margin: MarginResult) -> bool:
    """Whether the whole interval is worse than the margin, so that it is not only possibly so."""
    effect = comparison.lift if margin.scale == "relative" else comparison.difference
    nearest = effect.high if metric.good == "up" else effect.low
    return nearest is not None and (nearest < -margin.value if metric.good == "up" else nearest > margin.value)


def _maturity_reason(metrics: Sequence[MetricResult], *, monitored: bool) -> list[Reason]:
    primary = longest_primary(metrics)
    if primary is None:
        return []
    immature = sum(arm.immature for arm in primary.arms)
    if not immature:
        return []
    return [
        Reason.of(
            "decision-immature",
            metric=primary.name,
            immature=immature,
            counted=immature + sum(arm.mature for arm in primary.arms),
            followed=primary.counts_immature,
            monitored=monitored,
        )
    ]


def longest_primary(metrics: Sequence[MetricResult]) -> MetricResult | None:
    """Return the primary metric whose window ends last: the one with the fewest mature units."""
    primaries = [metric for metric in metrics if metric.role == "primary"]
    return max(primaries, key=lambda metric: sum(arm.immature for arm in metric.arms), default=None)
