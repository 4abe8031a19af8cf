"""Ids of nobody are left out by name, a 0 only where it behaves so; a stray time neither ends the data nor hides."""

import datetime as dt

import polars as pl
import pytest
from near_data import MONDAY, experiment, tables, told

import abtest

NAMES = [f"c-{number}" for number in range(120)]
OPEN = {"period": {"start": "2026-03-02", "end": "2026-03-08"}}


def _with(frames, one, *, arm="a", rows=60):
    """Return the tables with an assigned id that has many events."""
    since = MONDAY + dt.timedelta(hours=1)
    dtype = frames["assignments"]["who"].dtype
    assigned = pl.DataFrame({"who": pl.Series([one], dtype=dtype), "arm": [arm], "since": [since]})
    moments = [since + dt.timedelta(hours=10 * place) for place in range(rows)]
    buys = pl.DataFrame({"who": pl.Series([one] * rows, dtype=dtype), "moment": moments, "paid": [20.0] * rows})
    return {"assignments": pl.concat([frames["assignments"], assigned]), "buys": pl.concat([frames["buys"], buys])}


def _found(analysis, name):
    return [check for check in analysis.checks if check.id == name]


def _rounded(truth):
    return {arm: (kept, round(spent, 2)) for arm, (kept, spent) in truth.items()}


@pytest.mark.parametrize(
    "one", ["(not set)", "NULL", "Unknown", "undefined", "anonymous", "None", "00000000-0000-0000-0000-000000000000"]
)
def test_a_placeholder_is_left_out_by_name(one):
    frames, truth = tables(NAMES, seed=len(one))
    analysis = abtest.analyze(experiment(), _with(frames, one))
    assert told(analysis) == _rounded(truth)
    assert [arm.excluded.get("placeholder_id", 0) for arm in analysis.population] == [1, 0]
    (check,) = _found(analysis, "placeholder_ids")
    assert (check.status, check.message[:24]) == ("warn", "1 assigned ids stand for")


@pytest.mark.parametrize("whole", [True, False])
def test_a_zero_that_behaves_like_the_others_is_a_customer(whole):
    frames, truth = tables([str(number) for number in range(120)], seed=5)
    if whole:
        frames = {
            name: frame.filter(~pl.col("who").str.starts_with("s")).with_columns(pl.col("who").cast(pl.Int64))
            for name, frame in frames.items()
        }
    analysis = abtest.analyze(experiment(), frames)
    assert told(analysis) == _rounded(truth)
    assert not _found(analysis, "placeholder_ids")


@pytest.mark.parametrize("whole", [True, False])
def test_a_zero_with_far_more_events_than_anybody_is_nobody(whole):
    frames, truth = tables([str(number) for number in range(1, 120)], seed=6)
    if whole:
        frames = {
            name: frame.filter(~pl.col("who").str.starts_with("s")).with_columns(pl.col("who").cast(pl.Int64))
            for name, frame in frames.items()
        }
    analysis = abtest.analyze(experiment(), _with(frames, 0 if whole else "0"))
    assert told(analysis) == _rounded(truth)
    assert _found(analysis, "placeholder_ids")


def test_a_zero_far_from_all_other_numbers_is_nobody():
    frames, truth = tables([str(7_000_000 + number) for number in range(120)], seed=7)
    frames = {
        name: frame.filter(~pl.col("who").str.starts_with("s")).with_columns(pl.col("who").cast(pl.Int64))
        for name, frame in frames.items()
    }
    analysis = abtest.analyze(experiment(), _with(frames, 0, rows=3))
    assert told(analysis) == _rounded(truth)


def _late(frames, *moments):
    rows = [("stranger-x", moment, 1.0) for moment in moments]
    stray = pl.DataFrame(rows, schema=frames["buys"].schema, orient="row")
    return {**frames, "buys": pl.concat([frames["buys"], stray])}


@pytest.mark.parametrize("year", [2027, 2099, 2150])
def test_a_stray_time_does_not_end_the_data(year):
    frames, _ = tables([f"c-{number}" for number in range(400)], seed=8, outside=3_000)
    clean = abtest.analyze(experiment(**OPEN), frames)
    stray = abtest.analyze(experiment(**OPEN), _late(frames, dt.datetime(year, 1, 1, tzinfo=dt.UTC)))
    assert stray.data.through == clean.data.through
    assert stray.metrics == clean.metrics
    assert not _found(clean, "buys.end")
    (check,) = _found(stray, "buys.end")
    assert check.message.startswith("buys: 1 events lie after the day on which the daily counts end")
    assert [one.message for one in _found(stray, "buys.years")] == (
        [] if year == 2027 else [f"buys: 1 rows lie in years in which nothing can have happened: {year} (1). Correct "
                                 "them, or leave them out with `where`."]
    )  # fmt: skip
    # The cure that is said.
    cured = abtest.analyze(
        experiment(period={**OPEN["period"], "through": clean.data.through[:10]}),
        _late(frames, dt.datetime(year, 1, 1, tzinfo=dt.UTC)),
    )
    assert not _found(cured, "buys.end")


def test_times_of_1900_and_1970_are_named_with_their_numbers():
    frames, _ = tables(NAMES, seed=9)
    odd = [dt.datetime(1970, 1, 1, tzinfo=dt.UTC)] * 3 + [dt.datetime(1900, 1, 1, tzinfo=dt.UTC)]
    (check,) = _found(abtest.analyze(experiment(), _late(frames, *odd)), "buys.years")
    assert "buys: 4 rows" in check.message
    assert "1900 (1), 1970 (3)" in check.message
