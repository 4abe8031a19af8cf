"""Conditions on columns of times are compared as they are stored, and mean what reading every value would."""

import datetime as dt
import random

import pytest
from test_hive_layouts import break_rows, lake, numbers, write

from abtest.engines.duckdb.database import Database
from abtest.engines.engine import Statement
from abtest.engines.sqltext import Binder
from abtest.errors import DataError
from abtest.grammar.expression import Column, Compare, Constant, Within
from abtest.warehouse.calendar import Calendar, to_microseconds
from abtest.warehouse.filters import Filter

__all__ = ["lake"]  # a fixture

# Sao Paulo and Santiago skip midnights; Apia skipped a whole day.
ZONES = ["UTC", "Europe/Helsinki", "America/Sao_Paulo", "America/Santiago", "Pacific/Apia", "Asia/Kathmandu"]
OPERATORS = ["<", "<=", ">", ">=", "=", "!="]
DAYS = [
    dt.date(2011, 12, 29), dt.date(2011, 12, 30), dt.date(2011, 12, 31), dt.date(2018, 11, 3), dt.date(2018, 11, 4),
    dt.date(2018, 11, 5), dt.date(2019, 9, 8), dt.date(2024, 2, 29), dt.date(2026, 3, 29), dt.date(2026, 10, 25),
    dt.date(1, 1, 2), dt.date(9999, 12, 30),
]  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    engine = Database()
    days = ", ".join(f"(DATE '{day.isoformat().zfill(10)}')" for day in DAYS)
    engine.materialise("days", Statement(f"SELECT * FROM (VALUES {days}, (NULL)) AS t(day)", {}))
    engine.materialise(
        "times", Statement("SELECT CAST(day AS TIMESTAMP)::TIMESTAMPTZ + INTERVAL 3 HOUR AS t FROM days", {})
    )
    yield engine
    engine.close()


def selected(engine, column, zone, node):
    family = {"day": "date", "t": "instant"}[column]
    compiler = Filter({column: family}, Calendar(zone, None, None, None), Binder("p"), "place")
    condition = compiler.compile(node)
    assert "micros" not in condition
    assert not compiler.binder.values
    return passing(engine, column, condition)


def passing(engine, column, condition):
    table = {"day": "days", "t": "times"}[column]
    text = f"SELECT CAST({column} AS STRING) AS x, ({condition}) AS found FROM {table} ORDER BY 1"
    return [(row["x"], row["found"]) for row in engine.rows(Statement(text, {}))]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_date_is_compared_as_its_first_moment_is(engine, zone, operator):
    draw = random.Random(f"{zone}{operator}")
    calendar = Calendar(zone, None, None, None)
    constants = [*DAYS, "2026-03-29 00:00", "2026-10-25T00:00:00.000001", "2018-11-04 01:00", "2011-12-30T10:00:00Z"]
    constants += [
        str(dt.datetime(2018, 11, 2) + dt.timedelta(hours=draw.randrange(96), microseconds=draw.randrange(2)))
        for _ in range(10)
    ]
    for constant in constants:
        read = f"local_micros(CAST(day AS TIMESTAMP), '{zone}')"
        sign = "<>" if operator == "!=" else operator
        expected = passing(engine, "day", f"{read} {sign} {calendar.moment(constant, 'place')}")
        for node in (
            Compare(operator, Column("day"), Constant(constant)),
            Compare(
                {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(operator, operator), Constant(constant), Column("day")
            ),
        ):
            assert selected(engine, "day", zone, node) == expected, (constant, node)


@pytest.mark.parametrize("negated", [False, True])
def test_dates_in_a_list(engine, negated):
    node = Within(Column("day"), (Constant(DAYS[3]), Constant("2026-03-29"), Constant("2026-03-29 12:00")), negated)
    found = selected(engine, "day", "Europe/Helsinki", node)
    assert {day for day, chosen in found if chosen is not negated} == {"2018-11-03", "2026-03-29", None}
    assert dict(found)[None] is None


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_instant_is_compared_to_the_microsecond(engine, operator):
    for moment in ("2026-03-29T03:00:00Z", "2026-03-29T03:00:00.000001Z", "2018-11-03 00:00", "2018-11-03"):
        micros = Calendar("Europe/Helsinki", None, None, None).moment(
            dt.date.fromisoformat(moment) if len(moment) == 10 else moment, "place"
        )
        sign = "<>" if operator == "!=" else operator
        expected = passing(engine, "t", f"epoch_us(t) {sign} {micros}")
        constant = Constant(dt.date.fromisoformat(moment) if len(moment) == 10 else moment)
        node = Compare(operator, Column("t"), constant)
        assert selected(engine, "t", "Europe/Helsinki", node) == expected


def test_a_date_needs_a_zone_all_the_same():
    compiler = Filter({"day": "date"}, Calendar(None, None, None, None), Binder("p"), "drip.yaml:3")
    with pytest.raises(DataError, match="holds dates; say which zone"):
        compiler.compile(Compare(">=", Column("day"), Constant(dt.date(2026, 3, 2))))


@pytest.mark.parametrize("zone", ["UTC", "America/Sao_Paulo", "Pacific/Apia"])
def test_the_first_day_from_a_moment_on(zone):
    calendar = Calendar(zone, None, None, None)
    for day in DAYS[:-1]:
        midnight = calendar.midnight(day)
        assert calendar.first_day(midnight) <= day
        assert calendar.midnight(calendar.first_day(midnight)) == midnight
        assert calendar.first_day(midnight + 1) > day
    assert calendar.first_day(to_microseconds(dt.datetime.max.replace(tzinfo=dt.UTC))) is None


@pytest.mark.parametrize(
    "where", ["day >= 2026-03-20", "2026-03-20 <= day", "day > 2026-03-19 and day < 2026-06-01", "day in (2026-03-20)"]
)
def test_files_of_days_that_where_rules_out_are_not_read(lake, tmp_path, where):
    write(lake, tmp_path, "parquet", day="CAST(ordered_at AS DATE)")
    before = numbers(tmp_path, "orders", where=where)
    broken = [file for file in (tmp_path / "orders").rglob("*.parquet") if file.parent.name < "day=2026-03-20"]
    assert broken
    for file in broken:
        break_rows(file)
    assert numbers(tmp_path, "orders", where=where) == before
