"""Sums over the periods of a curve: whatever is known before counting, they are those that Python finds."""

import random
from itertools import product

import duckdb
import pytest

from abtest.engines.duckdb.database import MACROS
from abtest.moments.period_sums import Periods

PERIODS = 5
UNITS = 60


@pytest.mark.parametrize("kind", ["rates", "amounts", "small", "wide"])
@pytest.mark.parametrize("certain", [0, 1, 3, PERIODS])
@pytest.mark.parametrize("all_mature", [False, True])
@pytest.mark.parametrize("among_all", [False, True])
def test_sums_are_those_of_the_units_mature_for_both_periods(kind, certain, all_mature, among_all):
    rate, small, wide = (kind == known for known in ("rates", "small", "wide"))
    chance = random.Random(f"{kind} {certain} {all_mature}")
    most = 1 if rate else 10**26 if wide else 1_000
    values = [[chance.randint(-most if wide else 0, most) for _ in range(PERIODS)] for _ in range(UNITS)]
    # Periods end at 1, 2, …; a unit that started at -2 is mature for the first two when the data ends at 0.
    least = PERIODS if all_mature else certain
    reaches = [chance.randint(least, PERIODS) for _ in range(UNITS)]
    names = [f"v{place}" for place in range(PERIODS)]
    horizons = tuple(f"p.started_at + {place + 1}" for place in range(PERIODS))
    periods = Periods("m", tuple(names), horizons, 1, rate, all_mature, certain, small, wide)

    connection = duckdb.connect()
    connection.execute(MACROS)
    held = "HUGEINT" if wide else "BIGINT"
    connection.execute(f"CREATE TABLE p (started_at BIGINT, {', '.join(f'{name} {held}' for name in names)})")
    rows = [(-reach, *of_unit) for reach, of_unit in zip(reaches, values, strict=True)]
    connection.executemany(f"INSERT INTO p VALUES (?{', ?' * PERIODS})", rows)
    inner = f"SELECT {', '.join(periods.columns(0))} FROM p"
    counts = f"SELECT {', '.join(periods.counts(0, among_all=among_all))} FROM {'p' if among_all else f'({inner})'}"
    found = connection.execute(f"SELECT * FROM (SELECT {', '.join(periods.sums())} FROM ({inner})), ({counts})")
    names_found = [column[0] for column in found.description or ()]
    sums = periods.read(dict(zip(names_found, found.fetchone() or (), strict=True)))

    assert sums.n == tuple(sum(reach > place for reach in reaches) for place in range(PERIODS))
    for j, k in product(range(PERIODS), repeat=2):
        both = [of_unit for reach, of_unit in zip(reaches, values, strict=True) if reach > max(j, k)]
        assert sums.totals[j][k] == sum(of_unit[j] for of_unit in both)
        assert sums.products[j][k] == sum(of_unit[j] * of_unit[k] for of_unit in both)


def test_an_arm_without_rows_has_empty_sums():
    periods = Periods("m", ("a", "b"), ("1", "2"), 100, rate=False, all_mature=False)
    sums = periods.read(None)
    assert (sums.n, sums.totals, sums.products, sums.scale) == ((0, 0), ((0, 0), (0, 0)), ((0, 0), (0, 0)), 100)


def test_what_is_certain_is_not_summed_twice():
    def asked(certain: int) -> int:
        return len(Periods("m", ("a",) * 10, ("1",) * 10, 1, True, False, certain).sums())

    assert asked(0) == 10 + 2 * 45
    assert asked(8) == 10 + 45 + (8 + 9)
    assert asked(10) == 10 + 45
