"""From files to a :class:`~abtest.init.draft.Draft`: look, choose, count what was chosen, say what was guessed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from abtest.definition.model import CUSTOMERS
from abtest.engines.engine import Engine, EngineError
from abtest.errors import DataError
from abtest.files.located import locate
from abtest.init import facts
from abtest.init.choices import Chosen, EventChoice, choose
from abtest.init.column_metrics import column_metrics
from abtest.init.draft import ArmDraft, Draft, Eligibility, MetricDraft, PeriodDraft
from abtest.init.event_metrics import EventTable, event_metrics
from abtest.init.hints import Hints, require_columns
from abtest.init.looking import Column, look
from abtest.init.parts import arm_notes, condition_name, segments, sources, zone_note
from abtest.init.timing import (
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
from abtest.init.vocabulary import joined_score

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


def survey(engine: Engine, given: Sequence[Given], hints: Hints, name: str | None = None) -> Draft:
    """Look at the files and return the draft of a definition.

    ``name`` is the experiment's; made from the arms or the file when absent. Raises
    :class:`~abtest.errors.DataError` when the files cannot be read or lack something that a definition needs, and
    :class:`~abtest.errors.UsageError` when an option names what is not there.
    """
    asked = {hint.column for hint in hints.columns} | ({hints.arm} if hints.arm else set())
    located = [locate(part.path, Path(), part.option) for part in given]
    engine.admit([file for found in located for file in found.names])
    tables = {
        part.name: look(engine, part.name, part.option, part.path, found, asked=asked)
        for part, found in zip(given, located, strict=True)
    }
    require_columns(hints, list(tables.values()))
    try:
        chosen = choose(engine, tables, hints)
        return _draft(engine, chosen, hints.timezone, name)
    except EngineError as error:
        raise DataError(f"{', '.join(table.file for table in tables.values())}: {error}") from None


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
