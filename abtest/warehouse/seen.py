"""Whether outcomes exist already: what a lock says of the moment at which it was written.

They do when an event that a metric counts lies after the start (``period.start``, else the first assignment), or when
an outcome column of the customers table holds a value. Only the ends of ranges of times and numbers of values are asked
for, never by arm. A file that is not there yet holds no outcome.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace

from abtest.definition.load import Experiment
from abtest.definition.lock import OutcomeData
from abtest.definition.model import CUSTOMERS
from abtest.engines.choice import Choice
from abtest.engines.engine import Engine
from abtest.engines.options import Progress
from abtest.errors import AbtestError, DataError
from abtest.files.paths import AbsentError
from abtest.warehouse.plan import LAST_INSTANT, Plan
from abtest.warehouse.profile import TableProfile, profile
from abtest.warehouse.reading import Read, normalise
from abtest.warehouse.sources import located_files, open_warehouse
from abtest.warehouse.tables import place_of, sources_of


def outcome_data(
    experiment: Experiment, choice: Choice | None = None, progress: Progress | None = None
) -> tuple[OutcomeData, list[str]]:
    """Return whether outcomes exist now, and what kept from telling.

    ``choice`` is the engine; the definition's when absent, and one that cannot be opened tells nothing.
    """
    try:
        engine = (choice or Choice()).open(experiment.definition, progress)
    except AbtestError as error:
        return OutcomeData(seen=None), [str(error)]
    try:
        return _Look(experiment, engine).told()
    finally:
        engine.close()


@dataclass(frozen=True)
class _Look:
    """Looks at single sources of an experiment; what cannot be read is noted in ``doubts``."""

    experiment: Experiment
    engine: Engine
    doubts: list[str] = field(default_factory=list)

    def told(self) -> tuple[OutcomeData, list[str]]:
        """Return what was seen, and the doubts."""
        definition, plan = self.experiment.definition, Plan.of(self.experiment.definition)
        outcomes = plan.outcomes.values()
        counted = {part.source for outcome in outcomes for part in (outcome, outcome.denominator) if part is not None}
        columns = dict.fromkeys(outcome.value for outcome in outcomes if outcome.of_column and outcome.value)
        self.engine.admit(self._files())
        events = [name for name in definition.event_sources if name in counted]
        lasts = [self._times(name)[1] for name in events]
        start = plan.calendar.period_start
        if start is None and events:
            start = self._times(definition.arm_source)[0]
        values = self._values(tuple(columns)) if columns else 0
        late = [last for last in lasts if last is not None and start is not None and last >= start]
        last_event = (plan.calendar.iso(max(late)) or "")[:10] if late else None
        if late or values:
            return OutcomeData(seen=True, last_event=last_event), self.doubts
        return OutcomeData(seen=None if self.doubts else False), self.doubts

    def _files(self) -> list[str]:
        """Return all files of the tables that are there; the engine is told them before it opens the first."""
        place, definition = place_of(self.experiment), self.experiment.definition
        found: list[str] = []
        for name, source in sources_of(definition, definition.data).items():
            with suppress(DataError):
                located = located_files(place, name, source, self.engine)
                found += located.names if located is not None else []
        return found

    def _times(self, name: str) -> tuple[int | None, int | None]:
        """Return the first and the last time in a source, in microseconds since 1970 UTC."""
        found = self._profile(name, Read(time=self.experiment.definition.data[name].at or "assigned_at"))
        if found is None:
            return None, None
        if found.last is not None and found.last > LAST_INSTANT:
            place = self.experiment.place("data", name)
            self.doubts.append(f"{place}: the last time is beyond the year 2200, a placeholder")
            return found.first, None
        return found.first, found.last

    def _values(self, columns: tuple[str, ...]) -> int:
        """Return how many values the columns of the customers table hold together."""
        found = self._profile(CUSTOMERS, Read(numbers=columns))
        return sum(column.values for column in found.numbers.values()) if found else 0

    def _profile(self, name: str, read: Read) -> TableProfile | None:
        """Return what a source holds; ``None`` when its file is not there or cannot be read."""
        source = self.experiment.definition.data[name]
        if source.path is None and source.table is None and source.database is None:
            self.doubts.append(f"{self.experiment.place('data', name)}: has no `path`")
            return None
        sources = sources_of(self.experiment.definition, [name])
        try:
            warehouse = open_warehouse(place_of(self.experiment), self.engine, sources)
            table = normalise(warehouse, name, read)
            # Read as values, so that a column that holds nothing but not-a-number holds nothing.
            found = profile(warehouse, replace(table, look=None), may_be_empty=True)
            warehouse.require_unchanged()
        except AbsentError:
            return None
        except DataError as error:
            self.doubts.append(str(error))
            return None
        return found
