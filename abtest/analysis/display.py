"""How results show at a prompt and as a data frame."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from abtest.words.language import ENGLISH, Language
from abtest.words.numbers import Numbers, Scale
from abtest.words.scales import scales
from abtest.words.visible import visible

if TYPE_CHECKING:
    import pandas as pd

    from abtest.analysis.result import Analysis, Comparison, Decision, Effect

_LINES = 6
"""Comparisons that a prompt shows."""


def comparison_record(comparison: "Comparison") -> dict[str, object]:
    """Return one comparison as a flat row; what does not exist is ``None``."""
    return {
        "arm": comparison.arm,
        "control": comparison.control,
        "difference": comparison.difference.estimate,
        "difference_low": comparison.difference.low,
        "difference_high": comparison.difference.high,
        "lift": comparison.lift.estimate,
        "lift_low": comparison.lift.low,
        "lift_high": comparison.lift.high,
        "p_value": comparison.p_value,
        "adjusted_p_value": comparison.adjusted_p_value,
        "verdict": comparison.verdict,
        "method": comparison.method,
    }


def analysis_frame(analysis: "Analysis") -> "pd.DataFrame":
    """Return one row per metric and comparison, with n and value of both arms."""
    rows = []
    for metric in analysis.metrics:
        arms = {arm.arm: arm for arm in metric.arms}
        for comparison in metric.comparisons:
            treated, control = arms[comparison.arm], arms[comparison.control]
            rows.append(
                {
                    "metric": metric.name,
                    "role": metric.role,
                    "type": metric.type,
                    "unit": metric.unit,
                    "n": treated.n,
                    "value": treated.value,
                    "control_n": control.n,
                    "control_value": control.value,
                    **comparison_record(comparison),
                }
            )
    return frame(rows)


def frame(rows: Sequence[dict[str, object]]) -> "pd.DataFrame":
    """Return rows as a pandas frame."""
    import pandas as pd

    return pd.DataFrame(list(rows))


def _verdict(decision: "Decision") -> str:
    changed = ", exploratory: changed after the lock" if decision.exploratory else ""
    return f"{decision.recommendation} {decision.arm or ''}".strip() + changed


def analysis_text(analysis: "Analysis") -> str:
    """Return a few lines for a prompt: the verdict, what decides, and how much more there is."""
    verdict = _verdict(analysis.decision)
    compared = [(metric, comparison) for metric in analysis.metrics for comparison in metric.comparisons]
    lines = [f"<Analysis of {analysis.experiment.name}: {verdict}"]
    numbers = Numbers(ENGLISH)
    for metric, comparison in sorted(compared, key=lambda pair: pair[0].role != "primary")[:_LINES]:
        p_value = numbers.p_statement(comparison.p_value, 1 - analysis.settings.confidence)
        arms = f"{comparison.arm} − {comparison.control}"
        found = f"{effect_text(comparison.difference, ENGLISH, scales(metric).change)}, {p_value}: {comparison.verdict}"
        lines.append(f"  {metric.name} ({metric.role}), {arms}: {found}")
    if len(compared) > _LINES:
        lines.append(f"  and {len(compared) - _LINES} more comparisons")
    failed = [check.id for check in analysis.checks if check.status == "fail"]
    if failed:
        lines.append(f"  failed checks: {', '.join(failed)}")
    return visible("\n".join(lines).replace("\u00a0", " ") + ">", lines=True)


def effect_text(effect: "Effect", language: Language, scale: Scale) -> str:
    """Return an effect with its interval, as far as they exist."""
    numbers = Numbers(language)
    estimate = numbers.quantity(effect.estimate, scale, signed=True)
    if effect.low is None and effect.high is None:
        return estimate
    interval = numbers.interval(effect.low, effect.high, scale, signed=True)
    return language.say("effect", estimate=estimate, interval=interval)
