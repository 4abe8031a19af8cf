"""Is a unit in more than one arm?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.words.reason import Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return ``several_arms``: such units are left out, since what they met is not one arm."""
    several = given.excluded("several_arms")
    if several:
        yield Finding("several_arms", "warn", Reason.of("check-several-arms", n=several, assigned=given.assigned))
    else:
        yield Finding("several_arms", "pass", Reason.of("check-one-arm"))
