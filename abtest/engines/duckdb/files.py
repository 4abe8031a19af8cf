"""How DuckDB reads files: Parquet with its types, CSV and NDJSON as text, and the columns that folders name."""

from collections.abc import Mapping, Sequence

import duckdb

from abtest.engines.duckdb.door import Door, literal, value_of
from abtest.engines.duckdb.parquet import look_at_parquet
from abtest.engines.engine import EngineError
from abtest.engines.sqltext import quote
from abtest.files.folders import Kind, folder_columns, folder_values, typed

_PATH = "path of the file"
"""The column for the name of each row's file, which the columns of folders are taken from and which nobody sees."""


def read_files(
    door: Door, table: str, files: Sequence[str], kind: str, layout: tuple[str, list[str]] | None
) -> duckdb.DuckDBPyRelation:
    """Return the rows of files. CSV and NDJSON are read as text: use decides types, not a sample.

    What reads is one SELECT, since a condition on a folder's column passes through no more than that to the choice of
    files. Raises :class:`~abtest.engines.engine.EngineError`, starting with ``table``, for files that do not agree.
    """
    if kind == "parquet":
        return _parquet(door, table, files)
    return _ndjson(door, table, files) if layout is None else _csv(door, files, *layout)


def in_microseconds(relation: duckdb.DuckDBPyRelation) -> list[str]:
    """Return the SQL of all columns, instants in microseconds: no function takes nanoseconds with a time zone."""
    return [
        f"CAST({quote(name)} AS TIMESTAMPTZ) AS {quote(name)}" if kind == "TIMESTAMPTZ_NS" else quote(name)
        for name, kind in zip(relation.columns, map(str, relation.types), strict=True)
        if name != _PATH
    ]


def _parquet(door: Door, table: str, files: Sequence[str]) -> duckdb.DuckDBPyRelation:
    look = look_at_parquet(door, table, files)
    folders = folder_columns(files, look.names)
    listed = ", ".join(map(literal, _names(door, files, folders)))
    path = f", filename = '{_PATH}'" if folders else ""
    # Folder names such as customer_id=5 must not overwrite what the files say.
    source = f"read_parquet([{listed}], union_by_name = {look.widened}, hive_partitioning = false{path})"
    columns = in_microseconds(door.connection.sql(f"SELECT * FROM {source}"))
    return door.connection.sql(f"SELECT {', '.join([*columns, *_values(folders)])} FROM {source}")


def _csv(door: Door, files: Sequence[str], delimiter: str, columns: Sequence[str]) -> duckdb.DuckDBPyRelation:
    folders = folder_columns(files, columns)
    relation = door.connection.read_csv(
        _names(door, files, folders),
        auto_detect=False,
        header=True,
        delimiter=delimiter,
        quotechar='"',
        escapechar='"',
        columns=dict.fromkeys(columns, "VARCHAR"),
        strict_mode=True,
        hive_partitioning=False,
        **({"filename": _PATH} if folders else {}),  # type: ignore[arg-type]
    )
    return _with_folders(relation, folders)


def _ndjson(door: Door, table: str, files: Sequence[str]) -> duckdb.DuckDBPyRelation:
    names = door.names(files)
    options = {"format": "newline_delimited", "hive_partitioning": False, "maximum_sample_files": len(files)}
    sniffed = door.connection.read_json(names, sample_size=-1, **options)  # type: ignore[arg-type]
    # Nested values stay as they are; everything else is read as the text that stands in the file.
    if sniffed.columns == ["json"]:
        raise EngineError(f"{table}: each line must be one JSON object; this file is one array or value")
    text = dict.fromkeys(sniffed.columns, "VARCHAR")
    folders = folder_columns(files, text)
    if folders:
        options["filename"] = _PATH
        names = _names(door, files, folders)
    relation = door.connection.read_json(names, columns=text, **options)  # type: ignore[arg-type]
    return _with_folders(relation, folders)


def _names(door: Door, files: Sequence[str], folders: Mapping[str, Kind]) -> list[str]:
    """Return the names by which the engine reads files, with what their folders say in them."""
    return door.names(files, [folder_values(file, folders) for file in files] if folders else None)


def _with_folders(relation: duckdb.DuckDBPyRelation, folders: Mapping[str, Kind]) -> duckdb.DuckDBPyRelation:
    return relation.project(", ".join([*in_microseconds(relation), *_values(folders)])) if folders else relation


def _values(folders: Mapping[str, Kind]) -> list[str]:
    return [
        f"{typed(value_of(place, quote(_PATH)), kind)} AS {quote(name)}"
        for place, (name, kind) in enumerate(folders.items())
    ]
