"""A look at how large and how fine the values are that will be summed, so that their sums are exact or are refused.

Principle: only values that count decide: those of eligible units, within a window. What anybody else spent changes
nothing. The look costs a pass over the events, so a cheap one comes first, at the whole column: where all of its values
are exact as whole numbers, whoever is counted has exact sums, whatever the factor.

A value is a decimal number of p places when that is what its double reads as, and when no other such number is: below
2⁵¹ of its last places. Values that are no decimal numbers keep the bits of their doubles down to 2⁻⁹⁰ of the largest.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from abtest.definition.model import CUSTOMERS
from abtest.engines.engine import Row, Statement
from abtest.engines.sqltext import quote
from abtest.errors import DataError
from abtest.moments.exact import Whole, double, times, whole
from abtest.warehouse.digits import require_digits
from abtest.warehouse.plan import Plan
from abtest.warehouse.population import parameters_of
from abtest.warehouse.profile import TableProfile, with_tables
from abtest.warehouse.reading import Table
from abtest.warehouse.sources import Warehouse
from abtest.warehouse.units import ELIGIBLE

PLACES = (0, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 21)
"""Decimal places that are tried."""
FINE = 6
"""Decimal places of values whose averages have one scale, unless they are large."""
CERTAIN = 2**51
"""A decimal number of so many last places, or fewer, is the only one that reads as its double."""
QUICK_DIGITS = 12
"""Digits of a column's largest value that are tried first."""
BITS = 90
"""Bits of a whole number, of which a sum of products takes twice as many, and has room for 10¹¹ values."""
MOST_SHIFTED = 1_074
"""The last bit of the smallest double is worth 2 to the minus that."""
KEPT = 1e-12
"""What rounding may take of a value: less than this share of it."""
SMALLEST = 1_000
"""One value in so many may be smaller, and so lose more of itself: it is too small to matter to any sum."""
NOTHING = 30
"""What is so many powers of ten below the largest value may become 0: it is nothing in any unit of that value."""
AVERAGED_NOTHING = 16
"""The same where values are averaged: less than the last bit of the largest value, as what 0.1 + 0.2 − 0.3 leaves."""
INFINITE = 9_999
MEAN_PLACES = 18
MEAN_DIGITS = 28

Numbers = Mapping[tuple[str, str], Whole]
"""How the values of each source and column become whole numbers."""


@dataclass(frozen=True, slots=True)
class Magnitude:
    """Values of one kind: their decimal places (``None``: more than are tried), the power of ten below them."""

    places: int | None
    decade: int
    values: int
    largest: float


@dataclass(frozen=True, slots=True)
class _Column:
    """A column whose values are summed, as it is asked for. ``counted`` is the SQL of the values that count."""

    source: str
    name: str
    alias: str
    tables: tuple[Table, ...]
    counted: str
    averaged: bool = False


