"""The result as tables: data frames, CSV files and a notebook's view. Full precision; what does not exist is empty."""

import csv
import html as markup
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from abtest.cohorts.result import Comparison, Period, Retention
from abtest.words.cells import cell
from abtest.words.language import ENGLISH
from abtest.words.numbers import Numbers, Scale
from abtest.words.visible import visible

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = Numbers(ENGLISH)
PERCENT = Scale(100, 1, "number.percent")
COUNTS = ("at_start", "retained", "acquired", "reactivated", "at_end", "lost")


def period_records(result: Retention) -> list[dict[str, object]]:
    """Return one flat record per period, in the order of time."""
    return [_record(period) for period in result.periods]


def _record(period: Period) -> dict[str, object]:
    return {
        "period": period.label,
        "start": period.start,
        "end": period.end,
        "complete": period.complete,
        **{name: getattr(period, name) for name in COUNTS},
        "rate": period.rate,
        "low": period.low,
        "high": period.high,
        "plain_rate": period.plain_rate,
        **_level("benchmark", period.benchmark),
        **_level("goal", period.goal),
        "reason": period.reason,
    }


def _level(name: str, found: Comparison | None) -> dict[str, object]:
    return {name: found.level if found else None, f"beside_{name}": found.side if found else None}


def periods_csv(result: Retention) -> str:
    """Return ``retention.csv``: one row per period."""
    records = period_records(result)
    return _csv([list(records[0]), *([_written(value) for value in record.values()] for record in records)])


def triangle_csv(result: Retention) -> str:
    """Return ``triangle.csv``: one row per cohort and period since: count, share, whether complete."""
    rows: list[list[str]] = [["cohort", "start", "size", "since", "active", "share", "complete"]]
    for cohort in result.cohorts:
        for since, active in enumerate(cohort.active):
            complete = not (cohort.last_incomplete and since == len(cohort.active) - 1)
            values = (cohort.label, cohort.start, cohort.size, since, active, active / cohort.size, complete)
            rows.append([_written(value) for value in values])
    return _csv(rows)


def _written(value: object) -> str:
    return (
        ""
        if value is None
        else str(value).lower()
        if isinstance(value, bool)
        else cell(value)
        if isinstance(value, str)
        else str(value)
    )


def _csv(rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def period_frame(result: Retention) -> "pd.DataFrame":
    """Return :func:`period_records` as a frame; counts are nullable integers, rates floats."""
    import pandas as pd

    frame = pd.DataFrame(period_records(result))
    return frame.astype(
        {
            **dict.fromkeys(COUNTS, "Int64"),
            **dict.fromkeys(("rate", "low", "high", "plain_rate", "benchmark", "goal"), "Float64"),
        }
    )


def triangle_frame(result: Retention) -> "pd.DataFrame":
    """Return the counts with cohorts as rows and periods since as columns; what lies in the future is ``<NA>``."""
    import pandas as pd

    longest = max((len(cohort.active) for cohort in result.cohorts), default=0)
    columns = {
        since: [cohort.active[since] if since < len(cohort.active) else None for cohort in result.cohorts]
        for since in range(longest)
    }
    index = pd.Index([cohort.label for cohort in result.cohorts], name="cohort")
    return pd.DataFrame(columns, index=index, dtype="Int64")


def percent(rate: float | None) -> str:
    """Return a rate as percent, or a dash."""
    return NUMBERS.quantity(rate, PERCENT)


def interval(period: Period) -> str:
    """Return a period's interval as percent, or a dash."""
    return NUMBERS.interval(period.low, period.high, PERCENT)


def _escaped(text: str) -> str:
    return markup.escape(visible(text))


def html(result: Retention) -> str:
    """Return the periods as a table for a notebook, the rule above it and what to mind below."""
    heads = [result.asked.by, "S", "retained", "N", "R", "E", "CRR", "interval", "(E − N) / S"]
    levels = [name for name in ("benchmark", "goal") if getattr(result.asked, name) is not None]
    rows = []
    for period in result.periods:
        found = [getattr(period, name) for name in levels]
        cells = [
            period.label if period.complete else f"{period.label} (incomplete)",
            *(
                NUMBERS.count(value)
                for value in (period.at_start, period.retained, period.acquired, period.reactivated, period.at_end)
            ),
            percent(period.rate),
            interval(period),
            percent(period.plain_rate),
            *(level.side if level else NUMBERS.missing for level in found),
        ]
        rows.append("".join(f"<td>{_escaped(cell)}</td>" for cell in cells))
    titles = [*heads, *(f"{name} {percent(getattr(result.asked, name))}" for name in levels)]
    head = "".join(f"<th>{_escaped(title)}</th>" for title in titles)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    rule = "".join(f"<p>{_escaped(sentence)}</p>" for sentence in result.rule)
    notes = "".join(f"<li>{_escaped(note)}</li>" for note in result.notes)
    return f"{rule}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><ul>{notes}</ul>"
