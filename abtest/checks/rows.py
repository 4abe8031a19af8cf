"""Does each row say whom it is about, once, and when?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.definition.model import ASSIGNMENTS
from abtest.words.reason import Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return ``<table>.repeated`` and ``<table>.without_<id, time or arm>`` for each table with such rows."""
    for source in given.collected.sources:
        if source.repeated:
            code = "check-repeated-assignments" if source.name == ASSIGNMENTS else "check-repeated-rows"
            found = Reason.of(code, source=source.name, n=source.repeated)
            yield Finding(f"{source.name}.repeated", "warn", found)
        for what, rows in (("id", source.without_unit), ("time", source.without_time), ("arm", source.without_arm)):
            if rows:
                found = Reason.of(f"check-without-{what}", source=source.name, n=rows, rows=source.rows)
                yield Finding(f"{source.name}.without_{what}", "warn", found)
