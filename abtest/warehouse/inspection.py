"""A look at the data before any outcome is computed: ``abtest validate --data``.

Principle: everything that is wrong is said at once, table by table, and nothing is split by arm but the assignments
themselves. So it can be run while the experiment runs, without learning who is ahead.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from abtest.definition.lints import DataRange
from abtest.definition.load import Experiment
from abtest.definition.model import ASSIGNMENTS, CUSTOMERS
from abtest.engines.engine import Engine, Family, Statement
from abtest.engines.options import Limits
from abtest.engines.sqltext import quote
from abtest.errors import DataError
from abtest.grammar.time import DAY_US
from abtest.moments.exact import whole
from abtest.moments.facts import Facts
from abtest.warehouse.asked import Connections
from abtest.warehouse.daily import ends_of
from abtest.warehouse.near_ids import Near, collided
from abtest.warehouse.plan import Plan
from abtest.warehouse.profile import TableProfile, profile, with_tables
from abtest.warehouse.reading import NO_ARM, UNKNOWN_ARM, Table, thousands_cure
from abtest.warehouse.row_facts import row_facts
from abtest.warehouse.sources import Opening, Raw, Warehouse, attach, located_files, units_are_integers
from abtest.warehouse.tables import place_of, read_table, sources_of
from abtest.warehouse.units import ELIGIBLE, REASONS, customer_query, population
from abtest.warehouse.unknown_arms import unknown_arms

if TYPE_CHECKING:
    from abtest.files.located import Located

_T = TypeVar("_T")
MATCH_EXPECTED = 0.5
"""Events of people outside the experiment are normal; where fewer than half match, ids may be written differently."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column that the definition names: what it is used as, and what it holds."""

    name: str
    used_as: str
    holds: Family


@dataclass(frozen=True, slots=True)
class TableLook:
    """One table. ``path`` is where it is: files, or a table of a catalogue; a frame has none.

    ``units`` are its distinct ids; ``unmatched`` its rows whose id is not assigned to any arm.
    """

    name: str
    path: str | None
    columns: tuple[ColumnUse, ...]
    rows: int | None = None
    units: int | None = None
    without_unit: int | None = None
    without_time: int | None = None
    first: int | None = None
    last: int | None = None
    unmatched: int | None = None


@dataclass(frozen=True, slots=True)
class ArmLook:
    """The rows and units that the assignments give an arm."""

    name: str
    rows: int
    units: int


@dataclass
class Inspection:
    """What was seen. ``problems`` stop an analysis; ``notes`` are worth a look; both start with their place."""

    zone: str
    tables: list[TableLook] = field(default_factory=list)
    arms: list[ArmLook] = field(default_factory=list)
    population: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)

    @property
    def assigned(self) -> int:
        """How many units the assignments name."""
        return sum(arm.units for arm in self.arms)

    @property
    def range(self) -> DataRange:
        """The first and the last time of each event table, for the lints."""
        seen = [table for table in self.tables if table.rows is not None]
        return DataRange({table.name: table.first for table in seen}, {table.name: table.last for table in seen})


def inspect(experiment: Experiment, engine: Engine, tables: Mapping[str, object] | None = None) -> Inspection:
    """Look at all tables of a definition and return what they hold and what is wrong with them.

    ``tables`` gives frames in place of files, as for :func:`abtest.analyze`. No outcome is computed.
    """
    look = _Look(experiment, engine)
    return look.run(tables or {})


def verified(
    experiment: Experiment, found: Inspection, limits: Limits | None, progress: Callable[[str, float | None], None]
) -> Inspection:
    """Add to what was seen whether the files are whole, and what of them could not be noticed."""
    from abtest.warehouse.verifying import verify_source

    for name in Plan.of(experiment.definition).sources:
        try:
            found.notes += verify_source(experiment, name, limits=limits, progress=progress).notes
        except DataError as error:
            if str(error) not in found.problems:
                found.problems.append(str(error))
    return found


def _read(warehouse: Warehouse, plan: Plan, name: str) -> Table:
    return read_table(warehouse, plan, name)[0]


