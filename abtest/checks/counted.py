"""Is anybody counted at all, and does who was assigned appear in the table of customers?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.words.reason import Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return ``counted`` where nobody is, or some are missing: ids that are written in two ways show here first."""
    if given.definition.population.exposure is not None and given.eligible and not _exposed(given):
        found = Reason.of("check-none-exposed", eligible=given.eligible)
        yield Finding("counted", "fail" if given.definition.triggered else "warn", found)
        if given.definition.triggered:
            return
    missing = given.excluded("not_in_customers")
    if not given.eligible:
        yield Finding(
            "counted", "fail", Reason.of("check-none-counted", assigned=given.assigned, excluded=_most(given))
        )
    elif missing:
        yield Finding("counted", "warn", Reason.of("check-not-in-customers", n=missing, assigned=given.assigned))


def _exposed(given: Given) -> int:
    return sum(arm.exposed or 0 for arm in given.collected.ledger)


def _most(given: Given) -> str:
    """Return for which reason most are left out: as the ledger names it, or nothing."""
    reasons = {reason: given.excluded(reason) for arm in given.collected.ledger for reason in arm.excluded}
    return max(reasons, key=lambda reason: reasons[reason], default="nothing")
