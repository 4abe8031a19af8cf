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
    folder = output if output is not None else results.parent
    if output is None:
        _keep_others(results, folder / RESULTS)
    files = write_report(analysis, folder, keep=[] if _same(results, folder / RESULTS) else [results])
    typer.echo("Written: " + "\n         ".join(str(path) for path in files))


def _keep_others(results: Path, there: Path) -> None:
    """Refuse to replace the results beside those that are rendered, where they are others."""
    from abtest.errors import UsageError

    if there.is_file() and not _same(results, there) and there.read_bytes() != results.read_bytes():
        raise UsageError(f"{there}: are other results than {results.name}; name another folder with --output")


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


command.__name__ = "report"
