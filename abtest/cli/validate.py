"""``abtest validate``: is the definition right?"""

from pathlib import Path
from typing import Annotated

import typer


def command(
    definitions: Annotated[
        list[Path],
        typer.Argument(help="Experiment definitions, YAML files.", metavar="DEFINITION...", show_default=False),
    ],
) -> None:
    """Check definitions without reading any data; every problem is listed with its place and its cure."""
    from abtest.definition.load import load
    from abtest.errors import AbtestError

    failed = False
    for path in definitions:
        try:
            definition = load(path).definition
        except AbtestError as error:
            typer.echo(str(error), err=True)
            failed = True
            continue
        primary = ", ".join(name for name, metric in definition.metrics.items() if metric.role == "primary")
        arms = ", ".join(arm.name + (" (control)" if arm.control else "") for arm in definition.arms)
        typer.echo(f"{path}: valid: arms {arms}; {len(definition.metrics)} metrics, primary: {primary}")
    if failed:
        raise typer.Exit(2)


command.__name__ = "validate"
