"""Plain DuckDB SQL: join, one CASE a metric, group by customer, then by arm."""

import sys

import duckdb

from speed.formulas import ArmSums, print_results
from speed.methods.unit_table import QUERY, views
from speed.workload import ARMS, RATES

folder, kind = sys.argv[1:]
rates = ", ".join(f"sum({name})" for name in RATES)
with duckdb.connect() as connection:
    views(connection, folder, kind)
    rows = connection.execute(f"""
        SELECT arm, count(*), {rates}, sum(orders), sum(orders * orders), sum(revenue), sum(revenue * revenue),
          sum(before), sum(before * before), sum(revenue * before)
        FROM ({QUERY}) GROUP BY arm
    """).fetchall()
sums = {}
for arm, n, *values in rows:
    counts = dict(zip(RATES, map(int, values[: len(RATES)]), strict=True))
    sums[arm] = ArmSums(n, counts, *values[len(RATES) :])
print_results(*(sums[arm] for arm in ARMS))
