"""A first look at each table, before any outcome is computed: rows, gaps, time range, and how large its values are."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from abtest.definition.model import Definition
from abtest.errors import DataError
from abtest.warehouse.engine import EngineError, Row, Statement
from abtest.warehouse.sources import Table, Warehouse
from abtest.warehouse.sqltext import quote


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """What a number column holds: how many values, the largest magnitude, and how many are neither 0 nor 1."""

    values: int
    largest: float
    not_binary: int

    @property
    def binary(self) -> bool:
        """Whether every value is 0 or 1, so that its mean is a rate."""
        return self.not_binary == 0

    def scale(self, digits: int) -> int:
        """Return the power of ten by which values are multiplied and rounded, to integers that sum exactly.

        ``digits``: significant digits, counted from the largest value, that the integers keep.
        """
        if self.largest == 0:
            return 1
        return int(10 ** max(0, digits - 1 - math.floor(math.log10(self.largest))))


@dataclass(frozen=True, slots=True)
class TableProfile:
    """What a table holds. ``first`` and ``last`` are microseconds since 1970 UTC."""

    rows: int
    without_unit: int
    without_time: int
    first: int | None
    last: int | None
    numbers: Mapping[str, NumberProfile]


def profile(warehouse: Warehouse, table: Table) -> TableProfile:
    """Look at ``table`` once. Raises :class:`~abtest.errors.DataError` for an empty table or an infinite value."""
    columns = ["count(*) AS row_count"]
    if table.has_unit:
        columns.append("count(unit) AS unit_count")
    if table.has_time:
        columns += ["count(at_us) AS time_count", "min(at_us) AS first_us", "max(at_us) AS last_us"]
    for index, alias in enumerate(table.numbers.values()):
        value = quote(alias)
        columns += [
            f"count({value}) AS values_{index}",
            f"max(abs({value})) AS largest_{index}",
            f"sum(CASE WHEN {value} IN (0, 1) THEN 0 WHEN {value} IS NOT NULL THEN 1 END) AS not_binary_{index}",
        ]
    listed = ",\n  ".join(columns)
    text = f"{with_tables([table])}SELECT\n  {listed}\nFROM {quote(table.name)}"
    statement = Statement(text, table.select.parameters if table.select else {})
    warehouse.statements.append(statement)
    raw = warehouse.raw[table.name]
    try:
        row = warehouse.engine.rows(statement, f"looking at {table.name}")[0]
    except EngineError as error:
        raise DataError(f"{raw.place}: {raw.shown}: {str(error).split(': ', 1)[-1]}") from error
    rows = whole(row, "row_count")
    if rows == 0 and table.name not in _may_be_empty(warehouse.definition):
        filtered = " that fulfil `where`" if warehouse.definition.data[table.name].where else ""
        raise DataError(f"{raw.place}: {raw.shown} has no rows{filtered}")
    numbers = {}
    for index, column in enumerate(table.numbers):
        largest = float(str(row[f"largest_{index}"] or 0))
        if largest == float("inf"):
            raise DataError(
                f"{raw.place}: column {column!r} holds an infinite value; correct it or leave it out with `where`"
            )
        numbers[column] = NumberProfile(whole(row, f"values_{index}"), largest, whole(row, f"not_binary_{index}"))
    return TableProfile(
        rows,
        rows - whole(row, "unit_count") if table.has_unit else 0,
        rows - whole(row, "time_count") if table.has_time else 0,
        optional(row, "first_us"),
        optional(row, "last_us"),
        numbers,
    )


def _may_be_empty(definition: Definition) -> set[str]:
    """Return the event tables that no primary metric uses: nobody may have unsubscribed yet."""
    primary = {definition.outcome(name).source for name in definition.primaries}
    return set(definition.event_sources) - primary


def with_tables(tables: list[Table], *more: tuple[str, str]) -> str:
    """Return the WITH clause: the tables that are read in place, then ``more`` named queries."""
    named = [(table.name, table.select.text) for table in tables if table.select is not None] + list(more)
    if not named:
        return ""
    return "WITH\n" + ",\n".join(f"{quote(name)} AS (\n{_indented(text)}\n)" for name, text in named) + "\n"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def whole(row: Row, key: str) -> int:
    """Return a count or exact sum of a row; NULL (a sum over no rows) is 0."""
    value = row[key]
    return 0 if value is None else int(str(value))


def optional(row: Row, key: str) -> int | None:
    """Return an integer of a row, ``None`` where it is NULL or the query has no such column."""
    value = row.get(key)
    return None if value is None else int(str(value))
