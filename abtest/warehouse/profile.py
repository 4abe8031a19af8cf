"""A first look at each table, before any outcome is computed: rows, gaps, time range, and how large its values are."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from abtest.definition.model import CUSTOMERS, Definition
from abtest.errors import DataError
from abtest.warehouse.engine import EngineError, Row, Statement
from abtest.warehouse.sources import NO_ARM, UNKNOWN_ARM, Table, Warehouse
from abtest.warehouse.sqltext import quote


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """What a number column holds: how many values, the largest magnitude.

    ``binary``: whether every value is 0 or 1, so that its mean is a rate; asked of customers' columns only.
    """

    values: int
    largest: float
    binary: bool

    def scale(self, digits: int) -> int:
        """Return the power of ten by which values are multiplied and rounded, to integers that sum exactly.

        ``digits``: significant digits, counted from the largest value, that the integers keep.
        """
        if self.largest == 0:
            return 1
        return int(10 ** max(0, digits - 1 - math.floor(math.log10(self.largest))))


@dataclass(frozen=True, slots=True)
class TableProfile:
    """What a table holds. ``first`` and ``last`` are microseconds since 1970 UTC.

    ``arms``: rows with an id (all rows, where there are no ids) per arm number, for the table that holds the arms.
    ``bare_ids``: whether no id is blank or begins with a blank.
    """

    rows: int
    without_unit: int
    without_time: int
    first: int | None
    last: int | None
    numbers: Mapping[str, NumberProfile]
    arms: Mapping[int, int] = field(default_factory=dict)
    bare_ids: bool = False


def profile(warehouse: Warehouse, table: Table) -> TableProfile:
    """Look at ``table`` once. Raises :class:`~abtest.errors.DataError` for an empty table or an infinite value."""
    raw = warehouse.raw[table.name]
    bare = table.with_bare_ids()
    text = f"{with_tables([bare])}SELECT\n  {_questions(warehouse, table)}\nFROM {quote(table.name)}"
    statement = Statement(text, bare.select.parameters if bare.select else {})
    warehouse.statements.append(statement)
    try:
        row = warehouse.engine.rows(statement, f"looking at {table.name}")[0]
    except EngineError as error:
        raise DataError(f"{raw.place}: {raw.shown}: {str(error).split(': ', 1)[-1]}") from error
    if optional(row, "edged_count"):
        # Some ids must be trimmed, and may be none then, so the counts are those of the trimmed ids.
        return profile(warehouse, replace(table, bare=None))
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
        binary = f"not_binary_{index}" in row and whole(row, f"not_binary_{index}") == 0
        numbers[column] = NumberProfile(whole(row, f"values_{index}"), largest, binary)
    return TableProfile(
        rows,
        rows - whole(row, "unit_count") if table.has_unit else 0,
        rows - whole(row, "time_count") if table.has_time else 0,
        optional(row, "first_us"),
        optional(row, "last_us"),
        numbers,
        {arm: whole(row, f"arm_{arm}") for arm in _arm_numbers(warehouse)} if table.has_arm else {},
        bare_ids=table.bare is not None,
    )


def _arm_numbers(warehouse: Warehouse) -> list[int]:
    return [UNKNOWN_ARM, NO_ARM, *range(len(warehouse.arms))]


def _questions(warehouse: Warehouse, table: Table) -> str:
    """Return the columns of a look at ``table``."""
    columns = ["count(*) AS row_count"]
    unit = "unit" if table.bare is None else "id_text"
    if table.has_unit:
        columns.append(f"count({unit}) AS unit_count")
    if table.bare is not None:
        # Blank, or with a blank (or a sign that sorts before it) in front: a file's own ranges answer without reading.
        columns.append("sum(CASE WHEN id_text < '!' THEN 1 END) AS edged_count")
    if table.has_arm:
        known = unit if table.has_unit else "1"
        columns += [
            f"count(CASE WHEN arm = {arm} THEN {known} END) AS {quote(f'arm_{arm}')}" for arm in _arm_numbers(warehouse)
        ]
    if table.has_time:
        columns += ["count(at_us) AS time_count", "min(at_us) AS first_us", "max(at_us) AS last_us"]
    for index, alias in enumerate(table.numbers.values()):
        value = quote(alias)
        columns += [f"count({value}) AS values_{index}", f"max(abs({value})) AS largest_{index}"]
        if table.name == CUSTOMERS:
            # Only of a column of customers it matters whether it holds 0 and 1 alone, and so a rate.
            binary = f"CASE WHEN {value} IN (0, 1) THEN 0 WHEN {value} IS NOT NULL THEN 1 END"
            columns.append(f"sum({binary}) AS not_binary_{index}")
    return ",\n  ".join(columns)


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
