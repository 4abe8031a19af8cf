"""Is anybody counted at all, and does who was assigned appear in the table of customers?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given

_CURES = {
    "not_in_customers": "they are not in the customers table: check that ids are written alike in both",
    "outside_period": "they were assigned outside the period: check period and the time zone",
    "not_eligible": "they are not eligible: check population.eligible",
}


def findings(given: Given) -> Iterator[Finding]:
    """Return ``counted`` where nobody is, or some are missing: ids that are written in two ways show here first."""
    if given.definition.population.exposure is not None and given.eligible and not _exposed(given):
        message = (
            f"None of the {given.eligible:,} eligible units was exposed: check that ids are written alike in all "
            "tables, and the window of population.exposure."
        )
        yield Finding("counted", "fail" if given.definition.triggered else "warn", message)
        if given.definition.triggered:
            return
    missing = given.excluded("not_in_customers")
    if not given.eligible:
        yield Finding("counted", "fail", f"None of the {given.assigned:,} assigned units is counted: {_cure(given)}.")
    elif missing:
        message = f"{missing:,} of {given.assigned:,} assigned units are not in the customers table; they are left out."
        yield Finding("counted", "warn", message)


def _exposed(given: Given) -> int:
    return sum(arm.exposed or 0 for arm in given.collected.ledger)


def _cure(given: Given) -> str:
    """Say for which reason most are left out, and what helps."""
    reasons = {reason: given.excluded(reason) for arm in given.collected.ledger for reason in arm.excluded}
    most = max(reasons, key=lambda reason: reasons[reason], default="")
    if most in _CURES:
        return _CURES[most]
    return f"most are excluded as {most.replace('_', ' ')}" if most else "there are none"
