"""How DuckDB reads files: Parquet with its types, CSV and NDJSON as text, and the columns that folders name."""

from collections.abc import Mapping, Sequence

import duckdb

from abtest.warehouse.engine import EngineError
from abtest.warehouse.folders import Kind, folder_columns, folder_value
from abtest.warehouse.parquet_files import look_at_parquet
from abtest.warehouse.sqltext import quote

_PATH = "path of the file"
"""The column for the path of each row's file, which the columns of folders are taken from and which nobody sees."""


def read_files(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    files: Sequence[str],
    kind: str,
    layout: tuple[str, list[str]] | None,
) -> duckdb.DuckDBPyRelation:
    """Return the rows of files. CSV and NDJSON are read as text: use decides types, not a sample.

    What reads is one SELECT, since a condition on a folder's column passes through no more than that to the choice of
    files. Raises :class:`~abtest.warehouse.engine.EngineError`, starting with ``table``, for files that do not agree.
    """
    if kind == "parquet":
        return _parquet(connection, table, files)
    return _ndjson(connection, table, list(files)) if layout is None else _csv(connection, list(files), *layout)


def in_microseconds(relation: duckdb.DuckDBPyRelation) -> list[str]:
    """Return the SQL of all columns, instants in microseconds: no function takes nanoseconds with a time zone."""
    return [
        f"CAST({quote(name)} AS TIMESTAMPTZ) AS {quote(name)}" if kind == "TIMESTAMPTZ_NS" else quote(name)
        for name, kind in zip(relation.columns, map(str, relation.types), strict=True)
        if name != _PATH
    ]


def _parquet(connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[str]) -> duckdb.DuckDBPyRelation:
    look = look_at_parquet(connection, table, files)
    folders = folder_columns(files, look.names)
    listed = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
    path = f", filename = '{_PATH}'" if folders else ""
    # Folder names such as customer_id=5 must not overwrite what the files say.
    source = f"read_parquet([{listed}], union_by_name = {look.widened}, hive_partitioning = false{path})"
    columns = in_microseconds(connection.sql(f"SELECT * FROM {source}"))
    return connection.sql(f"SELECT {', '.join([*columns, *_values(folders)])} FROM {source}")


def _csv(
    connection: duckdb.DuckDBPyConnection, files: list[str], delimiter: str, columns: Sequence[str]
) -> duckdb.DuckDBPyRelation:
    folders = folder_columns(files, columns)
    relation = connection.read_csv(
        files,
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


def _ndjson(connection: duckdb.DuckDBPyConnection, table: str, files: list[str]) -> duckdb.DuckDBPyRelation:
    options = {"format": "newline_delimited", "hive_partitioning": False, "maximum_sample_files": len(files)}
    sniffed = connection.read_json(files, sample_size=-1, **options)  # type: ignore[arg-type]
    # Nested values stay as they are; everything else is read as the text that stands in the file.
    if sniffed.columns == ["json"]:
        raise EngineError(f"{table}: each line must be one JSON object; this file is one array or value")
    text = dict.fromkeys(sniffed.columns, "VARCHAR")
    folders = folder_columns(files, text)
    if folders:
        options["filename"] = _PATH
    return _with_folders(connection.read_json(files, columns=text, **options), folders)  # type: ignore[arg-type]


def _with_folders(relation: duckdb.DuckDBPyRelation, folders: Mapping[str, Kind]) -> duckdb.DuckDBPyRelation:
    return relation.project(", ".join([*in_microseconds(relation), *_values(folders)])) if folders else relation


def _values(folders: Mapping[str, Kind]) -> list[str]:
    return [f"{folder_value(name, kind, quote(_PATH))} AS {quote(name)}" for name, kind in folders.items()]
