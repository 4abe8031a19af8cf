"""A value with more digits than a double holds is refused where its unit counts, and is nobody's concern elsewhere."""

from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from amounts import ONE_SUM, UNITS, Order, tables

from abtest import load
from abtest.engines.choice import named
from abtest.errors import DataError
from abtest.warehouse.collect import Collector

LOST = {
    "whole numbers": (pa.int64(), [9007199254740993, -9007199254740993, 1234567890123456789]),
    "unsigned whole numbers": (pa.uint64(), [9007199254740993, 18446744073709551615]),
    "money": (pa.decimal128(38, 2), [Decimal("10000000000000000.77"), Decimal("99999999999999999.99")]),
    "fine money": (pa.decimal128(38, 4), [Decimal("123456789012345.6789")]),
    "text": (pa.string(), ["9007199254740993", "10000000000000000.77", "12345678901234567890", "1234567" * 5]),
    "36 digits": (pa.decimal128(38, 0), [Decimal("123456" * 6)]),
}
KEPT = {
    "whole numbers": (pa.int64(), [9007199254740992, 2**60, -(2**55), 5]),
    "unsigned whole numbers": (pa.uint64(), [2**63, 2**53]),
    "money": (pa.decimal128(38, 2), [Decimal("12345678901234.56"), Decimal("100000000000.01"), Decimal(10) ** 17]),
    "doubles": (pa.float64(), [1e17 / 3, 123456789012.3456, 2.0**70]),
    "text": (pa.string(), ["123456789012.34", "0.1234567890123456789", "1e17", "100000000000000000000", "7.10"]),
}


def orders(kind, value, unit):
    """One large order of ``unit`` among plain ones of others."""
    plain = tables([Order(place, 1.0, 1.0) for place in range(10)])
    at = plain["orders"]["at"].combine_chunks()
    one = {pa.string(): "1"}.get(kind, Decimal(1) if pa.types.is_decimal(kind) else 1)
    plain["orders"] = pa.table(
        {
            "id": [*range(10), unit],
            "at": pa.concat_arrays([at, at[:1]]),
            "amount": pa.array([*[one] * 10, value], kind),
        }
    )
    return plain


def collected(given, engine="duckdb", where=None):
    definition = {**ONE_SUM, "data": {**ONE_SUM["data"]}}
    if where:
        definition["data"]["orders"] = {**definition["data"]["orders"], "where": where}
    opened = named(engine)().open()
    try:
        return Collector(load(definition), opened, given).collect().metrics["spent"]
    finally:
        opened.close()


def spent(arm):
    [total], [scale] = arm.totals, arm.scales
    return Fraction(total, scale)


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in LOST.values() for value in values])
def test_a_unit_that_counts_stops_the_analysis_another_does_not(kind, value):
    with pytest.raises(DataError, match=r"column 'amount' holds 1 value of those who count with more digits"):
        collected(orders(kind, value, 3))
    without = collected(orders(kind, "2" if kind == pa.string() else Decimal(2), UNITS + 5))
    beside = collected(orders(kind, value, UNITS + 5))
    assert [spent(arm) for arm in beside.arms] == [spent(arm) for arm in without.arms]


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in KEPT.values() for value in values])
def test_what_a_double_holds_is_summed(kind, value):
    found = collected(orders(kind, value, 3))
    exact = float(Decimal(value)) if kind != pa.float64() else value
    whole = {arm: sum(1.0 for unit in range(10) if unit // 2 % 2 == arm) for arm in (0, 1)}
    for number, arm in enumerate(found.arms):
        assert float(spent(arm)) == pytest.approx(whole[number] + (exact if number == 1 else 0), rel=1e-15)


def test_the_cure_that_is_printed_works():
    kind, [value, *_] = LOST["whole numbers"]
    assert collected(orders(kind, value, 3), where="amount < 1000000").arms[1].n > 0


def test_so_it_is_of_a_column_of_the_customers_and_of_files(tmp_path):
    given = tables([Order(place, 1.0, 1.0) for place in range(10)])
    customers = given["customers"]
    score = pa.array([9007199254740993 if unit == 3 else unit for unit in range(UNITS)], pa.int64())
    customers = customers.set_column(customers.column_names.index("score"), "score", score)
    definition = {
        **ONE_SUM,
        "metrics": {"score": {"type": "column", "role": "primary"}},
        "data": {"customers": {"path": "customers.csv"}, "assignments": {"path": "assignments.parquet", "at": "at"}},
    }
    pyarrow.csv.write_csv(customers, tmp_path / "customers.csv")
    pyarrow.parquet.write_table(given["assignments"], tmp_path / "assignments.parquet")
    opened = named("duckdb")().open()
    with pytest.raises(DataError, match="column 'score' holds 1 value of those who count"):
        Collector(load(definition, folder=tmp_path), opened, None).collect()
    opened.close()
