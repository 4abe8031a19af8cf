"""The last event of a table as the reference takes it: that of the day on which the daily counts end (tests/stats)."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from abtest.stats.daily_counts import plausible_end


def last_of(times: Iterable[dt.datetime]) -> dt.datetime | None:
    """Return the last instant that is no stray one; ``None`` without any."""
    utc = [time.astimezone(dt.UTC) for time in times]
    counts = Counter(time.date().toordinal() for time in utc)
    days = sorted(counts)
    if not days:
        return None
    end = days[plausible_end(days, [counts[day] for day in days])]
    return max(time for time in utc if time.date().toordinal() == end)
