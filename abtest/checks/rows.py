"""Does each row say whom it is about, once, and when?"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.definition.model import ASSIGNMENTS


def findings(given: Given) -> Iterator[Finding]:
    """Return ``<table>.repeated`` and ``<table>.without_<id, time or arm>`` for each table with such rows."""
    for source in given.collected.sources:
        if source.repeated:
            what = "assignments repeat" if source.name == ASSIGNMENTS else "rows repeat"
            message = (
                f"{source.name}: {source.repeated:,} {what} a unit in the same arm; "
                "each unit counts once, from its first row."
            )
            yield Finding(f"{source.name}.repeated", "warn", message)
        for what, rows, rest in (
            ("id", source.without_unit, "have no id; they are left out"),
            ("time", source.without_time, "have no time; they are left out"),
            ("arm", source.without_arm, "have no arm; they count as not assigned"),
        ):
            if rows:
                message = f"{source.name}: {rows:,} of {source.rows:,} rows {rest}."
                yield Finding(f"{source.name}.without_{what}", "warn", message)
