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

from collections.abc import Sequence

from abtest.analysis.result import Check, Comparison, Decision, MetricResult, Recommendation
from abtest.analysis.wording import effect_in_words, p_in_words, shown_difference, value_in_words

MISMATCH = "Something other than chance decides who is in which arm or who is seen; find it before reading any effect."
WINNING = frozenset({"better", "safe", "equivalent"})
"""Verdicts of a primary metric that show what it was to show: safe and equivalent exist only where a margin was."""


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
        return Decision(
            recommendation="invalid",
            reasons=[check.message for check in failed]
            + ([MISMATCH] if any(check.id.startswith("srm_") for check in failed) else [])
            + ["The effects below are printed for diagnosis only; do not act on them."],
        )
    primaries = [metric for metric in metrics if metric.role == "primary"]
    guardrails = [metric for metric in metrics if metric.role == "guardrail"]
    open_units = _open_units(metrics)
    arms = [comparison.arm for comparison in primaries[0].comparisons]
    reasons = [_primary_reason(m, c, confidence, one_sided=one_sided) for m in primaries for c in m.comparisons]
    standing = {arm: _standing(arm, primaries, guardrails) for arm in arms}
    winners = [arm for arm in arms if standing[arm] == "wins"]
    recommendation: Recommendation
    chosen = None
    if winners:
        chosen = max(winners, key=lambda arm: _gain(primaries[0], arm))
        recommendation = "ship"
    elif any(state == "unsafe" for state in standing.values()):
        recommendation = _wait(open_units)
    elif all(state in {"worse", "harmed"} for state in standing.values()):
        recommendation = "keep control"
    else:
        recommendation = _wait(open_units)
    reasons += [_guardrail_reason(m, c, confidence) for m in guardrails for c in m.comparisons]
    if chosen is not None and len(winners) > 1:
        others = ", ".join(arm for arm in winners if arm != chosen)
        reasons.append(
            f"{chosen} has the largest effect among the arms that win; that it beats {others} was not tested."
        )
    reasons += _maturity_reason(metrics, monitored=monitored)
    tested = any(c.verdict == "no difference shown" for m in primaries for c in m.comparisons)
    if recommendation == "inconclusive" and tested and "unsafe" not in standing.values():
        reasons.append(
            "No difference shown is not the same as no difference: the interval holds the effects that remain possible."
        )
    return Decision(recommendation=recommendation, arm=chosen, reasons=reasons)


def _wait(open_units: int) -> Recommendation:
    return "keep running" if open_units else "inconclusive"


def _open_units(metrics: Sequence[MetricResult]) -> int:
    return sum(arm.immature for metric in metrics if metric.role != "secondary" for arm in metric.arms)


def _of(metric: MetricResult, arm: str) -> Comparison:
    return next(comparison for comparison in metric.comparisons if comparison.arm == arm)


def _gain(metric: MetricResult, arm: str) -> float:
    estimate = _of(metric, arm).difference.estimate or 0.0
    return estimate if metric.good == "up" else -estimate


def _standing(arm: str, primaries: Sequence[MetricResult], guardrails: Sequence[MetricResult]) -> str:
    verdicts = {_of(metric, arm).verdict for metric in primaries}
    guards = {_of(metric, arm).verdict for metric in guardrails}
    if "worse" in verdicts:
        return "worse"
    if "harmed" in guards:
        return "harmed"
    if not verdicts & WINNING:
        return "open"
    return "unsafe" if guards & {"not shown safe", "margin not shown", "not estimable"} else "wins"


def _primary_reason(metric: MetricResult, comparison: Comparison, confidence: float, *, one_sided: bool) -> str:
    arms = {arm.arm: arm for arm in metric.arms}
    treated, control = arms[comparison.arm], arms[comparison.control]
    if comparison.verdict == "not estimable":
        empty = [arm for arm in (treated, control) if arm.n == 0]
        why = (empty[0].reason if empty else comparison.reason) or "there is too little data"
        return f"{metric.title} cannot be compared between {comparison.arm} and {comparison.control}: {why}."
    p_value = comparison.p_value if comparison.adjusted_p_value is None else comparison.adjusted_p_value
    corrected = "" if comparison.adjusted_p_value is None else ", corrected for the number of primary comparisons"
    what = {
        "better": "better than",
        "worse": "worse than",
        "safe": "shown not to be worse by its margin than",
        "equivalent": "equivalent within its margin to",
        "margin not shown": "not shown to meet its margin against",
        "not shown safe": "not shown to stay within its margin of",
    }.get(comparison.verdict, "not shown to be better than" if one_sided else "not shown to differ from")
    numbers = effect_in_words(metric, shown_difference(comparison), confidence)
    return (
        f"{metric.title}: {comparison.arm} is {what} {comparison.control}, {value_in_words(metric, treated)} against "
        f"{value_in_words(metric, control)}: {numbers}, {p_in_words(p_value or 0.0)}{corrected}."
    )


def _guardrail_reason(metric: MetricResult, comparison: Comparison, confidence: float) -> str:
    numbers = effect_in_words(metric, comparison.difference, confidence)
    arms = f"in {comparison.arm} against {comparison.control}"
    margin = comparison.margin
    if margin is None:
        what = {
            "harmed": "is worse",
            "better": "is better",
            "not estimable": "cannot be compared",
        }.get(comparison.verdict, "is not shown to be worse (no margin was declared, so safety is not shown either)")
        return f"Guardrail {metric.title} {what} {arms}: {numbers}."
    size = (
        f"{margin.value * 100:g} %"
        if margin.scale == "relative"
        else (
            f"{margin.value * 100:g} percentage point{'' if margin.value == 0.01 else 's'}"
            if metric.kind == "rate"
            else f"{margin.value:g} {metric.unit}".rstrip()
        )
    )
    what = {
        "safe": f"stays within its margin of {size}",
        "harmed": f"is worse, and may be worse by more than its margin of {size}",
    }.get(comparison.verdict, f"is not shown to stay within its margin of {size}")
    return f"Guardrail {metric.title} {what} {arms}: {numbers}."


def longest_primary(metrics: Sequence[MetricResult]) -> MetricResult | None:
    """Return the primary metric whose window ends last: the one with the fewest mature units."""
    primaries = [metric for metric in metrics if metric.role == "primary"]
    return max(primaries, key=lambda metric: sum(arm.immature for arm in metric.arms), default=None)


def _maturity_reason(metrics: Sequence[MetricResult], *, monitored: bool) -> list[str]:
    primary = longest_primary(metrics)
    if primary is None:
        return []
    immature = sum(arm.immature for arm in primary.arms)
    if not immature:
        return []
    eligible = immature + sum(arm.mature for arm in primary.arms)
    followed = "they count for as long as they were followed" if primary.counts_immature else "they are left out"
    looks = (
        "Intervals and p-values hold at every look, so reading before all are mature is sound here."
        if monitored
        else "Reading before all are mature is sound once, at a date planned beforehand; looking again and again until "
        "it is significant is not."
    )
    return [
        f"{primary.title}: {immature:,} of {eligible:,} counted units were not mature when the data ended; {followed}. "
        f"{looks}"
    ]
