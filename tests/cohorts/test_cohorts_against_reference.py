"""The engine's counts equal those of a loop over events and customers."""

import csv
import datetime as dt

import pandas as pd
import pytest
from cohort_reference import UTC, by_period, nasty_events, triangle, usable, within

import abtest

ZONES = ["UTC", "Europe/Helsinki", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "America/Havana"]
DAY = dt.timedelta(days=1)


def frame(events):
    times = pd.to_datetime([at for _, at in events], utc=True)
    return pd.DataFrame({"customer": [unit for unit, _ in events], "at": times})


def counted(result):
    return [(p.at_start or 0, p.retained, p.acquired, p.reactivated, p.at_end) for p in result.periods]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("by", ["week", "month", "quarter", "year"])
def test_every_count_is_that_of_the_slow_loop(zone, by):
    for seed in range(2):
        events = nasty_events(seed, zone)
        result = abtest.retention(frame(events), unit="customer", at="at", by=by, timezone=zone)
        assert counted(result) == by_period(events, zone, by)
        assert [cohort.active for cohort in result.cohorts] == triangle(events, zone, by)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("by", "days"), [("week", 10), ("month", 30), ("month", 90), ("quarter", 45), ("year", 365)])
def test_counts_by_time_since_the_last_event_are_those_of_the_slow_loop(zone, by, days):
    events = nasty_events(days, zone, customers=25)
    result = abtest.retention(frame(events), unit="customer", at="at", by=by, timezone=zone, active_within=f"{days}d")
    assert counted(result) == within(events, zone, by, days * DAY)
    assert [cohort.active for cohort in result.cohorts] == triangle(events, zone, by)


@pytest.mark.parametrize("active_within", [None, "30d"])
def test_every_customer_at_the_end_is_retained_new_or_reactivated(active_within):
    result = abtest.retention(
        frame(nasty_events(9, "UTC", 200)), unit="customer", at="at", by="week", active_within=active_within
    )
    for before, period in zip(result.periods, result.periods[1:], strict=False):
        assert period.at_end == period.retained + period.acquired + period.reactivated
        assert period.at_start == before.at_end
        assert period.lost == period.at_start - period.retained >= 0


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet", "ndjson", "polars"])
def test_the_kind_of_file_makes_no_difference(tmp_path, ending):
    events = nasty_events(3, "UTC")
    table = frame(events)
    source = tmp_path / f"events.{ending}"
    text = table.assign(at=[None if at is None else at.isoformat() for _, at in events])
    if ending.startswith("csv"):
        text.to_csv(source, index=False, quoting=csv.QUOTE_MINIMAL)
    elif ending == "parquet":
        table.to_parquet(source)
    elif ending == "ndjson":
        text.to_json(source, orient="records", lines=True)
    else:
        import polars

        source = polars.from_pandas(table)
    result = abtest.retention(source, unit="customer", at="at", by="week")
    assert counted(result) == by_period(events, "UTC", "week")
    assert (result.data.rows, result.data.without_time) == (len(events), 2)
    assert result.data.without_unit == 2
    assert result.data.events == len(usable(events))


def test_whole_number_ids_count_as_text_ids_do():
    events = [(unit, at) for unit, at in nasty_events(4, "UTC") if unit and unit.strip()]
    numbers = frame(events).assign(customer=[int(unit[1:]) for unit, _ in events])
    assert counted(abtest.retention(numbers, unit="customer", at="at")) == by_period(events, "UTC", "month")


def test_local_times_without_a_zone_are_read_in_the_one_given(tmp_path):
    (tmp_path / "events.csv").write_text("customer,at\na,2024-03-31 23:59:59\nb,2024-04-01 00:00:00\na,2024-04-02\n")
    result = abtest.retention(tmp_path / "events.csv", unit="customer", at="at", timezone="Europe/Helsinki")
    assert [(p.label, p.acquired, p.retained) for p in result.periods] == [("2024-03", 1, 0), ("2024-04", 1, 1)]


def test_events_after_through_do_not_count_and_the_day_itself_does():
    events = nasty_events(5, "Europe/Helsinki")
    result = abtest.retention(frame(events), unit="customer", at="at", timezone="Europe/Helsinki", through="2024-03-31")
    kept = [(u, at) for u, at in usable(events) if at < dt.datetime(2024, 3, 31, 21, tzinfo=UTC)]
    assert counted(result) == by_period(kept, "Europe/Helsinki", "month")
    assert result.periods[-1].complete
    assert result.data.after_through == len(usable(events)) - len(kept)


def test_since_and_periods_choose_what_is_shown_and_change_no_count():
    table = frame(nasty_events(6, "UTC"))
    whole = abtest.retention(table, unit="customer", at="at")
    since = abtest.retention(table, unit="customer", at="at", since="2024-02-15")
    last = abtest.retention(table, unit="customer", at="at", periods=3)
    assert since.periods == tuple(p for p in whole.periods if p.label >= "2024-02")
    assert since.cohorts == tuple(c for c in whole.cohorts if c.label >= "2024-02")
    assert last.periods == whole.periods[-4:]
    assert [p.complete for p in last.periods] == [True, True, True, False]


def test_a_filter_is_parsed_and_decides_which_rows_count():
    events = usable(nasty_events(7, "UTC"))
    kinds = ["purchase" if number % 3 else "cancel" for number in range(len(events))]
    result = abtest.retention(frame(events).assign(event=kinds), unit="customer", at="at", where="event = 'purchase'")
    bought = [event for event, kind in zip(events, kinds, strict=True) if kind == "purchase"]
    assert counted(result) == by_period(bought, "UTC", "month")
