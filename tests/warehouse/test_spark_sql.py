"""One SQL text: Spark spells it, and reads numbers and times in text, as DuckDB does."""

import math

import pyarrow as pa
import pyarrow.parquet
import pytest
import spark_base  # noqa: F401 - skips without Spark

from abtest.engines.engine import Engine, EngineError, Statement
from abtest.engines.spark.sql import spelt
from abtest.engines.sqltext import quote

# ---- How a statement is spelt.


def test_only_what_stands_outside_quotes_is_a_parameter():
    text = "SELECT '$a', \"$a\", $a, 'it''s $a', $a_2, $a FROM \"t\""
    assert spelt(Statement(text, {"a": 1, "a_2": "x"})) == (
        r"SELECT '$a', `$a`, :p0, 'it\'s $a', :p1, :p0 FROM `t`",
        {"p0": 1, "p1": "x"},
    )


def test_a_parameter_without_a_value_is_refused():
    with pytest.raises(ValueError, match=r"no value for \$missing"):
        spelt(Statement("SELECT $missing", {}))


NAMES = [
    "a b",
    "x.y",
    'q"z',
    "b`t",
    "it's",
    "back\\slash",
    "end\\",
    "%s",
    "é客",
    "$n",
    ":n",
    "--",
    "/*",
    "select",
    "{x}",
]
VALUES = [
    "it's",
    'q"z',
    "b`t",
    "back\\slash",
    "\\",
    "end\\",
    "%",
    "a\nb",
    "",
    " ",
    "é客",
    "$x :x",
    "'; DROP TABLE t; --",
]


def test_any_name_is_quoted_and_any_value_is_bound(spark, duckdb):
    frame = pa.table({name: [number] for number, name in enumerate(NAMES)})
    columns = ", ".join(f"{quote(name)} AS {quote(f'out {name}')}" for name in NAMES)
    bound = ", ".join(f"$v{number} AS v{number}" for number in range(len(VALUES)))
    literal = ", ".join("'" + value.replace("'", "''") + f"' AS w{place}" for place, value in enumerate(VALUES))
    statement = Statement(
        f"SELECT {columns}, {bound}, {literal} FROM {quote('odd `name')}",
        {f"v{number}": value for number, value in enumerate(VALUES)},
    )
    for opened in (spark, duckdb):
        opened.attach_frame("odd `name", frame)
    (row,) = spark.rows(statement)
    assert row == duckdb.rows(statement)[0]
    assert [row[f"v{place}"] for place in range(len(VALUES))] == VALUES


def test_numbers_keep_their_kind_as_parameters(spark):
    values = {"a": 2**62, "b": 0.1, "c": True, "d": -(2**63), "e": 2**63, "f": "x"}
    row = spark.rows(Statement("SELECT $a AS a, $b AS b, $c AS c, $d AS d, $e AS e, $f AS f", values))[0]
    assert row == values


# ---- The functions that DuckDB has as macros.

