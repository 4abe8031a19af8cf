"""What is left out because a look showed that it is not needed changes no number.

Rows are grouped by id only where ids repeat, units are joined to their sums only where that is needed, and a first look
at a file asks for its ranges. Each is compared with the long way round, and with the row-by-row reference.
"""

import random
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from counting_reference import count, unit_of
from nasty_data import METRICS, Case, definition_of, nasty_case
from test_counting_against_reference import collect, value_sums

from abtest import analyze, load
from abtest.engines.duckdb.database import Database
from abtest.errors import DataError
from abtest.warehouse.collect import Collector
from abtest.warehouse.outcomes import Outcomes
from tests.thorough import examples

OF_ORDERS = ("orders_7d", "revenue")


def narrow_case(seed: int, *, distinct: bool, rates: bool) -> Case:
    """Return a nasty case of metrics on one source; ``distinct``: without rows that repeat an id."""
    case = nasty_case(seed)
    names = [*OF_ORDERS, *(["returned", "converted"] if rates else [])]
    study = replace(case.study, metrics={name: METRICS[name] for name in names})
    frames, rows = dict(case.frames), {"customers": case.customers, "assignments": case.assignments}
    del frames["exits"]
    if distinct:
        for name, listed in rows.items():
            seen: set[str | None] = set()
            first = [
                place
                for place, row in enumerate(listed)
                if (unit := unit_of(row["unit"])) not in seen and not (unit and seen.add(unit))
            ]
            rows[name] = [listed[place] for place in first]
            frames[name] = frames[name].take(first)
    definition = definition_of(study)
    definition["data"] = {name: table for name, table in definition["data"].items() if name != "exits"}
    return replace(case, study=study, definition=definition, frames=frames, **rows)


def ways(monkeypatch: pytest.MonkeyPatch, case: Case) -> list[object]:
    """Return what is collected in the shortest way, without one short cut each, and without both."""
    found = []
    for narrow in (True, False):
        for quick in (True, False):
            with monkeypatch.context() as patched:
                if not narrow:
                    patched.setattr(Outcomes, "_is_narrow", lambda _: False)
                if not quick:
                    patched.setattr(Database, "distinct_units", lambda *_: None)
                found.append(collect(case.definition, case.frames))
    return found


@pytest.mark.parametrize("distinct", [True, False])
@pytest.mark.parametrize("seed", examples(12, of=40))
def test_no_short_cut_changes_a_number(monkeypatch, seed, distinct):
    case = narrow_case(seed, distinct=distinct, rates=seed % 2 == 0)
    shortest, *longer = ways(monkeypatch, case)
    assert all(found == shortest for found in longer)

    expected = count(case.study, case.customers, case.assignments, {"orders": case.events["orders"], "exits": []})
    for name in case.study.metrics:
        for arm, sums in enumerate(shortest.metrics[name].arms):
            values = expected.values[name][arm]
            assert (sums.n, sums.mature) == (len(values), expected.mature[name][arm])
            assert value_sums(sums) == (sum(values), sum(value**2 for value in values))
            before = expected.before.get(name, [[]] * len(case.study.arms))[arm]
            if not before:
                continue
            _, squares, scale = sums.of("x0")
            assert squares == sum((x * scale) ** 2 for x in before)
            assert sums.product("y", "x0") == sum(
                x * y * scale * sums.scale for x, y in zip(before, values, strict=True)
            )


def test_the_cases_take_the_short_cuts():
    narrow = distinct = 0
    for seed in range(40):
        case = narrow_case(seed, distinct=True, rates=seed % 2 == 0)
        with DuckDBContext() as engine:
            collector = Collector(load(case.definition), engine, case.frames)
            narrow += collector._outcomes({}).narrow
            distinct += collector.tables["assignments"].distinct and collector.tables["customers"].distinct
    assert narrow >= 20
    assert distinct == 40


class DuckDBContext:
    """An engine that is closed at the end of a block."""

    def __enter__(self) -> Database:
        self.engine = Database()
        return self.engine

    def __exit__(self, *_: object) -> None:
        self.engine.close()


DEFINITION = {
    "name": "ids",
    "unit": "unit",
    "timezone": "UTC",
    "period": {"start": "2026-03-02", "end": "2026-03-08", "through": "2026-04-30"},
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "population": {"eligible": "age >= 30"},
    "data": {"customers": {}, "assignments": {"at": "at"}, "orders": {"at": "at", "value": "amount"}},
    "metrics": {"spent": {"role": "primary", "type": "sum", "event": "orders", "window": ["0d", "7d"]}},
}
START = 1_772_409_600 * 10**6


