"""``abtest analyze``: the main job."""

import importlib
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abtest.cli.engine_options import Given, Verify, note, with_engine
from abtest.cli.progress import ProgressLine
from abtest.cli.telling import tell

if TYPE_CHECKING:
    from collections.abc import Callable


@with_engine
def command(
    definition: Annotated[Path, typer.Argument(help="The experiment definition, a YAML file.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the report.", show_default="reports/<name>")
    ] = None,
    *,
    report: Annotated[bool, typer.Option(help="Write PDF and PNG beside results.json.")] = True,
    verify: Verify = False,
    options: Given,
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

        analysis = analyze(
            experiment,
            progress=_beside(progress),
            engine=options.choice().resolved(experiment.definition),
            allow_remote=options.agreed,
            verify=note if verify else None,
        )
        progress("writing the report")
        from abtest.warehouse.inputs import input_files

        formats = experiment.definition.report.formats if report else []
        files = write_report(analysis, folder, formats, keep=input_files(experiment))
    finally:
        progress.close()
    if json:
        tell(analysis.to_json(), nl=False)
    elif not quiet:
        from abtest.report.formats.text import summary

        tell(summary(analysis))
        tell("Written: " + "\n         ".join(str(path) for path in files))
    if not analysis.valid:
        raise typer.Exit(4)


def _beside(progress: ProgressLine) -> "Callable[[str, float | None], None]":
    """Return ``progress`` that imports what writes the answer when it is first called: while a long query runs."""
    writing = threading.Thread(target=_import_writing)

    def told(label: str, share: float | None = None) -> None:
        if writing.ident is None:
            writing.start()
        progress(label, share)

    return told


def _import_writing() -> None:
    """Import what is needed later. Whatever keeps it from being imported is said there, in the main thread."""
    with suppress(Exception):
        importlib.import_module("abtest.report.formats.text")


command.__name__ = "analyze"
