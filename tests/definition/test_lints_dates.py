"""Windows against the declared period and the data that was seen, and weeks of enrolment."""

import datetime as dt
import re

import pytest
from definition_texts import loaded
from hypothesis import given
from hypothesis import strategies as st
from lint_texts import BASE, codes, found, only, seen

from abtest.definition.lints import DataRange
from abtest.definition.lints.dates import partial_weeks

MATURE = "2026-06-07"
"""The last day of data with which every unit of the page's definition is mature."""


def test_a_window_that_no_unit_can_fill_by_the_declared_end_is_found():
    finding = only(
        "window-past-period",
        "period: {through: 2026-04-26}\nmetrics: {unsubscribed: {role: secondary, margin: , window: [0d, 14d]}}",
    )
    assert finding.path == ("metrics", "retained", "window")
    # Helsinki sets its clocks forward on 29 March, so 56 exact days from a midnight end at one o'clock.
    assert "no unit can be mature" in finding.message
    assert "ends on 27 Apr 2026" in finding.message
    assert f"set period.through to {MATURE}" in finding.message


def test_the_first_unit_that_can_be_mature_ends_that_finding():
    assert "no unit can be mature" not in only_retained("2026-04-27")
    assert "no unit can be mature" in only_retained("2026-04-26")


def only_retained(through: str) -> str:
    matching = [f for f in found(f"period: {{through: {through}}}") if f.path == ("metrics", "retained", "window")]
    return matching[0].message if matching else ""


def test_late_units_that_are_left_out_are_told_with_their_share():
    message = only_retained("2026-05-20")
    # 56 days after 24 March is 19 May; since the clocks go forward between, the last hour of that day is in 20 May.
    assert "only units that enter until 24 Mar 2026 (23 of 42 days of enrolment, 55%)" in message
    assert f"set period.through to {MATURE}" in message


@pytest.mark.parametrize(("through", "told"), [("2026-05-27", True), ("2026-05-28", False), (MATURE, False)])
def test_three_quarters_of_the_days_are_enough(through, told):
    # 42 days: with 31 mature 73.8 %, with 32 76.2 %.
    assert bool(only_retained(through)) == told


def test_the_proposed_end_leaves_nothing_to_say():
    assert only_retained(MATURE) == ""
    assert only_retained("2026-06-06") == ""


def test_an_enrolment_without_a_last_day_is_judged_by_its_first_units_only():
    change = "period: {end: , through: 2026-05-01}"
    assert "window-past-period" not in codes(change)
    assert "window-past-period" in codes("period: {end: , through: 2026-04-01}")


def test_a_time_to_an_event_uses_late_units_too():
    change = "metrics: {gone: {type: time_to_event, event: unsubscribes, horizon: 56d}}\nperiod: {through: %s}"
    late = [f for f in found(change % "2026-05-01") if "gone" in f.path]
    assert late == []
    never = [f for f in found(change % "2026-04-20") if "gone" in f.path]
    assert [f.code for f in never] == ["window-past-period"]


def test_windows_from_the_first_exposure_end_later():
    exposure = "population: {exposure: {event: unsubscribes, window: [0d, 28d], trigger: exposure}}\n"
    alike = "arms: [{name: a, control: true}, {name: b}]\n"
    assert "window-past-period" in codes(exposure + alike)
    assert "window-past-period" not in codes(exposure + alike + "period: {through: 2026-07-05}")


def test_the_longest_windows_of_the_grammar_are_judged():
    findings = [f for f in found("metrics: {retained: {window: [0d, 36525d]}}") if f.code == "window-past-period"]
    # A hundred years with 24 leap days, as 2100 has none, are 36,524 days.
    assert "ends on 2 Mar 2126" in findings[0].message


def test_data_that_end_before_the_first_window_does_are_found():
    change = "period: {through: , lag: 2d}"
    assert "window-longer-than-data" not in codes(change, seen(last="2026-04-30"))
    finding = [f for f in found(change, seen(last="2026-04-28")) if f.path == ("metrics", "retained", "window")]
    assert "no unit is mature: the data end on 26 Apr 2026" in finding[0].message
    assert "need events until 27 Apr 2026" in finding[0].message


def test_a_table_that_stops_before_its_windows_do_is_found():
    finding = only("window-longer-than-data", "", seen(orders="2026-05-20"))
    assert finding.path == ("data", "orders")
    assert "the last event is on 20 May 2026, but windows look until 7 Jun 2026" in finding.message
    assert codes("", seen(orders="2026-06-02")) == set()


def test_a_table_that_stops_after_the_last_window_is_complete():
    assert codes("period: {through: 2026-12-31}", seen(last="2026-06-05")) == set()


def test_a_covariate_from_before_the_first_event_is_found():
    change = "metrics: {retained: {covariate: {window: [-56d, 0d]}}}"
    finding = only("window-longer-than-data", change, seen(first="2026-02-01"))
    assert finding.path == ("metrics", "retained", "covariate")
    assert "begins on 5 Jan 2026, but orders begins on 1 Feb 2026" in finding.message
    assert codes(change, seen(first="2026-01-08")) == set()
    assert codes(change, seen(first="2026-01-12")) == {"window-longer-than-data"}


def test_tables_without_rows_and_placeholder_times_are_no_crash():
    assert codes("", DataRange({}, {})) == set()
    assert codes("", DataRange({"orders": None}, {"orders": None})) == set()
    assert codes("", DataRange({"orders": -(2**62)}, {"orders": 2**62, "unsubscribes": 2**62})) == set()


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("2026-04-08", "2026-04-05 or 2026-04-12"),
        ("2026-04-11", "2026-04-12 or 2026-04-05"),
        ("2026-03-05", "2026-03-08"),
        ("2026-03-10", "2026-03-08 or 2026-03-15"),
    ],
)
def test_part_of_a_week_is_found_with_the_nearest_whole_ones(end, told):
    finding = only("partial-weeks", f"period: {{end: {end}}}")
    assert finding.path == ("period", "end")
    assert finding.message.endswith(f"end it on {told}")


@given(st.integers(2, 400))
def test_the_proposed_ends_are_the_nearest_ones_that_are_whole_weeks(days):
    start = dt.date(2026, 3, 2)
    end = start + dt.timedelta(days=days - 1)
    definition = loaded(BASE).definition
    period = definition.period.model_copy(update={"end": end})
    told = list(partial_weeks(definition.model_copy(update={"period": period})))
    whole = [start + dt.timedelta(days=7 * weeks - 1) for weeks in range(1, 70)]
    if end in whole:
        assert told == []
        return
    below, above = [day for day in whole if day < end][-1:], [day for day in whole if day > end][:1]
    expected = sorted(below + above, key=lambda day: abs((day - end).days))
    assert re.findall(r"\d{4}-\d\d-\d\d", told[0].message) == [str(day) for day in expected]


@pytest.mark.parametrize("period", ["{end: 2026-03-02}", "{end: 2026-03-08}", "{end: }"])
def test_whole_weeks_one_day_and_an_open_end_are_right(period):
    assert "partial-weeks" not in codes(f"period: {period}")
