"""Was a unit assigned before or after the period of enrolment?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given


def findings(given: Given) -> Iterator[Finding]:
    """Return ``outside_period`` where there are such units."""
    outside = given.excluded("outside_period")
    if outside:
        message = f"{outside:,} units were assigned outside the period; they are left out."
        yield Finding("outside_period", "warn", message)
