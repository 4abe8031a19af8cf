"""Files and frames as Spark data frames, with the values that DuckDB reads from them.

Principle: what a file or frame holds is asked of DuckDB (a look at footers and types, no rows), so that both engines
say the same of every column. Spark reads the rows, and columns that it would take for something else are converted.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from abtest.engines.duckdb.database import Database
from abtest.engines.duckdb.door import Door
from abtest.engines.duckdb.parquet import look_at_parquet
from abtest.engines.engine import EngineError, Family, Statement
from abtest.engines.spark.needs import quiet
from abtest.engines.spark.sql import identifier, literal
from abtest.engines.sqltext import quote
from abtest.errors import UsageError
from abtest.files.folders import NOTHING, Kind, folder_columns
from abtest.files.header import names_of
from abtest.files.located import unpacked
from abtest.process.regular import open_regular
from abtest.words.visible import visible

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_BLOCK = 4 * 1024 * 1024
_UNSPLIT = 128 * 1024 * 1024
"""Spark reads a file of this size or less in one piece anyway."""
_CASTS: dict[Family, str] = {
    "integer": "BIGINT",
    "timestamp": "TIMESTAMP",
    "instant": "TIMESTAMPTZ",
    "text": "VARCHAR",
    "null": "VARCHAR",
    "other": "VARCHAR",
}
_FAMILIES: dict[str, Family] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), "integer"),
    **dict.fromkeys(("float", "double", "decimal"), "number"),
    **dict.fromkeys(("string", "varchar", "char"), "text"),
    "boolean": "boolean",
    "timestamp": "instant",
    "timestamp_ntz": "timestamp",
    "date": "date",
    "void": "null",
}


_FOLDER_TYPES: dict[Kind, str] = {"integer": "BIGINT", "date": "DATE"}


def families_of(frame: "DataFrame") -> dict[str, Family]:
    """Return the columns of a Spark data frame and what each holds."""
    return {field.name: _family(field.dataType.simpleString()) for field in frame.schema.fields}


def _family(kind: str) -> Family:
    return _FAMILIES.get(re.split(r"[ (<]", kind)[0], "other")


def read_files(
    session: "SparkSession", files: Sequence[str], kind: str, layout: tuple[str, list[str]] | None
) -> tuple["DataFrame", dict[str, Family]]:
    """Return the rows of files and what their columns hold. CSV and NDJSON are read as text, as DuckDB does."""
    for file in files:
        _require_visible(Path(file).name)
    if kind == "parquet":
        return _parquet(session, files)
    return _ndjson(session, files) if layout is None else _csv(session, files, *layout)


def _require_visible(name: str) -> None:
    """Refuse a name that Spark passes over without a word, or cannot read."""
    if name.startswith(("_", ".")) or ":" in name:
        raise EngineError(
            f"look: Spark does not read {visible(name)}: its name begins with _ or a dot, or holds a colon; rename the "
            "file"
        )


def _parquet(session: "SparkSession", files: Sequence[str]) -> tuple["DataFrame", dict[str, Family]]:
    families, held = _look_at_parquet(files)
    frame = session.read.parquet(*_paths(files))
    kinds = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
    reading = [f"{_converted(name, kinds[name], families[name])} AS {identifier(name)}" for name in families]
    return _with_folders(frame, files, reading, families, held)


def _with_folders(
    frame: "DataFrame",
    files: Sequence[str],
    reading: list[str],
    families: dict[str, Family],
    held: Collection[str],
) -> tuple["DataFrame", dict[str, Family]]:
    """Return the columns of files, and those that all their folders name and no file holds."""
    folders = folder_columns(files, held)
    reading = [*reading, *(_folder_column(name, kind) for name, kind in folders.items())]
    return frame.selectExpr(*reading), {**families, **folders}


def _folder_column(name: str, kind: Kind) -> str:
    """Return the Spark SQL of a folder's column, from the path of the file that is being read."""
    # Spark gives the path as an address, and what writes such layouts has escaped some signs before.
    path = _decoded("_metadata.file_path")
    value = f"regexp_extract({path}, {literal(f'/{re.escape(name)}=([^/]*)/')}, 1)"
    text = f"nullif(nullif(coalesce({_decoded(value)}, {value}), {literal(NOTHING)}), '')"
    return f"{f'CAST({text} AS {_FOLDER_TYPES[kind]})' if kind in _FOLDER_TYPES else text} AS {identifier(name)}"


