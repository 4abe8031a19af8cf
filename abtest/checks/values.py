"""Which rows hold no number in a column that is summed, and do its numbers mean what they were read as?

Principle: a value's fault stays with its metric. A row without a number is left out of the sums of that column, counts
everywhere else, and is told.
"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.moments.collected import SourceCounts, ValueCounts
from abtest.words.reason import Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return ``<table>.values.<column>`` where values are no numbers or are missing, and ``<table>.thousands.…``."""
    events = given.definition.event_sources
    for source in given.collected.sources:
        for found in source.values:
            yield from _of_column(source, found, events=source.name in events)
            if found.thousands:
                shown = Reason.of(
                    "check-thousands",
                    source=source.name,
                    column=found.column,
                    n=found.thousands,
                    rows=source.rows,
                    cure=found.cure or "none",
                    otherwise=found.otherwise,
                )
                yield Finding(f"{source.name}.thousands.{found.column}", "warn", shown)


def _of_column(source: SourceCounts, found: ValueCounts, *, events: bool) -> Iterator[Finding]:
    key = f"{source.name}.values.{found.column}"
    if found.unread:
        shown = Reason.of(
            "check-unread-values" if events else "check-unread-cells",
            source=source.name,
            column=found.column,
            n=found.unread,
            rows=source.rows,
            words=found.words,
            cure=found.cure or "none",
        )
        yield Finding(key, "warn", shown)
    elif events and found.empty:
        shown = Reason.of(
            "check-empty-values", source=source.name, column=found.column, n=found.empty, rows=source.rows
        )
        yield Finding(key, "pass", shown)
