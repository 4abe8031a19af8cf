"""How long each unit was followed, and what ended it: the SQL of a time to an event in whole steps, and its counts.

Principle: only whole steps are followed. A unit has the event in step d (from 1) when its first event lies in the d-th
step after the start and the data covers that step to its end; else it is last seen after its last whole step. So a
unit is known at the horizon exactly when it is mature.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from abtest.engines.engine import Row
from abtest.engines.sqltext import quote
from abtest.grammar.time import DAY, HOUR
from abtest.moments.exact import whole
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import Number
from abtest.moments.sums import CompetingLifetimes, Lifetimes

MICROSECONDS = 1_000_000
WRONG = -1


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The SQL of a unit's step and cause (1 the event, 2, … its rivals, 0 last seen), in steps of ``step`` seconds.

    Steps count from 1, or ``from_zero`` where an event may be at the very start.
    """

    step: int
    time: str
    cause: str
    causes: int
    from_zero: bool = False


class Followed(TypedDict, total=False):
    """What following the units of a metric gives its moments."""

    lifetimes: tuple[Lifetimes, ...]
    step: int
    by_week: tuple[tuple[Lifetimes, ...], ...]
    lifetimes_of: dict[str, tuple[Lifetimes, ...]]
    competing: tuple[CompetingLifetimes, ...]


def step_of(outcome: Outcome) -> int | None:
    """Return the step in seconds in which an outcome's window is followed; ``None`` when it has no whole hours."""
    if outcome.step is not None:
        return outcome.step
    edges = outcome.window or (0, 0)
    return next((step for step in (DAY, HOUR) if not any(edge % step for edge in edges)), None)


def follow_up(outcome: Outcome, step: int, firsts: Sequence[str], through: str) -> FollowUp:
    """Return how a unit is followed. ``firsts`` are the SQL of its first event of each cause, the own cause first.

    ``through`` is the SQL of the instant at which its follow-up ends.
    """
    steps = (outcome.followed.window or (0, 0))[1] // step
    first = firsts[0] if len(firsts) == 1 else f"least({', '.join(firsts)})"
    happened = f"CAST(floor(({first} - p.started_at) / {step * MICROSECONDS}) AS BIGINT) + 1"
    # Where the data ends before the start, nothing was followed.
    covered = f"CAST(floor(({through} - p.started_at) / {step * MICROSECONDS}) AS BIGINT)"
    followed = f"greatest(0, least({steps}, {covered}))"
    event = f"{first} IS NOT NULL AND {happened} <= {followed}"
    # Of two events at one instant the metric's own counts.
    rivals = " ".join(f"WHEN {rival} = {first} THEN {place}" for place, rival in enumerate(firsts[1:], 2))
    which = f"CASE WHEN {firsts[0]} = {first} THEN 1 {rivals} END" if rivals else "1"
    return FollowUp(
        step,
        f"CASE WHEN {event} THEN {happened} ELSE {followed} END",
        f"CASE WHEN {event} THEN {which} ELSE 0 END",
        len(firsts),
    )


