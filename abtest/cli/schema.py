"""``abtest schema``: the JSON Schema of definitions, for editors."""

from pathlib import Path
from typing import Annotated

import typer

from abtest.cli.telling import tell


def command(
    library: Annotated[
        bool, typer.Option("--library", help="The schema of library files: those that `include` names.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write.", show_default="the terminal")
    ] = None,
) -> None:
    """Print the JSON Schema with which editors complete, explain and check definitions."""
    import json

    from abtest.definition.schema import library_schema, schema

    text = json.dumps(library_schema() if library else schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        tell(text, nl=False)
    else:
        from abtest.process.publishing import Kind, publish

        _require_replaceable(output)
        publish({output.name: text.encode()}, output.parent, kind=Kind("schema", "choose another file"))
        tell(f"{output}: written", err=True)


def _require_replaceable(output: Path) -> None:
    """Refuse to write over a file that is no schema, such as the definition that an editor is to check."""
    from abtest.errors import UsageError

    try:
        if not output.is_file():  # a pipe would be waited for
            return
        with output.open("rb") as file:
            start = file.read(1000)
    except (OSError, ValueError):
        return  # there is none, or what is wrong with it is said when it is written
    if start.strip() and b'"$schema"' not in start:
        raise UsageError(f"{output}: is there already and holds no schema; choose another file with --output")


command.__name__ = "schema"