class Look:
    """Looks at the columns that an analysis sums, once its population is known."""

    def __init__(
        self,
        warehouse: Warehouse,
        plan: Plan,
        tables: Mapping[str, Table],
        profiles: Mapping[str, TableProfile],
    ) -> None:
        self.warehouse = warehouse
        self.plan = plan
        self.tables = tables
        self.profiles = profiles

    def numbers(self) -> Numbers:
        """Return how each column is summed. Raises :class:`~abtest.errors.DataError` for what no sum can hold."""
        self._require_digits(CUSTOMERS, self.tables[CUSTOMERS].numbers if CUSTOMERS in self.tables else ())
        found = dict(self._of_customers())
        for source in self.plan.definition.event_sources:
            names = self.plan.numbers(source)
            self._require_digits(source, names)
            for name in names:
                found[source, name] = self._of_events(self._events(source, name))
        return found

    def _require_digits(self, source: str, names: Iterable[str]) -> None:
        for name in names:
            require_digits(self.warehouse, source, name, self.profiles[source].numbers[name].largest)

    def _of_customers(self) -> dict[tuple[str, str], Whole]:
        table = self.tables.get(CUSTOMERS)
        if table is None or not table.numbers:
            return {}
        asked = [
            f"max(abs(p.{quote(alias)})) AS largest_{place},\n  "
            f"count(CASE WHEN p.{quote(alias)} NOT IN (0, 1) THEN 1 END) AS others_{place}"
            for place, alias in enumerate(table.numbers.values())
        ]
        listed = ",\n  ".join(asked)
        text = f"SELECT\n  {listed}\nFROM population AS p\nWHERE p.status = '{ELIGIBLE}'"
        row = self._rows(Statement(text, {}), f"looking at the values of {CUSTOMERS}")[0]
        found = {}
        for place, (name, alias) in enumerate(table.numbers.items()):
            counted = (
                f"SELECT p.{quote(alias)} AS value\n  FROM population AS p\n"
                f"  WHERE p.status = '{ELIGIBLE}' AND p.{quote(alias)} <> 0"
            )
            column = _Column(CUSTOMERS, name, alias, (), counted)
            largest = float(str(row[f"largest_{place}"] or 0))
            self._require_finite(column, largest)
            if whole(row, f"others_{place}") == 0:
                found[CUSTOMERS, name] = Whole(rate=True, largest=1.0)
                continue
            scale = _quick_scale(largest)
            quick = scale is not None and not self._odd(column, f"({counted})", [_not_whole("value", scale)])
            chosen = Whole(scale) if quick and scale is not None else self._chosen(column)
            found[CUSTOMERS, name] = replace(chosen, largest=largest)
        return found

    def _events(self, source: str, name: str) -> _Column:
        """Return a column of events. One that a metric averages is looked at more closely."""
        parts = [
            part
            for part in self.plan.parts
            if part.adds_values and part.source == source and self.plan.value_column(part) == name
        ]
        reaches = [self.plan.windows.reach(part) for part in parts]
        low, high = min(low for low, _ in reaches), max(high for _, high in reaches)
        table, alias = self.tables[source].between(low, high), self.tables[source].numbers[name]
        within = dict.fromkeys(f"({self.plan.windows.window(part).holds})" for part in parts)
        counted = (
            f"SELECT e.value\n  FROM (\n    SELECT unit, at_us, {quote(alias)} AS value FROM {quote(source)}\n"
            f"    WHERE at_us >= {low} AND at_us < {high} AND {quote(alias)} <> 0\n  ) AS e\n"
            f"  JOIN population AS p ON p.unit = e.unit\n  WHERE p.status = '{ELIGIBLE}' AND ({' OR '.join(within)})"
        )
        averaged = any(part.reduce.averages_values for part in parts)
        return _Column(source, name, alias, (table,), counted, averaged)

    def _of_events(self, column: _Column) -> Whole:
        profile = self.profiles[column.source].numbers[column.name]
        if profile.largest == 0:
            return Whole()
        scale = _quick_scale(profile.largest)
        fine = 10**FINE
        if scale is not None and (profile.largest < 10 ** (MEAN_DIGITS - MEAN_PLACES - 1) or not column.averaged):
            tests = [_not_whole(quote(column.alias), scale)]
            if column.averaged:
                tests.append(_not_whole(quote(column.alias), min(scale, fine)))
            if not self._odd(column, quote(column.source), tests):
                return Whole(scale, mean_scale=max(scale, 10**MEAN_PLACES))
        shift = _shift(profile.largest)
        if shift is not None and not column.averaged:
            test = _not_whole(quote(column.alias), 2**shift)
            if not self._odd(column, quote(column.source), [test]) and self._has_odd_places(column):
                return Whole(2**shift, profile.largest, wide=True)
        return self._chosen(column)

    def _odd(self, column: _Column, source: str, tests: Sequence[str]) -> bool:
        """Whether any value passes one of the ``tests``."""
        odd = " OR ".join(tests)
        text = f"SELECT count(CASE WHEN {odd} THEN 1 END) AS odd\nFROM {source} AS seen"
        return whole(self._ask(column, text)[0], "odd") > 0

    def _has_odd_places(self, column: _Column) -> bool:
        """Whether a value that counts is no decimal number; one is enough, so that few rows are read."""
        text = f"SELECT 1 AS one\nFROM (\n  {column.counted}\n) AS seen\nWHERE {_places('value')} IS NULL\nLIMIT 1"
        return bool(self._ask(column, text))

    def _chosen(self, column: _Column) -> Whole:
        """Look at the values that count, and choose."""
        decade = f"CASE WHEN abs(value) > 1.7976931348623157e+308 THEN {INFINITE} ELSE floor(log10(abs(value))) END"
        # A denormal's logarithm is within the range too.
        text = (
            "SELECT\n  places,\n  decade,\n  count(*) AS value_count,\n  max(abs(value)) AS largest\nFROM (\n"
            f"  SELECT value, {_places('value')} AS places, CAST({decade} AS INTEGER) AS decade\n  FROM (\n"
            f"  {column.counted}\n  ) AS seen\n) AS sized\nGROUP BY places, decade\nORDER BY places, decade"
        )
        found = [_magnitude(row) for row in self._ask(column, text)]
        if not found:
            return Whole(largest=0.0)
        largest = max(seen.largest for seen in found)
        self._require_finite(column, largest)
        chosen = _decimal(found, largest) or self._shifted(column, found, largest)
        if column.averaged:
            # A unit's average is cut at a place of its own, which may lie above that of the values.
            some = _of_some_size(found, AVERAGED_NOTHING)
            lost = -math.log10(chosen.mean_scale) - math.log10(KEPT) - _small(some)
            if lost > 0:
                raise self._too_far_apart(column, some, lost, "average")
        return replace(chosen, largest=largest)

    def _shifted(self, column: _Column, found: Sequence[Magnitude], largest: float) -> Whole:
        """Return how doubles are summed as they are, or raise when too many of them would lose digits."""
        shift = _shift(largest)
        if shift is None:
            raise DataError(
                f"{self._place(column)} holds a value of about 10^{max(seen.decade for seen in found)}, too large to "
                f"sum exactly; {self._cure(column)}"
            )
        chosen = Whole(2**shift, wide=True, mean_scale=2**shift)
        some = _of_some_size(found, NOTHING)
        lost = -(shift + 1) * math.log10(2) - math.log10(KEPT) - _small(some)
        # Where the last bits of the small values are zeros, nothing is lost after all.
        test = f"{_not_whole('value', 2**shift)} AND abs(value) >= {double(largest / 10**NOTHING)}"
        if lost > 0 and self._odd(column, f"(\n  {column.counted}\n)", [test]):
            raise self._too_far_apart(column, some, lost, "sum")
        return chosen

    def _too_far_apart(self, column: _Column, found: Sequence[Magnitude], lost: float, to: str) -> DataError:
        return DataError(
            f"{self._place(column)} holds values from about 10^{_small(found)} to about 10^"
            f"{max(seen.decade for seen in found)}, too far apart to {to} exactly: the small ones would keep "
            f"{max(0, 12 - math.ceil(lost))} digits of 12; {self._cure(column)}"
        )

    def _require_finite(self, column: _Column, largest: float) -> None:
        if math.isinf(largest):
            raise DataError(f"{self._place(column)} holds an infinite value; correct it or leave it out with `where`")

    def _place(self, column: _Column) -> str:
        return f"{self.warehouse.raw[column.source].place}: column {column.name!r}"

    def _cure(self, column: _Column) -> str:
        return (
            "leave out values that cannot be true with `where`, such as "
            f"`where: {column.name} < 1000000`, or express all of them in another unit"
        )

    def _ask(self, column: _Column, text: str) -> list[Row]:
        tables = list(column.tables)
        statement = Statement(with_tables(tables) + text, parameters_of(tables), as_written=True)
        return self._rows(statement, f"looking at the values of {column.source}")

    def _rows(self, statement: Statement, label: str) -> list[Row]:
        self.warehouse.statements.append(statement)
        return self.warehouse.engine.rows(statement, label)


