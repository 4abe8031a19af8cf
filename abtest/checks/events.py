"""Do events belong to counted units, and does the table of events reach the end of the data?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.grammar.time import DAY_US
from abtest.moments.collected import SourceCounts
from abtest.words.reason import Reason

QUIET_DAYS = 7
"""How long a table may have no event before the data's end, in days."""


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
        return Finding(name, "warn", Reason.of("check-no-rows", source=source.name))
    if source.matched == 0:
        # A rare event may have met nobody yet; a primary metric without any event means that ids do not fit.
        none = Reason.of("check-no-event-matches", rows=source.rows, source=source.name)
        return Finding(name, "fail" if decides else "warn", none)
    if source.last is not None and given.collected.through is not None:
        quiet = (given.collected.through - source.last) / DAY_US
        if quiet > QUIET_DAYS:
            return Finding(name, "warn", Reason.of("check-quiet", source=source.name, n=round(quiet)))
    matched = Reason.of("check-events-match", source=source.name, rows=source.rows, matched=source.matched)
    return Finding(name, "pass", matched)
