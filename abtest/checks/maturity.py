"""Has the window of the primary metric ended for every counted unit?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.words.reason import Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return ``maturity`` where the outcomes have times."""
    primary = given.primary
    if primary is None or not given.definition.timed:
        return
    mature = sum(primary.mature)
    counted = mature + sum(primary.immature)
    if mature < counted:
        found = Reason.of(
            "check-immature", metric=primary.metric, mature=mature, counted=counted, followed=primary.followed
        )
        yield Finding("maturity", "warn", found)
    else:
        yield Finding("maturity", "pass", Reason.of("check-mature", metric=primary.metric))
