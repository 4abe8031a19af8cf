"""The same data gives the same result, bit for bit, whatever it is stored in."""

import gzip
import json
import math
import random

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from nasty_data import nasty_case

from abtest import analyze, load
from abtest.engines.duckdb.database import Database
from abtest.warehouse.collect import Collector

CASE = nasty_case(7)
PARTS = 5


def metrics_of(analysis) -> str:
    return json.dumps(
        [metric.model_dump() for metric in analysis.metrics] + [p.model_dump() for p in analysis.population]
    )


@pytest.fixture(scope="module")
def expected() -> str:
    return metrics_of(analyze(load(CASE.definition), tables=CASE.frames))


def with_paths(ending: str) -> dict[str, object]:
    data = {name: {**source, "path": f"{name}{ending}"} for name, source in CASE.definition["data"].items()}
    return {**CASE.definition, "data": data}


def as_text(table: pa.Table) -> list[dict[str, object]]:
    """Rows as a text file holds them: times in ISO 8601, NaN spelled out."""
    rows = []
    for row in table.to_pylist():
        rows.append({name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()})
    return rows


def csv_text(table: pa.Table) -> str:
    def cell(value: object) -> str:
        return "" if value is None else '"' + str(value).replace('"', '""') + '"'

    lines = [",".join(table.column_names)]
    lines += [",".join(cell(value) for value in row.values()) for row in as_text(table)]
    return "\n".join(lines) + "\n"