def _decoded(text: str) -> str:
    # A plus in a path is itself.
    return f"try_url_decode(replace({text}, '+', '%2B'))"


def _look_at_parquet(files: Sequence[str]) -> tuple[dict[str, Family], Collection[str]]:
    """Return what the columns of the first file hold, and the names of the columns of all files.

    Raises when a file lacks a column, for which Spark would read nothing but NULL.
    """
    families = _look(files[:1], "parquet", None)
    with Door() as door:
        try:
            held = look_at_parquet(door, "look", files).names
            asked = "SELECT file_name, name FROM parquet_schema($1)"
            schemas = door.connection.execute(asked, [door.names(files)]).fetchall()
        except duckdb.Error:
            raise EngineError("look: a file is damaged or cut off; export or copy it again") from None
        names: dict[str, set[str]] = {}
        for file, name in schemas:
            names.setdefault(door.file_of(file), set()).add(name)
    for file, found in names.items():
        for name in families:
            if name not in found:
                raise EngineError(
                    f"look: {visible(Path(file).name)} has no {names_of(families, ()).column(name)}, which "
                    f"{visible(Path(files[0]).name)} has; files of one pattern need the same columns"
                )
    return families, held


def _converted(name: str, kind: str, family: Family) -> str:
    """Return the Spark SQL that reads a Parquet column as what DuckDB takes it for."""
    column = identifier(name)
    if family in {"timestamp", "instant"} and kind == "bigint":  # nanoseconds, which DuckDB rounds
        rounded = f"(abs({column}) + 500) div 1000 * CASE WHEN {column} < 0 THEN -1 ELSE 1 END"
        instant = f"timestamp_micros({rounded})"
        return instant if family == "instant" else f"CAST({instant} AS TIMESTAMP_NTZ)"
    if family == "timestamp" and kind == "timestamp":  # INT96 has no zone
        return f"CAST({column} AS TIMESTAMP_NTZ)"
    if family == "text" and kind != "string":  # whole numbers beyond 64 bits
        return f"CAST({column} AS STRING)"
    return column


def _csv(
    session: "SparkSession", files: Sequence[str], delimiter: str, columns: Sequence[str]
) -> tuple["DataFrame", dict[str, Family]]:
    # An open quote, a letter that is no UTF-8, mixed line ends: Spark makes something of each.
    _look(files, "csv", (delimiter, list(columns)), rows=True)
    # A quoted cell may hold line ends, so that a large file can be cut at a line's end only when it quotes nothing.
    large = [file for file in files if Path(file).stat().st_size > _UNSPLIT]
    whole = not large or any(_quotes(file) for file in large)
    frame = session.read.option("columnPruning", value=False).csv(
        _paths(files),
        schema=_texts(columns),
        sep=delimiter,
        header=True,
        enforceSchema=True,
        quote='"',
        escape='"',
        encoding="UTF-8",
        mode="FAILFAST",
        multiLine=whole,
        unescapedQuoteHandling="RAISE_ERROR",
        ignoreLeadingWhiteSpace=False,
        ignoreTrailingWhiteSpace=False,
    )
    return _with_folders(frame, files, list(map(identifier, columns)), dict.fromkeys(columns, "text"), columns)


