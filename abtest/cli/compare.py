"""``abtest compare``: an answer from counts or summary moments alone."""

from typing import Annotated, Literal

import typer

from abtest.cli.numbers import decimal
from abtest.cli.telling import tell


def command(
    arms: Annotated[
        list[str],
        typer.Argument(
            help="Two arms or more, the control first: name=successes/n for rates, name=mean:sd:n for means.",
            metavar="ARM...",
            show_default=False,
        ),
    ],
    *,
    confidence: Annotated[
        float, typer.Option(parser=decimal, metavar="FLOAT", help="Confidence of the intervals, between 0 and 1.")
    ] = 0.95,
    margin: Annotated[
        str | None,
        typer.Option(
            help="Margin to test against: 1pp (rates), 5% (of the control) or 0.25 (means).", show_default=False
        ),
    ] = None,
    test: Annotated[
        Literal["non-inferiority", "superiority", "equivalence"], typer.Option(help="What to show with the margin.")
    ] = "non-inferiority",
    good: Annotated[Literal["up", "down"], typer.Option(help="Whether more or less is better.")] = "up",
    bayes: Annotated[bool, typer.Option("--bayes", help="Add the Bayesian view.")] = False,
    prior: Annotated[
        str | None,
        typer.Option(
            help="Prior of each arm: a,b of a beta distribution (rates) or mean:sd of a normal one (means).",
            show_default="0.5,0.5 (rates), flat (means)",
        ),
    ] = None,
    exact: Annotated[
        bool | None,
        typer.Option(
            "--exact/--no-exact",
            help="Add the exact unconditional test of rates.",
            show_default="when an expected count is below 5 and the arms are small",
        ),
    ] = None,
    odds_ratio: Annotated[bool, typer.Option("--odds-ratio", help="Add the odds ratio of rates.")] = False,
    correction: Annotated[
        Literal["holm", "hochberg", "bonferroni", "bh", "by", "dunnett", "none"],
        typer.Option(help="Correction for several comparisons, with three arms or more."),
    ] = "holm",
    json: Annotated[bool, typer.Option("--json", help="Print the comparisons as a JSON list.")] = False,
) -> None:
    """Compare arms from their counts or summary moments, without a definition and without data."""
    from abtest.comparing.arms import ArgumentError, parse_arms
    from abtest.comparing.compare import compare_figures, comparisons_json
    from abtest.comparing.settings import parse_prior, settings
    from abtest.errors import UsageError

    figures = parse_arms(arms)
    try:
        chosen = settings(
            figures,
            confidence=confidence,
            margin=margin,
            test=test,
            good=good,
            bayes=bayes,
            prior=None if prior is None else parse_prior(prior),
            exact=exact,
            odds_ratio=odds_ratio,
            correction=correction,
        )
        compared = compare_figures(figures, chosen)
    except ArgumentError as error:
        raise UsageError(f"--{error.argument.replace('_', '-')}: {error.problem}") from None
    if json:
        tell(comparisons_json(compared.metric.comparisons), nl=False)
    else:
        from abtest.comparing.text import comparison_text

        tell(comparison_text(compared), nl=False)


command.__name__ = "compare"
