"""From files to a :class:`~abtest.init.draft.Draft`: look, choose, count what was chosen, say what was guessed."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from abtest.definition.model import CUSTOMERS
from abtest.engines.engine import Engine, EngineError
from abtest.errors import DataError
from abtest.files.located import Located, locate
from abtest.files.prepared import PLAIN, Written
from abtest.init import facts
from abtest.init.arms import ArmColumn, is_category
from abtest.init.choices import Chosen, EventChoice, choose
from abtest.init.draft import ArmDraft, Draft, Eligibility, MetricDraft, PeriodDraft, SourceDraft
from abtest.init.facts import Assigned
from abtest.init.hints import Hints, require_columns
from abtest.init.looking import Column, Table, look, shortened
from abtest.init.metrics import EventTable, column_metrics, event_metrics
from abtest.init.scalars import Value
from abtest.init.timing import (
    Weights,
    WindowChoice,
    covariate_days,
    end_of,
    horizons,
    last_whole_day,
    local_day,
    midnight,
    retention_window,
    weights,
)
from abtest.init.vocabulary import control_score, joined_score, words

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
        read = _read(table)
        if read:
            keys["read"] = read
        used = {str(key) for key in keys.values() if isinstance(key, str)}
        comments += _others(table, used | {chosen.units.shared or ""})
        yield SourceDraft(name, table.path, columns, keys, tuple(notes), tuple(comments))


_FOR_ALL = frozenset({"dates", "epoch", "true", "false"})
"""Forms that read no plain value otherwise, and so may be said of all columns."""


def _read(table: Table) -> dict[str, Value]:
    """Return how the table's files and values are written: of all columns where that reads each of them right."""
    formed = {column.name: dict(column.says) for column in table.columns if column.says}
    together: dict[str, object] = {}
    plain = [column for column in table.columns if column.numeric and column.family == "text" and not column.says]
    alike = True
    for says in formed.values():
        alike = alike and all(together.setdefault(key, value) == value for key, value in says.items())
    alike = alike and (set(together) <= _FOR_ALL or (not plain and "null" not in together and _same(formed)))
    said: dict[str, object] = dict(table.said) | (together if alike else {"columns": formed})
    return cast("dict[str, Value]", {key: value for key, value in said.items() if value != {}})


def _same(formed: Mapping[str, Mapping[str, object]]) -> bool:
    numbers = [says for says in formed.values() if not {"dates", "epoch"} & set(says)]
    return all(says == numbers[0] for says in numbers)


def _others(table: Table, used: set[str]) -> Iterator[str]:
    """Yield what becomes of the other columns, so that none is dropped in silence."""
    kinds = {
        "empty": "empty",
        "flag": "yes or no",
        "integer": "whole numbers",
        "number": "numbers",
        "time": "times",
        "text": "text",
        "other": "nested values",
    }
    told = []
    for column in table.columns:
        if column.name in used:
            continue
        odd = f", of which {column.unreadable:,} cannot be read" if column.unreadable else ""
        told.append(f"{column.name} ({column.doubt or kinds[column.kind] + odd})")
    if table.hidden:
        told.append(f"{table.hidden} whose names are not shown, since they may be values")
    if told:
        yield f"Other columns of {table.name}: {', '.join(told)}."


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


_MOSTLY = 0.9
"""Share of the assigned units that must fulfil a condition for it to be in force unasked."""
_PAST = 0.05
"""Share of units with an event before their assignment from which the past is worth a covariate."""


@dataclass(frozen=True, slots=True)
class Given:
    """A table as the user gave it: its name in the definition, the option, and the path from the current folder."""

    name: str
    option: str
    path: str
    written: Written = PLAIN


def survey(engine: Engine, given: Sequence[Given], hints: Hints, name: str | None = None) -> Draft:
    """Look at the files and return the draft of a definition.

    ``name`` is the experiment's; made from the arms or the file when absent. Raises
    :class:`~abtest.errors.DataError` when the files cannot be read or lack something that a definition needs, and
    :class:`~abtest.errors.UsageError` when an option names what is not there.
    """
    asked = {hint.column for hint in hints.columns} | ({hints.arm} if hints.arm else set())
    # The engine is told all files at once, before it opens the first.
    located = [_located(engine, part) for part in given]
    engine.admit([file for found, _ in located for file in found.names])
    tables = {
        part.name: _looked(engine, part, found, asked, said) for part, (found, said) in zip(given, located, strict=True)
    }
    require_columns(hints, list(tables.values()))
    try:
        chosen = choose(engine, tables, hints)
        return _draft(engine, chosen, hints.timezone, name)
    except EngineError as error:
        raise DataError(f"{', '.join(table.file for table in tables.values())}: {error}") from None