class _Look:
    """One inspection on its way; a table that fails a step takes no part in the next."""

    def __init__(self, experiment: Experiment, engine: Engine) -> None:
        self.definition = experiment.definition
        self.engine = engine
        self.place = place_of(experiment)
        self.plan = Plan.of(self.definition)
        self.sources = sources_of(self.definition, self.plan.sources)
        self.raw: dict[str, Raw] = {}
        self.found = Inspection(self.place.calendar.zone or "UTC")

    def run(self, frames: Mapping[str, object]) -> Inspection:
        self._attach(frames)
        uses = {name: self._columns(raw) for name, raw in self.raw.items()}
        complete = {name: self.raw[name] for name, (_, complete) in uses.items() if complete}
        integers = bool(self._try(partial(units_are_integers, self.sources, complete, self.definition.ids)))
        warehouse = Warehouse(
            self.place,
            self.engine,
            self.sources,
            complete,
            integers,
            ids=self.definition.ids,
            arm_values=self.definition.arm_values,
        )
        empty = self.plan.may_be_empty
        read: dict[str, Table] = {}
        profiles: dict[str, TableProfile] = {}
        for name in complete:
            table = self._try(partial(_read, warehouse, self.plan, name))
            seen = None
            if table is not None:
                seen = self._try(partial(profile, warehouse, table, may_be_empty=name in empty))
            if table is not None and seen is not None:
                read[name], profiles[name] = table, seen
        self._arms(read)
        for name, raw in self.raw.items():
            self.found.tables.append(self._table(name, raw, uses[name][0], read, profiles.get(name)))
        self._customers(read)
        self._population(read)
        self._times(profiles)
        self._values(read)
        self._amounts(profiles)
        self._try(partial(self._facts, warehouse, read, profiles))
        for raw in self.raw.values():
            self._try(raw.require_unchanged)
        return self.found

    def _attach(self, frames: Mapping[str, object]) -> None:
        located: dict[str, Located | None] = {}
        failed: dict[str, DataError] = {}
        for name in self.sources:
            try:
                located[name] = (
                    None
                    if frames.get(name) is not None
                    else located_files(self.place, name, self.sources[name], self.engine)
                )
            except DataError as error:
                failed[name] = error
        # The engine is told all files at once, before it opens the first.
        self.engine.admit([file for found in located.values() if found is not None for file in found.names])
        with Connections(self.place.asked) as connections:
            for name, source in self.sources.items():
                if name in failed:
                    self.found.problems.append(str(failed[name]))
                    continue
                opening = Opening(frames.get(name), located[name], connections, [])
                raw = self._try(partial(attach, self.place, self.engine, name, source, opening))
                if raw is not None:
                    self.raw[name] = raw

    def _try(self, step: Callable[[], _T]) -> _T | None:
        try:
            return step()
        except DataError as error:
            self.found.problems.append(str(error))
            return None

    def _columns(self, raw: Raw) -> tuple[tuple[ColumnUse, ...], bool]:
        """Return the columns that the definition names in a table, and whether they are all there."""
        definition, name = self.definition, raw.name
        source = definition.data[name]
        wanted: list[tuple[str | None, str, str]] = [(definition.unit_column(name), "id", "unit")]
        at = source.at
        if name == ASSIGNMENTS and at is None and "assigned_at" in raw.columns:
            at = "assigned_at"
        wanted.append((at, "time", "at"))
        if name == definition.arm_source:
            wanted.append((source.arm or "arm", "arm", "arm"))
        for metric, outcome in self.plan.outcomes.items():
            for part in outcome.parts:
                if part.source == name and part.of_column:
                    wanted.append((str(part.value), f"value of {metric}", "column"))
                elif part.source == name and part.adds_values:
                    wanted.append((self.plan.value_column(part), "value", "value"))
        if name == CUSTOMERS:
            wanted += [(column, "group", "column") for column in self.plan.texts]
        uses: dict[tuple[str, str], ColumnUse] = {}
        complete = True
        for column, used_as, key in dict.fromkeys(wanted):
            if column is None:
                continue
            if self._try(partial(raw.column, column, key)) is None:
                complete = False
            else:
                uses[(column, used_as)] = ColumnUse(column, used_as, raw.columns[column])
        return tuple(uses.values()), complete

    def _arms(self, read: Mapping[str, Table]) -> None:
        name = self.definition.arm_source
        table = read.get(name)
        if table is None:
            return
        units = "count(DISTINCT unit)" if table.has_unit else "count(*)"
        rows = self._rows(
            [table],
            f"SELECT\n  arm,\n  count(*) AS row_count,\n  {units} AS unit_count\nFROM {quote(name)}\nGROUP BY arm",
        )
        by_arm = {whole(row, "arm"): row for row in rows}
        raw = self.raw[name]
        for number, arm in enumerate(self.plan.arms):
            row = by_arm.get(number)
            self.found.arms.append(
                ArmLook(arm, whole(row, "row_count") if row else 0, whole(row, "unit_count") if row else 0)
            )
            if row is None:
                place = self.place.key("arms", number, "name")
                self.found.problems.append(
                    f"{place}: the arm {arm!r} does not occur in {raw.shown}; correct the name, or remove the arm"
                )
        if UNKNOWN_ARM in by_arm:
            count = whole(by_arm[UNKNOWN_ARM], "row_count")
            column = self.definition.data[name].arm or "arm"
            unit = self.definition.unit_column(name)
            listed = unknown_arms(self.engine, raw, column, [*self.plan.arms, *self.definition.arm_values], unit).listed
            self.found.problems.append(
                f"{raw.place}: {count:,} rows of {raw.shown} have an arm that the definition lacks: {listed}; add it "
                "to `arms`, or leave the rows out with `where`"
            )
        if NO_ARM in by_arm:
            self.found.notes.append(
                f"{raw.place}: {whole(by_arm[NO_ARM], 'row_count'):,} rows have no arm; they count as not assigned"
            )
        if table.has_unit:
            repeated = sum(arm.rows - arm.units for arm in self.found.arms)
            if repeated:
                self.found.notes.append(f"{raw.place}: {repeated:,} rows repeat a unit in the same arm; it counts once")

    def _table(
        self,
        name: str,
        raw: Raw,
        columns: tuple[ColumnUse, ...],
        read: Mapping[str, Table],
        seen: TableProfile | None,
    ) -> TableLook:
        path = self.definition.data[name].path if raw.files else raw.catalogued
        table = read.get(name)
        if table is None or seen is None:
            return TableLook(name, path, columns)
        units = unmatched = None
        if table.has_unit:
            row = self._rows([table], f"SELECT count(DISTINCT unit) AS units FROM {quote(name)}")[0]
            units = whole(row, "units")
        arms = read.get(self.definition.arm_source)
        if name in self.definition.event_sources and arms is not None:
            unmatched = self._unmatched(name, table, arms)
            self._judge_match(raw, seen.rows, unmatched)
        return TableLook(
            name,
            path,
            columns,
            seen.rows,
            units,
            seen.without_unit if table.has_unit else None,
            seen.without_time if table.has_time else None,
            seen.first,
            seen.last,
            unmatched,
        )

    def _unmatched(self, name: str, table: Table, arms: Table) -> int:
        arm_source = self.definition.arm_source
        row = self._rows(
            [table, arms],
            "SELECT count(*) AS rows_in_all,\n  count(a.unit) AS matched\n"
            f"FROM {quote(name)} AS e\nLEFT JOIN (SELECT DISTINCT unit FROM {quote(arm_source)} WHERE arm >= 0) AS a\n"
            "  ON a.unit = e.unit",
        )[0]
        return whole(row, "rows_in_all") - whole(row, "matched")

    def _judge_match(self, raw: Raw, rows: int, unmatched: int) -> None:
        if rows and unmatched == rows:
            self.found.problems.append(
                f"{raw.place}: none of the {rows:,} events belongs to an assigned unit; check how ids are written"
            )
        elif rows and unmatched / rows > MATCH_EXPECTED:
            self.found.notes.append(
                f"{raw.place}: {unmatched / rows:.0%} of the events belong to nobody in the experiment; if more "
                "should, check that ids are written alike"
            )

    def _customers(self, read: Mapping[str, Table]) -> None:
        """Whether each customer has one row."""
        table = read.get(CUSTOMERS)
        if table is None or not table.has_unit:
            return
        row = self._rows(
            [table],
            "SELECT count(*) AS units, sum(CASE WHEN conflicting THEN 1 ELSE 0 END) AS conflicting\n"
            f"FROM (\n{customer_query(table)}\n) AS customer",
        )[0]
        repeated = next(
            (t.rows or 0) - (t.units or 0) - (t.without_unit or 0) for t in self.found.tables if t.name == CUSTOMERS
        )
        place = self.raw[CUSTOMERS].place
        if whole(row, "conflicting"):
            self.found.notes.append(
                f"{place}: {whole(row, 'conflicting'):,} customers have several rows that disagree; they are left out"
            )
        elif repeated:
            self.found.notes.append(f"{place}: {repeated:,} rows repeat a customer; each counts once")

    def _population(self, read: Mapping[str, Table]) -> None:
        """Who can be counted, over all arms."""
        if set(read) != set(self.plan.sources):
            return
        rows = self._rows(
            list(read.values()),
            "SELECT status, count(*) AS units FROM population\nGROUP BY status\nORDER BY status",
            population(self.plan, read),
        )
        self.found.population = {str(row["status"]): whole(row, "units") for row in rows}
        place = self.raw[self.definition.arm_source].place
        if not self.found.population.get(ELIGIBLE):
            why = max(self.found.population, key=lambda status: self.found.population[status], default="")
            reason = f": most are left out as {REASONS.get(why, why)!r}" if why else ""
            self.found.problems.append(f"{place}: no assigned unit can be counted{reason}")

    def _times(self, profiles: Mapping[str, TableProfile]) -> None:
        """Whether the tables' times fit the period and each other."""
        calendar = self.place.calendar
        assigned = profiles.get(self.definition.arm_source)
        for name in self.definition.event_sources:
            seen = profiles.get(name)
            if seen is None or seen.first is None or seen.last is None:
                continue
            place = self.raw[name].place
            if assigned is not None and assigned.first is not None and seen.last < assigned.first:
                self.found.problems.append(f"{place}: the last event is before the first assignment; check the times")
            elif calendar.through_end is not None and seen.last < calendar.through_end - _WEEK:
                self.found.notes.append(
                    f"{place}: the last event is of {calendar.iso(seen.last)}, more than a week before period.through; "
                    "if the export stops early, what is missing counts as 0"
                )

    def _values(self, read: Mapping[str, Table]) -> None:
        """Which values of a column of numbers are none, and which may mean another number."""
        for name, table in read.items():
            place = self.raw[name].place
            for column, unread in table.unread.items():
                cure = f"; if that is as it should be, say so: {unread.cure}" if unread.cure else ""
                self.found.notes.append(
                    f"{place}: {unread.count:,} values of {column!r} are no numbers ({unread.words}); their rows are "
                    f"left out of its sums, and count elsewhere{cure}"
                )
            for column, count in table.thousands.items():
                self.found.notes.append(
                    f"{place}: {count:,} values of {column!r} have a point before three digits, and none has another "
                    f"number of decimals; if 1.250 means 1250, write {thousands_cure(table, column)}, otherwise "
                    f"confirm them with {thousands_cure(table, column, decimal=True)}"
                )

    def _amounts(self, profiles: Mapping[str, TableProfile]) -> None:
        """Whether a column holds what an analysis refuses in anybody who counts."""
        for name, seen in profiles.items():
            for column, numbers in seen.numbers.items():
                if math.isinf(numbers.largest):
                    self.found.notes.append(
                        f"{self.raw[name].place}: column {column!r} holds an infinite value, which nobody "
                        "who is counted may have; correct it or leave it out with `where`"
                    )

    def _facts(self, warehouse: Warehouse, read: Mapping[str, Table], profiles: Mapping[str, TableProfile]) -> None:
        """Notice what the checks of the rows look at."""
        arms = self.definition.arm_source
        if arms in read:
            near = Near(warehouse, read, arms, self.plan.arms)
            declared = self.place.calendar.through_end is not None
            ends = ends_of(warehouse, read, profiles, declared=declared)
            found = tuple(near.found(self.definition.event_sources))
            events = [name for name in self.definition.event_sources if name in read]
            rows = [row_facts(warehouse, read[name], profiles[name].rows) for name in events]
            seen = tuple(one for one in rows if one is not None)
            self.found.facts = Facts(found, collided(warehouse, arms), ends, seen)

    def _rows(
        self, tables: list[Table], text: str, more: list[tuple[str, str]] | None = None
    ) -> list[dict[str, object]]:
        parameters = {
            name: value for table in tables if table.select for name, value in table.select.parameters.items()
        }
        return self.engine.rows(Statement(with_tables(tables, *(more or [])) + text, parameters), "looking at the data")


_WEEK = 7 * DAY_US