NUMBERS = """
1|1.5|+1|-1|- 1|1_000|1_000.5|1__0|_1|1_|1e5|1E5|1e|1e+5|1e400|-1e400|1e-400|5.|.5|.|+.5|-.5|1.e5|1.5d|1.5f
0x1p3|0x10|inf|+inf|-Infinity|infinity|+-inf|-+1|+-1|++1|--1|1,000|1,5|1e5.5|１|−1|1e_5|1_0e1_0|1.0_1|1._5|1e05
00012|9007199254740993|0.1e1 2|1 2|1e+|1 e5|1.2.3|e5|-|+|yes|t|true|TRUE|false|nan|NaN|-nan|+nan|0.1|4.35|2.675
1e22|1e23|12345678901234567890123456789012345678901234567890|1.7976931348623159e308|4.9e-324|1_0.5_0e0_1|1e1_
"""
SPACED_NUMBERS = [
    " tRuE ",
    " nan ",
    " 1 ",
    "",
    "  ",
    "\t1",
    "1\n",
    "1\x0b",
    "\t",
    "\u00a01",
    "1\x00",
    "1\x1f",
    "true\t",
]
TIMES = """
2026-03-02|2026-3-2|2026-03-02 1:02|2026-03-02 24:00:00|2026-03-02 24:00:01|2026-03-02 24:00:00.000
2026-03-02 24:00:00.001|2026-12-31 24:00|2026-02-28T24:00:00+02:00|2026-03-02 24:00 Z|2026-03-02 23:59:60
2026-03-02t10:00|2026-03-02  10:00|0000-01-01|0001-01-01|9999-12-31 23:59:59.999999999
2026-03-02 10:00:00.1234567|2026-03-02 10:00:00.9999999|1969-12-31 23:59:59.9999999|2026-02-29|2024-02-29
2026-13-01|2026-00-01|2026-01-00|1900-01-01|1582-10-10|25-01-01|2026-03-02T10:00:00Z|2026-03-02T10:00:00 z
2026-03-02T10:00:00UTC|2026-03-02T10:00:00 UTC|2026-03-02T10:00:00 utc|2026-03-02T10:00:00+0545
2026-03-02T10:00:00 +05:45|2026-03-02T10:00:00-05:30|2026-03-02T10:00:00-00:30|2026-03-02T10:00:00+14
2026-03-02T10:00:00+18:01|2026-03-02T10:00:00+23:59|2026-03-02T10:00:00+24:00|2026-03-02T10:00:00+99:99
2026-03-02T10:00:00-00:00|2026-03-02T10:00:00+05:60|2026-03-02T10:00+02|2026-03-02T24:00Z
2026-03-02T10:00:00.123456789Z|2026-03-02+02|2026-03-02Z|soon|2026-03-02T10:00:00Zulu|2026-03-02T10:00:60Z
2026-03-02T10:60:00Z|1900-01-01T00:00:00Z|0001-01-01T00:00:00+05:00|9999-12-31T23:59:59-05:00
2026-03-02T10:00:00.Z|٢٠٢٦-03-02|2026-03-02 10:00:00 PM|2026-03-02T1:00Z|2026-03-02T01:0Z
2026-03-02T10:00:00+02:|2026-03-02T10:00:00+2|2026-03-02T10:00:00+0200Z|99999-01-01|2026-03-02T25:00:00
2026-03-02T00:60|2026-03-02T10:00:00.0000009Z|2026-03-02T10:00:00 EST|20260302
"""
SPACED_TIMES = [" 2026-03-02 ", "", "  ", "2026-03-02\n", "2026-03-02T10:00:00Z\n", "2026-03-02\t"]


def listed(texts: str) -> list[str]:
    return texts.strip().replace("\n", "|").split("|")


def equal(found: object, expected: object) -> bool:
    both = isinstance(found, float) and isinstance(expected, float)
    return found == expected or (both and math.isnan(found) and math.isnan(expected))


def differences(spark: Engine, duckdb: Engine, texts: list[str], sql: str) -> list[tuple[object, ...]]:
    """Return the texts of which the two engines make something different."""
    frame = pa.table({"place": range(len(texts)), "x": texts})
    statement = Statement(f"SELECT place, {sql} AS value FROM texts ORDER BY place", {})
    values = []
    for opened in (spark, duckdb):
        opened.attach_frame("texts", frame)
        values.append([row["value"] for row in opened.rows(statement)])
    return [found for found in zip(texts, *values, strict=True) if not equal(*found[1:])]


@pytest.mark.parametrize("sql", ["try_number(x)", "blank_to_null(x)", "trimmed(x)"])
def test_every_text_is_the_same_number_or_none(spark, duckdb, sql):
    assert differences(spark, duckdb, [*listed(NUMBERS), *SPACED_NUMBERS], sql) == []


