"""How databases are spoken to: the quotes of names, the types that are asked for as text, what is asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

NULL = "\x01null\x01"
"""What stands for a null where the driver needs a text; it is one again before anybody reads it."""
ROW = "asked"
"""The name under which a query's rows are selected from."""
_FALSE_FRIENDS = frozenset({"money"})
"""Types whose Arrow form is another number: they are asked for as what they say."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one kind of database understands.

    ``narrows``: whether conditions on rows are asked of it; where its types are loose, all rows are taken, and the
    engine that counts decides. ``begins``: what opens a transaction that cannot write; ``{seconds}`` is the time that a
    statement may take.
    """

    begins: Sequence[str] = ()
    text: str = "VARCHAR"
    narrows: bool = False
    loose: bool = False
    """Whether a column may hold values of several types."""


_OTHER = Dialect()
_KNOWN = {
    "postgresql": Dialect(
        begins=(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            "SET LOCAL statement_timeout = {milliseconds}",
            "SET LOCAL TimeZone = 'UTC'",
        ),
        text="text",
        narrows=True,
    ),
    "sqlite": Dialect(text="TEXT", loose=True),
}


def dialect(driver: str) -> Dialect:
    """Return what databases of a driver understand; plain SQL for those that are not known."""
    return _KNOWN.get(driver, _OTHER)


def quoted(name: str) -> str:
    """Return the name of a column or table in standard SQL's quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as standard SQL."""
    return "'" + text.replace("'", "''") + "'"


def taken(column: str, kind: Any, metadata: dict[str, str], speech: Dialect) -> str:
    """Return the SQL that takes a column. ``kind`` is its Arrow type, ``metadata`` what the driver says beside it."""
    import pyarrow as pa

    name = quoted(column)
    if metadata.get("POSTGRESQL:type") in _FALSE_FRIENDS:
        return f"CAST(CAST({name} AS numeric) AS {speech.text}) AS {name}"
    plain = (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_date(kind)
        or pa.types.is_decimal(kind)
    )
    return name if plain else f"CAST({name} AS {speech.text}) AS {name}"


def loosely_taken(column: str, types: frozenset[str]) -> str:
    """Return the SQL that takes a column of a database whose types are its values' (``types``).

    Whole numbers stay what they are. Other columns are taken as text, numbers with all their digits, and what is null
    as :data:`NULL`: the driver guesses a column's type from its first rows, and nulls tell it nothing.
    """
    name = quoted(column)
    if types == {"integer"}:
        return name
    if "real" in types:
        number = f"CASE typeof({name}) WHEN 'real' THEN printf('%!.17g', {name}) ELSE CAST({name} AS TEXT) END"
        return f"coalesce({number}, {literal(NULL)}) AS {name}"
    return f"coalesce(CAST({name} AS TEXT), {literal(NULL)}) AS {name}"
