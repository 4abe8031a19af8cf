"""The engine's counts equal a plain count, one unit at a time, on small data full of trouble."""

import datetime as dt
from fractions import Fraction

import pytest
from counting_reference import count
from nasty_data import METRICS, nasty_case

from abtest import load
from abtest.engines.duckdb.database import Database
from abtest.moments.collected import Collected
from abtest.moments.sums import Sums
from abtest.warehouse.collect import Collector
from tests.thorough import examples


def collect(definition, frames) -> Collected:
    engine = Database()
    try:
        return Collector(load(definition), engine, frames).collect()
    finally:
        engine.close()


def value_sums(sums: Sums) -> tuple[Fraction, Fraction]:
    return Fraction(sums.total, sums.scale), Fraction(sums.squares, sums.scale**2)


@pytest.mark.parametrize("seed", examples(60, of=120))
def test_every_count_and_sum_equals_the_row_by_row_reference(seed):
    case = nasty_case(seed)
    expected = count(case.study, case.customers, case.assignments, case.events)
    found = collect(case.definition, case.frames)

    assert dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=found.through or 0) == expected.through
    for arm, ledger in enumerate(found.ledger):
        assert ledger.assigned == expected.assigned[arm]
        assert ledger.excluded == expected.excluded[arm]
        assert ledger.eligible == ledger.assigned - sum(ledger.excluded.values())
    for name, metric in METRICS.items():
        for arm, sums in enumerate(found.metrics[name].arms):
            values = expected.values[name][arm]
            assert (name, sums.n) == (name, len(values))
            assert (name, sums.mature) == (name, expected.mature[name][arm])
            if metric.kind == "mean":  # each unit's average is rounded to a thousandth of the smallest step
                assert float(Fraction(sums.total, sums.scale)) == pytest.approx(float(sum(values)), abs=1e-6)
            else:
                assert value_sums(sums) == (sum(values), sum(value**2 for value in values))
            if metric.before:
                before = expected.before[name][arm]
                assert Fraction(sums.of("x0")[0], sums.of("x0")[2]) == sum(before)
                assert Fraction(sums.of("x0")[1], sums.of("x0")[2] ** 2) == sum(x * x for x in before)
                if metric.kind != "mean":
                    cross = sum(x * y for x, y in zip(before, values, strict=True))
                    assert Fraction(sums.product("y", "x0"), sums.of("x0")[2] * sums.scale) == cross
