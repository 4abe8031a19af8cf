"""Spark counts curves, early readings and competing causes as DuckDB does, digit for digit."""

import pytest
import spark_base  # noqa: F401 - skips without Spark
from curve_cases import CurveCase, every_kind, random_curve_case
from test_spark_agrees import assert_alike

pytestmark = pytest.mark.usefixtures("session")
NAMES = ("back", "after", "hours", "spent_local", "number", "competing_two")


def test_a_curve_an_early_reading_and_competing_causes():
    case = random_curve_case(1003)  # some units are immature for some periods, and every cause occurs
    metrics = {name: every_kind()[name] for name in NAMES}
    small = CurveCase(case.study, metrics, case.units, case.events, case.strata)
    assert_alike(small.definition, small.frames)
