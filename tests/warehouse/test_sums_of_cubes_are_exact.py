"""Sums of cubes, which tell of skewness, are exact whole numbers for values of up to 64 bits, negative ones too."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abtest import load
from abtest.engines.duckdb.database import Database
from abtest.warehouse.collect import Collector

CENTS = st.integers(-(2**52), 2**52) | st.sampled_from([0, 1, -1, 2**32 - 1, 2**32, -(2**32), 2**51])


def collected(values: list[float], **column: object):
    arms = ["a", "b"] * (len(values) // 2 + 1)
    frame = pd.DataFrame({"unit": range(len(values)), "arm": arms[: len(values)], "spend": values})
    metric = {"role": "primary", "type": "column", "unit": "EUR", **column}
    experiment = load(
        {
            "name": "cubes",
            "data": {"customers": {"unit": "unit", "arm": "arm"}},
            "arms": [{"name": "a", "control": True}, {"name": "b"}],
            "metrics": {"spend": metric},
        }
    )
    database = Database()
    try:
        return Collector(experiment, database, {"customers": frame}).collect().metrics["spend"], frame
    finally:
        database.close()


@settings(deadline=None, max_examples=30)
@given(st.lists(CENTS, min_size=4, max_size=30))
def test_cubes_are_those_of_integer_arithmetic(cents):
    if {*cents} <= {0, 1}:
        return
    moments, frame = collected([float(c) for c in cents])
    for arm, sums in zip("ab", moments.arms, strict=True):
        if "y" not in sums.tails:
            continue
        own = [int(value) for value in frame.loc[frame["arm"] == arm, "spend"]]
        scaled = [value * sums.scale for value in own]
        assert sums.tails["y"].cubes == sum(value**3 for value in scaled)
        assert sums.tails["y"].positive == sum(value > 0 for value in own)
        assert sums.tails["y"].negative == sum(value < 0 for value in own)


def test_money_to_the_cent_has_its_cubes_and_a_cut_value_its_own():
    values = [0.0, 12.34, 99999.99, 0.01, 5.5, 7.25, 1234567.89, 3.0]
    moments, frame = collected(values, winsorise=0.75)
    for arm, sums in zip("ab", moments.arms, strict=True):
        own = [round(v * sums.scale) for v in frame.loc[frame["arm"] == arm, "spend"]]
        assert sums.tails["y"].cubes == sum(v**3 for v in own)
        cut = [min(v, round(moments.cap * sums.scale)) for v in own]
        assert sums.tails["w"].cubes == sum(v**3 for v in cut)


def test_numbers_of_more_than_64_bits_have_no_cubes_and_are_compared_by_welch():
    moments, _ = collected([1 / 3, 2 / 7, 1e9 / 7, 5.0, 2.5, 1.25])
    assert all(not sums.tails for sums in moments.arms)


@pytest.mark.parametrize("values", [[0.0, 1.0, 1.0, 0.0]])
def test_a_rate_is_not_asked_for_cubes(values):
    moments, _ = collected(values)
    assert moments.rate is False or not moments.arms[0].tails
