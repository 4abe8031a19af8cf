"""Was an id assigned that stands for nobody?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.words.reason import Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return ``placeholder_ids`` where there is such a unit: it is left out with all its events."""
    placeholders = given.excluded("placeholder_id")
    if placeholders:
        yield Finding("placeholder_ids", "warn", Reason.of("check-placeholder-ids", n=placeholders))
