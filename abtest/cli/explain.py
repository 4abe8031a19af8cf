"""``abtest explain``: what will be counted, in sentences or as SQL."""

from pathlib import Path
from typing import Annotated

import typer

from abtest.cli.engine_options import EngineOptions, with_engine
from abtest.cli.telling import tell


@with_engine
def command(
    definition: Annotated[Path, typer.Argument(help="The experiment definition, a YAML file.", show_default=False)],
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL that the engine runs (opens the data).")] = False,
    *,
    options: EngineOptions,
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
    tell(_functions(choice.engine or experiment.definition.engine or "duckdb"))
    for number, statement in enumerate(statements, 1):
        tell(f"-- Statement {number}\n{statement.shown()};\n")


def _functions(engine: str) -> str:
    """Return the functions that the queries count on, as the engine is given them."""
    if engine == "spark":
        from abtest.engines.spark.sql import create_functions

        created = ";\n".join(create_functions())
        return f"-- Functions that Spark is given; it reads names in backticks, and $name as a parameter\n{created};\n"
    from abtest.engines.duckdb.database import MACROS

    return "-- Functions that DuckDB lends from Spark's vocabulary, and the readers of text columns\n" + MACROS


command.__name__ = "explain"