def tables(ids, *, extra_customers=(), amounts=None):
    """Return 40 assigned customers with ``ids``, further customers, and an order of each."""
    draw = random.Random(7)
    customers = [*ids, *extra_customers]
    at = pa.array([START + 3_600_000_000 * (place % 100) for place in range(len(ids))], pa.timestamp("us", "UTC"))
    kind = pa.int64() if isinstance(ids[0], int) else pa.string()
    return {
        "customers": pa.table({"unit": pa.array(customers, kind), "age": [draw.randrange(20, 60) for _ in customers]}),
        "assignments": pa.table({"unit": pa.array(ids, kind), "arm": [*"ab" * (len(ids) // 2)], "at": at}),
        "orders": pa.table({"unit": pa.array(ids, kind), "at": at, "amount": amounts or [1.5] * len(ids)}),
    }


def opened(frames):
    with DuckDBContext() as engine:
        collector = Collector(load(DEFINITION), engine, frames)
        shown = "\n".join(statement.text for statement in collector.statements())
        return collector, collector.collect(), shown


@pytest.mark.parametrize(
    ("ids", "quickly"),
    [
        (range(40), True),
        (range(-20, 20), True),
        (range(10**15, 10**15 + 40), True),
        (range(0, 40 * 10**9, 10**9), False),  # too far apart for a bit each
        ([-(2**63), *range(38), 2**63 - 1], False),
        ([2**63 - 40 + place for place in range(40)], True),
        ([f"id-{place}" for place in range(40)], False),
    ],
)
def test_ids_of_any_range_are_known_to_be_distinct(ids, quickly):
    collector, found, shown = opened(tables(list(ids)))
    assert collector.tables["assignments"].distinct
    assert collector.tables["customers"].distinct
    assert ("bitstring_agg" in shown) == quickly
    assert sum(arm.eligible for arm in found.ledger) == found.customers.eligible
    assert (found.customers.total, found.customers.unassigned) == (40, 0)


def test_no_statement_shows_an_id():
    _, _, shown = opened(tables([7_123_456 + 3 * place for place in range(40)]))
    assert "bitstring_agg" in shown
    assert "7123456" not in shown
    assert str(7_123_456 + 3 * 39) not in shown


def test_customers_who_are_not_assigned_are_in_the_base():
    _, all_assigned, _ = opened(tables(list(range(40))))
    collector, found, _ = opened(tables(list(range(40)), extra_customers=range(100, 130)))
    assert collector.tables["customers"].distinct
    assert found.ledger == all_assigned.ledger
    ages = tables(list(range(40)), extra_customers=range(100, 130))["customers"]["age"].to_pylist()
    assert found.customers.total == 70
    assert found.customers.eligible == sum(age >= 30 for age in ages)
    assert found.customers.unassigned == sum(age >= 30 for age in ages[40:])


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("repeated", ["an assigned customer", "another customer"])
def test_a_customer_with_two_rows_is_found(repeated, text):
    def name(number):
        return f"id-{number}" if text else number

    again = name(3) if repeated == "an assigned customer" else name(100)
    extra = [name(100), again]
    collector, found, shown = opened(tables([name(place) for place in range(40)], extra_customers=extra))
    assert collector.tables["assignments"].distinct
    assert not collector.tables["customers"].distinct
    assert found.customers.total == 41
    assert 'TEMP TABLE "customer"' in shown


def test_a_repeated_assignment_is_found():
    frames = tables(list(range(40)))
    frames["assignments"] = pa.concat_tables([frames["assignments"], frames["assignments"].slice(5, 1)])
    collector, found, _ = opened(frames)
    assert not collector.tables["assignments"].distinct
    assert next(source.repeated for source in found.sources if source.name == "assignments") == 1


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize(
    ("amounts", "largest"),
    [
        ([float("nan"), -250.0, *[1.5] * 38], 250.0),
        ([None, float("nan"), *[-3.0] * 38], 3.0),
        ([float("nan")] * 40, 0.0),
        ([None] * 40, 0.0),
        (np.array([1.5, -7.25] * 20, np.float32), 7.25),
        ([-(2**62), *[1] * 39], 2.0**62),
    ],
)
def test_a_column_s_largest_value_is_no_matter_of_nan(tmp_path, written, amounts, largest):
    frames = tables(list(range(40)), amounts=pa.array(amounts, from_pandas=False))
    frames["orders"] = frames["orders"].set_column(
        2,
        "amount",
        frames["orders"]["amount"].cast(pa.float64())
        if all(a is None for a in amounts)
        else frames["orders"]["amount"],
    )
    definition = DEFINITION
    if written:
        pq.write_table(frames["orders"], tmp_path / "orders.parquet")
        at = {"path": str(tmp_path / "orders.parquet"), "at": "at", "value": "amount"}
        definition = {**DEFINITION, "data": {**DEFINITION["data"], "orders": at}}
        del frames["orders"]
    with DuckDBContext() as engine:
        collector = Collector(load(definition), engine, frames)
        assert collector.profiles["orders"].numbers["amount"].largest == largest
        found = collector.collect()
    total = sum(sums.total / sums.scale for sums in found.metrics["spent"].arms)
    ages = tables(list(range(40)))["customers"]["age"].to_pylist()
    known = [0 if amount is None or np.isnan(amount) else amount for amount in amounts]
    assert total == pytest.approx(sum(float(a) for a, age in zip(known, ages, strict=True) if age >= 30), rel=1e-9)


@pytest.mark.parametrize(
    "where", ["amount < 5", "amount > -300", "not (amount > 5)", "amount != 7", "amount is not null"]
)
def test_a_condition_does_not_hold_of_nan_whatever_the_ranges_of_a_file_say(tmp_path, where):
    amounts = [float("nan"), -250.0, *[1.5] * 38]
    frames = tables(list(range(40)), amounts=amounts)
    pq.write_table(frames.pop("orders"), tmp_path / "orders.parquet")
    source = {"path": str(tmp_path / "orders.parquet"), "at": "at", "value": "amount", "where": where}
    with DuckDBContext() as engine:
        definition = {**DEFINITION, "data": {**DEFINITION["data"], "orders": source}}
        collector = Collector(load(definition), engine, frames)
        assert collector.profiles["orders"].rows == 39


@pytest.mark.parametrize("infinite", [float("inf"), float("-inf")])
@pytest.mark.parametrize("beside", [1.5, float("nan")])
def test_an_infinite_value_is_refused(infinite, beside):
    with pytest.raises(DataError, match="infinite value"):
        analyze(load(DEFINITION), tables(list(range(40)), amounts=[infinite, beside, *[1.5] * 38]))


OF_ONE_SOURCE = {
    "kept": {"role": "primary", "type": "retention", "event": "orders", "window": ["7d", "28d"], "curve": "day"},
    "spent": {
        "type": "sum",
        "event": "orders",
        "window": ["0d", "28d"],
        "curve": "week",
        "covariate": {"window": ["-28d", "0d"]},
    },
    "basket": {
        "type": "ratio",
        "numerator": {"of": "sum", "event": "orders"},
        "denominator": {"of": "count", "event": "orders"},
        "window": ["0d", "28d"],
    },
    "later": {"type": "count", "event": "orders", "window": ["0d", "70d"]},
}


@pytest.mark.parametrize("through", ["2026-04-30", "2026-03-25"])
@pytest.mark.parametrize("beside", [{}, {"compliance": {"event": "orders", "window": ["0d", "3d"]}}])
def test_ratios_curves_and_compliance_of_one_source_count_alike(monkeypatch, through, beside):
    draw = random.Random(11)
    frames = tables([f"c{place}" for place in range(40)])
    units = [f"c{draw.randrange(50)}" for _ in range(600)]
    at = [START + draw.randrange(-30, 60) * 86_400_000_000 + draw.randrange(86_400) * 10**6 for _ in units]
    amounts = [draw.choice((None, 0.0, -1.25, 19.99)) for _ in units]
    frames["orders"] = pa.table({"unit": units, "at": pa.array(at, pa.timestamp("us", "UTC")), "amount": amounts})
    metrics = dict(OF_ONE_SOURCE)
    if through == "2026-03-25":
        del metrics["kept"]  # how long immature units were followed is asked for shares, and takes the long way
        metrics["spent"] = {**metrics["spent"], "role": "primary"}
        beside = {}
    definition = {**DEFINITION, "period": {**DEFINITION["period"], "through": through}, "metrics": metrics, **beside}
    with DuckDBContext() as engine:
        assert Collector(load(definition), engine, frames)._outcomes({}).narrow
    shortest, *longer = ways(monkeypatch, replace(nasty_case(0), definition=definition, frames=frames))
    assert all(found == shortest for found in longer)
    assert shortest.metrics["later"].arms[0].mature == 0
    assert shortest.metrics["spent"].curve is not None
