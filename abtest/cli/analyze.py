"""``abtest analyze``: the main job."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from abtest.cli.progress import ProgressLine


def command(
    definition: Annotated[Path, typer.Argument(help="The experiment definition, a YAML file.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the report.", show_default="reports/<name>")
    ] = None,
    *,
    report: Annotated[bool, typer.Option(help="Write PDF and PNG beside results.json.")] = True,
    memory_limit: Annotated[
        str | None, typer.Option(help="Memory of the engine, such as 4GB; more is spilled.", show_default="80 % of it")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the engine.", show_default="all")] = None,
    temp_dir: Annotated[
        Path | None, typer.Option(help="Folder for what does not fit into memory.", show_default="the system's")
    ] = None,
    engine: Annotated[
        Literal["duckdb", "spark"], typer.Option(help="What counts: embedded, or Spark for data beyond one machine.")
    ] = "duckdb",
    spark_master: Annotated[
        str | None, typer.Option(help="Master URL, such as spark://host:7077.", show_default="this machine")
    ] = None,
    spark_remote: Annotated[
        str | None, typer.Option(help="Spark Connect address, such as sc://host:15002.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print results.json instead of the summary.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Analyse an experiment: compare the arms, decide, and write PDF, PNG and results.json."""
    from abtest.definition.load import load

    experiment = load(definition)
    folder = output if output is not None else Path("reports") / experiment.name
    progress = ProgressLine(quiet=quiet)
    try:
        from abtest.report import require_folder, write_report

        require_folder(folder)  # before the long work, not after it
        progress("reading data")
        from abtest.analysis.run import analyze
        from abtest.warehouse.engine import Limits

        analysis = analyze(
            experiment,
            progress=progress,
            limits=Limits(memory_limit, threads, temp_dir),
            engine=engine,
            master=spark_master,
            remote=spark_remote,
        )
        progress("writing the report")
        files = write_report(analysis, folder, experiment.definition.report.formats if report else [])
    finally:
        progress.close()
    if json:
        typer.echo(analysis.to_json(), nl=False)
    elif not quiet:
        from abtest.report.text import summary

        typer.echo(summary(analysis))
        typer.echo("Written: " + "\n         ".join(str(path) for path in files))
    if not analysis.valid:
        raise typer.Exit(4)


command.__name__ = "analyze"
