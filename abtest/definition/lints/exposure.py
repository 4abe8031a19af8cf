"""Triggered analysis: an exposure that the arms reach at different rates picks different customers in each."""

from collections.abc import Iterator

from abtest.definition.lints.finding import Finding
from abtest.definition.model import Definition


def movable_exposure(definition: Definition) -> Iterator[Finding]:
    """Find an analysis from first exposure where the arms are sent to at different times, or not at all."""
    exposure = definition.population.exposure
    if exposure is None or not definition.triggered or len({arm.cadence for arm in definition.arms}) == 1:
        return
    yield Finding(
        "movable-exposure",
        ("population", "exposure", "trigger"),
        f"the arms have different cadences, so the treatment itself decides who reaches {exposure.event} and when: "
        "those counted in one arm are not the like of those counted in the other; use trigger: assignment, or an "
        "event that comes before the first difference between the arms",
    )
