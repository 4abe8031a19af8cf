"""``abtest lock``: fix a definition before its data are seen, and tell what was changed since."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abtest.cli.engine_options import Given, with_engine
from abtest.cli.telling import tell

if TYPE_CHECKING:
    from abtest.definition.load import Experiment
    from abtest.definition.lock import OutcomeData
    from abtest.engines.choice import Choice
    from abtest.engines.engine import Engine
    from abtest.warehouse.profile import TableProfile


@with_engine
def command(
    definition: Annotated[Path, typer.Argument(help="The experiment definition, a YAML file.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The lock file.", show_default="beside the definition")
    ] = None,
    *,
    options: Given,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; list what was changed since, and exit with 2 if anything.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a lock of another definition.")] = False,
) -> None:
    """Keep what a definition says, resolved and hashed, so that later changes to it are reported."""
    from abtest.definition.load import load
    from abtest.definition.lock import lock_path
    from abtest.errors import UsageError

    if check and force:
        raise UsageError("--check writes nothing, so --force has no meaning with it; leave one out")
    experiment = load(definition)
    path = output or lock_path(experiment) or Path(f"{experiment.name}.lock")
    if path.resolve() == definition.resolve():
        raise UsageError(f"{path}: is the definition itself; choose another file for the lock with --output")
    if check:
        _check(experiment, path)
        return
    from abtest.process.inputs import refuse_inputs
    from abtest.process.publishing import settle
    from abtest.warehouse.inputs import input_files

    settle(path.parent)
    refuse_inputs([path], input_files(experiment))
    _lock(experiment, path, options.choice(), force=force)


command.__name__ = "lock"


def _check(experiment: "Experiment", path: Path) -> None:
    from abtest.definition.lock import compare, lock_of
    from abtest.errors import UsageError

    lock = lock_of(experiment, path)
    if lock is None:
        raise UsageError(f"{path}: no such lock; write it with `abtest lock {experiment.file}`")
    deviations = compare(lock, experiment)
    tell(f"locked on {lock.when}, {_deviations(len(deviations))}")
    if lock.outcome_data.seen:
        tell(f"outcome data existed then{_until(lock.outcome_data)}")
    for deviation in deviations:
        tell(str(deviation))
    if deviations:
        raise typer.Exit(2)


def _lock(experiment: "Experiment", path: Path, choice: "Choice", *, force: bool) -> None:
    from abtest.definition.lock import git_state, locked, write_lock

    if not _replaceable(experiment, path, force=force):
        return
    from abtest.analysis.provenance import provenance

    made_by = provenance()
    outcomes, doubts = outcome_data(experiment, choice)
    lock = locked(
        experiment, at=made_by.generated_at, version=made_by.abtest, git=git_state(experiment), outcomes=outcomes
    )
    write_lock(lock, path, overwrite=force)
    tell(f"{path}: locked {experiment.name} on {lock.when}, sha256 {lock.sha256}")
    if lock.git is not None:
        uncommitted = ", where the definition is not as it is now" if lock.git.modified else ""
        tell(f"git commit {lock.git.commit}{uncommitted}")
    if outcomes.seen:
        message = f"warning: outcome data exists already{_until(outcomes)}; the lock says that it was written after it"
        tell(message, err=True)
    elif outcomes.seen is None:
        message = f"warning: whether outcome data exists already cannot be told: {'; '.join(doubts)}"
        tell(message, err=True)


def _replaceable(experiment: "Experiment", path: Path, *, force: bool) -> bool:
    """Whether a lock is to be written to ``path``; raises where that would lose another one."""
    from abtest.definition.lock import compare, lock_of
    from abtest.errors import AbtestError, UsageError

    try:
        there = lock_of(experiment, path)
    except AbtestError:
        if not force:
            raise
        return True
    if there is not None and there.sha256 == experiment.sha256:
        tell(f"{path}: already locked on {there.when}, sha256 {there.sha256}")
        return False
    if there is not None and not force:
        changed = _deviations(len(compare(there, experiment)))
        raise UsageError(
            f"{path}: locked on {there.when}, {changed} since; list them with --check, or replace the lock with --force"
        )
    return True


def _deviations(count: int) -> str:
    return "1 deviation" if count == 1 else f"{count} deviations"


def _until(outcomes: "OutcomeData") -> str:
    return f" (last event {outcomes.last_event})" if outcomes.last_event else ""


def outcome_data(experiment: "Experiment", choice: "Choice | None" = None) -> "tuple[OutcomeData, list[str]]":
    """Return whether outcomes exist now, and what kept from telling.

    They do when an event that a metric counts lies after the start (``period.start``, else the first assignment), or
    when an outcome column of the customers table holds a value. Only the ends of ranges of times and numbers of values
    are asked for, never by arm. A file that is not there yet holds no outcome. ``choice`` is the engine; the
    definition's when absent, and one that cannot be opened tells nothing.
    """
    from abtest.cli.progress import ProgressLine
    from abtest.definition.lock import OutcomeData
    from abtest.engines.choice import Choice
    from abtest.errors import AbtestError
    from abtest.warehouse.calendar import Calendar

    definition, calendar = experiment.definition, Calendar.of(experiment.definition)
    outcomes = [definition.outcome(name) for name in definition.metrics]
    counted = {part.source for outcome in outcomes for part in (outcome, outcome.denominator) if part is not None}
    columns = list(dict.fromkeys(outcome.value for outcome in outcomes if outcome.of_column and outcome.value))
    progress = ProgressLine(quiet=False)
    try:
        engine = (choice or Choice()).open(definition, progress)
    except AbtestError as error:
        progress.close()
        return OutcomeData(seen=None), [str(error)]
    look = _Look(_undecided(experiment), engine)
    try:
        engine.admit(_files(experiment))
        events = [name for name in definition.event_sources if name in counted]
        lasts = [look.times(name)[1] for name in events]
        start = calendar.period_start
        if start is None and events:
            start = look.times(definition.arm_source)[0]
        values = look.values(columns) if columns else 0
    finally:
        engine.close()
        progress.close()
    late = [last for last in lasts if last is not None and start is not None and last >= start]
    last_event = (calendar.iso(max(late)) or "")[:10] if late else None
    if late or values:
        return OutcomeData(seen=True, last_event=last_event), look.doubts
    return OutcomeData(seen=None if look.doubts else False), look.doubts


@dataclass(frozen=True)
class _Look:
    """Looks at single sources of an experiment; what cannot be read is noted in ``doubts``."""

    experiment: "Experiment"
    engine: "Engine"
    doubts: list[str] = field(default_factory=list)

    def times(self, name: str) -> tuple[int | None, int | None]:
        """Return the first and the last time in a source, in microseconds since 1970 UTC."""
        from abtest.warehouse.collect import LAST_INSTANT

        found = self._profile(name, time=self.experiment.definition.data[name].at or "assigned_at")
        if found is None:
            return None, None
        if found.last is not None and found.last > LAST_INSTANT:
            place = self.experiment.place("data", name)
            self.doubts.append(f"{place}: the last time is beyond the year 2200, a placeholder")
            return found.first, None
        return found.first, found.last

    def values(self, columns: list[str]) -> int:
        """Return how many values the columns of the customers table hold together."""
        from abtest.definition.model import CUSTOMERS

        found = self._profile(CUSTOMERS, numbers=columns)
        return sum(column.values for column in found.numbers.values()) if found else 0

    def _profile(self, name: str, *, time: str | None = None, numbers: Sequence[str] = ()) -> "TableProfile | None":
        """Return what a source holds; ``None`` when its file is not there or cannot be read."""
        from abtest.errors import DataError
        from abtest.files.paths import AbsentError
        from abtest.warehouse.profile import profile
        from abtest.warehouse.sources import normalise, open_warehouse

        source = self.experiment.definition.data[name]
        if source.path is None and source.table is None:
            self.doubts.append(f"{self.experiment.place('data', name)}: has no `path`")
            return None
        try:
            warehouse = open_warehouse(self.experiment, self.engine, {}, [name])
            table = normalise(warehouse, name, list(numbers), [], eligible=False, arm=False, time=time)
            # Read as values, so that a column that holds nothing but not-a-number holds nothing.
            found = profile(warehouse, replace(table, look=None))
            warehouse.require_unchanged()
            return found
        except AbsentError:
            return None
        except DataError as error:
            self.doubts.append(str(error))
            return None


def _files(experiment: "Experiment") -> list[str]:
    """Return all files of the tables that are there; the engine is told them before it opens the first."""
    from abtest.errors import DataError
    from abtest.warehouse.sources import located_files

    found: list[str] = []
    for name in experiment.definition.data:
        with suppress(DataError):
            located = located_files(experiment, name)
            found += located.names if located is not None else []
    return found


def _undecided(experiment: "Experiment") -> "Experiment":
    """Return the experiment with no primary metric, for which an event table without rows is no error."""
    definition = experiment.definition
    metrics = {name: metric.model_copy(update={"role": "secondary"}) for name, metric in definition.metrics.items()}
    return replace(experiment, definition=definition.model_copy(update={"metrics": metrics}))
