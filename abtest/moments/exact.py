"""How numbers become whole numbers, and how these are summed so that no digit is lost.

Principle: whole numbers have exact sums, whatever the order of rows, the threads or the engine. Values with finitely
many decimals, such as money, are multiplied by a power of ten; others by a power of two, which shifts the bits of a
double and loses none that lie within the accumulators. These hold 38 digits; numbers of more than 64 bits are
multiplied in two parts, so that the sums of their products have twice as many.
"""

from dataclasses import dataclass

from abtest.engines.engine import Row
from abtest.engines.sqltext import PART, quote

HALF = 2**32
"""What the low half of a number of 64 bits is below."""
_LARGE = 2**1000


@dataclass(frozen=True, slots=True)
class Whole:
    """How the values of a column become whole numbers: they are multiplied by ``scale`` and rounded.

    ``largest``: magnitudes beyond it belong to nobody who is counted, and are left out; ``None``: there are none.
    ``wide``: the whole numbers may need more than 64 bits. ``certain``: magnitudes beyond it are whole before they are
    multiplied, so that the product need not be a double. ``rate``: every value is 0 or 1. ``mean_scale``: what a unit's
    average is multiplied by, a multiple of ``scale``.
    """

    scale: int = 1
    largest: float | None = None
    wide: bool = False
    certain: float | None = None
    rate: bool = False
    mean_scale: int = 1

    def sql(self, column: str) -> str:
        """Return the SQL of a column's values as whole numbers."""
        product = f"round({times(column, self.scale)})"
        number = f"whole_number({product})" if self.wide else f"CAST({product} AS BIGINT)"
        cases = [] if self.certain is None else [(self.certain, number)]
        if self.certain is not None:
            number = f"whole_number({column}) * {self.scale}"
        if self.largest is not None:
            cases.append((self.largest, number))
        if not cases:
            return number
        whens = " ".join(f"WHEN abs({column}) <= {double(bound)} THEN {sql}" for bound, sql in cases)
        return f"CASE {whens} END" if self.largest is not None else f"CASE {whens} ELSE {number} END"

    def average(self, total: str, count: str) -> str:
        """Return the SQL of a unit's average, times ``mean_scale``, from its total and number of values."""
        return f"unit_mean({total}, {self.mean_scale // self.scale}, {count})"


@dataclass(frozen=True, slots=True)
class Factor:
    """A column of whole numbers; ``wide``: they may need more than 64 bits."""

    column: str
    wide: bool = False

    @property
    def parts(self) -> list[str]:
        """The SQL of its parts, the lowest first."""
        return [f"low_part({self.column})", f"high_part({self.column})"] if self.wide else [self.column]


def times(column: str, scale: int) -> str:
    """Return the SQL of a column of doubles times a scale, which may be larger than a double can be."""
    if scale == 1:
        return column
    if scale > _LARGE:
        return f"{column} * {double(_LARGE)} * {double(scale // _LARGE)}"
    return f"{column} * {double(scale)}"


def double(number: float) -> str:
    """Return a number as a literal that every engine reads as the double that it is."""
    value = float(number)
    short = f"{value:.0e}"
    return short if float(short) == value else f"{value:.16e}"


def exact_sum(alias: str, *factors: Factor) -> list[str]:
    """Return the columns that :func:`exact_total` reads: the sum of a column, or of the products of two."""
    if len(factors) == 1:
        digits = 38 if factors[0].wide else 19
        return [f"sum(CAST({factors[0].column} AS DECIMAL({digits}, 0))) AS {quote(alias)}"]
    first, second = factors
    if not (first.wide or second.wide):
        return [f"sum({_product(first.column, second.column)}) AS {quote(alias)}"]
    products: dict[int, list[str]] = {}
    for i, own in enumerate(first.parts):
        for j, other in enumerate(second.parts):
            products.setdefault(i + j, []).append(_product(own, other))
    return [f"sum({' + '.join(terms)}) AS {quote(f'{alias}_{power}')}" for power, terms in products.items()]


def exact_cubes(alias: str, factor: Factor) -> list[str]:
    """Return the columns that :func:`cubes_total` reads: the sum of the cubes of a column of at most 64 bits.

    A number is h · 2³² + l, so that its cube is made of four products that each fit into 29 digits: their sums over a
    thousand million rows fit into 38.
    """
    # Of 19 digits, as in _product.
    high, low = (f"CAST({half} AS DECIMAL(19, 0))" for half in _halves(factor.column))
    parts = [[high] * taken + [low] * (3 - taken) for taken in range(4)]
    return [f"sum({' * '.join(part)}) AS {quote(f'{alias}_{taken}')}" for taken, part in enumerate(parts)]


def _halves(column: str) -> tuple[str, str]:
    # Of 64 bits: where a number has 32, some engines shift it by 32 modulo 32, which is not at all.
    long = f"CAST({column} AS BIGINT)"
    return f"shiftright({long}, 32)", f"({long} & {HALF - 1})"


def cubes_total(row: Row, alias: str) -> int:
    """Return the sum of cubes that :func:`exact_cubes` asked for."""
    times_taken = (1, 3, 3, 1)
    return sum(_whole(row[f"{alias}_{taken}"]) * times_taken[taken] * HALF**taken for taken in range(4))


def exact_total(row: Row, alias: str) -> int:
    """Return a sum that :func:`exact_sum` asked for; NULL (a sum over no rows) is 0."""
    if alias in row:
        return _whole(row[alias])
    return sum(_whole(row.get(f"{alias}_{power}")) * PART**power for power in range(3))


def _product(first: str, second: str) -> str:
    # 19 digits are one more than a 64-bit decimal holds, so that the product is computed in 128 bits.
    return " * ".join(f"CAST({factor} AS DECIMAL(19, 0))" for factor in (first, second))


def _whole(value: object) -> int:
    return 0 if value is None else int(str(value))


def whole(row: Row, key: str) -> int:
    """Return a count or exact sum of a row; NULL (a sum over no rows) is 0."""
    value = row[key]
    return 0 if value is None else int(str(value))


def optional(row: Row, key: str) -> int | None:
    """Return an integer of a row, ``None`` where it is NULL or the query has no such column."""
    value = row.get(key)
    return None if value is None else int(str(value))
