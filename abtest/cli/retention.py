"""``abtest retention``: the retention of a customer base in time, without an experiment."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from abtest.cli.engine_options import Given, Verify, note, with_embedded
from abtest.cli.numbers import at_least, decimal
from abtest.cli.progress import ProgressLine
from abtest.cli.telling import tell


@with_embedded
def command(
    events: Annotated[
        str, typer.Argument(help="Events, one row each: a file or a glob in quotes.", show_default=False)
    ],
    *,
    unit: Annotated[str, typer.Option(help="Column of the customer's id.", show_default=False)],
    at: Annotated[str, typer.Option(help="Column of the event's time.", show_default=False)],
    by: Annotated[Literal["week", "month", "quarter", "year"], typer.Option(help="Length of a period.")] = "month",
    timezone: Annotated[
        str | None,
        typer.Option(help="Time zone of the periods, and of times without one: Europe/Helsinki.", show_default="UTC"),
    ] = None,
    where: Annotated[
        str | None, typer.Option(help="Only rows with this: \"event = 'purchase'\".", show_default=False)
    ] = None,
    read: Annotated[
        str | None,
        typer.Option(
            help="How its values are written, as `read` of a definition: {dates: DD/MM/YYYY}.", show_default=False
        ),
    ] = None,
    active_within: Annotated[
        str | None,
        typer.Option(
            help="A customer counts at an instant by an event in this time before it, such as 90d.",
            show_default="an event in the period",
        ),
    ] = None,
    since: Annotated[str | None, typer.Option(help="Show periods from this day's on.", show_default="all")] = None,
    periods: Annotated[
        int | None,
        typer.Option(
            parser=at_least(1), metavar="INTEGER", help="Show the last so many complete periods.", show_default="all"
        ),
    ] = None,
    through: Annotated[
        str | None, typer.Option(help="Last day that the data cover.", show_default="up to the last event")
    ] = None,
    benchmark: Annotated[
        str | None, typer.Option(help="A rate to compare with: 40% or 0.4.", show_default=False)
    ] = None,
    goal: Annotated[str | None, typer.Option(help="A rate to reach: 45% or 0.45.", show_default=False)] = None,
    fail_below_benchmark: Annotated[
        bool,
        typer.Option(
            "--fail-below-benchmark",
            help="Exit with 4 when the last complete period is below the benchmark, its whole interval.",
        ),
    ] = False,
    confidence: Annotated[
        float, typer.Option(parser=decimal, metavar="FLOAT", help="Confidence of the intervals, between 0 and 1.")
    ] = 0.95,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.")] = Path("reports/retention"),
    report: Annotated[bool, typer.Option(help="Write CSV and PNG beside retention.json.")] = True,
    verify: Verify = False,
    options: Given,
    json: Annotated[bool, typer.Option("--json", help="Print retention.json instead of the summary.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Count who stayed, by week, month, quarter or year and by cohort, from a log of events."""
    from abtest.errors import DataError, UsageError

    if fail_below_benchmark and benchmark is None:
        raise UsageError("--fail-below-benchmark: needs --benchmark, such as --benchmark 40%")
    progress = ProgressLine(quiet=quiet)
    try:
        from abtest.cohorts.output import write
        from abtest.report import require_folder

        require_folder(output, one_file=False)  # before the long work, not after it
        progress("reading data")
        from abtest.cohorts.run import retention

        limits = options.embedded().limits
        whole = None
        if verify:
            from abtest.warehouse.verifying import verify_files

            whole = verify_files(events, Path(), "events", limits=limits, progress=progress)
            for found in whole.notes:
                note(found)
        result = retention(
            events,
            unit=unit,
            at=at,
            by=by,
            timezone=timezone,
            where=where,
            read=read,
            active_within=active_within,
            since=since,
            periods=periods,
            through=through,
            confidence=confidence,
            benchmark=benchmark,
            goal=goal,
            limits=limits,
            progress=progress,
        )
        if whole is not None:
            whole.require_unchanged()
        progress("writing the files")
        from abtest.warehouse.inputs import files_of

        files = write(result, output, report=report, keep=files_of(events, Path()))
    finally:
        progress.close()
    if json:
        tell(result.to_json(), nl=False)
    elif not quiet:
        from abtest.cohorts.text import summary

        tell(summary(result))
        tell("Written: " + "\n         ".join(str(path) for path in files))
    if not fail_below_benchmark:
        return
    if result.below_benchmark is None:
        # An alarm that cannot be computed must not look like good news.
        raise DataError(f"benchmark: no complete {by} has a rate, so it cannot be compared; are the data up to date?")
    if result.below_benchmark:
        raise typer.Exit(4)


command.__name__ = "retention"
