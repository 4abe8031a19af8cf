"""Facts about the chosen columns, from the engine: sizes of arms, time ranges, follow-up. No outcome by arm is read."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from abtest.engines.engine import Engine, Statement
from abtest.engines.sqltext import Binder, quote
from abtest.grammar.time import DAY_US
from abtest.init.looking import Column, Table
from abtest.moments.exact import optional, whole
from abtest.warehouse.calendar import to_microseconds

PLAUSIBLE = (
    to_microseconds(dt.datetime(2000, 1, 1, tzinfo=dt.UTC)),
    to_microseconds(dt.datetime(2200, 1, 1, tzinfo=dt.UTC)),
)
"""Times outside these are placeholders for an unknown one."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who was assigned. ``units`` of one arm only, per arm in the order asked for; ``total`` counts all of them.

    ``first`` and ``last`` assignment are instants in microseconds since 1970 UTC.
    """

    units: tuple[int, ...]
    total: int
    in_several_arms: int
    without_arm: int
    implausible: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Events:
    """One event table: time range as instants, events of assigned units, units that had one before the assignment."""

    first: int | None
    last: int | None
    matched: int
    units_before: int


def text_of(column: str) -> str:
    """Return the SQL that reads a column as text, blank as NULL."""
    return f"blank_to_null(CAST({quote(column)} AS STRING))"


def assigned(
    engine: Engine, table: Table, *, arm: str, arms: Sequence[str], unit: str | None, at: Column | None, zone: str
) -> Assigned:
    """Keep the assigned units as table ``assigned`` (unit, arm, at_us) in the engine and return what they are."""
    binder = Binder("draft")
    number = " ".join(f"WHEN {binder.bind(name, 'arm')} THEN {place}" for place, name in enumerate(arms))
    time = at.instant(zone, binder) if at else "CAST(NULL AS BIGINT)"
    key = text_of(unit) if unit else "CAST(row_number() OVER () AS STRING)"
    engine.materialise(
        "assigned",
        Statement(
            "SELECT unit, min(arm) AS arm, min(at_us) AS at_us,\n  min(arm) <> max(arm) AS several\n"
            f"FROM (SELECT {key} AS unit, CASE {text_of(arm)} {number} END AS arm, {time} AS at_us\n"
            f"  FROM {quote(table.view)}) AS read\nWHERE unit IS NOT NULL AND arm IS NOT NULL\nGROUP BY unit",
            binder.values,
        ),
    )
    low, high = PLAUSIBLE
    fits = f"at_us >= {low} AND at_us < {high}"
    columns = [
        f"count(CASE WHEN arm = {place} AND NOT several THEN 1 END) AS arm_{place}" for place in range(len(arms))
    ]
    row = engine.rows(
        Statement(
            f"SELECT {', '.join(columns)}, count(*) AS units,\n"
            f"  count(CASE WHEN several THEN 1 END) AS several,\n"
            f"  count(at_us) - count(CASE WHEN {fits} THEN 1 END) AS implausible,\n"
            f"  min(CASE WHEN {fits} THEN at_us END) AS first_us, max(CASE WHEN {fits} THEN at_us END) AS last_us\n"
            "FROM assigned",
            {},
        ),
        "counting assignments",
    )[0]
    without = engine.rows(
        Statement(f"SELECT count(*) - count({text_of(arm)}) AS missing FROM {quote(table.view)}", {})
    )[0]
    return Assigned(
        tuple(whole(row, f"arm_{place}") for place in range(len(arms))),
        whole(row, "units"),
        whole(row, "several"),
        whole(without, "missing"),
        whole(row, "implausible"),
        optional(row, "first_us"),
        optional(row, "last_us"),
    )


def events(engine: Engine, table: Table, unit: str, at: Column, zone: str) -> Events:
    """Return what an event table covers. Needs the table ``assigned``."""
    binder = Binder("draft")
    time = at.instant(zone, binder)
    low, high = PLAUSIBLE
    row = engine.rows(
        Statement(
            f"WITH event AS (SELECT {text_of(unit)} AS unit, {time} AS at_us FROM {quote(table.view)})\n"
            f"SELECT min(CASE WHEN event.at_us >= {low} THEN event.at_us END) AS first_us,\n"
            f"  max(CASE WHEN event.at_us < {high} THEN event.at_us END) AS last_us, count(assigned.unit) AS matched,\n"
            "  count(DISTINCT CASE WHEN event.at_us < assigned.at_us THEN assigned.unit END) AS units_before\n"
            "FROM event LEFT JOIN assigned ON assigned.unit = event.unit",
            binder.values,
        ),
        f"looking at {table.file}",
    )[0]
    return Events(
        optional(row, "first_us"), optional(row, "last_us"), whole(row, "matched"), whole(row, "units_before")
    )


def mature_shares(engine: Engine, through: int, days: Sequence[int]) -> dict[int, float]:
    """Return for each number of days the share of assigned units that have as many of them before ``through``."""
    counts = ", ".join(f"count(CASE WHEN at_us <= {through - day * DAY_US} THEN 1 END) AS days_{day}" for day in days)
    row = engine.rows(Statement(f"SELECT count(*) AS units, {counts} FROM assigned", {}), "looking at follow-up")[0]
    units = max(1, whole(row, "units"))
    return {day: whole(row, f"days_{day}") / units for day in days}


def repeated_ids(engine: Engine, table: Table, unit: str) -> int:
    """Return how many ids stand in several rows of ``table``."""
    text = (
        f"SELECT count(*) AS ids FROM (SELECT {text_of(unit)} AS unit FROM {quote(table.view)}\n"
        f"  GROUP BY 1 HAVING count(*) > 1) AS twice WHERE unit IS NOT NULL"
    )
    return whole(engine.rows(Statement(text, {}), f"looking at {table.file}")[0], "ids")


def known_units(engine: Engine, table: Table, unit: str) -> int:
    """Return how many assigned units are in ``table``, the customers."""
    text = (
        f"SELECT count(*) AS units FROM assigned WHERE unit IN (SELECT {text_of(unit)} FROM {quote(table.view)}\n"
        f"  WHERE {text_of(unit)} IS NOT NULL)"
    )
    return whole(engine.rows(Statement(text, {}), "looking at customers")[0], "units")


def share_before(engine: Engine, table: Table, unit: str, *, column: Column, moment: int, zone: str) -> float:
    """Return the share of assigned units whose ``column`` of the customers table lies before ``moment``."""
    binder = Binder("draft")
    time = column.instant(zone, binder)
    row = engine.rows(
        Statement(
            f"WITH customer AS (SELECT {text_of(unit)} AS unit, max({time}) AS at_us\n"
            f"  FROM {quote(table.view)} GROUP BY 1)\n"
            f"SELECT count(*) AS units, count(CASE WHEN customer.at_us < {moment} THEN 1 END) AS before\n"
            "FROM assigned LEFT JOIN customer ON customer.unit = assigned.unit",
            binder.values,
        ),
        "looking at eligibility",
    )[0]
    return whole(row, "before") / max(1, whole(row, "units"))
