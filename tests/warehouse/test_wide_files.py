"""One wide file, one row per unit or none told apart: the simple case stays simple and loses no row."""

import datetime as dt

import pandas as pd
import polars as pl
import pytest

from abtest import analyze, load
from abtest.errors import DataError

ARMS = [{"name": "a", "control": True}, {"name": "b"}]


def wide(columns: dict[str, list[object]], metrics: list[str], *, make=pd.DataFrame, arms=ARMS, **source):
    definition = {
        "name": "wide",
        "data": {"customers": {"arm": "arm", **source}},
        "arms": arms,
        "metrics": {
            name: {"type": "column", "role": "secondary" if place else "primary"} for place, name in enumerate(metrics)
        },
    }
    return analyze(load(definition), tables={"customers": make(columns)})


# Published counts of the MineThatData e-mail campaign: customers, visits, conversions.
CAMPAIGN = {"Mens E-Mail": (21307, 3894, 267), "Womens E-Mail": (21387, 3238, 189), "No E-Mail": (21306, 2262, 122)}


def test_three_arms_of_a_real_campaign_keep_every_identical_row():
    rows = {"arm": [], "visit": [], "conversion": []}
    for arm, (customers, visits, conversions) in CAMPAIGN.items():
        rows["arm"] += [arm] * customers
        rows["visit"] += [1] * visits + [0] * (customers - visits)
        rows["conversion"] += [1] * conversions + [0] * (customers - conversions)
    arms = [{"name": name, "control": name == "No E-Mail"} for name in CAMPAIGN]
    analysis = wide(rows, ["visit", "conversion"], make=pl.DataFrame, arms=arms)
    for place, metric in enumerate(analysis.metrics, start=1):
        assert metric.kind == "rate"
        for arm in metric.arms:
            assert (arm.n, arm.numerator) == (CAMPAIGN[arm.arm][0], CAMPAIGN[arm.arm][place])
    mens = next(c for c in analysis.metric("visit").comparisons if c.arm == "Mens E-Mail")
    assert mens.difference.estimate == pytest.approx(0.07658956365, abs=5e-12)
    ratio = next(check for check in analysis.checks if check.id == "srm_assigned")
    assert ratio.p_value == pytest.approx(0.9036929576, abs=5e-11)


@pytest.mark.parametrize(
    "answers",
    [
        [True, False, None, True, False, False],
        [1, 0, None, 1, 0, 0],
        [1.0, 0.0, float("nan"), 1.0, 0.0, 0.0],
        ["TRUE", "false", "", " True ", "False", "FALSE"],
        ["1", "0", None, "1", "0.0", "0"],
    ],
)
def test_true_and_false_are_a_rate_however_they_are_written(answers):
    metric = wide({"arm": list("aaabbb"), "back": answers}, ["back"]).metric("back")
    assert metric.kind == "rate"
    assert [(arm.numerator, arm.n, arm.missing) for arm in metric.arms] == [(1, 2, 1), (1, 3, 0)]


def test_other_numbers_are_a_mean():
    metric = wide({"arm": list("aaabbb"), "visits": [0, 1, 2, 0, 0, 3]}, ["visits"]).metric("visits")
    assert metric.kind == "mean"
    assert [arm.value for arm in metric.arms] == [1.0, 1.0]
    assert all(arm.numerator is None for arm in metric.arms)


def test_one_value_that_is_neither_0_nor_1_makes_the_column_a_mean_in_every_arm():
    metric = wide({"arm": list("aaabbb"), "back": [0, 1, 0.5, 0, 1, 1]}, ["back"]).metric("back")
    assert metric.kind == "mean"
    assert [arm.value for arm in metric.arms] == pytest.approx([0.5, 2 / 3], rel=1e-12)


def test_text_that_is_no_number_is_refused_with_how_many_are():
    with pytest.raises(DataError, match=r"column 'back': 1 of 5 values are not a number: no one form"):
        wide({"arm": list("aaabbb"), "back": ["1", "0", "", "0", "yes", "1"]}, ["back"])


