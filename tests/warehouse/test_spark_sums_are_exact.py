"""Spark sums what DuckDB sums, bit for bit: decimal numbers, doubles of any size, whatever others spent."""

from fractions import Fraction

import pytest
from amounts import CLUSTERED, DEFINITION, STRATIFIED, UNITS, Order, orders, tables
from spark_base import EVERYTHING, collected
from test_who_counts_decides_the_digits import DRAWS, OUTSIDE, PEOPLE, REFUSED

pytestmark = pytest.mark.usefixtures("session")


@pytest.mark.parametrize("draw", ["converted", *(["money", "refunds", "tiny", "large"] if EVERYTHING else [])])
def test_sums_are_those_of_duckdb_whatever_others_spent(draw):
    rows = orders(DRAWS[draw])
    of_units = {unit: unit / 3 for unit in range(UNITS)}
    expected = collected("duckdb", DEFINITION, tables(rows, of_units, outsiders=PEOPLE)).metrics
    outlying = [order for place in OUTSIDE.values() for order in place(1e16)]
    beside = tables(rows + outlying, of_units, dict.fromkeys(PEOPLE, 1e16))
    found = [collected(engine, DEFINITION, beside).metrics for engine in ("spark", "duckdb")]
    assert found[0] == found[1]
    for name, moments in expected.items():
        assert [shares(arm) for arm in found[0][name].arms] == [shares(arm) for arm in moments.arms]


@pytest.mark.parametrize("definition", [STRATIFIED, CLUSTERED][: 2 if EVERYTHING else 1])
def test_strata_draws_and_clusters_of_doubles_are_those_of_duckdb(definition):
    rows = [*orders(DRAWS["converted"]), Order(3, 1.0, 1e12)]
    found = [collected(engine, definition, tables(rows)).metrics for engine in ("spark", "duckdb")]
    assert found[0] == found[1]


@pytest.mark.parametrize("why", list(REFUSED)[: None if EVERYTHING else 1])
def test_what_cannot_be_summed_is_refused_in_the_same_words(why):
    rows = [Order(place, 1.0, amount) for place, amount in enumerate(REFUSED[why])]
    found = [collected(engine, DEFINITION, tables(rows)) for engine in ("spark", "duckdb")]
    assert found[0] == found[1]
    assert why in str(found[0])


def shares(sums) -> list[object]:
    """Totals and products as the numbers that they are, whatever they were multiplied by."""
    totals = [Fraction(total, scale) for total, scale in zip(sums.totals, sums.scales, strict=True)]
    squares = [
        Fraction(sums.product(name, name), scale**2) for name, scale in zip(sums.names, sums.scales, strict=True)
    ]
    return [sums.n, totals, squares]
