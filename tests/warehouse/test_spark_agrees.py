"""Spark returns what DuckDB returns: every count, every sum, every edge, digit for digit.

``ABTEST_SPARK=all`` gives the rows in more ways.
"""

import dataclasses
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from nasty_data import nasty_case
from spark_base import EVERYTHING, collected
from test_sources_are_interchangeable import write

from abtest import load
from abtest.planning.example import simulate_example

sys.path.insert(0, str(Path(__file__).parents[1] / "analysis"))
from wired_data import definition, shop

pytestmark = pytest.mark.usefixtures("session")
ROOT = Path(__file__).parents[2]
CASE = nasty_case(7)
WINDOW = {"window": ["0d", "28d"]}
BEFORE = {"covariate": {"window": ["-28d", "0d"]}}
METRICS = {
    "returned": {"type": "retention", "event": "orders", "window": ["7d", "28d"], **BEFORE},
    "day7": {"type": "retention", "event": "sessions", "day": 7},
    "after": {"type": "retention", "event": "sessions", "after": "14d", "horizon": "40d"},
    "by_week": {"type": "retention", "event": "orders", "by": "week", "nth": 2},
    "by_month": {"type": "retention", "event": "orders", "by": "month", "nth": 1},
    "often": {"type": "retention", "event": "orders", "at_least": 2, "days": "calendar", **WINDOW, **BEFORE},
    "weeks": {"type": "active_periods", "event": "sessions", "days": "calendar", **WINDOW, **BEFORE},
    "enough_days": {"type": "active_periods", "event": "orders", "by": "day", "at_least": 3, **WINDOW},
    "by_day": {"type": "conversion", "event": "orders", "days": "calendar", **WINDOW, **BEFORE},
    "orders_28d": {"type": "count", "event": "orders", "winsorise": 0.95, **WINDOW},
    "revenue": {
        "type": "sum",
        "event": "orders",
        "winsorise": 0.99,
        "covariates": [{"window": ["-28d", "0d"]}, {"column": "age"}, {"column": "tier"}],
        **WINDOW,
    },
    "basket": {"type": "mean", "event": "orders", "allow_conditional": True, **WINDOW},
    "per_session": {
        "type": "ratio",
        "numerator": {"event": "orders", "of": "sum"},
        "denominator": {"event": "sessions"},
        "allow_conditional": True,
        **WINDOW,
    },
    "score": {"type": "column", "covariate": {"column": "age"}},
    "median": {"type": "quantile", "event": "orders", "quantile": 0.5, **WINDOW},
    "wait": {"type": "time_to_event", "event": "orders", "horizon": "28d"},
}
EXPOSURE = {"event": "opens", "window": ["0d", "14d"]}
STUDIES = {
    "every kind of metric in strata and segments": (
        [name for name in METRICS if name not in {"median", "wait"}],
        {"analysis": {"strata": ["country"]}, "segments": ["channel", "tier"]},
    ),
    "quantiles, times to an event and exposure": (
        ["returned", "median", "wait"],
        {"population": {"exposure": EXPOSURE}, "segments": ["channel"]},
    ),
    "windows that begin with the exposure": (
        ["returned", "by_day", "weeks", "by_week", "wait"],
        {"population": {"exposure": {**EXPOSURE, "trigger": "exposure"}}, "timezone": "America/New_York"},
    ),
    "compliance": (["returned"], {"compliance": EXPOSURE}),
}


def assert_equal(found: object, expected: object, place: str = "collected") -> None:
    """Compare field by field, so that a difference is named."""
    if dataclasses.is_dataclass(expected) and type(found) is type(expected):
        for entry in dataclasses.fields(expected):
            assert_equal(getattr(found, entry.name), getattr(expected, entry.name), f"{place}.{entry.name}")
    elif isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        for key, value in expected.items():
            assert_equal(found[key], value, f"{place}[{key!r}]")
    else:
        assert found == expected, place


def assert_alike(given, frames=None, folder=None) -> None:
    expected = collected("duckdb", given, frames, folder)
    assert not isinstance(expected, str), expected
    assert_equal(collected("spark", given, frames, folder), expected)


@pytest.mark.skipif(not EVERYTHING, reason="every kind of metric is tried below")
def test_the_shipped_example(tmp_path):
    path = tmp_path / "drip.yaml"
    path.write_text((ROOT / "experiments" / "drip.yaml").read_text())
    simulate_example(load(path), tmp_path / "data", customers=1_500, seed=5)
    assert_alike(path)


