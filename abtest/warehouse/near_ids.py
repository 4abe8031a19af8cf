"""Ids that are nobody's, and would be somebody's if they were written alike.

Principle: events of people outside the experiment are normal, so an id without a match says nothing by itself; but one
that differs from an assigned unit's by a capital, a blank or a leading zero is that unit's. A first look compares what
was read anyway, with every difference undone at once; only when it finds something are the tables asked which of the
differences it is. An id is never shown.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from abtest.definition.model import CUSTOMERS
from abtest.engines.engine import Statement
from abtest.engines.folding import FOLDS, Fold, folded
from abtest.engines.sqltext import Binder, quote
from abtest.moments.exact import optional, whole
from abtest.moments.facts import NearIds
from abtest.warehouse.profile import with_tables
from abtest.warehouse.reading import NEAR, Table, arm_reading, unit_of, where_of
from abtest.warehouse.sources import Warehouse

_LEFT, _RIGHT = "near_left", "near_right"


@dataclass(frozen=True, slots=True)
class Near:
    """The comparison of one experiment's tables.

    ``arms``: the table of the arms and their names; ``assigned``: the table of the engine that has the assigned units,
    or ``None`` to take them from that of the arms.
    """

    warehouse: Warehouse
    tables: Mapping[str, Table]
    arms: str
    names: tuple[str, ...]
    assigned: str | None = None

    def found(self, sources: Collection[str]) -> Iterator[NearIds]:
        """Yield what of the events of ``sources`` nearly matches, and of the assigned units among the customers."""
        if self.warehouse.unit_is_integer or self.arms not in self.tables or not self.tables[self.arms].has_unit:
            return
        known = f"SELECT unit FROM {self.assigned}" if self.assigned is not None else None
        for name in self._near([name for name in sources if name in self.tables], self.arms, known):
            yield from self._told(name, self.arms)
        if CUSTOMERS in self.tables and self.arms != CUSTOMERS and self._near([self.arms], CUSTOMERS):
            yield from self._told(self.arms, CUSTOMERS)

    def _near(self, sources: Sequence[str], within: str, known: str | None = None) -> list[str]:
        """Return which of ``sources`` has an id that is none ``within``, nor ``known``, and becomes one when folded."""
        if not sources:
            return []
        read = [self.tables[name].with_near() for name in dict.fromkeys([*sources, within])]
        known = known or f"SELECT DISTINCT unit FROM {quote(within)}{self._of_arm(within)}"
        strange = "\n  UNION ALL\n".join(
            f"  SELECT DISTINCT {place} AS source, e.{NEAR} AS near\n  FROM {quote(name)} AS e\n"
            f"  LEFT JOIN ({known}) AS k ON k.unit = e.unit\n"
            f"  WHERE k.unit IS NULL AND e.{NEAR} IS NOT NULL{self._and_arm(name)}"
            for place, name in enumerate(sources)
        )
        text = (
            f"{with_tables(read)}SELECT DISTINCT source\nFROM (\n{strange}\n) AS strange\n"
            f"JOIN (SELECT DISTINCT {NEAR} AS near FROM {quote(within)}{self._of_arm(within)}) AS alike\n"
            "  ON alike.near = strange.near\nORDER BY source"
        )
        rows = self.warehouse.engine.rows(Statement(text, _parameters(read)), "comparing ids")
        return [sources[whole(row, "source")] for row in rows]

    def _of_arm(self, name: str) -> str:
        return " WHERE arm >= 0" if name == self.arms else ""

    def _and_arm(self, name: str) -> str:
        return " AND e.arm >= 0" if name == self.arms else ""

    def _told(self, source: str, within: str) -> Iterator[NearIds]:
        """Yield how many rows it is, and by which folds."""
        engine = self.warehouse.engine
        engine.materialise(_RIGHT, self._ids(within))
        strange = self._ids(source)
        engine.materialise(
            _LEFT,
            Statement(
                f"SELECT e.id, e.row_count FROM (\n{strange.text}\n) AS e\n"
                f"LEFT JOIN {_RIGHT} AS k ON k.id = e.id\nWHERE k.id IS NULL",
                strange.parameters,
            ),
        )
        found = self._fewest(source, within)
        engine.drop(_LEFT)
        engine.drop(_RIGHT)
        if found is not None:
            yield found

    def _ids(self, name: str) -> Statement:
        """Return the query of the distinct ids of a table as they are written, and their rows."""
        raw, source = self.warehouse.raw[name], self.warehouse.sources[name]
        binder = Binder("near")
        where, _ = where_of(self.warehouse, name, binder)
        conditions = [where] if where else []
        if name == self.arms:
            conditions.append(f"({arm_reading(raw, source, self.names, binder, self.warehouse.arm_values).sql}) >= 0")
        text = unit_of(self.warehouse, raw.sql(str(source.unit)))
        inner = f"SELECT {text} AS id FROM {quote(raw.view)}"
        if conditions:
            inner += f"\nWHERE {' AND '.join(conditions)}"
        query = f"SELECT id, count(*) AS row_count FROM (\n{inner}\n) AS named\nWHERE id IS NOT NULL\nGROUP BY id"
        return Statement(query, binder.values)

    def _fewest(self, source: str, within: str) -> NearIds | None:
        folds = [fold for fold in FOLDS if not self._merges(fold)]
        rows, units = self._matched(folds)
        if not rows:
            return None
        for fold in tuple(folds):
            fewer = [other for other in folds if other != fold]
            if self._matched(fewer) == (rows, units):
                folds = fewer
        by_unit = source == self.arms
        return NearIds(source, within, units if by_unit else rows, units, tuple(folds))

    def _merges(self, fold: Fold) -> bool:
        """Whether a fold makes one id of two that are assigned: then it tells ids apart, unless they are addresses."""
        row = self._ask(
            f"SELECT count(*) AS ids, count(DISTINCT {folded('id', [fold])}) AS folded,\n"
            f"  sum(CASE WHEN id LIKE '%@%' THEN 1 ELSE 0 END) AS addresses\nFROM {_RIGHT}",
            {},
        )
        of_addresses = 2 * (optional(row, "addresses") or 0) > whole(row, "ids")
        return whole(row, "folded") < whole(row, "ids") and not of_addresses

    def _matched(self, folds: list[Fold]) -> tuple[int, int]:
        if not folds:
            return 0, 0
        alike = folded("id", folds)
        row = self._ask(
            "SELECT sum(l.row_count) AS row_count, count(DISTINCT r.near) AS units\n"
            f"FROM (SELECT {alike} AS near, row_count FROM {_LEFT}) AS l\n"
            f"JOIN (SELECT DISTINCT {alike} AS near FROM {_RIGHT}) AS r ON r.near = l.near",
            {},
        )
        return optional(row, "row_count") or 0, whole(row, "units")

    def _ask(self, text: str, parameters: Mapping[str, str | int | float | bool]) -> dict[str, object]:
        return self.warehouse.engine.rows(Statement(text, parameters), "comparing ids")[0]


def collided(warehouse: Warehouse, arms: str) -> int:
    """Return how many ids of the table of arms are one with another since ids are folded."""
    unit = warehouse.sources[arms].unit
    if not warehouse.ids.fold or warehouse.unit_is_integer or unit is None:
        return 0
    raw, binder = warehouse.raw[arms], Binder("near")
    where, _ = where_of(warehouse, arms, binder)
    text = (
        f"SELECT count(DISTINCT {unit_of(warehouse.unfolded, raw.sql(unit))}) AS ids,\n"
        f"  count(DISTINCT {unit_of(warehouse, raw.sql(unit))}) AS folded\nFROM {quote(raw.view)}"
    )
    if where:
        text += f"\nWHERE {where}"
    row = warehouse.engine.rows(Statement(text, binder.values), "comparing ids")[0]
    return whole(row, "ids") - whole(row, "folded")


def _parameters(tables: list[Table]) -> dict[str, str | int | float | bool]:
    return {name: value for table in tables if table.select for name, value in table.select.parameters.items()}
