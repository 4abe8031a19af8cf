"""Is a unit in more than one arm?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given


def findings(given: Given) -> Iterator[Finding]:
    """Return ``several_arms``: such units are left out, since what they met is not one arm."""
    several = given.excluded("several_arms")
    if several:
        message = (
            f"{several:,} of {given.assigned:,} units are in several arms; they are left out "
            "(in the ledger under the arm of their first assignment)."
        )
        yield Finding("several_arms", "warn", message)
    else:
        yield Finding("several_arms", "pass", "No unit is in more than one arm.")
