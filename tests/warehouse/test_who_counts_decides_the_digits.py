"""Sums are those of rational arithmetic, and what anybody who does not count has spent changes no byte of a result."""

import json
import math
import random
import re
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from amounts import CLUSTERED, DEFINITION, ONE_SUM, STRATIFIED, UNITS, Order, orders, tables, totals
from hypothesis import given, settings
from hypothesis import strategies as st

from abtest import analyze, load
from abtest.engines.duckdb.database import Database
from abtest.errors import DataError
from abtest.warehouse.collect import Collector
from abtest.warehouse.inspection import inspect
from tests.thorough import THOROUGH


def results(frames, definition=DEFINITION) -> str:
    """results.json but for what the definition says of its sources and who made it when."""
    found = json.loads(analyze(load(definition), tables=frames).to_json())
    for key in ("experiment", "provenance", "data", "population", "checks", "status"):
        del found[key]
    return json.dumps(found)


def sums_of(frames, definition=ONE_SUM, metric="spent"):
    engine = Database()
    try:
        return Collector(load(definition), engine, frames).collect().metrics[metric].arms
    finally:
        engine.close()


def money(chance: random.Random) -> float:
    return round(chance.lognormvariate(3, 1), 2)


def converted(chance: random.Random) -> float:
    """Money in another currency: no decimal number."""
    return chance.lognormvariate(3, 1.5) / 1.0837


EXAMPLES = 100 if THOROUGH else 20
DRAWS = {
    "money": money,
    "converted": converted,
    "refunds": lambda chance: round(chance.gauss(0, 30), 2),
    "whole": lambda chance: float(chance.randint(0, 500)),
    "tiny": lambda chance: chance.random() * 1e-9,
    "large": lambda chance: chance.random() * 1e12,
    "float32": lambda chance: float(pa.scalar(chance.random(), pa.float32()).as_py()),
    "noise": lambda chance: chance.choice([0.1 + 0.2 - 0.3, chance.random() * 1e3, -0.0, 5e-324]),
}
OUTLIERS = [1e10, 1e11, 1e16, -1e18, 1e300, math.inf, -math.inf, 1 / 3, 5e-324, math.pi * 1e9, math.nan]
OUTSIDE = {
    "in no arm": lambda amount: [Order(UNITS + 1, 3.0, amount)],
    "too young": lambda amount: [Order(UNITS, 3.0, amount)],
    "after the windows": lambda amount: [Order(4, 15.0, amount), Order(5, 40.0, amount)],
    "before the windows": lambda amount: [Order(4, -15.0, amount)],
    "of a stranger": lambda amount: [Order(10_000, 3.0, amount)],
}


PEOPLE = {UNITS: 1.0, UNITS + 1: 2.0}


@pytest.mark.parametrize("draw", DRAWS)
def test_an_amount_that_does_not_count_changes_no_byte(draw):
    rows = orders(DRAWS[draw])
    expected = results(tables(rows, outsiders=PEOPLE))
    for amount in (1e10, -1e18, math.inf, 1 / 3, 5e-324):
        outlying = [order for place in OUTSIDE.values() for order in place(amount)]
        assert results(tables(rows + outlying, outsiders=PEOPLE)) == expected, amount


@pytest.mark.parametrize("outside", OUTSIDE)
@pytest.mark.parametrize("draw", ["money", "converted"])
def test_nor_does_it_wherever_it_stands(draw, outside):
    rows = orders(DRAWS[draw])
    expected = results(tables(rows, outsiders=PEOPLE), ONE_SUM)
    for amount in OUTLIERS:
        assert results(tables(rows + OUTSIDE[outside](amount), outsiders=PEOPLE), ONE_SUM) == expected, amount


@pytest.mark.parametrize("definition", [STRATIFIED, CLUSTERED], ids=["strata", "clusters"])
@pytest.mark.parametrize("draw", ["money", "converted"])
def test_nor_does_it_in_strata_draws_and_clusters(draw, definition):
    rows = orders(DRAWS[draw])
    expected = results(tables(rows, outsiders=PEOPLE), definition)
    for amount in (1e16, 1 / 3, math.inf):
        outlying = [Order(UNITS, 3.0, amount), Order(4, 15.0, amount)]
        assert results(tables(rows + outlying, outsiders={UNITS: amount, UNITS + 1: amount}), definition) == expected


