"""Spark reads from files, frames and tables what DuckDB reads, and refuses what DuckDB refuses in the same words."""

import datetime as dt
import gzip
import re
import socket
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from spark_base import EVERYTHING, collected

from abtest.engines.engine import Engine, EngineError, Statement
from abtest.engines.sqltext import quote
from abtest.errors import DataError

# ---- What a column holds.

NOW = dt.datetime(2026, 3, 2, 10, 0, 0, 123456)
TYPES = pa.table(
    {
        **{str(kind): pa.array([1, None], kind) for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())},
        **{str(kind): pa.array([1, None], kind) for kind in (pa.uint8(), pa.uint16(), pa.uint32())},
        "uint64": pa.array([2**64 - 1, None], pa.uint64()),
        "double": pa.array([0.1, None]),
        "float": pa.array([0.1, None], pa.float32()),
        "decimal": pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)),
        "text": pa.array(["x", None]),
        "words": pa.array(["x", None]).dictionary_encode(),
        "boolean": pa.array([True, None]),
        "day": pa.array([NOW.date(), None]),
        **{f"local {unit}": pa.array([NOW, None], pa.timestamp(unit)).cast("timestamp[us]") for unit in ("us", "ns")},
        "nanoseconds": pa.array([NOW, None], pa.timestamp("ns")),
        "instant": pa.array([NOW, None], pa.timestamp("us", "UTC")),
        "instant ns": pa.array([NOW, None], pa.timestamp("ns", "Europe/Helsinki")),
        "seconds": pa.array([NOW.replace(microsecond=0), None], pa.timestamp("s", "America/New_York")),
        "nothing": pa.nulls(2),
        "bytes": pa.array([b"x", None]),
        "list": pa.array([[1], None]),
    }
)


def contents(opened: Engine, table: str) -> tuple[dict[str, str], list[dict[str, object]]]:
    """Return what the columns hold, and the values of those that are read."""
    columns = opened.columns(table)
    reading = {
        "instant": "unix_micros({0})",
        "timestamp": "local_micros(CAST({0} AS TIMESTAMP), 'UTC')",
        "date": "local_micros(CAST({0} AS TIMESTAMP), 'UTC')",
        "other": "CAST(NULL AS BIGINT)",
    }
    listed = ", ".join(
        f"{reading.get(kind, '{0}').format(quote(name))} AS {quote(name)}" for name, kind in columns.items()
    )
    return columns, opened.rows(Statement(f"SELECT {listed} FROM {quote(table)}", {}))


def test_parquet_columns_hold_the_same(spark, duckdb, tmp_path):
    pyarrow.parquet.write_table(TYPES, tmp_path / "types.parquet")
    for opened in (spark, duckdb):
        opened.attach_files("types", [str(tmp_path / "types.parquet")], "parquet", None)
    columns, rows = contents(spark, "types")
    expected, values = contents(duckdb, "types")
    assert columns == expected
    assert [{**row, "uint64": row["uint64"] and str(row["uint64"])} for row in values] == rows
    assert [columns[name] for name in ("int8", "uint64", "double", "nanoseconds", "instant ns", "nothing", "list")] == [
        *("integer", "text", "number", "timestamp", "instant", "null", "other")
    ]


@pytest.mark.parametrize("make", [lambda t: t, pl.from_arrow, lambda t: t.to_pandas(types_mapper=pd.ArrowDtype)])
def test_frames_hold_the_same(spark, duckdb, make):
    frame = make(TYPES.drop_columns(["list", "bytes", "uint64"]))
    for opened in (spark, duckdb):
        opened.attach_frame("frame", frame)
    assert contents(spark, "frame") == contents(duckdb, "frame")


def test_what_is_no_frame_is_refused(spark):
    with pytest.raises(DataError, match="a table given as list cannot be read; give a pandas, polars or Arrow table"):
        spark.attach_frame("wrong", [1, 2])


