"""Rows of events that may be no events of their own: delivered twice, lines of one order, refunds.

Principle: what is looked for costs one pass over what was read anyway. Only a table in which rows repeat is read once
more, to tell a second delivery, alike in all columns, from two events that look alike in what a metric reads.
"""

from abtest.engines.engine import Statement
from abtest.engines.sqltext import Binder, quote
from abtest.grammar.time import DAY_US
from abtest.moments.exact import optional, whole
from abtest.moments.facts import RowFacts
from abtest.warehouse.profile import with_tables
from abtest.warehouse.reading import EVENT_KEY, SIGN, Table, where_of
from abtest.warehouse.sources import Warehouse

_LARGE = 2_000_000
_SAMPLED = 16
"""Of tables with more rows, one unit of so many is looked at for rows that repeat."""
_SHARE, _FEWEST = 0.001, 3
"""Rows that repeat by chance: two orders of one second and one amount."""


def row_facts(warehouse: Warehouse, table: Table, rows: int) -> RowFacts | None:
    """Return what was noticed of a table of events; ``None`` where nothing was."""
    if not rows or not table.has_unit or not table.has_time:
        return None
    parameters = table.select.parameters if table.select else {}
    columns = []
    if table.sign is not None:
        columns += [
            f"count(CASE WHEN {SIGN} {test} 0 THEN 1 END) AS {name}" for test, name in (("<", "below"), ("=", "zero"))
        ]
    if table.key is not None:
        columns += [f"count({EVENT_KEY}) AS keyed", f"count(DISTINCT {EVENT_KEY}) AS keys"]
    row: dict[str, object] = {}
    if columns:
        listed = ",\n  ".join(columns)
        text = f"{with_tables([table])}SELECT\n  {listed}\nFROM {quote(table.name)}"
        row = _ask(warehouse, Statement(text, parameters))
    below, zero = optional(row, "below") or 0, optional(row, "zero") or 0
    repeated = whole(row, "keyed") - whole(row, "keys") if table.key is not None else 0
    alike = _alike(warehouse, table, rows) if not warehouse.sources[table.name].key else 0
    same = 0
    if repeated:
        same = _same(warehouse, table)
    elif alike >= max(_FEWEST, _SHARE * rows):
        alike = _equal(warehouse, table)
    if table.key is not None and not repeated:
        alike = 0  # each has a number of its own
    if alike < max(_FEWEST, _SHARE * rows):
        alike = 0
    if not (below or zero or repeated or alike):
        return None
    return RowFacts(table.name, rows, below, zero, table.sign, table.key if repeated else None, repeated, same, alike)


def _alike(warehouse: Warehouse, table: Table, rows: int) -> int:
    """Return the rows that repeat another in id, time and values, where times tell more than the day."""
    sampled = "\n  AND unit % {_SAMPLED} = 0" if rows > _LARGE and (table.hashed or table.integer) else ""
    sampled = sampled.format(_SAMPLED=_SAMPLED)
    columns = ", ".join(["unit", "at_us", *map(quote, table.numbers.values())])
    text = (
        f"{with_tables([table])}SELECT sum(copies - 1) AS repeated\nFROM (\n  SELECT count(*) AS copies\n"
        f"  FROM {quote(table.name)}\n  WHERE unit IS NOT NULL AND at_us % {DAY_US} <> 0{sampled}\n"
        f"  GROUP BY {columns}\n) AS counted"
    )
    row = _ask(warehouse, Statement(text, table.select.parameters if table.select else {}))
    return (optional(row, "repeated") or 0) * (_SAMPLED if sampled else 1)


def _same(warehouse: Warehouse, table: Table) -> int:
    """Return the rows that repeat the key of another and agree with it in id, time and values."""
    compared = ["unit", "at_us", *table.numbers.values()]
    agree = " AND ".join(
        f"min({quote(one)}) IS NOT DISTINCT FROM max({quote(one)}) AND count({quote(one)}) IN (0, count(*))"
        for one in compared
    )
    text = (
        f"{with_tables([table])}SELECT sum(copies - 1) AS repeated\nFROM (\n"
        f"  SELECT count(*) AS copies, {agree} AS agree\n  FROM {quote(table.name)}\n  WHERE {EVENT_KEY} IS NOT NULL\n"
        f"  GROUP BY {EVENT_KEY}\n) AS counted\nWHERE agree"
    )
    row = _ask(warehouse, Statement(text, table.select.parameters if table.select else {}))
    return optional(row, "repeated") or 0


def _equal(warehouse: Warehouse, table: Table) -> int:
    """Return the rows of the table as it is stored that are equal to another in all columns."""
    raw, binder = warehouse.raw[table.name], Binder("equal")
    where, _ = where_of(warehouse, table.name, binder)
    columns = ", ".join(quote(column) for column, family in raw.columns.items() if family != "other")
    condition = f"\n  WHERE {where}" if where else ""
    text = (
        f"SELECT sum(copies - 1) AS repeated\nFROM (\n  SELECT count(*) AS copies FROM {quote(raw.view)}{condition}\n"
        f"  GROUP BY {columns}\n) AS counted"
    )
    return optional(_ask(warehouse, Statement(text, binder.values)), "repeated") or 0


def _ask(warehouse: Warehouse, statement: Statement) -> dict[str, object]:
    return warehouse.engine.rows(statement, "looking for repeated rows")[0]
