"""``abtest lock``: fix a definition before its data are seen, and tell what was changed since."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abtest.cli.engine_options import Given, with_engine
from abtest.cli.telling import tell

if TYPE_CHECKING:
    from abtest.definition.load import Experiment
    from abtest.definition.lock import OutcomeData
    from abtest.engines.choice import Choice


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
    outcomes, doubts = _looked(experiment, choice)
    lock = locked(
        experiment, at=made_by.generated_at, version=made_by.abtest, git=git_state(experiment), outcomes=outcomes
    )
    write_lock(lock, path, overwrite=force)
    tell(f"{path}: locked {experiment.name} on {lock.when}, sha256 {lock.sha256}")
    absent = sum(1 for held in lock.lists.values() if held is None)
    if absent:
        message = f"warning: {absent} of {len(lock.lists)} lists that conditions name cannot be read yet"
        tell(f"{message}; what they hold later will count as a change", err=True)
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
    if there is not None and not compare(there, experiment):
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


def _looked(experiment: "Experiment", choice: "Choice") -> "tuple[OutcomeData, list[str]]":
    from abtest.cli.progress import ProgressLine
    from abtest.warehouse.seen import outcome_data

    progress = ProgressLine(quiet=False)
    try:
        return outcome_data(experiment, choice, progress)
    finally:
        progress.close()
