"""``abtest explain``: what will be counted, in sentences or as SQL."""

from pathlib import Path
from typing import Annotated

import typer

from abtest.cli.engine_options import Given, with_engine
from abtest.cli.telling import tell


@with_engine
def command(
    definition: Annotated[Path, typer.Argument(help="The experiment definition, a YAML file.", show_default=False)],
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL that the engine runs (opens the data).")] = False,
    *,
    options: Given,
) -> None:
    """Say what will be counted and how it will be decided; with --sql, the queries."""
    from abtest.definition.load import load

    experiment = load(definition)
    if not sql:
        options.refuse_without("--sql")
        from abtest.definition.explain import explain

        tell(explain(experiment.definition))
        return
    from abtest.analysis.run import queries

    choice = options.choice()
    statements = queries(experiment, choice=choice)
    tell(choice.kind(experiment.definition).functions())
    for number, statement in enumerate(statements, 1):
        tell(f"-- Statement {number}\n{statement.shown()};\n")


command.__name__ = "explain"
