"""``period.lag``: without a declared last day, the data ends as long before its last event as events may be late."""

import datetime as dt
import random

import pytest
from window_cases import EPOCH, Case, check, collect, definition_of, random_case, tables
from window_reference import DAY, INSTANT, Assigned, Event, Exposure, Metric, Study, day_begins

from abtest import load
from abtest.analysis.run import analyze
from abtest.errors import DefinitionError

ZONE = "America/New_York"
AT = dt.datetime(2026, 3, 2, 15, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
START = dt.date(2026, 3, 1)


def case_of(last: dt.datetime, **study: object) -> Case:
    """Return two units assigned at ``AT``, with an order on day 1 and a stranger's as the last event."""
    metrics = {"week": Metric("any", "orders", (0, 7)), "left": Metric("time", "orders", (0, 14))}
    named = Study(ZONE, metrics, START, **study)
    assignments = [Assigned("u0", 0, AT), Assigned("u1", 1, AT)]
    events = {"orders": [Event("u0", AT + DAY), Event("u1", AT + 6 * DAY), Event("a stranger", last)]}
    return Case(named, assignments, events, definition_of(named), tables(random.Random(0), assignments, events))


def through_of(case: Case) -> dt.datetime:
    """Return the data's end after checking every count against the reference."""
    _, found = check(case)
    return EPOCH + dt.timedelta(microseconds=found.through or 0)


@pytest.mark.parametrize("lag", [0, 1, 12, 48, 24 * 30])
def test_the_data_ends_the_lag_before_its_last_event(lag):
    last = AT + 60 * DAY
    assert through_of(case_of(last, lag=lag * HOUR)) == last - lag * HOUR


@pytest.mark.parametrize("lag", [0, 48, 24 * 300])
def test_the_lag_has_no_effect_beside_a_declared_last_day(lag):
    through = dt.date(2026, 3, 20)
    case = case_of(AT + 60 * DAY, lag=lag * HOUR, through=through)
    assert through_of(case) == day_begins(through + dt.timedelta(days=1), ZONE)


def test_the_last_event_of_all_sources_counts_the_exposures_too():
    named = Study(ZONE, {"week": Metric("any", "orders", (0, 7))}, START, exposure=Exposure("sends"), lag=2 * DAY)
    assignments = [Assigned("u0", 0, AT), Assigned("u1", 1, AT)]
    events = {"orders": [Event("u0", AT + DAY)], "sends": [Event("u1", AT + 9 * DAY)]}
    case = Case(named, assignments, events, definition_of(named), tables(random.Random(0), assignments, events))
    assert through_of(case) == AT + 7 * DAY


@pytest.mark.parametrize(("nudge", "mature"), [(-INSTANT, 0), (0 * DAY, 1), (INSTANT, 1)])
def test_a_window_that_ends_within_the_lag_is_not_mature(nudge, mature):
    _, found = check(case_of(AT + 9 * DAY + nudge, lag=2 * DAY))
    assert [sums.mature for sums in found.metrics["week"].arms] == [mature, mature]


def test_events_within_the_lag_end_no_time_to_an_event():
    # The order on day 7 came in, but others of that day may still be on their way.
    _, found = check(case_of(AT + 8 * DAY, lag=2 * DAY))
    lifetimes = found.metrics["left"].lifetimes
    assert lifetimes is not None
    assert [(arm.days, arm.events, arm.censored) for arm in lifetimes] == [((2,), (1,), (0,)), ((6,), (0,), (1,))]


def test_a_lag_longer_than_the_data_leaves_nobody_mature():
    _, found = check(case_of(AT + 9 * DAY, lag=999 * DAY))
    assert [sums.mature for sums in found.metrics["week"].arms] == [0, 0]
    assert [arm.units for arm in found.metrics["left"].lifetimes or ()] == [0, 0]
    case = case_of(AT + 9 * DAY, lag=999 * DAY)
    assert analyze(load(case.definition), case.frames).decision.recommendation == "keep running"


def test_without_a_lag_nothing_changes():
    case = case_of(AT + 9 * DAY)
    period = dict(case.definition["period"])
    del period["lag"]
    assert (
        collect({**case.definition, "period": period}, case.frames).metrics
        == collect(case.definition, case.frames).metrics
    )


@pytest.mark.parametrize("seed", range(100, 108))
def test_every_count_equals_the_reference_whatever_the_lag(seed):
    check(random_case(seed))


@pytest.mark.parametrize(
    ("lag", "said"),
    [("-2d", "must not be negative"), ("2", "28d, 8w or 12h"), ("2 days", "28d, 8w or 12h"), (2, "28d, 8w or 12h")],
)
def test_what_is_no_lag_is_refused(lag, said):
    definition = case_of(AT + 9 * DAY).definition
    with pytest.raises(DefinitionError, match=said):
        load({**definition, "period": {"start": START, "lag": lag}})


def test_a_lag_of_zero_and_none_are_the_same_analysis():
    definition = case_of(AT + 9 * DAY).definition
    zero = load({**definition, "period": {"start": START, "lag": "0h"}})
    none = load({**definition, "period": {"start": START}})
    assert zero.definition.period.lag == 0
    assert none.definition.period.lag is None
