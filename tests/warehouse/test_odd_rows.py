"""Rows that exports really hold: placeholder dates, gaps, repeats. Each is counted under its name, none is lost."""

import datetime as dt

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from abtest import analyze, load
from abtest.errors import DataError

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DEFINITION = {
    "name": "odd",
    "unit": "unit",
    "timezone": "Europe/Helsinki",
    "period": {"start": "2026-03-01", "end": "2026-03-10", "through": "2026-04-30"},
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "data": {"assignments": {"at": "at"}, "orders": {"at": "at"}},
    "metrics": {"bought": {"role": "primary", "type": "conversion", "event": "orders", "window": ["0d", "7d"]}},
}
ORDERS = pa.table({"unit": ["p", "r"], "at": pa.array([NOON, NOON], pa.timestamp("us", "UTC"))})


def times(*moments: dt.datetime | None) -> pa.Array:
    return pa.array(moments, pa.timestamp("us", "UTC"))


def analysed(units, arms, at, orders=ORDERS, **changes):
    assignments = pa.table({"unit": pa.array(units, pa.string()), "arm": pa.array(arms, pa.string()), "at": times(*at)})
    return analyze(load({**DEFINITION, **changes}), tables={"assignments": assignments, "orders": orders})


@pytest.mark.parametrize("year", [1900, 1969, 9999])
def test_a_placeholder_date_is_outside_the_period_and_stays_in_the_ledger(year):
    odd = dt.datetime(year, 12, 31, 23, 59, tzinfo=dt.UTC)
    analysis = analysed("pqrs", "aabb", [NOON, NOON, NOON, odd])
    assert [(arm.assigned, arm.eligible, arm.excluded) for arm in analysis.population] == [
        (2, 2, {}),
        (2, 1, {"outside_period": 1}),
    ]


def test_the_arm_of_an_assignment_before_1970_is_its_own():
    old = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
    analysis = analysed("pqrs", "abbb", [NOON, NOON, old, old])
    assert [arm.assigned for arm in analysis.population] == [1, 3]


def test_repeats_are_counted_beside_rows_without_id_and_arm():
    analysis = analysed(["p", "p", "r", None], ["a", "a", "b", None], [NOON] * 4)
    messages = {check.id: check.message for check in analysis.checks}
    assert "1 assignments repeat a unit" in messages["assignments.repeated"]
    assert "1 of 4 rows have no id" in messages["assignments.without_id"]


@pytest.mark.parametrize("arms", ["ab", "ba"])
def test_a_unit_in_two_arms_at_one_instant_is_left_out_under_the_arm_declared_first(arms):
    analysis = analysed("xxpr", [*arms, "a", "b"], [NOON] * 4)
    assert [arm.excluded for arm in analysis.population] == [{"several_arms": 1}, {}]
    assert [arm.n for arm in analysis.metric("bought").arms] == [1, 1]


def test_a_unit_in_two_arms_is_listed_under_its_first_arm_whatever_the_order_of_rows():
    for step in (dt.timedelta(hours=1), dt.timedelta(hours=-1)):
        analysis = analysed("xxpr", "abab", [NOON, NOON + step, NOON, NOON])
        assert [arm.excluded.get("several_arms", 0) for arm in analysis.population] == (
            [1, 0] if step.days >= 0 else [0, 1]
        )


def test_late_joiners_are_never_counted():
    midnight = dt.datetime(2026, 2, 28, 22, tzinfo=dt.UTC)  # 1 March in Helsinki
    first_orders = times(midnight - dt.timedelta(microseconds=1), midnight, midnight - dt.timedelta(days=90), None)
    customers = pa.table({"unit": list("pqrs"), "first_order_at": first_orders})
    assignments = pa.table({"unit": list("pqrs"), "arm": list("aabb"), "at": times(*[NOON] * 4)})
    definition = {
        **DEFINITION,
        "population": {"eligible": "first_order_at < period.start"},
        "data": {"customers": {}, **DEFINITION["data"]},
    }
    frames = {"customers": customers, "assignments": assignments, "orders": ORDERS}
    analysis = analyze(load(definition), tables=frames)
    assert [arm.excluded for arm in analysis.population] == [{"not_eligible": 1}, {"eligibility_unknown": 1}]
    assert (analysis.customers.total, analysis.customers.eligible, analysis.customers.unassigned) == (4, 2, 0)


def test_without_a_declared_end_the_data_ends_with_the_last_event_and_nobody_else_is_mature():
    last = NOON + dt.timedelta(days=7)
    orders = pa.table({"unit": ["p", "r"], "at": times(NOON, last)})
    period = {"start": "2026-03-01", "end": "2026-03-10"}
    micro = dt.timedelta(microseconds=1)
    analysis = analysed("pqrs", "aabb", [NOON, NOON, NOON, NOON + micro], orders, period=period)
    assert dt.datetime.fromisoformat(analysis.data.through) == last
    assert [(arm.n, arm.immature) for arm in analysis.metric("bought").arms] == [(2, 0), (1, 1)]
    assert [arm.numerator for arm in analysis.metric("bought").arms] == [1, 0]  # r's order lies on the open end


