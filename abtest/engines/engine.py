"""What an engine must do for the rest of the house. A new engine is a folder with a class that does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from abtest.errors import DataError
from abtest.words.names import shape

Family = Literal["integer", "number", "text", "boolean", "timestamp", "instant", "date", "null", "other"]
"""What a column holds: ``timestamp`` has no time zone, ``instant`` has, ``null`` is a column without any value."""

LEVEL = "level_level_"
"""How the names of parameters begin whose values are levels of a column, and so come from data."""
Parameters = Mapping[str, str | int | float | bool]
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text and the values of its ``$name`` parameters.

    ``as_written``: the joins stand in the order that suits them, the smaller side on the right, and an engine whose
    guesses about files are poor need not look for another.
    """

    text: str
    parameters: Parameters
    as_written: bool = False

    def shown(self) -> str:
        """Return the statement for a reader, with the parameters as a comment; what came from data has its shape."""
        lines = [
            f"-- ${name} = " + (f"a level of the form {shape(str(value))}" if name.startswith(LEVEL) else repr(value))
            for name, value in self.parameters.items()
        ]
        return "\n".join([*lines, self.text])


class EngineError(DataError):
    """The engine refused a statement; ``conversion`` says that a value did not fit its type.

    ``of_source``: what was read may be at fault, and the message does not say which of the sources it was.
    """

    def __init__(
        self, message: str, *, conversion: bool = False, overflow: bool = False, of_source: bool = False
    ) -> None:
        super().__init__(message)
        self.conversion = conversion
        self.overflow = overflow
        self.of_source = of_source


class Engine(Protocol):
    """A place that holds tables and answers SQL."""

    name: str
    row_number: str
    """SQL for the number of a row of a view, in the order of its files; for the errors that name a row."""
    digests: frozenset[str]
    """The digests of a text that it computes, of those that tools draw arms by."""

    def admit(self, files: Sequence[str]) -> None:
        """Say which files will be attached. An engine that can be shut opens no other file afterwards."""

    def workspace(self) -> Path:
        """Return a folder that it reads from too, which is removed with it: for plain copies of files that are not."""
        ...

    def attach_files(self, table: str, files: Sequence[str], kind: str, layout: tuple[str, list[str]] | None) -> None:
        """Make ``table`` a view of files."""

    def attach_frame(self, table: str, frame: object) -> None:
        """Make ``table`` a view of a data frame or Arrow table."""

    def attach_table(self, table: str, source: str) -> None:
        """Make ``table`` a view of a table of the engine's catalogue, such as ``warehouse.orders``."""

    def attach_stream(self, table: str, batches: object) -> None:
        """Keep the rows of an Arrow reader, which can be read once, as ``table`` inside the engine."""

    def columns(self, table: str) -> dict[str, Family]:
        """Return the columns of ``table`` and what each holds."""
        ...

    def materialise(self, table: str, statement: Statement) -> None:
        """Keep the rows of a query as ``table`` inside the engine."""

    def drop(self, table: str) -> None:
        """Forget a table that :meth:`materialise` kept, to free its memory."""

    def rows(self, statement: Statement, label: str = "query") -> list[Row]:
        """Run a query and return its (few) rows; ``label`` tells a waiting user what is being done."""
        ...

    def distinct_units(self, bounds: tuple[int, int] | None) -> str | None:
        """Return SQL that counts the distinct values of ``unit``, or ``None`` where grouping by them is as quick.

        ``bounds``: whole numbers between which all units lie, close enough for a bit for each number.
        """

    def save(self, statement: Statement, path: str, kind: str) -> None:
        """Write the rows of a query to a file without passing them through Python."""

    def close(self) -> None:
        """Free what the engine holds."""
