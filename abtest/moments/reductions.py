"""How a unit's events in a window become one number: each way is one class, with its SQL.

Principle: the statement that reads events is one pass per source, however many metrics. So a reduction writes no
statement: it asks :class:`PerUnit` for a mark, or for an aggregate over the unit's events, and says how its number is
made of them. A metric may bring a reduction of its own.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from abtest.grammar.time import DAY

if TYPE_CHECKING:
    from abtest.moments.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number of each unit: its SQL, and what the value was multiplied by.

    ``wide``: it may need more than 64 bits. ``rate``: it is 0 or 1.
    """

    sql: str
    scale: int = 1
    wide: bool = False
    rate: bool = False


class PerUnit(Protocol):
    """What a reduction can have of each unit, as SQL over the units' outcomes, or over a unit's events ``e``."""

    def marked(self, outcome: "Outcome") -> str:
        """Return 1 for a unit with an event in the outcome's window, else 0."""
        ...

    def within(self, outcome: "Outcome") -> str:
        """Return the condition that an event lies in the outcome's window."""
        ...

    def aggregate(self, source: str, alias: str, sql: str) -> str:
        """Return the name of an aggregate over a unit's events of ``source``, which the one pass then takes too."""
        ...

    def event_value(self, outcome: "Outcome") -> Number:
        """Return the value of an event as a whole number."""
        ...

    def average(self, outcome: "Outcome", total: str, count: str) -> Number:
        """Return the average of values whose total and number these are."""
        ...

    def event_text(self, outcome: "Outcome", column: str) -> str:
        """Return what a column of words holds for an event."""
        ...

    def customer_value(self, outcome: "Outcome") -> Number:
        """Return what the customers table holds for the unit."""
        ...


class Reduction:
    """The common case. Each way overrides what is different of it.

    ``marks``: the number is made of the mark of its window alone. ``sure``: every mature unit has the number, which is
    0 without events. ``small``: it is a number of events, whose products fit 64 bits. ``timed``: it is the time to an
    event. ``of_column``: it stands in the customers table. ``adds_values``: values of events are added up, and
    ``averages_values``: divided by their number. ``follows``: the first event says it, so that units can be followed;
    ``horizon``: how far in seconds, where no window says it, and ``unit`` the seconds of a column's unit of time.
    """

    marks = False
    sure = True
    small = False
    timed = False
    of_column = False
    adds_values = False
    averages_values = False
    follows = False
    horizon: int | None = None
    unit = DAY

    @property
    def words(self) -> str | None:
        """The column of words that is read of each event."""
        return None

    @property
    def before(self) -> "Reduction":
        """How the same is reduced before the assignment, where every unit needs a number."""
        return self

    def inner(self, outcome: "Outcome") -> "tuple[Outcome, ...]":  # noqa: ARG002
        """Return the outcomes of which the number is made, beside its own window."""
        return ()

    def number(self, outcome: "Outcome", alias: str, unit: PerUnit) -> Number:
        """Return the unit's number. ``alias`` is a name for an aggregate that no other outcome has."""
        raise NotImplementedError


@dataclass(frozen=True)
class AnyEvent(Reduction):
    """One for a unit with ``at_least`` events in the window, else 0."""

    at_least: int = 1

    @property
    def marks(self) -> bool:  # type: ignore[override]
        """Whether one event is enough, which a mark tells."""
        return self.at_least == 1

    @property
    def follows(self) -> bool:  # type: ignore[override]
        """Whether the first event says it."""
        return self.at_least == 1

    def number(self, outcome: "Outcome", alias: str, unit: PerUnit) -> Number:
        """Return the mark, or compare the number of events."""
        if self.at_least == 1:
            return Number(unit.marked(outcome), rate=True)
        count = COUNT.number(outcome, alias, unit).sql
        return Number(f"CASE WHEN {count} >= {self.at_least} THEN 1 ELSE 0 END", rate=True)


@dataclass(frozen=True)
class CountEvents(Reduction):
    """The number of events in the window."""

    small = True

    def number(self, outcome: "Outcome", alias: str, unit: PerUnit) -> Number:
        """Return the count, 0 without events."""
        count = unit.aggregate(outcome.source, alias, f"count(CASE WHEN {unit.within(outcome)} THEN 1 END)")
        return Number(f"coalesce({count}, 0)")


