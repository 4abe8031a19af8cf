"""Retention with `at_least`: a share of units with so many events, in every way of writing the window."""

import pandas as pd
import pytest

import abtest
from abtest.definition.explain import explain
from abtest.errors import DefinitionError

START = pd.Timestamp("2026-03-02", tz="UTC")
EVENTS = [0, 1, 1, 2, 3, 5, 0, 2, 4, 1, 2, 6] * 12
"""Orders of each unit, one a day from the second day on."""


@pytest.fixture(scope="module")
def tables():
    units = range(len(EVENTS))
    orders = [(unit, START + pd.Timedelta(days=1 + day)) for unit in units for day in range(EVENTS[unit])]
    orders.append((-1, START + pd.Timedelta(days=90)))
    return {
        "customers": pd.DataFrame(
            {
                "customer_id": units,
                "country": ["FI" if unit % 3 else "SE" for unit in units],
                "store": [f"s{unit // 4}" for unit in units],
            }
        ),
        "assignments": pd.DataFrame(
            {"customer_id": units, "arm": ["ab"[unit // 4 % 2] for unit in units], "at": [START] * len(EVENTS)}
        ),
        "orders": pd.DataFrame(orders, columns=["customer_id", "at"]),
    }


def experiment(metric: str, more: dict[str, object] | None = None):
    import yaml

    return abtest.load(
        {
            "name": "enough",
            "unit": "customer_id",
            "timezone": "UTC",
            "arms": [{"name": "a", "control": True}, {"name": "b"}],
            "data": {"customers": {}, "assignments": {"at": "at"}, "orders": {"at": "at"}},
            "metrics": {"kept": yaml.safe_load(f"{{type: retention, role: primary, event: orders, {metric}}}")},
            **(more or {}),
        }
    )


def shares(least: int, low: int, high: int) -> list[float]:
    """Return the share per arm of units with so many orders on the days [low, high)."""
    found = []
    for arm in range(2):
        mine = [events for unit, events in enumerate(EVENTS) if unit // 4 % 2 == arm]
        inside = [len([day for day in range(events) if low <= 1 + day < high]) for events in mine]
        found.append(sum(number >= least for number in inside) / len(mine))
    return found


@pytest.mark.parametrize("least", [1, 2, 3, 6, 7, 10_000])
@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("window: [0d, 7d]", (0, 7)),
        ("window: [2d, 5d], days: calendar", (2, 5)),
        ("day: 1", (1, 2)),
        ("after: 3d, horizon: 30d", (3, 30)),
        ("by: month", (30, 60)),
    ],
)
def test_units_with_enough_events_are_retained(tables, written, days, least):
    analysis = abtest.analyze(experiment(f"{written}, at_least: {least}"), tables)
    assert [arm.value for arm in analysis.metric("kept").arms] == pytest.approx(shares(least, *days))


def test_a_curve_that_is_asked_for_has_a_threshold_in_every_period(tables):
    analysis = abtest.analyze(experiment("window: [0d, 8d], at_least: 2, curve: week"), tables)
    (curve,) = analysis.curves
    for arm, drawn in enumerate(curve.arms):
        expected = [shares(2, low, high)[arm] for low, high in ((0, 7), (7, 8))]
        assert [point.value for point in drawn.points] == pytest.approx(expected)


@pytest.mark.parametrize(("least", "curves"), [(1, 1), (2, 0)])
def test_only_one_event_gives_a_primary_retention_a_curve_of_its_own_accord(tables, least, curves):
    assert len(abtest.analyze(experiment(f"window: [0d, 7d], at_least: {least}"), tables).curves) == curves


@pytest.mark.parametrize(
    "more",
    [
        {"analysis": {"strata": ["country"]}},
        {"segments": ["country"]},
        {"cluster": "store"},
    ],
    ids=["strata", "segments", "clusters"],
)
def test_strata_segments_and_clusters_leave_the_share_as_it_is(tables, more):
    metric = abtest.analyze(experiment("window: [0d, 7d], at_least: 2", more), tables).metric("kept")
    assert [arm.value for arm in metric.arms] == pytest.approx(shares(2, 0, 7))
    assert metric.comparisons[0].p_value is not None


def test_a_covariate_has_the_threshold_too(tables):
    before = tables["orders"].assign(at=tables["orders"]["at"] - pd.Timedelta(days=14))
    both = {**tables, "orders": pd.concat([tables["orders"], before])}
    metric = "window: [0d, 7d], at_least: 3, covariate: {window: [-14d, 0d]}"
    (comparison,) = abtest.analyze(experiment(metric), both).metric("kept").comparisons
    # Each unit did before what it does after, so nothing of the outcome is left to explain.
    assert comparison.variance_removed is None or comparison.variance_removed > 0.99


def test_the_reading_by_kaplan_meier_is_refused_with_a_cure():
    with pytest.raises(DefinitionError, match=r"reading: kaplan-meier.*at_least.*remove one of them"):
        experiment("window: [0d, 7d], at_least: 2, reading: kaplan-meier")
    experiment("window: [0d, 7d], at_least: 1, reading: kaplan-meier")


def test_immature_units_give_no_second_reading(tables):
    late = {**tables, "orders": tables["orders"][tables["orders"]["customer_id"] >= 0]}
    (metric,) = abtest.analyze(experiment("window: [0d, 40d], at_least: 2"), late).metrics
    assert metric.readings == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("0", "from 1 to"),
        ("-1", "whole number"),
        ("1.5", "whole number"),
        ("10001", "10000"),
        ("true", "number"),
        ("'2'", "number"),
    ],
)
def test_what_is_no_number_of_events_is_refused(written, told):
    with pytest.raises(DefinitionError, match=rf"metrics\.kept\.at_least: .*{told}"):
        experiment(f"window: [0d, 7d], at_least: {written}")


def test_it_is_told_before_the_data_and_after():
    text = " ".join(explain(experiment("window: [0d, 7d], at_least: 3").definition).split())
    assert "Share of units that return: at least 3 events in orders from 0d to before 7d after assignment" in text
