"""The result on a terminal: the last complete period first, then every period, the triangle, the rule, what to mind."""

from collections.abc import Iterator

from abtest.cohorts.result import Cohort, Comparison, Period, Retention
from abtest.cohorts.tables import NUMBERS, interval, percent
from abtest.report.blocks import Cell, Column, RowGroup, Table
from abtest.report.terminal import WIDTH, render_table, wrap

MOST_ROWS = 26
"""Rows of a table on a terminal; the files hold all of them."""
INCOMPLETE = "*"


def summary(result: Retention) -> str:
    """Return the result as text of at most 100 columns, ending in a newline."""
    lines = [line for sentence in _verdict(result) for line in wrap(sentence, WIDTH)]
    lines += ["", *("  " + line for line in render_table(_periods(result), WIDTH - 2))]
    lines += ["", *wrap(_triangle_title(result), WIDTH)]
    lines += ["  " + line for line in render_table(_triangle(result), WIDTH - 2)]
    lines += ["", "How it is counted", *(line for text in result.rule for line in _bullet(text))]
    share = NUMBERS.share(result.asked.confidence, 6)
    lines += _bullet(
        f"Intervals: {share}, Wilson. A rate is above or below a level when its whole interval is, else not clear."
    )
    if result.asked.where is not None:
        lines += _bullet(f"Only rows with: {result.asked.where}")
    if result.notes:
        lines += ["", "What to mind", *(line for note in result.notes for line in _bullet(note))]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _verdict(result: Retention) -> Iterator[str]:
    data = result.data
    yield (
        f"{data.source}: {NUMBERS.count(data.customers)} customers, {NUMBERS.count(data.events)} events, "
        f"{data.first[:10]} to {data.last[:10]}"
    )
    last = result.last_complete
    if last is None:
        yield f"There is no complete {result.asked.by} with customers at its start, so no rate yet."
        return
    share = NUMBERS.share(result.asked.confidence, 6)
    yield (
        f"{last.label}, the last complete {result.asked.by}: {percent(last.rate)} stayed, "
        f"{NUMBERS.count(last.retained)} of {NUMBERS.count(last.at_start)} customers "
        f"({share} interval {interval(last)})."
    )
    for name, found in (("Benchmark", last.benchmark), ("Goal", last.goal)):
        if found is not None:
            yield _beside(name, found)


def _beside(name: str, found: Comparison) -> str:
    level = NUMBERS.share(found.level, 4)
    more = "" if not found.more_to_stay else f"; {NUMBERS.count(found.more_to_stay)} more would have had to stay"
    return f"{name} {level}: {found.side}{more}."


def _periods(result: Retention) -> Table:
    levels = [name for name in ("benchmark", "goal") if getattr(result.asked, name) is not None]
    columns = (
        Column(result.asked.by),
        *(Column(title, "right") for title in ("S", "retained", "N", "R", "E", "CRR", "interval, %", "(E−N)/S")),
        *(Column(f"vs {NUMBERS.share(getattr(result.asked, name), 4)}") for name in levels),
    )
    shown = result.periods[-MOST_ROWS:]
    rows = tuple(_period_row(period, levels) for period in shown)
    return Table("", columns, (RowGroup(rows),))


def _period_row(period: Period, levels: list[str]) -> tuple[Cell, ...]:
    counts = (period.at_start, period.retained, period.acquired, period.reactivated, period.at_end)
    sides = [getattr(period, name) for name in levels]
    rate = "running" if not period.complete else percent(period.rate)
    return (
        Cell(period.label),
        *(Cell(NUMBERS.count(count)) for count in counts),
        Cell(rate),
        # Its column says that it is in percent.
        Cell(interval(period).removesuffix("\u00a0%")),
        Cell(percent(period.plain_rate)),
        *(Cell(side.side if side else NUMBERS.missing) for side in sides),
    )


def _triangle_title(result: Retention) -> str:
    by = result.asked.by
    shown = len(result.cohorts[-MOST_ROWS:])
    title = f"Cohorts by {by} of the first event: percent with an event 1, 2, … {by}s later"
    if any(cohort.last_incomplete for cohort in result.cohorts):
        title += f" ({INCOMPLETE} still running)"
    if shown < len(result.cohorts) or _width(result) < _longest(result):
        title += "; all cells are in triangle.csv"
    return title


def _longest(result: Retention) -> int:
    return max((len(cohort.active) for cohort in result.cohorts[-MOST_ROWS:]), default=1) - 1


def _width(result: Retention) -> int:
    """Return how many periods fit beside the label and the size."""
    label = max((len(cohort.label) for cohort in result.cohorts), default=0)
    size = max((len(NUMBERS.count(cohort.size)) for cohort in result.cohorts), default=0)
    return min(_longest(result), (WIDTH - 2 - max(label, 7) - 2 - max(size, 4)) // 6)


def _triangle(result: Retention) -> Table:
    width = _width(result)
    columns = (
        Column("cohort"),
        Column("size", "right"),
        *(Column(str(since), "right") for since in range(1, width + 1)),
    )
    return Table("", columns, (RowGroup(tuple(_cohort_row(c, width) for c in result.cohorts[-MOST_ROWS:])),))


def _cohort_row(cohort: Cohort, width: int) -> tuple[Cell, ...]:
    last = len(cohort.active) - 1
    cells = []
    for since in range(1, width + 1):
        if since > last:
            cells.append(Cell(""))
            continue
        mark = INCOMPLETE if cohort.last_incomplete and since == last else " " if cohort.last_incomplete else ""
        cells.append(Cell(f"{100 * cohort.shares[since]:.0f}{mark}"))
    return (Cell(cohort.label), Cell(NUMBERS.count(cohort.size)), *cells)


def _bullet(text: str) -> list[str]:
    first, *rest = wrap(text, WIDTH - 4)
    return [f"  • {first}", *(f"    {line}" for line in rest)]