def test_a_constant_column_has_values_but_no_test():
    metric = wide({"arm": list("aaabbb"), "size": [7] * 6}, ["size"]).metric("size")
    assert [arm.value for arm in metric.arms] == [7.0, 7.0]
    assert metric.comparisons[0].p_value is None
    assert metric.comparisons[0].verdict == "not estimable"
    assert "no variation" in metric.comparisons[0].reason


def test_without_unit_identical_rows_are_different_units():
    analysis = wide({"arm": ["a"] * 5 + ["b"] * 3, "back": [1] * 5 + [0] * 3}, ["back"])
    assert [arm.n for arm in analysis.metric("back").arms] == [5, 3]


def test_with_unit_identical_rows_are_one_unit():
    columns = {"arm": list("aaabb"), "back": [1, 1, 0, 0, 1], "id": list("xxyzw")}
    analysis = wide(columns, ["back"], unit="id")
    assert [(arm.n, arm.numerator) for arm in analysis.metric("back").arms] == [(2, 1), (2, 1)]
    assert any(check.id == "customers.repeated" and check.status == "warn" for check in analysis.checks)


@pytest.mark.parametrize("other", [0, None])
def test_rows_of_one_unit_that_disagree_are_left_out_and_counted(other):
    columns = {"arm": list("aaabb"), "back": pd.array([1, other, 0, 0, 1], "Int8"), "id": list("xxyzw")}
    analysis = wide(columns, ["back"], unit="id")
    assert analysis.population[0].excluded == {"conflicting_rows": 1}
    assert [(arm.n, arm.numerator) for arm in analysis.metric("back").arms] == [(1, 0), (2, 1)]


def test_with_a_time_the_earliest_row_of_a_unit_counts():
    day = [dt.datetime(2026, 3, number, tzinfo=dt.UTC) for number in (3, 1, 2, 1, 1)]
    columns = {"arm": list("aaabb"), "back": [1, 0, 1, 0, 1], "id": list("xxyzw"), "seen": day}
    analysis = wide(columns, ["back"], unit="id", at="seen")
    assert [(arm.n, arm.numerator) for arm in analysis.metric("back").arms] == [(2, 1), (2, 1)]
    assert analysis.population[0].excluded == {}


def test_with_equal_times_rows_that_disagree_are_left_out():
    day = [dt.datetime(2026, 3, number, tzinfo=dt.UTC) for number in (1, 1, 2, 1, 1)]
    columns = {"arm": list("aaabb"), "back": [1, 0, 1, 0, 1], "id": list("xxyzw"), "seen": day}
    assert wide(columns, ["back"], unit="id", at="seen").population[0].excluded == {"conflicting_rows": 1}


def test_a_unit_in_two_arms_of_a_wide_file_is_left_out():
    columns = {"arm": list("abaabb"), "back": [1, 1, 0, 1, 0, 1], "id": list("xxyzvw")}
    analysis = wide(columns, ["back"], unit="id")
    assert [arm.excluded for arm in analysis.population] == [{"several_arms": 1}, {}]
    assert [arm.n for arm in analysis.metric("back").arms] == [2, 2]


def test_rows_without_an_arm_are_not_assigned():
    columns = {"arm": ["a", None, " ", " a ", "b", "b", ""], "back": [1, 1, 1, 0, 0, 1, 1]}
    analysis = wide(columns, ["back"])
    assert [(arm.assigned, arm.eligible) for arm in analysis.population] == [(2, 2), (2, 2)]
    assert any(check.id == "customers.without_arm" and "3 of 7" in check.message for check in analysis.checks)


def test_arms_may_be_written_as_numbers():
    arms = [{"name": "0", "control": True}, {"name": "1"}]
    analysis = wide({"arm": [0, 0, 1, 1], "back": [0, 1, 1, 1]}, ["back"], arms=arms)
    assert [(arm.arm, arm.numerator) for arm in analysis.metric("back").arms] == [("0", 1), ("1", 2)]
