"""Whether each id of a table stands in one row, which is asked first, since rows then need not be grouped by id.

Principle: nearly all tables of customers and assignments have one row per id. Counting the distinct ids takes a third
of the time of grouping rows by them, and of whole numbers next to nothing: a bit for each number of their range.
"""

from dataclasses import replace

from abtest.engines.engine import Row, Statement
from abtest.engines.sqltext import quote
from abtest.moments.exact import whole
from abtest.warehouse.profile import ID_BLOCK, TableProfile, with_tables
from abtest.warehouse.reading import Table
from abtest.warehouse.sources import Warehouse

_MOST_BITS = 1 << 28
_BITS_PER_ROW = 64


def with_distinct_ids(warehouse: Warehouse, table: Table, profile: TableProfile) -> Table:
    """Return ``table``, marked when no id of it stands in two rows, where the engine can tell that quickly.

    Ids that are neither whole numbers nor hashed are not asked about. Two ids that have one hash count as repeated.
    """
    return replace(table, distinct=_ask(warehouse, table, profile) is not None)


def eligible_of_distinct(warehouse: Warehouse, customers: Table, profile: TableProfile) -> int | None:
    """Return the number of eligible ``customers`` when no id of them stands in two rows, else ``None``."""
    eligible = "sum(CASE WHEN unit IS NOT NULL AND eligible = 1 THEN 1 END) AS eligible"
    row = _ask(warehouse, customers, profile, eligible)
    return None if row is None else whole(row, "eligible")


def _ask(warehouse: Warehouse, table: Table, profile: TableProfile, *more: str) -> Row | None:
    """Return the answer to ``more`` when no id of ``table`` stands in two rows, else ``None``."""
    known = table.has_unit and (warehouse.unit_is_integer or table.hashed)
    counted = warehouse.engine.distinct_units(_bounds(warehouse, profile)) if known else None
    if counted is None:
        return None
    listed = ",\n  ".join([f"{counted} AS distinct_units", *more])
    statement = Statement(
        f"{with_tables([table])}SELECT\n  {listed}\nFROM {quote(table.name)}",
        table.select.parameters if table.select else {},
    )
    warehouse.statements.append(statement)
    row = warehouse.engine.rows(statement, f"looking for repeated ids in {table.name}")[0]
    return row if whole(row, "distinct_units") == profile.rows - profile.without_unit else None


def _bounds(warehouse: Warehouse, profile: TableProfile) -> tuple[int, int] | None:
    """Return bounds of ids that are whole numbers, when a bit for each number between them is not too many."""
    if not warehouse.unit_is_integer or profile.id_blocks is None:
        return None
    first, last = profile.id_blocks
    # A block wider on both sides: engines divide numbers below 0 towards 0 or away from it.
    low, high = max((first - 1) * ID_BLOCK, -(2**63)), min((last + 1) * ID_BLOCK, 2**63) - 1
    return (low, high) if high - low < min(_MOST_BITS, _BITS_PER_ROW * profile.rows + 4 * ID_BLOCK) else None
