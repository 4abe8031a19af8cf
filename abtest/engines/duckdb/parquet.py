"""What Parquet files hold, by their footers: no row is read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from abtest.engines.duckdb.door import Door
from abtest.engines.engine import EngineError, Family
from abtest.files.header import names_of
from abtest.words.names import Names
from abtest.words.visible import visible


@dataclass(frozen=True, slots=True)
class Look:
    """The names of the columns of all files, and whether files have a column in different widths of one type."""

    names: frozenset[str]
    widened: bool


def look_at_parquet(door: Door, table: str, files: Sequence[str]) -> Look:
    """Return what the files hold, once it is sure that a column means the same in all of them.

    The engine would read every file with the types of the first, and round a later file's 8.5 to the first one's whole
    numbers. Raises :class:`~abtest.engines.engine.EngineError` when a column holds numbers here and text there, or
    widths differ and a file lacks a column.
    """
    statement = (
        "SELECT min(file_name), columns FROM (\n"
        "  SELECT file_name, list((name, coalesce(num_children, 0), duckdb_type) ORDER BY column_id) AS columns\n"
        "  FROM parquet_schema($1) GROUP BY file_name\n) AS files GROUP BY columns ORDER BY 1"
    )
    found = door.connection.execute(statement, [door.names(files)]).fetchall()
    kinds = [(visible(Path(door.file_of(file)).name), _top(columns)) for file, columns in found]
    first, known = kinds[0]
    seen = {name.casefold(): (first, kind) for name, kind in known.items()}
    widened = False
    for file, columns in kinds:
        for name, kind in columns.items():
            other, expected = seen.setdefault(name.casefold(), (file, kind))
            if not _alike(family_of(kind), family_of(expected)):
                shared = Names.of([name], told=True)  # two files begin with it, so it is no row of theirs
                raise EngineError(
                    f"{table}: {shared.column(name)} holds {_shown(kind)} in {file} and "
                    f"{_shown(expected)} in {other}; files of one pattern need the same types"
                )
            widened = widened or kind != expected
    names = [{name.casefold() for name in columns} for _, columns in kinds]
    for (file, _), held in zip(kinds, names, strict=True):
        if widened and (missing := sorted(set(seen) - held)):
            first = seen[missing[0]][0]
            raise EngineError(
                f"{table}: {file} has no {_names(dict(kinds)[first]).column(missing[0])}, which {first} has; "
                "files of one pattern need the same columns"
            )
    return Look(frozenset(name for _, columns in kinds for name in columns), widened)


def _names(columns: Mapping[str, str]) -> Names:
    """Return the names of a file's columns, for an error that speaks of one."""
    return names_of({name.casefold(): family_of(kind) for name, kind in columns.items()}, ())


def _shown(kind: str) -> str:
    """Return a type as errors name it; a nested one or a list of values would quote what it holds."""
    return kind if re.fullmatch(r"[A-Z_ ]+[0-9]*(\([0-9, ]+\))?", kind) else "nested values"


def _top(columns: Sequence[tuple[str, int, str | None]]) -> Mapping[str, str]:
    """Return the columns at the top of a schema, which lists the parts of a nested column after it."""
    found: dict[str, str] = {}
    inside = 0
    for name, children, kind in columns[1:]:
        if not inside:
            found[name] = str(kind)
        inside = max(inside - 1, 0) + children
    return found


def _alike(one: Family, other: Family) -> bool:
    numbers = {"integer", "number"}
    return one == other or "null" in {one, other} or {one, other} <= numbers


def family_of(kind: str) -> Family:
    """Return what a column of DuckDB type ``kind`` holds."""
    kind = kind.upper()
    if kind.startswith(("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMP_TZ")):
        return "instant"
    prefixes: dict[str, Family] = {
        "TIMESTAMP": "timestamp",
        "DATETIME": "timestamp",
        "DATE": "date",
        "BOOL": "boolean",
        "DECIMAL": "number",
        "DOUBLE": "number",
        "FLOAT": "number",
        "REAL": "number",
        "VARCHAR": "text",
        "STRING": "text",
        "ENUM": "text",
        "UUID": "text",
        '"NULL"': "null",
        "NULL": "null",
        # Beyond the range of a signed 64-bit integer; as text it is whole.
        "UBIGINT": "text",
        "UHUGEINT": "text",
        "HUGEINT": "text",
    }
    for prefix, family in prefixes.items():
        if kind.startswith(prefix):
            return family
    return "integer" if kind.rstrip("0123456789").endswith(("INT", "INTEGER", "NUMBER")) else "other"