_CURE = re.compile(r"`read: \{(encoding|skip): ([^}]+)\}`")
_SHEETS = re.compile(r"sheets \('([^']+)'.*say which: `read: \{sheet")


def _located(engine: Engine, part: Given, said: Mapping[str, object] = {}) -> tuple[Located, dict[str, object]]:
    """Return the files of a table, and what must be said of how they are written: what an error tells, is done."""
    now = dict(said)
    for _ in range(4):
        try:
            written = replace(part.written, **now)  # type: ignore[arg-type]
            return locate(part.path, Path(), part.option, written, engine.workspace()), now
        except DataError as error:
            cure, sheets = _CURE.search(str(error)), _SHEETS.search(str(error))
            key, value = (cure[1], cure[2]) if cure else ("sheet", sheets[1]) if sheets else ("", "")
            if not key or key in now:
                raise
            now[key] = int(value) if key == "skip" else value
    raise DataError(f"{part.option}: {part.path} cannot be read; say how it is written")


def _looked(engine: Engine, part: Given, found: Located, asked: Collection[str], said: Mapping[str, object]) -> Table:
    """Look at a table; of one whose letters tell their encoding further down, once more."""
    try:
        return look(engine, part.name, part.option, part.path, found, asked=asked, said=said)
    except DataError as error:
        cure = _CURE.search(str(error))
        if cure is None or cure[1] in said:
            raise
        value: object = int(cure[2]) if cure[1] == "skip" else cure[2]
        again, more = _located(engine, part, {**said, cure[1]: value})
        engine.admit(again.names)
        return look(engine, part.name, part.option, part.path, again, asked=asked, said=more)


def _draft(engine: Engine, chosen: Chosen, timezone: str | None, name: str | None) -> Draft:
    zone = timezone or "UTC"
    arm = chosen.arm
    who = facts.assigned(
        engine, chosen.home, arm=arm.column, arms=arm.levels, unit=chosen.unit, at=chosen.at, zone=zone
    )
    if not who.total:
        raise DataError(f"{chosen.home.file}: no row has both an id and an arm, so nobody was assigned")
    findings = list(_findings(engine, chosen, who))
    period: PeriodDraft | None = None
    left_out: tuple[str, ...] = ()
    if chosen.events:
        covered = {e.table.name: facts.events(engine, e.table, e.unit, e.at, zone) for e in chosen.events}
        findings += [
            f"no event in {event.table.file} belongs to an assigned unit"
            for event in chosen.events
            if not covered[event.table.name].matched
        ]
        period = _period(chosen, who, covered, zone)
        through = end_of(period.through, zone) if period.through else _last_event(covered)
        metrics = _event_metrics(engine, chosen, who, covered, through)
    else:
        metrics, left_out = _column_metrics(chosen)
    shares = weights(who.units)
    known = [column for column in (chosen.at, *(event.at for event in chosen.events)) if column is not None]
    return Draft(
        name=name or _name(chosen),
        title=f"{', '.join(arm.levels[1:])} vs {arm.levels[0]}",
        files=tuple(table.path for table in chosen.tables.values()),
        unit=chosen.units.shared,
        unit_note="; ".join(chosen.units.notes) or None,
        timezone=zone if known else None,
        timezone_note=zone_note(known, stated=timezone is not None) if known else None,
        period=period,
        arms=tuple(
            ArmDraft(level, who.units[place], shares.values[place], arm.cadences[place])
            for place, level in enumerate(arm.levels)
        ),
        arms_notes=tuple(arm_notes(arm, who, shares)),
        eligibility=_eligibility(engine, chosen, period, zone),
        sources=tuple(sources(chosen)),
        metrics=tuple(metrics),
        segments=segments(chosen, {str(metric.keys.get("column", metric.name)) for metric in metrics}),
        before=left_out,
        findings=tuple(findings),
    )


def _findings(engine: Engine, chosen: Chosen, who: facts.Assigned) -> Iterator[str]:
    """Yield what is odd about the assigned units, as an analysis would report it."""
    if not all(who.units):
        # Levels are read from rows; one whose rows have no id, or only units that came first to another arm, is empty.
        empty = [level for level, units in zip(chosen.arm.levels, who.units, strict=True) if not units]
        yield f"arm {', '.join(empty)} has no unit of its own"
    if who.in_several_arms:
        yield f"{who.in_several_arms:,} of {who.total:,} units are in several arms; they will be left out"
    if who.without_arm:
        yield f"{who.without_arm:,} rows of {chosen.home.file} have no arm; they count as not assigned"
    if who.implausible:
        yield f"{who.implausible:,} units were assigned before 2000 or after 2200; they lie outside the period"
    customers = chosen.customers
    if customers is None or chosen.units.columns.get(CUSTOMERS) is None:
        return
    unit = chosen.units.columns[CUSTOMERS]
    repeated = facts.repeated_ids(engine, customers, unit)
    if repeated:
        cure = "the first row counts" if customers is chosen.home and chosen.at else "rows that differ will be left out"
        yield f"{repeated:,} ids stand in several rows of {customers.file}; {cure}"
    if customers is not chosen.home:
        missing = who.total - facts.known_units(engine, customers, unit)
        if missing:
            yield f"{missing:,} of {who.total:,} assigned units are not in {customers.file}; they will be left out"


