"""The sums of a metric over the periods of its curve, in the statement that sums everything else.

Principle: a unit's value in a period exists once the unit is mature for it. Maturity is nested, so the sums of a pair
of periods run over the units that are mature for the later one; they tell how the points of a curve vary together.
"""

from dataclasses import dataclass

from abtest.engines.engine import Row
from abtest.engines.sqltext import quote
from abtest.moments.exact import Factor, exact_sum, exact_total, whole
from abtest.moments.sums import CurveSums


@dataclass(frozen=True, slots=True)
class Periods:
    """The columns of a metric's values by period: SQL, the instant from which a unit is mature, their scale.

    ``rate``: values are 0 or 1. ``all_mature``: every unit is mature for every period, which is known before counting;
    ``certain`` of the first periods are those for which that is known. ``small``: values are numbers of events, whose
    products fit 64 bits; ``wide``: values may need more than that themselves.
    """

    name: str
    values: tuple[str, ...]
    horizons: tuple[str, ...]
    scale: int
    rate: bool
    all_mature: bool
    certain: int = 0
    small: bool = False
    wide: bool = False

    def columns(self, through: int | None) -> list[str]:
        """Return the columns of a unit."""
        return [
            f"CASE WHEN {horizon} <= {through} THEN {value} END AS {self._column(place)}"
            for place, (value, horizon) in enumerate(zip(self.values, self.horizons, strict=True))
        ]

    def counts(self, through: int | None, *, among_all: bool) -> list[str]:
        """Return the number of units with a value, of each period; ``among_all`` units ``p``, or those with columns."""
        values = (
            [f"CASE WHEN {horizon} <= {through} THEN 1 END" for horizon in self.horizons]
            if among_all
            else [self._column(place) for place in range(len(self.values))]
        )
        return [f"count({value}) AS {self._alias('n', place, place)}" for place, value in enumerate(values)]

    def sums(self) -> list[str]:
        """Return the sums over units: of each period, and of each pair that is needed."""

        def add(kind: str, places: tuple[int, int], *columns: str) -> list[str]:
            alias = f"{kind}{places[0]}_{places[1]}_{self.name}"
            if self.rate or self.small:
                # Products in 64 bits take a quarter of the time of those in 128.
                return [f"sum({' * '.join(columns)}) AS {quote(alias)}"]
            return exact_sum(alias, *(Factor(column, self.wide) for column in columns))

        found = []
        for late in range(len(self.values)):
            later = self._column(late)
            found += add("t", (late, late), later)
            if not self.rate:
                found += add("p", (late, late), later, later)
            for early in range(late):
                earlier = self._column(early)
                if not self._all_reach(late):
                    among = f"CASE WHEN {later} IS NOT NULL THEN {earlier} END"
                    found += add("t", (early, late), among)
                found += add("p", (early, late), earlier, later)
        return found

    def read(self, row: Row | None) -> CurveSums:
        """Return the sums of one arm; an arm without rows has none."""
        size = len(self.values)
        if row is None:
            nothing = tuple((0,) * size for _ in range(size))
            return CurveSums((0,) * size, nothing, nothing, self.scale)

        def of(kind: str, first: int, second: int) -> int:
            alias = f"{kind}{first}_{second}_{self.name}"
            return whole(row, alias) if kind == "n" else exact_total(row, alias)

        def total(own: int, other: int) -> int:
            # Units mature for the later of two periods are mature for the earlier one.
            among = own if other <= own or self._all_reach(other) else other
            return of("t", own, among)

        def product(own: int, other: int) -> int:
            early, late = sorted((own, other))
            return of("t", own, own) if own == other and self.rate else of("p", early, late)

        places = range(size)
        return CurveSums(
            tuple(of("n", place, place) for place in places),
            tuple(tuple(total(own, other) for other in places) for own in places),
            tuple(tuple(product(own, other) for other in places) for own in places),
            self.scale,
        )

    def _all_reach(self, place: int) -> bool:
        """Whether every unit is known to be mature for a period, so that sums over all units are those wanted."""
        return self.all_mature or place < self.certain

    def _column(self, place: int) -> str:
        return quote(f"c{place}_{self.name}")

    def _alias(self, kind: str, first: int, second: int) -> str:
        return quote(f"{kind}{first}_{second}_{self.name}")
