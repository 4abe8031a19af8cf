"""DuckDB, the embedded engine: CSV, Parquet, NDJSON and frames without a server."""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb

from abtest.errors import DataError
from abtest.warehouse.engine import EngineError, Family, Limits, Row, Statement
from abtest.warehouse.sqltext import LOCAL, ZONED, quote

# DuckDB gets Spark's names, so that one SQL text serves both engines. What neither has (the readers of text, and of
# local times, whose clock changes the engines read differently) has a name of ours in both: see spark_sql.py.
MACROS = f"""\
CREATE MACRO unix_micros(t) AS epoch_us(CAST(t AS TIMESTAMPTZ));
CREATE MACRO local_micros(t, zone) AS epoch_us(timezone(zone, t));
CREATE MACRO rlike(x, pattern) AS regexp_matches(x, pattern);
CREATE MACRO sha2(x, bits) AS sha256(x);
CREATE MACRO conv(x, from_base, to_base) AS CAST(('0x' || x) AS BIGINT);
CREATE MACRO to_instant(microseconds) AS make_timestamptz(microseconds);
CREATE MACRO to_clock(microseconds) AS make_timestamp(microseconds);
CREATE MACRO trimmed(x) AS trim(x, ' ');
CREATE MACRO number_text(x) AS x;
CREATE MACRO whole_div(x, y) AS x // y;
CREATE MACRO shiftleft(x, n) AS x << n;
CREATE MACRO unit_key(x) AS CASE WHEN x IS NOT NULL THEN hash(x) END;
CREATE MACRO unit_check(x) AS CASE WHEN x IS NOT NULL THEN hash('#' || x) END;
CREATE MACRO blank_to_null(x) AS nullif(trimmed(x), '');
CREATE MACRO parse_number(x) AS
  CASE lower(trimmed(x)) WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0
                         WHEN 'nan' THEN NULL WHEN '-nan' THEN NULL WHEN '+nan' THEN NULL
                         ELSE CAST(blank_to_null(x) AS DOUBLE) END;
CREATE MACRO parse_instant(x, zone) AS
  CASE WHEN rlike(trimmed(x), '{ZONED}')
       THEN unix_micros(CAST(replace(replace(replace(upper(trimmed(x)), ' Z', 'Z'), ' +', '+'), ' -', '-')
                             AS TIMESTAMPTZ))
       WHEN rlike(trimmed(x), '{LOCAL}') THEN local_micros(CAST(upper(trimmed(x)) AS TIMESTAMP), zone)
       ELSE CAST(blank_to_null(x) || ' is no time' AS BIGINT) END;
CREATE MACRO try_number(x) AS try(parse_number(x));
CREATE MACRO try_instant(x) AS try(parse_instant(x, 'UTC'));
"""

Progress = Callable[[str, float | None], None]