@pytest.mark.parametrize("kind", ["parquet", "text", "csv", "json", "orc", "binaryFile", "spark_catalog.parquet"])
def test_a_path_in_disguise_is_no_table_of_the_catalogue(spark, tmp_path, kind):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        (tmp_path / "secret").write_text("line\n")
        for place in (tmp_path / "secret", f"hdfs://127.0.0.1:{server.getsockname()[1]}/secret"):
            with pytest.raises(EngineError, match=r"no such table; check its name"):
                spark.attach_table("raw_orders", f"{kind}.`{place}`")
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_table_of_the_catalogue_is_read_by_its_name(spark, duckdb, session):
    session.sql("CREATE DATABASE IF NOT EXISTS shop")
    session.sql("CREATE OR REPLACE TEMPORARY VIEW rows AS SELECT 1 AS id, timestamp'2026-03-02 10:00:00Z' AS at")
    session.sql("DROP TABLE IF EXISTS shop.orders")
    session.sql("CREATE TABLE shop.orders USING parquet AS SELECT *, 1.50BD AS amount, 'x' AS word FROM rows")
    spark.attach_table("raw_orders", "shop.orders")
    assert spark.columns("raw_orders") == {"id": "integer", "at": "instant", "amount": "number", "word": "text"}
    assert spark.rows(Statement('SELECT amount, unix_micros(at) AS at FROM "raw_orders"', {})) == [
        {"amount": Decimal("1.50"), "at": 1_772_445_600_000_000}
    ]
    with pytest.raises(EngineError, match=r"no such table; check its name"):
        spark.attach_table("raw_orders", "shop.nowhere")
    with pytest.raises(EngineError, match=r"add `engine: spark`"):
        duckdb.attach_table("raw_orders", "shop.orders")
    session.sql("DROP DATABASE shop CASCADE")


# ---- Files as they come.

CSV = {
    "plain": "a,b\n1,2\n3,4\n",
    "crlf": "a,b\r\n1,2\r\n3,4\r\n",
    "no last line end": "a,b\n1,2\n3,4",
    "line ends and quotes in quotes": 'a,b\n"x\ny",2\n"3, 4","5 ""q"""\n',
    "byte order mark": "\ufeffa,b\n1,2\n",
    "blanks": 'a,b\n 1 ,  2\n"",\n,""\n\n',
    "backslashes and hashes": 'a,b\n"x\\",2\n#,\\\n',
    "only a header": "a,b\n",
    "the header again": "a,b\na,b\n",
    "a stray quote": 'a,b\n1,2"3\n4,5\n',
    "fewer cells": "a,b\n1,2\n3\n",
    "more cells": "a,b\n1,2\n3,4,5\n",
    "an open quote": 'a,b\n1,"2\n4,5\n',
    "text after a quote": 'a,b\n1,"2"3\n4,5\n',
    "mixed line ends": "a,b\n1,2\r\n3,4\n5,6\r\n",
}
JSON = {
    "numbers as they are written": '{"a": 1.10, "b": 1e3}\n{"a": 12345678901234567890, "b": -0.0}\n',
    "types that change": '{"a": 1}\n{"a": "x"}\n{"a": true}\n{"a": [1, 2]}\n{"a": {"x":  1}}\n{"a": null}\n',
    "missing keys and blank lines": '{"a": 1}\n\n{"b": 2}\n',
    "words that JSON lacks": '{"a": NaN, "b": -Infinity}\n',
    "escapes": '{"é": "\\u00e9\\n", "a b": "客"}\n',
    "cut off": '{"a": 1}\n{"a": 2\n',
    "an array": '[{"a": 1}]\n',
    "two on a line": '{"a": 1}{"a": 2}\n',
    "the same key twice": '{"a": 1, "a": 2}\n',
    "single quotes": "{'a': 1}\n",
}


def seen(opened: Engine, path: Path, kind: str, layout: tuple[str, list[str]] | None) -> object:
    """Return what an engine makes of a file: its rows, or its complaint without the name it gives the step."""
    try:
        opened.attach_files("file", [str(path)], kind, layout)
        columns = opened.columns("file")
        rows = opened.rows(Statement('SELECT * FROM "file"', {}))
    except EngineError as error:
        return str(error).split(": ", 1)[1]
    return columns, [[None if row[name] == "" else row[name] for name in columns] for row in rows]


