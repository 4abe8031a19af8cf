"""Text ids are read as hashes. Two ids with one hash, or ids with blanks at their edges, change no number."""

import json
import random
from pathlib import Path

import polars as pl
import pytest

import abtest
from abtest.engines.duckdb import database as duckdb
from abtest.engines.duckdb.database import Database
from abtest.warehouse.collect import Collector

DEFINITION = """
name: ids
unit: customer
timezone: UTC
period: {start: 2026-03-02, end: 2026-03-08, through: 2026-04-30}
arms: [{name: a, control: true}, {name: b}]
population: {eligible: age >= 30}
data: {customers: {}, assignments: {at: at}, orders: {at: at, value: amount}}
metrics:
  kept: {role: primary, type: retention, event: orders, window: [7d, 28d]}
  spent: {type: sum, event: orders, window: [0d, 28d]}
"""


def _experiment(folder: Path) -> abtest.Experiment:
    path = folder / "ids.yaml"
    path.write_text(DEFINITION)
    return abtest.load(path)


def _tables(write: object = lambda name: name) -> dict[str, pl.DataFrame]:
    """Return 60 customers, 50 of them assigned, one twice, one in both arms, and events of these and of strangers."""
    draw = random.Random(5)
    day = 1_772_409_600 * 10**6  # 2026-03-02
    instant = pl.Datetime("us", "UTC")
    names = [f"customer-{number}" for number in range(60)]
    spelt = [write(name) for name in names]  # type: ignore[operator]
    assigned = [*spelt[:50], spelt[3], spelt[4]]
    arms = [*("ab"[number % 2] for number in range(50)), "b", "b"]
    buyers = [draw.choice([*names, "stranger-1", "stranger-2"]) for _ in range(400)]
    return {
        "customers": pl.DataFrame({"customer": spelt, "age": [draw.randrange(20, 60) for _ in names]}),
        "assignments": pl.DataFrame(
            {
                "customer": assigned,
                "arm": arms,
                "at": pl.Series([day + i * 3_600_000_000 for i in range(52)]).cast(instant),
            }
        ),
        "orders": pl.DataFrame(
            {
                "customer": buyers,
                "at": pl.Series([day + draw.randrange(-5, 40) * 86_400_000_000 for _ in buyers]).cast(instant),
                "amount": [draw.randrange(1, 9_999) / 100 for _ in buyers],
            }
        ),
    }


def _numbers(experiment: abtest.Experiment, tables: dict[str, pl.DataFrame]) -> dict[str, object]:
    found = json.loads(abtest.analyze(experiment, tables).to_json())
    kept = {key: found[key] for key in ("population", "metrics", "decision", "checks")}
    return kept | {"sources": [{k: v for k, v in s.items() if k != "fingerprint"} for s in found["data"]["sources"]]}


@pytest.mark.parametrize("weak", ["length(x)", "hash(x) % 7", "hash(x) % 1000"])
def test_ids_that_share_a_hash_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weak: str) -> None:
    experiment, tables = _experiment(tmp_path), _tables()
    expected = _numbers(experiment, tables)
    strong = "CREATE MACRO unit_key(x) AS CASE WHEN x IS NOT NULL THEN hash(x) END;"
    assert strong in duckdb.MACROS
    monkeypatch.setattr(duckdb, "MACROS", duckdb.MACROS.replace(strong, f"CREATE MACRO unit_key(x) AS {weak};"))
    assert _numbers(experiment, tables) == expected


def test_hashed_and_numbered_ids_count_alike(tmp_path: Path) -> None:
    experiment, tables = _experiment(tmp_path), _tables()
    order = {
        name: place for place, name in enumerate([f"customer-{n}" for n in range(60)] + ["stranger-1", "stranger-2"])
    }
    numbered = {
        name: frame.with_columns(pl.col("customer").replace_strict(order, return_dtype=pl.Int64))
        for name, frame in tables.items()
    }
    assert _numbers(experiment, numbered) == _numbers(experiment, tables)


@pytest.mark.parametrize("edge", [" {}", "{} ", "  {}  "])
def test_blanks_at_the_edges_of_ids_do_not_count(tmp_path: Path, edge: str) -> None:
    experiment = _experiment(tmp_path)
    assert _numbers(experiment, _tables(edge.format)) == _numbers(experiment, _tables())


def test_blank_ids_are_no_ids(tmp_path: Path) -> None:
    experiment, tables = _experiment(tmp_path), _tables()
    blank = {
        name: pl.concat([frame, frame.head(3).with_columns(customer=pl.Series(["", "   ", None], dtype=pl.String))])
        for name, frame in tables.items()
    }
    plain, found = abtest.analyze(experiment, tables), abtest.analyze(experiment, blank)
    assert found.metrics == plain.metrics
    sources = Collector(experiment, Database(), blank).collect().sources
    assert [source.without_unit for source in sources] == [3, 3, 3]


def test_the_collector_starts_again_without_hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment, tables = _experiment(tmp_path), _tables()
    assert Collector(experiment, Database(), tables).warehouse.hashed
    monkeypatch.setattr(duckdb, "MACROS", duckdb.MACROS.replace("THEN hash(x) END", "THEN hash(x) % 7 END"))
    assert not Collector(experiment, Database(), tables).warehouse.hashed
