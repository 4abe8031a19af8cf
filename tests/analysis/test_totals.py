"""Differences of amounts in total, against sums made row by row."""

import datetime as dt
import random

import polars as pl
import pytest
import small

import abtest

START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ASSIGNED, BASE = 400, 650


def experiment(metric: dict[str, object] | None = None, **further: object) -> abtest.Experiment:
    window = {"event": "orders", "window": ["0d", "28d"]}
    return small.experiment(
        {
            "kept": {"role": "primary", "type": "retention", **window},
            "revenue": {"type": "sum", "unit": "EUR", **window, **(metric or {})},
            "orders_28d": {"type": "count", **window},
            "order_value": {"type": "mean", **window},
        },
        end="2026-03-15",
        through="2026-05-31",
        population={"eligible": "plan = 'pro'"},
        data={"customers": {}, "assignments": {"at": "at"}, "orders": {"at": "at", "value": "amount"}},
        **further,
    )


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    """Return customers 0 … 649 of plan pro and 50 others; the first 400 are assigned, every second to b."""
    draw = random.Random(5)
    customers = [(number, "pro" if number < BASE else "free") for number in range(BASE + 50)]
    assigned = [(n, "b" if n % 2 else "a", START + draw.randrange(14) * DAY) for n in range(ASSIGNED)]
    orders = []
    for number, arm, at in assigned:
        for _ in range(draw.randrange(4)):
            cents = draw.randrange(100, 9_000) + (1_500 if arm == "b" else 0)
            orders.append((number, at + draw.random() * 40 * DAY, cents / 100))
    people = pl.DataFrame(customers, schema=["id", "plan"], orient="row")
    return {"customers": people, **small.tables(assigned=assigned, orders=orders)}


def means(tables: dict[str, pl.DataFrame]) -> dict[str, float]:
    at = {number: (arm, at) for number, arm, at in tables["assignments"].rows()}
    sums = {"a": 0.0, "b": 0.0}
    for number, when, amount in tables["orders"].rows():
        arm, begin = at[number]
        sums[arm] += amount if begin <= when < begin + 28 * DAY else 0
    return {arm: total / (ASSIGNED // 2) for arm, total in sums.items()}


def total(analysis: abtest.Analysis, metric: str = "revenue") -> object:
    return analysis.metric(metric).comparisons[0].in_total


def test_money_is_the_difference_times_customers_as_run_and_of_all_arms(tables):
    """Customers without an arm, of whom there are some, are not spoken for."""
    assert ASSIGNED < BASE
    analysis = abtest.analyze(experiment(), tables)
    found, mean = total(analysis), means(tables)
    assert (found.arm_customers, found.base_customers) == (ASSIGNED // 2, ASSIGNED)
    assert found.arm.estimate == pytest.approx((mean["b"] - mean["a"]) * 200, rel=1e-12)
    assert found.base.estimate == pytest.approx((mean["b"] - mean["a"]) * ASSIGNED, rel=1e-12)
    difference = analysis.metric("revenue").comparisons[0].difference
    assert (found.arm.low, found.arm.high) == (difference.low * 200, difference.high * 200)
    assert (found.base.low, found.base.high) == (difference.low * ASSIGNED, difference.high * ASSIGNED)


def test_only_sums_have_totals(tables):
    analysis = abtest.analyze(experiment(), tables)
    assert [total(analysis, name) for name in ("kept", "orders_28d", "order_value")] == [None] * 3


def test_no_table_of_customers_is_needed(tables):
    definition = experiment().definition.model_dump(mode="json", exclude_defaults=True)
    del definition["data"]["customers"], definition["population"]
    analysis = abtest.analyze(abtest.load(definition), {k: t for k, t in tables.items() if k != "customers"})
    assert (total(analysis).arm_customers, total(analysis).base_customers) == (ASSIGNED // 2, ASSIGNED)


def test_winsorised_amounts_are_no_money(tables):
    analysis = abtest.analyze(experiment({"winsorise": 0.9}), tables)
    comparison = analysis.metric("revenue").comparisons[0]
    mean = means(tables)
    assert comparison.difference.estimate != pytest.approx(mean["b"] - mean["a"], rel=1e-6)
    assert total(analysis).arm.estimate == pytest.approx((mean["b"] - mean["a"]) * 200, rel=1e-9)


def test_where_only_the_exposed_are_analysed_they_alone_count(tables):
    population = {"eligible": "plan = 'pro'", "exposure": {"event": "seen", "trigger": "exposure"}}
    definition = experiment().definition.model_dump(mode="json", exclude_defaults=True)
    definition["data"]["seen"] = {"at": "at"}
    definition["population"] = population
    seen = tables["assignments"].filter(pl.col("id") % 4 < 2).select("id", "at")  # half of each arm
    analysis = abtest.analyze(abtest.load(definition), tables | {"seen": seen})
    found = total(analysis)
    assert (found.arm_customers, found.base_customers) == (100, ASSIGNED // 2)
    difference = analysis.metric("revenue").comparisons[0].difference
    assert found.base.estimate == pytest.approx(difference.estimate * ASSIGNED / 2)


def test_one_sided_tests_leave_a_total_one_bound(tables):
    found = total(abtest.analyze(experiment(analysis={"alternative": "one-sided"}), tables))
    assert found.arm.low is not None
    assert found.arm.high is None
