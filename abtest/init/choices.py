"""Which table and which columns play which part: everything that is chosen before anything is counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from abtest.definition.model import ASSIGNMENTS, CUSTOMERS
from abtest.engines.engine import Engine
from abtest.errors import DataError
from abtest.init.arms import ArmColumn, find_arms
from abtest.init.facts import repeated_ids
from abtest.init.hints import Hints, UnsettledError
from abtest.init.looking import Column, Table, common_ids, shortened
from abtest.init.vocabulary import id_score, joined, time_score, value_score


def find_time(table: Table, hints: Hints, *, what: str) -> tuple[Column, str | None]:
    """Return the time column of ``table`` and what to check; ``what`` says what the time is needed for.

    Raises :class:`~abtest.init.hints.UnsettledError` when there is none.
    """
    said = hints.column("at", table)
    if said is not None:
        column = table.column(said)
        if column.kind != "time":
            raise DataError(f"--at {said}: the column of {table.file} does not hold times; {_WRITE}")
        return _readable(table, column), None
    times = sorted(table.of_kind("time"), key=lambda column: -time_score(column.name, table.name))
    if not times:
        named = [
            column.name
            for column in table.columns
            if column.kind in {"text", "integer", "number"} and time_score(column.name, table.name) > 0
        ]
        hint = f" ({shortened(named)} by its name, but its values are not written like that)" if named else ""
        raise UnsettledError(
            f"{table.file}: no column holds times, which are needed as {what}{hint}; its columns: {table.listed}; "
            f"{_WRITE}, or name another column with --at {table.name}=COLUMN",
            "at",
            table,
        )
    best, *rest = [column for column in times if not column.unreadable] or times
    others = [column.name for column in rest if time_score(column.name, table.name) > 0]
    sure = time_score(best.name, table.name) >= 90 and not any(
        time_score(name, table.name) == time_score(best.name, table.name) for name in others
    )
    note = None if sure or not others else f"{best.name} is taken as {what}; {shortened(others)} hold times too"
    return _readable(table, best), note


_WRITE = "write times as 2026-03-02T10:00:00Z or dates as 2026-03-02"


def _readable(table: Table, column: Column) -> Column:
    if column.unreadable:
        raise DataError(
            f"{table.file}: column {column.name!r}: {column.unreadable:,} of {column.filled:,} values are no times; "
            f"{_WRITE}, or name another column with --at {table.name}=COLUMN"
        )
    return column


def find_value(table: Table, hints: Hints, taken: set[str]) -> tuple[Column | None, str | None]:
    """Return the column with an event's value, if there is one, and what to check. ``taken`` columns are others.

    Raises :class:`~abtest.errors.DataError` when the column that was named does not hold numbers.
    """
    said = hints.column("value", table)
    if said is not None:
        column = table.column(said)
        if not column.numeric or column.unreadable:
            raise DataError(f"--value {said}: the column of {table.file} does not hold numbers only")
        return column, None
    numbers = [column for column in table.of_kind("number", "integer") if column.name not in taken]
    named = sorted((c for c in numbers if value_score(c.name)), key=lambda column: -value_score(column.name))
    sound = [column for column in named if not column.unreadable]
    if sound:
        others = [column.name for column in sound[1:]]
        return sound[
            0
        ], f"{sound[0].name} is taken as the value; {shortened(others)} could be it too" if others else None
    if named:
        damaged = named[0]
        return None, f"{damaged.name} has {damaged.unreadable:,} values that are no numbers, so nothing is summed"
    decimal = [column for column in numbers if column.kind == "number" and not column.unreadable]
    if len(decimal) == 1:
        return decimal[0], f"{decimal[0].name} is taken as the value, being the only decimal number"
    return None, None


_TELLING = 60
"""Score from which a name alone says that a column is the unit's id."""
_ANY = 30
_MANY = 20
"""Ids that a column of the arms' table must have to be tried as the id in spite of its name."""


