"""Which column is the unit's id: the same in all tables, by its name and by the ids that are in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from abtest.definition.model import ASSIGNMENTS, CUSTOMERS
from abtest.engines.engine import Engine
from abtest.init.hints import Hints, UnsettledError
from abtest.init.looking import Column, Table, common_ids
from abtest.init.vocabulary import id_score, joined

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