@pytest.mark.parametrize("case", CSV)
@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_a_csv_file_holds_the_same_or_is_refused_in_the_same_words(spark, duckdb, tmp_path, case, ending):
    path = tmp_path / f"x{ending}"
    path.write_bytes(gzip.compress(CSV[case].encode()) if ending.endswith(".gz") else CSV[case].encode())
    layout = (",", ["a", "b"])
    assert seen(spark, path, "csv", layout) == seen(duckdb, path, "csv", layout)


@pytest.mark.parametrize("case", JSON)
def test_an_ndjson_file_holds_the_same_or_is_refused_in_the_same_words(spark, duckdb, tmp_path, case):
    path = tmp_path / "x.ndjson"
    path.write_text(JSON[case])
    assert seen(spark, path, "ndjson", None) == seen(duckdb, path, "ndjson", None)


def test_a_file_that_is_not_utf_8_is_refused(spark, tmp_path):
    (tmp_path / "x.csv").write_bytes(b"a,b\n\xe9,2\n")
    (tmp_path / "x.ndjson").write_bytes(b'{"a": "\xe9"}\n')
    assert "not UTF-8" in str(seen(spark, tmp_path / "x.csv", "csv", (",", ["a", "b"])))
    assert "UTF-8" in str(seen(spark, tmp_path / "x.ndjson", "ndjson", None))


