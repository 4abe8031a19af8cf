"""How results show in a notebook and as a data frame."""

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from abtest.words.visible import visible

if TYPE_CHECKING:
    import pandas as pd

    from abtest.analysis.result import Analysis, Comparison, Decision, Effect

_DIGITS = 4
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
    """Return the verdict, its reasons and a table of the comparisons as HTML."""
    decision = analysis.decision
    verdict = _verdict(decision)
    reasons = "".join(f"<li>{_escaped(reason)}</li>" for reason in decision.reasons)
    rows = [
        [metric.title, metric.role, *_cells(comparison)]
        for metric in analysis.metrics
        for comparison in metric.comparisons
    ]
    table = html_table(["metric", "role", *_HEADER], rows)
    return f"<h4>{_escaped(analysis.experiment.title)}: {_escaped(verdict)}</h4><ul>{reasons}</ul>{table}"


def analysis_text(analysis: "Analysis") -> str:
    """Return a few lines for a prompt: the verdict, what decides, and how much more there is."""
    decision = analysis.decision
    verdict = _verdict(decision)
    compared = [(metric, comparison) for metric in analysis.metrics for comparison in metric.comparisons]
    lines = [f"<Analysis of {analysis.experiment.name}: {verdict}"]
    for metric, comparison in sorted(compared, key=lambda pair: pair[0].role != "primary")[:_LINES]:
        p = "–" if comparison.p_value is None else f"{comparison.p_value:.3g}"
        arms = f"{comparison.arm} − {comparison.control}"
        found = f"{_interval(comparison.difference)}, p {p}: {comparison.verdict}"
        lines.append(f"  {metric.name} ({metric.role}), {arms}: {found}")
    if len(compared) > _LINES:
        lines.append(f"  and {len(compared) - _LINES} more comparisons")
    failed = [check.id for check in analysis.checks if check.status == "fail"]
    if failed:
        lines.append(f"  failed checks: {', '.join(failed)}")
    return visible("\n".join(lines) + ">", lines=True)


def comparison_html(comparison: "Comparison") -> str:
    """Return one comparison as an HTML table of one row."""
    return html_table(_HEADER, [_cells(comparison)])


_HEADER = ["arm", "control", "difference", "lift", "p-value", "adjusted p", "verdict"]


def _cells(comparison: "Comparison") -> list[str]:
    p_values = (comparison.p_value, comparison.adjusted_p_value)
    return [
        comparison.arm,
        comparison.control,
        _interval(comparison.difference),
        _interval(comparison.lift),
        *("–" if p is None else f"{p:.3g}" for p in p_values),
        comparison.verdict,
    ]


def _interval(effect: "Effect") -> str:
    low, high = ("…" if bound is None else f"{bound:+.{_DIGITS}g}" for bound in (effect.low, effect.high))
    estimate = "–" if effect.estimate is None else f"{effect.estimate:+.{_DIGITS}g}"
    return f"{estimate} ({low} to {high})"


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an HTML table; every cell is escaped."""
    head = "".join(f"<th>{_escaped(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{_escaped(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _escaped(text: str) -> str:
    return html.escape(visible(text))