def follow_up_in_columns(
    time: Number, event: Number, until: Number | None, *, step: int, per_unit: int, steps: int
) -> FollowUp:
    """Return how a unit was followed by two columns: the time, and whether the event ended it.

    A unit of time has ``per_unit`` steps; ``steps`` are followed. An event within a step counts at its end, like one
    that is read from a table of events; a unit that is last seen within a step was followed to the end of the step
    before. Nobody is followed beyond ``until``, in the same unit. What cannot be true has the cause ``WRONG``.
    """

    def in_steps(number: Number, rounding: int) -> str:
        product = number.sql if per_unit == 1 else f"{number.sql} * {per_unit}"
        return (
            f"whole_div({product} + {number.scale - 1}, {number.scale})"
            if rounding
            else (f"whole_div({product}, {number.scale})")
        )

    up, down = in_steps(time, 1), in_steps(time, 0)
    happened = f"{event.sql} > 0 AND {up} <= {steps}"
    wrong = f"{time.sql} < 0 OR {event.sql} NOT IN (0, {event.scale})"
    known = f"{event.sql} IS NOT NULL AND {time.sql} IS NOT NULL"
    if until is not None:
        end = in_steps(until, 0)
        happened += f" AND ({until.sql} IS NULL OR {up} <= {end})"
        down = f"least({down}, coalesce({end}, {steps}))"
        wrong += f" OR {until.sql} < 0"
    return FollowUp(
        step,
        f"CASE WHEN NOT ({known}) THEN NULL WHEN {wrong} THEN 0 WHEN {happened} THEN {up} "
        f"ELSE least({steps}, {down}) END",
        f"CASE WHEN NOT ({known}) THEN NULL WHEN {wrong} THEN {WRONG} WHEN {happened} THEN 1 ELSE 0 END",
        1,
        from_zero=True,
    )


def counted(name: str, status: str, beside: Sequence[str], *, least: int = 1) -> str:
    """Return the query for the units per arm, step and cause, and by each column ``beside``; steps from ``least``."""
    columns = ["arm", *map(quote, beside), f"{quote(f'time_{name}')} AS step", f"{quote(f'cause_{name}')} AS cause"]
    places = ", ".join(str(place + 1) for place in range(len(columns)))
    return (
        f"SELECT {', '.join(columns)}, count(*) AS units FROM outcomes\n"
        f"WHERE status = '{status}' AND {quote(f'time_{name}')} >= {least}\nGROUP BY {places}\nORDER BY {places}"
    )


def followed(rows: Sequence[Row], arms: int, plan: FollowUp, stratum: str | None) -> Followed:
    """Return the rows of :func:`counted` as life tables: per arm, by week of the start and by stratum."""
    by_arm = [[row for row in rows if row["arm"] == arm] for arm in range(arms)]
    weeks = sorted({whole(row, "week") for row in rows})
    found: Followed = {
        "lifetimes": tuple(lifetimes(mine) for mine in by_arm),
        "step": plan.step,
        "by_week": tuple(
            tuple(lifetimes([row for row in mine if row["week"] == week]) for week in weeks) for mine in by_arm
        ),
    }
    if stratum is not None:
        levels = sorted({str(row[stratum]) for row in rows})
        found["lifetimes_of"] = {
            level: tuple(lifetimes([row for row in mine if str(row[stratum]) == level]) for mine in by_arm)
            for level in levels
        }
    if plan.causes > 1:
        found["competing"] = tuple(competing(mine, plan.causes) for mine in by_arm)
    return found


def lifetimes(rows: Sequence[Row]) -> Lifetimes:
    """Return the rows' units as one life table; rivals end the follow-up like the data's end."""
    events, censored = _by_step(rows, 1), _by_step(rows, None)
    steps = sorted(events.keys() | censored.keys())
    total = {step: censored.get(step, 0) - events.get(step, 0) for step in steps}
    return Lifetimes(tuple(steps), tuple(events.get(step, 0) for step in steps), tuple(total[step] for step in steps))


def competing(rows: Sequence[Row], causes: int) -> CompetingLifetimes:
    """Return the rows' units as a life table by cause."""
    by_cause = [_by_step(rows, cause) for cause in range(causes + 1)]
    steps = sorted(set().union(*by_cause))
    return CompetingLifetimes(
        tuple(steps),
        tuple(tuple(of.get(step, 0) for step in steps) for of in by_cause[1:]),
        tuple(by_cause[0].get(step, 0) for step in steps),
    )


def _by_step(rows: Sequence[Row], cause: int | None) -> dict[int, int]:
    found: dict[int, int] = {}
    for row in rows:
        if cause is None or whole(row, "cause") == cause:
            found[whole(row, "step")] = found.get(whole(row, "step"), 0) + whole(row, "units")
    return found