@pytest.mark.parametrize("name", ["x[1]{2}*?.csv", "x y%20 +#é.csv", "a=9/x.csv", ".hidden/x.csv", "back\\slash.csv"])
def test_any_name_of_a_file_is_that_file(spark, duckdb, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(CSV["plain"])
    assert seen(spark, path, "csv", (",", ["a", "b"])) == seen(duckdb, path, "csv", (",", ["a", "b"]))


@pytest.mark.parametrize("name", ["_x.csv", ".x.csv", "x:y.csv"])
def test_a_name_that_spark_passes_over_is_refused(spark, tmp_path, name):
    (tmp_path / name).write_text(CSV["plain"])
    with pytest.raises(EngineError, match="rename the file"):
        spark.attach_files("file", [str(tmp_path / name)], "csv", (",", ["a", "b"]))


def test_a_parquet_file_that_lacks_a_column_is_refused_instead_of_read_as_nothing(spark, tmp_path):
    pyarrow.parquet.write_table(pa.table({"a": [1], "b": [1]}), tmp_path / "1.parquet")
    pyarrow.parquet.write_table(pa.table({"a": [1]}), tmp_path / "2.parquet")
    with pytest.raises(EngineError, match=r"2\.parquet has no column 'b', which 1\.parquet has"):
        spark.attach_files("file", [str(tmp_path / f"{n}.parquet") for n in (1, 2)], "parquet", None)


FOLDERS = {
    "days": ["2026-03-02", "2026-03-03"],
    "whole numbers": ["1", "-2"],
    "numbers with zeros": ["01", "1"],
    "texts": ["a b", "é+%25"],
    "escaped signs": ["c%2Fd", "%C3%A9"],
    "percent signs": ["100%", "50%"],
    "nothing": ["__HIVE_DEFAULT_PARTITION__", "3"],
    "empty": ["", "x"],
}


def in_folders(folder: Path, values: list[str], kind: str) -> list[str]:
    """Write a file for each folder ``key=value`` and return their paths."""
    files = [folder / "orders" / f"key={value}" / f"part-0.{kind}" for value in values]
    for number, file in enumerate(files):
        file.parent.mkdir(parents=True)
        if kind == "parquet":
            pyarrow.parquet.write_table(pa.table({"id": [number]}), file)
        else:
            file.write_text(f"id\n{number}\n" if kind == "csv" else f'{{"id": {number}}}\n')
    return [str(file) for file in files]


@pytest.mark.parametrize("kind", ["parquet", "csv", "ndjson"])
@pytest.mark.parametrize("case", FOLDERS)
def test_what_folders_name_is_a_column_with_the_values_that_duckdb_reads(spark, duckdb, tmp_path, case, kind):
    files = in_folders(tmp_path, FOLDERS[case], kind)
    seen = []
    for opened in (spark, duckdb):
        opened.attach_files("file", files, kind, (",", ["id"]) if kind == "csv" else None)
        statement = Statement('SELECT id, CAST("key" AS STRING) AS "key" FROM file ORDER BY id', {})
        seen.append((opened.columns("file"), opened.rows(statement)))
    assert seen[0] == seen[1]
    assert list(seen[0][0]) == ["id", "key"]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize(
    "case",
    [
        ([f"2026-03-{day:02}" for day in range(1, 11)], """"key" >= DATE '2026-03-08'""", 3),
        (["1", "2", "3", "4"], '"key" = 2', 1),
        (["fi", "se", "n%C3%BA"], "\"key\" IN ('fi', 'nú')", 2),
    ],
)
def test_a_condition_on_folders_leaves_files_of_others_unread(spark, tmp_path, kind, case):
    values, condition, read = case
    files = in_folders(tmp_path, values, kind)
    spark.attach_files("file", files, kind, (",", ["id"]) if kind == "csv" else None)
    asked = spark._query(Statement(f"SELECT id FROM file WHERE {condition}", {}))
    assert len(asked.collect()) == read
    plan = asked._jdf.queryExecution().executedPlan()
    scan = plan.collectLeaves().head()
    assert scan.metrics().apply("numFiles").value() == read


@pytest.mark.parametrize("kind", ["parquet", "csv", "ndjson"])
def test_what_a_file_holds_goes_before_what_its_folder_says(spark, tmp_path, kind):
    path = tmp_path / "customer=5" / "Day=2026-03-02" / f"x.{kind}"
    path.parent.mkdir(parents=True)
    texts = {"csv": "customer,day\nown,own\n", "ndjson": '{"customer": "own", "day": "own"}\n'}
    if kind == "parquet":
        pyarrow.parquet.write_table(pa.table({"customer": ["own"], "day": ["own"]}), path)
    else:
        path.write_text(texts[kind])
    spark.attach_files("file", [str(path)], kind, (",", ["customer", "day"]) if kind == "csv" else None)
    assert spark.columns("file") == {"customer": "text", "day": "text"}
    assert spark.rows(Statement("SELECT * FROM file", {})) == [{"customer": "own", "day": "own"}]


def test_a_column_that_only_a_later_file_holds_is_not_taken_from_folders(spark, duckdb, tmp_path):
    files = [tmp_path / f"k={number}" / "x.parquet" for number in range(2)]
    for file, columns in zip(files, ({"a": [1]}, {"a": [1], "k": ["own"]}), strict=True):
        file.parent.mkdir()
        pyarrow.parquet.write_table(pa.table(columns), file)
    for opened in (spark, duckdb):
        opened.attach_files("file", [str(file) for file in files], "parquet", None)
        assert opened.columns("file") == {"a": "integer"}


def test_only_the_columns_and_row_groups_that_count_are_read(spark, tmp_path):
    path = tmp_path / "x.parquet"
    pyarrow.parquet.write_table(pa.table({"at": pa.array([1, 2], pa.timestamp("us", "UTC")), "a": [1, 2]}), path)
    spark.attach_files("file", [str(path)], "parquet", None)
    text = 'SELECT count(*) AS n FROM (SELECT unix_micros("at") AS at_us, a FROM file WHERE "at" >= to_instant(2)) AS e'
    plan = spark._query(Statement(text, {}))._jdf.queryExecution().toString()
    assert re.search(r"PushedFilters: \[IsNotNull\(at\), GreaterThanOrEqual\(at,1970-01-01 00:00:00.000002\)\]", plan)
    assert "ReadSchema: struct<at:timestamp>" in plan


def test_a_damaged_parquet_file_is_called_so(spark, tmp_path):
    path = tmp_path / "x.parquet"
    pyarrow.parquet.write_table(pa.table({"a": list(range(10_000))}), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "Parquet" in str(seen(spark, path, "parquet", None))
    path.write_bytes(b"PAR1" + bytes(len(whole) - 300) + whole[-296:])
    assert "damaged" in str(seen(spark, path, "parquet", None))


def test_a_file_that_disappears_or_shrinks_while_it_is_used_is_an_error(spark, tmp_path):
    path = tmp_path / "x.parquet"
    pyarrow.parquet.write_table(pa.table({"a": list(range(10_000))}), path)
    spark.attach_files("file", [str(path)], "parquet", None)
    path.unlink()
    with pytest.raises(EngineError, match="cannot find the file"):
        spark.rows(Statement("SELECT sum(a) AS total FROM file", {}))


# ---- Errors name the file, the column and the row, as they do with DuckDB.

DEFINITION = {
    "name": "errors",
    "unit": "unit",
    "timezone": "UTC",
    "period": {"start": "2026-03-01", "through": "2026-03-31"},
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "data": {
        "assignments": {"path": "assignments.csv", "at": "at"},
        "orders": {"path": "orders*.csv", "at": "at", "value": "v"},
    },
    "metrics": {"spent": {"role": "primary", "type": "sum", "event": "orders", "window": ["0d", "7d"]}},
}
ASSIGNED = "unit,arm,at\n1,a,2026-03-02T00:00:00Z\n2,b,2026-03-02\n3,a,2026-03-02\n4,b,2026-03-02\n"
WRONG = {
    "a value in another form": (
        "1,2026-03-03,5\n2,2026-03-03,€1.5\n",
        r"column 'v': 1 of 2 values have a currency",
    ),
    "a value that is no time": (
        "1,2026-03-03,5\n2,2026-02-30,1\n",
        r"column 'at', data row 2: .* is not a date or time",
    ),
    "an infinite value": ("1,2026-03-03,5\n2,2026-03-03,1e400\n", "column 'v' holds an infinite value"),
    "a value too large to sum": ("1,2026-03-03,5\n2,2026-03-03,1e300\n", r"column 'v' .*too large to sum exactly"),
    "no rows": ("", "has no rows"),
}


@pytest.mark.parametrize("case", list(WRONG)[:: 1 if EVERYTHING else 3])
@pytest.mark.usefixtures("session")
def test_an_error_says_where_in_the_words_of_duckdb(tmp_path, case):
    rows, message = WRONG[case]
    (tmp_path / "assignments.csv").write_text(ASSIGNED)
    (tmp_path / "orders.csv").write_text("unit,at,v\n" + rows)
    found = collected("spark", DEFINITION, folder=tmp_path)
    assert re.search(message, str(found))
    assert found == collected("duckdb", DEFINITION, folder=tmp_path)


@pytest.mark.usefixtures("session")
def test_a_row_is_counted_over_all_files_in_their_order(tmp_path):
    (tmp_path / "assignments.csv").write_text(ASSIGNED)
    for number, size in enumerate((3_000, 2_000, 1_000)):
        times = ["2026-02-30" if (number, row) == (1, 699) else "2026-03-03" for row in range(size)]
        lines = "".join(f"{row},{time},{row}\n" for row, time in enumerate(times))
        (tmp_path / f"orders-{number}.csv").write_text("unit,at,v\n" + lines)
    assert "data row 3700" in str(collected("spark", DEFINITION, folder=tmp_path))


@pytest.mark.usefixtures("session")
def test_a_time_without_a_zone_is_refused_with_its_row(tmp_path):
    (tmp_path / "assignments.csv").write_text(ASSIGNED)
    (tmp_path / "orders.csv").write_text("unit,at,v\n1,2026-03-03,5\n")
    unzoned = {key: value for key, value in DEFINITION.items() if key != "timezone"}
    found = collected("spark", unzoned, folder=tmp_path)
    assert re.search("column 'at', data row 2: a timestamp without a time zone", str(found))
    assert found == collected("duckdb", unzoned, folder=tmp_path)
