"""The shipped example: its data is what the generator makes, its arms are what the hash draws, its truth is found."""

from pathlib import Path

import duckdb
import pytest

import abtest
from abtest.planning.example import simulate_example

ROOT = Path(__file__).parents[1]
DATA = ROOT / "experiments/data"
TABLES = ("customers", "assignments", "orders", "sends", "unsubscribes")


@pytest.fixture(scope="module")
def experiment() -> abtest.Experiment:
    return abtest.load(ROOT / "experiments/drip.yaml")


@pytest.fixture(scope="module")
def again(experiment: abtest.Experiment, tmp_path_factory: pytest.TempPathFactory):
    return simulate_example(experiment, tmp_path_factory.mktemp("simulated"))


@pytest.mark.parametrize("table", TABLES)
def test_generator_reproduces_the_shipped_tables(table: str, again) -> None:
    path = next(path for path in again.files if path.stem == table)
    rows = [
        duckdb.execute(
            "SELECT md5(string_agg(t::VARCHAR, ';' ORDER BY t::VARCHAR)), count(*) FROM read_parquet(?) t", [str(file)]
        ).fetchone()
        for file in (path, DATA / f"{table}.parquet")
    ]
    assert rows[0] == rows[1]
    assert rows[0] is not None
    assert rows[0][1] > 100


def test_shipped_data_is_small() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 4_000_000


def test_shipped_arms_are_the_buckets(experiment: abtest.Experiment) -> None:
    rows = duckdb.execute(
        "SELECT customer_id, arm FROM read_parquet(?)", [str(DATA / "assignments.parquet")]
    ).fetchall()
    assert len(rows) > 17_000
    assert all(abtest.bucket(unit, experiment).arm == arm for unit, arm in rows)


def test_late_joiners_are_never_assigned() -> None:
    joined = duckdb.execute(
        "SELECT count(*) FROM read_parquet(?) c JOIN read_parquet(?) a USING (customer_id) "
        "WHERE c.first_order_at >= TIMESTAMPTZ '2026-03-01 22:00:00+00'",
        [str(DATA / "customers.parquet"), str(DATA / "assignments.parquet")],
    ).fetchone()
    assert joined == (0,)


def test_intervals_hold_the_true_effects(experiment: abtest.Experiment, again) -> None:
    analysis = abtest.analyze(experiment)
    truth = again.truth.difference
    for metric, expected in (
        ("retained_8w", truth.retained),
        ("unsubscribed", truth.unsubscribed),
        ("revenue_56d", truth.revenue),
    ):
        difference = analysis.metric(metric).comparisons[0].difference
        assert difference.low < expected < difference.high
    assert analysis.decision.recommendation == "ship"
    assert analysis.decision.arm == "weekly"


def test_counts_equal_a_direct_query(experiment: abtest.Experiment) -> None:
    """Retention and revenue of mature units by one hand-written query that shares no code with the package."""
    rows = duckdb.execute(
        """
        SELECT a.arm, count(*) AS n,
               count(*) FILTER (EXISTS (
                   SELECT 1 FROM read_parquet($orders) o WHERE o.customer_id = a.customer_id
                   AND o.ordered_at >= a.assigned_at + INTERVAL 672 HOUR
                   AND o.ordered_at < a.assigned_at + INTERVAL 1344 HOUR)) AS retained
        FROM read_parquet($assignments) a
        WHERE a.assigned_at + INTERVAL 1344 HOUR <= TIMESTAMPTZ '2026-05-31 21:00:00+00'
        GROUP BY a.arm
        """,
        {"orders": str(DATA / "orders.parquet"), "assignments": str(DATA / "assignments.parquet")},
    ).fetchall()
    expected = {arm: (n, retained) for arm, n, retained in rows}
    arms = abtest.analyze(experiment).metric("retained_8w").arms
    assert {arm.arm: (arm.n, arm.numerator) for arm in arms} == expected
