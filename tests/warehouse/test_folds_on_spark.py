"""Both engines fold alike: the same ids become one."""

import itertools

import pytest
from spark_base import engine

from abtest.engines.engine import Statement
from abtest.engines.folding import FOLDS

IDS = [
    "Anna@X.com", "anna@x.com", "007", "7", "7.0", "7.00", "00", "0", "1.2E+1", "12", "1.25e2", "125", "7.41E+12",
    "\u200babc\u00a0", "abc", "a  b", "a\u00a0b", "a b", "Ａ１", "a1", "A1", "Zo\u00eb", "Zoe\u0308", "ZOË",
    "\u1ebf", "e\u0302\u0301", "\u00ea\u0301", "é客", "e\u0301客", "x.0", "0x0", "１２", "it's", "",
]  # fmt: skip


@pytest.fixture(scope="module")
def engines():
    with engine("duckdb") as one, engine("spark") as other:
        yield one, other


def _alike(opened, function):
    """Return which of the ids are one."""
    values = ", ".join(f"({place}, $id_{place})" for place in range(len(IDS)))
    text = f"SELECT place, {function}(id) AS folded FROM (VALUES {values}) AS ids(place, id)"
    rows = opened.rows(Statement(text, {f"id_{place}": one for place, one in enumerate(IDS)}))
    found = {int(row["place"]): row["folded"] for row in rows}
    return {pair for pair in itertools.combinations(range(len(IDS)), 2) if found[pair[0]] == found[pair[1]]}


@pytest.mark.parametrize("function", [*(f"fold_{fold}" for fold in FOLDS), "folded_id"])
def test_the_same_ids_become_one(engines, function):
    one, other = engines
    alike = _alike(one, function)
    assert alike, function
    assert alike == _alike(other, function)
