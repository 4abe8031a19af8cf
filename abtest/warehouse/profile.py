"""A first look at each table, before any outcome is computed: rows, gaps, time range, and how large its values are."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from abtest.engines.engine import EngineError, Statement
from abtest.engines.sqltext import quote
from abtest.errors import DataError
from abtest.moments.exact import optional, whole
from abtest.warehouse.reading import NO_ARM, UNKNOWN_ARM, Table
from abtest.warehouse.sources import Warehouse

ID_BLOCK = 1 << 16
"""Whole numbers in a block of ids: a statement is shown, and an id is nobody's to see."""


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """What a number column holds, whoever's it is: how many values, the largest magnitude (which may be infinite).

    Not-a-number is no value, but is counted among those of a file that leaves it out of its ranges.
    """

    values: int
    largest: float


@dataclass(frozen=True, slots=True)
class TableProfile:
    """What a table holds. ``first`` and ``last`` are microseconds since 1970 UTC.

    ``arms``: rows with an id (all rows, where there are no ids) per arm number, for the table that holds the arms.
    ``bare_ids``: whether no id is blank or begins with a blank. ``id_blocks``: the blocks of :data:`ID_BLOCK` whole
    numbers in which the least and the largest id lie, of tables of arms and customers with such ids; an id itself stays
    in the engine.
    """

    rows: int
    without_unit: int
    without_time: int
    first: int | None
    last: int | None
    numbers: Mapping[str, NumberProfile]
    arms: Mapping[int, int] = field(default_factory=dict)
    bare_ids: bool = False
    id_blocks: tuple[int, int] | None = None


def profile(warehouse: Warehouse, table: Table, *, may_be_empty: bool = False) -> TableProfile:
    """Look at ``table`` once. Raises :class:`~abtest.errors.DataError` for an empty table, unless it may be."""
    raw = warehouse.raw[table.name]
    read = replace(table.with_bare_ids(), select=table.look) if table.look else table.with_bare_ids()
    text = f"{with_tables([read])}SELECT\n  {_questions(warehouse, table)}\nFROM {quote(table.name)}"
    statement = Statement(text, read.select.parameters if read.select else {})
    warehouse.statements.append(statement)
    try:
        row = warehouse.engine.rows(statement, f"looking at {table.name}")[0]
    except EngineError as error:
        raise raw.unreadable(error) from None
    if optional(row, "edged"):
        # Some ids must be trimmed, and may be none then, so the counts are those of the trimmed ids.
        return profile(warehouse, replace(table, bare=None, look=None), may_be_empty=may_be_empty)
    if any(isinstance(value, float) and math.isnan(value) for value in row.values()):
        # Not-a-number is no value, but the largest of those that are stored.
        return profile(warehouse, replace(table, look=None), may_be_empty=may_be_empty)
    rows = whole(row, "row_count")
    first_block, last_block = optional(row, "first_block"), optional(row, "last_block")
    if rows + raw.left == 0 and not may_be_empty:
        filtered = " that fulfil `where`" if warehouse.sources[table.name].where else ""
        raise DataError(f"{raw.place}: {raw.shown} has no rows{filtered}")
    numbers = {}
    for index, column in enumerate(table.numbers):
        largest = max(abs(float(str(row[f"{edge}_{index}"] or 0))) for edge in ("least", "largest"))
        # Rows that stayed in a database are not known to lack a value.
        numbers[column] = NumberProfile(whole(row, f"values_{index}") + raw.left, largest)
    return TableProfile(
        rows + raw.left,
        rows - whole(row, "unit_count") if table.has_unit else 0,
        rows - whole(row, "time_count") if table.has_time else 0,
        optional(row, "first_us"),
        optional(row, "last_us"),
        numbers,
        _arms(warehouse, table, lacking=table.has_unit and whole(row, "unit_count") < rows) if table.has_arm else {},
        bare_ids=table.bare is not None,
        id_blocks=None if first_block is None or last_block is None else (first_block, last_block),
    )


def require_readable(warehouse: Warehouse, tables: Iterable[Table]) -> None:
    """Read the ``tables`` through, of which a first look needs the files' ranges alone.

    Raises :class:`~abtest.errors.DataError` naming the first that cannot be read.
    """
    for table in tables:
        if table.select is not None:
            profile(warehouse, replace(table, look=None), may_be_empty=True)


def _arms(warehouse: Warehouse, table: Table, *, lacking: bool) -> dict[int, int]:
    """Count the rows of each arm. Ids are read only where rows are ``lacking`` one."""
    read = table.with_bare_ids()
    known = "\nWHERE unit IS NOT NULL" if lacking else ""
    text = (
        f"{with_tables([read])}SELECT\n  arm,\n  count(*) AS row_count\nFROM {quote(table.name)}{known}\nGROUP BY arm"
    )
    statement = Statement(f"{text}\nORDER BY arm", read.select.parameters if read.select else {})
    warehouse.statements.append(statement)
    rows = warehouse.engine.rows(statement, f"counting the arms of {table.name}")
    return dict.fromkeys([UNKNOWN_ARM, NO_ARM, *range(table.arms)], 0) | {
        whole(row, "arm"): whole(row, "row_count") for row in rows
    }


def _questions(warehouse: Warehouse, table: Table) -> str:
    """Return the columns of a look at ``table``."""
    columns = ["count(*) AS row_count"]
    unit = "unit" if table.bare is None else "id_text"
    if table.has_unit:
        columns.append(f"count({unit}) AS unit_count")
        if warehouse.unit_is_integer and (table.has_arm or table.has_eligible):
            ends = {"first": "min", "last": "max"}
            columns += [f"whole_div({edge}(unit), {ID_BLOCK}) AS {end}_block" for end, edge in ends.items()]
    if table.bare is not None:
        # Blank, or with a blank (or a sign that sorts before it) in front: a file's own ranges answer without reading.
        columns.append("CASE WHEN min(id_text) < '!' THEN 1 END AS edged")
    # Of columns as they are stored, files know the ranges, so that no row is read for them.
    stored = table.stored if table.look is not None else {}
    if table.has_time:
        at = quote(stored.get("at_us", "at_us"))
        edges = [f"unix_micros({edge}({at}))" if "at_us" in stored else f"{edge}({at})" for edge in ("min", "max")]
        columns += [f"count({at}) AS time_count", f"{edges[0]} AS first_us", f"{edges[1]} AS last_us"]
    for index, alias in enumerate(table.numbers.values()):
        kept = quote(stored.get(alias, alias))
        columns += [
            f"count({kept}) AS values_{index}",
            f"CAST(min({kept}) AS DOUBLE) AS least_{index}",
            f"CAST(max({kept}) AS DOUBLE) AS largest_{index}",
        ]
    return ",\n  ".join(columns)


def with_tables(tables: list[Table], *more: tuple[str, str]) -> str:
    """Return the WITH clause: the tables that are read in place, then ``more`` named queries."""
    named = [(table.name, table.select.text) for table in tables if table.select is not None] + list(more)
    if not named:
        return ""
    return "WITH\n" + ",\n".join(f"{quote(name)} AS (\n{_indented(text)}\n)" for name, text in named) + "\n"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
