"""The value that a retention count is. Text, tables, the picture and ``retention.json`` are made from it alone.

Principles: rates are fractions, never percent; a value that does not exist is ``None`` (``null``) with a reason, never
0 or 1; a period that is still running is marked and compared with nothing; nothing here is about one customer.
"""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from abtest.cohorts.periods import Length
from abtest.words.visible import visible_json

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = "1"

Side = Literal["above", "below", "not clear"]
"""Where a rate lies beside a level: its whole interval above it, below it, or neither."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A period's rate beside a level that was given, a fraction.

    ``more_to_stay``: how many more of the customers at the start would have had to stay to reach it; 0 when reached.
    """

    level: float
    side: Side
    more_to_stay: int


@dataclass(frozen=True, slots=True)
class Period:
    """One period: the customers at its start and end, where they come from, and the rate with its interval.

    ``start`` and ``end`` are its first and last day, ISO dates. ``at_start`` is S, ``acquired`` N, ``reactivated`` R
    and ``at_end`` E = retained + acquired + reactivated; ``at_start`` is ``None`` for the first period of the data.
    ``rate`` = retained / at_start = (E − N − R) / S; ``plain_rate`` = (E − N) / S, which exceeds it by R / S. ``low``
    and ``high`` bound ``rate``. ``complete``: the data reach its end; where not, rates and comparisons are ``None``,
    as they are, with a ``reason``, where there is no customer at the start.
    """

    label: str
    start: str
    end: str
    complete: bool
    at_start: int | None
    retained: int
    acquired: int
    reactivated: int
    at_end: int
    rate: float | None
    low: float | None
    high: float | None
    plain_rate: float | None
    reason: str | None
    benchmark: Comparison | None = None
    goal: Comparison | None = None

    @property
    def lost(self) -> int | None:
        """Customers of the start who are not there at the end."""
        return None if self.at_start is None else self.at_start - self.retained


@dataclass(frozen=True, slots=True)
class Cohort:
    """The customers whose first event lies in one period, and how many of them have an event in each one since.

    ``active[k]`` counts those with an event ``k`` periods after the first; ``active[0]`` is all of them. The last is
    of the running period when ``last_incomplete``.
    """

    label: str
    start: str
    size: int
    active: tuple[int, ...]
    last_incomplete: bool

    @property
    def shares(self) -> tuple[float, ...]:
        """``active`` as fractions of the cohort."""
        return tuple(count / self.size for count in self.active)


@dataclass(frozen=True, slots=True)
class Data:
    """What was read. ``first`` and ``last`` event and ``through`` are ISO times in the zone.

    ``through``: up to where the data are complete; ``declared`` when it was given and is not just the last event.
    ``rows`` fulfil the filter; those without id or time, and those after ``through``, are not counted.
    """

    source: str
    rows: int
    without_unit: int
    without_time: int
    after_through: int
    events: int
    customers: int
    first: str
    last: str
    through: str
    declared: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for. ``active_within`` is a length of time such as ``90d``, ``None`` for the period rule."""

    unit: str
    at: str
    by: Length
    timezone: str
    where: str | None
    active_within: str | None
    since: str | None
    periods: int | None
    confidence: float
    benchmark: float | None
    goal: float | None


@dataclass(frozen=True)
class Retention:
    """Retention by period and by cohort. ``rule`` says, in sentences, who counts as what; ``notes`` what to mind."""

    asked: Asked
    rule: tuple[str, ...]
    data: Data
    periods: tuple[Period, ...]
    cohorts: tuple[Cohort, ...]
    notes: tuple[str, ...]

    @property
    def last_complete(self) -> Period | None:
        """The last complete period that has a rate; ``None`` when there is none."""
        return next((period for period in reversed(self.periods) if period.rate is not None), None)

    @property
    def below_benchmark(self) -> bool | None:
        """Whether the whole interval of the last complete period lies below the benchmark; ``None``: cannot be told."""
        last = self.last_complete
        return None if last is None or last.benchmark is None else last.benchmark.side == "below"

    def to_json(self) -> str:
        """Return ``retention.json`` as text: full precision, two-space indent, a final newline."""
        content = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        for cohort, value in zip(content["cohorts"], self.cohorts, strict=True):
            cohort["shares"] = value.shares
        for period, one in zip(content["periods"], self.periods, strict=True):
            period["lost"] = one.lost
        return visible_json(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"

    def to_pandas(self) -> "pd.DataFrame":
        """Return one row per period, in the order of time, with the columns of ``retention.csv``."""
        from abtest.cohorts.tables import period_frame

        return period_frame(self)

    def triangle(self) -> "pd.DataFrame":
        """Return the counts of the cohort triangle: one row per cohort, one column per period since, ``<NA>`` later."""
        from abtest.cohorts.tables import triangle_frame

        return triangle_frame(self)

    def _repr_html_(self) -> str:
        from abtest.cohorts.tables import html

        return html(self)
