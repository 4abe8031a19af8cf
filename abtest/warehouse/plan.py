"""What is counted, resolved once: who by the definition, and until when and from when by what the tables hold."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from abtest.definition.model import ASSIGNMENTS, CUSTOMERS, Definition
from abtest.errors import DataError
from abtest.moments.facts import Ends
from abtest.moments.outcome import Outcome
from abtest.warehouse.calendar import Calendar, to_microseconds
from abtest.warehouse.profile import TableProfile
from abtest.warehouse.sources import Warehouse
from abtest.warehouse.windows import Windows

LAST_INSTANT = to_microseconds(dt.datetime(2200, 1, 1, tzinfo=dt.UTC))


@dataclass(frozen=True)
class Plan:
    """A definition as it is counted. An arm's place in ``arms`` is its number in SQL.

    ``outcomes``: what each metric asks of a unit. ``through``: the instant up to which events are complete, in
    microseconds since 1970 UTC, ``None`` where there are none; ``windows``: those of the calendar, for the range of
    starts that can be counted.
    """

    definition: Definition
    calendar: Calendar
    arms: tuple[str, ...]
    outcomes: Mapping[str, Outcome]
    through: int | None
    windows: Windows
    zero: bool = False
    """Whether the id 0 stands for nobody."""

    @classmethod
    def of(cls, definition: Definition) -> Self:
        """Return the plan as far as the definition alone tells it: without an end, and without windows."""
        arms = tuple(arm.name for arm in definition.arms)
        outcomes = {name: definition.outcome(name) for name in definition.metrics}
        calendar = Calendar.of(definition)
        return cls(definition, calendar, arms, outcomes, None, Windows(calendar, (), 0, 0))

    def looked(
        self, warehouse: Warehouse, profiles: Mapping[str, TableProfile], ends: Mapping[str, Ends] | None = None
    ) -> Self:
        """Return the plan with what the tables hold: raises where the events' times tell no end.

        ``ends``: where the daily counts of tables end, which is not always with their last event.
        """
        through = _through(self.definition, warehouse, profiles, ends or {})
        return replace(self, through=through, windows=_windows(self.definition, self.calendar, profiles, through))

    @property
    def sources(self) -> list[str]:
        """The tables that are read, in the order of the definition."""
        used = {CUSTOMERS, ASSIGNMENTS, *self.definition.event_sources}
        return [name for name in self.definition.data if name in used]

    @property
    def parts(self) -> list[Outcome]:
        """All that is counted of a unit: outcomes, their parts and covariates, and compliance."""
        parts = [part for outcome in self.outcomes.values() for part in outcome.parts]
        return parts if self.definition.compliance is None else [*parts, self.definition.compliance_outcome]

    @property
    def may_be_empty(self) -> set[str]:
        """The event tables that no primary metric uses: nobody may have unsubscribed yet."""
        return set(self.definition.event_sources) - {self.outcomes[name].source for name in self.definition.primaries}

    @property
    def texts(self) -> list[str]:
        """The columns of the customers table that strata, segments and clusters take words from, each once."""
        cluster = [self.definition.cluster] if self.definition.cluster else []
        segments = [segment.column for segment in self.definition.segments]
        return list(dict.fromkeys([*self.definition.analysis.strata, *segments, *cluster]))

    @property
    def ends(self) -> list[str]:
        """The columns of instants at which units' own follow-up ends, each once."""
        found = [part.followed_until for part in self.outcomes.values() if not part.of_column]
        return list(dict.fromkeys(column for column in found if column is not None))

    def words(self, source: str) -> list[str]:
        """Return the columns of words that metrics read of the events of ``source``, each once."""
        parts = [part for outcome in self.outcomes.values() for part in outcome.parts if part.source == source]
        return list(dict.fromkeys(part.reduce.words for part in parts if part.reduce.words is not None))

    def numbers(self, source: str) -> list[str]:
        """Return the columns of ``source`` that metrics and covariates take numbers from, each once."""
        columns: dict[str, None] = {}
        for outcome in self.outcomes.values():
            for part in outcome.parts:
                if part.source != source:
                    continue
                if part.of_column:
                    columns[str(part.value)] = None
                elif part.adds_values:
                    columns[self.value_column(part)] = None
        return list(columns)

    def value_column(self, outcome: Outcome) -> str:
        """Return the column that an event outcome sums or averages."""
        return str(outcome.value or self.definition.data[outcome.source].value)


def _through(
    definition: Definition, warehouse: Warehouse, profiles: Mapping[str, TableProfile], ends: Mapping[str, Ends]
) -> int | None:
    """Return the instant up to which events are complete: as declared, else that of the last plausible event."""
    if not definition.timed:
        return None
    declared = warehouse.calendar.through_end
    if declared is not None:
        return declared
    lasts = [ends[name].last if name in ends else profiles[name].last for name in definition.event_sources]
    known = [last for last in lasts if last is not None]
    if not known:
        raise DataError(f"{warehouse.place.key('data')}: no event has a time, so nothing can be counted")
    end = max(known)
    if end > LAST_INSTANT:
        late = next(name for name, last in zip(definition.event_sources, lasts, strict=True) if last == end)
        raise DataError(
            f"{warehouse.raw[late].place}: the last time is beyond the year 2200, a placeholder; "
            "leave such rows out with `where`, or say where the data ends with period.through"
        )
    lag = definition.period.lag if definition.period else None
    return end - (lag or 0) * 1_000_000


def _windows(
    definition: Definition, calendar: Calendar, profiles: Mapping[str, TableProfile], through: int | None
) -> Windows:
    """Return the calendar windows, for the range of starts that can be counted."""
    arms = profiles[definition.arm_source]
    starts, ends = [arms.first], [arms.last]
    if definition.population.exposure is not None and definition.triggered:
        ends.append(profiles[definition.population.exposure.event].last)
    first = max([start for start in (*starts, calendar.period_start) if start is not None], default=0)
    last = max([end for end in ends if end is not None], default=first)
    if calendar.period_end is not None and not definition.triggered:
        last = min(last, calendar.period_end)
    if through is not None:
        last = min(last, through)
    # Placeholders such as the year 1 or 9999 are not counted, whatever their windows would be.
    first, last = min(max(first, 0), LAST_INSTANT), min(last, LAST_INSTANT)
    return Windows.of(definition, calendar, first, last)
