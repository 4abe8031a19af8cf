"""How many rows a table has on each day, where its ends alone may mislead."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from abtest.engines.engine import EngineError, Statement
from abtest.engines.sqltext import quote
from abtest.grammar.time import DAY_US
from abtest.moments.exact import whole
from abtest.moments.facts import Ends
from abtest.stats.daily_counts import plausible_end
from abtest.warehouse.profile import TableProfile, with_tables
from abtest.warehouse.reading import Table
from abtest.warehouse.sources import Warehouse

MOST_DAYS = 40_000
_FIRST_YEAR, _LAST_YEAR = 1990, 2089


@dataclass(frozen=True, slots=True)
class Daily:
    """Days since 1970 (UTC), in order, with the rows of each and the instant of its last."""

    days: tuple[int, ...]
    counts: tuple[int, ...]
    lasts: tuple[int, ...]

    def ends(self, source: str) -> Ends:
        """Return where the counts end, and what lies outside of them or in a year that cannot be."""
        place = plausible_end(self.days, self.counts) if self.days else -1
        years: dict[int, int] = {}
        for day, count in zip(self.days, self.counts, strict=True):
            year = _year(day)
            if not _FIRST_YEAR <= year <= _LAST_YEAR:
                years[year] = years.get(year, 0) + count
        return Ends(source, self.lasts[place] if self.days else None, sum(self.counts[place + 1 :]), years)


def daily(warehouse: Warehouse, table: Table) -> Daily:
    """Count the rows of a table with times by day."""
    text = (
        f"{with_tables([table])}SELECT\n  CAST(floor(at_us / {DAY_US}) AS BIGINT) AS day,\n  count(*) AS row_count,\n"
        f"  max(at_us) AS last_us\nFROM {quote(table.name)}\nWHERE at_us IS NOT NULL\nGROUP BY 1\nORDER BY 1\n"
        f"LIMIT {MOST_DAYS}"
    )
    statement = Statement(text, table.select.parameters if table.select else {})
    warehouse.statements.append(statement)
    try:
        rows = warehouse.engine.rows(statement, f"counting the days of {table.name}")
    except EngineError as error:
        raise warehouse.raw[table.name].unreadable(error) from None
    read = ("day", "row_count", "last_us")
    days, counts, lasts = (tuple(whole(row, column) for row in rows) for column in read)
    return Daily(days, counts, lasts) if len(rows) < MOST_DAYS else Daily((), (), ())


def ends_of(
    warehouse: Warehouse, tables: Mapping[str, Table], profiles: Mapping[str, TableProfile], *, declared: bool
) -> dict[str, Ends]:
    """Return where the counts of each table with times end; where the end is ``declared``, only of odd ones."""
    found = {}
    for name, table in tables.items():
        first, last = profiles[name].first, profiles[name].last
        if not table.has_time or first is None or last is None:
            continue
        odd = not (_year(first // DAY_US) >= _FIRST_YEAR and _year(last // DAY_US) <= _LAST_YEAR)
        if odd or not (declared or table.has_arm or table.has_eligible):
            found[name] = daily(warehouse, table).ends(name)
    return found


def _year(day: int) -> int:
    try:
        return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).year
    except OverflowError:
        return 1 if day < 0 else 9999
