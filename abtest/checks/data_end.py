"""Where do the data end, and does a time lie where nothing can have happened?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.words.reason import Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return ``<table>.end`` where stray rows follow the end of the counts, and ``<table>.years`` for odd years."""
    period = given.definition.period
    declared = period is not None and period.through is not None
    for ends in given.collected.facts.ends.values():
        if ends.after and not declared and ends.source in given.definition.event_sources:
            found = Reason.of("check-stray-end", source=ends.source, n=ends.after)
            yield Finding(f"{ends.source}.end", "warn", found)
        if ends.years:
            years = ", ".join(f"{year} ({count})" for year, count in sorted(ends.years.items())[:_SHOWN])
            found = Reason.of("check-odd-years", source=ends.source, n=sum(ends.years.values()), years=years)
            yield Finding(f"{ends.source}.years", "warn", found)


_SHOWN = 5