@pytest.mark.parametrize("outlier", OUTLIERS)
@pytest.mark.parametrize("scores", ["decimal", "thirds"])
def test_a_score_of_somebody_who_does_not_count_changes_no_byte(scores, outlier):
    rows = orders(money)
    of_units = {unit: (unit * 0.25 if scores == "decimal" else unit / 3) for unit in range(UNITS)}
    expected = results(tables(rows, of_units, {UNITS: 1.0, UNITS + 1: 0.0}))
    assert results(tables(rows, of_units, {UNITS: outlier, UNITS + 1: outlier})) == expected


def test_a_number_of_somebody_who_does_not_count_makes_no_mean_of_a_rate():
    found = json.loads(results(tables(orders(money), outsiders={UNITS: 7.0, UNITS + 1: 0.5})))
    assert {metric["name"]: metric["kind"] for metric in found["metrics"]}["happy"] == "rate"


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("draw", ["money", "converted"])
def test_files_with_an_outlier_give_the_same_bytes(tmp_path, draw, kind):
    rows = orders(DRAWS[draw])
    found = []
    for name, more in (("without", []), ("with", [Order(UNITS + 1, 3.0, 1e16), Order(4, 15.0, 1 / 3)])):
        frames = tables(rows + more, outsiders=PEOPLE)
        data = {}
        for source, table in frames.items():
            path = str(tmp_path / f"{name}-{source}.{kind}")
            (pq.write_table if kind == "parquet" else pa.csv.write_csv)(table, path)
            data[source] = {**DEFINITION["data"][source], "path": path}
        found.append(results({}, {**DEFINITION, "data": data}))
    assert found[0] == found[1] == results(tables(rows, outsiders=PEOPLE))


def are_far_apart(amounts, error: DataError) -> None:
    """Refused only where amounts that count are farther apart than the digits that are kept."""
    sizes = [abs(amount) for amount in amounts if amount]
    assert "too far apart" in str(error)
    assert max(sizes) / min(sizes) > 1e14


def test_validate_notes_an_infinite_amount_whoever_s_it_is():
    engine = Database()
    try:
        seen = inspect(load(DEFINITION), engine, tables([*orders(money), Order(UNITS + 1, 3.0, math.inf)]))
    finally:
        engine.close()
    assert any("column 'amount' holds an infinite value" in note for note in seen.notes)
    assert not seen.problems


def close(found: Fraction, exact: Fraction, size: Fraction) -> bool:
    return abs(found - exact) <= Fraction(1, 10**12) * size


