"""DuckDB, the embedded engine: CSV, Parquet, NDJSON and frames without a server."""

import contextlib
import errno
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import duckdb

from abtest.engines.duckdb.door import Door, literal
from abtest.engines.duckdb.errors import explained
from abtest.engines.duckdb.files import in_microseconds, read_files
from abtest.engines.duckdb.hashes import HASHES
from abtest.engines.duckdb.parquet import family_of
from abtest.engines.duckdb.running import answered, stuck
from abtest.engines.engine import EngineError, Family, Row, Statement
from abtest.engines.folding import BLANKS, FOLDS, INVISIBLE, SCIENTIFIC, folded, spellings
from abtest.engines.macros import lacking
from abtest.engines.options import Limits, Progress
from abtest.engines.sqltext import LOCAL, PART, PLAIN, ZONED, quote
from abtest.errors import DataError
from abtest.process.limits import ENGINE, require_limits
from abtest.process.temporary import temporary_path

# The readers of text columns. They raise an error for what is none; those called `try_` give NULL, and raise nothing
# that has to be caught, which takes a thousand times as long.
#
# Nearly all times and numbers are written in the plain way, and what is need not be trimmed, respelt, and matched
# against every spelling that there is.
#
# The engine takes 1_000 for a thousand; nobody else does.
_PARSERS = f"""\
CREATE MACRO parse_any_number(x) AS
  CASE lower(trimmed(x)) WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0
                         WHEN 'nan' THEN NULL WHEN '-nan' THEN NULL WHEN '+nan' THEN NULL
                         ELSE without_nan(CAST(CASE WHEN contains(x, '_') THEN 'no number' ELSE blank_to_null(x) END
                                               AS DOUBLE)) END;
CREATE MACRO parse_number(x) AS
  CASE WHEN isfinite(try_cast(x AS DOUBLE)) AND NOT contains(x, '_') THEN try_cast(x AS DOUBLE)
       ELSE parse_any_number(x) END;
CREATE MACRO parse_any_instant(x, zone) AS
  CASE WHEN rlike(trimmed(x), '{ZONED}')
       THEN unix_micros(CAST(replace(replace(replace(upper(trimmed(x)), ' Z', 'Z'), ' +', '+'), ' -', '-')
                             AS TIMESTAMPTZ))
       WHEN rlike(trimmed(x), '{LOCAL}') THEN local_micros(CAST(upper(trimmed(x)) AS TIMESTAMP), zone)
       ELSE CAST(blank_to_null(x) || ' is no time' AS BIGINT) END;
CREATE MACRO parse_instant(x, zone) AS
  CASE WHEN regexp_full_match(x, '{PLAIN}(?:Z|[+-](?:0[0-9]|1[0-7]):[0-5][0-9])')
       THEN unix_micros(CAST(x AS TIMESTAMPTZ))
       WHEN regexp_full_match(x, '{PLAIN}') THEN local_micros(CAST(x AS TIMESTAMP), zone)
       ELSE parse_any_instant(x, zone) END;
"""
_TRIERS = _PARSERS.replace("CAST(", "TRY_CAST(").replace("parse_instant(", "try_instant_in(").replace("parse_", "try_")

# A macro is written out wherever it stands, so each names its argument once, which a list of one makes possible: folds
# of folds would double and redouble. Nearly all ids are plain letters and digits, which only their case tells apart.
_SPELT = spellings()
_FOLDS = f"""\
CREATE MACRO fold_unicode(x) AS
  list_transform([x], lambda y: CASE WHEN strlen(y) = length(y) THEN y
                                     ELSE nfc_normalize(translate(y, '{_SPELT[0]}', '{_SPELT[1]}')) END)[1];
CREATE MACRO fold_blanks(x) AS
  list_transform([x], lambda y:
    CASE WHEN strlen(y) = length(y) AND NOT contains(y, ' ') AND NOT contains(y, chr(9)) AND NOT contains(y, chr(10))
              AND NOT contains(y, chr(11)) AND NOT contains(y, chr(12)) AND NOT contains(y, chr(13)) THEN y
         ELSE trim(regexp_replace(regexp_replace(y, '[{INVISIBLE}]', '', 'g'), '[{BLANKS}]+', ' ', 'g'), ' ') END)[1];
CREATE MACRO fold_case(x) AS lower(x);
CREATE MACRO fold_decimal(x) AS
  list_transform([x], lambda y:
    CASE WHEN NOT (contains(y, '.') OR contains(y, 'e') OR contains(y, 'E')) THEN y
         WHEN regexp_full_match(y, '[0-9]+[.]0+') THEN split_part(y, '.', 1)
         WHEN regexp_matches(y, '{SCIENTIFIC}') AND length(split_part(lower(y), 'e', 1)) - 2
                                                    >= CAST(split_part(lower(y), 'e', 2) AS INTEGER)
         THEN CAST(TRY_CAST(y AS DECIMAL(38, 0)) AS VARCHAR) ELSE y END)[1];
CREATE MACRO fold_zeros(x) AS
  list_transform([x], lambda y:
    CASE WHEN starts_with(y, '0') THEN regexp_replace(y, '^0+([0-9]+)$', '\\1') ELSE y END)[1];
CREATE MACRO folded_id(x) AS
  list_transform([x], lambda z:
    CASE WHEN strlen(z) = length(z) AND NOT contains(z, ' ') AND NOT contains(z, chr(9)) AND NOT contains(z, chr(13))
              AND NOT starts_with(z, '0') AND NOT contains(z, '.0') AND NOT contains(z, '+') AND z > ':'
         THEN lower(z) ELSE {folded("z", FOLDS)} END)[1];
"""

