"""``abtest report``: render a results.json again."""

import os
from pathlib import Path
from typing import Annotated

import typer

from abtest.cli.telling import tell
from abtest.definition.formats import FORMATS


def command(
    results: Annotated[Path, typer.Argument(help="A results.json that `abtest analyze` wrote.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help=f"Folder for the report, or one file: .{', .'.join(FORMATS)}, .txt (.png is the card).",
            show_default="the folder of the results",
        ),
    ] = None,
) -> None:
    """Write PDF and PNG from results.json alone; no data is needed."""
    from abtest.analysis.stored import read_analysis
    from abtest.process.publishing import settle
    from abtest.report import SUFFIXES, render_files, write_report
    from abtest.report.names import RESULTS

    settle(results.parent, reading=True)
    content = _content(results)
    analysis = read_analysis(results)
    folder = output if output is not None else results.parent
    if output is None:
        _keep_others(results, folder / RESULTS)
    if output is not None and output.suffix.lower() in SUFFIXES and not output.is_dir():
        files = render_files(analysis, output, keep=[results])
    elif _same(results, folder / RESULTS):
        files = write_report(analysis, folder, results=content)
    else:
        files = write_report(analysis, folder, keep=[results])
    tell("Written: " + "\n         ".join(str(path) for path in files))


def _keep_others(results: Path, there: Path) -> None:
    """Refuse to replace the results beside those that are rendered, where they are others."""
    from abtest.errors import UsageError

    if os.path.lexists(there) and not _same(results, there) and _content(there) != _content(results):
        raise UsageError(f"{there}: are other results than {results.name}; name another folder with --output")


def _content(path: Path) -> bytes | None:
    """Return what a file holds; ``None`` where reading it is another's error."""
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


command.__name__ = "report"
