"""The sums of a metric over the periods of its curve, in the statement that sums everything else.

Principle: a unit's value in a period exists once the unit is mature for it. Maturity is nested, so the sums of a pair
of periods run over the units that are mature for the later one; they tell how the points of a curve vary together.
"""

from collections.abc import Callable
from dataclasses import dataclass

from abtest.warehouse.engine import Row
from abtest.warehouse.moments import CurveSums
from abtest.warehouse.profile import whole
from abtest.warehouse.sqltext import quote


@dataclass(frozen=True, slots=True)
class Periods:
    """The columns of a metric's values by period: SQL, the instant from which a unit is mature, their scale.

    ``rate``: values are 0 or 1. ``all_mature``: every unit is mature for every period, which is known before counting;
    ``certain`` of the first periods are those for which that is known. ``small``: values are numbers of events, whose
    products fit 64 bits.
    """

    name: str
    values: tuple[str, ...]
    horizons: tuple[str, ...]
    scale: int
    rate: bool
    all_mature: bool
    certain: int = 0
    small: bool = False

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

    def sums(self, exact: Callable[..., str]) -> list[str]:
        """Return the sums over units: of each period, and of each pair that is needed. ``exact`` sums large numbers."""
        # Products in 64 bits take a quarter of the time of those in 128.
        add = _plain if self.rate or self.small else exact
        found = []
        for late in range(len(self.values)):
            later = self._column(late)
            found.append(f"{add(later)} AS {self._alias('t', late, late)}")
            if not self.rate:
                found.append(f"{add(later, later)} AS {self._alias('p', late, late)}")
            for early in range(late):
                earlier = self._column(early)
                if not self._all_reach(late):
                    among = f"CASE WHEN {later} IS NOT NULL THEN {earlier} END"
                    found.append(f"{add(among)} AS {self._alias('t', early, late)}")
                found.append(f"{add(earlier, later)} AS {self._alias('p', early, late)}")
        return found

    def read(self, row: Row | None) -> CurveSums:
        """Return the sums of one arm; an arm without rows has none."""
        size = len(self.values)
        if row is None:
            nothing = tuple((0,) * size for _ in range(size))
            return CurveSums((0,) * size, nothing, nothing, self.scale)

        def of(kind: str, first: int, second: int) -> int:
            return whole(row, f"{kind}{first}_{second}_{self.name}")

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


def _plain(*factors: str) -> str:
    return f"sum({' * '.join(factors)})"
