"""``abtest explain``: what will be counted, in sentences or as SQL."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    definition: Annotated[Path, typer.Argument(help="The experiment definition, a YAML file.", show_default=False)],
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL that the engine runs (opens the data).")] = False,
) -> None:
    """Say what will be counted and how it will be decided; with --sql, the queries."""
    from abtest.definition.load import load

    experiment = load(definition)
    if not sql:
        from abtest.definition.explain import explain

        typer.echo(explain(experiment.definition))
        return
    from abtest.analysis.run import queries
    from abtest.warehouse.duckdb import MACROS

    statements = queries(experiment)
    typer.echo("-- Functions that DuckDB lends from Spark's vocabulary, and the readers of text columns\n" + MACROS)
    for number, statement in enumerate(statements, 1):
        typer.echo(f"-- Statement {number}\n{statement.shown()};\n")


command.__name__ = "explain"