@dataclass(frozen=True, slots=True)
class Units:
    """The id column of each table; empty when each row of the one table is a unit. ``notes``: what to check."""

    columns: dict[str, str]
    notes: tuple[str, ...] = ()

    @property
    def shared(self) -> str | None:
        """The column that most tables call it."""
        names = list(self.columns.values())
        return max(names, key=names.count) if names else None


def find_units(engine: Engine, tables: Sequence[Table], hints: Hints) -> Units:
    """Return the id column of every table; the first of ``tables`` holds the arms.

    Raises :class:`~abtest.init.hints.UnsettledError` when the tables have no ids in common.
    """
    first, *others = tables
    if not others:
        return _of_one_table(first, hints)
    tried: list[str] = []
    for column in _candidates(first, hints):
        found, notes = {first.name: column.name}, []
        for other in others:
            partner = _partner(engine, first, column, other, hints)
            if partner is None:
                tried.append(f"{first.file} {column.name!r} with {other.file}")
                break
            found[other.name], note = partner
            notes += [note] if note else []
        else:
            return Units(found, tuple(notes))
    raise UnsettledError(_no_common(tables, tried), "unit", *tables)


def _of_one_table(table: Table, hints: Hints) -> Units:
    said = hints.column("unit", table)
    if said is not None:
        return Units({table.name: said})
    # Without events to join, an id only matters when customers stand in several rows: a doubtful one is left out.
    for column in _candidates(table, hints):
        if id_score(column.name, table.name) >= 40 and column.distinct * 2 >= column.filled:
            sure = id_score(column.name, table.name) >= _TELLING
            return Units({table.name: column.name}, () if sure else (f"{column.name} is taken for a customer's id",))
    return Units({})


def _candidates(table: Table, hints: Hints) -> list[Column]:
    """Return the columns of the arms' table that may be the id, the likeliest first."""
    said = hints.column("unit", table)
    if said is not None:
        return [table.column(said)]
    usable = [column for column in table.of_kind("integer", "text", "flag") if column.family != "number"]
    named = [column for column in usable if id_score(column.name, table.name) >= _ANY]
    many = [column for column in usable if column not in named and column.distinct >= _MANY]
    return [*sorted(named, key=lambda column: -id_score(column.name, table.name)), *many]


def _partner(engine: Engine, first: Table, column: Column, other: Table, hints: Hints) -> tuple[str, str | None] | None:
    """Return the column of ``other`` with the ids of ``first.column``, and what to check about it."""
    said = hints.column("unit", other)
    if said is not None:
        _, _, common = common_ids(engine, first, column.name, other, said)
        return said, None if common else f"{said} of {other.file} has no id in common with {first.file}"
    usable = [part for part in other.of_kind("integer", "text", "flag") if part.family != "number"]
    named = [part for part in usable if _same(part, column) or id_score(part.name, other.name) >= _ANY]
    for part in sorted(named, key=lambda part: -_rank(part, column, other)):
        if _rank(part, column, other) < _TELLING and part.kind == "integer":
            continue  # the row numbers of two tables are alike too
        _, _, common = common_ids(engine, first, column.name, other, part.name)
        if common:
            return part.name, None
    for part in usable:
        # Words that are ids of the other table are no accident; small whole numbers may be.
        if part in named or part.kind != "text":
            continue
        here, there, common = common_ids(engine, first, column.name, other, part.name)
        if common and common * 2 >= min(here, there):
            return part.name, f"{part.name} of {other.file} has the ids of {column.name} in {first.file}"
    return None


def _same(one: Column, other: Column) -> bool:
    return joined(one.name) == joined(other.name)


def _rank(part: Column, column: Column, other: Table) -> int:
    score = id_score(part.name, other.name)
    if score == 50 and other.name == CUSTOMERS and id_score(column.name, ASSIGNMENTS) > _TELLING:
        return 90  # what the assignments call customer_id is often plain id in the customers table itself
    if not _same(part, column):
        return score
    # Two columns called id are each table's own, and two called quantity are no ids at all.
    return score + (60 if score > 5 else 10)


