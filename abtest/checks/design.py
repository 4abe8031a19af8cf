"""Does the definition itself have weaknesses that it does not silence? The lints, once the data's dates are known."""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.definition.lints import DataRange, lints


def findings(given: Given) -> Iterator[Finding]:
    """Return each warning as ``design.<code>``."""
    definition = given.definition
    events = [source for source in given.collected.sources if source.name in definition.event_sources]
    seen = DataRange({source.name: source.first for source in events}, {source.name: source.last for source in events})
    for finding in lints(definition, seen):
        if finding.path[0] == "data":
            continue  # a table that ends early has a check of its own
        named = finding.path[0] == "metrics" and len(finding.path) > 1
        capital = finding.message[:1].upper() + finding.message[1:]
        message = f"{finding.path[1]}: {finding.message}" if named else capital
        yield Finding(f"design.{finding.code}", "warn", message)