# How columns are written that are not written the plain way: see abtest/warehouse/forms.py, whose patterns have the
# groups that are numbered here. `translate` puts the point in place of the first sign, and nothing in place of others.
_FORMS = """\
CREATE MACRO named_month(x) AS
  CASE lower(substring(x, 1, 3)) WHEN 'jan' THEN '01' WHEN 'feb' THEN '02' WHEN 'mar' THEN '03' WHEN 'apr' THEN '04'
                                 WHEN 'may' THEN '05' WHEN 'jun' THEN '06' WHEN 'jul' THEN '07' WHEN 'aug' THEN '08'
                                 WHEN 'sep' THEN '09' WHEN 'oct' THEN '10' WHEN 'nov' THEN '11' WHEN 'dec' THEN '12'
                                 ELSE x END;
CREATE MACRO full_year(x) AS
  CASE WHEN length(x) = 4 THEN x WHEN x < '70' THEN concat('20', x) ELSE concat('19', x) END;
CREATE MACRO hour_of_day(hour, half) AS
  CASE WHEN half = '' THEN hour WHEN try_cast(hour AS INTEGER) NOT BETWEEN 1 AND 12 THEN '99'
       ELSE CAST(try_cast(hour AS INTEGER) % 12 + CASE WHEN lower(half) = 'p' THEN 12 ELSE 0 END AS STRING) END;
CREATE MACRO clock_part(hour, minute, second, half) AS
  CASE WHEN minute = '' THEN '' ELSE concat(' ', hour_of_day(hour, half), ':', minute, second) END;
CREATE MACRO iso_time(x, pattern, y, m, d) AS
  CASE WHEN rlike(x, pattern)
       THEN concat(full_year(regexp_extract(x, pattern, y)), '-', named_month(regexp_extract(x, pattern, m)), '-',
                   regexp_extract(x, pattern, d),
                   clock_part(regexp_extract(x, pattern, 4), regexp_extract(x, pattern, 5),
                              regexp_extract(x, pattern, 6), regexp_extract(x, pattern, 7)),
                   regexp_extract(x, pattern, 8))
       ELSE x END;
CREATE MACRO minus_of(before, behind, last) AS
  CASE WHEN before IN ('-', '−', '(') OR behind IN ('-', '−') OR last = '-' THEN '-' ELSE '' END;
CREATE MACRO plain_number(x, pattern, signs) AS
  CASE WHEN rlike(x, pattern) AND (regexp_extract(x, pattern, 1) = '(') = (regexp_extract(x, pattern, 5) = ')')
       THEN concat(minus_of(regexp_extract(x, pattern, 1), regexp_extract(x, pattern, 2),
                            regexp_extract(x, pattern, 5)),
                   translate(regexp_extract(x, pattern, 3), signs, '.'),
                   CASE WHEN regexp_extract(x, pattern, 4) <> '' THEN 'e-2' ELSE '' END)
       WHEN rlike(x, '[0-9]') THEN concat(x, '?')
       ELSE x END;
CREATE MACRO masked(x) AS
  concat(CASE WHEN rlike(x, '^[-+(]?0(?:[^0-9]|$)') THEN 'z' ELSE '' END,
         regexp_replace(regexp_replace(x, '[\\p{L}\\p{M}]', 'a', 'g'), '[0-9]', '9', 'g'));
CREATE MACRO json_text(x, name) AS json_extract_string(x, '$."' || name || '"');
"""

