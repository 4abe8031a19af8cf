"""One connection to a database: one read-only transaction, so that all its tables are of one moment."""

import contextlib
import importlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from abtest.databases.dialects import NULL, Dialect, dialect, loosely_taken, quoted, taken
from abtest.databases.failing import explained, reason, require_wanted
from abtest.databases.reach import Reach
from abtest.errors import DataError
from abtest.process.limits import ENGINE, require_limits

_PATIENCE = 15
"""Seconds that a server has to take the connection, unless its address or the environment says otherwise."""
_LOOKED_AT = 500
"""Columns of a loosely typed table whose types are looked at in one statement."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a table or query, in order: their Arrow types, and what the driver says beside them."""

    kinds: Mapping[str, Any]
    notes: Mapping[str, dict[str, str]]


@dataclass
class Connection:
    """A database that is open. Closing it ends its transaction; nothing is ever written."""

    reach: Reach
    speech: Dialect
    _driver: Any = field(repr=False)

    @classmethod
    def open(cls, reach: Reach) -> Self:
        """Connect.

        Raises :class:`~abtest.errors.UsageError` without an address or driver, and
        :class:`~abtest.errors.DataError` where the database does not answer or refuses.
        """
        module, address = reach.module(), reach.address()
        require_limits(ENGINE)
        driver = importlib.import_module(f"{module}.dbapi")
        os.environ.setdefault("PGCONNECT_TIMEOUT", str(_PATIENCE))
        speech = dialect(reach.driver)

        def connect() -> Any:
            opened = driver.connect(address)
            try:
                with opened.cursor() as cursor:
                    for statement in speech.begins:
                        cursor.execute(statement.format(milliseconds=int(reach.seconds * 1000)))
            except BaseException:
                opened.close()
                raise
            return opened

        return cls(reach, speech, explained(reach.place, connect))

    def shape(self, source: str, what: str) -> Shape:
        """Return the columns of ``source``; ``what`` is what errors call it."""

        def ask() -> Any:
            with self._driver.cursor() as cursor:
                cursor.execute(f"SELECT * FROM {source} LIMIT 0")  # noqa: S608 (see asks.source_of)
                return cursor.fetch_record_batch().schema

        schema = explained(what, ask)
        names = list(schema.names)
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise DataError(f"{what}: has two columns called {twice!r}; rename one in the query")
        notes = {
            column.name: {key.decode(): value.decode().strip("'") for key, value in (column.metadata or {}).items()}
            for column in schema
        }
        return Shape({column.name: column.type for column in schema}, notes)

    def columns_sql(self, source: str, columns: list[str], shape: Shape, what: str) -> list[str]:
        """Return the SQL that takes ``columns``, each as a type that has one meaning."""
        if not self.speech.loose:
            return [taken(name, shape.kinds[name], shape.notes[name], self.speech) for name in columns]
        types = self._types(source, columns, what)
        for name in columns:
            if "blob" in types[name]:
                raise DataError(f"{what}: column {name!r} holds bytes; leave it out, or convert it in a `query`")
        return [loosely_taken(name, types[name]) for name in columns]

    def _types(self, source: str, columns: list[str], what: str) -> dict[str, frozenset[str]]:
        """Return the types of the values in each column of a loosely typed table."""
        kinds = ("integer", "real", "text", "blob", "null")
        found: dict[str, frozenset[str]] = {}
        for first in range(0, len(columns), _LOOKED_AT // len(kinds)):
            some = columns[first : first + _LOOKED_AT // len(kinds)]
            asked = ", ".join(f"max(typeof({quoted(name)}) = '{kind}')" for name in some for kind in kinds)
            row = self.row(f"SELECT {asked} FROM {source}", what)  # noqa: S608 (see asks.source_of)
            for place, name in enumerate(some):
                values = row[place * len(kinds) : (place + 1) * len(kinds)]
                found[name] = frozenset(kind for kind, there in zip(kinds, values, strict=True) if there)
        return found

    def row(self, statement: str, what: str) -> tuple[Any, ...]:
        """Return the one row of a statement."""

        def ask() -> Any:
            with self._driver.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchone()

        return tuple(explained(what, ask))

    def stream(self, statement: str, what: str) -> "Stream":
        """Return the rows of a statement, which are read as they are asked for."""

        def ask() -> tuple[Any, Any]:
            cursor = self._driver.cursor()
            cursor.execute(statement)
            return cursor, cursor.fetch_record_batch()

        cursor, reader = explained(what, ask)
        return Stream(cursor, reader, what, self.speech.loose)

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        import adbc_driver_manager

        for end in (self._driver.rollback, self._driver.close):
            with contextlib.suppress(adbc_driver_manager.Error):
                end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass
class Stream:
    """Batches of Arrow on their way. ``failed``: why they ended before the last."""

    cursor: Any = field(repr=False)
    reader: Any = field(repr=False)
    what: str
    loose: bool = False
    failed: str | None = None
    error: Exception | None = field(default=None, repr=False)

    def batches(self) -> Any:
        """Return an Arrow reader of the batches; an error of the driver's ends it, and :meth:`close` tells it."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self.reader.schema, self._each())

    def _each(self) -> Iterator[Any]:
        import adbc_driver_manager

        while True:
            try:
                batch = self.reader.read_next_batch()
                yield _with_nulls(batch) if self.loose else batch
            except StopIteration:
                return
            except (adbc_driver_manager.Error, OSError, ValueError) as error:
                # Raised from here it would become an error of who reads the batches.
                self.error, self.failed = error, reason(error)
                return

    def close(self) -> None:
        """Free it. Raises :class:`~abtest.errors.DataError` when not all rows came."""
        import adbc_driver_manager

        try:
            self.cursor.close()
        except adbc_driver_manager.Error as error:
            self.failed = self.failed or reason(error)
        if self.error is not None:
            require_wanted(self.error)
        if self.failed is not None:
            raise DataError(f"{self.what}: {self.failed}")


def _with_nulls(batch: Any) -> Any:
    """Return a batch with nulls where :data:`~abtest.databases.dialects.NULL` stood for them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [
        pc.if_else(pc.equal(column, NULL), pa.scalar(None, column.type), column)
        if pa.types.is_string(column.type)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)