@dataclass(frozen=True)
class CountDistinct(CountEvents):
    """The number of different values of a column among the events in the window: of orders that have several lines."""

    column: str

    @property
    def words(self) -> str:
        """The column whose values are counted."""
        return self.column

    def number(self, outcome: "Outcome", alias: str, unit: PerUnit) -> Number:
        """Return the count, 0 without events."""
        told = f"CASE WHEN {unit.within(outcome)} THEN {unit.event_text(outcome, self.column)} END"
        return Number(f"coalesce({unit.aggregate(outcome.source, alias, f'count(DISTINCT {told})')}, 0)")


@dataclass(frozen=True)
class SumValues(Reduction):
    """The sum of the events' values in the window."""

    adds_values = True

    def number(self, outcome: "Outcome", alias: str, unit: PerUnit) -> Number:
        """Return the sum, 0 without events."""
        value = unit.event_value(outcome)
        total = unit.aggregate(
            outcome.source, alias, f"sum(CASE WHEN {unit.within(outcome)} THEN {value.sql} ELSE 0 END)"
        )
        return Number(f"coalesce({total}, 0)", value.scale, value.wide)


@dataclass(frozen=True)
class MeanValue(Reduction):
    """The average of the events' values in the window; it does not exist without events."""

    sure = False
    adds_values = True
    averages_values = True

    @property
    def before(self) -> Reduction:
        """The sum, since a covariate needs a number of every unit."""
        return SUM

    def number(self, outcome: "Outcome", alias: str, unit: PerUnit) -> Number:
        """Return the total of the values by their number."""
        within, value = unit.within(outcome), unit.event_value(outcome)
        total = unit.aggregate(outcome.source, alias, f"sum(CASE WHEN {within} THEN {value.sql} ELSE 0 END)")
        known = f"sum(CASE WHEN {within} AND {value.sql} IS NOT NULL THEN 1 ELSE 0 END)"
        count = unit.aggregate(outcome.source, f"n{alias}", known)
        return unit.average(outcome, total, f"nullif({count}, 0)")


@dataclass(frozen=True)
class CustomerColumn(Reduction):
    """What the customers table holds; empty cells are no value."""

    sure = False
    of_column = True

    def number(self, outcome: "Outcome", alias: str, unit: PerUnit) -> Number:  # noqa: ARG002
        """Return the column."""
        return unit.customer_value(outcome)


@dataclass(frozen=True)
class TimeTo(Reduction):
    """The time to the first event; of mature units, whether they had it."""

    marks = True
    sure = False
    timed = True
    follows = True

    def number(self, outcome: "Outcome", alias: str, unit: PerUnit) -> Number:  # noqa: ARG002
        """Return the mark: what is followed is asked for apart."""
        return Number(unit.marked(outcome))


@dataclass(frozen=True)
class TimeInColumns(Reduction):
    """A time that the customers table holds: for how long a unit was followed, and in ``event`` what ended that.

    The outcome's value is the column of the time in ``unit`` (seconds), which ends no later than the outcome's
    ``followed_until``, where that column is not empty; ``event`` holds 1 (true) where it was the event. The number of a
    unit is whether it had the event by the horizon.
    """

    event: str
    horizon: int | None = None
    unit: int = DAY

    sure = False
    timed = True
    of_column = True
    follows = True

    def inner(self, outcome: "Outcome") -> "tuple[Outcome, ...]":
        """Return the column of the event, and that of the end of the follow-up, where there is one."""
        columns = (self.event, *([] if outcome.followed_until is None else [outcome.followed_until]))
        return tuple(
            replace(outcome, reduce=COLUMN, value=column, followed_to=None, followed_until=None) for column in columns
        )

    def number(self, outcome: "Outcome", alias: str, unit: PerUnit) -> Number:  # noqa: ARG002
        """Return whether the unit had the event by the horizon; none where either column is empty."""
        time, event, *until = (unit.customer_value(part) for part in (outcome, *self.inner(outcome)))
        had = f"{event.sql} > 0 AND {time.sql} * {self.unit} <= {(self.horizon or 0) * time.scale}"
        for end in until:
            had += f" AND ({end.sql} IS NULL OR {time.sql} * {end.scale} <= {end.sql} * {time.scale})"
        return Number(
            f"CASE WHEN {event.sql} IS NOT NULL AND {time.sql} >= 0 THEN CASE WHEN {had} THEN 1 ELSE 0 END END"
        )


ANY, COUNT, SUM, MEAN, COLUMN, TIME = AnyEvent(), CountEvents(), SumValues(), MeanValue(), CustomerColumn(), TimeTo()
