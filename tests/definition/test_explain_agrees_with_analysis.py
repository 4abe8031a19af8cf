"""What `abtest explain` says before the data is seen is what the analysis then does."""

import csv
import datetime as dt
import re
from pathlib import Path

import pytest
from lint_texts import merged, tree

import abtest
from abtest.definition.explain import explain
from abtest.definition.load import load

DATA = """\
name: small
unit: customer_id
timezone: UTC
period: {start: 2026-03-02, end: 2026-03-15}
arms: [{name: a, control: true}, {name: b}]
data:
  customers: {path: customers.csv}
  assignments: {path: assignments.csv, arm: arm, at: assigned_at}
  orders: {path: orders.csv, at: at, value: amount}
"""
EVENTS = "event: orders, window: [0d, 7d]"
RATIO = "type: ratio, window: [0d, 7d], numerator: {event: orders, of: sum}, denominator: {event: orders}"
METHODS = {
    "stratified Miettinen–Nurminen score": "stratified Miettinen–Nurminen score test within",
    "Miettinen–Nurminen score": "Miettinen–Nurminen score test of the shares",
    "regression adjustment per arm (Lin)": "regression adjustment within each arm (Lin)",
    "delta method": "delta method for the ratio of sums",
    "cluster-robust": "cluster-robust",
    "order statistics": "order statistics within each arm",
    "restricted mean time": "difference of the restricted mean times",
    "Welch t": "Welch's t test of the means",
    "skewness-corrected test of share": "a skewness-corrected test",
}
"""What the analysis calls a method, and what `explain` does; the first that fits."""


@pytest.fixture(scope="module", params=["units", "clusters"])
def folder(request, tmp_path_factory) -> Path:
    """Two units an hour for two weeks, in arms by unit or by store; the orders of two thirds of them."""
    path = tmp_path_factory.mktemp(request.param)
    customers = [("customer_id", "plan", "age", "store", "y", "z")]
    assignments, orders = [("customer_id", "arm", "assigned_at")], [("customer_id", "at", "amount")]
    for number in range(2 * 24 * 14):
        begun = dt.datetime(2026, 3, 2, tzinfo=dt.UTC) + dt.timedelta(hours=number // 2)
        unit, store = f"u{number:04d}", number // 8
        customers.append((unit, "ab"[number % 5 > 1], number % 50, f"s{store}", number % 3 % 2, number % 7))
        arm = (number + number // 6) % 2 if request.param == "units" else store % 2
        assignments.append((unit, "ab"[arm], begun.isoformat()))
        for event in range(number % 3):
            orders.append((unit, (begun + dt.timedelta(days=1 + 9 * event)).isoformat(), number % 13 + 1))
    for name, rows in (("customers", customers), ("assignments", assignments), ("orders", orders)):
        with (path / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    return path


def experiment(folder, metric, change=""):
    text = f"{DATA}metrics: {{m: {{role: primary, {metric}}}}}\n"
    return load(merged(tree(text), tree(change) if change else {}), folder=folder)


def told(definition) -> str:
    return explain(definition).replace("\n  ", " ")


@pytest.mark.parametrize("strata", ["", "analysis: {strata: [plan]}"], ids=["plain", "strata"])
@pytest.mark.parametrize(
    "metric",
    [
        f"type: retention, {EVENTS}",
        f"type: conversion, {EVENTS}, covariate: {{column: age}}",
        f"type: retention, {EVENTS}, covariate: {{window: [-7d, 0d]}}",
        f"type: count, {EVENTS}",
        f"type: sum, {EVENTS}, winsorise: 0.9",
        f"type: sum, {EVENTS}, covariate: {{column: plan}}",
        f"type: mean, {EVENTS}, allow_conditional: true",
        f"{RATIO}, allow_conditional: true",
        f"{RATIO}, allow_conditional: true, covariate: {{column: age}}",
        "type: column, column: y",
        "type: column, column: z",
        "type: column, column: z, covariate: {column: age}",
    ],
)
@pytest.mark.parametrize("folder", ["units"], indirect=True)
def test_the_test_that_is_named_is_the_one_that_runs(folder, metric, strata):
    agrees(experiment(folder, metric, strata))


@pytest.mark.parametrize(
    "metric", [f"type: quantile, {EVENTS}, quantile: 0.9", "type: time_to_event, event: orders, horizon: 7d"]
)
@pytest.mark.parametrize("folder", ["units"], indirect=True)
def test_quantiles_and_times_too(folder, metric):
    agrees(experiment(folder, metric))


@pytest.mark.parametrize("metric", [f"type: retention, {EVENTS}", f"type: sum, {EVENTS}", "type: column, column: z"])
@pytest.mark.parametrize("folder", ["clusters"], indirect=True)
def test_clusters_too(folder, metric):
    agrees(experiment(folder, metric, "cluster: store"))


def agrees(asked):
    ran = abtest.analyze(asked).metrics[0].method
    words = next(words for name, words in METHODS.items() if name in ran)
    named = re.search(r"Test: (.*)\.", told(asked.definition))
    assert named
    assert words in named[1], ran
    if asked.definition.metrics["m"].type != "column":  # a rate or a mean: only the data tells
        assert named[1].startswith(words)


@pytest.mark.parametrize("folder", ["units"], indirect=True)
def test_the_units_that_are_told_to_be_mature_are_those_that_are_counted(folder):
    asked = experiment(folder, f"type: retention, {EVENTS}", "period: {through: 2026-03-18}")
    until = re.search(r"units enrolled until (\d+) Mar 2026 are mature: (\d+) of 14 days", told(asked.definition))
    assert until
    assert int(until[1]) - 1 == int(until[2])
    counted = sum(arm.mature for arm in abtest.analyze(asked).metrics[0].arms)
    # Two units an hour; the two of the next midnight have windows that end with the data, so they are mature too.
    assert counted == int(until[2]) * 48 + 2


@pytest.mark.parametrize("folder", ["units"], indirect=True)
def test_on_the_day_that_is_told_every_unit_is_mature_and_a_day_before_not(folder):
    asked = experiment(folder, f"type: retention, {EVENTS}")
    cover = re.search(r"once the data cover (\d+) Mar 2026", told(asked.definition))
    assert cover
    for day, complete in ((int(cover[1]), True), (int(cover[1]) - 1, False)):
        asked = experiment(folder, f"type: retention, {EVENTS}", f"period: {{through: 2026-03-{day}}}")
        assert all(arm.immature == 0 for arm in abtest.analyze(asked).metrics[0].arms) == complete
