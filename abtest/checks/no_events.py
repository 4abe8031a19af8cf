"""Are there rows that are no events of their own: delivered twice, lines of one order, refunds?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.moments.facts import RowFacts
from abtest.words.reason import Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return ``<table>.repeated_rows``, ``.order_lines`` and ``.amounts`` for tables whose metrics count such rows."""
    for facts in given.collected.facts.rows:
        uses = _uses(given, facts.source)
        if not uses:
            continue
        if found := _repeated(facts):
            yield Finding(f"{facts.source}.repeated_rows", "warn", found)
        elif facts.repeated and "count" in uses:
            lines = Reason.of("check-order-lines", source=facts.source, n=facts.repeated, column=facts.key or "")
            yield Finding(f"{facts.source}.order_lines", "warn", lines)
        if (facts.below or facts.zero) and uses & {"any", "count"}:
            code = "check-amounts-below" if facts.below else "check-amounts-zero"
            told = Reason.of(code, source=facts.source, below=facts.below, zero=facts.zero, column=facts.value or "")
            yield Finding(f"{facts.source}.amounts", "warn", told)


def _repeated(facts: RowFacts) -> Reason | None:
    if facts.repeated and facts.same == facts.repeated:
        return Reason.of("check-repeated-events", source=facts.source, n=facts.same, column=facts.key or "")
    if facts.equal:
        return Reason.of("check-equal-events", source=facts.source, n=facts.equal)
    return None


def _uses(given: Given, source: str) -> set[str]:
    """Return how metrics use the events of a table: ``any`` (one is enough), ``count`` of them, or their ``value``."""
    uses = set()
    for name in given.definition.metrics:
        for part in given.definition.outcome(name).parts:
            if part.source == source and not part.of_column:
                plain = part.reduce.small and part.reduce.words is None
                uses.add("value" if part.adds_values else "count" if plain else "any")
    return uses