class DuckDB:
    """One in-memory database for one analysis."""

    name = "duckdb"
    row_number = "row_number() OVER ()"

    def __init__(self, *, progress: Progress | None = None, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self._temporary = Path(tempfile.mkdtemp(prefix="abtest-", dir=limits.folder))
        chosen = {"memory_limit": limits.memory, "threads": limits.threads}
        self._connection = duckdb.connect(
            config={
                **{name: str(value) for name, value in chosen.items() if value is not None},
                # A missing extension must be an error, not a download that hangs.
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "temp_directory": str(self._temporary),
            }
        )
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(MACROS)
        self._progress = progress

    def attach_files(self, table: str, files: Sequence[str], kind: str, layout: tuple[str, list[str]] | None) -> None:
        """Make ``table`` a view of files. CSV and NDJSON are read as text: use decides types, not a sample."""
        names = list(files)
        with _explained(table):
            if kind == "parquet":
                # Folder names such as customer_id=5 must not overwrite what the files say.
                relation = self._connection.read_parquet(names, union_by_name=False, hive_partitioning=False)
            elif kind == "csv" and layout is not None:
                delimiter, columns = layout
                relation = self._connection.read_csv(
                    names,  # type: ignore[arg-type]  # the stub lacks lists, which the engine takes
                    auto_detect=False,
                    header=True,
                    delimiter=delimiter,
                    quotechar='"',
                    escapechar='"',
                    columns=dict.fromkeys(columns, "VARCHAR"),
                    strict_mode=True,
                    hive_partitioning=False,
                )
            else:
                options = {"format": "newline_delimited", "hive_partitioning": False}
                sniffed = self._connection.read_json(names, sample_size=-1, **options)  # type: ignore[arg-type]
                # Nested values stay as they are; everything else is read as the text that stands in the file.
                if sniffed.columns == ["json"]:
                    raise EngineError(f"{table}: each line must be one JSON object; this file is one array or value")
                text = dict.fromkeys(sniffed.columns, "VARCHAR")
                relation = self._connection.read_json(names, columns=text, **options)  # type: ignore[arg-type]
            _in_microseconds(relation).create_view(table, replace=True)

    def attach_frame(self, table: str, frame: object) -> None:
        """Make ``table`` a view of a pandas, polars or Arrow frame."""
        try:
            self._connection.register(f"frame of {table}", frame)
            _in_microseconds(self._connection.view(f"frame of {table}")).create_view(table, replace=True)
        except (duckdb.Error, ImportError) as error:
            raise DataError(
                f"a table given as {type(frame).__name__} cannot be read ({_first_line(error)}); "
                "give a pandas, polars or Arrow table"
            ) from None

    def attach_table(self, table: str, source: str) -> None:
        """Refuse: an embedded database has no catalogue."""
        raise EngineError(
            f"{table}: `table: {source}` is a table of Spark's catalogue; add `engine: spark`, or give a file"
        )

    def columns(self, table: str) -> dict[str, Family]:
        """Return the columns of ``table`` and what each holds."""
        with _explained(table):
            found = self._connection.execute(f"SELECT * FROM {quote(table)} LIMIT 0").description or []
        return {str(name): _family(str(kind)) for name, kind, *_ in found}

    def materialise(self, table: str, statement: Statement) -> None:
        """Keep the rows of a query as a temporary table, which spills to disk when memory is short."""
        text = f"CREATE OR REPLACE TEMP TABLE {quote(table)} AS\n{statement.text}"
        # The rows' order is of no use once they are read, and keeping it costs memory.
        with self._setting("preserve_insertion_order", "false"):
            self._run(Statement(text, statement.parameters, statement.as_written), f"reading {table}")

    def drop(self, table: str) -> None:
        """Forget a table that :meth:`materialise` kept."""
        self._run(Statement(f"DROP TABLE {quote(table)}", {}), f"dropping {table}")

    def rows(self, statement: Statement, label: str = "query") -> list[Row]:
        """Run a query and return its rows as dicts."""
        return self._run(statement, label)

    def save(self, statement: Statement, path: str, kind: str) -> None:
        """Write the rows of a query to a CSV or Parquet file."""
        options = "FORMAT parquet, COMPRESSION zstd" if kind == "parquet" else "FORMAT csv, HEADER"
        target = path.replace("'", "''")
        self._run(Statement(f"COPY (\n{statement.text}\n) TO '{target}' ({options})", statement.parameters), "writing")

    def close(self) -> None:
        """Close the database and remove what it spilled."""
        self._connection.close()
        shutil.rmtree(self._temporary, ignore_errors=True)

    @contextlib.contextmanager
    def _setting(self, name: str, value: str | None) -> Iterator[None]:
        """Set an option of the database for a while; ``None`` leaves it."""
        if value is None:
            yield
            return
        self._connection.execute(f"SET {name} = '{value}'")
        try:
            yield
        finally:
            self._connection.execute(f"RESET {name}")

    def _run(self, statement: Statement, label: str) -> list[Row]:
        kept = "join_order,build_side_probe_side" if statement.as_written else None
        with (
            _explained(label),
            self._setting("disabled_optimizers", kept),
            _watched(self._connection, label, self._progress),
        ):
            # Fetched here, since the connection holds one result, and an option's would take its place.
            cursor = self._connection.execute(statement.text, dict(statement.parameters) or None)
            names = [entry[0] for entry in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _in_microseconds(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Return a relation whose instants have microseconds: no function takes nanoseconds with a time zone."""
    kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    fine = [name for name, kind in kinds.items() if kind == "TIMESTAMPTZ_NS"]
    if not fine:
        return relation
    cast = {name: f"CAST({quote(name)} AS TIMESTAMPTZ) AS {quote(name)}" for name in fine}
    return relation.project(", ".join(cast.get(name, quote(name)) for name in kinds))


@contextlib.contextmanager
def _watched(connection: duckdb.DuckDBPyConnection, label: str, progress: Progress | None):  # type: ignore[no-untyped-def]
    """Report the progress of the running query a few times a second."""
    if progress is None:
        yield
        return
    import threading

    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.25):
            share = connection.query_progress()
            progress(label, share / 100 if share >= 0 else None)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@contextlib.contextmanager
def _explained(what: str):  # type: ignore[no-untyped-def]
    """Turn the engine's errors into ours. Only the first line is kept: later ones may quote customers' rows."""
    try:
        yield
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        overflow = isinstance(error, duckdb.OutOfRangeException)
        raise EngineError(f"{what}: a value does not fit its type", conversion=True, overflow=overflow) from error
    except duckdb.OutOfMemoryException as error:
        raise EngineError(f"{what}: {_short_of(_first_line(error))}") from error
    except duckdb.Error as error:
        raise EngineError(f"{what}: {_reworded(_first_line(error))}") from error


def _short_of(line: str) -> str:
    """Say whether memory ran out, or the disk that memory spills to."""
    if "temp_directory" in line.lower() or "no space" in line.lower() or "max_temp_directory_size" in line.lower():
        return "the disk for temporary files is full; name a folder with more space with --temp-dir"
    return "memory ran out; allow more with --memory-limit, or use fewer --threads"


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _reworded(line: str) -> str:
    line = re.sub(r"^(\w+ )+Error: ", "", line)
    lower = line.lower()
    cures = {
        "no space left": "the disk is full; free some space, or name another folder with --temp-dir",
        "cannot open file": f"{line}; was it moved or removed while it was read?",
        "gzip": "the compressed file is cut off or damaged; export or copy it again",
        "too small to be a parquet": "not a Parquet file (empty or cut off); export or copy it again",
        "no magic bytes": "not a Parquet file (cut off or of another format); export or copy it again",
        "csv error on line": f"{line.replace('CSV Error on Line:', 'the CSV does not parse at line')}; "
        "that row has another number of cells than the header, a stray quote, or is not UTF-8",
        "malformed json": f"{line}; each line must be one complete JSON object",
    }
    damaged = ("decompress", "zstd", "snappy", "footer", "tprotocol", "metadata", "failed to read file", "thrift")
    if any(sign in lower for sign in damaged):
        return "the file is damaged or cut off; export or copy it again"
    if "state machine" in lower:
        return "the CSV mixes line ends (LF and CRLF) or has a stray quote; save it with one kind of line end"
    return next((cure for sign, cure in cures.items() if sign in lower), line)


def _family(kind: str) -> Family:
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