def _period(chosen: Chosen, who: facts.Assigned, covered: dict[str, facts.Events], zone: str) -> PeriodDraft:
    if who.first is None or who.last is None:
        raise DataError(f"{chosen.home.file}: no unit with an arm has a time of assignment from the year 2000 on")
    start, end = local_day(who.first, zone), local_day(who.last, zone)
    note = "enrolment from the first to the last assignment in the data"
    last = _last_event(covered)
    if last is None:
        return PeriodDraft(start, end, None, note)
    # Dates have no hour that could tell whether the export stopped in the middle of its last day.
    latest = [event for event in chosen.events if covered[event.table.name].last == last]
    through = last_whole_day(last, zone, dates=all(event.at.dates for event in latest))
    if through < start:
        return PeriodDraft(start, end, None, f"{note}; no event comes after the first")
    return PeriodDraft(start, end, through, f"{note}; `through` is the last day that the events seem to cover whole")


def _last_event(covered: dict[str, facts.Events]) -> int | None:
    return max((part.last for part in covered.values() if part.last is not None), default=None)


def _event_metrics(
    engine: Engine, chosen: Chosen, who: facts.Assigned, covered: dict[str, facts.Events], through: int | None
) -> list[MetricDraft]:
    mature = facts.mature_shares(engine, through, horizons(chosen.cadences)) if through is not None else {}
    window = retention_window(mature, chosen.cadences)

    def before(event: EventChoice) -> int | None:
        part = covered[event.table.name]
        if part.first is None or who.first is None or part.units_before < _PAST * who.total:
            return None
        return covariate_days(part.first, who.first, window.high)

    tables = [EventTable(event.table.name, event.value, before(event), event.value_note) for event in chosen.events]
    return event_metrics(tables, window, _window_note(window, chosen.cadences))


def _window_note(window: WindowChoice, cadences: Sequence[int]) -> str:
    if not window.mature:
        note = "the window: no unit has it behind it yet, so there is nothing to compare before it has"
    else:
        note = f"the window: {window.mature:.0%} of the units have it behind them; is it what the business asks about?"
    if cadences and window.aligned:
        return note + " It holds whole sends of every cadence."
    return note + " It cuts through a cadence, for want of follow-up." if cadences else note


def _column_metrics(chosen: Chosen) -> tuple[list[MetricDraft], tuple[str, ...]]:
    table = chosen.customers or chosen.home
    arm = chosen.arm.column if table is chosen.home else None
    taken = {chosen.units.columns.get(table.name), arm, chosen.at.name if chosen.at and arm else None}
    found = column_metrics(table, arm, {name for name in taken if name is not None})
    return list(found.metrics), found.before


def _eligibility(engine: Engine, chosen: Chosen, period: PeriodDraft | None, zone: str) -> Eligibility | None:
    """Return who may be counted, from the day on which they became customers, when the customers table knows it."""
    customers = chosen.customers
    if period is None or customers is None:
        return None
    unit = chosen.units.columns[CUSTOMERS]
    candidates: list[Column] = [
        column
        for column in customers.of_kind("time")
        if joined_score(column.name) and not column.unreadable and (customers is not chosen.home or column != chosen.at)
    ]
    if not candidates:
        return None
    column = max(candidates, key=lambda candidate: joined_score(candidate.name))
    name = condition_name(column.name)
    if name is None:
        return None
    start = midnight(period.start, zone)
    share = facts.share_before(engine, customers, unit, column=column, moment=start, zone=zone)
    if share >= _MOSTLY:
        note = f"existing customers only; {share:.1%} of the assigned units fulfil it"
        return Eligibility(f"{name} < period.start", True, note)
    # New customers are the experiment's subject, or the share is too low to leave the others out unasked.
    return Eligibility(f"{name} < period.start", False, f"only {share:.1%} of the assigned units would fulfil it")


def _name(chosen: Chosen) -> str:
    """Return a name for the experiment: of the file when it is wide, else of the arms."""
    levels = chosen.arm.levels
    text = "-vs-".join([*levels[1:], levels[0]]) if chosen.events else Path(chosen.home.path).name.split(".")[0]
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return slug[:50].strip("-") or "experiment"
