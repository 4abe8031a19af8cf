"""``abtest validate``: is the definition right, and with ``--data``, is the data what it says?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abtest.cli.engine_options import Given, Verify, with_engine
from abtest.cli.progress import ProgressLine
from abtest.cli.telling import tell
from abtest.words.visible import visible_json

if TYPE_CHECKING:
    from abtest.definition.load import Experiment
    from abtest.engines.choice import Choice
    from abtest.warehouse.inspection import Inspection

_WRONG, _DATA = 2, 3


@with_engine
def command(
    definitions: Annotated[
        list[Path],
        typer.Argument(
            help="Experiment definitions or library files, YAML.", metavar="DEFINITION...", show_default=False
        ),
    ],
    *,
    data: Annotated[
        bool, typer.Option("--data", help="Look at the data too: columns, times, arms, ids. No outcome is computed.")
    ] = False,
    verify: Verify = False,
    options: Given,
    strict: Annotated[bool, typer.Option("--strict", help="Leave with exit code 2 when there are warnings.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON, for editors and tools.")] = False,
) -> None:
    """Check definitions; every problem and warning is listed with its place and its cure."""
    if not data:
        options.refuse_without("--data")
        if verify:
            from abtest.errors import UsageError

            raise UsageError("--verify: without --data no data are read; add --data, or leave it out")
    looking = options.choice() if data else None
    reports = [_checked(path, looking, told=not json, verify=verify) for path in definitions]
    if json:
        from json import dumps

        tell(visible_json(dumps(reports, indent=2, ensure_ascii=False)))
    warned = any(report["diagnostics"] for report in reports)
    codes = [code for report in reports for code in [report["exit_code"]] if isinstance(code, int) and code]
    if codes or (strict and warned):
        raise typer.Exit(min(codes, default=_WRONG))


def _checked(path: Path, looking: "Choice | None", *, told: bool, verify: bool) -> dict[str, object]:
    """Check one file, and its data if they are to be looked at; say so unless JSON is wanted; return what was found."""
    from abtest.definition.load import Experiment, load_either, warnings
    from abtest.errors import AbtestError, DefinitionError

    report: dict[str, object] = {"file": str(path), "valid": False, "exit_code": _WRONG, "diagnostics": []}
    try:
        experiment = load_either(path)
        if not isinstance(experiment, Experiment):
            library, _ = experiment
            _say(told, f"{path}: valid library: {len(library.metrics)} metrics, {len(library.data)} tables")
            return {**report, "valid": True, "exit_code": 0}
    except DefinitionError as error:
        _show(told, error.diagnostics)
        return {**report, "diagnostics": [found.as_dict() for found in error.diagnostics]}
    except AbtestError as error:
        _say(told, str(error), error=True)
        return {**report, "error": str(error), "exit_code": error.exit_code}
    inspection = None if looking is None else _inspected(experiment, looking, verify=verify)
    found = warnings(experiment, None if inspection is None else inspection.range)
    _say(told, _valid(experiment, path))
    _show(told, found)
    report |= {"valid": True, "exit_code": 0, "diagnostics": [one.as_dict() for one in found]}
    if inspection is not None:
        from abtest.warehouse.looks import as_dict, as_text

        _say(told, as_text(inspection))
        for problem in inspection.problems:
            _say(told, problem, error=True)
        report |= {"data": as_dict(inspection), "exit_code": _DATA if inspection.problems else 0}
    return report


def _inspected(experiment: "Experiment", choice: "Choice", *, verify: bool) -> "Inspection":
    from abtest.checks import of_rows
    from abtest.warehouse.inspection import inspect, verified

    progress = ProgressLine()
    try:
        asked = choice.resolved(experiment.definition)
        engine = asked.open(progress)
        try:
            inspection = inspect(experiment, engine)
            for finding in of_rows(experiment.definition, inspection.facts, inspection.assigned):
                said = inspection.problems if finding.status == "fail" else inspection.notes
                said.append(str(finding.message))
        finally:
            engine.close()
        return verified(experiment, inspection, asked.limits, progress) if verify else inspection
    finally:
        progress.close()


def _valid(experiment: "Experiment", path: Path) -> str:
    definition = experiment.definition
    arms = ", ".join(arm.name + (" (control)" if arm.control else "") for arm in definition.arms)
    primary = ", ".join(definition.primaries)
    return f"{path}: valid: arms {arms}; {len(definition.metrics)} metrics, primary: {primary}"


def _say(told: bool, text: str, *, error: bool = False) -> None:
    if told:
        tell(text, err=error)


def _show(told: bool, diagnostics: object) -> None:
    if told and diagnostics:
        import sys

        from abtest.cli.places import underlined

        typer.echo(underlined(diagnostics, sys.stderr), err=True)  # type: ignore[arg-type]


command.__name__ = "validate"
