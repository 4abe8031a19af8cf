"""``abtest simulate``: data of the model case with known true effects."""

from pathlib import Path
from typing import Annotated

import typer

from abtest.cli.numbers import at_least
from abtest.cli.telling import tell


def command(
    definition: Annotated[
        Path, typer.Argument(help="A drip definition with two cadences, a YAML file.", show_default=False)
    ],
    data: Annotated[Path, typer.Option("--data", help="Folder to write the tables to.", show_default=False)],
    customers: Annotated[
        int, typer.Option(parser=at_least(100), metavar="INTEGER", help="Number of customers.")
    ] = 20_000,
    seed: Annotated[
        int, typer.Option(parser=at_least(0), metavar="INTEGER", help="Seed; the same seed gives the same tables.")
    ] = 20260302,
    force: Annotated[bool, typer.Option("--force", help="Overwrite tables that exist.")] = False,
) -> None:
    """Simulate the tables of a drip experiment, customers to unsubscribes, and print the true effects."""
    from abtest.definition.load import load
    from abtest.planning.example import simulate_example

    simulated = simulate_example(load(definition), data, customers=customers, seed=seed, overwrite=force)
    tell("Written: " + "\n         ".join(str(path) for path in simulated.files))
    truth = simulated.truth
    tell("True expected values for the eligible customers drawn:")
    tell(f"  {'':<14}{simulated.control:>14}{simulated.treatment:>14}{'difference':>14}")
    for label, key in (("retained", "retained"), ("unsubscribed", "unsubscribed"), ("revenue", "revenue")):
        values = [getattr(outcome, key) for outcome in (truth.control, truth.treatment, truth.difference)]
        tell(f"  {label:<14}" + "".join(f"{value:>14.5f}" for value in values))


command.__name__ = "simulate"
