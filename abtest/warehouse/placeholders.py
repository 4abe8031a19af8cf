"""Ids that stand for nobody: what a tool writes where it knows no customer.

Principle: a word such as `(not set)` is nobody's id, wherever it stands. A bare 0 may be somebody's: it is left out
only where it behaves as nobody's does, with far more events than any other unit, or far away from every other number.
"""

from collections.abc import Mapping, Sequence

from abtest.engines.engine import Statement
from abtest.engines.sqltext import quote
from abtest.moments.exact import optional, whole
from abtest.warehouse.profile import with_tables
from abtest.warehouse.reading import Table
from abtest.warehouse.sources import Warehouse

WORDS = (
    "(not set)", "not set", "(none)", "none", "null", "(null)", "unknown", "(unknown)", "undefined", "anonymous", "n/a",
    "#n/a", "nan", "nil", "(other)", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
"""In small letters; tools write them in capitals too."""
ZERO = "0"
_OFTEN, _TIMES, _GAP, _FEW = 20, 5, 50, 20


def is_placeholder(of: str, *, hashed: bool, integer: bool, zero: bool) -> str | None:
    """Return the SQL of whether the unit in a row ``of`` a table is nobody; ``None`` where none can be.

    ``zero``: 0 is nobody. Of ids that are read as hashes the second one is compared, since two ids may have one key.
    """
    if integer:
        return f"{of}.unit = 0" if zero else None
    words = spelt([*WORDS, *([ZERO] if zero else [])])
    written = [f"unit_check('{word}')" if hashed else f"'{word}'" for word in words]
    return f"{of}.{'unit_check' if hashed else 'unit'} IN ({', '.join(written)})"


def spelt(words: Sequence[str]) -> list[str]:
    """Return the words as tools write them."""
    return list(dict.fromkeys(form for word in words for form in (word, word.upper(), word.capitalize(), word.title())))


def zero_is_nobody(warehouse: Warehouse, tables: Mapping[str, Table], events: Sequence[str]) -> bool:
    """Whether a unit 0 of the population, if there is one, behaves as no customer does."""
    integer = warehouse.unit_is_integer
    zero = ZERO if integer else _value(ZERO, hashed=warehouse.hashed)
    far = f"min(CASE WHEN unit <> {zero} THEN unit END) AS least, max(unit) AS most" if integer else "1 AS least"
    row = _ask(
        warehouse,
        f"SELECT count(*) AS units, count(CASE WHEN unit = {zero} THEN 1 END) AS zeros, {far}\nFROM population",
    )
    units = whole(row, "units")
    if not whole(row, "zeros") or units < _FEW:
        return False
    if integer and (least := optional(row, "least")) is not None and least > 0:
        spread = (optional(row, "most") or 0) - least
        if least * units > _GAP * spread:
            return True
    return any(_most_by(warehouse, tables[name], zero) for name in events if name in tables)


def _most_by(warehouse: Warehouse, table: Table, zero: str) -> bool:
    """Whether the events of 0 are many more than those of any other unit."""
    text = (
        f"{with_tables([table])}SELECT sum(CASE WHEN unit = {zero} THEN row_count END) AS zeros,\n"
        f"  max(CASE WHEN unit <> {zero} THEN row_count END) AS others\n"
        f"FROM (\n  SELECT e.unit, count(*) AS row_count FROM {quote(table.name)} AS e\n"
        "  JOIN population AS p ON p.unit = e.unit\n  GROUP BY e.unit\n) AS counted"
    )
    row = _ask(warehouse, text, table.select.parameters if table.select else {})
    zeros, others = optional(row, "zeros") or 0, optional(row, "others") or 0
    return zeros >= _OFTEN and zeros > _TIMES * others


def _ask(
    warehouse: Warehouse, text: str, parameters: Mapping[str, str | int | float | bool] | None = None
) -> dict[str, object]:
    return warehouse.engine.rows(Statement(text, parameters or {}), "looking for placeholder ids")[0]


def _value(word: str, *, hashed: bool) -> str:
    return f"unit_key('{word}')" if hashed else f"'{word}'"
