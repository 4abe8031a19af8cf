"""Sends per window: counted, implied by the cadences, and proposed."""

import itertools
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lint_texts import codes, found, only

from abtest.definition.lints import Finding
from abtest.definition.lints.cadence import aligned, sends


def cadence(window, low=14, high=7, clock="") -> list[Finding]:
    arms = [
        "{name: a, control: true" + (f", cadence: {low}d" if low else "") + "}",
        "{name: b" + (f", cadence: {high}d" if high else "") + "}",
    ]
    change = (
        f"arms: [{', '.join(arms)}]\n"
        f"metrics:\n  retained: {{window: {window}{clock}}}\n"
        f"  unsubscribed: {{role: secondary, margin: , window: {window}{clock}}}\n"
        "period: {through: 2027-12-31}"
    )
    return [finding for finding in found(change) if finding.code == "cadence" and "retained" in finding.path]


@given(st.integers(0, 500), st.integers(1, 500), st.integers(1, 60))
def test_sends_are_the_multiples_in_the_window(low, length, every):
    assert sends((low, low + length), every) == sum(moment % every == 0 for moment in range(low, low + length))


@given(st.integers(0, 120), st.integers(1, 200), st.lists(st.sampled_from([1, 2, 3, 5, 7, 14, 21, 28]), min_size=1))
def test_a_length_of_whole_cycles_is_the_same_as_every_arm_having_its_implied_sends(low, length, cadences):
    counted = all(sends((low, low + length), every) * every == length for every in cadences)
    assert counted == (length % math.lcm(*cadences) == 0)


@given(st.integers(0, 90), st.integers(1, 90), st.integers(1, 30), st.booleans())
@example(28, 7, 14, False)
@example(0, 60, 14, False)
def test_the_proposal_is_the_nearest_of_all_aligned_windows(low, length, cycle, from_zero):
    window = (0 if from_zero else low, low + length)
    limit = window[1] + 3 * cycle
    edges = range(0, limit + 1, cycle)
    every = [(a, b) for a, b in itertools.product(edges, edges) if a < b and (a == 0 or not from_zero)]
    best = min(every, key=lambda w: (abs(w[0] - window[0]) + abs(w[1] - window[1]), w[0] - w[1], w[0]))
    assert aligned(window, cycle, from_zero=from_zero) == best


@pytest.mark.parametrize(
    ("window", "proposal"),
    [
        ("[28d, 35d]", "`window: [28d, 42d]`"),
        ("[0d, 60d]", "`window: [0d, 56d]`"),
        ("[0d, 7d]", "`window: [0d, 14d]`"),
        ("[35d, 42d]", "`window: [28d, 42d]`"),
        ("[0d, 63d]", "`window: [0d, 70d]`"),
        ("[0h, 6h]", "`window: [0d, 14d]`"),
    ],
)
def test_a_window_that_cuts_a_cycle_is_found_with_the_nearest_aligned_one(window, proposal):
    (finding,) = cadence(window)
    assert finding.path == ("metrics", "retained", "window")
    assert f"use {proposal}, whole cycles of 14d" in finding.message


def test_the_message_says_the_sends_of_each_arm():
    (finding,) = cadence("[0d, 60d]")
    assert "5 sends of a (every 14d implies 4.29) and 9 sends of b (every 7d implies 8.57)" in finding.message
    assert "(4 sends of a and 8 sends of b)" in finding.message


@pytest.mark.parametrize("window", ["[0d, 56d]", "[28d, 56d]", "[28d, 42d]", "[7d, 35d]", "[3d, 17d]"])
def test_windows_of_whole_cycles_hold_what_the_cadences_imply(window):
    assert cadence(window) == []


def test_one_arm_with_a_cadence_is_enough_for_a_finding():
    (finding,) = cadence("[0d, 10d]", low=None)
    assert "`window: [0d, 7d]`" in finding.message
    assert cadence("[0d, 21d]", low=None) == []


def test_arms_that_send_alike_or_not_at_all_are_not_judged():
    assert cadence("[28d, 35d]", 14, 14) == []
    assert cadence("[28d, 35d]", None, None) == []


def test_cadences_that_hardly_meet_are_said_once_without_a_proposal():
    change = "arms: [{name: a, control: true, cadence: 367d}, {name: b, cadence: 364d}]"
    finding = only("cadence", change)
    assert finding.path == ("arms",)
    assert "only meet every 133588d" in finding.message
    assert "use" not in finding.message.replace("usable", "")


@pytest.mark.parametrize(
    ("metric", "key", "proposal"),
    [
        ("{window: , day: 7}", "day", "`window: [0d, 14d]` instead of `day`"),
        ("{window: , after: 28d, horizon: 90d}", "after", "`after: 28d` with `horizon: 84d`"),
        ("{window: , by: week, nth: 5}", "by", "`window: [28d, 42d]` instead of `by`"),
    ],
)
def test_every_way_to_write_a_retention_window_is_judged(metric, key, proposal):
    finding = only("cadence", f"metrics: {{retained: {metric}}}\nperiod: {{through: 2027-01-31}}")
    assert finding.path == ("metrics", "retained", key)
    assert f"use {proposal}, whole" in finding.message


@pytest.mark.parametrize("by", ["month", "quarter", "year"])
def test_calendar_periods_of_changing_phase_are_not_judged(by):
    change = f"metrics: {{retained: {{window: , by: {by}}}}}\nperiod: {{through: 2028-01-31}}"
    assert "cadence" not in codes(change)


@pytest.mark.parametrize(
    "metric",
    [
        "{type: count, event: orders, window: [0d, 60d]}",
        "{type: sum, event: orders, window: [0d, 60d], covariate: {window: [-10d, 0d]}}",
        "{type: mean, event: orders, window: [0d, 60d]}",
        "{type: quantile, event: orders, window: [0d, 60d]}",
        "{type: ratio, numerator: {event: orders}, denominator: {event: orders}, window: [0d, 60d]}",
        "{type: conversion, event: orders, window: [0d, 60d]}",
    ],
)
def test_windows_of_every_type_are_judged(metric):
    finding = only("cadence", f"metrics: {{more: {metric}}}")
    assert "`window: [0d, 56d]`" in finding.message


def test_a_time_to_an_event_keeps_its_start():
    finding = only("cadence", "metrics: {gone: {type: time_to_event, event: unsubscribes, horizon: 20d}}")
    assert finding.path == ("metrics", "gone", "horizon")
    assert "use `horizon: 14d`, whole cycles" in finding.message


def test_a_covariates_window_is_not_judged():
    assert codes("metrics: {retained: {covariate: {window: [-10d, 0d]}}}") == set()


def test_a_proposal_in_calendar_days_is_of_whole_days():
    arms = "arms: [{name: a, control: true, cadence: 8h}, {name: b, cadence: 12h}]"
    assert "cadence" not in codes(f"{arms}\nanalysis: {{days: calendar}}")
    arms = "arms: [{name: a, control: true, cadence: 36h}, {name: b, cadence: 12h}]"
    metrics = "metrics: {retained: {window: [0d, 4d]}, unsubscribed: {window: [0d, 57d]}}"
    finding = only("cadence", f"{arms}\nanalysis: {{days: calendar}}\n{metrics}")
    assert "`window: [0d, 3d]`" in finding.message
