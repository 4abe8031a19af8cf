"""Spark, the engine for data beyond one machine: files, frames and tables of the catalogue; only moments come back."""

import contextlib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from abtest.engines.engine import EngineError, Family, Row, Statement
from abtest.engines.macros import lacking
from abtest.engines.options import Limits, Progress
from abtest.engines.spark.files import families_of, local, read_files, read_frame
from abtest.engines.spark.jobs import Jobs
from abtest.engines.spark.session import open_session
from abtest.engines.spark.sql import ROW_NUMBER, create_functions, identifier, spelt
from abtest.errors import DataError
from abtest.process import disk
from abtest.process.temporary import TemporaryFolder, temporary_path

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Application:
    """A Spark session for one analysis; ``master``, ``remote`` and ``limits`` are those of ``open_session``."""

    name = "spark"
    row_number = ROW_NUMBER
    digests = frozenset({"sha256", "sha1", "md5"})

    def __init__(
        self,
        *,
        master: str | None = None,
        remote: str | None = None,
        limits: Limits | None = None,
        progress: Progress | None = None,
    ) -> None:
        if progress is not None:
            progress("starting Spark", None)
        self._opened = open_session(master, remote, limits)
        self._session = self._opened.session
        self._families: dict[str, dict[str, Family]] = {}
        self._kept: dict[str, DataFrame] = {}
        self._folder: TemporaryFolder | None = None
        self._jobs = Jobs(self._opened, progress)
        self._functions, self._given = create_functions(), set[str]()

    def admit(self, files: Sequence[str]) -> None:
        """Do nothing: what a cluster may open is its own to say."""
        del files

    def workspace(self) -> Path:
        """Return a folder on this machine, which is removed when the application is closed."""
        if self._folder is None:
            self._folder = TemporaryFolder(prefix="abtest-")
        return self._folder.path

    def attach_files(self, table: str, files: Sequence[str], kind: str, layout: tuple[str, list[str]] | None) -> None:
        """Make ``table`` a view of files, which all workers must see under the same path."""

        def view() -> None:
            frame, families = read_files(self._session, files, kind, layout)
            self._view(table, frame, families)

        self._jobs.run(table, view)

    def attach_frame(self, table: str, frame: object) -> None:
        """Make ``table`` a view of a pandas, polars or Arrow frame, whose rows are sent to Spark."""
        self._jobs.run(table, lambda: self._view(table, *read_frame(self._session, frame)))

    def attach_stream(self, table: str, batches: object) -> None:
        """Refuse: a stream of Arrow is read by the embedded engine."""
        del batches
        raise EngineError(
            f"{table}: is a table of a database, which Spark does not read here; leave out --engine spark, or name the "
            "table in Spark's catalogue with `table` alone"
        )

    def attach_table(self, table: str, source: str) -> None:
        """Make ``table`` a view of a table of Spark's catalogue, such as ``warehouse.orders``."""

        def view() -> None:
            frame = self._session.table(source)
            self._view(table, frame, families_of(frame))

        self._jobs.run(table, view)

    def columns(self, table: str) -> dict[str, Family]:
        """Return the columns of ``table`` and what each holds."""
        if table not in self._families:
            self._families[table] = self._jobs.run(
                table, lambda: families_of(self._session.sql(f"SELECT * FROM {identifier(table)}"))
            )
        return dict(self._families[table])

    def materialise(self, table: str, statement: Statement) -> None:
        """Keep the rows of a query in the memory of the workers, and on their disks when memory is short."""

        def keep() -> None:
            frame = self._query(statement).persist()
            try:
                frame.count()  # all rows are read now, and a value that does not parse is met now
            except BaseException:
                frame.unpersist()
                raise
            self._forget(table)
            self._kept[table] = frame
            self._view(table, frame, families_of(frame))

        self._jobs.run(f"reading {table}", keep)

    def drop(self, table: str) -> None:
        """Forget a table that :meth:`materialise` kept; what was computed from it stays."""
        self._jobs.run(f"dropping {table}", lambda: self._forget(table))

    def rows(self, statement: Statement, label: str = "query") -> list[Row]:
        """Run a query and return its rows as dicts."""

        def collect() -> list[Row]:
            frame = self._query(statement)
            names = frame.columns
            return [dict(zip(names, map(_value, row), strict=True)) for row in frame.collect()]

        return self._jobs.run(label, collect)

    def distinct_units(self, bounds: tuple[int, int] | None) -> str | None:
        """Return nothing: rows that are grouped by id lie where the joins that follow need them."""
        del bounds
        return None

    def save(self, statement: Statement, path: str, kind: str) -> None:
        """Write the rows of a query to one CSV or Parquet file, here or on storage that the workers share."""

        def write() -> None:
            frame = self._query(statement).coalesce(1)
            if kind == "parquet":
                frame.write.parquet(local(parts), mode="overwrite", compression="zstd")
                return
            frame.selectExpr(*_as_text(frame)).write.csv(
                local(parts),
                mode="overwrite",
                header=True,
                quote='"',
                escape='"',
                emptyValue="",
                ignoreLeadingWhiteSpace=False,
                ignoreTrailingWhiteSpace=False,
            )

        with temporary_path(Path(f"{path}.parts").absolute()) as parts:
            self._jobs.run("writing", write)
            written = list(parts.glob("part-*"))
            if len(written) != 1:
                raise DataError(
                    f"{path}: the cluster's workers wrote to their own disks; choose a folder that this machine and "
                    "all workers share"
                )
            disk.rename(written[0], Path(path))

    def close(self) -> None:
        """Forget views and rows; end the session if it was started here."""
        with contextlib.suppress(Exception):
            for table in [] if self._jobs.lost else list(self._families):
                self._forget(table)
                self._session.catalog.dropTempView(table)
        self._jobs.close()
        self._opened.close()
        if self._folder is not None:
            self._folder.remove()

    def _query(self, statement: Statement) -> "DataFrame":
        text, values = spelt(statement)
        for function in lacking(text, self._functions, self._given):
            self._session.sql(function)
        return self._session.sql(text, args=values or None)

    def _view(self, table: str, frame: "DataFrame", families: dict[str, Family]) -> None:
        frame.createOrReplaceTempView(identifier(table))
        self._families[table] = families

    def _forget(self, table: str) -> None:
        if table in self._kept:
            self._kept.pop(table).unpersist()


def _value(value: object) -> object:
    # Exact sums are decimals without places.
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value


def _as_text(frame: "DataFrame") -> list[str]:
    """Return the columns of a CSV file; instants are written as DuckDB writes them."""
    return [
        f"concat(CAST({identifier(field.name)} AS STRING), '+00') AS {identifier(field.name)}"
        if field.dataType.simpleString() == "timestamp"
        else identifier(field.name)
        for field in frame.schema.fields
    ]
