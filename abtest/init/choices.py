"""Which table and which columns play which part: everything that is chosen before anything is counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from abtest.definition.model import ASSIGNMENTS, CUSTOMERS
from abtest.engines.engine import Engine
from abtest.init.arms import ArmColumn, find_arms
from abtest.init.columns import find_time, find_value
from abtest.init.facts import repeated_ids
from abtest.init.hints import Hints
from abtest.init.looking import Column, Table
from abtest.init.units import Units, find_units
from abtest.init.vocabulary import id_score, time_score

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
