"""The board's rate: the effect of an experiment on (E − N)/S of the whole base, against counting the base."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abtest import load
from abtest.analysis.board import board_result
from abtest.analysis.result import (
    ArmPopulation,
    ArmResult,
    Comparison,
    CustomerBase,
    Effect,
    MetricResult,
)

RETAINED = {"role": "primary", "type": "retention", "event": "orders", "window": ["28d", "56d"]}


def definition(**further):
    return load(
        {
            "name": "drip",
            "unit": "id",
            "arms": [{"name": "control", "control": True}, {"name": "weekly"}, {"name": "daily"}],
            "data": {"assignments": {"at": "at"}, "customers": {}, "orders": {"at": "at"}},
            "metrics": {"retained": RETAINED},
            **further,
        }
    ).definition


def population(*eligible, exposed=None):
    names = ("control", "weekly", "daily")
    return [
        ArmPopulation(
            arm=name,
            assigned=n + 3,
            eligible=n,
            exposed=None if exposed is None else exposed[place],
            mature=n // 2,
            excluded={"not eligible": 3},
        )
        for place, (name, n) in enumerate(zip(names, eligible, strict=True))
    ]


def base(eligible):
    return CustomerBase(total=eligible + 500, eligible=eligible, not_eligible=500, unassigned=eligible // 2)


def retention(*effects, rate=0.5, **other):
    """A metric whose arms differ from the control by ``effects``: (estimate, low, high)."""
    names = ("weekly", "daily")
    found = {
        "name": "retained",
        "title": "Retained",
        "role": "primary",
        "type": "retention",
        "kind": "rate",
        "unit": "fraction",
        "good": "up",
        "estimand": "",
        "method": "score",
        "arms": [ArmResult(arm="control", n=10, mature=10, value=rate, low=None, high=None)],
        "comparisons": [
            Comparison(
                arm=name,
                control="control",
                method="score",
                difference=Effect(estimate=e, low=low, high=high, reason=None if e is not None else "too few"),
                lift=Effect(estimate=None, low=None, high=None),
                p_value=0.5,
                verdict="no difference shown",
            )
            for name, (e, low, high) in zip(names, effects, strict=False)
        ],
    }
    return MetricResult(**{**found, **other})


def three(effect):
    return (effect.estimate, effect.low, effect.high)


def test_moved_is_the_share_of_the_base_that_an_arm_kept_and_if_all_is_the_difference():
    metric = retention((0.02, -0.01, 0.05), (-0.04, -0.06, -0.02))
    found = board_result(definition(), population(1000, 2000, 500), base(10_000), [metric])
    assert (found.metric, found.base, found.assigned, found.share_assigned) == ("retained", 10_000, 3500, 0.35)
    assert found.control_rate == 0.5
    weekly, daily = found.rows
    assert (weekly.arm, weekly.share_reached) == ("weekly", 0.2)
    assert three(weekly.moved) == pytest.approx((0.004, -0.002, 0.01))
    assert three(weekly.customers_moved) == pytest.approx((40, -20, 100))
    assert three(weekly.if_all) == (0.02, -0.01, 0.05)
    assert three(weekly.customers_if_all) == pytest.approx((200, -100, 500))
    assert (daily.arm, daily.share_reached) == ("daily", 0.05)
    assert three(daily.moved) == pytest.approx((-0.002, -0.003, -0.001))


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 500), st.integers(0, 5000), st.data())
def test_moved_is_what_counting_the_base_with_and_without_the_treatment_gives(arm, others, data):
    # A base in which everybody outside the arm does the same either way: (E − N)/S, counted customer by customer.
    untreated = data.draw(st.integers(0, arm))
    treated = data.draw(st.integers(0, arm))
    rest = data.draw(st.integers(0, others))
    size = arm + others
    counted = (rest + treated) / size - (rest + untreated) / size
    metric = retention(((treated - untreated) / arm, None, None))
    found = board_result(definition(), population(0, arm, 0), base(size), [metric])
    assert found.rows[0].moved.estimate == pytest.approx(counted, abs=1e-12)
    assert found.rows[0].customers_moved.estimate == pytest.approx(treated - untreated, abs=1e-9)


def test_where_only_exposed_customers_are_analysed_the_others_count_as_unmoved():
    defined = definition(population={"exposure": {"event": "orders", "trigger": "exposure"}})
    sizes = population(1000, 1000, 1000, exposed=(400, 500, 250))
    found = board_result(defined, sizes, base(10_000), [retention((0.1, 0.05, 0.15))])
    row = found.rows[0]
    assert row.share_reached == 0.1
    assert row.moved.estimate == pytest.approx(0.1 * 500 / 10_000)
    assert row.if_all.estimate == pytest.approx(0.1 * 0.5)
    assert row.customers_if_all.estimate == pytest.approx(500)


def test_an_open_bound_stays_open_and_a_missing_effect_keeps_its_reason():
    metric = retention((0.02, 0.001, None), (None, None, None))
    weekly, daily = board_result(definition(), population(10, 10, 0), base(100), [metric]).rows
    assert (weekly.moved.low, weekly.moved.high) == (pytest.approx(0.0001), None)
    assert three(daily.if_all) == (None, None, None)
    assert (daily.moved.reason, daily.share_reached) == ("too few", 0)


def test_the_first_primary_retention_is_taken():
    other = retention((0.5, 0.4, 0.6), name="bought", type="conversion")
    second = retention((0.3, 0.2, 0.4), name="later")
    found = board_result(definition(), population(1, 1, 1), base(10), [other, retention((0.1, 0.0, 0.2)), second])
    assert found.metric == "retained"


@pytest.mark.parametrize(
    "metric",
    [
        retention((0.1, 0, 0.2), role="secondary"),
        retention((0.1, 0, 0.2), type="conversion"),
        retention((0.1, 0, 0.2), kind="mean"),
        retention(),
    ],
    ids=["secondary", "conversion", "mean", "no comparison"],
)
def test_without_a_primary_retention_there_is_nothing_to_tell_the_board(metric):
    assert board_result(definition(), population(1, 1, 1), base(10), [metric]) is None


def test_without_a_base_of_its_own_there_is_nothing_to_tell_the_board():
    metric = retention((0.1, 0, 0.2))
    assert board_result(definition(), population(1, 1, 1), None, [metric]) is None
    assert board_result(definition(), population(0, 0, 0), base(0), [metric]) is None
    wide = definition(data={"customers": {"arm": "arm", "at": "at"}, "orders": {"at": "at"}})
    assert board_result(wide, population(1, 1, 1), base(10), [metric]) is None