@pytest.mark.parametrize("study", STUDIES)
def test_a_shop_with_integer_ids(study):
    names, parts = STUDIES[study]
    given = definition({name: METRICS[name] for name in names}, **{"timezone": "Europe/Helsinki", **parts})
    used = {"customers", "assignments", *load(given).definition.event_sources}
    assert_alike(given, {name: frame for name, frame in shop(400).items() if name in used})


def test_clusters_of_units():
    metrics = {"converted": {"type": "conversion", "event": "orders", **WINDOW}, "score": {"type": "column"}}
    used = ("customers", "assignments", "orders")
    assert_alike(definition(metrics, cluster="household"), {name: shop(400)[name] for name in used})


WAYS = {
    "typed events": (".csv.gz", ".ndjson", ".parquet", None),
    "text events": (None, ".parquet", ".csv", ".ndjson"),
}
"""How customers, assignments, orders and exits are given: files by their ending, or a frame."""


@pytest.mark.parametrize("way", WAYS if EVERYTHING else ["text events"])
def test_ties_gaps_blanks_and_duplicates_in_files_and_frames(way, tmp_path):
    data, frames = dict(CASE.definition["data"]), {}
    for (name, table), ending in zip(CASE.frames.items(), WAYS[way], strict=True):
        if ending is None:
            frames[name] = table
            continue
        for part in range(3):
            rows = [row for row in range(table.num_rows) if row % 3 == part]
            write(tmp_path, f"{name}-{part}", ending, table.take(rows))
        data[name] = {**data[name], "path": f"{name}-*{ending}"}
    assert_alike({**CASE.definition, "data": data}, frames, tmp_path)


SMALL = {
    "name": "small",
    "unit": "unit",
    "timezone": "UTC",
    "period": {"start": "2026-03-01", "through": "2026-03-31"},
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "data": {"assignments": {"at": "at"}, "orders": {"at": "at", "value": "amount"}, "exits": {"at": "at"}},
    "metrics": {
        "spent": {"role": "primary", "type": "sum", "event": "orders", "window": ["0d", "7d"]},
        "left": {"type": "conversion", "event": "exits", "window": ["0d", "7d"]},
    },
}
NOON = 1_772_452_800_000_000


def at(*shifts: int | None, unit: str = "us", zone: str | None = "UTC") -> pa.Array:
    scale = 1_000 if unit == "ns" else 1
    return pa.array([None if s is None else (NOON + s) * scale for s in shifts], pa.timestamp(unit, zone))


def test_empty_tables_columns_of_nothing_and_ids_beyond_63_bits():
    ids = pa.array([2**63 + number for number in range(4)], pa.uint64())
    frames = {
        "assignments": pa.table({"unit": ids, "arm": list("aabb"), "at": at(0, 0, 0, 0)}),
        "orders": pa.table({"unit": ids.slice(1, 2), "at": at(5, 6), "amount": pa.nulls(2)}),
        "exits": pa.table({"unit": pa.array([], pa.string()), "at": pa.array([], pa.timestamp("us", "UTC"))}),
    }
    assert_alike(SMALL, frames)


def test_nanoseconds_in_parquet_and_old_parquet_times(tmp_path):
    write_table = pyarrow.parquet.write_table
    assignments = pa.table({"unit": list("pqrs"), "arm": list("aabb"), "at": at(0, 1, -1, None, unit="ns")})
    orders = pa.table({"unit": list("pqs"), "at": at(0, -1, 7, unit="ns", zone=None), "amount": [0.1, 29.29, -1e-9]})
    write_table(assignments, tmp_path / "assignments.parquet")
    write_table(orders, tmp_path / "orders.parquet", use_deprecated_int96_timestamps=True)
    write_table(orders, tmp_path / "exits.parquet")
    data = {name: {**source, "path": f"{name}.parquet"} for name, source in SMALL["data"].items()}
    assert_alike({**SMALL, "timezone": "Europe/Helsinki", "data": data}, folder=tmp_path)


def test_sums_too_large_for_twelve_digits_give_up_the_same_digits():
    frames = {
        "assignments": pa.table({"unit": list("pqrs"), "arm": list("aabb"), "at": at(0, 0, 0, 0)}),
        "orders": pa.table({"unit": list("pqrs"), "at": at(1, 2, 3, 4), "amount": [9.87654321e8, 1e-3, -5.5, 0.1]}),
        "exits": pa.table({"unit": ["p"], "at": at(1)}),
    }
    assert_alike(SMALL, frames)
