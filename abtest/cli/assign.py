"""``abtest assign``: draw the arms."""

from pathlib import Path
from typing import Annotated

import typer

from abtest.cli.engine_options import Given, with_engine
from abtest.cli.progress import ProgressLine
from abtest.cli.telling import tell


@with_engine
def command(
    definition: Annotated[Path, typer.Argument(help="The experiment definition, a YAML file.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write, .csv or .parquet.", show_default="data.assignments.path"),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="Time of assignment, e.g. 2026-03-02T09:00+02:00.", show_default="assignment.at or period.start"
        ),
    ] = None,
    *,
    options: Given,
    force: Annotated[
        bool, typer.Option("--force", help="Draw all anew if the file exists, instead of adding who is new.")
    ] = False,
) -> None:
    """Draw the arms of all eligible customers by a salted hash of their ids, or add those who are new to a file."""
    from abtest.assignment.draw import assign
    from abtest.definition.load import load

    progress = ProgressLine()
    try:
        experiment = load(definition)
        drawn = assign(
            experiment,
            output,
            at=at,
            overwrite=force,
            progress=progress,
            engine=options.choice().resolved(experiment.definition),
            allow_remote=options.agreed,
        )
    finally:
        progress.close()
    arms = ", ".join(f"{arm} {count:,}" for arm, count in drawn.arms.items())
    total = sum(drawn.arms.values())
    if not drawn.kept:
        tell(f"{drawn.path}: {total:,} units assigned: {arms}")
    elif drawn.added:
        tell(f"{drawn.path}: {drawn.kept:,} units kept, {drawn.added:,} added, {total:,} in all: {arms}")
    else:
        tell(f"{drawn.path}: nobody is new; all {total:,} units keep their arms: {arms}")
    tell(f"{drawn.customers:,} customers, {drawn.eligible:,} eligible")
    if drawn.without_time:
        tell(f"{drawn.without_time:,} eligible customers have no time of assignment and were left out", err=True)


command.__name__ = "assign"
