"""Columns that explain or split the outcome must be from before it: covariates and segments."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from abtest.definition.lints.finding import Finding
from abtest.definition.lints.names import state
from abtest.definition.model import Definition

if TYPE_CHECKING:
    from abtest.metrics.base import Covariate
    from abtest.metrics.column import ColumnCovariate


def covariate_overlap(definition: Definition) -> Iterator[Finding]:
    """Find covariates that look as if they were measured during the experiment."""
    outcomes = {outcome.value: name for name in definition.metrics if (outcome := definition.outcome(name)).of_column}
    for name, place, column in _columns(definition):
        if column in outcomes:
            whose = "this metric" if outcomes[column] == name else f"the metric {outcomes[column]}"
            what = f"{column} is the outcome of {whose}: adjusting for an outcome takes away the effect itself"
        elif state(column):
            what = (
                f"{column} looks like a state that the treatment could have changed by the time the table was made: "
                "adjusting for it takes away part of the effect"
            )
        else:
            continue
        yield Finding(
            "covariate-overlap",
            place,
            f"{what}; use a value from before the assignment, and say so in its name ({column}_before)",
        )


def _columns(definition: Definition) -> Iterator[tuple[str, tuple[str | int, ...], str]]:
    """Yield the metric, the place and the name of every column that is a covariate."""
    for name, metric in definition.metrics.items():
        single = getattr(metric, "covariate", None)
        places: list[tuple[tuple[str | int, ...], Covariate | ColumnCovariate]] = []
        if single is not None:
            places.append((("metrics", name, "covariate", "column"), single))
        several = getattr(metric, "covariates", [])
        places += [(("metrics", name, "covariates", number, "column"), part) for number, part in enumerate(several)]
        for place, part in places:
            if part.column is not None:
                yield name, place, part.column


def post_assignment_segment(definition: Definition) -> Iterator[Finding]:
    """Find segments by what customers have become, in which the arms are no longer alike."""
    for number, segment in enumerate(definition.segments):
        if state(segment.column):
            yield Finding(
                "post-assignment-segment",
                ("segments", number),
                f"{segment.column} looks like a state that the treatment could have changed: those whom it moved "
                "sit in another level than their like in the control, so within a level the arms are not comparable; "
                f"use the level at the start, and say so in its name ({segment.column}_at_start)",
            )
