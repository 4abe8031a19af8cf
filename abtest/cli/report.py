"""``abtest report``: render a results.json again."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    results: Annotated[Path, typer.Argument(help="A results.json that `abtest analyze` wrote.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the report.", show_default="the folder of the results"),
    ] = None,
) -> None:
    """Write PDF and PNG from results.json alone; no data is needed."""
    from abtest.analysis.stored import read_analysis
    from abtest.report import write_report

    analysis = read_analysis(results)
    files = write_report(analysis, output if output is not None else results.parent)
    typer.echo("Written: " + "\n         ".join(str(path) for path in files))


command.__name__ = "report"
