"""How results show in a notebook and as a data frame."""

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from abtest.words.language import ENGLISH, Language
from abtest.words.numbers import Numbers, Scale, decimals_for
from abtest.words.scales import Scales, scales, width
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


def analysis_html(analysis: "Analysis") -> str:
    """Return the verdict, its reasons and a table of the comparisons as HTML, in the report's language."""
    from abtest.analysis.telling import reasons_in, subjects_in
    from abtest.words.language import spoken

    language, subjects = spoken(analysis.experiment.language), subjects_in(analysis)
    decision, control = analysis.decision, next(arm.name for arm in analysis.experiment.arms if arm.control)
    message = f"verdict.{decision.recommendation}" + ".none" * (decision.recommendation == "ship" and not decision.arm)
    verdict = language.say(message, arm=subjects.arm(decision.arm or ""), control=subjects.arm(control))
    if decision.exploratory:
        verdict = language.say("notebook.exploratory", verdict=verdict)
    reasons = "".join(f"<li>{_escaped(reason)}</li>" for reason in reasons_in(analysis, language, subjects))
    rows = [
        [metric.title, language.say(f"role.{metric.role}"), *_cells(comparison, language, scales(metric))]
        for metric in analysis.metrics
        for comparison in metric.comparisons
    ]
    header = [language.say("column.metric"), language.say("column.role"), *_header(language)]
    title = f"{_escaped(analysis.experiment.title)}: {_escaped(verdict)}"
    return f"<h4>{title}</h4><ul>{reasons}</ul>{html_table(header, rows)}"


def analysis_text(analysis: "Analysis") -> str:
    """Return a few lines for a prompt: the verdict, what decides, and how much more there is."""
    verdict = _verdict(analysis.decision)
    compared = [(metric, comparison) for metric in analysis.metrics for comparison in metric.comparisons]
    lines = [f"<Analysis of {analysis.experiment.name}: {verdict}"]
    numbers = Numbers(ENGLISH)
    for metric, comparison in sorted(compared, key=lambda pair: pair[0].role != "primary")[:_LINES]:
        p_value = numbers.p_statement(comparison.p_value, 1 - analysis.settings.confidence)
        arms = f"{comparison.arm} − {comparison.control}"
        found = f"{_effect(comparison.difference, ENGLISH, scales(metric).change)}, {p_value}: {comparison.verdict}"
        lines.append(f"  {metric.name} ({metric.role}), {arms}: {found}")
    if len(compared) > _LINES:
        lines.append(f"  and {len(compared) - _LINES} more comparisons")
    failed = [check.id for check in analysis.checks if check.status == "fail"]
    if failed:
        lines.append(f"  failed checks: {', '.join(failed)}")
    return visible("\n".join(lines).replace("\u00a0", " ") + ">", lines=True)


def comparison_html(comparison: "Comparison") -> str:
    """Return one comparison, of which no metric is known, as an HTML table of one row."""
    plain = Scale(1, _decimals(comparison.difference))
    cells = _cells(
        comparison, ENGLISH, Scales(plain, plain, Scale(100, _decimals(comparison.lift, 100), "number.percent"))
    )
    return html_table(_header(ENGLISH), [cells])


def _decimals(effect: "Effect", factor: float = 1) -> int:
    found = width(effect.low, effect.estimate, effect.high)
    return decimals_for(None if found is None else factor * found, 0, 6)


def _header(language: Language) -> list[str]:
    columns = ("arm", "control", "difference", "lift", "p", "adjusted", "verdict")
    return [language.say(f"column.{column}") for column in columns]


def _cells(comparison: "Comparison", language: Language, scale: Scales) -> list[str]:
    p_values = (comparison.p_value, comparison.adjusted_p_value)
    return [
        comparison.arm,
        comparison.control,
        _effect(comparison.difference, language, scale.change),
        _effect(comparison.lift, language, scale.lift),
        *(Numbers(language).p_value(p) for p in p_values),
        language.say(f"metric.verdict.{comparison.verdict}"),
    ]


def _effect(effect: "Effect", language: Language, scale: Scale) -> str:
    numbers = Numbers(language)
    estimate = numbers.quantity(effect.estimate, scale, signed=True)
    if effect.low is None and effect.high is None:
        return estimate
    interval = numbers.interval(effect.low, effect.high, scale, signed=True)
    return language.say("effect", estimate=estimate, interval=interval)


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an HTML table; every cell is escaped."""
    head = "".join(f"<th>{_escaped(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{_escaped(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _escaped(text: str) -> str:
    return html.escape(visible(text))
