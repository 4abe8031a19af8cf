"""Was a unit assigned before or after the period of enrolment?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.words.reason import Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return ``outside_period`` where there are such units."""
    outside = given.excluded("outside_period")
    if outside:
        yield Finding("outside_period", "warn", Reason.of("check-outside-period", n=outside))