def _no_common(tables: Sequence[Table], tried: Sequence[str]) -> str:
    broken = [column.name for table in tables for column in table.columns if _broken(column, table)]
    cure = (
        f"the ids in {broken[0]!r} are stored as decimal numbers; store them as whole numbers or text "
        "(in pandas: .astype('Int64'))"
        if broken
        else "are ids written alike in all (leading zeros, 12 and 12.0)? Name the columns with "
        f"--unit COLUMN, or --unit {tables[-1].name}=COLUMN where it has another name"
    )
    looked = f"compared {'; '.join(dict.fromkeys(tried[:4]))}; " if tried else ""
    names = ", ".join(f"{table.file} ({table.listed})" for table in tables)
    return f"no id column with ids in common was found in {names}: {looked}{cure}"


def _broken(column: Column, table: Table) -> bool:
    return column.family == "number" and id_score(column.name, table.name) >= _TELLING


_ASSIGNMENT = "the time of the assignment"


@dataclass(frozen=True, slots=True)
class EventChoice:
    """An event table and its columns. ``notes`` are about the table, ``value_note`` about its value."""

    table: Table
    unit: str
    at: Column
    value: str | None
    notes: tuple[str, ...]
    value_note: str | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The parts that tables and columns play. ``home`` is the table that holds the arms."""

    tables: Mapping[str, Table]
    home: Table
    arm: ArmColumn
    units: Units
    at: Column | None
    at_note: str | None
    events: tuple[EventChoice, ...]

    @property
    def customers(self) -> Table | None:
        """The customers table, if there is one."""
        return self.tables.get(CUSTOMERS)

    @property
    def unit(self) -> str | None:
        """The id column of the table that holds the arms."""
        return self.units.columns.get(self.home.name)

    @property
    def cadences(self) -> list[int]:
        """Days between sends of each arm, where the arms' names tell them."""
        return [days for days in self.arm.cadences if days is not None]


def choose(engine: Engine, tables: Mapping[str, Table], hints: Hints) -> Chosen:
    """Choose the arm, id, time and value columns. Raises what :mod:`abtest.init.hints` describes."""
    home = tables.get(ASSIGNMENTS) or tables[CUSTOMERS]
    arm = find_arms(engine, home, hints)
    units = find_units(engine, [home, *(table for table in tables.values() if table is not home)], hints)
    event_tables = [table for name, table in tables.items() if name not in {CUSTOMERS, ASSIGNMENTS}]
    if event_tables or hints.column("at", home) is not None:
        time: tuple[Column | None, str | None] = find_time(home, hints, what=_ASSIGNMENT)
    else:
        time = _first_row_time(engine, home, units, hints)
    events = tuple(_event(table, units.columns[table.name], hints) for table in event_tables)
    return Chosen(tables, home, arm, units, *time, events)


def _first_row_time(engine: Engine, home: Table, units: Units, hints: Hints) -> tuple[Column | None, str | None]:
    """Return the time of a table without events to count: needed only to tell which of a unit's rows is the first."""
    unit = units.columns.get(home.name)
    timed = [c for c in home.of_kind("time") if not c.unreadable and time_score(c.name, home.name) > 0]
    if unit is None or not timed or not repeated_ids(engine, home, unit):
        return None, None
    return find_time(home, hints, what=_ASSIGNMENT)


def _event(table: Table, unit: str, hints: Hints) -> EventChoice:
    at, at_note = find_time(table, hints, what="the time of the event")
    ids = {column.name for column in table.columns if id_score(column.name, table.name)}
    value, note = find_value(table, hints, {unit, at.name, *ids})
    notes = [at_note, None if value else note]
    return EventChoice(
        table, unit, at, value.name if value else None, tuple(n for n in notes if n), note if value else None
    )
