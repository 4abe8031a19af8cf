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
    from abtest.process.publishing import settle
    from abtest.report import write_report
    from abtest.report.names import RESULTS

    settle(results.parent, reading=True)
    analysis = read_analysis(results)
    if output is None:
        _keep_others(results, results.with_name(RESULTS))
    files = write_report(analysis, output if output is not None else results.parent)
    typer.echo("Written: " + "\n         ".join(str(path) for path in files))


def _keep_others(results: Path, there: Path) -> None:
    """Refuse to replace the results beside those that are rendered, where they are others."""
    from abtest.errors import UsageError

    if there.is_file() and not there.samefile(results) and there.read_bytes() != results.read_bytes():
        raise UsageError(f"{there}: are other results than {results.name}; name another folder with --output")


command.__name__ = "report"
