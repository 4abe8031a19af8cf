"""Small experiments: the definition that most tests start from, and tables made of rows, for two arms called a and b.

A test says what is its own: the metrics, and where it matters the dates, the sources and who is eligible.
"""

from collections.abc import Iterable, Mapping

import polars as pl

import abtest

_INSTANT = pl.Datetime("us", "UTC")
_COLUMNS: Mapping[str, Mapping[str, type[pl.DataType] | pl.DataType]] = {
    "assignments": {"id": pl.Int64, "arm": pl.String, "at": _INSTANT},
    "orders": {"id": pl.Int64, "at": _INSTANT, "amount": pl.Float64},
}
Row = tuple[object, ...]


def experiment(metrics: Mapping[str, object], *, through: str, end: str, **parts: object) -> abtest.Experiment:
    """Return an experiment that enrols from 2 March 2026 to ``end``; ``parts`` stand beside or for those here."""
    definition = {
        "name": "small",
        "unit": "id",
        "timezone": "UTC",
        "period": {"start": "2026-03-02", "end": end, "through": through},
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "data": {"assignments": {"at": "at"}, "orders": {"at": "at"}},
        "metrics": metrics,
    }
    return abtest.load({**definition, **parts})


def tables(*, assigned: Iterable[Row], orders: Iterable[Row]) -> dict[str, pl.DataFrame]:
    """Return the tables of rows (id, arm, at) and (id, at) or (id, at, amount)."""
    found = {}
    for name, rows in (("assignments", list(assigned)), ("orders", list(orders))):
        width = len(rows[0]) if rows else None
        schema = dict(list(_COLUMNS[name].items())[:width])
        found[name] = pl.DataFrame(rows, schema=schema, orient="row")
    return found