def json_text(table: pa.Table) -> str:
    rows = [
        {k: "NaN" if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()} for row in as_text(table)
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write(folder, name: str, ending: str, table: pa.Table) -> None:
    path = folder / f"{name}{ending}"
    if ending == ".parquet":
        pyarrow.parquet.write_table(table, path)
    else:
        text = csv_text(table) if ".csv" in ending else json_text(table)
        path.write_bytes(gzip.compress(text.encode()) if ending.endswith(".gz") else text.encode())


@pytest.mark.parametrize("kind", ["pandas", "polars", "polars lazy", "arrow with dictionaries"])
def test_frames_of_every_kind_give_the_same_result(kind, expected):
    make = {
        "pandas": lambda t: t.to_pandas(),
        "polars": pl.from_arrow,
        "polars lazy": lambda t: pl.from_arrow(t).lazy(),
        "arrow with dictionaries": lambda t: pa.table(
            {
                n: c.dictionary_encode() if pa.types.is_string(c.type) else c
                for n, c in zip(t.column_names, t.columns, strict=True)
            }
        ),
    }[kind]
    frames = {name: make(table) for name, table in CASE.frames.items()}
    if kind == "pandas":  # integer ids with gaps are floats unless the frame says otherwise
        frames = {name: _whole_ids(frame) for name, frame in frames.items()}
    assert metrics_of(analyze(load(CASE.definition), tables=frames)) == expected


def _whole_ids(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(unit=frame["unit"].astype("Int64")) if frame["unit"].dtype.kind == "f" else frame


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet", ".ndjson", ".jsonl", ".ndjson.gz"])
def test_files_of_every_format_give_the_same_result(ending, expected, tmp_path):
    for name, table in CASE.frames.items():
        write(tmp_path, name, ending, table)
    assert metrics_of(analyze(load(with_paths(ending), folder=tmp_path))) == expected


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet", ".ndjson"])
def test_a_table_split_over_many_files_gives_the_same_result(ending, expected, tmp_path):
    for name, table in CASE.frames.items():
        for part in range(PARTS):
            rows = [row for row in range(table.num_rows) if row % PARTS == part]
            write(tmp_path, f"{name}-{part}", ending, table.take(rows))
    assert metrics_of(analyze(load(with_paths(f"-*{ending}"), folder=tmp_path))) == expected


def test_the_order_of_rows_and_columns_does_not_matter(expected):
    for seed in range(5):
        chance = random.Random(seed)
        frames = {}
        for name, table in CASE.frames.items():
            rows = list(range(table.num_rows))
            chance.shuffle(rows)
            names = list(table.column_names)
            chance.shuffle(names)
            frames[name] = table.take(rows).select(names)
        assert metrics_of(analyze(load(CASE.definition), tables=frames)) == expected


def collected_with(threads: int):
    engine = Database()
    engine._connection.execute(f"SET threads = {threads}")
    try:
        found = Collector(load(CASE.definition), engine, CASE.frames).collect()
    finally:
        engine.close()
    return found.metrics, found.ledger


def test_the_number_of_threads_does_not_matter():
    assert collected_with(1) == collected_with(2) == collected_with(7)


def test_two_runs_write_the_same_bytes(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    first, second = (analyze(load(CASE.definition), tables=CASE.frames).to_json() for _ in range(2))
    assert first == second


def test_mixed_sources_are_joined_by_what_the_ids_say(tmp_path):
    """Whole-number ids in Parquet, text with blanks in CSV, numbers in NDJSON are one customer each."""
    pyarrow.parquet.write_table(
        pa.table({"unit": [1, 2, 3, 4], "at": ["2026-03-02T10:00:00Z"] * 4, "arm": ["a", "a", "b", "b"]}),
        tmp_path / "assignments.parquet",
    )
    (tmp_path / "orders.csv").write_text(
        "unit;at\n 1 ;2026-03-03T00:00:00Z\n 3;2026-03-04T00:00:00Z\n03;2026-03-04T00:00:00Z\n"
    )
    (tmp_path / "exits.ndjson").write_text('{"unit": 4, "at": "2026-03-03T00:00:00Z"}\n')
    window = {"window": ["0d", "7d"], "type": "conversion"}
    analysis = analyze(
        load(
            {
                "name": "mixed",
                "unit": "unit",
                "period": {"start": "2026-03-01", "through": "2026-03-31"},
                "timezone": "UTC",
                "arms": [{"name": "a", "control": True}, {"name": "b"}],
                "data": {
                    "assignments": {"path": "assignments.parquet", "at": "at"},
                    "orders": {"path": "orders.csv", "at": "at"},
                    "exits": {"path": "exits.ndjson", "at": "at"},
                },
                "metrics": {
                    "bought": {"role": "primary", "event": "orders", **window},
                    "left": {"event": "exits", **window},
                },
            },
            folder=tmp_path,
        )
    )
    assert [arm.numerator for arm in analysis.metric("bought").arms] == [1, 1]
    assert [arm.numerator for arm in analysis.metric("left").arms] == [0, 1]


TWO_KINDS = {
    "name": "kinds",
    "unit": "unit",
    "timezone": "UTC",
    "period": {"start": "2026-03-01", "through": "2026-03-31"},
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "data": {
        "assignments": {"at": "at"},
        "purchases": {"at": "at", "where": "kind = 'purchase'"},
        "refunds": {"at": "at", "where": "kind = 'refund'"},
    },
    "metrics": {
        "bought": {"role": "primary", "type": "conversion", "event": "purchases", "window": ["0d", "7d"]},
        "refunded": {"type": "conversion", "event": "refunds", "window": ["0d", "7d"]},
    },
}


def test_two_tables_keep_their_own_where_conditions():
    """One log used twice, with a different `where` each time."""
    at = pa.array([1_772_582_400_000_000] * 4, pa.timestamp("us", "UTC"))
    log = pa.table({"unit": ["p", "q", "r", "s"], "at": at, "kind": ["purchase", "purchase", "purchase", "refund"]})
    assignments = pa.table({"unit": ["p", "q", "r", "s"], "at": at, "arm": ["a", "a", "b", "b"]})
    analysis = analyze(load(TWO_KINDS), tables={"assignments": assignments, "purchases": log, "refunds": log})
    assert [arm.numerator for arm in analysis.metric("bought").arms] == [2, 1]
    assert [arm.numerator for arm in analysis.metric("refunded").arms] == [0, 1]
