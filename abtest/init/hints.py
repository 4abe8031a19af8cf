"""What the user says beforehand: options that overrule the guesses, and the error that asks for one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from abtest.errors import DataError, UsageError
from abtest.grammar.fields import nearest
from abtest.init.looking import Table, shortened

Flag = Literal["unit", "arm", "control", "at", "value"]


class UnsettledError(DataError):
    """Something needed could not be found in the data.

    ``flag`` is the option that settles it by naming a column of each of ``tables``; no tables, no cure by a name.
    """

    def __init__(self, message: str, flag: Flag, *tables: Table) -> None:
        super().__init__(message)
        self.flag = flag
        self.tables = tables


@dataclass(frozen=True, slots=True)
class ColumnHint:
    """A column named by an option, for one table or (``None``) for every table that has it."""

    flag: Flag
    table: str | None
    column: str

    @property
    def shown(self) -> str:
        """The option as it was written."""
        return f"--{self.flag} {self.table + '=' if self.table else ''}{self.column}"


@dataclass(frozen=True, slots=True)
class Hints:
    """All options that overrule guesses."""

    columns: tuple[ColumnHint, ...] = ()
    arm: str | None = None
    control: str | None = None
    timezone: str | None = None

    def column(self, flag: Flag, table: Table) -> str | None:
        """Return the column that ``flag`` names for ``table``, or ``None``. One that names the table goes first."""
        said = [hint for hint in self.columns if hint.flag == flag]
        for hint in said:
            if hint.table == table.name:
                return hint.column
        return next((hint.column for hint in said if hint.table is None and table.has(hint.column)), None)


def column_hints(flag: Flag, given: Sequence[str], tables: Iterable[str]) -> list[ColumnHint]:
    """Read ``[TABLE=]COLUMN`` options; a name before ``=`` that is no table belongs to the column."""
    known = set(tables)
    hints = []
    for text in given:
        table, sign, column = text.partition("=")
        hints.append(ColumnHint(flag, table, column) if sign and table in known else ColumnHint(flag, None, text))
    return hints


def require_columns(hints: Hints, tables: Sequence[Table]) -> None:
    """Refuse an option that names a column which its table (or every table) lacks."""
    for hint in hints.columns:
        where = [table for table in tables if hint.table in {None, table.name}]
        if not any(table.has(hint.column) for table in where):
            known = [column.name for table in where for column in table.columns]
            near = nearest(hint.column, known) or f"; the columns are {shortened(list(dict.fromkeys(known)))}"
            files = " or ".join(table.file for table in where)
            raise UsageError(f"{hint.shown}: no such column in {files}{near}")
