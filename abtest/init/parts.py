"""The parts of a draft that follow from the choices alone: tables, segments, notes. Nothing is counted here."""

import re
from collections.abc import Iterator, Sequence

from abtest.init.arms import ArmColumn, is_category
from abtest.init.choices import Chosen, EventChoice
from abtest.init.draft import SourceDraft
from abtest.init.facts import Assigned
from abtest.init.looking import Column, Table, shortened
from abtest.init.scalars import Value
from abtest.init.timing import Weights
from abtest.init.vocabulary import control_score, words

_STATE = frozenset({"status", "state", "type", "kind", "event", "action", "category", "reason"})
_EXPERIMENT = frozenset({"experiment", "test", "campaign", "study", "feature"})
_RARE = 0.01
_SURE = 95
"""Score of a name that can only be the control's."""
_KEYWORDS = frozenset({"and", "or", "not", "in", "is", "null", "true", "false"})
"""Words that a condition keeps for itself; a column called so stands between backticks."""


def sources(chosen: Chosen) -> Iterator[SourceDraft]:
    """Yield the tables in the order in which they were given."""
    events = {event.table.name: event for event in chosen.events}
    for name, table in chosen.tables.items():
        keys: dict[str, Value] = {}
        unit = chosen.units.columns.get(name)
        if unit is not None and unit != chosen.units.shared:
            keys["unit"] = unit
        notes: list[str] = []
        comments: list[str] = []
        if table is chosen.home:
            keys["arm"] = chosen.arm.column
            notes += [chosen.arm.column_note] if chosen.arm.column_note else []
            notes += _several_experiments(table, chosen.arm.column)
            if chosen.at is not None:
                keys["at"] = chosen.at.name
                notes += [chosen.at_note] if chosen.at_note else []
                if chosen.at.dates and any(not event.at.dates for event in chosen.events):
                    notes.append(f"{chosen.at.name} has no time of day, so a unit's window opens at midnight")
        if name in events:
            _event(events[name], keys, notes, comments)
        columns = tuple(column.name for column in table.columns)
        yield SourceDraft(name, table.path, columns, keys, tuple(notes), tuple(comments))


def _several_experiments(table: Table, arm: str) -> list[str]:
    """Return what to check when one log may hold the assignments of several experiments."""
    for column in table.of_kind("text"):
        name = condition_name(column.name)
        if column.name != arm and column.distinct > 1 and set(words(column.name)) & _EXPERIMENT and name:
            return [f'{column.name} has several values; for one experiment of several add where: {name} = "…"']
    return []


def _event(event: EventChoice, keys: dict[str, Value], notes: list[str], comments: list[str]) -> None:
    keys["at"] = event.at.name
    if event.value is not None:
        keys["value"] = event.value
    notes += event.notes
    states = [c.name for c in event.table.of_kind("text", "flag") if _tells_state(c) and condition_name(c.name)]
    if states:
        comments.append(
            f"Every row of {event.table.name} counts. To count some of them only, say which by "
            f'{shortened(states)}: where: {condition_name(states[0])} = "…"'
        )


def _tells_state(column: Column) -> bool:
    return column.distinct >= 2 and words(column.name)[-1:] != [] and words(column.name)[-1] in _STATE


def condition_name(column: str) -> str | None:
    """Return a column as conditions name it, between backticks where it is no plain word; ``None`` when they cannot."""
    if re.fullmatch(r"[^\W\d]\w*", column) and column.lower() not in _KEYWORDS:
        return column
    return None if "`" in column else f"`{column}`"


def segments(chosen: Chosen, outcomes: set[str]) -> tuple[str, ...]:
    """Return the columns of the customers table that could be segments: few levels, and no outcome."""
    table = chosen.customers
    if table is None:
        return ()
    taken = {chosen.units.columns.get(table.name), *outcomes}
    if table is chosen.home:
        taken |= {chosen.arm.column}
    return tuple(c.name for c in table.columns if is_category(c) and c.name not in taken)[:6]


def zone_note(columns: Sequence[Column], *, stated: bool) -> str | None:
    """Return what to check about the time zone: times without one are read in it, and days are counted in it."""
    if stated:
        return None
    bare = [column.name for column in columns if not column.zoned]
    if bare:
        return f"the zone of the times in {shortened(list(dict.fromkeys(bare)))}, which name none themselves"
    return "the zone in which days begin; the times in the data name their own"


def arm_notes(arm: ArmColumn, who: Assigned, shares: Weights) -> Iterator[str]:
    """Yield what to check about the arms."""
    if arm.control_note and control_score(arm.levels[0]) < _SURE:
        yield arm.control_note
    cadences = [f"{name} {days}d" for name, days in zip(arm.levels, arm.cadences, strict=True) if days is not None]
    if cadences:
        yield f"cadences read from the names: {', '.join(cadences)}"
    if not shares.equal:
        yield "weights are observed shares, rounded; write the planned ones, or the sample-ratio check proves nothing"
    rare = [name for name, units in zip(arm.levels, who.units, strict=True) if units < _RARE * who.total]
    if rare:
        yield f"few units in {shortened(rare)}; a slip of the pen is left out by `where` on the table of the arms"
    folded = {name.casefold() for name in arm.levels}
    if len(folded) < len(arm.levels):
        yield "two arms differ only in upper and lower case; they are compared as two"
