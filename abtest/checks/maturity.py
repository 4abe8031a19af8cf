"""Has the window of the primary metric ended for every counted unit?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given


def findings(given: Given) -> Iterator[Finding]:
    """Return ``maturity`` where the outcomes have times."""
    primary = given.primary
    if primary is None or not given.definition.timed:
        return
    mature = sum(primary.mature)
    counted = mature + sum(primary.immature)
    if mature < counted:
        message = (
            f"{primary.title}: {mature:,} of {counted:,} counted units are mature; the others' window is "
            "still open when the data ends, and they "
            + ("count while they are followed." if primary.followed else "are left out of it.")
        )
        yield Finding("maturity", "warn", message)
    else:
        yield Finding("maturity", "pass", f"{primary.title}: every counted unit is mature.")