def test_an_event_at_the_moment_of_assignment_counts_and_one_at_the_window_s_end_does_not():
    week = dt.timedelta(days=7)
    orders = pa.table({"unit": list("pqrs"), "at": times(NOON, NOON + week, NOON - dt.timedelta(microseconds=1), NOON)})
    analysis = analysed("pqrs", "aabb", [NOON] * 4, orders)
    assert [arm.numerator for arm in analysis.metric("bought").arms] == [1, 1]


def test_a_window_is_exact_days_also_across_a_clock_change():
    before = dt.datetime(2026, 3, 27, 12, tzinfo=dt.UTC)  # the clock goes forward on the 29th
    week = dt.timedelta(hours=7 * 24)
    orders = pa.table(
        {"unit": ["p", "q", "r"], "at": times(before + week - dt.timedelta(microseconds=1), before + week, before)}
    )
    period = {"start": "2026-03-20", "end": "2026-03-31", "through": "2026-04-30"}
    analysis = analysed("pqr", "aab", [before] * 3, orders, period=period)
    assert [arm.numerator for arm in analysis.metric("bought").arms] == [1, 1]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_an_event_frame_without_rows_counts_as_zero_when_no_primary_metric_uses_it(make):
    metrics = {**DEFINITION["metrics"], "left": {"type": "conversion", "event": "exits", "window": ["0d", "7d"]}}
    definition = {**DEFINITION, "data": {**DEFINITION["data"], "exits": {"at": "at"}}, "metrics": metrics}
    assignments = pa.table({"unit": list("pqrs"), "arm": list("aabb"), "at": times(*[NOON] * 4)})
    frames = {"assignments": assignments, "orders": ORDERS, "exits": make({"unit": [], "at": []})}
    analysis = analyze(load(definition), tables=frames)
    assert [(arm.numerator, arm.n) for arm in analysis.metric("left").arms] == [(0, 2), (0, 2)]
    assert {check.id: check.status for check in analysis.checks}["exits.events"] == "warn"


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_a_column_of_nothing_has_no_value_and_a_reason(make):
    definition = {
        "name": "empty",
        "data": {"customers": {"arm": "arm"}},
        "arms": DEFINITION["arms"],
        "metrics": {"score": {"role": "primary", "type": "column"}},
    }
    analysis = analyze(load(definition), tables={"customers": make({"arm": list("aabb"), "score": [None] * 4})})
    metric = analysis.metric("score")
    assert [(arm.n, arm.missing, arm.value) for arm in metric.arms] == [(0, 2, None)] * 2
    assert all(arm.reason for arm in metric.arms)
    assert metric.comparisons[0].p_value is None
    assert metric.comparisons[0].reason


def test_ids_of_a_fractional_type_are_refused_with_the_cure():
    assignments = pd.DataFrame({"unit": [1.0, 2.0, None], "arm": list("aab"), "at": [NOON] * 3})
    with pytest.raises(DataError, match=r"ids must be text or whole numbers .*Int64"):
        analyze(load(DEFINITION), tables={"assignments": assignments, "orders": ORDERS})


def test_unsigned_ids_beyond_63_bits_are_kept_apart():
    ids = pa.array([2**63 + number for number in range(4)], pa.uint64())
    assignments = pa.table({"unit": ids, "arm": list("aabb"), "at": times(*[NOON] * 4)})
    orders = pa.table({"unit": ids.slice(0, 1), "at": times(NOON)})
    analysis = analyze(load(DEFINITION), tables={"assignments": assignments, "orders": orders})
    assert [(arm.numerator, arm.n) for arm in analysis.metric("bought").arms] == [(1, 2), (0, 2)]


def test_an_arm_that_the_definition_lacks_is_named_with_its_rows():
    with pytest.raises(DataError, match=r"holds arms that the definition lacks: 'c' \(2 rows\)"):
        analysed("pqrs", "abcc", [NOON] * 4)


def test_an_arm_that_the_data_lacks_is_named():
    with pytest.raises(DataError, match="the arm 'b' does not occur in"):
        analysed("pq", "aa", [NOON] * 2)


def test_a_column_may_be_called_like_a_word_of_the_queries():
    frame = pd.DataFrame(
        {
            "variant": list("aaabbb"),
            "arm": ["keep"] * 5 + ["no"],
            "unit": [5] * 6,
            "at_us": ["x"] * 6,
            "status": [1, 0, 1, 1, 0, 1],
            "eligible": [1, 1, 0, 1, 1, 1],
            "units": [2.5, 3.5, 1.0, 1.0, 2.0, 3.0],
        }
    )
    definition = {
        "name": "words",
        "data": {"customers": {"arm": "variant", "where": "arm = 'keep' and unit = 5 and at_us = 'x'"}},
        "population": {"eligible": "eligible = 1"},
        "arms": DEFINITION["arms"],
        "metrics": {"status": {"role": "primary", "type": "column"}, "arm": {"type": "column", "column": "units"}},
    }
    analysis = analyze(load(definition), tables={"customers": frame})
    assert [(arm.numerator, arm.n) for arm in analysis.metric("status").arms] == [(1, 2), (1, 2)]
    assert [arm.value for arm in analysis.metric("arm").arms] == [3.0, 1.5]
