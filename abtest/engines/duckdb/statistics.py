"""What a Parquet file says of its columns against what stands in them: the least, the largest, how many are missing.

Without checksums of its pages this is all that a file has to be compared with. A value that became another one within
the range of its column stays unnoticed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from abtest.engines.duckdb.door import Door
from abtest.engines.duckdb.parquet import family_of
from abtest.engines.options import Limits
from abtest.engines.sqltext import quote

_COMPARED = frozenset({"integer", "number", "text", "boolean", "timestamp", "instant", "date"})


@dataclass(frozen=True, slots=True)
class _Group:
    """The rows [first, first + rows) of a file."""

    number: int
    first: int
    rows: int


def fault_of(path: Path, limits: Limits) -> str | None:
    """Read all columns of a file; return what does not fit its statistics, in a few words, or ``None``."""
    with Door(limits) as door:
        door.connection.execute("SET TimeZone = 'UTC'")
        try:
            return _fault_of(door, path)
        except duckdb.Error:
            return "a page cannot be read"


def _fault_of(door: Door, path: Path) -> str | None:
    connection = door.connection
    [file] = door.names([str(path.absolute())])
    groups = _groups(connection, file)
    # What the statistics say is what is doubted here, so nothing may be answered from them.
    connection.execute("SET disabled_optimizers = 'statistics_propagation'")
    try:
        columns = connection.execute("SELECT * FROM read_parquet($1) LIMIT 0", [file]).description or []
        if any(str(name).casefold() == "file_row_number" for name, *_ in columns):
            return None  # the engine's own number of a row has no other name
        for name, kind, *_ in columns:
            if family_of(str(kind)) in _COMPARED:
                fault = _fault(connection, file, str(name), str(kind), groups)
                if fault is not None:
                    return fault
    finally:
        connection.execute("RESET disabled_optimizers")
    return None


def _groups(connection: duckdb.DuckDBPyConnection, path: str) -> list[_Group]:
    found = connection.execute(
        "SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata($1) ORDER BY 1", [path]
    ).fetchall()
    groups: list[_Group] = []
    for number, rows in found:
        groups.append(_Group(number, groups[-1].first + groups[-1].rows if groups else 0, rows))
    return groups


def _fault(
    connection: duckdb.DuckDBPyConnection, path: str, name: str, kind: str, groups: Sequence[_Group]
) -> str | None:
    column = quote(name)
    # Not-a-number is larger than all numbers to the engine, and outside of the range to most writers.
    known = f" FILTER (NOT isnan({column}))" if kind.upper() in {"DOUBLE", "FLOAT"} else ""
    said = (
        "SELECT row_group_id, row_group_num_rows AS row_count, stats_null_count AS missing,\n"
        f"  try_cast(stats_min_value AS {kind}) AS least, try_cast(stats_max_value AS {kind}) AS largest\n"
        "FROM parquet_metadata($1) WHERE path_in_schema = $2"
    )
    edges = ", ".join(f"({group.number}, {group.first})" for group in groups)
    held = (
        f"SELECT row_group_id, count(*) AS row_count, count(*) - count({column}) AS missing,\n"
        f"  min({column}){known} AS least, max({column}){known} AS largest\n"
        "FROM read_parquet($1, file_row_number = true, hive_partitioning = false) AS r\n"
        f"ASOF JOIN (VALUES {edges}) AS g(row_group_id, first) ON r.file_row_number >= g.first\nGROUP BY row_group_id"
    )
    text = (
        f"SELECT said.row_group_id,\n"
        "  coalesce(held.row_count, 0) <> said.row_count AS other_rows,\n"
        "  coalesce(held.missing <> said.missing, false) AS other_missing,\n"
        "  coalesce(held.least < said.least OR held.largest > said.largest, false) AS outside\n"
        f"FROM ({said}) AS said LEFT JOIN ({held}) AS held USING (row_group_id)\nORDER BY 1"
    )
    for number, other_rows, other_missing, outside in connection.execute(text, [path, name]).fetchall():
        if other_rows:
            return f"row group {number} holds another number of rows than its footer says"
        if other_missing:
            return f"a column of row group {number} holds another number of empty cells than its footer says"
        if outside:
            return f"a column of row group {number} holds values outside of the range that its footer says"
    return None
