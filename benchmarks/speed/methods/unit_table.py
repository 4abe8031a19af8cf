"""The table with one row a customer that the peers' own analyses start from, in plain SQL."""

from collections.abc import Iterable, Sequence
from typing import Any

from speed.formulas import ArmSums
from speed.workload import BRACKET, HORIZON, RATES, TABLES, WEEK

WINDOWS = {"retained": (BRACKET, HORIZON)} | {
    name: (number * WEEK, (number + 1) * WEEK) for number, name in enumerate(RATES[1:])
}


def _within(low: int, high: int) -> str:
    return f"after >= {low * 1_000_000} AND after < {high * 1_000_000}"


_RATES = ",\n  ".join(
    f"max(CASE WHEN {_within(*window)} THEN 1 ELSE 0 END) AS {name}" for name, window in WINDOWS.items()
)
QUERY = f"""
WITH eligible AS (
  SELECT a.customer_id, a.arm, a.assigned_at
  FROM assignments AS a
  JOIN customers AS c ON c.customer_id = a.customer_id
  WHERE c.first_order_at < TIMESTAMPTZ '2026-03-02 00:00:00+00'
), joined AS (
  SELECT e.customer_id, e.arm, o.amount, epoch_us(o.ordered_at) - epoch_us(e.assigned_at) AS after
  FROM eligible AS e
  LEFT JOIN orders AS o ON o.customer_id = e.customer_id
)
SELECT customer_id, any_value(arm) AS arm,
  {_RATES},
  sum(CASE WHEN {_within(0, HORIZON)} THEN 1 ELSE 0 END) AS orders,
  sum(CASE WHEN {_within(0, HORIZON)} THEN amount ELSE 0 END) AS revenue,
  sum(CASE WHEN {_within(-HORIZON, 0)} THEN amount ELSE 0 END) AS before
FROM joined
GROUP BY customer_id
"""


def sums_query(units: str = QUERY) -> str:
    """Return the query that sums the table by arm."""
    rates = ", ".join(f"sum({name})" for name in RATES)
    return f"""
        SELECT arm, count(*), {rates}, sum(orders), sum(orders * orders), sum(revenue), sum(revenue * revenue),
          sum(before), sum(before * before), sum(revenue * before)
        FROM ({units}) GROUP BY arm
    """


def arm_sums(rows: Iterable[Sequence[Any]]) -> dict[str, ArmSums]:
    """Return the answer to :func:`sums_query` by arm."""
    found = {}
    for arm, n, *values in rows:
        counts = dict(zip(RATES, map(int, values[: len(RATES)]), strict=True))
        found[arm] = ArmSums(n, counts, *values[len(RATES) :])
    return found


def views(connection, folder: str, kind: str) -> None:  # type: ignore[no-untyped-def]
    """Name the three files."""
    connection.execute("SET TimeZone = 'UTC'")
    for table in TABLES:
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_{kind}('{folder}/{table}.{kind}')")


def build(connection, folder: str, kind: str) -> None:  # type: ignore[no-untyped-def]
    """Make the table ``units``: its customer, arm, rates as 0 or 1, orders, revenue, and revenue before."""
    views(connection, folder, kind)
    connection.execute(f"CREATE TEMP TABLE units AS {QUERY}")
