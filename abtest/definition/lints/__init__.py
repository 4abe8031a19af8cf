"""Lints that know retention: warnings about definitions that are valid, and answer another question than they seem to.

Principle: a lint says what it found, why that matters, and the cure. It never stops an analysis. Each has a code that a
definition can silence with ``ignore``; docs/lints.md explains them all.
"""

from abtest.definition.lints.cadence import cadence
from abtest.definition.lints.covariates import covariate_overlap, post_assignment_segment
from abtest.definition.lints.dates import partial_weeks, window_longer_than_data, window_past_period
from abtest.definition.lints.eligibility import post_assignment_eligibility
from abtest.definition.lints.exposure import movable_exposure
from abtest.definition.lints.finding import DataRange, Finding
from abtest.definition.lints.roles import (
    guardrail_ends_early,
    guardrail_without_margin,
    many_primaries,
    movable_denominator,
)
from abtest.definition.lints.titles import title_window
from abtest.definition.model import Definition

CODES: dict[str, str] = {
    "cadence": "A window holds another number of sends than the arms' cadences imply.",
    "window-past-period": "The declared data end before the window does, for all units or for many.",
    "window-longer-than-data": "The events that were seen end before a window does, or begin after a covariate's.",
    "title-window": "A title or a name states other days, weeks or months than the window has.",
    "partial-weeks": "Enrolment is not a whole number of weeks, so some weekdays weigh more than others.",
    "post-assignment-eligibility": "Who is counted depends on something that the treatment could change.",
    "post-assignment-segment": "A segment's levels look like something that the treatment could change.",
    "covariate-overlap": "A covariate looks as if it were measured after the assignment.",
    "movable-denominator": "A primary metric's denominator can be moved by the treatment.",
    "movable-exposure": "Only exposed units are counted, and the arms reach the exposure at different rates.",
    "many-primaries": "More primary comparisons than one experiment has power for.",
    "guardrail-without-margin": "A guardrail without a margin can be shown to be harmed, never to be safe.",
    "guardrail-ends-early": "A guardrail stops looking long before the primary metric does.",
}
"""Every code with what it finds, in one line."""

_OF_THE_FILE = (
    cadence,
    window_past_period,
    title_window,
    partial_weeks,
    post_assignment_eligibility,
    post_assignment_segment,
    covariate_overlap,
    movable_denominator,
    movable_exposure,
    many_primaries,
    guardrail_without_margin,
    guardrail_ends_early,
)


def lints(definition: Definition, data: DataRange | None = None) -> list[Finding]:
    """Return what is doubtful in a valid definition, without the codes that it ignores.

    ``data``: the range of the events, from a caller that has looked at them; without it, nothing is said of the data.
    """
    found = [finding for lint in _OF_THE_FILE for finding in lint(definition)]
    found += window_longer_than_data(definition, data)
    return [finding for finding in found if finding.code not in definition.ignore]


__all__ = ["CODES", "DataRange", "Finding", "lints"]
