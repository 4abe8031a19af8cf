"""Sums are exact: no digit depends on the order of rows, on a large mean, or on the size of the numbers."""

import math
import random
from fractions import Fraction

import pandas as pd
import pytest

from abtest import analyze, load
from abtest.engines.duckdb.database import Database
from abtest.errors import DataError
from abtest.warehouse.collect import Collector

WIDE = {
    "name": "sums",
    "data": {"customers": {"arm": "arm"}},
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "metrics": {"amount": {"role": "primary", "type": "column"}},
}


def values(count: int, centre: float, spread: float, decimals: int, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [round(chance.gauss(centre, spread), decimals) for _ in range(count)]


def frame(control: list[float | None], treatment: list[float | None]) -> pd.DataFrame:
    return pd.DataFrame({"arm": ["a"] * len(control) + ["b"] * len(treatment), "amount": control + treatment})


def moments(numbers: list[float]) -> tuple[float, float]:
    """Mean and standard deviation in rational arithmetic, of the decimal numbers that were written."""
    exact = [Fraction(str(number)) for number in numbers]
    mean = sum(exact) / len(exact)
    return float(mean), math.sqrt(sum((x - mean) ** 2 for x in exact) / (len(exact) - 1))


def arms_of(table: pd.DataFrame):
    return analyze(load(WIDE), tables={"customers": table}).metric("amount").arms


CASES = {
    "money": (20.0, 30.0, 2),
    "large money": (1e5, 1e4, 2),
    "a mean of 1e9 with variance 1": (1e9, 1.0, 2),
    "around 1e12": (1e12, 1e11, 0),
    "thousandths": (0.004, 0.002, 9),
    "around 1e-9": (5e-9, 1e-9, 16),
}


@pytest.mark.parametrize("case", CASES)
def test_mean_and_deviation_equal_rational_arithmetic(case):
    numbers = values(400, *CASES[case]), values(300, *CASES[case], seed=2)
    for arm, given in zip(arms_of(frame(*numbers)), numbers, strict=True):
        mean, deviation = moments(given)
        assert arm.value == pytest.approx(mean, rel=1e-10)
        assert arm.standard_deviation == pytest.approx(deviation, rel=1e-6)


def test_sums_of_money_are_exact_to_the_last_cent():
    numbers = values(2_000, 80.0, 40.0, 2), values(2_000, 80.0, 40.0, 2, seed=2)
    engine = Database()
    try:
        found = Collector(load(WIDE), engine, {"customers": frame(*numbers)}).collect().metrics["amount"].arms
    finally:
        engine.close()
    for sums, given in zip(found, numbers, strict=True):
        exact = [Fraction(str(number)) for number in given]
        assert Fraction(sums.total, sums.scale) == sum(exact)
        assert Fraction(sums.squares, sums.scale**2) == sum(x * x for x in exact)


def test_cancelling_values_leave_no_rounding_error():
    table = frame([1e8, 0.01, -1e8, 0.01], [0.1] * 10 + [-1.0])
    assert [arm.value for arm in arms_of(table)] == [0.005, 0.0]


def test_nan_and_null_are_no_value_and_zero_is_one():
    table = frame([1.5, float("nan"), None, 0.0], [2.5, 2.5, 0.5, None])
    control, treatment = arms_of(table)
    assert (control.n, control.missing, control.value) == (2, 2, 0.75)
    assert (treatment.n, treatment.missing, treatment.value) == (3, 1, pytest.approx(5.5 / 3, rel=1e-12))


@pytest.mark.parametrize("infinite", [float("inf"), float("-inf")])
def test_an_infinite_value_is_refused_with_its_column(infinite):
    with pytest.raises(DataError, match="column 'amount' holds an infinite value"):
        arms_of(frame([1.0, infinite], [1.0, 2.0]))


def test_a_value_that_no_exact_sum_can_hold_names_its_column():
    """1e30 cannot be a customer's value; the error must say which column to look at."""
    with pytest.raises(DataError, match="amount"):
        arms_of(frame([1.0, 1e30, 3.0], [1.0, 2.0, 3.0]))