# DuckDB gets Spark's names, so that one SQL text serves both engines. What neither has (the readers of text, and of
# local times, whose clock changes the engines read differently) has a name of ours in both: see spark_sql.py.
#
# Of a Parquet file whose ranges leave not-a-number out, as most writers do, the engine believes that there is none, and
# does not ask; of what `try` returns it believes nothing.
MACROS = f"""\
CREATE MACRO unix_micros(t) AS epoch_us(CAST(t AS TIMESTAMPTZ));
CREATE MACRO local_micros(t, zone) AS epoch_us(timezone(zone, t));
CREATE MACRO rlike(x, pattern) AS regexp_matches(x, pattern);
CREATE MACRO sha2(x, bits) AS sha256(x);
CREATE MACRO conv(x, from_base, to_base) AS CAST(('0x' || x) AS BIGINT);
CREATE MACRO to_instant(microseconds) AS make_timestamptz(microseconds);
CREATE MACRO to_clock(microseconds) AS make_timestamp(microseconds);
CREATE MACRO wall_micros(microseconds, zone) AS epoch_us(timezone(zone, make_timestamptz(microseconds)));
CREATE MACRO clock_text(microseconds) AS
  CASE WHEN microseconds % 1000000 = 0 THEN strftime(make_timestamp(microseconds), '%Y-%m-%dT%H:%M:%S')
       ELSE strftime(make_timestamp(microseconds), '%Y-%m-%dT%H:%M:%S.%f') END;
CREATE MACRO trimmed(x) AS trim(x, ' ');
CREATE MACRO number_text(x) AS x;
CREATE MACRO whole_div(x, y) AS x // y;
CREATE MACRO whole_number(x) AS CAST(x AS HUGEINT);
CREATE MACRO high_part(x) AS CAST(CAST(x AS HUGEINT) // {PART} AS BIGINT);
CREATE MACRO low_part(x) AS CAST(CAST(x AS HUGEINT) % {PART} AS BIGINT);
CREATE MACRO unit_mean(total, factor, n) AS CAST(total AS HUGEINT) * CAST(factor AS HUGEINT) // n;
CREATE MACRO shiftleft(x, n) AS x << n;
CREATE MACRO shiftright(x, n) AS x >> n;
CREATE MACRO without_nan(x) AS CASE WHEN isnan(try(x)) THEN NULL ELSE x END;
CREATE MACRO unit_key(x) AS CASE WHEN x IS NOT NULL THEN hash(x) END;
CREATE MACRO near_key(x) AS CASE WHEN x IS NOT NULL THEN hash(coalesce(folded_id(x), x)) END;
CREATE MACRO unit_check(x) AS CASE WHEN x IS NOT NULL THEN hash('#' || x) END;
CREATE MACRO blank_to_null(x) AS nullif(trimmed(x), '');
{_FOLDS}{_FORMS}{_PARSERS}{_TRIERS}CREATE MACRO try_instant(x) AS try_instant_in(x, 'UTC');
"""

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_T = TypeVar("_T")