def _ndjson(session: "SparkSession", files: Sequence[str]) -> tuple["DataFrame", dict[str, Family]]:
    columns = list(_look(files, "ndjson", None, rows=True))
    frame = session.read.json(_paths(files), schema=_texts(columns), mode="FAILFAST", multiLine=False, encoding="UTF-8")
    # Spark puts the words that JSON lacks, NaN and Infinity, between quotes.
    word = '^"([+-]?(NaN|Inf(inity)?|INF))"$'
    reading = [f"regexp_replace({identifier(name)}, {literal(word)}, '$1') AS {identifier(name)}" for name in columns]
    return _with_folders(frame, files, reading, dict.fromkeys(columns, "text"), columns)


def _look(
    files: Sequence[str], kind: str, layout: tuple[str, list[str]] | None, *, rows: bool = False
) -> dict[str, Family]:
    """Have DuckDB look at files, and parse their rows too: it refuses what Spark reads past, and says where.

    Returns what the files' own columns hold, without those of folders.
    """
    look = Database()
    try:
        look.attach_files("look", files, kind, layout)
        families = look.columns("look")
        if rows:
            counts = ", ".join(f"count({quote(column)}) AS c{place}" for place, column in enumerate(families))
            look.rows(Statement(f"SELECT {counts} FROM look", {}))
    finally:
        look.close()
    if folder_columns(files, ()).keys() & families:
        return {name: families[name] for name in _own_columns(files, kind, layout)}
    return families


def _own_columns(files: Sequence[str], kind: str, layout: tuple[str, list[str]] | None) -> list[str]:
    if layout is not None:
        return layout[1]
    with Door() as door:
        if kind == "parquet":
            return door.connection.read_parquet(door.names(files[:1]), hive_partitioning=False).columns
        options = {"sample_size": -1, "maximum_sample_files": len(files), "hive_partitioning": False}
        names = door.names(files)
        return door.connection.read_json(names, format="newline_delimited", **options).columns  # type: ignore[arg-type]


def _quotes(file: str) -> bool:
    return any(b'"' in block for block in _blocks(file))


def _blocks(file: str) -> Iterator[bytes]:
    with open_regular(file) as content, unpacked(Path(file), content) as rows:
        while block := rows.read(_BLOCK):
            yield block


def _texts(columns: Sequence[str]) -> str:
    return ", ".join(f"{identifier(name)} STRING" for name in columns)


def _paths(files: Sequence[str]) -> list[str]:
    """Return paths as Spark takes them: local ones with their scheme, and without the meaning of ``*`` and ``[``."""
    escaped = [re.sub(r"([\\*?\[\]{}])", r"\\\1", file) for file in files]
    return [path if "://" in path else local(Path(path)) for path in escaped]


def local(path: Path) -> str:
    """Return the path of a file on this machine as Spark takes it, whatever its default file system is."""
    return f"file://{path.absolute()}"


def read_frame(session: "SparkSession", frame: object) -> tuple["DataFrame", dict[str, Family]]:
    """Return a pandas, polars or Arrow table as a Spark data frame, and what its columns hold."""
    table, families = _arrow(frame)
    with quiet():
        return session.createDataFrame(table), families


def _arrow(frame: object) -> tuple[Any, dict[str, Family]]:
    look = Database()
    try:
        look.attach_frame("look", frame)
        families = look.columns("look")
    finally:
        look.close()
    listed = ", ".join(_cast(name, family) for name, family in families.items())
    with Door() as door:
        door.connection.execute("SET TimeZone = 'UTC'")
        door.close_behind()
        door.connection.register("look", frame)
        try:
            return door.connection.sql(f"SELECT {listed} FROM look").to_arrow_table(), families
        except ImportError:
            raise UsageError("tables given as frames need pyarrow on Spark: pip install 'abtest[spark]'") from None


def _cast(name: str, family: Family) -> str:
    column = quote(name)
    return f"CAST({column} AS {_CASTS[family]}) AS {column}" if family in _CASTS else column
