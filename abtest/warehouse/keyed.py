"""Rows that are one event: those with the same key become one row, and must agree in what is read of them.

Principle: a system that delivers twice writes the same row twice. Rows with one key that differ are no second delivery
but something else, such as the lines of an order, and taking one of them for the event would be a guess: it is refused.
"""

from collections.abc import Sequence

from abtest.engines.engine import Statement
from abtest.engines.sqltext import as_text, blank_to_null, quote
from abtest.errors import DataError
from abtest.moments.exact import whole
from abtest.warehouse.sources import Raw, Warehouse

KEY = "event_key"


def stage_of(name: str) -> str:
    """Return the name of the table of a source's rows before they become events."""
    return f"raw_{name}_by_unit"


def key_columns(raw: Raw, columns: Sequence[str]) -> list[tuple[str, str]]:
    """Return the alias and the SQL of each column of a key; blank is none."""
    return [
        (f"{KEY}_{place}", blank_to_null(as_text(raw.sql(raw.column(column, "key")), raw.columns[column])))
        for place, column in enumerate(columns)
    ]


def collapse(warehouse: Warehouse, name: str, kept: Sequence[str], compared: Sequence[str]) -> None:
    """Make the table ``name`` of its stage: one row a key, and all rows without one.

    ``kept`` are the columns of the table; of those ``compared``, rows of one key hold the same. Raises
    :class:`~abtest.errors.DataError` where they do not.
    """
    raw, columns = warehouse.raw[name], warehouse.sources[name].key
    stage = quote(stage_of(name))
    keys = ", ".join(quote(f"{KEY}_{place}") for place in range(len(columns)))
    keyed = " AND ".join(f"{quote(f'{KEY}_{place}')} IS NOT NULL" for place in range(len(columns)))
    differ = " OR ".join(
        f"min({quote(one)}) <> max({quote(one)}) OR count({quote(one)}) NOT IN (0, count(*))" for one in compared
    )
    asked = (
        "SELECT count(*) AS keys, sum(CASE WHEN differs THEN 1 ELSE 0 END) AS differing\nFROM (\n"
        f"  SELECT {keys}, coalesce({differ}, FALSE) AS differs FROM {stage}\n  WHERE {keyed}\n  GROUP BY {keys}\n"
        ") AS events"
    )
    row = warehouse.engine.rows(Statement(asked, {}), f"comparing the rows of {name}")[0]
    found, differing = whole(row, "keys"), whole(row, "differing") if row["differing"] is not None else 0
    if differing:
        listed = ", ".join(columns)
        raise DataError(
            f"{raw.place}.key: {raw.shown}: {differing:,} of {found:,} values of {listed} stand in rows that differ in "
            "the id, the time or a value, so they are not one event delivered twice; if they are lines of one order, "
            f"remove `key` and count orders with `type: count` and `distinct: {columns[0]}`; otherwise leave the wrong "
            "rows out with `where`"
        )
    taken = ", ".join(f"min({quote(one)}) AS {quote(one)}" for one in kept)
    plain = ", ".join(quote(one) for one in kept)
    statement = Statement(
        f"SELECT {taken} FROM {stage}\nWHERE {keyed}\nGROUP BY {keys}\nUNION ALL\n"
        f"SELECT {plain} FROM {stage}\nWHERE NOT ({keyed})",
        {},
    )
    warehouse.engine.materialise(name, statement)
    warehouse.statements.append(Statement(f"CREATE TEMP TABLE {quote(name)} AS\n{statement.text}", {}))
    warehouse.engine.drop(stage_of(name))
