"""Arms that the data hold and the definition lacks: which of them an error may name.

Principle: an analyst must see that the data say `Weekly` or `control_b`, and nobody must see the e-mail addresses of a
column that is no arm at all. So a value is named when it is nearly one of the definition's arms, or when the column has
few values and this one is a short name that many units share; of the rest the number and one shape are told.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from abtest.engines.engine import Engine, Statement
from abtest.engines.sqltext import quote
from abtest.moments.exact import whole
from abtest.warehouse.sources import Raw
from abtest.words.names import is_common, looks_like_arm, repr_of, shape

FEW = 20
"""Values that a column of arms may have besides the definition's own, for any to be named for its number of units."""
MANY = 10
"""Units that make a name one that nobody stands for alone."""
_SHOWN = 5
_NEAR = 0.8
_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class UnknownArms:
    """What an error says of them: ``'Weekly' (3 rows), 'other' (40 rows) and 2 more``; ``nearest``: one to compare."""

    listed: str
    nearest: str | None


def unknown_arms(engine: Engine, raw: Raw, column: str, known: Sequence[str], unit: str | None) -> UnknownArms:
    """Return what may be told of the values of ``column`` that are none of the ``known`` arms."""
    text = f"trimmed(CAST({raw.sql(column)} AS STRING))"
    units = "count(*)" if unit is None else f"count(DISTINCT {raw.sql(unit)})"
    rows = engine.rows(
        Statement(
            f"SELECT {text} AS arm, count(*) AS row_count, {units} AS unit_count FROM {quote(raw.view)}\n"
            f"WHERE {text} <> ''\nGROUP BY 1\nORDER BY 2 DESC, 1\nLIMIT {_LOOKED_AT}",
            {},
        )
    )
    found = [
        (str(row["arm"]), whole(row, "row_count"), whole(row, "unit_count"))
        for row in rows
        if row["arm"] is not None and str(row["arm"]) not in known
    ]
    few = len(found) <= FEW
    named = [
        (arm, count)
        for arm, count, units_of in found
        if looks_like_arm(arm) and (_is_near(arm, known) or (few and (units_of >= MANY or _says_nothing(arm))))
    ]
    parts = [f"{repr_of(arm)} ({count:,} rows)" for arm, count in named[:_SHOWN]]
    rest = len(found) - len(parts)
    if parts:
        more = f" and {rest} more" if rest else ""
        return UnknownArms(", ".join(parts) + more, named[0][0])
    often = f"{'at least ' if len(rows) == _LOOKED_AT else ''}{len(found):,}"
    form = f" of the form {shape(found[0][0])}" if found else ""
    return UnknownArms(f"{often} values{form}, which do not look like names of arms: is it the right column?", None)


def _is_near(arm: str, known: Sequence[str]) -> bool:
    folded = [name.casefold() for name in known]
    return bool(difflib.get_close_matches(arm.casefold(), folded, n=1, cutoff=_NEAR))


def _says_nothing(arm: str) -> bool:
    """Whether a value is a letter, a digit, or made of words that name arms everywhere."""
    return len(arm) == 1 or is_common(arm)
