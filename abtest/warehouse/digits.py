"""Refuses numbers of which a double cannot hold all digits, where they are those of a unit that counts.

Values are read as doubles, which hold 15 digits of any number, and 17 of some. A column of whole or decimal numbers may
hold more: an id among the amounts, or amounts with more decimal places than anybody pays. Their sums would be wrong in
the last digits, and nothing would say so.

Principle: what cannot be, costs nothing. Below 2⁵³ all whole numbers are doubles, and below 10¹¹ so are all decimal
numbers of four places, as far as these places go; only a column that holds a larger value is looked at again.
"""

from abtest.engines.engine import Statement
from abtest.engines.sqltext import Binder, quote
from abtest.errors import DataError
from abtest.warehouse.reading import Reading, unit_readings, where_of
from abtest.warehouse.sources import Warehouse
from abtest.warehouse.units import ELIGIBLE

WHOLE = 2.0**53
"""Whole numbers below have all their digits."""
DECIMAL = 1e11
"""Decimal numbers below have all digits of four places."""


def require_digits(warehouse: Warehouse, name: str, column: str, largest: float) -> None:
    """Raise :class:`~abtest.errors.DataError` when an eligible unit has a value in ``column`` that loses digits.

    ``largest``: of the whole column. The population must stand.
    """
    raw = warehouse.raw[name]
    family = raw.columns[column]
    if family not in {"integer", "number", "text"} or largest < (WHOLE if family == "integer" else DECIMAL):
        return
    value, binder = raw.sql(column), Binder(f"digits_{name}")
    readings = [Reading("lost", _lost(value, text=family == "text"))]
    unit = warehouse.sources[name].unit
    if unit is not None:
        readings += unit_readings(warehouse, raw.sql(unit))[0]
    listed = ", ".join(f"{reading.sql} AS {quote(reading.alias)}" for reading in readings)
    where, _ = where_of(warehouse, name, binder)
    rows = f"SELECT {listed}\n  FROM {quote(raw.view)}" + ("" if where is None else f"\n  WHERE {where}")
    joined = "" if unit is None else f"\nJOIN population AS p ON p.unit = e.unit AND p.status = '{ELIGIBLE}'"
    text = f"SELECT count(*) AS lost\nFROM (\n  {rows}\n) AS e{joined}\nWHERE e.lost"
    found = _count(warehouse, Statement(text, binder.values), name)
    if found:
        values = "1 value" if found == 1 else f"{found:,} values"
        raise DataError(
            f"{raw.place}: column {column!r} holds {values} of those who count with more "
            "digits than the 15 to 17 that are kept, so that sums would not be exact; round them where they are "
            f"exported, or leave out what is no amount with `where`, such as `where: {column} < 1000000`"
        )


def _lost(value: str, *, text: bool) -> str:
    """Return the condition that a number is not what its double is written as."""
    # A column of doubles is what it is: only decimal and whole numbers can have more digits.
    asked = "TRUE" if text else f"lower(typeof({value})) NOT IN ('double', 'float', 'real')"
    read = f"try_number(CAST({value} AS STRING))" if text else f"CAST({value} AS DOUBLE)"
    # From here on doubles are whole numbers, of which the shortest way to write them does not say all digits.
    kinds = ("DECIMAL(38, 4)", "DECIMAL(38, 0)")
    large = " OR ".join(f"try_cast({value} AS {kind}) <> try_cast(whole_number({read}) AS {kind})" for kind in kinds)
    small = f"try_cast({value} AS {kinds[0]}) <> try_cast(CAST({read} AS STRING) AS {kinds[0]})"
    lost = (
        f"CASE WHEN abs({read}) BETWEEN {WHOLE:.0f} AND 1e37 THEN {large} "
        f"WHEN abs({read}) BETWEEN {DECIMAL:.0f} AND {WHOLE:.0f} THEN {small} END"
    )
    return f"coalesce({asked} AND {lost}, FALSE)"


def _count(warehouse: Warehouse, statement: Statement, name: str) -> int:
    warehouse.statements.append(statement)
    rows = warehouse.engine.rows(statement, f"looking at the digits of {name}")
    return int(str(rows[0]["lost"]))