@settings(deadline=None, max_examples=EXAMPLES)
@given(
    st.lists(
        st.tuples(
            st.integers(0, UNITS + 1),
            st.sampled_from([-13.5, -1.0, 0.0, 0.5, 13.9, 14.0, 20.0]),
            st.integers(-(10**9), 10**9),
            st.integers(-9, 9),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_decimal_amounts_of_any_size_have_exact_sums_or_are_refused(drawn):
    """From 1e-9 to 1e18, participants or not, in windows or not."""
    rows = [Order(unit, day, float(f"{digits}e{power}")) for unit, day, digits, power in drawn]
    try:
        found = sums_of(tables(rows, outsiders=PEOPLE))
    except DataError as error:
        are_far_apart([row.amount for row in rows if row.unit < UNITS and 0 <= row.day < 14], error)
        return
    exact = totals(rows, lambda amount: Fraction(repr(amount)))
    for arm, sums in enumerate(found):
        total, squares = exact[arm]
        assert close(Fraction(sums.total, sums.scale), total, sum(abs(Fraction(r.amount)) for r in rows))
        assert close(Fraction(sums.squares, sums.scale**2), squares, max(squares, Fraction(1, 10**300)))


@settings(deadline=None, max_examples=EXAMPLES)
@given(st.lists(st.floats(-1e18, 1e18, allow_subnormal=True), min_size=1, max_size=25), st.randoms())
def test_doubles_have_the_sums_of_their_bits_or_are_refused(amounts, chance):
    rows = [Order(chance.randrange(UNITS), 1.0, amount) for amount in amounts]
    try:
        found = sums_of(tables(rows))
    except DataError as error:
        are_far_apart(amounts, error)
        return
    exact = totals(rows, Fraction)
    size = max((abs(Fraction(amount)) for amount in amounts), default=Fraction(0))
    for arm, sums in enumerate(found):
        assert abs(Fraction(sums.total, sums.scale) - exact[arm][0]) <= size / 2**49


def test_money_sums_to_the_cent_beside_any_amount_that_counts():
    rows = [*orders(money), Order(3, 1.0, 1e20), Order(6, 1.0, 12345678901.25)]
    for sums, exact in zip(sums_of(tables(rows)), totals(rows, lambda x: Fraction(repr(x))).values(), strict=True):
        assert (Fraction(sums.total, sums.scale), Fraction(sums.squares, sums.scale**2)) == exact


def test_a_unit_s_average_is_rounded_far_below_its_digits():
    rows = [*orders(money), Order(UNITS + 1, 3.0, 9e9)]
    definition = {**ONE_SUM, "metrics": {"basket": {**DEFINITION["metrics"]["basket"], "role": "primary"}}}
    found = sums_of(tables(rows, outsiders={UNITS + 1: 1.0}), definition, "basket")
    for arm, sums in enumerate(found):
        spent: dict[int, list[Fraction]] = {}
        for row in rows:
            if row.unit < UNITS and row.unit // 2 % 2 == arm and 0 <= row.day < 14:
                spent.setdefault(row.unit, []).append(Fraction(repr(row.amount)))
        means = [sum(values) / len(values) for values in spent.values()]
        assert sums.n == len(means)
        assert close(Fraction(sums.total, sums.scale), sum(means), Fraction(1, 1000))


@pytest.mark.parametrize("largest", [1e10, 1e12, 1e14, 1e15, 1e17, 1e18, 2.0**80 / 3])
@pytest.mark.parametrize("small", [0.01, 0.001, 0.25])
def test_averages_keep_twelve_digits_beside_any_amount_or_are_refused(small, largest):
    rows = [Order(unit, day, small * (1 + (unit * unit + day) % 8)) for unit in range(UNITS) for day in (1, 2, 3)]
    rows = [Order(row.unit, row.day, round(row.amount, 3)) for row in rows] + [Order(2, 1.0, largest)]
    definition = {**ONE_SUM, "metrics": {"basket": {**DEFINITION["metrics"]["basket"], "role": "primary"}}}
    try:
        found = sums_of(tables(rows), definition, "basket")
    except DataError as error:
        are_far_apart([row.amount for row in rows], error)
        return
    spent: dict[int, list[Fraction]] = {unit: [] for unit in range(UNITS)}
    for row in rows:
        spent[row.unit].append(Fraction(repr(row.amount)))
    sums = found[0]  # of the arm without the large one
    exact = sum(sum(values) / len(values) for unit, values in spent.items() if unit // 2 % 2 == 0)
    assert abs(Fraction(sums.total, sums.scale) / exact - 1) < Fraction(1, 10**12)


STORED = {
    "whole": (pa.int64(), [2**53 - 1, 7, 0, -12]),
    "unsigned": (pa.uint64(), [2**52 + 1, 7, 0, 12]),
    "single precision": (pa.float32(), [0.5, 0.1, 3e7, 1e-3]),
    "decimal": (pa.decimal128(38, 10), [Decimal("12345.1234567891"), Decimal("0.1"), Decimal("1e-10")]),
    "small": (pa.int8(), [127, -128, 1]),
}


@pytest.mark.parametrize("kind", STORED)
def test_a_column_of_any_type_has_the_sum_of_what_was_stored(kind):
    stored, amounts = STORED[kind]
    frames = tables([Order(unit, 1.0, 0.0) for unit in range(len(amounts))])
    column = pa.array(amounts, stored)
    frames["orders"] = frames["orders"].set_column(2, "amount", column)
    found = sum(Fraction(sums.total, sums.scale) for sums in sums_of(frames))
    assert found == sum(Fraction(value) for value in column.to_pylist())


REFUSED = {
    "too far apart": [1e15, *[1 / 3e9] * 20],
    "infinite": [math.inf, 1.0],
    "too large": [1e30, 1.0],
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_summed_is_refused_with_its_column_and_a_cure_that_works(why):
    rows = [Order(place, 1.0, amount) for place, amount in enumerate(REFUSED[why])]
    with pytest.raises(DataError, match=f"data.orders: column 'amount' .*{why}.*`where") as caught:
        sums_of(tables(rows))
    assert not re.search("e[+]|333", str(caught.value))
    orders_read = {**ONE_SUM["data"]["orders"], "where": "amount < 1000000"}
    cured = {**ONE_SUM, "data": {**ONE_SUM["data"], "orders": orders_read}}
    assert sum(sums.total for sums in sums_of(tables(rows), cured)) > 0
