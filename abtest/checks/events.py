"""Do events belong to counted units, and does the table of events reach the end of the data?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.moments.collected import SourceCounts

QUIET_DAYS = 7
"""How long a table may have no event before the data's end, in days."""
_DAY_US = 86_400_000_000


def findings(given: Given) -> Iterator[Finding]:
    """Return ``<table>.events`` for each table of events that a metric counts, once any unit is counted."""
    primary = {given.definition.outcome(name).source for name in given.definition.primaries}
    if not sum(arm.counted for arm in given.collected.ledger):
        return
    for source in given.collected.sources:
        # One without a number of matches only says who was exposed.
        if source.name in given.definition.event_sources and (source.rows == 0 or source.matched is not None):
            yield _finding(given, source, decides=source.name in primary)


def _finding(given: Given, source: SourceCounts, *, decides: bool) -> Finding:
    name = f"{source.name}.events"
    if source.rows == 0:
        return Finding(name, "warn", f"{source.name} has no rows: it counts as 0 for every unit.")
    if source.matched == 0:
        # A rare event may have met nobody yet; a primary metric without any event means that ids do not fit.
        message = (
            f"None of the {source.rows:,} events in {source.name} belongs to a counted unit; "
            "check that ids are written alike in all tables."
        )
        return Finding(name, "fail" if decides else "warn", message)
    if source.last is not None and given.collected.through is not None:
        quiet = (given.collected.through - source.last) / _DAY_US
        if quiet > QUIET_DAYS:
            message = (
                f"{source.name}: the last event is {quiet:.0f} days before the data's end; "
                "if the export stops early, what is missing counts as 0."
            )
            return Finding(name, "warn", message)
    message = f"{source.name}: of {source.rows:,} events, {source.matched:,} near the windows belong to counted units."
    return Finding(name, "pass", message)