def test_every_text_is_the_same_time_or_none(spark, duckdb):
    assert differences(spark, duckdb, [*listed(TIMES), *SPACED_TIMES], "try_instant(x)") == []


def test_the_readers_that_fail_agree_with_those_that_do_not(spark, duckdb):
    numbers, times = (
        ["10.5", " true ", "", "-nan", "1e400"],
        ["2026-03-02", " 2026-03-02T24:00+01 ", " ", "0000-01-01"],
    )
    assert differences(spark, duckdb, numbers, "parse_number(x)") == []
    assert differences(spark, duckdb, times, "parse_instant(x, 'Europe/Helsinki')") == []


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("number", "1.5d"),
        ("number", "1_000"),
        ("number", "0x1p3"),
        ("instant", "2026-02-30"),
        ("instant", "2026-03-02T10:00+25:00"),
    ],
)
def test_a_wrong_value_is_an_error_that_does_not_quote_it(spark, duckdb, reader, text):
    zone = ", 'UTC'" if reader == "instant" else ""
    for opened in (spark, duckdb):
        opened.attach_frame("wrong", pa.table({"x": [text]}))
        with pytest.raises(EngineError) as caught:
            opened.rows(Statement(f"SELECT parse_{reader}(x{zone}) AS value FROM wrong", {}))
        assert caught.value.conversion
        assert text not in str(caught.value)


# Zones whose past is settled; half-hour changes, skipped days, offsets of seconds, clocks that go back at midnight.
ZONES = (
    "Europe/Helsinki America/New_York America/St_Johns America/Sao_Paulo America/Caracas Asia/Tehran Asia/Kathmandu "
    "Australia/Lord_Howe Pacific/Apia Pacific/Chatham Africa/Monrovia Europe/Dublin Europe/London UTC"
)
LOCAL_TIMES = """
2025-10-26 03:30:00|2025-10-26 02:59:59|2025-10-26 04:00:00|2025-03-30 03:30:00|2025-03-30 03:59:59.999999
2025-03-30 04:00|2025-03-09 02:30|2025-11-02 01:30|2025-11-02 00:30|2025-11-02 01:59:59.999999|2025-04-06 01:45
2025-04-06 01:15|2025-10-05 02:15|2018-11-04 00:30|2018-02-17 23:30|2021-09-22 00:10|2016-05-01 02:40
2007-12-09 03:10|1941-05-04 01:30|1947-04-13 01:30|2011-12-30 12:00|1990-01-01|1972-01-07 00:20|1900-01-01
1850-06-01|1968-10-27 00:30|9999-12-31 23:59:59
"""


@pytest.mark.parametrize("zone", ZONES.split())
def test_local_times_are_the_same_instants_also_where_clocks_change(spark, duckdb, zone):
    sql = f"local_micros(CAST(x AS TIMESTAMP), '{zone}')"
    texts = listed(LOCAL_TIMES)
    assert differences(spark, duckdb, texts, sql) == []


def test_numbers_are_written_alike(spark, duckdb):
    numbers = [0.0, 1.0, 1e7, 12345678.5, 123456789012345.6, 1e15, 1e16, 1e-3, 9.99e-4, 1e-4, 1.5e-5, 1e100, -1e7, 0.1]
    frame = pa.table({"x": [*numbers, math.nan, math.inf, -math.inf, None]})
    values = []
    for opened in (spark, duckdb):
        opened.attach_frame("numbers", frame)
        rows = opened.rows(Statement("SELECT number_text(CAST(x AS STRING)) AS text FROM numbers", {}))
        values.append([row["text"] for row in rows])
    assert values[0] == values[1]


def test_buckets_are_the_same(spark, duckdb):
    text = "SELECT conv(substr(sha2(concat('salt:', 'é-7'), 256), 1, 15), 16, 10) < 600000000000000000 AS low"
    assert spark.rows(Statement(text, {})) == duckdb.rows(Statement(text, {}))