def _quick_scale(largest: float) -> int | None:
    """Return the power of ten that keeps some digits of the largest value, or nothing where that is no sure way."""
    if not 0 < largest <= CERTAIN:
        return 1 if largest == 0 else None
    places = min(18, max(0, QUICK_DIGITS - 1 - math.floor(math.log10(largest))))
    return int(10**places)


def _shift(largest: float) -> int | None:
    """Return the power of two that makes whole numbers of all bits that count; nothing for what is too large."""
    shift = BITS - math.frexp(largest)[1]
    return None if shift < 0 or math.isinf(largest) else min(shift, MOST_SHIFTED)


def _not_whole(value: str, scale: int) -> str:
    """Return the condition that a value, times ``scale``, is no whole number that reads as the value again."""
    product = times(value, scale)
    if scale & (scale - 1) == 0:
        return f"round({product}) <> {product}"
    return f"round({product}) / {double(scale)} <> {value}"


def _places(value: str) -> str:
    """Return the SQL of the decimal places of a value, NULL for more than are tried."""
    whens = f"WHEN round({value}) = {value} THEN 0"
    for places in PLACES[1:]:
        scale = double(10**places)
        whens += (
            f"\n    WHEN abs({value}) <= {double(CERTAIN / 10**places)} "
            f"AND round({value} * {scale}) / {scale} = {value} THEN {places}"
        )
    return f"CASE {whens} END"


def _magnitude(row: Row) -> Magnitude:
    places = row["places"]
    return Magnitude(
        None if places is None else int(str(places)),
        whole(row, "decade"),
        whole(row, "value_count"),
        float(str(row["largest"])),
    )


def _decimal(found: Sequence[Magnitude], largest: float) -> Whole | None:
    """Return how decimal numbers are summed, or nothing where some value is none, or they need too many digits."""
    places = max((seen.places for seen in found if seen.places is not None), default=0)
    if any(seen.places is None for seen in found):
        return None
    scale = 10**places
    broken = max((seen.largest for seen in found if seen.places), default=0.0)
    if broken * scale > CERTAIN or largest * scale > 2**BITS:
        return None
    wide = largest * scale > CERTAIN
    fine = largest < 10 ** (MEAN_DIGITS - MEAN_PLACES - 1) and places <= FINE
    mean_places = MEAN_PLACES if fine else MEAN_DIGITS - 1 - math.floor(math.log10(largest))
    return Whole(
        scale,
        wide=wide,
        certain=CERTAIN / scale if wide and places else None,
        mean_scale=max(scale, 10**mean_places),
    )


def _of_some_size(found: Sequence[Magnitude], nothing: int) -> list[Magnitude]:
    """Return the values that are not ``nothing`` powers of ten below the largest."""
    top = max(seen.decade for seen in found)
    return [seen for seen in found if seen.decade >= top - nothing]


def _small(found: Sequence[Magnitude]) -> int:
    """Return the power of ten below all values but the smallest few."""
    total, seen = sum(kind.values for kind in found), 0
    by_decade: dict[int, int] = {}
    for kind in found:
        by_decade[kind.decade] = by_decade.get(kind.decade, 0) + kind.values
    for decade in sorted(by_decade):
        seen += by_decade[decade]
        if seen * SMALLEST > total:
            return decade
    return max(by_decade)