class Database:
    """One in-memory database for one analysis."""

    name = "duckdb"
    row_number = "row_number() OVER ()"
    digests = frozenset({"sha256", "sha1", "md5", "fnv1a32", "murmur3"})

    def __init__(self, *, progress: Progress | None = None, limits: Limits | None = None) -> None:
        require_limits(ENGINE)
        self._door = Door(limits)
        self._connection = self._door.connection
        self._connection.execute("SET TimeZone = 'UTC'")
        self._macros = _by_name(MACROS + HASHES)
        self._given: set[str] = set()
        # Without these the engine does not say how far a statement is.
        self._connection.execute("SET enable_progress_bar = true")
        self._connection.execute("SET enable_progress_bar_print = false")
        self._progress = progress
        self._sizes: dict[str, int] = {}

    def admit(self, files: Sequence[str]) -> None:
        """Say which files will be read; from the first that is attached on, the engine opens no other."""
        self._door.admit(files)

    def workspace(self) -> Path:
        """Return the folder that it sees, which is removed when it is closed."""
        return Path(self._door.folder)

    def attach_files(self, table: str, files: Sequence[str], kind: str, layout: tuple[str, list[str]] | None) -> None:
        """Make ``table`` a view of files. CSV and NDJSON are read as text: use decides types, not a sample."""
        names = list(files)

        def attach() -> None:
            relation = answered(self._connection, lambda: read_files(self._door, table, names, kind, layout))
            relation.create_view(table, replace=True)

        self._explained(table, attach)
        self._sizes[table] = sum(Path(name).stat().st_size for name in names)

    def attach_frame(self, table: str, frame: object) -> None:
        """Make ``table`` a view of a pandas, polars or Arrow frame."""
        self._door.close_behind()
        try:
            self._connection.register(f"frame of {table}", frame)
            relation = self._connection.view(f"frame of {table}")
            relation.project(", ".join(in_microseconds(relation))).create_view(table, replace=True)
            return
        except duckdb.Error:
            told = f"a table given as {type(frame).__name__} cannot be read; give a pandas, polars or Arrow table"
        except ImportError as error:
            needed = f"{error.name} is not installed" if error.name else "a package that it needs is not installed"
            told = f"a table given as {type(frame).__name__} cannot be read: {needed}; give another kind of table"
        raise DataError(told)

    def attach_stream(self, table: str, batches: object) -> None:
        """Keep the rows of an Arrow reader as a temporary table, which spills to disk when memory is short."""
        self._door.close_behind()
        name = f"stream of {table}"

        def keep() -> None:
            self._connection.register(name, batches)
            try:
                columns = ", ".join(in_microseconds(self._connection.view(name)))
                text = f"CREATE OR REPLACE TEMP TABLE {quote(table)} AS SELECT {columns} FROM {quote(name)}"
                with self._setting("preserve_insertion_order", "false"):
                    answered(self._connection, lambda: self._connection.execute(text), self._telling("", table))
            finally:
                self._connection.unregister(name)

        self._explained(table, keep)

    def attach_table(self, table: str, source: str) -> None:
        """Refuse: an embedded database has no catalogue."""
        del source
        raise EngineError(f"{table}: is a table of Spark's catalogue; add `engine: spark`, or give a file")

    def columns(self, table: str) -> dict[str, Family]:
        """Return the columns of ``table`` and what each holds."""
        self._door.close_behind()
        text = f"SELECT * FROM {quote(table)} LIMIT 0"
        found = self._explained(table, lambda: self._connection.execute(text).description or [])
        return {str(name): family_of(str(kind)) for name, kind, *_ in found}

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

    def distinct_units(self, bounds: tuple[int, int] | None) -> str | None:
        """Return SQL that counts the distinct values of ``unit``."""
        if bounds is None:
            return "count(DISTINCT unit)"
        return f"bit_count(bitstring_agg(unit, {bounds[0]}, {bounds[1]}))"

    def save(self, statement: Statement, path: str, kind: str) -> None:
        """Write the rows of a query to a CSV or Parquet file. The engine writes into its own folder alone."""
        options = "FORMAT parquet, COMPRESSION zstd" if kind == "parquet" else "FORMAT csv, HEADER"
        with temporary_path(Path(self._door.folder, f"saved.{kind}")) as whole:
            text = f"COPY (\n{statement.text}\n) TO {literal(str(whole))} ({options})"
            self._run(Statement(text, statement.parameters), "writing")
            if Path(path).is_dir():  # into which it would be moved
                raise EngineError(f"writing: {Path(path).name} is a folder; remove it, or write to another place")
            try:
                shutil.move(whole, path, shutil.copyfile)
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                raise EngineError("writing: the disk is full; free some space, or write to another one") from None

    def close(self) -> None:
        """Close the database and remove what it spilled."""
        try:
            if not stuck():  # closing would wait for a statement that does not end
                self._connection.close()
        finally:
            self._door.close()

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
            if not stuck():  # an interrupted statement may still hold the connection
                self._connection.execute(f"RESET {name}")

    def _run(self, statement: Statement, label: str) -> list[Row]:
        self._door.close_behind()
        kept = "join_order,build_side_probe_side" if statement.as_written else None

        def ask() -> list[Row]:
            # Fetched here, since the connection holds one result, and an option's would take its place.
            for macro in lacking(statement.text, self._macros, self._given):
                self._connection.execute(macro)
            cursor = self._connection.execute(statement.text, dict(statement.parameters) or None)
            names = [entry[0] for entry in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        def answer() -> list[Row]:
            with self._setting("disabled_optimizers", kept):
                return answered(self._connection, ask, self._telling(statement.text, label))

        return self._explained(label, answer)

    def _explained(self, what: str, ask: Callable[[], _T]) -> _T:
        return explained(what, ask, self._door.shown)

    def _telling(self, text: str, label: str) -> Callable[[float | None], None] | None:
        """Return what tells how far a statement is, and of how many bytes of files."""
        told = self._progress
        if told is None:
            return None
        size = sum(size for table, size in self._sizes.items() if quote(table) in text)
        shown = f"{label} ({_amount(size)})" if size else label
        return lambda share: told(shown, share)


def _by_name(macros: str) -> dict[str, str]:
    return {name: text for text in macros.split(";\n") for name in re.findall("^CREATE MACRO ([a-z_0-9]+)", text)}


def _amount(size: int) -> str:
    """Return a number of bytes for a reader: ``2.1 GB``."""
    for unit, bytes_ in (("GB", 10**9), ("MB", 10**6)):
        if size >= bytes_:
            return f"{size / bytes_:.1f} {unit}"
    return f"{max(size / 1000, 0.1):.1f} kB"
