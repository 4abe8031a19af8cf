"""``abtest schema``: the JSON Schema of definitions, for editors."""

from pathlib import Path
from typing import Annotated

import typer


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
        typer.echo(text, nl=False)
    else:
        _write(output, text)
        typer.echo(f"{output}: written", err=True)


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    from abtest.errors import UsageError
    from abtest.process.temporary import temporary_folder

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(path.parent) as work:
            whole = work / path.name
            whole.write_text(text, encoding="utf-8", newline="\n")
            whole.replace(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path}: cannot write the schema: {reason}; choose another file") from None


command.__name__ = "schema"
