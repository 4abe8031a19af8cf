"""Which column of a table holds its time, and which one the value of an event."""

from abtest.errors import DataError
from abtest.init.hints import Hints, UnsettledError
from abtest.init.looking import Column, Table, shortened
from abtest.init.vocabulary import time_score, value_score


def find_time(table: Table, hints: Hints, *, what: str) -> tuple[Column, str | None]:
    """Return the time column of ``table`` and what to check; ``what`` says what the time is needed for.

    Raises :class:`~abtest.init.hints.UnsettledError` when there is none.
    """
    said = hints.column("at", table)
    if said is not None:
        column = table.column(said)
        if column.kind != "time":
            raise DataError(f"--at {said}: the column of {table.file} does not hold times; {_WRITE}")
        return _readable(table, column), None
    times = sorted(table.of_kind("time"), key=lambda column: -time_score(column.name, table.name))
    if not times:
        named = [
            column.name
            for column in table.columns
            if column.kind in {"text", "integer", "number"} and time_score(column.name, table.name) > 0
        ]
        hint = f" ({shortened(named)} by its name, but its values are not written like that)" if named else ""
        raise UnsettledError(
            f"{table.file}: no column holds times, which are needed as {what}{hint}; its columns: {table.listed}; "
            f"{_WRITE}, or name another column with --at {table.name}=COLUMN",
            "at",
            table,
        )
    best, *rest = [column for column in times if not column.unreadable] or times
    others = [column.name for column in rest if time_score(column.name, table.name) > 0]
    sure = time_score(best.name, table.name) >= 90 and not any(
        time_score(name, table.name) == time_score(best.name, table.name) for name in others
    )
    note = None if sure or not others else f"{best.name} is taken as {what}; {shortened(others)} hold times too"
    return _readable(table, best), note


_WRITE = "write times as 2026-03-02T10:00:00Z or dates as 2026-03-02"


def _readable(table: Table, column: Column) -> Column:
    if column.unreadable:
        raise DataError(
            f"{table.file}: column {column.name!r}: {column.unreadable:,} of {column.filled:,} values are no times; "
            f"{_WRITE}, or name another column with --at {table.name}=COLUMN"
        )
    return column


def find_value(table: Table, hints: Hints, taken: set[str]) -> tuple[Column | None, str | None]:
    """Return the column with an event's value, if there is one, and what to check. ``taken`` columns are others.

    Raises :class:`~abtest.errors.DataError` when the column that was named does not hold numbers.
    """
    said = hints.column("value", table)
    if said is not None:
        column = table.column(said)
        if not column.numeric or column.unreadable:
            raise DataError(f"--value {said}: the column of {table.file} does not hold numbers only")
        return column, None
    numbers = [column for column in table.of_kind("number", "integer") if column.name not in taken]
    named = sorted((c for c in numbers if value_score(c.name)), key=lambda column: -value_score(column.name))
    sound = [column for column in named if not column.unreadable]
    if sound:
        others = [column.name for column in sound[1:]]
        return sound[
            0
        ], f"{sound[0].name} is taken as the value; {shortened(others)} could be it too" if others else None
    if named:
        damaged = named[0]
        return None, f"{damaged.name} has {damaged.unreadable:,} values that are no numbers, so nothing is summed"
    decimal = [column for column in numbers if column.kind == "number" and not column.unreadable]
    if len(decimal) == 1:
        return decimal[0], f"{decimal[0].name} is taken as the value, being the only decimal number"
    return None, None
