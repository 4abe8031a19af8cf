"""Folders as tables: their names are columns, which never change what files hold and keep files from being read."""

import datetime as dt
import json
import re
from pathlib import Path

import duckdb
import pytest

from abtest import analyze, load
from abtest.engines.duckdb.database import Database
from abtest.engines.engine import Statement
from abtest.errors import DataError
from abtest.files.folders import folder_columns
from abtest.warehouse.calendar import to_microseconds
from abtest.warehouse.reading import Read, normalise
from abtest.warehouse.tables import open_tables

ROWS = """
SELECT i % 400 AS customer_id,
       TIMESTAMPTZ '2026-03-01 00:00:00Z' + to_minutes(CAST(i * 37 % 86000 AS INTEGER)) AS ordered_at,
       i % 97 / 4.0 AS amount,
       CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN 'åland/öst' WHEN 2 THEN 'a=b' ELSE 'fi' END AS region
FROM range(6000) AS t(i)
"""
COLUMNS = {"parquet": "parquet", "csv": "csv, HEADER", "ndjson": "json, FILE_EXTENSION ndjson"}


@pytest.fixture
def lake(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """Write the tables that do not vary, and keep the orders as a table to write in many ways."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE TABLE orders AS {ROWS}")
    arms = (
        "SELECT i AS customer_id, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END AS arm, "
        "TIMESTAMPTZ '2026-03-03 08:00:00Z' AS assigned_at FROM range(400) AS t(i)"
    )
    connection.execute(f"COPY ({arms}) TO '{tmp_path}/arms.parquet' (FORMAT parquet)")
    return connection


def definition(path: str, **orders: object) -> dict[str, object]:
    return {
        "name": "lake",
        "unit": "customer_id",
        "timezone": "Europe/Helsinki",
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "data": {
            "assignments": {"path": "arms.parquet", "at": "assigned_at"},
            "orders": {"path": path, "at": "ordered_at", "value": "amount", **orders},
        },
        "metrics": {
            "retained": {"role": "primary", "type": "retention", "event": "orders", "window": ["7d", "14d"]},
            "revenue": {"type": "sum", "event": "orders", "window": ["0d", "21d"]},
        },
    }


def numbers(folder: Path, path: str, **orders: object) -> str:
    """Analyse, and return what was counted."""
    analysis = analyze(load(definition(path, **orders), folder=folder))
    rows = [source.rows for source in analysis.data.sources]
    return json.dumps([rows, [metric.model_dump() for metric in analysis.metrics]])


def write(lake: duckdb.DuckDBPyConnection, folder: Path, kind: str, **columns: str) -> None:
    """Write the orders into folders named for ``columns``, each an expression."""
    named = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    held = ", ".join(name for name in ("customer_id", "ordered_at", "amount", "region") if name not in columns)
    lake.execute(
        f"COPY (SELECT {held}, {named} FROM orders) TO '{folder}/orders' "
        f"(FORMAT {COLUMNS[kind]}, PARTITION_BY ({', '.join(columns)}))"
    )


def break_rows(file: Path) -> None:
    """Overwrite the rows of a Parquet file; its footer, which lists columns and sizes, stays."""
    content = bytearray(file.read_bytes())
    footer = int.from_bytes(content[-8:-4], "little")
    content[4 : -8 - footer] = b"\xff" * (len(content) - 12 - footer)
    file.write_bytes(content)


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("pattern", ["orders", "orders/", "orders/**/*.{}"])
def test_a_table_in_folders_counts_as_one_file_does(lake, tmp_path, kind, pattern):
    lake.execute(f"COPY orders TO '{tmp_path}/flat.{kind}' (FORMAT {COLUMNS[kind]})")
    write(lake, tmp_path, kind, week="CAST(date_trunc('week', ordered_at) AS DATE)", region="region")
    assert len(list((tmp_path / "orders").rglob("*.*"))) > 30
    for condition in ("region = 'fi' or region is null", "region in ('a=b', 'åland/öst')"):
        flat = numbers(tmp_path, f"flat.{kind}", where=condition)
        assert numbers(tmp_path, pattern.format(kind), where=condition) == flat


def test_the_time_of_events_may_be_the_day_in_the_folders_name(lake, tmp_path):
    lake.execute(
        f"COPY (SELECT * REPLACE (CAST(ordered_at AS DATE) AS ordered_at) FROM orders) TO '{tmp_path}/flat.parquet'"
    )
    write(lake, tmp_path, "parquet", day="CAST(ordered_at AS DATE)")
    lake.execute(f"COPY orders TO '{tmp_path}/csv' (FORMAT csv, PARTITION_BY (region))")
    assert numbers(tmp_path, "orders", at="day") == numbers(tmp_path, "flat.parquet")


def test_a_folder_never_overwrites_a_column_of_the_files(lake, tmp_path):
    lake.execute(f"COPY orders TO '{tmp_path}/flat.parquet'")
    (tmp_path / "orders/customer_id=5/Region=fi").mkdir(parents=True)
    lake.execute(f"COPY orders TO '{tmp_path}/orders/customer_id=5/Region=fi/0.parquet'")
    assert numbers(tmp_path, "orders") == numbers(tmp_path, "flat.parquet")
    assert numbers(tmp_path, "orders", where="region = 'a=b'") == numbers(
        tmp_path, "flat.parquet", where="region = 'a=b'"
    )


def test_a_column_of_a_later_file_is_not_overwritten_either(tmp_path):
    for number, columns in enumerate(("1 AS a", "2 AS a, 'file' AS k")):
        (tmp_path / f"k=folder{number}").mkdir()
        duckdb.execute(f"COPY (SELECT {columns}) TO '{tmp_path}/k=folder{number}/0.parquet'")
    engine = Database()
    engine.attach_files("t", [str(file) for file in sorted(tmp_path.rglob("*.parquet"))], "parquet", None)
    assert list(engine.columns("t")) == ["a"]
    engine.close()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("2026-03-02", "2026-12-31"), "date"),
        (("2026-03-02", "2026-02-30"), "text"),  # there is no such day
        (("2026-03-02", "7"), "text"),
        (("03", "11"), "integer"),
        (("7", "007"), "text"),  # may be two ids
        (("-5", "12"), "integer"),
        (("12345678901234567890",), "text"),
        (("1.5", "2"), "text"),
        (("fi", "sv"), "text"),
        (("7", "__HIVE_DEFAULT_PARTITION__"), "integer"),
        (("__HIVE_DEFAULT_PARTITION__",), "text"),
        (("2026-03-02 10%3A00",), "text"),
    ],
)
def test_the_type_of_a_folders_column_follows_from_all_its_names(values, kind):
    files = [f"/lake/k={value}/part-{place}.parquet" for place, value in enumerate(values)]
    assert folder_columns(files, []) == {"k": kind}
    assert folder_columns(files[::-1], []) == {"k": kind}


def test_only_what_all_folders_name_is_a_column():
    files = ["/lake/day=2026-03-02/n=1/0.parquet", "/lake/day=2026-03-03/0.parquet"]
    assert folder_columns(files, []) == {"day": "date"}
    assert folder_columns([*files, "/lake/0.parquet"], []) == {}
    assert folder_columns(["day=2026-03-02/0.parquet"], ["DAY"]) == {}


@pytest.mark.parametrize("kind", COLUMNS)
def test_the_engine_reads_of_a_folders_name_what_stands_there(tmp_path, kind):
    names = {
        "day=2026-03-02": ("2026-03-02", "text", "x"),
        "day=__HIVE_DEFAULT_PARTITION__": (None, "50%", "å b"),
    }
    for (folder, (_, word, text)), escaped in zip(names.items(), ("text", "50%"), strict=True):
        assert word == escaped
        place = tmp_path / folder / f"it's={text.replace('å', '%C3%A5')}" / f"w={word}"
        place.mkdir(parents=True)
        duckdb.execute(
            f"COPY (SELECT 1 AS a) TO '{str(place).replace(chr(39), chr(39) * 2)}/0.{kind}' (FORMAT {COLUMNS[kind]})"
        )
    engine = Database()
    layout = (",", ["a"]) if kind == "csv" else None
    engine.attach_files("t", [str(file) for file in sorted(tmp_path.rglob("0.*"))], kind, layout)
    assert engine.columns("t")["day"] == "date"
    rows = engine.rows(Statement('SELECT CAST(day AS STRING) AS day, w, "it\'s" AS s FROM t ORDER BY w', {}))
    assert [tuple(row.values()) for row in rows] == [
        names["day=__HIVE_DEFAULT_PARTITION__"],
        ("2026-03-02", "text", "x"),
    ]
    engine.close()


def test_files_that_where_rules_out_are_not_read(lake, tmp_path):
    write(lake, tmp_path, "parquet", region="region")
    before = numbers(tmp_path, "orders", where="region = 'fi'")
    for file in (tmp_path / "orders").rglob("*.parquet"):
        if "region=fi" not in str(file):
            break_rows(file)
    assert numbers(tmp_path, "orders", where="region = 'fi'") == before
    with pytest.raises(DataError, match="damaged"):
        numbers(tmp_path, "orders")


def test_files_of_days_that_no_window_reaches_are_not_read(lake, tmp_path):
    write(lake, tmp_path, "parquet", day="CAST(ordered_at AS DATE)")
    days = len(list((tmp_path / "orders").iterdir()))
    experiment = load(definition("orders", at="day"), folder=tmp_path)
    engine = Database()
    try:
        warehouse = open_tables(experiment, engine, ["orders"])
        table = normalise(warehouse, "orders", Read(numbers=("amount",), time="day"))
        low, high = (to_microseconds(dt.datetime(2026, 3, day, tzinfo=dt.UTC)) for day in (10, 12))
        assert files_read(engine, table.select) == days
        # Two days, with a day of grace on both sides for the time zone.
        assert files_read(engine, table.between(low, high).select) == 4
    finally:
        engine.close()


def files_read(engine: Database, statement: Statement | None) -> int:
    assert statement is not None
    text = f"EXPLAIN ANALYZE SELECT count(unit), sum(at_us), sum(v_amount) FROM ({statement.text})"
    plan = str(engine.rows(Statement(text, statement.parameters))[0])
    return int(re.findall(r"Total Files Read: (\d+)", plan)[0])


def test_notes_in_a_folder_are_passed_over_and_other_files_are_refused(lake, tmp_path):
    write(lake, tmp_path, "parquet", region="region")
    before = numbers(tmp_path, "orders")
    for name in ("_SUCCESS", ".part-0.parquet.crc", "_temporary/0/part.parquet", "region=fi/.hidden.parquet"):
        (tmp_path / "orders" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "orders" / name).write_text("no table")
    assert numbers(tmp_path, "orders") == before
    (tmp_path / "orders/region=fi/readme.txt").write_text("see the wiki")
    with pytest.raises(DataError, match=r"also holds region=…/readme\.txt, which is no table; name the files"):
        numbers(tmp_path, "orders")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda folder: None, "the folder orders holds no file"),  # noqa: ARG005
        (lambda folder: (folder / "_delta_log").mkdir(), "Delta table"),
    ],
)
def test_a_folder_that_is_no_table_is_refused(lake, tmp_path, prepare, message):
    del lake
    (tmp_path / "orders").mkdir()
    prepare(tmp_path / "orders")
    with pytest.raises(DataError, match=message):
        numbers(tmp_path, "orders")


def two_files(folder: Path, first: str, second: str) -> list[str]:
    for number, columns in enumerate((first, second)):
        duckdb.execute(f"COPY (SELECT {columns}) TO '{folder}/{number}.parquet'")
    return [f"{folder}/{number}.parquet" for number in range(2)]


def rows_of(files: list[str], columns: str) -> list[tuple[object, ...]]:
    engine = Database()
    try:
        engine.attach_files("t", files, "parquet", None)
        return [tuple(row.values()) for row in engine.rows(Statement(f"SELECT {columns} FROM t ORDER BY a", {}))]
    finally:
        engine.close()


def test_columns_of_files_are_matched_by_name_not_by_place(tmp_path):
    assert rows_of(two_files(tmp_path, "1 AS a, 20 AS b", "40 AS b, 3 AS a"), "a, b") == [(1, 20), (3, 40)]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("1 AS a", "2.5 AS a", [1.0, 2.5]),
        ("1 AS a", "9007199254740993 AS a", [1, 9007199254740993]),
        ("CAST(1.25 AS DECIMAL(10, 2)) AS a", "CAST(2.125 AS DECIMAL(10, 3)) AS a", [1.25, 2.125]),
        ("CAST(NULL AS INTEGER) AS a, 'x' AS b", "1.5 AS a, 'x' AS b", [1.5, None]),
    ],
)
def test_a_number_keeps_its_value_whatever_width_the_other_files_have(tmp_path, first, second, expected, order):
    files = two_files(tmp_path, first, second)[::order]
    assert [row[0] for row in rows_of(files, "a")] == expected


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("1 AS a", "'08' AS a", "column 'a' holds VARCHAR in 1.parquet and INTEGER in 0.parquet"),
        ("now() AS a", "CAST(now() AS TIMESTAMP) AS a", "column 'a' holds TIMESTAMP in 1.parquet and TIMESTAMP WITH"),
        ("{'x': 1} AS a, 1 AS x", "{'x': 1} AS a, 'x' AS x", "column 'x' holds VARCHAR in 1.parquet and INTEGER"),
        ("1 AS a, 2 AS b", "1.5 AS a", "1.parquet has no column 'b', which 0.parquet has"),
        ("1 AS a, 2 AS b", "1 AS a", "1.parquet has no column 'b', which 0.parquet has"),
    ],
)
def test_files_that_do_not_agree_are_refused(tmp_path, first, second, message):
    with pytest.raises(DataError, match=message):
        rows_of(two_files(tmp_path, first, second), "*")
