"""``abtest plan``: how many units, until when, and what could be found."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from abtest.cli.engine_options import Given, with_engine
from abtest.cli.numbers import at_least, decimal
from abtest.cli.progress import ProgressLine
from abtest.cli.telling import tell


@with_engine
def command(
    definition: Annotated[Path, typer.Argument(help="The experiment definition, a YAML file.", show_default=False)],
    *,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[METRIC=]VALUE", help="A control's value: 40% or 52.5. Without a name: the first primary metric's."
        ),
    ] = None,
    effect: Annotated[
        list[str] | None,
        typer.Option(metavar="[METRIC=]SIZE", help="The effect worth finding, in the good direction: 5pp, 5% or 2.5."),
    ] = None,
    sd: Annotated[
        list[str] | None,
        typer.Option(metavar="[METRIC=]VALUE", help="Standard deviation of a unit's value; rates need none."),
    ] = None,
    r2: Annotated[
        list[str] | None,
        typer.Option(metavar="[METRIC=]SHARE", help="Share of the variance that covariates explain: 0.3."),
    ] = None,
    power: Annotated[
        float | None,
        typer.Option(parser=decimal, metavar="FLOAT", help="The power of the whole ship rule.", show_default="0.8"),
    ] = None,
    split: Annotated[
        Literal["equal", "free", "independent"] | None,
        typer.Option(help="How the risk is shared over primary and guardrails.", show_default="equal"),
    ] = None,
    units: Annotated[
        int | None,
        typer.Option(
            parser=at_least(4),
            metavar="INTEGER",
            help="Plan with so many units of all arms: their power, and the effects they show.",
            show_default=False,
        ),
    ] = None,
    per_week: Annotated[
        float | None,
        typer.Option(parser=decimal, metavar="NUMBER", help="Units that enter each week.", show_default=False),
    ] = None,
    base: Annotated[
        int | None,
        typer.Option(
            parser=at_least(1), metavar="INTEGER", help="Units that enter on the first day.", show_default=False
        ),
    ] = None,
    cluster_size: Annotated[
        float | None,
        typer.Option(parser=decimal, metavar="NUMBER", help="Units of a cluster on average.", show_default=False),
    ] = None,
    icc: Annotated[
        float | None,
        typer.Option(parser=decimal, metavar="NUMBER", help="Intraclass correlation in clusters.", show_default=False),
    ] = None,
    reached: Annotated[
        float | None,
        typer.Option(
            parser=decimal, metavar="SHARE", help="Share of the units that the treatment can reach.", show_default=False
        ),
    ] = None,
    history: Annotated[
        str | None,
        typer.Option(
            metavar="FROM:TO",
            help="Measure what is not given on the definition's own data of these days: 2025-09-01:2025-12-31.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The plan's page: .pdf, .html, .md or .json.", show_default=False),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write what is planned into the definition, as `planned`.")
    ] = False,
    options: Given,
    json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Plan an experiment: units, power, detectable effects, and the day on which it can be read."""
    from abtest.definition.load import load
    from abtest.planning.asked import inputs_of

    experiment = load(definition)
    given = {"baseline": baseline, "effect": effect, "sd": sd, "r2": r2}
    inputs = inputs_of(
        experiment,
        {name: values or [] for name, values in given.items()},
        {
            "power": power,
            "split": split,
            "per_week": per_week,
            "base": base,
            "cluster_size": cluster_size,
            "icc": icc,
            "reached": reached,
        },
    )
    measured = None
    progress = ProgressLine(quiet=json)
    try:
        if history is None:
            options.refuse_without("--history")
        else:
            from abtest.planning.history import measure

            inputs, measured = measure(experiment, inputs, history, choice=options.choice(), progress=progress)
        progress("planning")
        from abtest.planning.plan import plan

        planned = plan(experiment, inputs, units=units, measured=measured)
        files = []
        if output is not None:
            from abtest.planning.output import write_page

            files = write_page(planned, output, keep=[definition])
        if write:
            from abtest.planning.writing import write_planned

            write_planned(experiment, planned)
            files.append(definition)
    finally:
        progress.close()
    if json:
        tell(planned.to_json(), nl=False)
        return
    from abtest.planning.page import text

    tell(text(planned), nl=False)
    if files:
        tell("Written: " + "\n         ".join(str(path) for path in files))


command.__name__ = "plan"
