"""Times in text files: each is read as the instant that it says, or refused with its row; none is guessed."""

import datetime as dt
import re

import pandas as pd
import pytest

from abtest import load
from abtest.engines.duckdb.database import Database
from abtest.engines.engine import Statement
from abtest.errors import DataError
from abtest.warehouse.collect import Collector

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
DEFINITION = {
    "name": "times",
    "unit": "unit",
    "period": {"start": "2026-03-01"},
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "data": {"assignments": {"at": "at"}, "orders": {"at": "at"}},
    "metrics": {"bought": {"role": "primary", "type": "conversion", "event": "orders", "window": ["0d", "7d"]}},
}


def instant(text: str, zone: str | None = "Europe/Helsinki") -> str:
    """Return the instant of the only event, as ISO 8601 in UTC."""
    assignments = pd.DataFrame({"unit": ["1", "2"], "arm": ["a", "b"], "at": ["2026-03-02T00:00:00Z"] * 2})
    frames = {"assignments": assignments, "orders": pd.DataFrame({"unit": ["1"], "at": [text]})}
    engine = Database()
    try:
        last = Collector(load(DEFINITION | ({"timezone": zone} if zone else {})), engine, frames).plan.through
    finally:
        engine.close()
    return (EPOCH + dt.timedelta(microseconds=last)).isoformat()


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00+00:00"),
        ("2026-03-02 10:00:00 UTC", "2026-03-02T10:00:00+00:00"),
        ("2026-03-02T10:00Z", "2026-03-02T10:00:00+00:00"),
        ("2026-03-02T10:00:00z", "2026-03-02T10:00:00+00:00"),
        ("2026-03-02T10:00:00+02:00", "2026-03-02T08:00:00+00:00"),
        ("2026-03-02T10:00:00+0200", "2026-03-02T08:00:00+00:00"),
        ("2026-03-02 10:00:00+02", "2026-03-02T08:00:00+00:00"),
        ("2026-03-02T10:00:00-05:30", "2026-03-02T15:30:00+00:00"),
        (" 2026-03-02T10:00:00.123456Z ", "2026-03-02T10:00:00.123456+00:00"),
    ],
)
@pytest.mark.parametrize("zone", [None, "Europe/Helsinki", "America/New_York"])
def test_a_time_with_an_offset_means_that_instant_in_every_zone(text, utc, zone):
    assert instant(text, zone) == utc


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02", "2026-03-01T22:00:00+00:00"),
        ("2026-03-02 10:00", "2026-03-02T08:00:00+00:00"),
        ("2026-03-02T10:00:00.5", "2026-03-02T08:00:00.500000+00:00"),
        ("2026-03-29 02:59:59", "2026-03-29T00:59:59+00:00"),
        ("2026-03-29 04:00:00", "2026-03-29T01:00:00+00:00"),
        ("2026-10-25 02:59:59", "2026-10-24T23:59:59+00:00"),
        ("2026-10-25 04:00:00", "2026-10-25T02:00:00+00:00"),
    ],
)
def test_a_time_without_an_offset_is_in_the_definition_s_zone(text, utc):
    assert instant(text) == utc


@pytest.mark.parametrize("text", ["2026-03-02", "2026-03-02 10:00", "2026-03-02T10:00:00"])
def test_a_time_without_an_offset_is_refused_when_no_zone_is_named(text):
    with pytest.raises(
        DataError, match=r"column 'at', data row 1: .* without a time zone; .*timezone: Europe/Helsinki"
    ):
        instant(text, None)


@pytest.mark.parametrize(
    "text",
    ["02.03.2026", "03/02/2026", "20260302", "1772450000", "2026-02-30", "11:42", "soon", "2026-03-02T10:00:60Z"],
)
def test_what_is_no_time_is_refused_with_its_row(text):
    with pytest.raises(
        DataError, match=r"column 'at'(, data row 1: .* is not|: 1 of 1 values (are not a|have))"
    ) as caught:
        instant(text)
    assert text not in str(caught.value)  # a customer's data is not quoted


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02 10:00:00 PM", None),
        ("2026-03-02 10:00:00 EST", "2026-03-02T15:00:00+00:00"),
        ("2026-03-02 10:00:00 America/New_York", "2026-03-02T15:00:00+00:00"),
        ("2026-03-02 10:00:00+00:00:00", "2026-03-02T10:00:00+00:00"),
    ],
)
def test_a_time_with_an_unusual_ending_is_understood_or_refused_with_its_column(text, utc):
    try:
        found = instant(text)
    except DataError as error:
        # All values of the column are alike, and that is said.
        found = "refused" if re.search("column 'at'(, data row 1|: 1 of 1 values)", str(error)) else str(error)
    assert found in {utc, "refused"}


@pytest.mark.parametrize("text", ["2026-03-02 10:00:00 Z", "2026-03-02 12:00:00 +02:00"])
def test_a_blank_before_the_offset_does_no_harm(text):
    assert instant(text) == "2026-03-02T10:00:00+00:00"


def test_a_csv_with_bare_carriage_returns_has_lines(tmp_path):
    (tmp_path / "orders.csv").write_bytes(b"unit,at\r1,2026-03-02\r2,2026-03-05\r")
    data = {"assignments": {"at": "at"}, "orders": {"path": "orders.csv", "at": "at"}}
    experiment = load(DEFINITION | {"timezone": "UTC", "data": data}, folder=tmp_path)
    engine = Database()
    assignments = pd.DataFrame({"unit": ["1", "2"], "arm": ["a", "b"], "at": ["2026-03-02T00:00:00Z"] * 2})
    try:
        assert len(engine_rows(experiment, engine, assignments)) == 2
    finally:
        engine.close()


def engine_rows(experiment, engine, assignments):
    Collector(experiment, engine, {"assignments": assignments})
    return engine.rows(Statement("SELECT unit FROM orders", {}))
