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

        publish({output.name: text.encode()}, output.parent, kind=Kind("schema", "choose another file"))
        tell(f"{output}: written", err=True)


command.__name__ = "schema"
